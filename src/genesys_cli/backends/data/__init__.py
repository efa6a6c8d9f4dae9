"""Lets a population learn the rows of a table: networks and losses fused in one kernel."""
