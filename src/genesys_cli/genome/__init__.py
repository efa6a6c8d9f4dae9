"""The population: genomes as flat arrays, innovation numbers, and genomes as JSON."""
