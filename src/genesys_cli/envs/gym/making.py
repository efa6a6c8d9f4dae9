"""Makes Gymnasium's environments, and says in one message why one cannot be made."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import gymnasium
from gymnasium.envs.registration import EnvSpec

from ...config.wrappers import Wrapper
from ...errors import UserError, nearest
from ..spec import GymEnv
from .foreign import close, foreign, reason
from .modules import EXTRAS, import_user_module, missing
from .wrapping import wrapped

DEFAULT_MAX_STEPS = 10_000
"""Steps of an episode where neither the settings nor the registry give a limit."""

_OURS = {
    "max_episode_steps": "environment.max_steps",
    "render_mode": "genesys replay --render",
    "disable_env_checker": "",
    "id": "environment.id",
}
"""Arguments of gymnasium.make that are no matter of the environment, and what stands for them here."""


def spec_of(make_id: str) -> EnvSpec:
    """Return what is registered under an id that is known to exist; its module, if it has one, is imported first."""
    module, _, env_id = make_id.rpartition(":")
    if module:
        import_user_module(module, f"environment {make_id!r}")
    return gymnasium.registry[env_id]


def make(
    make_id: str,
    kwargs: Mapping[str, Any],
    *,
    wrappers: Sequence[Wrapper] = (),
    max_steps: int | None = None,
    render_mode: str | None = None,
    guarded: bool = False,
) -> gymnasium.Env[Any, Any]:
    """Return a new environment with all its wrappers; raises UserError where it cannot be made.

    wrappers: those of the settings; max_steps: its limit; None: :func:`limit_of`
    guarded: with the checks that Gymnasium makes in each step, and its limit; without, whoever plays counts the steps,
        and a step takes a fraction of the time
    """
    registered = spec_of(make_id)
    spec = copy.copy(registered)
    spec.max_episode_steps, spec.additional_wrappers = None, ()
    if not guarded:
        spec.order_enforce, spec.disable_env_checker = False, True
    made_by = creator(spec)
    extra: dict[str, Any] = {}
    if render_mode is not None:
        _check_drawn(spec, made_by)
        extra["render_mode"] = render_mode
    _hush()
    limit = max_steps or limit_of(registered, kwargs)
    with foreign(partial(why_not, spec, kwargs)):
        env: gymnasium.Env[Any, Any] = gymnasium.make(spec, **_plain(spec, kwargs), **extra)
        try:
            return wrapped(env, registered, wrappers, limit, limited=guarded)
        except BaseException:
            with contextlib.suppress(Exception):
                env.close()
            raise


def make_described(env: GymEnv, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Return a new instance of an environment, see :func:`make`."""
    return make(env.make_id, env.kwargs, wrappers=env.wrappers, max_steps=env.max_steps, render_mode=render_mode)


def limit_of(spec: EnvSpec, kwargs: Mapping[str, Any]) -> int:
    """Return the steps after which an episode is cut off where the settings do not say."""
    if spec.max_episode_steps is not None:
        return int(spec.max_episode_steps)
    if is_ale(spec):  # its registry has frames
        given = {**spec.kwargs, **kwargs}
        frames, skip = given.get("max_num_frames_per_episode"), given.get("frameskip", 4)
        if frames:
            return -(-int(frames) // int(skip if isinstance(skip, int) else skip[0]))
    return DEFAULT_MAX_STEPS


def _check_drawn(spec: EnvSpec, made_by: Callable[..., Any]) -> None:
    """Raise UserError where an environment cannot be told how to draw itself."""
    taken = _parameters(made_by)
    about = getattr(made_by, "metadata", None)
    draws_nothing = isinstance(about, Mapping) and not about.get("render_modes")
    if taken is None or "render_mode" in taken.own | taken.inherited:
        return
    if draws_nothing or not taken.others:
        name = getattr(made_by, "__name__", repr(made_by))
        raise UserError(
            f"{spec.id} cannot be drawn: {name} takes no render_mode; add that argument to it, with the modes in "
            "metadata['render_modes'], or watch it with `genesys replay --render terminal`"
        )


@contextlib.contextmanager
def looked_at(
    make_id: str, kwargs: Mapping[str, Any], wrappers: Sequence[Wrapper] = (), max_steps: int | None = None
) -> Iterator[gymnasium.Env[Any, Any]]:
    """Make an environment for a look at it, see :func:`make`, and close it."""
    env = make(make_id, kwargs, wrappers=wrappers, max_steps=max_steps)
    try:
        with foreign(f"{make_id}: a look at its spaces"):
            yield env
    finally:
        close(env, make_id)


def creator(spec: EnvSpec) -> Callable[..., Any]:
    """Return the class or function that makes the environment; imports its module."""
    if spec.entry_point is None:
        raise UserError(f"{spec.id} can only be made as a vector environment, which is not supported")
    if callable(spec.entry_point):
        return spec.entry_point
    module, _, name = spec.entry_point.partition(":")
    with foreign(partial(why_not, spec, {})):
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found


class Arguments(NamedTuple):
    """What an environment can be given.

    own: what its class or function names, with the defaults; inherited: what the classes name that it is derived from
    others: whether it may take still others
    """

    own: dict[str, Any]
    inherited: dict[str, Any]
    others: bool


def arguments(spec: EnvSpec) -> Arguments:
    """Return what an environment can be given by ``environment.kwargs``; imports its module."""
    taken = _parameters(creator(spec)) or Arguments({}, {}, True)
    own = taken.own | spec.kwargs
    inherited = {name: value for name, value in taken.inherited.items() if name not in own}
    return Arguments(
        {name: value for name, value in own.items() if name not in _OURS},
        {name: value for name, value in inherited.items() if name not in _OURS},
        taken.others,
    )


def _parameters(made_by: Callable[..., Any]) -> Arguments | None:
    """Return what a class or function takes; None where it does not say."""
    found: list[dict[str, Any]] = []
    others = True
    for part in made_by.__mro__ if inspect.isclass(made_by) else (made_by,):
        if part in (gymnasium.Env, gymnasium.Wrapper):
            break  # which take nothing: whoever takes any argument keeps it
        if found and "__init__" not in vars(part):
            continue
        try:
            parameters = inspect.signature(part).parameters.values()
        except (TypeError, ValueError):  # compiled, and silent about it
            break
        named = [one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        found.append({one.name: None if one.default is one.empty else one.default for one in named})
        others = any(one.kind is one.VAR_KEYWORD for one in parameters)
        if not others:  # nothing is passed on to the next class
            break
    if not found:
        return None
    inherited = {name: value for names in found[1:] for name, value in names.items() if name not in found[0]}
    return Arguments(found[0], inherited, others)


def check_arguments(spec: EnvSpec, kwargs: Mapping[str, Any]) -> None:
    """Raise UserError for an argument that the environment does not take."""
    for name in kwargs:
        if name in _OURS:
            instead = f"; use {_OURS[name]} for that" if _OURS[name] else ""
            raise UserError(f"environment.kwargs.{name}: is no argument of an environment{instead}")
    if not kwargs:
        return
    taken = arguments(spec)
    known = {**taken.own, **taken.inherited}
    for name, value in kwargs.items():
        if name not in known and not taken.others:
            hint = nearest(name, known)
            raise UserError(
                f"environment.kwargs.{name} = {value!r}: {spec.id} takes no such argument{hint or ';'} "
                f"{'It' if hint else 'it'} takes {', '.join(taken.own) or 'none'}"
            )


def _plain(spec: EnvSpec, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the environment wants them: TOML has no tuples, and ALE insists on one."""
    given = dict(kwargs)
    if is_ale(spec) and isinstance(given.get("frameskip"), list):
        given["frameskip"] = tuple(given["frameskip"])
    return given


def is_ale(spec: EnvSpec) -> bool:
    return isinstance(spec.entry_point, str) and spec.entry_point.startswith("ale_py")


def _hush() -> None:
    """Keep native libraries from writing to the terminal and to log files in the current directory."""
    if "ale_py" in sys.modules:
        ale_py = sys.modules["ale_py"]
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    if "mujoco" in sys.modules:
        mujoco = sys.modules["mujoco"]
        if mujoco.get_mju_user_warning() is None:
            mujoco.set_mju_user_warning(_ignore)


def _ignore(_: str) -> None:
    """A warning of MuJoCo: of deprecated models, or of a simulation gone wild, which its observations show anyway."""


def why_not(spec: EnvSpec, kwargs: Mapping[str, Any], error: BaseException) -> UserError:
    """Return the error to raise where making an environment raised `error`."""
    for cause in _chain(error):
        if isinstance(cause, ModuleNotFoundError) and cause.name:
            return UserError(f"{spec.id} needs {cause.name!r}, which is not installed{missing(cause.name)}")
        if isinstance(cause, ImportError) and cause.name and cause.name.partition(".")[0] in EXTRAS:
            return UserError(f"{spec.id} needs {cause.name!r}, which cannot be loaded: {reason(cause)}")
    if isinstance(error, gymnasium.error.DependencyNotInstalled):
        return UserError(f"{spec.id} lacks a package that it needs: {' '.join(str(error).split())}")
    given = ", ".join(f"{name} = {value!r}" for name, value in kwargs.items())
    return UserError(f"{spec.id} cannot be made{f' with {given}' if given else ''}: {reason(_innermost(error))}")


def _chain(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _innermost(error: BaseException) -> BaseException:
    """Return what the constructor raised, where gymnasium.make has wrapped it in an exception of the same type."""
    cause = error.__cause__
    return cause if cause is not None and type(cause) is type(error) else error
