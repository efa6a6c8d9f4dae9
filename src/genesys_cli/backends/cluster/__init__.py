"""Evaluation on the nodes of a Ray cluster: a population is cut into tiles, which actors evaluate."""
