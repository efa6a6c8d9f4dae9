"""A stored network as an object that acts, draws, exports and predicts. What it needs is imported on first use."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..backends.data.predict import predict
from ..backends.numerics import numerics_of
from ..backends.stepped.actor import Actor
from ..config.trust import trust as trust_modules
from ..envs.conditions import conditions_of
from ..envs.data.env import DataEnv
from ..envs.loop import LoopEnv, refuse
from ..envs.problem.env import ProblemEnv
from ..envs.registry import environment_or_loop
from ..envs.spec import Environment, GymEnv, NativeEnv, Numbers
from ..errors import UserError
from ..files.champion import StoredChampion
from ..files.target import check_fit, find_target
from ..genome.document import to_document
from ..playback.replay import on_backend
from .given import path_of, write

if TYPE_CHECKING:
    from ..envs.zoo.game import Game
    from ..network.network import Network


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
        from ..envs.zoo.env import ZooEnv

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
        from ..files.champion import packed

        write(path, packed(self._stored.champion, self._stored.settings))

    def draw(self, path: str | Path, *, everything: bool = False) -> None:
        """Draw its network, as ``genesys inspect --draw`` does.

        Args:
            path: File to write, ``.svg`` or ``.png``; one that is there is replaced.
            everything: Whether to draw also disabled connections, and nodes that no output depends on.

        Raises:
            UserError: The file cannot be written, or has another ending, or Pillow is not installed for a PNG.
        """
        from ..report.network.file import draw

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
        from ..export.files import export, format_of

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
        from ..envs.gym.making import make

        if isinstance(self._env, DataEnv):
            raise UserError(f"{self.env_id} is a table of data and no environment: predict() takes its rows")
        if self._game is not None:
            from ..envs.zoo.making import made

            drawn = {} if render_mode is None else {"render_mode": render_mode}
            return made(self.env_id, {**self.env_kwargs, **drawn, **kwargs})
        if isinstance(self._env, ProblemEnv):
            raise UserError(f"{self.env_id} is a function and no environment: act() takes what it would give a network")
        max_steps = kwargs.pop("max_episode_steps", self._max_steps)
        if isinstance(self._env, NativeEnv) and self._env.gymnasium_id is None:
            from gymnasium.wrappers import TimeLimit

            from ..envs.gym.native import make_native

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


def _gymnasium_id(env: Environment) -> str:
    """Return the id that Gymnasium has for a native environment; its own where there is none."""
    return (env.gymnasium_id if isinstance(env, NativeEnv) else None) or env.id


def _spaces(env: Environment) -> tuple[Callable[[Any, Any], None], Callable[[Any], Any]]:
    """Return what writes an observation into inputs, and what makes an action of a row."""
    from ..envs.gym.spaces import flat_action, flat_observation

    if not isinstance(env, GymEnv):
        from gymnasium import spaces

        seen = spaces.Box(-np.inf, np.inf, (env.n_inputs,))
        flatten = flat_observation(seen, env.id).flatten
        return flatten, np.ndarray.copy if isinstance(env.action, Numbers) else lambda row: row.item(0)
    from ..envs.gym.making import looked_at

    with looked_at(env.make_id, env.kwargs, env.wrappers, env.max_steps) as made:
        flatten = flat_observation(made.observation_space, env.id).flatten
        return flatten, flat_action(made.action_space, env.id).unflatten
