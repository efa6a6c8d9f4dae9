"""What every backend can do: evaluate a population, and produce its children. The loop knows nothing else of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan
from ..network.network import Network
from .evaluation import Evaluation

if TYPE_CHECKING:
    from .workers.messages import Rehearse, Rehearsed  # native environments do without Gymnasium


class Backend(Protocol):
    """Results depend on the arguments alone, never on threads, chunks or what was called before."""

    name: str

    def adopt(self, population: Population) -> Population:
        """Return what this backend makes of genomes from elsewhere: the same, where it can represent them."""
        ...

    def network(self, population: Population) -> Network:
        """Return the first genome's network, to be stepped from Python, as :meth:`evaluate` computes it."""
        ...

    def plan(self) -> dict[str, Any]:
        """Return what is worth knowing before a run, for ``--dry-run``; `warnings` holds sentences to be shown."""
        ...

    def account(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        """Return what follows from all counts of a generation of `population` genomes, for its row of metrics."""
        ...

    def evaluate(
        self,
        population: Population,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`.

        conditions: None: those of the settings, outside training
        """
        ...

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        """Return the children of `generation`, the innovation counters after it, and counts."""
        ...

    def rehearse(self, asked: Rehearse) -> Rehearsed | None:
        """Find out in a worker process whether the environment repeats; None: it is native, and does."""
        ...

    def processes(self) -> list[int]:
        """Return the ids of the worker processes; none where this process does all the work."""
        ...

    def close(self) -> None:
        """End the worker processes, if there are any. A backend that nobody closes ends them with this process."""
        ...


def make_backend(settings: Settings, env: Environment, threads: Threads) -> Backend:
    """Return the backend that the settings name, to be closed when done; it is imported only now.

    Worker processes, which play Gymnasium's environments, are started, and get ready in the background.
    """
    name = settings.run.backend
    if name == "software":
        from .software import SoftwareBackend

        return SoftwareBackend(settings, env, threads)
    if name == "genesys":
        from .chip.backend import GenesysBackend

        return GenesysBackend(settings, env, threads)
    raise UserError(f"run.backend is {name!r}; this version has: software, genesys")
