"""The chip's RTL as a backend."""
