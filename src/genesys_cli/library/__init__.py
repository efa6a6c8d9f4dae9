"""What ``from genesys_cli import ...`` gives to Python programs, imported on first use. See ``docs/library.md``."""
