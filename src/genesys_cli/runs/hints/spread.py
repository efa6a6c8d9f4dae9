"""How much each input of the networks varies, found by playing a little more when a run is at its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...envs.conditions import conditions_of
from ...envs.data.env import DataEnv
from ...envs.gym.foreign import foreign
from ...envs.registry import episode_starts
from ...envs.spec import Box, Discrete, NativeEnv
from ...errors import UserError
from ...evolution.episodes import held_out_episodes
from ...evolution.loop import Loop
from ...evolution.state import Champion
from .evidence import Spread

EPISODES = 4
STEPS = 250  # of each, at most
_HELD = 0.1  # chance that another action is drawn in a step


def spread_of(evolution: Loop, champion: Champion) -> Spread | None:
    """Return how much each input varies; None: it could not be found.

    Of Gymnasium's environments the champion plays, in worker processes. A native one is played in plain Python with
    random actions: its kernels do not sum up observations, and others would have to be compiled.
    """
    env, settings = evolution.env, evolution.settings
    table = isinstance(env, DataEnv)
    seeds = held_out_episodes(settings, env, None if table else EPISODES)
    try:
        if isinstance(env, NativeEnv):
            with foreign(env.id), np.errstate(all="ignore"):
                return _spread(_wander(env, seeds).std(axis=0), "with random actions")
        conditions = conditions_of(settings, env)
        conditions = conditions._replace(moments=True, max_steps=min(conditions.max_steps, STEPS))
        moments = evolution.backend.evaluate(champion.genome, seeds, conditions).moments
    except UserError:  # no more than a hint is lost
        return None
    if moments is None or moments.count == 0 or not np.isfinite(moments.total + moments.squares).all():
        return None
    mean = moments.total / moments.count
    deviations = np.sqrt(np.maximum(0.0, moments.squares / moments.count - mean**2))
    return _spread(deviations, "over the rows" if table else "where the champion goes")


def _spread(deviations: NDArray[np.float64], where: str) -> Spread | None:
    return Spread(deviations, where) if np.isfinite(deviations).all() else None


def _wander(env: NativeEnv, seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return the observations of episodes with random actions that last for some steps each, (N, I)."""
    rng = np.random.default_rng(0)
    physics = type(env.physics)(*map(np.float64, env.physics))
    lane, seen = np.uint64(0), []
    out = np.zeros((env.n_inputs, LANES), np.float32)
    action = np.zeros((env.action.n_rows, LANES), np.float32 if isinstance(env.action, Box) else np.int32)
    for start in episode_starts(env, seeds):
        state = np.zeros((env.state_size, LANES))
        state[:, 0] = start
        rows = state.ravel()
        for step in range(min(STEPS, env.max_steps)):
            env.observe(rows, lane, out.ravel(), physics)
            seen.append(out[:, 0].astype(np.float64))
            if step == 0 or rng.random() < _HELD:
                if isinstance(env.action, Discrete):
                    action[:, 0] = rng.integers(env.action.n)
                elif isinstance(env.action, Box):
                    action[:, 0] = rng.uniform(env.action.low, env.action.high)
            if env.step(rows, lane, action.ravel(), physics)[1]:
                break
    return np.array(seen)
