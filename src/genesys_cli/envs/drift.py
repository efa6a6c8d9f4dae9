"""Worlds that change while evolution goes on.

What holds in a generation is a pure function of settings, environment and generation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.mathf import sincos
from ..config.drift import PERIODIC, DriftSettings
from ..config.problems import joined
from ..config.schema import DRIFT, Settings
from ..errors import nearest
from .conditions import Conditions, conditions_of, n_permuted
from .spec import Environment, NativeEnv

#: What can change in any environment: least and largest value, whether it is a whole number, and its meaning.
OF_ANY: dict[str, tuple[float, float, bool, str]] = {
    "observation_noise": (0, 1e6, False, "standard deviation of the noise on each input of the networks"),
    "observation_dropout": (0, 1, False, "probability that an input reads 0"),
    "action_delay": (0, 1000, True, "decisions by which actions come late"),
    "action_permutation": (0, 2**53, True, "number of the order, counted lexicographically, in which actions stand"),
}

DRAWN = ("observation_noise", "observation_dropout")
"""Those of them that are drawn of an episode's seed."""


class Shift(NamedTuple):
    """One change of one thing.

    generation: the first that plays in a changed world; settled: the first in which the change is complete
    old, new: values before and after
    """

    name: str
    generation: int
    settled: int
    old: float
    new: float


class Drift:
    """What the settings schedule, for one environment."""

    def __init__(self, settings: Settings, env: Environment) -> None:
        """Raises UserError with everything that this environment has not or cannot be."""
        self.names = tuple(settings.drift)
        self._env = env
        self._schedules = settings.drift
        self._constants = env.physics._asdict() if isinstance(env, NativeEnv) else {}
        self._still = self._constants | dict.fromkeys(OF_ANY, 0.0)
        if problems := [line for name, table in settings.drift.items() for line in self._problems(name, table)]:
            raise joined(problems)

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def settled(self) -> int | None:
        """The generation from which on nothing changes any more; None: there is none."""
        if any(table.schedule in PERIODIC for table in self._schedules.values()):
            return None
        return max((table.at[-1] + (table.over or 1) - 1 for table in self._schedules.values()), default=0)

    def values(self, generation: int) -> dict[str, float]:
        """Return what the things that change are in a generation."""
        return {name: self._value(name, generation) for name in self.names}

    def shifts(self, generation: int) -> list[Shift]:
        """Return the changes that begin with a generation; those to what is there already are none."""
        found = []
        for name, table in self._schedules.items():
            if table.schedule in PERIODIC:
                half = (table.period or 2) // 2
                begins = generation >= table.at[0] and (generation - table.at[0]) % half == 0
                length = half if table.schedule == "sine" else 1
            else:
                begins = generation in table.at
                length = table.over or 1
            if begins and generation > 0:
                settled = generation + length - 1
                old, new = self._value(name, generation - 1), self._value(name, settled)
                if old != new:
                    found.append(Shift(name, generation, settled, old, new))
        return found

    def world(self, conditions: Conditions, generation: int) -> Conditions:
        """Return conditions of an unchanged world as they are in a generation."""
        if not self:
            return conditions
        values = self._still | self.values(generation)
        drifted = {name: values[name] for name in self.names if name in self._constants}
        return conditions._replace(
            noise=values["observation_noise"],
            dropout=values["observation_dropout"],
            delay=int(values["action_delay"]),
            permutation=nth_permutation(int(values["action_permutation"]), n_permuted(self._env)),
            physics=conditions.physics._replace(**drifted) if drifted else conditions.physics,
        )

    def _value(self, name: str, generation: int) -> float:
        table, value = self._schedules[name], self._still[name]
        if table.schedule in PERIODIC:
            if generation >= table.at[0]:
                value = _swinging(table, value, generation - table.at[0])
        else:
            over = table.over or 1
            for begin, target in zip(table.at, table.to, strict=True):
                if generation >= begin:
                    part = min(1.0, (generation - begin + 1) / over)
                    value = target if part == 1 else value + (target - value) * part
        return float(round(value)) if name in OF_ANY and OF_ANY[name][2] else value

    def _problems(self, name: str, table: DriftSettings) -> Iterator[str]:
        key = f"{DRIFT}.{name}"
        if name not in self._still:
            yield (
                f"{key}: {self._env.id} has nothing of this name that can change{nearest(name, self._still)}; "
                f"it has: {', '.join(self._still)}"
            )
            return
        positive = isinstance(self._env, NativeEnv) and name in self._env.positive
        low, high, whole, _ = OF_ANY.get(name, (-math.inf, math.inf, False, ""))
        for value in table.to:
            if positive and value <= 0:
                yield f"{key}.to = {value:g}: must be above 0"
            elif not low <= value <= high:
                yield f"{key}.to = {value:g}: must be from {low:g} to {high:g}"
            elif whole and value != int(value):
                yield f"{key}.to = {value:g}: must be a whole number"
        if name == "action_permutation":
            if table.schedule in ("ramp", "sine"):
                yield f'{key}.schedule = "{table.schedule}": there is nothing between two orders; use step or square'
            if n_permuted(self._env) == 1:
                yield f"{key}: {self._env.id} has one action only, which cannot change places; leave it out"


def conditions_in(settings: Settings, env: Environment, generation: int, *, training: bool = False) -> Conditions:
    """Return the conditions of a generation, before any normalisation of observations."""
    return Drift(settings, env).world(conditions_of(settings, env, training=training), generation)


def nth_permutation(number: int, count: int) -> NDArray[np.int32]:
    """Return permutation `number` (modulo ``count!``) of ``0 .. count - 1`` in lexicographic order; 0: the identity."""
    left = list(range(count))
    number %= math.factorial(count)
    chosen = []
    for k in range(count, 0, -1):
        index, number = divmod(number, math.factorial(k - 1))
        chosen.append(left.pop(index))
    return np.array(chosen, np.int32)


def _swinging(table: DriftSettings, still: float, since: int) -> float:
    """Return the value `since` generations after the first change.

    square: half a period there, half a period back. sine: there and back on a raised cosine, which arrives in the last
    generation of each half period.
    """
    period, target = table.period or 2, table.to[0]
    if table.schedule == "square":
        return target if since % period < period // 2 else still
    phase = (since + 1) % period
    if phase in (0, period // 2):  # exactly there, without the rounding of a cosine
        return target if phase else still
    _, cosine = sincos(2 * math.pi * phase / period)  # ours, since the C library's last bit depends on the machine
    return still + (target - still) * (1 - float(cosine)) / 2
