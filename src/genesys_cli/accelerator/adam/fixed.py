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

import numpy as np

from ...compiled.jit import inline, outline
from ...facts import CHUNK, GUARD_BITS
from ...names import ACTIVATIONS
from .numbers import HALF, TABLE, TABLE_WITH_TAIL, raw_of

RELU = ACTIVATIONS.index("relu")
ABS = ACTIVATIONS.index("abs")
CLAMPED = ACTIVATIONS.index("clamped")
HAT = ACTIVATIONS.index("hat")


@inline
def to_value(x, formats):
    """Return a register (int32) that holds a real number, such as a scaled observation, rounded to an operand."""
    return np.int32(raw_of(x, formats.operand) * np.float64(1 << GUARD_BITS))


@inline
def from_value(register, formats):
    """Return what a node's register holds, as float32."""
    return np.float32((np.float64(register) - np.float64(HALF)) / formats.register_scale)


@inline
def _register(y, formats):
    """Return the register (int32) that holds `y` (float64), rounded and limited."""
    raw = np.rint(y * formats.register_scale) + np.float64(HALF)
    raw = raw if raw > formats.register_low else formats.register_low
    return np.int32(raw if raw < formats.register_high else formats.register_high)


@inline
def _operand(register):
    """Return what the array reads of a register (int32)."""
    return np.int32(register >> np.int32(GUARD_BITS))


@inline
def activate_lanes_fixed(plan, n_nodes, values, target, total, terms, lanes):
    """Compute every node of plan 0 from `values` into `target`, both lane arrays of registers (int32), in all lanes.

    The arguments are those of ``network.activate.activate_lanes``; `total` is int32 and `terms` is not used.
    """
    formats = plan.formats
    for j in range(n_nodes):
        if plan.may_saturate[j]:
            _limited_sum_lanes(
                plan.conn_source, plan.raw_weight, plan.conn_start[j], plan.conn_count[j], values, total, formats, lanes
            )
        else:
            _sum_lanes(plan.conn_source, plan.raw_weight, plan.conn_start[j], plan.conn_count[j], values, total, lanes)
        row = plan.row[j]
        bias = plan.real_bias[j]
        factor = plan.sum_factor[j]
        kind = plan.activation[j]
        if formats.table_kind[kind] == TABLE:
            tables = formats.tables
            base = formats.base[kind]
            low = formats.low[kind]
            per_unit = formats.per_unit[kind]
            last = formats.last
            for lane in range(lanes):
                u = np.uint64(lane)
                z = bias + factor * np.float64(total[u])
                target[row + u] = tables[base + _address(z, low, per_unit, last)]
        elif kind == RELU:
            for lane in range(lanes):
                u = np.uint64(lane)
                z = bias + factor * np.float64(total[u])
                target[row + u] = _register(z if z > 0.0 else 0.0, formats)
        else:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = _rare_value(kind, bias + factor * np.float64(total[u]), formats)


@inline
def activate_lane_fixed(plan, first_node, n_nodes, values, target, terms, lane):
    """Compute every node of the plan that begins at `first_node` in one `lane` (uint64), to the same numbers."""
    formats = plan.formats
    for j in range(first_node, first_node + n_nodes):
        if plan.may_saturate[j]:
            total = _limited_sum_lane(
                plan.conn_source, plan.raw_weight, plan.conn_start[j], plan.conn_count[j], values, formats, lane
            )
        else:
            total = _sum_lane(plan.conn_source, plan.raw_weight, plan.conn_start[j], plan.conn_count[j], values, lane)
        z = plan.real_bias[j] + plan.sum_factor[j] * np.float64(total)
        kind = plan.activation[j]
        if formats.table_kind[kind] == TABLE:
            at = _address(z, formats.low[kind], formats.per_unit[kind], formats.last)
            y = formats.tables[formats.base[kind] + at]
        else:
            y = _rare_value(kind, z, formats)
        target[plan.row[j] + lane] = y


@inline
def _address(z, low, per_unit, last):
    """Return the number (uint64) of the table's entry that is nearest to `z`."""
    at = np.rint((z - low) * per_unit)
    at = at if at > 0.0 else 0.0
    at = at if at < last else last
    return np.uint64(np.int32(at))


@outline
def _rare_value(kind, z, formats):
    """Return a wired activation of `z` (float64), or one whose table has a straight line above it."""
    y = z  # identity
    if formats.table_kind[kind] == TABLE_WITH_TAIL:
        if z < formats.edge[kind]:
            return formats.tables[
                formats.base[kind] + _address(z, formats.low[kind], formats.per_unit[kind], formats.last)
            ]
        y = z * formats.tail[kind]
    elif kind == RELU:
        y = z if z > 0.0 else 0.0
    elif kind == ABS:
        y = abs(z)
    elif kind == CLAMPED:
        y = min(max(z, -1.0), 1.0)
    elif kind == HAT:
        y = max(1.0 - abs(z), 0.0)
    return _register(y, formats)


@inline
def _product(weight, operand):
    """Return weight times operand in 32 bits, which hold it: both have at most 16."""
    return np.int32(weight * operand)


@inline
def _add(a, b):
    return np.int32(a + b)


@inline
def _limited_add(total, term, formats):
    """Return ``total + term`` limited to the accumulator's range, never leaving 32 bits on the way."""
    zero = np.int32(0)
    most = np.int32(formats.sum_high - (total if total > zero else zero))
    least = np.int32(formats.sum_low - (total if total < zero else zero))
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
def _limited_sum_lane(source, weight, start, count, values, formats, lane):
    total = np.int32(0)
    for e in range(start, start + count):
        total = _limited_add(total, _product(weight[e], _operand(values[source[e] + lane])), formats)
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
def _limited_sum_lanes(source, weight, start, count, values, total, formats, lanes):
    for lane in range(lanes):
        total[np.uint64(lane)] = np.int32(0)
    for e in range(start, start + count):
        s = source[e]
        w = weight[e]
        for lane in range(lanes):
            u = np.uint64(lane)
            total[u] = _limited_add(total[u], _product(w, _operand(values[s + u])), formats)
