"""Evolve neural networks with NEAT, from the command line or from Python.

>>> from genesys_cli import evolve, load_champion
>>> result = evolve("CartPole", seed=4)
>>> env = result.champion.make_env()

``from genesys_cli import Evolution`` is for loops of your own: it is asked for networks and told their fitness.
``from genesys_cli import neat`` is the algorithm itself, function by function.

What these need is imported when they are first used, so that importing this package takes no time.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would take longer to import than all of this
if TYPE_CHECKING:
    from . import neat
    from .asktell import Evolution
    from .errors import GenesysError, UserError
    from .library import Champion, Result, evolve, load_champion
    from .library_refine import refine
    from .library_seeds import Study, evolve_seeds

__version__ = "0.2.0"
__all__ = [
    "Champion",
    "Evolution",
    "GenesysError",
    "Result",
    "Study",
    "UserError",
    "__version__",
    "evolve",
    "evolve_seeds",
    "load_champion",
    "neat",
    "refine",
]

_ERRORS = ("GenesysError", "UserError")
_LIBRARY = ("Champion", "Result", "evolve", "load_champion")
_SEEDS = ("Study", "evolve_seeds")


def __getattr__(name: str) -> object:
    if name in _LIBRARY:
        from . import library

        return getattr(library, name)
    if name == "Evolution":
        from .asktell import Evolution

        return Evolution
    if name == "refine":
        from .library_refine import refine

        return refine
    if name in _SEEDS:
        from . import library_seeds

        return getattr(library_seeds, name)
    if name in _ERRORS:
        from . import errors

        return getattr(errors, name)
    if name == "neat":
        from importlib import import_module

        return import_module(".neat", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
