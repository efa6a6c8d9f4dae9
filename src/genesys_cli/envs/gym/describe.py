"""From an id to what an environment is: its spaces, limit, threshold, and the names of what it observes and does."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from ...config.wrappers import Wrapper
from ...errors import UserError, nearest
from ..own.find import natives_in, not_native
from ..registry import NATIVE
from ..spec import GymEnv, NativeEnv
from .elsewhere import elsewhere, not_a_file
from .known import KNOWN, Known, known_as
from .making import check_arguments, is_ale, limit_of, looked_at
from .modules import import_user_module, missing
from .spaces import flat_action, flat_observation
from .wrapping import remembers

_LISTED = "`genesys envs` lists the environments, `genesys envs --all` every id"

_LISTED_ENVS: tuple[Known | NativeEnv, ...] = (*NATIVE.values(), *KNOWN.values())

# Box2D's world outlives reset in these, and what it remembers of the episode before shows in the next.
_REMEMBERS = ("gymnasium.envs.box2d.bipedal_walker", "gymnasium.envs.box2d.car_racing")


def describe_gym(
    name: str,
    kwargs: Mapping[str, Any] | None = None,
    wrappers: Sequence[Wrapper] = (),
    max_steps: int | None = None,
) -> GymEnv:
    """Return what is known of one of Gymnasium's environments; it is made once to look at its spaces.

    name: an id in upper or lower case, where no version means the newest; ``module:id``, whose module is imported,
        from the current directory too; or a short name such as ``LunarLander``, or ``Alien`` of the Atari games
    kwargs: arguments for the environment. The Atari games get ``obs_type="ram"`` where it is not among them
    wrappers: what is put around it; max_steps: its limit; None: the registry's

    Raises UserError where there is no such environment, a package is missing, or it cannot be made.
    """
    spec, make_id = resolve(name)
    given = dict(kwargs or {})
    check_arguments(spec, given)
    if is_ale(spec) and "obs_type" not in {**spec.kwargs, **given}:
        given["obs_type"] = "ram"
    limit = max_steps or limit_of(spec, given)
    with looked_at(make_id, given, wrappers, limit) as env:
        return _described(env, spec, make_id, given, tuple(wrappers), limit)


def _described(
    env: gymnasium.Env[Any, Any],
    spec: EnvSpec,
    make_id: str,
    kwargs: dict[str, Any],
    wrappers: tuple[Wrapper, ...],
    limit: int,
) -> GymEnv:
    observed = flat_observation(getattr(env, "observation_space", None), spec.id)
    done = flat_action(getattr(env, "action_space", None), spec.id)
    observation_names, action_names = observed.names, done.names
    if is_ale(spec) and not wrappers:
        if {**spec.kwargs, **kwargs}["obs_type"] == "ram" and not kwargs.get("sound_obs"):
            observation_names = tuple(f"ram[{k}]" for k in range(len(observation_names)))
        if not kwargs.get("continuous"):
            action_names = tuple(env.unwrapped.get_action_meanings())  # type: ignore[attr-defined]
    known: Known | NativeEnv | None = KNOWN.get(spec.id) or NATIVE.get(spec.id)
    if known is not None and not is_ale(spec) and not wrappers:
        if len(known.observation_names) == len(observation_names):
            observation_names = known.observation_names
        if len(known.action_names) == len(action_names) and type(known.action) is type(done.action):
            action_names = known.action_names
    solved_at = known.solved_at if known is not None else spec.reward_threshold
    return GymEnv(
        id=spec.id if make_id.startswith("ale_py:") else make_id,
        name=_short_name(spec),
        observation_names=observation_names,
        action_names=action_names,
        action=done.action,
        max_steps=limit,
        solved_at=None if solved_at is None else float(solved_at),
        make_id=make_id,
        kwargs=kwargs,
        rebuild=any(part.__module__ in _REMEMBERS for part in type(env.unwrapped).__mro__) or remembers(env),
        wrappers=wrappers,
    )


def _short_name(spec: EnvSpec) -> str:
    """Return the id without version, and without namespace unless that would be the name of another environment."""
    taken = {env.name.lower() for env in _LISTED_ENVS}
    alone = spec.namespace in (None, "ALE") or spec.name.lower() not in taken
    return spec.name if alone else f"{spec.namespace}-{spec.name}"


def resolve(name: str) -> tuple[EnvSpec, str]:
    """Return what is registered under a name, and the id under which gymnasium.make finds it."""
    if instead := not_a_file(name):
        raise UserError(f"environment {name!r}: {instead}")
    module, _, wanted = name.rpartition(":")
    if module:
        import_user_module(module, f"environment {name!r}")
        found = registered(wanted)
        if found is None:
            raise UserError(_not_in_module(name, module, wanted))
        return found, f"{module}:{found.id}"
    if known := known_as(wanted):
        wanted = known.id
    found = registered(wanted)
    if found is None and find_spec("ale_py") is not None:
        import ale_py  # noqa: F401  # registers its games

        found = registered(wanted) or registered(f"ALE/{wanted}")
    if found is None:
        raise UserError(_why_unknown(name, wanted))
    return found, f"ale_py:{found.id}" if is_ale(found) else found.id


def registered(wanted: str) -> EnvSpec | None:
    """Return what is registered under an id in any case; without a version, the newest."""
    exact = gymnasium.registry.get(wanted)
    if exact is not None:
        return exact
    matches = [
        spec
        for spec in gymnasium.registry.values()
        if wanted.lower() in (spec.id.lower(), _without_version(spec).lower())
        # The games of old, such as Alien-v4, are only meant where they are named in full.
        and not (is_ale(spec) and spec.namespace is None and wanted.lower() != spec.id.lower())
    ]
    return max(matches, key=lambda spec: (spec.id.lower() == wanted.lower(), spec.version or 0), default=None)


def _without_version(spec: EnvSpec) -> str:
    return f"{spec.namespace}/{spec.name}" if spec.namespace else spec.name


def _not_in_module(name: str, module: str, wanted: str) -> str:
    ours = [
        spec.id
        for spec in gymnasium.registry.values()
        if (isinstance(spec.entry_point, str) and spec.entry_point.partition(":")[0].startswith(module))
        or getattr(spec.entry_point, "__module__", None) == module
    ]
    text = f"environment {name!r}: module {module!r} was imported, but registers no id {wanted!r}"
    if hasattr(sys.modules[module], wanted):
        value = getattr(sys.modules[module], wanted)
        if not callable(value):
            return not_native(name, value)
        return (
            f"{text}, only a class or function of that name; register it there with "
            f'gymnasium.register(id="{wanted}-v0", entry_point={wanted}), and use {module}:{wanted}-v0'
        )
    if natives := natives_in(module):
        also = [*natives, *ours]
        return f"{text}, and has no native environment of that name{nearest(wanted, also)}; there is: {', '.join(also)}"
    if ours:
        return f"{text}{nearest(wanted, ours)}; it registers: {', '.join(ours)}"
    return f"{text}; it has to call gymnasium.register, or to hold a NativeEnv of that name"


def _why_unknown(name: str, wanted: str) -> str:
    if wanted.lower().startswith("ale/") and find_spec("ale_py") is None:
        return f"{wanted} needs 'ale_py', which is not installed{missing('ale_py')}"
    base = re.sub(r"-v\d+$", "", wanted, flags=re.IGNORECASE)
    versions = registered(base)
    if versions is not None:
        return f"environment {name!r} is not known; did you mean {versions.id!r}? ({_LISTED})"
    short = [env.name for env in _LISTED_ENVS]
    choices = [*short, *NATIVE, *KNOWN, *(alias for env in NATIVE.values() for alias in env.aliases)]
    if others := elsewhere(wanted):
        return f"environment {name!r} is not known: {others}"
    hint = nearest(name, [*choices, *gymnasium.registry], 0.75)
    return (
        f"environment {name!r} is not known{hint} ({_LISTED}; an id that another package or a module of yours "
        "registers is given as module:Id)"
    )
