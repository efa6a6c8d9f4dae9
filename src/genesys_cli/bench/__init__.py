"""``genesys bench``: what generations cost on the chip, on this machine and on other platforms."""
