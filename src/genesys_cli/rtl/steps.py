"""Steps of emulated networks, for what ADAM's RTL is to find."""

from __future__ import annotations

import numpy as np

from ..accelerator.adam.fixed import activate_lane_fixed
from ..accelerator.adam.numbers import fix_plan, new_fixed_plan
from ..compiled.jit import kernel
from ..compiled.lanes import LANES, ROW
from ..facts import GUARD_BITS
from ..genome.access import largest
from ..network.activate import advance_lane
from ..network.plan import build_plan


@kernel
def take_steps(population, g, number, feed_forward, raw, outputs):
    """Fill a genome's registers of each step, ``outputs[:, g]`` of (T, P, O) int32, from operands, (T, P, I) int32."""
    max_nodes, max_conns = largest(population, g, g + 1)
    plan = new_fixed_plan(1, max_nodes, max_conns, number)
    n_nodes, _ = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    n_inputs = raw.shape[2]
    values = np.zeros((1 + n_inputs + max_nodes) * LANES, np.int32)
    fresh = values if feed_forward else np.zeros_like(values)
    total = np.zeros(LANES, np.int32)
    for t in range(len(raw)):
        for i in range(n_inputs):
            values[np.uint64(1 + i) * ROW] = raw[t, g, i] << np.int32(GUARD_BITS)
        activate_lane_fixed(plan, 0, n_nodes, values, fresh, total, np.uint64(0))
        if not feed_forward:
            advance_lane(plan, 0, n_nodes, values, fresh, np.uint64(0))
        for k in range(outputs.shape[2]):
            outputs[t, g, k] = values[np.uint64(1 + n_inputs + k) * ROW]
