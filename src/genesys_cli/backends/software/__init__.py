"""The software backend: compiled kernels over chunks of genomes, handed to threads."""
