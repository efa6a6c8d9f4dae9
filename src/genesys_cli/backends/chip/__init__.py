"""The emulated chip as a backend."""
