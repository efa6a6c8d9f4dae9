"""Configurations of neat-python, read as settings of ours.

``keys`` is what is known of each key, ``habits`` what neat-python does without one, ``kinds`` how texts are read,
``rules`` what becomes of values that are not taken over as they stand. ``ini`` reads a file, ``importing`` makes
settings of it and accounts for each key, ``document`` writes the preset.
"""
