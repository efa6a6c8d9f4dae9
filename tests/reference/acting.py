"""What lies between a world and a network, in plain Python: how inputs are made, actions chosen, moved and delayed."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from genesys_cli.compiled import philox
from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.conditions import Conditions
from genesys_cli.envs.spec import Action, Box, Discrete, MultiBinary, Real
from genesys_cli.network.network import Network

from .philox import block, happens


def inputs_of(seen: np.ndarray, conditions: Conditions, seed: int, decision: int) -> np.ndarray:
    """Return the inputs, (I,) float32, that a network gets of an observation."""
    inputs = (np.asarray(seen, np.float32) - conditions.offset) * conditions.scale
    for i in range(len(inputs)):
        if conditions.noise > 0:
            word = block(seed, philox.OBSERVATION_NOISE, 0, decision, i // 4)[i % 4]
            inputs[i] += np.float32(conditions.noise) * philox.normal(np.uint64(word))
        if happens(block(seed, philox.OBSERVATION_DROPOUT, 0, decision, i // 4)[i % 4], conditions.dropout):
            inputs[i] = 0
        if abs(inputs[i]) > conditions.clip:
            inputs[i] = np.copysign(np.float32(conditions.clip), inputs[i])
    return inputs


def largest(values: Any) -> int:
    """Return the first of the largest values; not argmax, which would choose a NaN."""
    best = 0
    for k in range(1, len(values)):
        if values[k] > values[best]:
            best = k
    return best


def chosen(action: Action, values: np.ndarray, outputs: np.ndarray, permutation: np.ndarray) -> list[Any]:
    """Return the rows of the action that a network's outputs choose.

    values, outputs: the same numbers, as the arithmetic holds them and as float32
    """
    if isinstance(action, Discrete):
        return [int(permutation[largest(values)])]
    if isinstance(action, Box):
        rows = []
        for source, low, high in zip(permutation, action.low, action.high, strict=True):
            output = outputs[source]
            if abs(output) > 1:
                output = np.copysign(np.float32(1), output)
            rows.append(np.float32((high + low) / 2) + np.float32((high - low) / 2) * output)
        return rows
    if isinstance(action, Real):
        numbers = zip(permutation, action.middle, action.half, strict=True)
        return [np.float32(middle) + np.float32(half) * outputs[source] for source, middle, half in numbers]
    if isinstance(action, MultiBinary):
        return [int(outputs[source] > 0) for source in permutation]
    groups = np.split(values, np.cumsum(action.sizes)[:-1])
    return [largest(groups[source]) % size for source, size in zip(permutation, action.sizes, strict=True)]


def neutral(action: Action) -> list[Any]:
    if isinstance(action, Box):
        return [np.float32((high + low) / 2) for low, high in zip(action.low, action.high, strict=True)]
    if isinstance(action, Real):
        return [np.float32(middle) for middle in action.middle]
    return [0] * action.n_rows


def sized(action: Action, rows: list[Any]) -> list[float] | None:
    """Return numbers of which the ends of a range are -1 and 1; None: the action is made of choices."""
    if isinstance(action, Box):
        middle = [np.float32((high + low) / 2) for low, high in zip(action.low, action.high, strict=True)]
        half = [np.float32((high - low) / 2) for low, high in zip(action.low, action.high, strict=True)]
    elif isinstance(action, Real):
        middle, half = [np.float32(m) for m in action.middle], [np.float32(h) for h in action.half]
    else:
        return None
    return [(float(row) - float(m)) / float(h) for row, m, h in zip(rows, middle, half, strict=True)]


def cost_of(action: Action, rows: list[Any], before: list[Any] | None, conditions: Conditions) -> float:
    """Return what an action costs in each step, after the one before it; None: it is the first."""
    force = sized(action, rows)
    effort = sum(x**2 for x in force) if force is not None else 0.0
    change = 0.0
    for k, row in enumerate(rows):
        if before is None:
            continue
        moved = float(row != before[k])
        if force is not None:
            unit = action.half[k] if isinstance(action, Real) else (action.high[k] - action.low[k]) / 2
            moved = (float(row) - float(before[k])) / float(np.float32(unit))
        change += moved**2
    return (conditions.action_cost * effort + conditions.change_cost * change) / len(rows)


class Player:
    """A network that plays one episode under conditions."""

    def __init__(self, network: Network, action: Action, conditions: Conditions, seed: int) -> None:
        self.network, self.action, self.conditions, self.seed = network, action, conditions, seed
        self.late = deque([neutral(action)] * conditions.delay)
        self.decisions = 0
        self.before: list[Any] | None = None
        self.cost = 0.0
        self.moments = np.zeros((2, network.n_inputs))
        network.reset()

    def decide(self, seen: np.ndarray) -> list[Any]:
        """Return the action, row by row, that follows an observation."""
        if self.conditions.moments:
            distance = seen.astype(np.float64) - self.conditions.offset.astype(np.float64)
            self.moments += np.array([distance, distance * distance])
        inputs = inputs_of(seen, self.conditions, self.seed, self.decisions)
        with np.errstate(all="ignore"):
            outputs = self.network.activate(inputs)
        first = 1 + self.network.n_inputs
        values = self.network._values[first * LANES :: LANES][: len(outputs)]
        self.late.append(chosen(self.action, values, outputs, self.conditions.permutation))
        self.decisions += 1
        rows = self.late.popleft()
        self.cost = cost_of(self.action, rows, self.before, self.conditions)
        self.before = rows
        return rows
