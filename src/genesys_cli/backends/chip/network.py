"""A network as ADAM computes it, to be stepped from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...accelerator.adam.fixed import activate_lane_fixed, from_value, to_value
from ...accelerator.adam.numbers import FixedPoint, fix_plan, new_fixed_plan
from ...compiled.jit import kernel
from ...compiled.lanes import ROW
from ...genome.population import Population
from ...network.activate import advance_lane
from ...network.network import Network
from ...network.plan import build_plan


class FixedNetwork(Network):
    """A network as ADAM computes it."""

    _value_type = np.int32

    def __init__(self, formats: FixedPoint, population: Population, *, feed_forward: bool) -> None:
        """formats: number formats and tables of the chip; population: its first genome is meant."""
        self._formats = formats
        super().__init__(population, feed_forward=feed_forward)

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = _new_one(nodes, conns, self._formats)
        return plan, *_plan_one(population, genome, plan)

    def _step_many(self, inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> None:
        _step_many(
            self._plan,
            self.n_nodes,
            self.feed_forward,
            self._formats,
            self._values,
            self._fresh,
            self._terms,
            inputs,
            outputs,
        )


@kernel
def _new_one(max_nodes, max_conns, number):
    return new_fixed_plan(1, max_nodes, max_conns, number)


@kernel
def _plan_one(population, g, plan):
    n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    return n_nodes, n_edges


@kernel
def _step_many(plan, n_nodes, feed_forward, number, values, fresh, terms, inputs, outputs):
    """Compute ``outputs[t]`` from ``inputs[t]``, (T, O) and (T, I) float32, for every t in turn."""
    lane = np.uint64(0)
    n_inputs = inputs.shape[1]
    for t in range(inputs.shape[0]):
        for i in range(n_inputs):
            values[np.uint64(1 + i) * ROW] = to_value(inputs[t, i], number)
        activate_lane_fixed(plan, 0, n_nodes, values, values if feed_forward else fresh, terms, lane)
        if not feed_forward:
            advance_lane(plan, 0, n_nodes, values, fresh, lane)
        for k in range(outputs.shape[1]):
            outputs[t, k] = from_value(values[np.uint64(1 + n_inputs + k) * ROW], number)
