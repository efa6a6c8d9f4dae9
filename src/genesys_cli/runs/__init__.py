"""Runs: the generation loop, the run folder, checkpoints, resume, replay. Returns data and prints nothing."""
