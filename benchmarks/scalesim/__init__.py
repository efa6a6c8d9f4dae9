"""Cycle counts of SCALE-Sim, kept as test data for ADAM's timing."""
