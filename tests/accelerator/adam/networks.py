"""Steps of fixed-point networks from Python: one lane, all lanes, and float beside them."""

from __future__ import annotations

import numpy as np

from genesys_cli.accelerator.adam.fixed import activate_lane_fixed, activate_lanes_fixed, to_value
from genesys_cli.accelerator.adam.numbers import FixedPoint, fix_plan, fixed_point, new_fixed_plan
from genesys_cli.accelerator.adam.tables import uses_table
from genesys_cli.accelerator.adam.vectorise import UNCUT, Layers, find_layers, new_layer_scratch, new_layers
from genesys_cli.accelerator.layout import Layout
from genesys_cli.compiled.jit import kernel
from genesys_cli.compiled.lanes import LANES, ROW
from genesys_cli.compiled.plan import new_plan
from genesys_cli.config.chip import AdamSettings
from genesys_cli.config.layout import shipped_layout
from genesys_cli.genome.access import largest
from genesys_cli.genome.population import Population
from genesys_cli.network.activate import advance_lane, advance_lanes
from genesys_cli.network.plan import build_plan


def numbers(layout: str = "wide16", segment_bits: int | None = None) -> FixedPoint:
    """Return a layout's numbers, with tables, or with piecewise units of so many segments."""
    adam = (
        AdamSettings() if segment_bits is None else AdamSettings(function_unit="piecewise", segment_bits=segment_bits)
    )
    return fixed_point(Layout(shipped_layout(layout)), adam)


@kernel
def _steps(population, g, number, feed_forward, lanes, inputs, outputs):
    """Compute outputs, (LANES, T, O) int32, from inputs, (LANES, T, I) float32; one lane at a time if `lanes` is 1."""
    max_nodes, max_conns = largest(population, g, g + 1)
    plan = new_fixed_plan(1, max_nodes, max_conns, number)
    n_nodes, _ = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    n_inputs = inputs.shape[2]
    values = np.zeros((1 + n_inputs + max_nodes) * LANES, np.int32)
    fresh = values if feed_forward else np.zeros_like(values)
    total = np.zeros(LANES, np.int32)
    for t in range(inputs.shape[1]):
        for lane in range(LANES):
            for i in range(n_inputs):
                values[np.uint64(1 + i) * ROW + np.uint64(lane)] = to_value(inputs[lane, t, i], number)
        if lanes == 1:
            for lane in range(LANES):
                activate_lane_fixed(plan, 0, n_nodes, values, fresh, total, np.uint64(lane))
                if not feed_forward:
                    advance_lane(plan, 0, n_nodes, values, fresh, np.uint64(lane))
        else:
            activate_lanes_fixed(plan, n_nodes, values, fresh, total, total, lanes)
            if not feed_forward:
                advance_lanes(plan, n_nodes, values, fresh, lanes)
        for lane in range(LANES):
            for k in range(outputs.shape[2]):
                outputs[lane, t, k] = values[np.uint64(1 + n_inputs + k) * ROW + np.uint64(lane)]
    limited = 0
    for j in range(n_nodes):
        limited += plan.may_saturate[j]
    return limited


def steps(population: Population, g: int, number: FixedPoint, inputs: np.ndarray, *, feed_forward: bool, lanes: int):
    """Return raw outputs, (LANES, T, O) int32, and how many nodes may saturate their accumulator."""
    outputs = np.zeros((*inputs.shape[:2], population.n_outputs), np.int32)
    return outputs, _steps(population, g, number, feed_forward, lanes, inputs, outputs)


@kernel
def _layers(population, looked_up, feed_forward, cols, layers):
    max_nodes, max_conns = largest(population, 0, len(layers.depth))
    plan = new_plan(1, max_nodes, max_conns)
    scratch = new_layer_scratch(population.n_inputs, max_nodes)
    for g in range(len(layers.depth)):
        n_nodes, _ = build_plan(population, g, plan, 0, 0)
        io = population.n_inputs, population.n_outputs
        find_layers(plan, 0, n_nodes, feed_forward, looked_up, io, cols, scratch, layers, g)


def layers_of(population: Population, *, feed_forward: bool, cols: int = UNCUT) -> Layers:
    layers = new_layers(population.node_offsets)
    _layers(population, uses_table(), feed_forward, cols, layers)
    return layers
