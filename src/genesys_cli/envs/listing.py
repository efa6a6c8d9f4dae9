"""What there is to be evolved, for people and scripts to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from math import isfinite
from typing import Any

from ..config.presets import find_preset
from ..config.values import spelled
from ..config.wrappers import Wrapper, stored_wrappers
from .gym.known import KNOWN, Known
from .registry import NATIVE, find
from .spec import Box, Discrete, Environment, GymEnv, MultiBinary, MultiDiscrete, NativeEnv, Real

ACTIONS = {
    Discrete: "discrete",
    Box: "continuous",
    Real: "real",
    MultiDiscrete: "multi-discrete",
    MultiBinary: "switches",
}
"""What :func:`rows` and :func:`details` call a kind of action."""


def rows() -> list[dict[str, Any]]:
    """Return the environments with kernels of their own and those that the extras bring. None is made for it.

    ``install`` is the line that installs what an environment needs, None where it is there.
    """
    return [*map(_row, NATIVE.values()), *map(_row, KNOWN.values())]


def _row(env: Environment | Known) -> dict[str, Any]:
    preset = find_preset(env.id)
    missing = isinstance(env, Known) and not env.installed
    return {
        "name": env.name,
        "id": env.id,
        "inputs": len(env.observation_names),
        "outputs": env.action.n_outputs,
        "action": ACTIONS[type(env.action)],
        "max_steps": env.max_steps,
        "solved_at": env.solved_at,
        "runs": "native" if isinstance(env, NativeEnv) else "gymnasium",
        "installed": not missing,
        "install": env.pip_line if isinstance(env, Known) and missing else None,
        "preset": preset.name if preset else None,
    }


def all_rows() -> list[dict[str, Any]]:
    """Return every id that can be given: the native ones, and what is registered with Gymnasium in this process.

    max_steps: None where the registry has no limit; solved_at: None where it has no threshold
    """
    import gymnasium

    if find_spec("ale_py") is not None:
        import ale_py  # noqa: F401  # registers its games
    natives = {env_id: _native(env_id) for env in NATIVE.values() for env_id in (env.id, *env.aliases)}
    found = [
        {"id": env_id, "max_steps": env.max_steps, "solved_at": env.solved_at, "runs": "native"}
        for env_id, env in natives.items()
    ]
    for spec in sorted(gymnasium.registry.values(), key=lambda spec: spec.id.lower()):
        if spec.id not in natives:
            limits = {"max_steps": spec.max_episode_steps, "solved_at": spec.reward_threshold}
            found.append({"id": spec.id, **limits, "runs": "gymnasium"})
    return found


def _native(env_id: str) -> Environment:
    return find(env_id)


def details(
    name: str,
    kwargs: Mapping[str, Any] | None = None,
    wrappers: Sequence[Wrapper] = (),
    value: Callable[[Any], Any] | None = None,
) -> dict[str, Any]:
    """Return all that is known of one environment, which is made for it; raises UserError as :func:`find` does.

    arguments: what ``--env-kwarg`` can give, with its default; kwargs: those given, and what is given by default here
    value: what becomes of each of these; None: what JSON has stays, all else becomes text
    """
    from .gym.making import arguments, looked_at, spec_of

    shown = value or _plain
    env = find(name, kwargs, wrappers)
    about = _row(env)
    del about["installed"], about["install"]
    about |= {
        "observations": list(env.observation_names),
        "actions": list(env.action_names),
        "action_low": list(env.action.low) if isinstance(env.action, Box) else None,
        "action_high": list(env.action.high) if isinstance(env.action, Box) else None,
    }
    make_id, given = (env.make_id, env.kwargs) if isinstance(env, GymEnv) else (env.gymnasium_id, {})
    if make_id is not None:
        with looked_at(make_id, given, wrappers) as world:
            about["observation_space"] = " ".join(str(world.observation_space).split())
            about["action_space"] = " ".join(str(world.action_space).split())
        about["arguments"] = {key: shown(default) for key, default in arguments(spec_of(make_id)).own.items()}
        about["kwargs"] = {key: shown(argument) for key, argument in given.items()}
    if wrappers:
        about["wrappers"] = stored_wrappers(wrappers)
    if isinstance(env, NativeEnv):
        about["physics"] = env.physics._asdict()
        judged = ((name, trials[-1]) for name, trials in env.validations.items())
        about["validations"] = {name: f"{trial.needed} of {len(trial.starts)} starts" for name, trial in judged}
    else:
        about["rebuild"] = env.rebuild
    return about


def _plain(value: Any) -> Any:
    """Return a value that is one of JSON as it is, and any other as text."""
    plain = value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value))
    return value if plain else spelled(value)
