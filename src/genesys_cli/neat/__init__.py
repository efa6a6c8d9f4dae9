"""NEAT over a population of flat arrays: first genomes, speciation, selection, and how children are made."""
