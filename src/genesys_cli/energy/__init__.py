"""Energy, power, time and area: of the emulated chip, from counts and a table, and of other platforms, from models."""
