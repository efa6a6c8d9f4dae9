"""Which environments there are, by name, and where their episodes start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError, nearest
from .native import acrobot, cartpole, mountain_car, mountain_car_continuous, pendulum
from .spec import NativeEnv

#: The environments with kernels of their own, by Gymnasium id.
NATIVE: dict[str, NativeEnv] = {
    env.id: env for env in (cartpole.ENV, mountain_car.ENV, mountain_car_continuous.ENV, acrobot.ENV, pendulum.ENV)
}


def names() -> tuple[str, ...]:
    """Return the short names, such as ``CartPole``, in the order of listings."""
    return tuple(env.name for env in NATIVE.values())


def find(name: str) -> NativeEnv:
    """Return the environment called `name`: a short name, a Gymnasium id or an alias, in upper or lower case.

    An alias, such as ``CartPole-v0``, gives the environment with the alias's id, limit and threshold.
    """
    wanted = name.lower()
    for env in NATIVE.values():
        if wanted in (env.name.lower(), env.id.lower()):
            return env
        for alias, (max_steps, solved_at) in env.aliases.items():
            if wanted == alias.lower():
                return replace(env, id=alias, max_steps=max_steps, solved_at=solved_at, aliases={})
    raise UserError(_why_unknown(name))


def _why_unknown(name: str) -> str:
    base = _without_version(name)
    if base not in (short.lower() for short in names()) and (base.startswith("ale/") or base in _gymnasium_names()):
        return (
            f"environment {name!r} is Gymnasium's, and this version evolves only environments with kernels of its own: "
            f"{', '.join(names())} (`genesys envs` lists them)"
        )
    known = [*names(), *NATIVE, *(alias for env in NATIVE.values() for alias in env.aliases)]
    return f"environment {name!r} is not known{nearest(name, known)} (`genesys envs` lists the environments)"


def _without_version(name: str) -> str:
    return name.lower().rsplit("-v", 1)[0]


def _gymnasium_names() -> set[str]:
    import gymnasium  # only a wrong name costs the time of importing it

    return {_without_version(key) for key in gymnasium.registry}


def episode_starts(env: NativeEnv, seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return ``(len(seeds), state_size)`` float64: the states that Gymnasium's ``reset(seed=...)`` gives, exactly."""
    starts = np.empty((len(seeds), env.state_size))
    for start, seed in zip(starts, seeds, strict=True):
        start[:] = env.reset(np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(seed)))))
    return starts
