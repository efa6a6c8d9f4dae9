"""From RTL to gates: what a module takes in area, time and energy in an open 45 nm cell library.

``synth.py`` maps modules to cells with yosys; ``netlist.py`` reads what it wrote; ``liberty.py`` reads the library;
``timing.py`` adds up delays along paths; ``simulator.py`` counts what switches, ``energy.py`` what that costs.
``measure.py`` does all of it for a module, ``prices.py`` makes entries of an energy table of the results.
"""
