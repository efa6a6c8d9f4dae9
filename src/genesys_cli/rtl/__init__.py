"""The chip as SystemVerilog: its sources, what is generated of a chip's settings for them, and its simulation."""
