"""Which environments there are, by name, and where their episodes start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config.problem import ZOO
from ..config.schema import AUTO, Settings
from ..config.wrappers import Wrapper, loaded_kwargs, loaded_wrappers, stored_kwargs
from ..errors import UserError
from .data.env import DataEnv, data_env, resolved_data
from .loop import ID as LOOP
from .loop import loop_env_of, refuse
from .own.find import find_own
from .own.trial import start_of
from .problem.env import ProblemEnv, problem_env, resolved_problem
from .spec import Environment, GymEnv, NativeEnv
from .trials import trials_of

_FILES = (  # in the order of listings
    "cartpole",
    "mountain_car",
    "mountain_car_continuous",
    "acrobot",
    "pendulum",
    "xor",
    "double_pole",
    "double_pole_no_velocity",
)
_ENVS: tuple[NativeEnv, ...] = tuple(import_module(f".native.{file}", __package__).ENV for file in _FILES)

NATIVE: dict[str, NativeEnv] = {env.id: env for env in _ENVS}
"""The environments with kernels of their own, by id."""


def names() -> tuple[str, ...]:
    """Return the short names of the native environments, such as ``CartPole``, in the order of listings."""
    return tuple(env.name for env in NATIVE.values())


def find(
    name: str,
    kwargs: Mapping[str, Any] | None = None,
    wrappers: Sequence[Wrapper] = (),
    max_steps: int | None = None,
) -> NativeEnv | GymEnv:
    """Return the environment called `name`: a short name, an id or an alias, in upper or lower case.

    An alias, such as ``CartPole-v0``, gives the environment with the alias's id, limit and threshold. Gymnasium's own
    code runs where there is no native one, or where it is given arguments (`kwargs`) or `wrappers`; ``module:id``
    imports the module, of which it is a native environment or an id that the module registers.

    max_steps: limit that one of Gymnasium's is told instead of its own
    """
    if name == LOOP:
        refuse(name)
    if name.startswith(ZOO):
        raise UserError(f"{name} is played by several networks together: genesys evolve --env {name}")
    native = _native(name)
    if native is None and ":" in name:
        native = find_own(name)
    if native is not None and (kwargs or wrappers) and (native.source or native.gymnasium_id is None):
        raise UserError(
            f"environment {name!r} is a native one, which takes neither arguments nor wrappers; its constants are "
            f"those of its physics, and `drift` changes them: {', '.join(native.physics._fields) or 'it has none'}"
        )
    if native is not None and not kwargs and not wrappers:
        return native
    from .gym.describe import describe_gym  # only now: a native environment does without importing Gymnasium

    return describe_gym(name if native is None else native.id, kwargs, wrappers, max_steps)


def environment_of(settings: Settings) -> Environment:
    """Return what the settings have networks live in: an environment, a table of data, or a function of the user's."""
    if settings.data.file is not None:
        return data_env(settings.data)
    if settings.problem.function is not None:
        return problem_env(settings.problem)
    named = settings.environment
    if named.id.startswith(ZOO):
        from .zoo.env import zoo_env  # only now: others do without Gymnasium

        return zoo_env(settings)
    kwargs, wrappers = loaded_kwargs(named.kwargs), loaded_wrappers(named.wrappers)
    env = find(named.id, kwargs, wrappers, max_steps=named.max_steps)
    if isinstance(env, GymEnv) and named.rebuild != AUTO:
        env = replace(env, rebuild=named.rebuild)
    return env


def environment_or_loop(settings: Settings) -> Environment:
    """Return the same, and what stands for the world of ask and tell, which nobody here can play."""
    named = settings.environment
    return loop_env_of(named.kwargs) if named.id == LOOP else environment_of(settings)


def resolved(settings: Settings, env: Environment) -> Settings:
    """Return the settings as they are kept with a run: with all that follows from the environment."""
    if isinstance(env, DataEnv):
        return resolved_data(settings, env)
    if isinstance(env, ProblemEnv):
        if env.problem.function is None:
            from .zoo.env import ZooEnv, resolved_zoo

            assert isinstance(env, ZooEnv)
            return resolved_zoo(settings, env)
        return resolved_problem(settings, env)
    kwargs = stored_kwargs(env.kwargs) if isinstance(env, GymEnv) else {}
    named = settings.environment.model_copy(update={"id": env.id, "kwargs": kwargs})
    return settings.model_copy(update={"environment": named})


def _native(name: str) -> NativeEnv | None:
    wanted = name.lower()
    for env in NATIVE.values():
        if wanted in (env.name.lower(), env.id.lower()):
            return env
        for alias, (max_steps, solved_at) in env.aliases.items():
            if wanted == alias.lower():
                return replace(env, id=alias, max_steps=max_steps, solved_at=solved_at, aliases={})
    return None


def episode_starts(env: NativeEnv, seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return ``(len(seeds), state_size)`` float64: the states that Gymnasium's ``reset(seed=...)`` gives, exactly."""
    if env.starts is not None:
        return env.starts[[int(seed) for seed in seeds]]
    starts = np.empty((len(seeds), env.state_size))
    for start, seed in zip(starts, seeds, strict=True):
        if env.source:
            start[:] = start_of(env, env.id, int(seed))
            continue
        start[:] = env.reset(np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(seed)))))
    return starts


def validation_starts(settings: Settings) -> int | None:
    """Return how many starts a champion's score is out of; None: it has another one, or that is not known here."""
    name = settings.evaluation.validation
    if name is None:
        return None
    try:
        return len(trials_of(environment_of(settings), name)[-1].starts)
    except UserError:  # such as a module that is not there
        return None


def has_fixed_start(env: NativeEnv) -> bool:
    """Say whether all episodes start alike, as far as some seeds tell."""
    starts = episode_starts(env, range(8))
    return bool((starts == starts[0]).all())
