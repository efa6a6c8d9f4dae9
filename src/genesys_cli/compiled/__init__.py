"""How kernels are compiled, and the scalar functions that they share: random numbers and elementary functions."""
