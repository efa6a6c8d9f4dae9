"""The other side of each comparison: the same work done by somebody else's program."""
