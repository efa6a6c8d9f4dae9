"""A network's step in ADAM's fixed point, in the shape of ``network.activate``: one plan in all lanes, or in one lane.

A node's activation is held in a register of an operand's width and 16 bits more after the point. The array reads an
operand: the upper bits, rounded to nearest, ties upward. Whoever picks an action reads the whole register, since tanh
of 2 and of 2.5 are the same operand, but not the same preference. Half an operand's unit is kept added to the register,
so that rounding is a shift. An observation is rounded to an operand at once.

Weights, biases and responses have the formats of their genes. A product of weight and operand keeps all its bits after
the point; the accumulator adds one product after the other, in the order of the node's edges, and saturates at each
addition. A node whose weights are too small for that ever to happen is summed plainly, which gives the same number.
Then ``z = bias + response * sum`` without rounding, and the activation gives the register. Rounding goes to the nearest
representable number, ties to even where nothing else is said; what is out of range saturates.

Scaling behind the array is done here in float64, which holds every such number exactly: a response times a sum has at
most 16 + 32 bits, and the scale factors are powers of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import allocating, inline, outline
from ...config.chip import ChipSettings
from ...errors import UserError
from ...names import ACTIVATIONS
from ..layout import Fixed, Layout, layout_of
from .tables import TABLES, all_entries

CHUNK = 4  # edges that a plan is padded to, see ``network.plan``
OPERAND_BITS = 16  # widest weight, bias, response or operand
GUARD_BITS = 16  # bits that a node's register has below an operand's last one
HALF = 1 << (GUARD_BITS - 1)  # kept added to a register, so that its upper bits are the operand, rounded
ACCUMULATOR_BITS = 32  # widest accumulator

RELU = ACTIVATIONS.index("relu")
IDENTITY = ACTIVATIONS.index("identity")
ABS = ACTIVATIONS.index("abs")
CLAMPED = ACTIVATIONS.index("clamped")
HAT = ACTIVATIONS.index("hat")

NO_TABLE = np.uint8(0)
TABLE = np.uint8(1)
TABLE_WITH_TAIL = np.uint8(2)


class FixedPoint(NamedTuple):
    """Formats and tables, as kernels take them.

    bias, response, weight, operand: formats
    register_scale: units of a register in 1; register_low, register_high: its range, in those units
    sum_unit: what one unit of the accumulator is worth
    sum_low, sum_high: its range
    form: (18,) uint8, for each activation NO_TABLE, TABLE or TABLE_WITH_TAIL
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
    form: NDArray[np.uint8]
    tables: NDArray[np.int32]
    base: NDArray[np.uint64]
    low: NDArray[np.float64]
    per_unit: NDArray[np.float64]
    last: np.float64
    edge: NDArray[np.float64]
    tail: NDArray[np.float64]


class FixedPlan(NamedTuple):
    """A plan with the same numbers in fixed point. It begins with the fields of ``network.plan.Plan``.

    number: the formats
    raw_weight: (K (C + 4 N),) int32, weights of edges, 0 where they are padding
    real_bias: (K N,) float64, bias as the chip holds it
    sum_factor: (K N,) float64, response as the chip holds it, times ``number.sum_unit``
    may_saturate: (K N,) uint8, whether the accumulator can leave its range
    """

    row: NDArray[np.uint64]
    bias: NDArray[np.float32]
    response: NDArray[np.float32]
    activation: NDArray[np.uint8]
    aggregation: NDArray[np.uint8]
    edge_start: NDArray[np.int64]
    edge_count: NDArray[np.int64]
    edge_source: NDArray[np.uint64]
    edge_weight: NDArray[np.float32]
    in_start: NDArray[np.int64]
    in_next: NDArray[np.int64]
    in_source: NDArray[np.int64]
    in_weight: NDArray[np.float32]
    target: NDArray[np.int64]
    seen: NDArray[np.uint8]
    stack: NDArray[np.int64]
    number: FixedPoint
    raw_weight: NDArray[np.int32]
    real_bias: NDArray[np.float64]
    sum_factor: NDArray[np.float64]
    may_saturate: NDArray[np.uint8]


def fixed_point_of(chip: ChipSettings) -> FixedPoint:
    """Return the numbers that a chip computes with; raises :class:`UserError` where ADAM's units cannot hold them."""
    return fixed_point(layout_of(chip), chip.adam.table_bits, chip.adam.activations)


def fixed_point(layout: Layout, table_bits: int, activations: Sequence[str]) -> FixedPoint:
    """Return the numbers of a gene layout, with tables of ``2 ** table_bits`` entries for the named activations."""
    bits = layout.bits
    operand = layout.operand
    for name, form in (("bias", bits.bias), ("response", bits.response), ("weight", bits.weight), ("operand", operand)):
        if form.high >= 1 << (OPERAND_BITS - 1):
            raise UserError(
                f"{name} has {int(form.high).bit_length() + 1} bits in the layout of the chip's gene words, but ADAM's "
                f"units take at most {OPERAND_BITS}; choose a narrower format"
            )
    width = layout.settings.accumulator_bits
    if width > ACCUMULATOR_BITS:
        raise UserError(f"accumulator_bits is {width}, but ADAM's accumulators have at most {ACCUMULATOR_BITS}")
    register_scale = float(operand.scale) * (1 << GUARD_BITS)
    register_low = int(operand.low) << GUARD_BITS
    register_high = (int(operand.high) << GUARD_BITS) + (1 << GUARD_BITS) - 1
    tables, base = all_entries(activations, table_bits, register_scale, HALF, register_low, register_high)
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
        form=np.array(
            [NO_TABLE if at < 0 else TABLE_WITH_TAIL if t and t.tail else TABLE for at, t in zip(base, shapes)],
            np.uint8,
        ),
        tables=tables,
        base=np.maximum(base, 0).astype(np.uint64),
        low=np.array([t.low if t else 0.0 for t in shapes]),
        per_unit=np.array([2**table_bits / t.length if t else 0.0 for t in shapes]),
        last=np.float64(2**table_bits - 1),
        edge=np.array([t.low + t.length if t else 0.0 for t in shapes]),
        tail=np.array([t.tail if t else 0.0 for t in shapes]),
    )


@allocating
def new_fixed_plan(count, max_nodes, max_conns, number):
    """Allocate `count` plans in the numbers of `number`; otherwise like ``network.plan.new_plan``."""
    nodes = count * max_nodes
    edges = count * (max_conns + CHUNK * max_nodes)
    return FixedPlan(
        np.empty(nodes, np.uint64),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.uint8),
        np.empty(nodes, np.uint8),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(edges, np.uint64),
        np.empty(edges, np.float32),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_conns, np.int64),
        np.empty(max_conns, np.float32),
        np.empty(max_conns, np.int64),
        np.empty(max_nodes, np.uint8),
        np.empty(max_nodes, np.int64),
        number,
        np.empty(edges, np.int32),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.uint8),
    )


@outline
def fix_plan(plan, first_node, n_nodes):
    """Write the fixed-point half of the plan that begins at `first_node`; call it after ``build_plan``."""
    number = plan.number
    largest_operand = -number.operand.low
    for j in range(first_node, first_node + n_nodes):
        plan.real_bias[j] = raw_of(plan.bias[j], number.bias) / number.bias.scale
        plan.sum_factor[j] = raw_of(plan.response[j], number.response) / number.response.scale * number.sum_unit
        start = plan.edge_start[j]
        count = max(plan.edge_count[j], 1)
        weights = np.int64(0)
        for e in range(start, start + (count + CHUNK - 1) // CHUNK * CHUNK):
            raw = np.int32(raw_of(plan.edge_weight[e], number.weight))
            plan.raw_weight[e] = raw
            weights += abs(np.int64(raw))
        plan.may_saturate[j] = weights * largest_operand > number.sum_high


@inline
def raw_of(x, form):
    """Return `x` (a real number) in a format, as a whole number that is a float64; no number becomes the lowest."""
    scaled = np.rint(np.float64(x) * form.scale)
    low = np.float64(form.low)
    high = np.float64(form.high)
    scaled = scaled if scaled > low else low
    return scaled if scaled < high else high


@inline
def to_value(x, number):
    """Return a register (int32) that holds a real number, such as a scaled observation, rounded to an operand."""
    return np.int32(raw_of(x, number.operand) * np.float64(1 << GUARD_BITS))


@inline
def from_value(register, number):
    """Return what a node's register holds, as float32."""
    return np.float32((np.float64(register) - np.float64(HALF)) / number.register_scale)


@inline
def _register(y, number):
    """Return the register (int32) that holds `y` (float64), rounded and limited."""
    raw = np.rint(y * number.register_scale) + np.float64(HALF)
    raw = raw if raw > number.register_low else number.register_low
    return np.int32(raw if raw < number.register_high else number.register_high)


@inline
def _operand(register):
    """Return what the array reads of a register (int32)."""
    return np.int32(register >> np.int32(GUARD_BITS))


@inline
def activate_lanes_fixed(plan, n_nodes, values, target, total, terms, lanes):
    """Compute every node of plan 0 from `values` into `target`, both lane arrays of registers (int32), in all lanes.

    The arguments are those of ``network.activate.activate_lanes``; `total` is int32 and `terms` is not used.
    """
    number = plan.number
    for j in range(n_nodes):
        if plan.may_saturate[j]:
            _limited_sum_lanes(
                plan.edge_source, plan.raw_weight, plan.edge_start[j], plan.edge_count[j], values, total, number, lanes
            )
        else:
            _sum_lanes(plan.edge_source, plan.raw_weight, plan.edge_start[j], plan.edge_count[j], values, total, lanes)
        row = plan.row[j]
        bias = plan.real_bias[j]
        factor = plan.sum_factor[j]
        kind = plan.activation[j]
        if number.form[kind] == TABLE:
            tables = number.tables
            base = number.base[kind]
            low = number.low[kind]
            per_unit = number.per_unit[kind]
            last = number.last
            for lane in range(lanes):
                u = np.uint64(lane)
                z = bias + factor * np.float64(total[u])
                target[row + u] = tables[base + _address(z, low, per_unit, last)]
        elif kind == RELU:
            for lane in range(lanes):
                u = np.uint64(lane)
                z = bias + factor * np.float64(total[u])
                target[row + u] = _register(z if z > 0.0 else 0.0, number)
        else:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = _rare_value(kind, bias + factor * np.float64(total[u]), number)


@inline
def activate_lane_fixed(plan, first_node, n_nodes, values, target, terms, lane):
    """Compute every node of the plan that begins at `first_node` in one `lane` (uint64), to the same numbers."""
    number = plan.number
    for j in range(first_node, first_node + n_nodes):
        if plan.may_saturate[j]:
            total = _limited_sum_lane(
                plan.edge_source, plan.raw_weight, plan.edge_start[j], plan.edge_count[j], values, number, lane
            )
        else:
            total = _sum_lane(plan.edge_source, plan.raw_weight, plan.edge_start[j], plan.edge_count[j], values, lane)
        z = plan.real_bias[j] + plan.sum_factor[j] * np.float64(total)
        kind = plan.activation[j]
        if number.form[kind] == TABLE:
            at = _address(z, number.low[kind], number.per_unit[kind], number.last)
            y = number.tables[number.base[kind] + at]
        else:
            y = _rare_value(kind, z, number)
        target[plan.row[j] + lane] = y


@inline
def _address(z, low, per_unit, last):
    """Return the number (uint64) of the table's entry that is nearest to `z`."""
    at = np.rint((z - low) * per_unit)
    at = at if at > 0.0 else 0.0
    at = at if at < last else last
    return np.uint64(np.int32(at))


@outline
def _rare_value(kind, z, number):
    """Return a wired activation of `z` (float64), or one whose table has a straight line above it."""
    y = z  # identity
    if number.form[kind] == TABLE_WITH_TAIL:
        if z < number.edge[kind]:
            return number.tables[number.base[kind] + _address(z, number.low[kind], number.per_unit[kind], number.last)]
        y = z * number.tail[kind]
    elif kind == RELU:
        y = z if z > 0.0 else 0.0
    elif kind == ABS:
        y = abs(z)
    elif kind == CLAMPED:
        y = min(max(z, -1.0), 1.0)
    elif kind == HAT:
        y = max(1.0 - abs(z), 0.0)
    return _register(y, number)


@inline
def _product(weight, operand):
    """Return weight times operand in 32 bits, which hold it: both have at most 16."""
    return np.int32(weight * operand)


@inline
def _add(a, b):
    return np.int32(a + b)


@inline
def _limited_add(total, term, number):
    """Return ``total + term`` limited to the accumulator's range, never leaving 32 bits on the way."""
    zero = np.int32(0)
    most = np.int32(number.sum_high - (total if total > zero else zero))
    least = np.int32(number.sum_low - (total if total < zero else zero))
    term = term if term < most else most
    term = term if term > least else least
    return np.int32(total + term)


@inline
def _sum_lane(source, weight, start, count, values, lane):
    total = np.int32(0)
    for e in range(start, start + count):
        total = _add(total, _product(weight[e], _operand(values[source[e] + lane])))
    return total


@inline
def _limited_sum_lane(source, weight, start, count, values, number, lane):
    total = np.int32(0)
    for e in range(start, start + count):
        total = _limited_add(total, _product(weight[e], _operand(values[source[e] + lane])), number)
    return total


@inline
def _sum_lanes(source, weight, start, count, values, total, lanes):
    s0, s1, s2, s3 = source[start], source[start + 1], source[start + 2], source[start + 3]
    w0, w1, w2, w3 = weight[start], weight[start + 1], weight[start + 2], weight[start + 3]
    for lane in range(lanes):
        u = np.uint64(lane)
        total[u] = _four(w0, w1, w2, w3, values[s0 + u], values[s1 + u], values[s2 + u], values[s3 + u])
    for e in range(start + CHUNK, start + count, CHUNK):
        s0, s1, s2, s3 = source[e], source[e + 1], source[e + 2], source[e + 3]
        w0, w1, w2, w3 = weight[e], weight[e + 1], weight[e + 2], weight[e + 3]
        for lane in range(lanes):
            u = np.uint64(lane)
            four = _four(w0, w1, w2, w3, values[s0 + u], values[s1 + u], values[s2 + u], values[s3 + u])
            total[u] = _add(total[u], four)


@inline
def _four(w0, w1, w2, w3, v0, v1, v2, v3):
    first = _add(_product(w0, _operand(v0)), _product(w1, _operand(v1)))
    second = _add(_product(w2, _operand(v2)), _product(w3, _operand(v3)))
    return _add(first, second)


@inline
def _limited_sum_lanes(source, weight, start, count, values, total, number, lanes):
    for lane in range(lanes):
        total[np.uint64(lane)] = np.int32(0)
    for e in range(start, start + count):
        s = source[e]
        w = weight[e]
        for lane in range(lanes):
            u = np.uint64(lane)
            total[u] = _limited_add(total[u], _product(w, _operand(values[s + u])), number)
