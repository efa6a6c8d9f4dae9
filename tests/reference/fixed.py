"""A network in the chip's fixed point, computed edge by edge from its genes with Python's whole numbers and fractions.

It knows the formats and nothing of plans, lanes or how the package arranges its arithmetic. Sources are added in the
order of the genome's connections. A node's register has 16 more bits after the point than an operand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from genesys_cli.names import ACTIVATIONS

from .genome import Genome

# name: lowest argument, length of the interval, slope above it (None: flat), function
_TABLES = {
    "tanh": (-4, 8, None, lambda z: math.tanh(2.5 * z)),
    "sigmoid": (-4, 8, None, lambda z: 1 / (1 + math.exp(-5 * z))),
    "sin": (-16, 32, None, lambda z: math.sin(min(max(5 * z, -60), 60))),
    "gauss": (-2, 4, None, lambda z: math.exp(-5 * z * z)),
    "elu": (-8, 8, Fraction(1), math.expm1),
    "lelu": (-256, 256, Fraction(1), lambda z: 0.005 * z),
    "selu": (-8, 8, Fraction(17215, 16384), lambda z: 1.0507009873554805 * 1.6732632423543772 * math.expm1(z)),
    "softplus": (-4, 16, None, lambda z: 0.2 * math.log1p(math.exp(5 * z))),
    "inv": (-32, 64, None, lambda z: 1 / z if z else 0.0),
    "log": (0, 32, None, lambda z: math.log(max(z, 1e-7))),
    "exp": (-12, 16, None, math.exp),
    "square": (-8, 16, None, lambda z: z * z),
    "cube": (-4, 8, None, lambda z: z**3),
}
_LINES = {
    "identity": lambda z: z,
    "relu": lambda z: max(z, Fraction(0)),
    "abs": abs,
    "clamped": lambda z: min(max(z, Fraction(-1)), Fraction(1)),
    "hat": lambda z: max(1 - abs(z), Fraction(0)),
}


def quantised(x: float | Fraction, width: int, fraction: int) -> int:
    """Return `x` in units of ``2**-fraction``, to the nearest (ties to even), in `width` bits."""
    exact = x if isinstance(x, Fraction) else Fraction(float(x))
    return min(max(round(exact * 2**fraction), -(2 ** (width - 1))), 2 ** (width - 1) - 1)


def register(y: float | Fraction, width: int, fraction: int) -> int:
    """Return what a node's register holds of `y`: rounded, with half an operand's unit added, limited."""
    exact = y if isinstance(y, Fraction) else Fraction(float(y))
    raw = round(exact * 2 ** (fraction + 16)) + 2**15
    return min(max(raw, -(2 ** (width + 15))), 2 ** (width + 15) - 1)


def operand(held: int) -> int:
    """Return what the array reads of a register."""
    return math.floor(Fraction(held, 2**16))


def activation(
    name: str, z: Fraction, width: int, fraction: int, table_bits: int, segment_bits: int | None = None
) -> int:
    """Return the register that the chip has for `z`. segment_bits: of a piecewise unit; None: a table"""
    if name in _LINES:
        return register(_LINES[name](z), width, fraction)
    low, length, slope, function = _TABLES[name]
    if slope is not None and z >= low + length:
        return register(z * slope, width, fraction)
    step = Fraction(length, 2**table_bits)
    entry = min(max(round((z - low) / step), 0), 2**table_bits - 1)
    if segment_bits is not None:
        segment = Fraction(length, 2**segment_bits)
        at = entry * step / segment
        begin, end = (
            register(function(float(low + k * segment)), width, fraction) for k in (math.floor(at), math.floor(at) + 1)
        )
        return begin + math.floor((end - begin) * (at - math.floor(at)) + Fraction(1, 2))
    return register(function(float(low + entry * step)), width, fraction)


class FixedReference:
    """One genome's network; formats are (width, fraction)."""

    def __init__(
        self,
        genome: Genome,
        *,
        attribute: tuple[int, int],
        value: tuple[int, int],
        accumulator_bits: int,
        table_bits: int,
        feed_forward: bool,
        segment_bits: int | None = None,
    ) -> None:
        self.genome = genome
        self.attribute = attribute
        self.value = value
        self.limits = (-(2 ** (accumulator_bits - 1)), 2 ** (accumulator_bits - 1) - 1)
        self.table_bits = table_bits
        self.segment_bits = segment_bits
        self.feed_forward = feed_forward
        self.before: dict[int, int] = {}
        self.saturated = 0
        self.incoming = {node: genome.incoming(node) for node in genome.nodes}

    def activate(self, inputs: Sequence[float]) -> list[int]:
        """Return the outputs' registers after one step."""
        now = {i: quantised(x, *self.value) * 2**16 for i, x in enumerate(inputs)}
        if self.feed_forward:
            return [self._value(node, now) for node in self._outputs()]
        old = {**self.before, **now}
        self.before = {node: self._node(node, old) for node in self.genome.nodes}
        return [self.before[node] for node in self._outputs()]

    def _outputs(self) -> range:
        return range(self.genome.inputs, self.genome.inputs + self.genome.outputs)

    def _value(self, node: int, known: dict[int, int]) -> int:
        if node not in known:
            for conn in self.incoming[node]:
                self._value(conn.source, known)
            known[node] = self._node(node, known)
        return known[node]

    def _node(self, node: int, values: dict[int, int]) -> int:
        gene = self.genome.nodes[node]
        total = 0
        for conn in self.incoming[node]:
            exact = total + quantised(conn.weight, *self.attribute) * operand(values.get(conn.source, 0))
            total = min(max(exact, self.limits[0]), self.limits[1])
            self.saturated += total != exact
        fraction = self.attribute[1]
        response = Fraction(quantised(gene.response, *self.attribute), 2**fraction)
        bias = Fraction(quantised(gene.bias, *self.attribute), 2**fraction)
        z = bias + response * Fraction(total, 2 ** (fraction + self.value[1]))
        return activation(ACTIVATIONS[gene.activation], z, *self.value, self.table_bits, self.segment_bits)
