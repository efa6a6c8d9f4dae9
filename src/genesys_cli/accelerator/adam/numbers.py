"""ADAM's formats and tables, as kernels take them, and a network's plan with its numbers in fixed point."""

from __future__ import annotations

from collections import namedtuple
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import allocating, inline, outline
from ...compiled.plan import Plan, new_plan
from ...config.chip import AdamSettings, ChipSettings
from ...errors import UserError
from ...facts import CHUNK, GUARD_BITS
from ...names import ACTIVATIONS
from ..layout import Fixed, Layout, layout_of
from .tables import TABLES, all_entries

OPERAND_BITS = 16  # widest weight, bias, response or operand
HALF = 1 << (GUARD_BITS - 1)  # kept added to a register, so that its upper bits are the operand, rounded
ACCUMULATOR_BITS = 32  # widest accumulator

NO_TABLE = np.uint8(0)
TABLE = np.uint8(1)
TABLE_WITH_TAIL = np.uint8(2)


class FixedPoint(NamedTuple):
    """Formats and tables, as kernels take them.

    bias, response, weight, operand: formats
    register_scale: units of a register in 1; register_low, register_high: its range, in those units
    sum_unit: what one unit of the accumulator is worth
    sum_low, sum_high: its range
    table_kind: (18,) uint8, for each activation NO_TABLE, TABLE or TABLE_WITH_TAIL
    tables: (T,) int32, all tables end to end; base: (18,) uint64, where each begins
    low: (18,) float64, argument of the first entry; per_unit: (18,) float64, entries per unit of the argument
    last: float64, number of the last entry of every table
    edge: (18,) float64, end of the interval, above which the argument is multiplied by tail: (18,) float64
    """

    bias: Fixed
    response: Fixed
    weight: Fixed
    operand: Fixed
    register_scale: np.float64
    register_low: np.float64
    register_high: np.float64
    sum_unit: np.float64
    sum_low: np.int32
    sum_high: np.int32
    table_kind: NDArray[np.uint8]
    tables: NDArray[np.int32]
    base: NDArray[np.uint64]
    low: NDArray[np.float64]
    per_unit: NDArray[np.float64]
    last: np.float64
    edge: NDArray[np.float64]
    tail: NDArray[np.float64]


class FixedHalf(NamedTuple):
    """What a plan has in fixed point beside the fields of a ``Plan`` of K N nodes and E edges.

    formats: number formats and tables of the chip
    raw_weight: (E,) int32, weights of edges, 0 where they are padding
    real_bias: (K N,) float64, bias as the chip holds it
    sum_factor: (K N,) float64, response as the chip holds it, times ``formats.sum_unit``
    may_saturate: (K N,) uint8, whether the accumulator can leave its range
    """

    formats: FixedPoint
    raw_weight: NDArray[np.int32]
    real_bias: NDArray[np.float64]
    sum_factor: NDArray[np.float64]
    may_saturate: NDArray[np.uint8]


FixedPlan = namedtuple("FixedPlan", Plan._fields + FixedHalf._fields)  # type: ignore[misc]
FixedPlan.__doc__ = "A plan with the same numbers in fixed point: the fields of a ``Plan``, then those of a FixedHalf."


def fixed_point_of(chip: ChipSettings) -> FixedPoint:
    """Return the numbers that a chip computes with; raises :class:`UserError` where ADAM's units cannot hold them."""
    return fixed_point(layout_of(chip), chip.adam)


def fixed_point(layout: Layout, adam: AdamSettings) -> FixedPoint:
    """Return the numbers of a gene layout, with the function units of an array."""
    bits = layout.bits
    operand = layout.operand
    for name, fmt in (("bias", bits.bias), ("response", bits.response), ("weight", bits.weight), ("operand", operand)):
        if fmt.high >= 1 << (OPERAND_BITS - 1):
            raise UserError(
                f"{name} has {int(fmt.high).bit_length() + 1} bits in genes.layout, but ADAM's units take at most "
                f"{OPERAND_BITS}; choose a narrower format"
            )
    width = layout.settings.accumulator_bits
    if width > ACCUMULATOR_BITS:
        raise UserError(
            f"accumulator_bits is {width} in genes.layout, but ADAM's accumulators have at most {ACCUMULATOR_BITS}; "
            "choose fewer"
        )
    register_scale = float(operand.scale) * (1 << GUARD_BITS)
    register_low = int(operand.low) << GUARD_BITS
    register_high = (int(operand.high) << GUARD_BITS) + (1 << GUARD_BITS) - 1
    tables, base = all_entries(adam, register_scale, HALF, register_low, register_high)
    shapes = [TABLES.get(name) for name in ACTIVATIONS]
    return FixedPoint(
        bias=bits.bias,
        response=bits.response,
        weight=bits.weight,
        operand=operand,
        register_scale=np.float64(register_scale),
        register_low=np.float64(register_low),
        register_high=np.float64(register_high),
        sum_unit=np.float64(1.0 / (bits.weight.scale * operand.scale)),
        sum_low=np.int32(-(1 << (width - 1))),
        sum_high=np.int32((1 << (width - 1)) - 1),
        table_kind=np.array(
            [NO_TABLE if at < 0 else TABLE_WITH_TAIL if t and t.tail else TABLE for at, t in zip(base, shapes)],
            np.uint8,
        ),
        tables=tables,
        base=np.maximum(base, 0).astype(np.uint64),
        low=np.array([t.low if t else 0.0 for t in shapes]),
        per_unit=np.array([2**adam.table_bits / t.length if t else 0.0 for t in shapes]),
        last=np.float64(2**adam.table_bits - 1),
        edge=np.array([t.low + t.length if t else 0.0 for t in shapes]),
        tail=np.array([t.tail if t else 0.0 for t in shapes]),
    )


@allocating
def new_fixed_plan(count, max_nodes, max_conns, formats):
    """Allocate `count` plans in the numbers of `formats`; otherwise like :func:`new_plan`."""
    plan = new_plan(count, max_nodes, max_conns)
    nodes = len(plan.row)
    edges = len(plan.conn_source)
    own = (
        formats,
        np.empty(edges, np.int32),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.uint8),
    )
    return FixedPlan(*(plan[:] + own))  # numba adds plain tuples, which a slice of a named one is


@outline
def fix_plan(plan, first_node, n_nodes):
    """Write the fixed-point half of the plan that begins at `first_node`; call it after ``build_plan``."""
    formats = plan.formats
    largest_operand = -formats.operand.low
    for j in range(first_node, first_node + n_nodes):
        plan.real_bias[j] = raw_of(plan.bias[j], formats.bias) / formats.bias.scale
        plan.sum_factor[j] = raw_of(plan.response[j], formats.response) / formats.response.scale * formats.sum_unit
        start = plan.conn_start[j]
        count = max(plan.conn_count[j], 1)
        weights = np.int64(0)
        for e in range(start, start + (count + CHUNK - 1) // CHUNK * CHUNK):
            raw = np.int32(raw_of(plan.conn_weight[e], formats.weight))
            plan.raw_weight[e] = raw
            weights += abs(np.int64(raw))
        plan.may_saturate[j] = weights * largest_operand > formats.sum_high


@inline
def raw_of(x, fmt):
    """Return `x` (a real number) in a format, as a whole number that is a float64; no number becomes the lowest."""
    scaled = np.rint(np.float64(x) * fmt.scale)
    low = np.float64(fmt.low)
    high = np.float64(fmt.high)
    scaled = scaled if scaled > low else low
    return scaled if scaled < high else high
