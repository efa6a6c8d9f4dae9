"""What Python programs use: ``from genesys_cli import evolve, load_champion``. ``docs/library.md`` shows how.

What a champion is drawn, exported and stored with is imported on first use, and so are its kernels.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .backends.data.predict import predict
from .backends.numerics import numerics_of
from .backends.stepped.actor import Actor
from .config.load import load_settings, note_on_preset
from .config.schema import Settings
from .config.trust import trust as trust_modules
from .envs.conditions import conditions_of
from .envs.data.env import DataEnv
from .envs.loop import LoopEnv, refuse
from .envs.problem.env import ProblemEnv
from .envs.registry import environment_or_loop
from .envs.spec import Environment, GymEnv, NativeEnv, Numbers
from .errors import UserError
from .files.champion import StoredChampion
from .files.storage import write_atomically
from .files.target import check_fit, find_target
from .genome.document import to_document
from .playback.replay import on_backend
from .runs import evolve as runs

if TYPE_CHECKING:
    from .envs.zoo.game import Game
    from .network.network import Network


class Champion:
    """A network that acts in an environment, with the actions of ``genesys replay`` to the bit.

    ``load_champion`` makes one. Compiled kernels compute the actions, in a few microseconds; they are made ready by the
    first ``reset`` or ``act``. Where its run changed the world (``[drift]``), noise, delay and order of actions are the
    world's doing and no part of it.

    Attributes:
        env_id (str): Id that ``gymnasium.make`` is given, see ``make_env``.
        env_kwargs (dict[str, Any]): Arguments that it is given.
        fitness (float | None): Mean return over the held-out episodes, or starts that it passes where the settings name
            a validation; what ``Evolution`` was told. None: not known.
        training_fitness (float): Fitness in the generation in which it was found.
        generation (int): Which generation that was, from 0.
        backend (str): What computes it, ``software`` or ``genesys``.
        action_repeat (int): Environment steps that each of its decisions lasts. ``act`` counts them.
        genome (dict[str, Any]): ``inputs``, ``outputs``, ``nodes`` and ``connections``, as in ``champion.json``.
        settings (dict[str, Any]): Settings that decided its run, by table.
    """

    def __init__(self, stored: StoredChampion) -> None:
        """Take a stored network.

        Args:
            stored: Genome and settings, as they were read from a file.

        Raises:
            UserError: Its environment is not installed.
        """
        self._stored = stored
        champion, settings = stored.champion, stored.settings
        self._env = env = environment_or_loop(settings)
        check_fit(env, champion.genome.n_inputs, champion.genome.n_outputs, stored.origin)
        self.env_id = env.make_id if isinstance(env, GymEnv) else _gymnasium_id(env)
        self.env_kwargs: dict[str, Any] = copy.deepcopy(getattr(env, "kwargs", {}))
        self.training_fitness = float(champion.training_fitness)
        told = self.training_fitness if isinstance(env, LoopEnv) else None
        self.fitness = float(champion.validated_fitness) if champion.validated else told
        self.generation = int(champion.generation)
        self.backend = settings.run.backend
        self.action_repeat = settings.environment.action_repeat
        self.genome: dict[str, Any] = to_document(champion.genome)
        self.settings: dict[str, Any] = settings.tables()
        self._stored = stored
        self._settings, self._genome = settings, champion.genome
        self._scaling = champion.offset, champion.scale
        self._max_steps = settings.environment.max_steps or env.max_steps
        self._observation = np.zeros(env.n_inputs, np.float32)
        self._left = 0
        if isinstance(env, GymEnv):
            _ = self._between  # complains where the environment cannot be made

    @cached_property
    def _between(self) -> tuple[Callable[[Any, Any], None], Callable[[Any], Any]]:
        return _spaces(self._env)

    @cached_property
    def _actor(self) -> Actor:
        champion, settings = self._stored.champion, self._stored.settings
        conditions = conditions_of(settings, self._env)._replace(offset=champion.offset, scale=champion.scale)
        actor = Actor(
            numerics_of(settings), self._env, champion.genome, conditions, feed_forward=settings.neat.feed_forward
        )
        actor.begin(0)
        return actor

    @cached_property
    def _game(self) -> tuple[Game, Network] | None:
        """The environment of PettingZoo that it plays, and its network; None: it plays none."""
        if not isinstance(self._env, ProblemEnv) or self._env.problem.function is not None:
            return None
        from .envs.zoo.env import ZooEnv

        assert isinstance(self._env, ZooEnv)
        numerics = numerics_of(self._settings)
        genome = numerics.adopt(self._genome)
        return self._env.game(), numerics.network(genome, feed_forward=self._settings.neat.feed_forward)

    def __repr__(self) -> str:
        fitness = "" if self.fitness is None else f", fitness {self.fitness:.6g}"
        nodes, conns = len(self.genome["nodes"]), len(self.genome["connections"])
        size = f"{nodes} node{'s'[: nodes != 1]}, {conns} connection{'s'[: conns != 1]}"
        return f"<Champion of {self.env_id}: {size}{fitness}>"

    def reset(self) -> None:
        """Begin an episode: forget what a recurrent network remembers, and the action that goes on."""
        if self._game is not None:
            self._game[1].reset()
            return
        self._actor.begin(0)
        self._left = 0

    def act(self, observation: Any) -> Any:
        """Return the action that follows an observation; call it once for each step of the environment.

        Args:
            observation: As ``env.reset`` and ``env.step`` return it: an array, a number, or a dict or tuple of them, of
                the shape of the environment's observation space. Of PettingZoo, as an agent sees it; where that says
                which actions are allowed, it is one of these.

        Returns:
            What ``env.step`` takes, in the shape and dtype of the action space.

        Raises:
            ValueError: The observation does not belong to the environment, or it or the action is not finite.
        """
        if self._game is not None:
            game, network = self._game
            return game.act(network, observation)
        flatten, action = self._between
        if self._left == 0:
            flatten(observation, self._observation)
            if not self._actor.decide(self._observation):
                raise ValueError(f"an observation or its action is not finite: {observation!r}")
            self._left = self.action_repeat
        self._left -= 1
        return action(self._actor.row)

    def save(self, path: str | Path) -> None:
        """Write it as a file like ``champion.json`` of a run, which ``load_champion`` and all commands take.

        Args:
            path: File to write; one that is there is replaced.

        Raises:
            UserError: The file cannot be written.
        """
        from .files.champion import packed

        write(path, packed(self._stored.champion, self._stored.settings))

    def draw(self, path: str | Path, *, everything: bool = False) -> None:
        """Draw its network, as ``genesys inspect --draw`` does.

        Args:
            path: File to write, ``.svg`` or ``.png``; one that is there is replaced.
            everything: Whether to draw also disabled connections, and nodes that no output depends on.

        Raises:
            UserError: The file cannot be written, or has another ending, or Pillow is not installed for a PNG.
        """
        from .report.network.file import draw

        draw(self._stored, path_of(path), everything=everything, overwrite=True)

    def export(self, path: str | Path, format: str | None = None, **options: str | None) -> None:
        """Write it for other programs, as ``genesys export`` does.

        Args:
            path: File to write; one that is there is replaced.
            format: ``c``, ``json``, ``onnx`` or ``torch``. None: it follows from the ending, ``.h``, ``.json``,
                ``.onnx`` or ``.py``.
            **options: As the command has them: ``arithmetic="fixed"``, ``name="pole"``, ``flash="progmem"``.

        Raises:
            UserError: The file cannot be written, or the format is not known or has no such option.
        """
        from .export.files import export, format_of

        where = path_of(path)
        if where.resolve() == self._stored.origin.resolve():
            raise UserError(f"{where} is the champion itself, which would be lost; choose another name")
        write(where, export(self._stored, format_of(where, format), **options).data)

    def predict(self, inputs: ArrayLike) -> NDArray[Any]:
        """Return what it says of rows; of a network that has learnt a table of data.

        Args:
            inputs: (N, I) numbers, the columns of ``data.inputs`` in their order, as they stand in the table.

        Returns:
            (N, T) float32, numbers; of classes (N,) texts, their names.

        Raises:
            UserError: It has learnt no table, the inputs have another shape, or one of them is no finite number.
        """
        env = self._env
        if not isinstance(env, DataEnv):
            raise UserError(f"{self!r} has learnt no table of data: act() returns its action")
        try:
            rows = np.asarray(inputs, np.float32)
        except (TypeError, ValueError) as error:
            raise UserError(f"inputs are not (N, {env.n_inputs}) numbers: {error}") from None
        if rows.ndim != 2 or rows.shape[1] != env.n_inputs:
            raise UserError(
                f"inputs have shape {rows.shape}: give (N, {env.n_inputs}), the columns {', '.join(env.data.inputs)}"
            )
        if len(wrong := np.argwhere(~np.isfinite(rows))):
            row, k = wrong[0].tolist()
            raise UserError(
                f"inputs[{row}] has {rows[row, k]:g} for {env.data.inputs[k]!r}: nothing is known of {len(wrong)} "
                "missing or infinite values; leave such rows out, or fill them in"
            )
        found = predict(self._settings, env, self._genome, self._scaling, np.ascontiguousarray(rows))
        return found.values if not env.data.classes else np.array(env.data.classes)[found.values]

    def make_env(self, render_mode: str | None = None, **kwargs: Any) -> Any:
        """Return its environment, with the arguments, step limit and wrappers of its run.

        Args:
            render_mode: As for ``gymnasium.make``, such as ``human`` or ``rgb_array``. None: nothing is drawn.
            **kwargs: Arguments of the environment in place of those of the run; ``max_episode_steps`` in place of its
                limit, in steps.

        Returns:
            What ``gymnasium.make`` gives; of a native environment that Gymnasium has not, its own functions as an
            environment of Gymnasium, with the same bits.

        Raises:
            UserError: It cannot be made, or cannot be drawn in this mode; or the network is one of ``Evolution``, whose
                world is a program's own affair.
        """
        if isinstance(self._env, LoopEnv):
            refuse(self.env_id)
        from .envs.gym.making import make

        if isinstance(self._env, DataEnv):
            raise UserError(f"{self.env_id} is a table of data and no environment: predict() takes its rows")
        if self._game is not None:
            from .envs.zoo.making import made

            drawn = {} if render_mode is None else {"render_mode": render_mode}
            return made(self.env_id, {**self.env_kwargs, **drawn, **kwargs})
        if isinstance(self._env, ProblemEnv):
            raise UserError(f"{self.env_id} is a function and no environment: act() takes what it would give a network")
        max_steps = kwargs.pop("max_episode_steps", self._max_steps)
        if isinstance(self._env, NativeEnv) and self._env.gymnasium_id is None:
            from gymnasium.wrappers import TimeLimit

            from .envs.gym.native import make_native

            if kwargs:
                raise UserError(f"{self.env_id} is a native environment, which takes no argument {', '.join(kwargs)}")
            return TimeLimit(make_native(self._env, render_mode=render_mode), max_steps)
        return make(
            self.env_id,
            {**self.env_kwargs, **kwargs},
            wrappers=self._env.wrappers if isinstance(self._env, GymEnv) else (),
            max_steps=max_steps,
            render_mode=render_mode,
            guarded=True,
        )


@dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        champion: The best network on held-out episodes. None: no genome ever had a finite fitness.
        solved: Whether the champion's mean held-out return reached the threshold.
        generations: How many generations were computed.
        rows: A dict for each generation: the columns of ``metrics.csv``, None where one does not apply.
        run_dir: Folder in which everything is kept. ``genesys replay`` and ``genesys inspect`` take it.
        summary: The contents of ``summary.json``.
        messages: What the command line would have told.
    """

    champion: Champion | None
    solved: bool
    generations: int
    rows: list[dict[str, Any]] = field(repr=False)
    run_dir: Path
    summary: dict[str, Any] = field(repr=False)
    messages: list[str] = field(repr=False)


def load_champion(
    target: str | Path = "champion",
    run: str | Path | None = None,
    backend: str | None = None,
    trust: str | Iterable[str] = (),
) -> Champion:
    """Return a stored network.

    Args:
        target: ``champion``, ``last``, ``gen:N`` or ``front:N`` of a run; a run folder, a checkpoint, a
            ``champion.json``; or the name of a shipped champion, such as ``LunarLander``.
        run: Run folder that the first four look in. None: the newest under ``runs/``.
        backend: What computes it, ``software`` or ``genesys``. None: that of its run.
        trust: Modules that may be imported although only the file names them, as ``--trust-module``. Those that your
            program has imported, or with which you have started a run, need not be named.

    Returns:
        The network, at the start of an episode.

    Raises:
        UserError: There is no such network, its file is damaged, or its environment is not installed.
    """
    trust_modules([trust] if isinstance(trust, str) else trust)
    stored = find_target(str(target), None if run is None else Path(run))
    return Champion(stored._replace(settings=on_backend(stored.settings, backend)))


def evolve(
    env: str | None = None,
    *,
    data: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    problem: str | Callable[..., Any] | None = None,
    inputs: int | Sequence[str] | None = None,
    outputs: int | Sequence[str] | None = None,
    players: int | None = None,
    seed: int | None = None,
    generations: int | None = None,
    population: int | None = None,
    episodes: int | None = None,
    backend: str | None = None,
    chip: str | Path | None = None,
    preset: str | Path | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    start_from: str | Path | Champion | Sequence[str | Path | Champion] | None = None,
    settings: Mapping[str, Any] | None = None,
    threads: int | None = None,
    run_dir: str | Path | None = None,
    require_repeatable: bool = False,
    on_generation: Callable[[dict[str, Any]], None] | None = None,
) -> Result:
    """Evolve networks as ``genesys evolve`` does, and print nothing. What is None is the preset's.

    Args:
        env: Short name, Gymnasium id, ``module:Id``, or ``module:NAME`` of a native environment. None: the preset's, or
            CartPole.
        data: Table to learn from in the place of an environment: a CSV, NPZ or Parquet file, or ``sklearn:NAME``.
        target: Columns of the table that are to be predicted.
        problem: Function that evaluates networks in the place of an environment, as ``module:function``; or itself, of
            a module that worker processes can import.
        inputs: Names of the networks' inputs for the function, or how many there are. None: ``INPUTS`` of its module.
        outputs: Names of the outputs, or how many there are. None: ``OUTPUTS`` of its module.
        players: Networks in a match, where the function is one. None: as its module or its first parameter says.
        seed: Seed of the run: same seed, same bits.
        generations: Generations at most.
        population: Genomes in a generation.
        episodes: Training episodes that each genome plays in a generation.
        backend: ``software``, or ``genesys``: the emulated chip.
        chip: Chip that is emulated, a shipped name or a TOML file.
        preset: Settings to begin with, a shipped name or a TOML file. None: those of the environment, where there are.
        env_kwargs: Arguments of the environment.
        start_from: Genomes to begin with instead of new ones, one or several: champions, files of champions, run
            folders, checkpoints, shipped names, or networks of neat-python as JSON. ``docs/start-from.md`` says more.
        settings: Any other settings by key, such as ``{"neat.node_add_prob": 0.1}``. None as a value: none.
        threads: Threads, or worker processes, that share the work. None: one for each core.
        run_dir: Folder to make for the run. None: the next free one under ``runs/``.
        require_repeatable: Whether an environment whose episodes do not repeat is an error.
        on_generation: Called with the row of each generation when it is done. What it raises ends the run, which can
            be continued with ``genesys evolve --resume``.

    Returns:
        How the run ended, with its champion.

    Raises:
        UserError: Something that was asked for cannot be; the message lists all that is wrong.
        GenesysError: The run failed for another reason, such as a full disk.
    """
    flags = {
        "data.file": None if data is None else str(data),
        "data.target": target,
        "problem.function": function_name(problem),
        "problem.inputs": inputs,
        "problem.outputs": outputs,
        "problem.players": players,
        "run.seed": seed,
        "neat.generations": generations,
        "neat.population": population,
        "evaluation.episodes": episodes,
        "run.backend": backend,
        "run.threads": threads,
    }
    genomes = start_of(start_from)
    flags["start.sources"] = [str(one.origin) if isinstance(one, StoredChampion) else one for one in genomes] or None
    chosen, note = chosen_settings(env, preset, chip, env_kwargs, settings, flags)
    place = folder_of(run_dir)
    observer = Observer(on_generation)
    if note:
        observer.message(note)
    begun = [
        one if isinstance(one, StoredChampion) else name
        for one, name in zip(genomes, chosen.start.sources[: len(genomes)], strict=True)
    ]
    summary = runs.evolve(
        chosen, place, ["genesys_cli.evolve"], observer, require_repeatable=require_repeatable, start=begun
    )
    return result_of(summary, observer)


def result_of(summary: dict[str, Any], observer: Observer) -> Result:
    """Return how a run ended. summary: its own; observer: who has heard of it"""
    return Result(
        champion=load_champion(summary["champion"]) if summary["champion"] is not None else None,
        solved=bool(summary["solved"]),
        generations=int(summary["generations"]),
        rows=observer.rows,
        run_dir=Path(summary["run_dir"]),
        summary=summary,
        messages=observer.messages,
    )


def chosen_settings(
    env: str | None,
    preset: str | Path | None,
    chip: str | Path | None,
    env_kwargs: Mapping[str, Any] | None,
    settings: Mapping[str, Any] | None,
    flags: Mapping[str, object],
) -> tuple[Settings, str]:
    """Return the settings that a program asks for, and what is to be said of the preset. flags: values by key"""
    for name, path in (("env", env), ("preset", preset), ("chip", chip)):
        if not (path is None or isinstance(path, str) or (isinstance(path, Path) and name != "env")):
            raise UserError(f"{name} = {path!r}: must be a text{' or a path' if name != 'env' else ''}")
    given = pairs("settings", settings)
    chosen = load_settings(preset, env, given, flags, chip, pairs("env_kwargs", env_kwargs))
    _refuse_main(chosen)
    return chosen, note_on_preset(preset, env, given, chosen)


def folder_of(run_dir: str | Path | None) -> Path | None:
    """Return the folder that a program asks for; None: it leaves that to us."""
    if not (run_dir is None or isinstance(run_dir, str | Path)):
        raise UserError(f"run_dir = {run_dir!r}: must be a text or a path")
    return None if run_dir is None else Path(run_dir)


def start_of(given: Any) -> list[str | StoredChampion]:
    """Return what a run is to begin with; raises UserError for what can be no genome."""
    listed = [given] if isinstance(given, str | Path | Champion) else given or []
    if not isinstance(listed, Sequence) or not all(isinstance(one, str | Path | Champion) for one in listed):
        raise UserError(f"start_from = {given!r}: must be a text, a path, a Champion, or a list of these")
    return [one._stored if isinstance(one, Champion) else str(one) for one in listed]


class Observer:
    """Keeps what a run tells."""

    def __init__(self, on_generation: Callable[[dict[str, Any]], None] | None) -> None:
        self.rows: list[dict[str, Any]] = []
        self.messages: list[str] = []
        self._on_generation = on_generation

    def message(self, text: str) -> None:
        self.messages.append(text)

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        pass

    def generation(self, row: dict[str, Any]) -> None:
        self.rows.append(dict(row))
        if self._on_generation is not None:
            self._on_generation(dict(row))

    def finish(self, summary: Mapping[str, Any]) -> None:
        pass


def function_name(problem: str | Callable[..., Any] | None) -> str | None:
    """Return ``module:function`` of a function; raises UserError where others could not find it by that."""
    if problem is None or isinstance(problem, str):
        return problem
    if not callable(problem):
        raise UserError(f"problem = {problem!r}: must be a function, or a text such as 'my_module:evaluate'")
    module, name = getattr(problem, "__module__", None) or "", getattr(problem, "__qualname__", "")
    if module != "__main__" and getattr(sys.modules.get(module), name, None) is problem:
        return f"{module}:{name}"
    what = name or type(problem).__name__
    raise UserError(
        f"problem: worker processes import the function, and cannot find {what!r} of {module or 'no module'}; put it "
        "as a plain def into a module of its own, such as my_module.py, and give that function or 'my_module:evaluate'"
    )


def path_of(path: str | Path) -> Path:
    """Return where a file is; raises UserError where that is no path."""
    if not isinstance(path, str | Path):
        raise UserError(f"path = {path!r}: must be a text or a path")
    return Path(path)


def write(path: str | Path, data: bytes) -> None:
    """Write a file, whole or not at all; raises UserError where that cannot be."""
    where = path_of(path)
    if where.is_dir():
        raise UserError(f"{where} is a folder; give the name of a file")
    write_atomically(where, data, "choose a file in a folder that there is", "free some disk space and try again")


def pairs(name: str, given: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return what is given by key; raises UserError where the keys are no texts."""
    if not isinstance(given or {}, Mapping) or not all(isinstance(key, str) for key in given or {}):
        raise UserError(f"{name} = {given!r}: must be a dict whose keys are texts")
    return list((given or {}).items())


def _refuse_main(settings: Settings) -> None:
    """Raise a UserError where the program that runs defines the environment itself: worker processes do not run it."""
    registry = getattr(sys.modules.get("gymnasium"), "registry", {})
    spec = registry.get(settings.environment.id)
    made_by = getattr(spec, "entry_point", None)
    module = made_by.partition(":")[0] if isinstance(made_by, str) else getattr(made_by, "__module__", "")
    if spec is not None and module == "__main__":
        raise UserError(
            f"{spec.id} is defined in the program that runs, which worker processes do not load; put it and its "
            f"gymnasium.register into a module of its own, and evolve 'module:{spec.id}'"
        )


def _gymnasium_id(env: Environment) -> str:
    """Return the id that Gymnasium has for a native environment; its own where there is none."""
    return (env.gymnasium_id if isinstance(env, NativeEnv) else None) or env.id


def _spaces(env: Environment) -> tuple[Callable[[Any, Any], None], Callable[[Any], Any]]:
    """Return what writes an observation into inputs, and what makes an action of a row."""
    from .envs.gym.spaces import flat_action, flat_observation

    if not isinstance(env, GymEnv):
        from gymnasium import spaces

        seen = spaces.Box(-np.inf, np.inf, (env.n_inputs,))
        flatten = flat_observation(seen, env.id).flatten
        return flatten, np.ndarray.copy if isinstance(env.action, Numbers) else lambda row: row.item(0)
    from .envs.gym.making import looked_at

    with looked_at(env.make_id, env.kwargs, env.wrappers, env.max_steps) as made:
        flatten = flat_observation(made.observation_space, env.id).flatten
        return flatten, flat_action(made.action_space, env.id).unflatten
