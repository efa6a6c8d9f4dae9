"""Matches between networks: who meets whom, what a match is worth, and earlier champions as opponents."""
