"""Gates of the chip's RTL: areas, paths and energy, and energy tables that follow."""
