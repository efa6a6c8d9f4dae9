"""An episode that somebody watches: a stored network acts in Gymnasium's own environment, step by step."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.actor import Actor
from ..backends.fitness import Episode, load_fitness
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..errors import UserError
from ..genome.population import Population
from .physics import set_physics


class Frame(NamedTuple):
    """A moment of an episode: before a step, or after the last.

    state: of the environments with kernels of their own, as Gymnasium has it; None of others
    observation: (I,) float32; action: (R,), what is done next or was done last
    steps, total: environment steps and return so far
    """

    env: Environment
    state: Any
    observation: NDArray[np.float32]
    action: NDArray[Any]
    steps: int
    total: float


Show = Callable[[Frame], None]


def play_shown(
    settings: Settings,
    env: Environment,
    population: Population,
    conditions: Conditions,
    seeds: Sequence[int],
    show: Show | None,
    *,
    window: bool,
) -> tuple[list[float], list[int]]:
    """Play an episode for each seed; return what each is worth, and its steps.

    population: its first genome plays; show: called for every frame; window: Gymnasium draws, too
    """
    actor = Actor(settings, env, population, conditions)
    judge = None if settings.evaluation.fitness is None else load_fitness(settings.evaluation.fitness)
    observation = np.zeros(env.n_inputs, np.float32)
    worths, counts = [], []
    with _world(env, window=window) as world:
        for seed in seeds:
            world.reset(seed, observation)
            if isinstance(env, NativeEnv):
                set_physics(world.env.unwrapped, env, conditions.physics)
            if window:
                _check_window()
            actor.begin(seed)
            total, steps, over, terminated, info = 0.0, 0, False, False, {}

            def frame(steps: int, total: float) -> Frame:
                state = getattr(world.env.unwrapped, "state", None) if isinstance(env, NativeEnv) else None
                return Frame(env, state, observation, actor.row, steps, total)

            while not over:
                if not actor.decide(observation):
                    total = math.nan  # as in an evaluation: an environment is given no such actions
                    break
                for _ in range(conditions.action_repeat):
                    if show is not None:
                        show(frame(steps, total))
                    reward, terminated, truncated, info = world.step(actor.row, observation)
                    total += reward
                    steps += 1
                    over = terminated or truncated or steps >= conditions.max_steps
                    if over:
                        break
            if show is not None:
                show(frame(steps, total))
            if judge is not None and math.isfinite(total):
                total = judge(Episode(seed, total, steps, terminated, not terminated, info))
            worths.append(total)
            counts.append(steps)
    return worths, counts


@contextlib.contextmanager
def _world(env: Environment, *, window: bool) -> Iterator[Any]:
    """Give Gymnasium's environment; where no window can be opened, which the first reset finds out, say so."""
    import gymnasium

    from ..envs.gym.describe import describe_gym
    from ..envs.gym.world import GymWorld

    described = env if isinstance(env, GymEnv) else describe_gym(env.id, {})
    world = None
    try:
        world = GymWorld(described, "human" if window else None)
        yield world
    except gymnasium.error.DependencyNotInstalled as error:
        raise UserError(
            f"--render window needs pygame ({error}); install it with: pip install 'genesys-cli[window]'"
        ) from error
    except Exception as error:
        if window and type(error).__module__.startswith("pygame"):
            raise UserError(f"no window can be opened here ({error}); use --render terminal") from error
        raise
    finally:
        if world is not None:
            world.close()


def _check_window() -> None:
    """Complain where SDL found no display and draws into memory instead, unless that is what the user chose."""
    if (pygame := sys.modules.get("pygame")) is None or not pygame.display.get_init():
        return  # MuJoCo's windows are not SDL's
    driver = pygame.display.get_driver()
    if driver in ("dummy", "offscreen") and os.environ.get("SDL_VIDEODRIVER") != driver:
        raise UserError("no window can be opened here, since there is no display; use --render terminal")
