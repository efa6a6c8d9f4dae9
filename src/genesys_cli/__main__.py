"""``python -m genesys_cli``: the same as ``genesys``."""

from .cli.main import main

main(prog_name="genesys")
