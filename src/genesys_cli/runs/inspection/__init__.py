"""``genesys inspect`` and what reports say: what became of a run and of its networks, from its files."""
