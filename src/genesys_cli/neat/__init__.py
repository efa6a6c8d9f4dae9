"""NEAT on arrays: the algorithm as functions, for experiments of your own.

A generation is :func:`activate` or anything else that gives fitness, :func:`speciate`, :func:`select`,
:func:`reproduce`; :func:`first_population` makes the first one. ``genesys evolve`` is made of the same functions.
Each is a pure function of its arguments: the same seed gives the same bits, whatever the number of threads. Compiled
kernels do the work; a kernel is compiled when it is first called on a machine, which takes some seconds.

Example:
    >>> from genesys_cli import neat
    >>> settings = neat.settings(population=50)
    >>> population, counters = neat.first_population(settings, n_inputs=2, n_outputs=1, seed=1)
    >>> species = None
    >>> for generation in range(3):
    ...     where = {"seed": 1, "generation": generation}
    ...     outputs = neat.activate(population, [[0, 0], [0, 1], [1, 0], [1, 1]])  # (P, 4, 1)
    ...     fitness = -((outputs[:, :, 0] - [0, 1, 1, 0]) ** 2).sum(axis=1)
    ...     species, _ = neat.speciate(population, fitness, species, settings, **where)
    ...     plan = neat.select(population, fitness, species, settings, **where)
    ...     population, counters, _ = neat.reproduce(population, plan, counters, settings, **where)
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..compiled.threads import Threads
    from ..config.neat import NeatSettings
    from ..genome.document import to_document
    from ..genome.population import Population
    from ..network.batch import activate
    from ..network.network import Network
    from ..network.networks import Networks
    from .given import check, settings
    from .initial import first_population
    from .innovation import Counters
    from .pareto import select_pareto
    from .reproduction import reproduce
    from .selection import MatingPlan, finite_fitness, select
    from .speciation import Species, speciate

__all__ = [
    "Counters",
    "MatingPlan",
    "NeatSettings",
    "Network",
    "Networks",
    "Population",
    "Species",
    "Threads",
    "activate",
    "check",
    "finite_fitness",
    "first_population",
    "reproduce",
    "select",
    "select_pareto",
    "settings",
    "speciate",
    "to_document",
]

_PLACES = {
    "..compiled.threads": ("Threads",),
    "..config.neat": ("NeatSettings",),
    "..genome.document": ("to_document",),
    "..genome.population": ("Population",),
    "..network.batch": ("activate",),
    "..network.network": ("Network",),
    "..network.networks": ("Networks",),
    ".given": ("check", "settings"),
    ".initial": ("first_population",),
    ".innovation": ("Counters",),
    ".pareto": ("select_pareto",),
    ".reproduction": ("reproduce",),
    ".selection": ("MatingPlan", "finite_fitness", "select"),
    ".speciation": ("Species", "speciate"),
}
"""Where each name is from: it is imported when it is first used."""


def __getattr__(name: str) -> object:
    for place, names in _PLACES.items():
        if name in names:
            from importlib import import_module

            found = getattr(import_module(place, __name__), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
