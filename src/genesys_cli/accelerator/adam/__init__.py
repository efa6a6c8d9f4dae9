"""ADAM: the systolic array that runs the networks, its packing, its timing and its arithmetic."""
