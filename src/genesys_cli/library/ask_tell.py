"""Evolution in somebody else's loop: networks are asked for, and their fitness is told. ``docs/ask-tell.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..backends.software import SoftwareBackend
from ..compiled.threads import Threads, all_cores
from ..config.load import load_settings, to_toml
from ..config.schema import ALL_TABLES, DRIFT, EnvironmentSettings, EvaluationSettings, RunSettings, Settings
from ..envs.loop import ID, LoopEnv, loop_env, loop_env_of
from ..errors import DamagedFileError, UserError
from ..evolution.generations import Born, Generations
from ..evolution.goal import Goal, turned
from ..evolution.rows import describe
from ..evolution.state import Champion as Best
from ..evolution.state import RunState
from ..files import checkpoint
from ..files.champion import StoredChampion, on_any_machine
from ..files.reading import settings_in
from ..files.target import check_fit
from ..neat.given import real_numbers
from ..neat.selection import finite_fitness
from ..network.networks import Networks
from .champion import Champion
from .given import pairs, path_of, write

_STATISTICS = (
    *("generation", "best_fitness", "mean_fitness", "std_fitness", "species", "compatibility_threshold"),
    *("nodes_mean", "conns_mean", "best_nodes", "best_conns"),
)
"""Columns of ``metrics.csv`` that mean something where nothing is known of episodes."""


class Evolution:
    """NEAT in a loop of your own, around a game, a robot, a simulator, or in a notebook.

    In each generation ``ask`` gives the networks, and ``tell`` takes the fitness of each. The same seed, settings and
    fitness give the same networks, bit for bit, and those of ``genesys evolve``.

    Example:
        >>> from genesys_cli import Evolution
        >>> rows, answers = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> study = Evolution(inputs=["a", "b"], outputs=["xor"], seed=1, minimise=True, solved_at=0.1)
        >>> while not study.solved and study.generation < 3:
        ...     networks = study.ask()
        ...     outputs = networks.activate(rows)[:, :, 0]  # (P, 4)
        ...     study.tell(((outputs - answers) ** 2).sum(axis=1))
        >>> study.generation, len(networks)
        (3, 150)
        >>> study.champion.fitness == study.best
        True

    Attributes:
        inputs (tuple[str, ...]): Names of the networks' inputs.
        outputs (tuple[str, ...]): Names of the outputs.
        population (int): Networks in a generation, P.
        seed (int): Seed of all random numbers.
        minimise (bool): Whether lower fitness is better.
        solved_at (float | None): Fitness from which it is solved.
        networks (Networks | None): What ``ask`` returned last.
        generation (int): Generations whose fitness has been told, which is also the number of the next one.
        best (float | None): The best fitness that was told so far. None: none yet.
        champion (Champion | None): The network that had it, the first of equals. ``act`` gives its outputs; ``save``,
            ``draw`` and ``export`` write it.
        solved (bool): Whether the best fitness has reached ``solved_at``.
        statistics (dict[str, Any]): Of the generation that was told last, as columns of ``metrics.csv``:
            ``generation``, ``best_fitness``, ``mean_fitness``, ``std_fitness``, ``species``,
            ``compatibility_threshold``, ``nodes_mean``, ``conns_mean``, ``best_nodes``, ``best_conns``. Empty before
            the first ``tell``.
    """

    def __init__(
        self,
        inputs: int | Sequence[str],
        outputs: int | Sequence[str],
        *,
        population: int | None = None,
        seed: int | None = None,
        minimise: bool = False,
        solved_at: float | None = None,
        settings: Mapping[str, Any] | None = None,
        threads: int | None = None,
    ) -> None:
        """Begin before generation 0, of which nothing is computed yet.

        Args:
            inputs: Names of the networks' inputs, or how many there are.
            outputs: Names of the outputs, or how many there are.
            population: Networks in a generation. None: 150.
            seed: Seed of all random numbers, from 0: same seed, same bits. None: 0.
            minimise: Whether lower fitness is better.
            solved_at: Fitness from which ``solved`` is true. None: it never is.
            settings: Settings of NEAT by key, such as ``{"neat.node_add_prob": 0.1, "neat.feed_forward": False}``.
                ``genesys presets show CartPole`` explains them, under ``[neat]``.
            threads: Threads that share the work. None: one for each core. Results do not depend on it.

        Raises:
            UserError: Something that was asked for cannot be.
        """
        kwargs = {"inputs": _plain(inputs), "outputs": _plain(outputs)}
        env = loop_env(**kwargs)
        flags = {
            "neat.population": population,
            "run.seed": seed,
            "run.threads": threads,
            "evaluation.minimise": minimise,
            "evaluation.solved_at": solved_at,
        }
        self._begin(load_settings(None, ID, _of_neat(settings), flags, env_kwargs=list(kwargs.items())), env, None)

    @classmethod
    def load(cls, path: str | Path, *, threads: int | None = None) -> Evolution:
        """Return what ``save`` stored; it goes on to the same bits.

        Args:
            path: File that ``save`` wrote.
            threads: Threads that share the work. None: one for each core.

        Returns:
            The study as it was after its last ``tell``.

        Raises:
            UserError: The file is damaged, or one of a run of ``genesys evolve``.
        """
        where = path_of(path)
        state, text = checkpoint.load(where)
        settings = on_any_machine(settings_in(text, where))
        if settings.environment.id != ID:
            raise UserError(
                f"{where} is of a run in {settings.environment.id}, which has a loop of its own: genesys evolve "
                "--resume and the name of its folder continue it"
            )
        _check_stored(settings, where)
        env = loop_env_of(settings.environment.kwargs)
        check_fit(env, state.population.n_inputs, state.population.n_outputs, where)
        own = load_settings(None, ID, flags={"run.threads": threads}).run.threads
        study = cls.__new__(cls)
        study._begin(settings.model_copy(update={"run": settings.run.model_copy(update={"threads": own})}), env, state)
        return study

    def _begin(self, settings: Settings, env: LoopEnv, state: RunState | None) -> None:
        self.inputs, self.outputs = env.observation_names, env.action_names
        self.population, self.seed = settings.neat.population, settings.run.seed
        self.minimise, self.solved_at = settings.evaluation.minimise, settings.evaluation.solved_at
        self.networks: Networks | None = None
        self._settings, self._state = settings, state
        self._threads = Threads(settings.run.threads) if settings.run.threads else all_cores()
        self._generations = Generations(settings, env, SoftwareBackend(settings, env, self._threads), self._threads)
        self._born: Born | None = None
        self._champion: Champion | None = None

    def __repr__(self) -> str:
        best = "" if self.best is None else f", best {self.best:.6g}"
        return f"<Evolution: generation {self.generation}, population {self.population}{best}>"

    @property
    def generation(self) -> int:
        return 0 if self._state is None else self._state.generation + 1

    @property
    def best(self) -> float | None:
        state = self._state
        if state is None or state.champion is None:
            return None
        return turned(state.champion.training_fitness, self.minimise)

    @property
    def champion(self) -> Champion | None:
        if self._champion is None and self._state is not None and self._state.champion is not None:
            best = self._state.champion.told(self.minimise)
            self._champion = Champion(StoredChampion(best, self._settings, Path("champion")))
        return self._champion

    @property
    def solved(self) -> bool:
        return Goal(self.minimise, self.solved_at).reached(self.best)

    @property
    def statistics(self) -> dict[str, Any]:
        if self._state is None:
            return {}
        row = describe(self._state, {}, minimise=self.minimise)
        return {name: row[name] for name in _STATISTICS}

    def ask(self) -> Networks:
        """Make the networks of the next generation.

        Returns:
            P networks; the fitness of each is to be told in their order.

        Raises:
            UserError: The fitness of the last ones has not been told.
        """
        if self._born is not None:
            raise UserError(
                f"the fitness of generation {self.generation} has not been told: call tell(fitness) before the next "
                "ask(); the networks are still there as .networks"
            )
        born = self._generations.first() if self._state is None else self._generations.next(self._state)
        networks = Networks(born.population, feed_forward=self._settings.neat.feed_forward, threads=self._threads)
        self._born, self.networks = born, networks
        return networks

    def tell(self, fitness: ArrayLike) -> None:
        """Take the fitness of the networks that ``ask`` returned: who is the best, and who will have offspring.

        Args:
            fitness: (P,) real numbers, more is better, or less with ``minimise``. NaN or an infinity: this network has
                none, and counts as the worst that has one.

        Raises:
            UserError: Nothing was asked for, the fitness has another shape or is no real numbers, or no network has
                one. Nothing has changed then.
        """
        born, before = self._born, self._state
        if born is None:
            raise UserError(
                f"there are no networks whose fitness could be told: call ask() first, for generation {self.generation}"
            )
        told = turned(self._numbers(fitness), self.minimise)
        finite, _ = finite_fitness(told)
        species, _ = self._generations.species(born, finite, before.species if before else None)
        without = np.flatnonzero(~np.isfinite(told))
        standing = before.champion if before else None
        best = _better(born, finite, without, standing)
        self._state = RunState(
            born.generation, born.population, finite, species, born.counters, best, 0, 0, without=without
        )
        self._born = None
        if best is not standing:
            self._champion = None

    def save(self, path: str | Path) -> None:
        """Write a file from which ``load`` goes on; it is a checkpoint, which ``genesys inspect`` and others take, too.

        What was asked for since the last ``tell`` is asked for again then, and is the same.

        Args:
            path: File to write, ``.npz`` by custom; one that is there is replaced.

        Raises:
            UserError: The file cannot be written, or nothing has been told yet.
        """
        if self._state is None:
            raise UserError(
                "there is nothing to save before the first tell(fitness): until then, the same arguments make the same "
                "study"
            )
        write(path, checkpoint.packed(self._state, to_toml(on_any_machine(self._settings))))

    def _numbers(self, fitness: ArrayLike) -> NDArray[np.float64]:
        """Return fitness as (P,) float64; raises UserError where it cannot be."""
        given = real_numbers(fitness)
        if given.shape != (self.population,):
            raise UserError(
                f"fitness has the shape {given.shape}: give ({self.population},), one number of each network, in the "
                "order of ask()"
            )
        numbers = given.astype(np.float64)
        if not np.isfinite(numbers).any():
            raise UserError(
                "no network has a finite fitness, so that none is better than another: give at least one a number"
            )
        return numbers


def _better(born: Born, fitness: NDArray[np.float64], without: NDArray[np.int64], standing: Best | None) -> Best | None:
    """Return the best so far, after a generation.

    fitness: (P,) float64, finite, more is better; without: (N,) int64, whose is only a stand-in
    """
    ranked = fitness.copy()
    ranked[without] = -np.inf
    index = int(np.argmax(ranked))
    if standing is not None and ranked[index] <= standing.training_fitness:
        return standing
    genome, inputs = born.population.select(np.array([index])), born.population.n_inputs
    return Best(
        genome,
        born.generation,
        index,
        float(ranked[index]),
        nan,
        nan,
        born.generation,
        np.zeros(inputs, np.float32),
        np.ones(inputs, np.float32),
        np.empty(0),
    )


def _plain(given: Any) -> Any:
    """Return names, or their number, as settings hold them."""
    if isinstance(given, np.integer):
        return int(given)
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str | bytes):
        return [str(name) if isinstance(name, str) else name for name in given]  # NumPy has texts of its own
    return given


def _of_neat(settings: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return settings by key; raises UserError where one of them would do nothing here."""
    given = pairs("settings", settings)
    tables = {*ALL_TABLES, DRIFT} - {"neat"}
    if idle := [key for key, _ in given if key.partition(".")[0] in tables or key == "neat.generations"]:
        raise UserError(
            f"settings: {', '.join(idle)} would do nothing here: only settings of NEAT, neat.*, do, since the loop and "
            "the evaluation are your own; population, seed, minimise, solved_at and threads are arguments"
        )
    return given


def _check_stored(settings: Settings, where: Path) -> None:
    """Raise DamagedFileError where a file has settings that no study has."""
    usual = Settings(
        environment=EnvironmentSettings(id=ID, kwargs=settings.environment.kwargs),
        evaluation=EvaluationSettings(minimise=settings.evaluation.minimise, solved_at=settings.evaluation.solved_at),
        neat=settings.neat,
        run=RunSettings(seed=settings.run.seed),
    )
    if settings != usual:
        raise DamagedFileError(f"{where} has settings of an environment, a world or a chip, which no study has")
