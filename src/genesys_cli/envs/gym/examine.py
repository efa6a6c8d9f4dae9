"""What Gymnasium's own checker finds in an environment, in words about what it means here."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

from ..spec import GymEnv
from .foreign import reason
from .making import make
from .repeat import undisturbed

_SEEDING = (
    "reset() does not call super().reset(seed=seed): what self.np_random draws does not follow the seed of the episode"
)
_AGAIN = "gives another {} when an instance plays it again"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# The first that is found in a finding says what it means; where that is empty, it is of no matter here.
_MEANING = tuple(
    (re.compile(pattern, re.DOTALL), meaning)
    for pattern, meaning in (
        (r"different from the unwrapped version", ""),  # wrappers that are registered are played as well
        (r"space (minimum|maximum) value is -?infinity", ""),  # networks take any observation; actions are refused
        (r"symmetric and normalized space", ""),  # outputs are stretched over the range
        (r"(observations|infos) returned by .* share an object", ""),  # they are copied at once
        (r"render", ""),
        (
            r"dtype to be (\w+), actual type: (\w+)",
            r"observations are of \2, but observation_space says \1; they become float32",
        ),
        (r"was expecting a (.*), actual type: (.*)$", r"observations are no \1 but \2; here they are converted"),
        (
            r"`(\w+)\(\)` method should be an int or np\.int64, actual type: (.*)$",
            r"\1() returns \2 where observation_space says a whole number; here it is converted",
        ),
        (
            r"not within the observation space",
            "an observation does not belong to observation_space; networks see it as it is; correct one of them",
        ),
        (r"super\(\)\.reset\(seed=seed\)|initialized env\._np_random|np_random. is not properly", _SEEDING),
        (r"observations are not equal although|Step observations are not equal", "observations differ in last digits"),
        (
            r"[Rr]ewards are not equal although",
            "the same seed and action give rewards that differ in their last digits",
        ),
        (
            r"info are not equal although|step info are not equivalent",
            "info differs the second time; a fitness of your own may see it",
        ),
        (
            r"`env\.reset\(seed=123\)`.* is non-deterministic",
            "reset with the same seed " + _AGAIN.format("observation"),
        ),
        (r"Deterministic step (observation|reward|termination)s?", r"the same seed and action " + _AGAIN.format(r"\1")),
        (
            r"does not provide a `seed`",
            "reset() names no seed, which is given here: write def reset(self, *, seed=None, options=None)",
        ),
        (r"does not provide an `options`", "reset() takes no options, as Gymnasium wants it; none are given here"),
        (r"default seed argument", "the seed of reset() should be None unless given; here it is always given"),
        (r"`seed` function is dropped", "seed() is the old Gym's and never called; take the seed of reset(seed=...)"),
        (r"`return_info` is deprecated", "reset() has return_info, the old Gym's; it must return (observation, info)"),
        (r"truncates after 1 step", "episodes are cut off after their first step"),
        (r"`(\w+)` signal to be a boolean, actual type: (.*)$", r"\1 is no bool but \2; it counts as true or false"),
        (r"reward returned by `step\(\)`.*actual type: (.*)$", r"rewards are \1; they become floats"),
        (r"reward is an? (NaN|inf) value", r"a reward is \1, which ends an episode here without a fitness"),
    )
)


def examine(env: GymEnv) -> list[str]:
    """Return what Gymnasium finds wrong with an environment, a line each; its checker ends with the first error."""
    told: list[str] = []
    ours: list[str] = []
    with undisturbed(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = make(env.make_id, env.kwargs)
            try:
                with contextlib.suppress(Exception):  # Gymnasium says what it is
                    ours += _outside(made)
                check_env(made, skip_render_check=True, skip_close_check=True)
            finally:
                made.close()
        except Exception as error:
            told.append(str(error) if isinstance(error, AssertionError) and str(error) else reason(error))
    return ours + meanings([*(str(warning.message) for warning in caught), *told])


def _outside(env: gymnasium.Env[Any, Any]) -> list[str]:
    """Say why a first observation does not belong to its space, which Gymnasium does not say; of a Box only."""
    observation, space = env.reset(seed=123)[0], env.observation_space
    if not isinstance(space, spaces.Box) or not isinstance(observation, np.ndarray) or observation in space:
        return []
    if observation.shape != space.shape:
        return [f"observations have the shape {observation.shape}, but observation_space says {space.shape}"]
    if not np.can_cast(observation.dtype, space.dtype or observation.dtype):
        return [
            f"observations are of {observation.dtype}, but observation_space says {space.dtype}; they become float32"
        ]
    k = int(np.flatnonzero((observation < space.low) | (observation > space.high) | np.isnan(observation))[0])
    low, high = space.low.flat[k], space.high.flat[k]
    return [f"number {k} of an observation is {observation.flat[k]:g}, but observation_space says {low:g} to {high:g}"]


def meanings(findings: Iterable[str]) -> list[str]:
    """Return what Gymnasium's findings mean here, each once; those that mean nothing here are left out."""
    lines: dict[str, None] = {}
    for finding in findings:
        text = " ".join(_COLOUR.sub("", finding).removeprefix("WARN: ").split()).removeprefix("WARN: ")
        for pattern, meaning in _MEANING:
            if found := pattern.search(text):
                if meaning:
                    lines[found.expand(meaning)] = None
                break
        else:
            lines[f"Gymnasium: {text}"] = None
    return list(lines)
