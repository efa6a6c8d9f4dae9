"""How a backend holds genomes and computes networks. It follows from the settings alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..config.backends import load_backend
from ..config.schema import Settings
from ..genome.population import Population
from ..network.network import Network
from .arithmetic import FLOAT, Arithmetic


class MakeNetwork(Protocol):
    """Makes the network of a population's genome, to be stepped from Python."""

    def __call__(self, population: Population, genome: int = 0, *, feed_forward: bool) -> Network: ...


class Numerics(NamedTuple):
    """Everything about numbers that sets one backend apart from another.

    name: ``float``, ``fixed``, or what another backend calls its own
    arithmetic: building blocks of kernels; formats: what they are told: number formats and tables, 0 for float32
    adopt: returns what becomes of genomes from elsewhere: the same, where they can be represented
    network: computes as evaluations do
    """

    name: str
    arithmetic: Arithmetic
    formats: Any
    adopt: Callable[[Population], Population]
    network: MakeNetwork


def _same(population: Population) -> Population:
    return population


FLOAT32 = Numerics("float", FLOAT, 0, _same, Network)


def numerics_of(settings: Settings) -> Numerics:
    """Return how the backend of the settings computes; it is imported, but nothing is started."""
    found: Numerics = load_backend(settings.run.backend).numerics_of(settings)
    return found
