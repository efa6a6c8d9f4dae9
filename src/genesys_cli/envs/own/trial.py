"""A user's environment played in plain Python before its kernels are compiled: kernels look at no bounds.

A few short episodes with random actions, in one lane of arrays that know their bounds. Whatever breaks a rule is named
with function, file and line.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...errors import UserError
from ..gym.foreign import foreign, reason, short
from ..scene import Scene
from ..spec import Box, NativeEnv
from ..trials import env_of
from .rules import problems_of

EPISODES = 4
STEPS = 48  # of each, at most
_LANE = 3
_OURS = Path(__file__).parents[2]


class BrokenRuleError(Exception):
    """Says what a function did that a kernel must not do."""


class Rows:
    """Rows of a lane array of which one lane may be used; ``array`` holds that lane's numbers."""

    def __init__(self, called: str, names: tuple[str, ...], dtype: Any, writable: bool = True) -> None:
        """called: what messages call it; names: of its rows."""
        self.array = np.zeros(len(names), dtype)
        self.written: set[int] = set()
        self.writable = writable
        self._called = called
        self._names = names

    def _row(self, index: Any, doing: str) -> int:
        try:
            row, lane = divmod(operator.index(index), LANES)
        except TypeError:
            raise BrokenRuleError(
                f"{doing} {self._called}[{short(index)}]; an index is a row of rows(...) plus `lane`"
            ) from None
        if not 0 <= row < len(self._names):
            have = f"{self._called} has {len(self._names)} rows ({', '.join(self._names)})"
            raise BrokenRuleError(f"{doing} row {row} of {self._called}, past its end: {have}, counted from 0")
        if lane != _LANE:
            raise BrokenRuleError(
                f"{doing} another lane of {self._called} than its own; an index is a row of rows(...) plus `lane`"
            )
        return row

    def __getitem__(self, index: Any) -> Any:
        return self.array[self._row(index, "reads")]

    def __setitem__(self, index: Any, value: Any) -> None:
        row = self._row(index, "writes")
        if not self.writable:
            raise BrokenRuleError(f"writes {self._called}, which it may only read")
        number = _number(value, f"writes {{}} to {self._called} row {row} ({self._names[row]})")
        self.array[row] = number
        if not math.isfinite(self.array[row]):
            raise BrokenRuleError(f"writes {self.array[row]} to {self._called} row {row} ({self._names[row]})")
        self.written.add(row)


def try_out(env: NativeEnv, name: str) -> None:
    """Raise UserError with what a user's environment does that none may do; name: how the user called it."""
    if found := problems_of(env):
        raise UserError(f"environment {name!r}: {'; '.join(found)}")
    for trial in {trial.step: trial for trials in env.validations.values() for trial in trials}.values():
        if trial.step is not None:
            with np.errstate(all="ignore"):
                _episode(env_of(env, trial), name, 0)
    with np.errstate(all="ignore"):
        episodes = [_episode(env, name, seed) for seed in range(EPISODES)]
        again = _episode(env, name, 0)
    if not all(np.array_equal(a, b) for a, b in zip(episodes[0], again, strict=True)):
        raise UserError(
            f"environment {name!r}: the episode with seed 0 is another one when it is played again; draw random "
            "numbers from `rng` in reset, and nowhere else, and keep nothing from one step to the next but the state"
        )


def _episode(env: NativeEnv, name: str, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Play one episode; return its observations and rewards."""
    where = f"of the episode with seed {seed}"
    state = Rows("state", env.state._fields, np.float64)
    action = Rows("action", _action_rows(env), np.float32 if isinstance(env.action, Box) else np.int32, writable=False)
    physics = type(env.physics)(*map(np.float64, env.physics))  # divided by zero, they give inf, as in kernels
    state.array[:] = start_of(env, name, seed)
    if env.scene is not None:
        _check_scene(env, name, state.array, physics)
    rng = np.random.default_rng(seed)
    observations, rewards = [], []
    for step in range(min(STEPS, env.max_steps)):
        out = Rows("out", tuple(env.observation_names), np.float32)
        state.writable = False
        with foreign(partial(_broken, name, "observe", f"before step {step + 1} {where}", env.observe)):
            env.observe(state, np.uint64(_LANE), out, physics)
        if missing := [name for row, name in enumerate(env.observation_names) if row not in out.written]:
            raise UserError(f"{_at(name, 'observe', env.observe)} does not write {', '.join(missing)} to `out`")
        state.writable = True
        action.array[:] = _drawn(env, rng, step)
        with foreign(partial(_broken, name, "step", f"in step {step + 1} {where}", env.step)):
            found = env.step(state, np.uint64(_LANE), action, physics)
            reward, terminated = _result(found)
        observations.append(out.array)
        rewards.append(reward)
        if terminated:
            break
    return np.array(observations), np.array(rewards)


def start_of(env: NativeEnv, name: str, seed: int) -> NDArray[np.float64]:
    """Return the start of an episode, (S,) float64, as a user's ``reset`` gives it; raises UserError where it is none.

    name: how the user called the environment
    """
    where = f"for seed {seed}"
    if env.starts is not None:
        known: NDArray[np.float64] = env.starts[seed]
        return known
    with foreign(partial(_broken, name, "reset", where, env.reset)):
        found = env.reset(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))))
    at = _at(name, "reset", env.reset)
    try:
        start = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{at} returns {short(found)} {where}; it must be numbers, one for each row of state") from None
    size = env.state_size
    if start.shape != (size,):
        raise UserError(
            f"{at} returns an array of shape {start.shape} {where}, but state has {size} rows "
            f"({', '.join(env.state._fields)}): it must have the shape ({size},)"
        )
    if not np.isfinite(start).all():
        row = int(np.flatnonzero(~np.isfinite(start))[0])
        raise UserError(f"{at} returns {start[row]} {where} as {env.state._fields[row]}; it must be finite")
    return start


def _action_rows(env: NativeEnv) -> tuple[str, ...]:
    return tuple(env.action_names) if isinstance(env.action, Box) else ("the action",)


def _drawn(env: NativeEnv, rng: np.random.Generator, step: int) -> Any:
    """Return an action: the ends of its range first, then what `rng` draws."""
    if not isinstance(env.action, Box):
        return step if step < env.action.n_outputs else rng.integers(env.action.n_outputs)
    low, high = np.array(env.action.low), np.array(env.action.high)
    return (low, high, (low + high) / 2)[step] if step < 3 else rng.uniform(low, high)


def _result(found: Any) -> tuple[float, bool]:
    if not isinstance(found, tuple) or len(found) != 2:
        raise BrokenRuleError(f"returns {short(found)}; it must be two things: return reward, terminated")
    reward = _number(found[0], "returns {} as reward")
    if not math.isfinite(reward):
        raise BrokenRuleError(f"returns the reward {reward}; it must be finite")
    if not isinstance(found[1], bool | np.bool_):
        raise BrokenRuleError(f"returns {short(found[1])} as terminated; it must be true or false, like a comparison")
    return reward, bool(found[1])


def _number(value: Any, doing: str) -> float:
    """Return a real number as a float; doing: what the function does with it, with a place for the value."""
    if isinstance(value, bool | np.bool_ | int | float | np.integer | np.floating):
        return float(value)
    raise BrokenRuleError(f"{doing.format(short(value))}; it must be one real number")


def _check_scene(env: NativeEnv, name: str, state: NDArray[np.float64], physics: Any) -> None:
    assert env.scene is not None
    with foreign(partial(_broken, name, "scene", "at the start of an episode", env.scene)):
        found = env.scene(env.state(*state.tolist()), physics)
        if not isinstance(found, Scene):
            raise BrokenRuleError(f"returns {short(found)}; it must be a Scene(view=..., shapes=...)")
        left, bottom, right, top = map(float, found.view)
        if not (left < right and bottom < top):
            raise BrokenRuleError(f"returns the view {found.view}; it must be left, bottom, right, top")
        points = [point for shape in found.shapes for point in shape.points]
        if not np.isfinite(np.array([*points, (left, bottom), (right, top)], np.float64)).all():
            raise BrokenRuleError("returns a scene with coordinates that are not finite")


def _at(name: str, key: str, function: Callable[..., Any]) -> str:
    """Return how a message about a function begins."""
    code = getattr(function, "__code__", None)
    where = f" ({code.co_filename}, line {code.co_firstlineno})" if code is not None else ""
    return f"environment {name!r}: {key}{where}"


def _broken(name: str, key: str, when: str, function: Callable[..., Any], error: BaseException) -> UserError:
    """Return the error to raise where a function raised `error`, or did what it must not."""
    if not isinstance(error, BrokenRuleError):
        return UserError(f"environment {name!r}: {key} raised {reason(error)} {when}")
    line = _line_in(error)
    at = _at(name, key, function) if line is None else f"environment {name!r}: {key} {line}"
    return UserError(f"{at} {error}, {when}")


def _line_in(error: BaseException) -> str | None:
    """Return the last place of a traceback that is in a file of the user's."""
    trace, found = error.__traceback__, None
    while trace is not None:
        code = trace.tb_frame.f_code
        if not Path(code.co_filename).is_relative_to(_OURS) and code.co_filename != contextlib.__file__:
            found = f"({code.co_filename}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
