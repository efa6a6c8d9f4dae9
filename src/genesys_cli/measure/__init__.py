"""What this machine takes: meters of its energy, and a plain-Python NEAT to be timed."""
