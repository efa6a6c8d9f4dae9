"""An episode that somebody watches: a stored network acts in Gymnasium's own environment, step by step."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.fitness import Episode, load_fitness
from ..backends.numerics import numerics_of
from ..backends.stepped.actor import Actor
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.gym.foreign import close, foreign, reason
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..errors import UserError
from ..genome.population import Population
from .native_world import NativeWorld
from .physics import set_physics


class Values(NamedTuple):
    """What the inputs and node genes of a network held in one decision, (V,) float32 both.

    now: after it; read: what connections passed on, which in a recurrent network are the nodes' values of the decision
        before
    """

    now: NDArray[np.float32]
    read: NDArray[np.float32]


class Frame(NamedTuple):
    """A moment of an episode: before a step, or after the last.

    state: of the environments with kernels of their own, as Gymnasium has it; None of others
    physics: their constants, as a NamedTuple
    observation: (I,) float32; action: (R,), what is done next or was done last
    steps, total: environment steps and return so far
    episode: counted from 0; over: whether it is the last moment of it
    The others are there in a film only. picture: (H, W, 3) uint8, drawn when it is called; rate: steps a second, as
    Gymnasium shows them; genome: what plays, as the backend holds it; values: of its network
    """

    env: Environment
    state: Any
    observation: NDArray[np.float32]
    action: NDArray[Any]
    steps: int
    total: float
    episode: int = 0
    over: bool = False
    picture: Callable[[], NDArray[np.uint8]] | None = None
    rate: float = 30.0
    genome: Population | None = None
    values: Values | None = None
    physics: Any = None


class ShownEpisode(NamedTuple):
    """An episode that was shown. ended: ``terminated``, ``cut off`` or ``not finite``, as its actions were"""

    seed: int
    worth: float
    steps: int
    ended: str


Show = Callable[[Frame], None]
NONE, WINDOW, FILM = "none", "window", "film"
MODES = {WINDOW: "human", FILM: "rgb_array"}  # as gymnasium.make calls them
INSTEAD = "use --render terminal or --record FILE.gif"


def play_shown(
    settings: Settings,
    env: Environment,
    population: Population,
    conditions: Conditions,
    seeds: Sequence[int],
    show: Show | None,
    drawn: str = NONE,
) -> list[ShownEpisode]:
    """Play an episode for each seed; return how each went.

    population: its first genome plays; show: called for every frame
    drawn: ``window``: Gymnasium draws, too; ``film``: it draws into memory, for ``Frame.picture``
    """
    numerics = numerics_of(settings)
    actor = Actor(numerics, env, population, conditions, feed_forward=settings.neat.feed_forward)
    judge = None if settings.evaluation.fitness is None else load_fitness(settings.evaluation.fitness)
    observation = np.zeros(env.n_inputs, np.float32)
    played = []
    arithmetic, formats = numerics.arithmetic, numerics.formats
    zero = arithmetic.from_value(arithmetic.to_value(np.float32(0), formats), formats)
    with _world(env, drawn, conditions) as world:
        for number, seed in enumerate(seeds):
            with foreign(partial(_why_not, env, world, drawn, f"reset with seed {seed}")):
                world.reset(seed, observation)
            if isinstance(env, NativeEnv) and not isinstance(world, NativeWorld):
                set_physics(world.env.unwrapped, env, conditions.physics)
            if drawn == WINDOW:
                _check_window()
            actor.begin(seed)
            total, steps, over, terminated, info = 0.0, 0, False, False, {}
            values: Values | None = None
            base = Frame(env, None, observation, actor.row, 0, 0.0, number, genome=actor.population)
            base = base._replace(physics=conditions.physics)
            if drawn == FILM:
                base = base._replace(picture=partial(_picture, world, env), rate=_rate(world, env))

            while not over:
                if not actor.decide(observation):
                    total = math.nan  # as in an evaluation: an environment is given no such actions
                    break
                if drawn == FILM:
                    values = _values(actor, env.n_inputs, zero, values, feed_forward=settings.neat.feed_forward)
                for _ in range(conditions.action_repeat):
                    if show is not None:
                        show(base._replace(state=_state(world, env), steps=steps, total=total, values=values))
                    steps += 1
                    with foreign(partial(_why_not, env, world, drawn, f"step {steps} with seed {seed}")):
                        reward, terminated, truncated, info = world.step(actor.row, observation)
                    total += reward
                    over = terminated or truncated or steps >= conditions.max_steps
                    if over:
                        break
            if show is not None:
                last = base._replace(state=_state(world, env), steps=steps, total=total)
                show(last._replace(values=values, over=True))
            if judge is not None and math.isfinite(total):
                total = judge(Episode(seed, total, steps, terminated, not terminated, info))
            played.append(ShownEpisode(seed, total, steps, ENDED[terminated] if over else "not finite"))
    return played


ENDED = {True: "terminated", False: "cut off"}


def _state(world: Any, env: Environment) -> Any:
    return getattr(world.env.unwrapped, "state", None) if isinstance(env, NativeEnv) else None


def _values(actor: Actor, n_inputs: int, zero: np.float32, before: Values | None, *, feed_forward: bool) -> Values:
    """Return what a network holds after a decision.

    zero: what an input of zero is read as: on the chip, inputs lack the half unit that registers have added
    before: the same of the decision before, in this episode
    """
    now = actor.values()
    now[:n_inputs] -= zero
    if feed_forward:
        return Values(now, now)
    read = np.zeros_like(now) if before is None else before.now.copy()
    read[:n_inputs] = now[:n_inputs]
    return Values(now, read)


def _rate(world: Any, env: Environment) -> float:
    """Return the steps a second at which Gymnasium shows an environment."""
    with foreign(f"{env.id}: its metadata"):
        rate = world.env.metadata.get("render_fps")
        return float(rate) if isinstance(rate, int | float) and 0 < rate < math.inf else 30.0


def _picture(world: Any, env: Environment) -> NDArray[np.uint8]:
    """Return what Gymnasium draws of a moment."""
    with foreign(partial(_why_not, env, world, FILM, "render")):
        drawn = world.env.render()
    if isinstance(drawn, list) and drawn:  # of a wrapper that keeps pictures
        drawn = drawn[-1]
    right = isinstance(drawn, np.ndarray) and drawn.dtype == np.uint8 and drawn.ndim == 3
    if right and drawn.shape[2] == 4:  # the fourth is how opaque it is
        drawn = drawn[:, :, :3]
    if not (right and drawn.shape[2] == 3 and drawn.size):
        kind = f"{drawn.dtype} {drawn.shape}" if isinstance(drawn, np.ndarray) else type(drawn).__name__
        raise UserError(
            f"{env.id} cannot be filmed: its render() gives {kind}, not a frame (height, width, 3) of uint8"
        )
    picture: NDArray[np.uint8] = drawn
    return picture


@contextlib.contextmanager
def _world(env: Environment, drawn: str, conditions: Conditions) -> Iterator[Any]:
    """Give Gymnasium's environment, or a native one that Gymnasium has not, and close it."""
    if isinstance(env, NativeEnv) and env.gymnasium_id is None:
        native = NativeWorld(env, conditions.physics, MODES.get(drawn))
        try:
            yield native
        finally:
            close(native, env.id)
        return
    from ..envs.gym.describe import describe_gym
    from ..envs.gym.world import GymWorld

    world = None
    described = env if isinstance(env, GymEnv) else describe_gym(getattr(env, "gymnasium_id", None) or env.id, {})
    try:
        with _headless() if drawn == FILM else contextlib.nullcontext():
            with foreign(partial(_why_not, env, None, drawn, "making it")):
                world = GymWorld(described, MODES.get(drawn))
            if drawn == FILM:
                _check_pictures(world, env)
            elif drawn == WINDOW and not _has_display() and _is_mujoco(world):  # which would end this process
                raise UserError(f"no window can be opened here, since there is no display; {INSTEAD}")
            yield world
    finally:
        if world is not None:
            close(world, env.id)


def _why_not(env: Environment, world: Any, drawn: str, doing: str, error: BaseException) -> BaseException:
    """Return the error to raise where an environment raised `error`; what can be drawn is often found out late."""
    import gymnasium

    window = drawn == WINDOW
    if isinstance(error, gymnasium.error.DependencyNotInstalled):
        asked, extra = ("--render window", "window") if window else ("--record", "film")
        needed = "pygame" if "pygame" in str(error) else "another package"
        return UserError(f"{asked} needs {needed} ({error}); install it with: pip install 'genesys-cli[{extra}]'")
    if window and type(error).__module__.startswith("pygame"):
        return UserError(f"no window can be opened here ({error}); {INSTEAD}")
    if doing == "render" and _is_mujoco(world):
        return UserError(
            f"{env.id} cannot be drawn here ({' '.join(str(error).split()) or type(error).__name__}): MuJoCo needs "
            "OpenGL; without a display install EGL (libegl1), or choose with MUJOCO_GL=egl, osmesa or glfw"
        )
    if isinstance(env, NativeEnv) and not env.source:  # a bug
        return error
    return UserError(f"{env.id}: {doing} raised {reason(error)}")


def _check_pictures(world: Any, env: Environment) -> None:
    """Complain where an environment draws no pictures."""
    with foreign(f"{env.id}: its metadata"):
        modes = list(world.env.metadata.get("render_modes") or [])
    if "rgb_array" not in modes:
        raise UserError(
            f"{env.id} cannot be filmed: it renders no frames (render mode 'rgb_array'; it has "
            f"{', '.join(map(repr, modes)) or 'none'}); use --render terminal"
        )


@contextlib.contextmanager
def _headless() -> Iterator[None]:
    """Let libraries draw into memory, without a display, and say nothing about it."""
    wanted = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    if not _has_display():
        wanted["MUJOCO_GL"] = "egl"
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _is_mujoco(world: Any) -> bool:
    return any(".mujoco." in f"{kind.__module__}." for kind in type(world.env.unwrapped).__mro__)


def _check_window() -> None:
    """Complain where SDL found no display and draws into memory instead, unless that is what the user chose."""
    if (pygame := sys.modules.get("pygame")) is None or not pygame.display.get_init():
        return  # MuJoCo's windows are not SDL's
    driver = pygame.display.get_driver()
    if driver in ("dummy", "offscreen") and os.environ.get("SDL_VIDEODRIVER") != driver:
        raise UserError(f"no window can be opened here, since there is no display; {INSTEAD}")
