"""Runs: begin, resume, end; what is compiled ahead. Returns data and prints nothing."""
