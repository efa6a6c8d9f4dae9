"""How ADAM computes activations: lookup tables, and a few that are wired because they are straight lines.

A table has ``2 ** table_bits`` entries as wide as a node's register, evenly spaced over an interval whose length is a
power of two, so that an address is a shift and an addition. The entry nearest to the argument is taken (ties to even
addresses). Beyond the interval's ends the last entry stands, except above the functions that go on as a straight line
there: those multiply by a constant instead. The definitions are those of ``network.functions``. A piecewise unit takes
the addresses of a table and gives other values, so that everything else holds for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...config.chip import AdamSettings
from ...errors import UserError, nearest
from ...facts import SELU_ALPHA, SELU_SCALE
from ...names import ACTIVATIONS

Real = NDArray[np.float64]

SELU_TAIL_FRACTION = 14
SELU_TAIL = round(SELU_SCALE * 2**SELU_TAIL_FRACTION) / 2**SELU_TAIL_FRACTION
"""What an argument above selu's table is multiplied by: 17215/16384, four additions in hardware."""


@dataclass(frozen=True)
class Table:
    """An activation that is looked up.

    function: from float64 to float64, elementwise; low, length: the interval, the length a power of two
    tail: what the argument is multiplied by above the interval; 0 where the last entry stands
    """

    function: Callable[[Real], Real]
    low: float
    length: float
    tail: float = 0.0

    def entries(self, bits: int, scale: float, offset: int, low: int, high: int) -> NDArray[np.int32]:
        """Return ``2 ** bits`` entries in units of ``1 / scale``, with `offset` added, limited to ``low .. high``."""
        return self._rounded(np.arange(2**bits), 2**bits, scale, offset, low, high).astype(np.int32)

    def interpolated(
        self, bits: int, segment_bits: int, scale: float, offset: int, low: int, high: int
    ) -> NDArray[np.int32]:
        """Return what a piecewise unit gives for each address of :meth:`entries`.

        The upper `segment_bits` of an address choose a segment: the value at its beginning, and the difference to that
        at its end. The rest, below, multiplies the difference, and the product is rounded to the nearest, ties up.
        """
        ends = self._rounded(np.arange(2**segment_bits + 1), 2**segment_bits, scale, offset, low, high)
        below = bits - segment_bits
        within = np.arange(2**below)
        products = np.diff(ends)[:, None] * within
        return (ends[:-1, None] + ((products + (1 << below >> 1)) >> below)).reshape(-1).astype(np.int32)

    def _rounded(
        self, at: NDArray[np.int64], parts: int, scale: float, offset: int, low: int, high: int
    ) -> NDArray[np.int64]:
        """Return the function in units of ``1 / scale`` at numbered points of an interval of so many parts."""
        z: Real = self.low + at * np.float64(self.length / parts)
        return np.clip(np.rint(self.function(z) * scale) + offset, low, high).astype(np.int64)


def _inverse(z: Real) -> Real:
    return np.divide(1.0, z, out=np.zeros_like(z), where=z != 0.0)


def _line_or(z: Real, below: Real, scale: float = 1.0) -> Real:
    return np.where(z > 0.0, scale * z, below)


# Intervals end where the function is flat, in half a unit of an operand of 2**-10 at least, or where a value of 16 bits
# saturates; those of tanh and sigmoid are wider, so that outputs near 1 can still be told apart. lelu goes on falling
# by 0.005 below its own, inv ends where it is small, and sin stands still from 5 z = 60 as in software.
TABLES: dict[str, Table] = {
    "tanh": Table(lambda z: np.tanh(2.5 * z), -4.0, 8.0),
    "sigmoid": Table(lambda z: 0.5 + 0.5 * np.tanh(2.5 * z), -4.0, 8.0),
    "sin": Table(lambda z: np.sin(np.clip(5.0 * z, -60.0, 60.0)), -16.0, 32.0),
    "gauss": Table(lambda z: np.exp(-5.0 * z * z), -2.0, 4.0),
    "elu": Table(lambda z: _line_or(z, np.expm1(z)), -8.0, 8.0, tail=1.0),
    "lelu": Table(lambda z: _line_or(z, 0.005 * z), -256.0, 256.0, tail=1.0),
    "selu": Table(lambda z: _line_or(z, SELU_SCALE * SELU_ALPHA * np.expm1(z), SELU_SCALE), -8.0, 8.0, tail=SELU_TAIL),
    "softplus": Table(lambda z: 0.2 * np.log1p(np.exp(np.clip(5.0 * z, -60.0, 60.0))), -4.0, 16.0),
    "inv": Table(_inverse, -32.0, 64.0),
    "log": Table(lambda z: np.log(np.maximum(z, 1e-7)), 0.0, 32.0),
    "exp": Table(lambda z: np.exp(np.minimum(z, 60.0)), -12.0, 16.0),
    "square": Table(lambda z: z * z, -8.0, 16.0),
    "cube": Table(lambda z: z * z * z, -4.0, 8.0),
}


def check_activations(
    wanted: Sequence[str], available: Sequence[str], output: str | None = None, who: str = "neat.activation_options"
) -> None:
    """Raise a :class:`UserError` when a network may use an activation that the chip does not have.

    wanted: ``neat.activation_options``, or what `who` has; available: ``adam.activations``
    output: ``neat.output_activation``
    """
    said = [(f"{who} has {name!r}", name) for name in wanted]
    if output is not None:
        said.append((f"neat.output_activation is {output!r}", output))
    for where, name in said:
        if name not in available:
            raise UserError(
                f"{where}, for which the chip has no table; adam.activations has: "
                f"{', '.join(available)}{nearest(name, available)}"
            )


def uses_table() -> NDArray[np.uint8]:
    """Return for each of ``names.ACTIVATIONS`` whether it is looked up, (18,) uint8."""
    return np.array([name in TABLES for name in ACTIVATIONS], np.uint8)


def check_aggregations(wanted: Sequence[str], who: str = "neat.aggregation_options") -> None:
    """Raise a :class:`UserError` unless the only aggregation is the sum, which is all that ADAM's units compute."""
    others = [name for name in wanted if name != "sum"]
    if others:
        raise UserError(
            f"{who} has {', '.join(map(repr, others))}, but the chip multiplies and accumulates: "
            "it has 'sum' alone; run the others on the software backend"
        )


def all_entries(
    adam: AdamSettings, scale: float, offset: int, low: int, high: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the chip's tables end to end, and where each of ``names.ACTIVATIONS`` begins, -1 for none.

    The others as in :meth:`Table.entries`. Raises :class:`UserError` for segments smaller than an address.
    """
    bits, segments = adam.table_bits, adam.segment_bits
    piecewise = adam.function_unit == "piecewise"
    if piecewise and segments > bits:
        raise UserError(
            f"adam.segment_bits = {segments} makes segments that are smaller than the argument's steps: it must be at "
            f"most adam.table_bits = {bits}"
        )
    base = np.full(len(ACTIVATIONS), -1, np.int64)
    tables: list[NDArray[np.int32]] = []
    for kind, name in enumerate(ACTIVATIONS):
        if name in adam.activations and name in TABLES:
            base[kind] = len(tables) << bits
            unit = TABLES[name]
            tables.append(
                unit.interpolated(bits, segments, scale, offset, low, high)
                if piecewise
                else unit.entries(bits, scale, offset, low, high)
            )
    return (np.concatenate(tables) if tables else np.zeros(1, np.int32)), base
