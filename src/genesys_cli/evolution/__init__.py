"""The generation loop: evaluate, validate, speciate, reproduce; and what it knows at the end of each generation."""
