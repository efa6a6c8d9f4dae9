"""A network as ADAM computes it, to be stepped from Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...accelerator.adam.fixed import activate_lane_fixed, from_value, to_value
from ...accelerator.adam.numbers import FixedPoint, fix_plan, new_fixed_plan
from ...compiled.jit import kernel
from ...genome.population import Population
from ...network.network import Network, stepping
from ...network.plan import build_plan


class FixedNetwork(Network):
    """A network as ADAM computes it."""

    _value_type = np.int32
    _step_many = staticmethod(stepping(to_value, from_value, activate_lane_fixed))

    def __init__(self, formats: FixedPoint, population: Population, genome: int = 0, *, feed_forward: bool) -> None:
        """formats: number formats and tables of the chip."""
        self._formats = formats
        super().__init__(population, genome, feed_forward=feed_forward)

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = _new_one(nodes, conns, self._formats)
        return plan, *_plan_one(population, genome, plan)


@kernel
def _new_one(max_nodes, max_conns, formats):
    return new_fixed_plan(1, max_nodes, max_conns, formats)


@kernel
def _plan_one(population, g, plan):
    n_nodes, n_connections = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    return n_nodes, n_connections
