"""A champion as a file for other programs: the whole way from an observation to an action."""
