"""Figures of non-volatile memories from NVSim."""
