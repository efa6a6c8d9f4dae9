"""What every backend can do: evaluate a population, and produce its children. The loop knows nothing else of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads
from ..config.backends import kind_of, load_backend
from ..config.chip import ChipSettings
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan
from ..network.network import Network
from .cluster.connection import is_connected
from .evaluation import Evaluation
from .numerics import FLOAT32, Numerics
from .played import Met, Played
from .playing import AnyEvaluator, Meeting, make_evaluator

if TYPE_CHECKING:
    from .cluster.elsewhere import Elsewhere  # most runs do without Ray
    from .workers.messages import Rehearse, Rehearsed  # native environments do without Gymnasium


@runtime_checkable
class OverNetwork(Protocol):
    """Lets others play, and perhaps breed, and counts what that takes.

    breeds: whether they breed; may_breed: whether they could, and the settings leave it open
    """

    breeds: bool
    may_breed: bool

    def spread(self, population: Population, counters: Counters) -> Elsewhere | None: ...

    def traffic(self) -> dict[str, int | float]: ...


class Backend(ABC):
    """Results depend on the arguments alone, never on threads, chunks or what was called before.

    A subclass has to say how children are made; everything else has an answer that is right for float32 in software.

    kind: what is known of it before it is imported; numerics: how it holds genomes and computes networks
    chip: that it emulates; None: it emulates none
    spreads: whether its :meth:`reproduce` may be carried out by the actors of a cluster; a subclass says so anew
    """

    chip: ChipSettings | None = None
    spreads = False

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        """Complain of settings that it cannot carry out (:class:`UserError`), but start nothing."""
        self.kind = kind_of(settings.run.backend)
        self.numerics = self.numerics_of(settings)
        self._settings = settings
        self._env = env
        self._threads = threads
        self._evaluator: AnyEvaluator | None = None

    @classmethod
    def numerics_of(cls, settings: Settings) -> Numerics:
        """Return how it computes with such settings."""
        return FLOAT32

    @property
    def name(self) -> str:
        return self.kind.name

    def adopt(self, population: Population) -> Population:
        """Return what this backend makes of genomes from elsewhere: the same, where it can represent them."""
        return self.numerics.adopt(population)

    def network(self, population: Population) -> Network:
        """Return the first genome's network, to be stepped from Python, as :meth:`evaluate` computes it."""
        return self.numerics.network(population, feed_forward=self._settings.neat.feed_forward)

    def describe(self) -> dict[str, Any]:
        """Return what is worth knowing before a run, for ``--dry-run``; `warnings` holds sentences to be shown."""
        return {"warnings": []}

    def room(self, nodes: int, connections: int) -> dict[str, Any]:
        """Return what of :meth:`describe` follows from how many genes a genome of the first generation has."""
        return {}

    def phase_cycles(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        """Return what follows from all counts of a generation of `population` genomes, for its row of metrics."""
        return {}

    def start(self) -> None:
        """Start worker processes or actors, where there are to be any; they get ready in the background."""
        if self._evaluator is not None:
            return
        if is_connected(self._settings.cluster):
            from .cluster.evaluator import ClusterEvaluator  # only now: others do without Ray
            from .cluster.mode import breeds_there

            spreads = vars(type(self)).get("spreads", False)  # what a subclass does otherwise, actors would not do
            breeds = breeds_there(self._settings, self._env, spreads=spreads)
            self._evaluator = ClusterEvaluator(self._settings, self._env, self._threads, breeds)
            return
        self._evaluator = make_evaluator(
            self._settings, self._env, self._threads, self.numerics.arithmetic, self.numerics.formats
        )

    def evaluate(
        self,
        population: Population | Elsewhere,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`.

        conditions: None: those of the settings, outside training
        """
        evaluator: Any = self._playing()
        played: Played = evaluator.play(population, seeds, conditions, keep_returns)
        if not isinstance(population, Population):
            return played.evaluation()
        return self.counted(population, played, len(seeds))

    def meet(self, population: Population, together: NDArray[np.int32], seeds: Sequence[int]) -> Met:
        """Let genomes play matches, for a function of the user's that does so.

        together: (C, K) int32, who plays in which place; seeds: (C,), of each match
        """
        evaluator = self._playing()
        assert isinstance(evaluator, Meeting)  # others play alone
        return evaluator.meet(population, together, seeds)

    def counted(self, population: Population, played: Played, episodes: int) -> Evaluation:
        """Return an evaluation with all that this backend counts. episodes: of each genome"""
        return played.evaluation(self.inference_counts(population, played.decisions, episodes))

    def inference_counts(self, population: Population, decisions: NDArray[np.int64], episodes: int) -> dict[str, int]:
        """Return counts of an evaluation beside those that every backend has.

        decisions: (P,) int64, of each genome over all its episodes; episodes: of each, on average
        """
        return {}

    @abstractmethod
    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        """Return the children of `generation`, the innovation counters after it, and counts."""

    def breed(
        self, genomes: Population | Elsewhere, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population | Elsewhere, Counters, dict[str, int]]:
        """Do what :meth:`reproduce` says here, or have the actors of a cluster do it."""
        if isinstance(genomes, Population):
            evaluator = self._evaluator
            spread = evaluator.spread(genomes, counters) if isinstance(evaluator, OverNetwork) else None
            if spread is None:
                return self.reproduce(genomes, plan, counters, seed=seed, generation=generation)
            genomes = spread
        return genomes.bred(plan, counters, seed=seed, generation=generation)

    @property
    def may_distribute(self) -> bool:
        """Whether the actors of a cluster may breed, and the settings leave open if they do."""
        return isinstance(self._evaluator, OverNetwork) and self._evaluator.may_breed

    def distribute(self) -> None:
        """Have the actors breed from now on."""
        assert isinstance(self._evaluator, OverNetwork)
        self._evaluator.breeds = True

    def rehearse(self, asked: Rehearse) -> Rehearsed | None:
        """Find out in a worker process whether the environment repeats; None: it is native, and does."""
        return self._playing().rehearse(asked)

    def processes(self) -> list[int]:
        """Return the ids of the worker processes; none where this process does all the work."""
        return [] if self._evaluator is None else self._evaluator.processes()

    def traffic(self) -> dict[str, int | float]:
        """Return what went over a network since the last call, as columns of metrics; nothing where nothing did."""
        return self._evaluator.traffic() if isinstance(self._evaluator, OverNetwork) else {}

    def close(self) -> None:
        """End the worker processes, if there are any. A backend that nobody closes ends them with this process."""
        if self._evaluator is not None:
            self._evaluator.close()

    def _playing(self) -> AnyEvaluator:
        self.start()
        assert self._evaluator is not None
        return self._evaluator


def backend_of(settings: Settings, env: Environment, threads: Threads) -> Backend:
    """Return the backend that the settings name, with nothing started; raises :class:`UserError` where it is none."""
    made = load_backend(settings.run.backend)
    where = f"backend {settings.run.backend}: {kind_of(settings.run.backend).where}"
    if not (isinstance(made, type) and issubclass(made, Backend)):
        raise UserError(f"{where} must be a subclass of genesys_cli.backends.base.Backend")
    if lacking := sorted(made.__abstractmethods__):
        raise UserError(f"{where} lacks {', '.join(lacking)}; define what genesys_cli.backends.base.Backend says of it")
    return made(settings, env, threads)


def make_backend(settings: Settings, env: Environment, threads: Threads) -> Backend:
    """Return the backend that the settings name, to be closed when done.

    Worker processes, which play Gymnasium's environments, are started, and get ready in the background.
    """
    backend = backend_of(settings, env, threads)
    backend.start()
    return backend
