"""What became of a run and of its networks, from its files."""
