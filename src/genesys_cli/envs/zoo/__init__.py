"""Environments of PettingZoo, which several networks play together."""
