"""A layout of gene words in two forms: whole arrays for Python, and constants for kernels.

A node's word holds its id, its kind and four attributes; a connection's its source, its destination, weight and enable
flag. Fixed-point fields are two's complement, rounded to nearest (ties to even), and saturate at both ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.jit import inline
from ..config.chip import ChipSettings
from ..config.layout import FieldSettings, LayoutSettings, NumberSettings

HIDDEN, INPUT, OUTPUT = 0, 1, 2  # values of the field `kind`


class Bits(NamedTuple):
    """A field of whole numbers. An absent one has the mask 0, and then reads as 0 and writes nothing."""

    shift: np.uint64
    mask: np.uint64  # of the value, that is before it is shifted into its place


class Fixed(NamedTuple):
    """A field of fixed-point numbers; `raw` is the whole number that stands for ``raw / scale``."""

    shift: np.uint64
    mask: np.uint64
    sign: np.uint64  # the sign bit, before the shift
    low: np.int64  # smallest raw
    high: np.int64  # largest raw
    scale: np.float64  # 2 ** fraction
    unit: np.float32  # 1 / scale, exact


class LayoutBits(NamedTuple):
    """The layout as kernels take it. `id` is a node's id and a connection's source, which lie in the same place."""

    genome: Bits
    type: Bits
    kind: Bits
    id: Bits
    destination: Bits
    bias: Fixed
    response: Fixed
    weight: Fixed
    activation: Bits
    aggregation: Bits
    enable: Bits
    max_nodes: np.int64


@inline
def get(word, field):
    """Return a field of a word (uint64) as uint64; of a fixed-point field the bits, without their sign."""
    return (word >> field.shift) & field.mask


@inline
def put(word, field, value):
    """Return the word with a field replaced by the low bits of `value` (uint64, or int64 in two's complement)."""
    return (word & ~(field.mask << field.shift)) | ((np.uint64(value) & field.mask) << field.shift)


@inline
def is_connection(word, layout):
    return get(word, layout.type) != np.uint64(0)


@inline
def key(word, layout):
    """Return what gene split compares (uint64): nodes by id come before connections by source and destination.

    The word alone decides; the genome that it belongs to and its attributes do not count.
    """
    found = get(word, layout.id) << np.uint64(14)
    if is_connection(word, layout):
        found |= get(word, layout.destination) | np.uint64(1 << 28)
    return found


@inline
def get_raw(word, field):
    """Return a fixed-point field as the whole number (int64) that it holds."""
    bits = (word >> field.shift) & field.mask
    return np.int64(bits ^ field.sign) - np.int64(field.sign)


class Layout:
    """A layout of gene words; see :func:`layout_of`.

    settings: what it was made from. bits: the same for kernels
    """

    def __init__(self, settings: LayoutSettings) -> None:
        self.settings = settings
        node = {field.name: field for field in settings.node}
        connection = {field.name: field for field in settings.connection}
        self._fields: dict[str, dict[str, FieldSettings]] = {"node": node, "connection": connection}
        self.bits = LayoutBits(
            genome=_bits(node.get("genome")),
            type=_bits(node["type"]),
            kind=_bits(node["kind"]),
            id=_bits(node["id"]),
            destination=_bits(connection["destination"]),
            bias=fixed(node["bias"]),
            response=fixed(node["response"]),
            weight=fixed(connection["weight"]),
            activation=_bits(node["activation"]),
            aggregation=_bits(node["aggregation"]),
            enable=_bits(connection["enable"]),
            max_nodes=np.int64(settings.max_nodes),
        )

    @property
    def operand(self) -> Fixed:
        """The numbers that enter and leave ADAM's units."""
        return fixed(self.settings.operand)

    def pack(self, kind: str, values: dict[str, NDArray[Any]]) -> tuple[NDArray[np.uint64], int]:
        """Return words, and how many values had to be limited to their field's range.

        kind: ``node`` or ``connection``
        values: by name of the field, arrays of one length; those that are missing are 0. Whole numbers must fit.
        """
        length = len(next(iter(values.values())))
        words = np.full(length, int(kind == "connection") << self._fields[kind]["type"].offset, np.uint64)
        saturated = 0
        for name, array in values.items():
            settings = self._fields[kind][name]
            if settings.format == "fixed":
                raw, limited_ones = quantised(array, fixed(settings))
                saturated += limited_ones
            else:
                raw = np.asarray(array).astype(np.int64)
                if len(raw) and not 0 <= raw.min() <= raw.max() < 2**settings.width:
                    raise ValueError(f"{name} does not fit in {settings.width} bits")
            field = _bits(settings)
            words |= (raw.astype(np.uint64) & field.mask) << field.shift
        return words, saturated

    def unpack(self, kind: str, words: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
        """Return the fields of words of one kind: float32 where they are fixed point, else uint64."""
        found: dict[str, NDArray[Any]] = {}
        for name, settings in self._fields[kind].items():
            field = _bits(settings)
            raw = (words >> field.shift) & field.mask
            if settings.format == "fixed":
                fmt = fixed(settings)
                found[name] = ((raw ^ fmt.sign).astype(np.int64) - np.int64(fmt.sign)).astype(np.float32) * fmt.unit
            else:
                found[name] = raw
        return found


def layout_of(chip: ChipSettings) -> Layout:
    """Return the layout of a chip's gene words."""
    return Layout(chip.genes.resolved())


def fixed(number: FieldSettings | NumberSettings) -> Fixed:
    """Return a fixed-point format for kernels; one that is not a field of a word lies at bit 0."""
    sign = 1 << (number.width - 1)
    return Fixed(
        shift=np.uint64(getattr(number, "offset", 0)),
        mask=np.uint64((1 << number.width) - 1),
        sign=np.uint64(sign),
        low=np.int64(-sign),
        high=np.int64(sign - 1),
        scale=np.float64(2.0**number.fraction),
        unit=np.float32(2.0**-number.fraction),
    )


def quantised(values: NDArray[Any], fmt: Fixed) -> tuple[NDArray[np.int64], int]:
    """Return the nearest whole numbers in units of ``1 / scale``, and how many values had to be limited."""
    scaled = np.rint(np.asarray(values, np.float64) * fmt.scale)
    kept = np.clip(scaled, fmt.low, fmt.high)
    return kept.astype(np.int64), int(np.count_nonzero(kept != scaled))


def _bits(field: FieldSettings | None) -> Bits:
    if field is None:
        return Bits(np.uint64(0), np.uint64(0))
    return Bits(np.uint64(field.offset), np.uint64((1 << field.width) - 1))
