"""A champion as C99."""
