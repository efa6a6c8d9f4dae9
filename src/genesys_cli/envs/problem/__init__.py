"""Functions of the user's own, which evaluate networks in the place of an environment."""
