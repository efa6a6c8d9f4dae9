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
    from .errors import GenesysError, UserError
    from .library.ask_tell import Evolution
    from .library.champion import Champion, load_champion
    from .library.evolve import Result, evolve
    from .library.refine import refine
    from .library.seeds import Study, evolve_seeds

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

_PLACES = {
    "errors": ("GenesysError", "UserError"),
    "library.ask_tell": ("Evolution",),
    "library.champion": ("Champion", "load_champion"),
    "library.evolve": ("Result", "evolve"),
    "library.refine": ("refine",),
    "library.seeds": ("Study", "evolve_seeds"),
}
"""Where each name is from."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f".{place}", __name__), name)
    if name == "neat":
        return import_module(".neat", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
