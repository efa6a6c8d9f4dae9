"""One network at a time, from Python: for replay and for users of the library."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.jit import kernel
from ..compiled.lanes import LANES, ROW
from ..compiled.plan import new_plan
from ..genome.population import Population
from .activate import activate_lane, advance_lane
from .plan import build_plan


@kernel
def plan_one(population, g, plan):
    """Plan genome `g`; see ``build_plan``."""
    return build_plan(population, g, plan, 0, 0)


@kernel
def new_one(max_nodes, max_conns):
    """Allocate a plan; see ``new_plan``."""
    return new_plan(1, max_nodes, max_conns)


@kernel
def step_many(plan, n_nodes, n_outputs, feed_forward, values, fresh, terms, inputs, outputs):
    """Compute ``outputs[t]`` from ``inputs[t]`` for every t in turn; a recurrent network remembers in between.

    inputs: (T, I) float32; outputs: (T, O) float32, written; the others as in ``activate``
    """
    n_inputs = inputs.shape[1]
    for t in range(inputs.shape[0]):
        for i in range(n_inputs):
            values[np.uint64(1 + i) * ROW] = inputs[t, i]
        activate_lane(plan, 0, n_nodes, values, values if feed_forward else fresh, terms, np.uint64(0))
        if not feed_forward:
            advance_lane(plan, 0, n_nodes, values, fresh, np.uint64(0))
        for k in range(n_outputs):
            outputs[t, k] = values[np.uint64(1 + n_inputs + k) * ROW]


class Network:
    """The network of one genome, computing exactly what the evaluation kernels compute."""

    _value_type: type = np.float32

    def __init__(self, population: Population, genome: int = 0, *, feed_forward: bool) -> None:
        """population: any; genome: index of the one meant; feed_forward: False to remember between steps."""
        nodes = int(population.node_offsets[genome + 1] - population.node_offsets[genome])
        conns = int(population.conn_offsets[genome + 1] - population.conn_offsets[genome])
        self.n_inputs = population.n_inputs
        self.n_outputs = population.n_outputs
        self.feed_forward = feed_forward
        self._plan, self.n_nodes, self.n_edges = self._planned(population, genome, nodes, conns)
        self._values: NDArray[Any] = np.zeros((1 + self.n_inputs + nodes) * LANES, self._value_type)
        self._fresh = np.zeros_like(self._values)
        self._terms = np.empty(max(conns, 1), np.float32)

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = new_one(nodes, conns)
        return plan, *plan_one(population, genome, plan)

    def _step_many(self, inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> None:
        step_many(
            self._plan,
            self.n_nodes,
            self.n_outputs,
            self.feed_forward,
            self._values,
            self._fresh,
            self._terms,
            inputs,
            outputs,
        )

    def reset(self) -> None:
        """Forget everything; call it at the start of an episode."""
        self._values[:] = 0

    def activate(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs, (O,) float32, of one step; inputs: (I,)."""
        return self.activate_many(np.asarray(inputs, np.float32).reshape(1, -1))[0]

    def activate_many(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs, (T, O) float32, of T steps one after the other; inputs: (T, I)."""
        steps = np.ascontiguousarray(inputs, np.float32)
        if steps.ndim != 2 or steps.shape[1] != self.n_inputs:
            raise ValueError(f"inputs have shape {steps.shape} instead of (T, n_inputs) = (T, {self.n_inputs})")
        outputs = np.empty((len(steps), self.n_outputs), np.float32)
        self._step_many(steps, outputs)
        return outputs
