"""The compiled part of NEAT. Each kernel works on genomes ``lo .. hi`` and writes only their part of the output."""
