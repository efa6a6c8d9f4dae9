"""Files of a run folder, altered at random and signed again. The command is in ``__main__.py``."""
