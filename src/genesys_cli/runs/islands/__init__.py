"""Runs on islands: several populations, and what they exchange. Prints nothing."""
