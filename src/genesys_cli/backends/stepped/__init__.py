"""Networks that are stepped from Python."""
