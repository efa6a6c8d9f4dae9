"""Backends: whatever can evaluate a population and produce its children. They are imported by name, when needed."""
