"""Environments whose physics is compiled into the evaluation kernel, one file each."""
