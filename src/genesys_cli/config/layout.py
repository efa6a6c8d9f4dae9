"""How genes are written in 64-bit words, as data: the fields of a node's word and of a connection's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..errors import GenesysError, nearest
from . import toml
from .base import Table
from .presets import preset_folder

WORD_BITS = 64
MAX_ID_BITS = 14  # two ids make a connection's key, which the population keeps in an int32

# Fields that each kind of word must have, and their formats. `genome` may be there as well.
REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "node": {
        "type": ("bool", "unsigned"),
        "kind": ("unsigned",),
        "id": ("unsigned",),
        "bias": ("fixed",),
        "response": ("fixed",),
        "activation": ("unsigned",),
        "aggregation": ("unsigned",),
    },
    "connection": {
        "type": ("bool", "unsigned"),
        "source": ("unsigned",),
        "destination": ("unsigned",),
        "weight": ("fixed",),
        "enable": ("bool",),
    },
}
OPTIONAL = {"genome": ("unsigned",)}
# Gene split compares words before it knows what they are, so these fields lie in the same place in both.
SHARED = (("type", "type"), ("id", "source"), ("genome", "genome"))


class FieldSettings(Table):
    """One field of a word."""

    name: str = Field(min_length=1, description="Name of the field.")
    offset: int = Field(ge=0, le=WORD_BITS - 1, description="Position of the least significant bit in the word.")
    width: int = Field(ge=1, le=32, description="Width, in bits.")
    format: Literal["unsigned", "bool", "fixed"] = Field(
        "unsigned", description="Whole number, flag, or signed fixed point in two's complement."
    )
    fraction: int = Field(0, ge=0, le=31, description="Bits after the point, of a fixed-point field.")


class NumberSettings(Table):
    """A signed fixed-point number in two's complement."""

    width: int = Field(16, ge=2, le=32, description="Width with the sign, in bits.")
    fraction: int = Field(10, ge=0, le=31, description="Bits after the point.")


class LayoutSettings(Table):
    """A layout of gene words, and the numbers that ADAM computes with beside it."""

    description: str = Field("", description="What the layout is, in a sentence.")
    max_nodes: int = Field(
        2**MAX_ID_BITS, ge=2, le=2**MAX_ID_BITS, description="Maximum number of nodes in a genome, inputs included."
    )
    max_genomes: int | None = Field(
        None, ge=2, le=100_000_000, description="Maximum number of genomes; none: words carry no genome id."
    )
    operand: NumberSettings = Field(NumberSettings(), description="Number format of ADAM's operands and results.")
    accumulator_bits: int = Field(32, ge=4, le=64, description="Width of ADAM's accumulators, in bits.")
    node: list[FieldSettings] = Field(min_length=1, description="Fields of a node's word.")
    connection: list[FieldSettings] = Field(min_length=1, description="Fields of a connection's word.")

    @model_validator(mode="after")
    def _check_together(self) -> LayoutSettings:
        if problems := list(_conflicts(self)):
            raise PydanticCustomError("conflict", "{allowed}", {"allowed": "; ".join(problems)})
        return self

    @property
    def weight_bits(self) -> int:
        """Width of a weight, in bits."""
        return next(field.width for field in self.connection if field.name == "weight")


def _conflicts(layout: LayoutSettings) -> Iterator[str]:
    """Yield what is wrong between the fields of a layout."""
    named: dict[str, dict[str, FieldSettings]] = {}
    for kind, required in REQUIRED.items():
        fields: list[FieldSettings] = getattr(layout, kind)
        named[kind] = {field.name: field for field in fields}
        if len(named[kind]) < len(fields):
            yield f"two fields of a {kind} have the same name"
        for name in required:
            if name not in named[kind]:
                yield f"a {kind} has no field {name!r}"
        formats = {**required, **OPTIONAL}
        for field in fields:
            if field.name not in formats:
                yield f"a {kind} cannot have a field {field.name!r}{nearest(field.name, formats)}"
            elif field.format not in formats[field.name]:
                yield f"{kind} field {field.name!r} must have the format {' or '.join(formats[field.name])}"
        yield from _misfits(kind, fields)
    for in_node, in_connection in SHARED:
        one, other = named["node"].get(in_node), named["connection"].get(in_connection)
        if (one is None) != (other is None):
            if in_node == "genome":
                yield "the field 'genome' must be in both words or in neither"
        elif one and other and (one.offset, one.width) != (other.offset, other.width):
            yield f"the node's {in_node!r} and the connection's {in_connection!r} must lie in the same place"
    yield from _too_narrow(layout, named)


def _misfits(kind: str, fields: list[FieldSettings]) -> Iterator[str]:
    owner: dict[int, str] = {}
    for field in fields:
        if field.offset + field.width > WORD_BITS:
            yield f"{kind} field {field.name!r} reaches beyond bit {WORD_BITS - 1}"
        if field.format == "bool" and field.width != 1:
            yield f"{kind} field {field.name!r} is a flag, so its width must be 1"
        if field.format == "fixed" and not field.fraction < field.width:
            yield f"{kind} field {field.name!r} has more bits after the point than it has bits beside the sign"
        place = range(field.offset, field.offset + field.width)
        for other in dict.fromkeys(owner[bit] for bit in place if bit in owner):
            yield f"{kind} fields {other!r} and {field.name!r} overlap"
        owner.update(dict.fromkeys(place, field.name))


def _too_narrow(layout: LayoutSettings, named: dict[str, dict[str, FieldSettings]]) -> Iterator[str]:
    node, connection = named["node"], named["connection"]
    if "type" in node and node["type"].width != 1:
        yield "the field 'type' must have 1 bit: 0 for a node, 1 for a connection"
    if "kind" in node and node["kind"].width < 2:
        yield "the field 'kind' must have 2 bits: 00 hidden, 01 input, 10 output"
    if "id" in node:
        width = node["id"].width
        if width > MAX_ID_BITS:
            yield f"ids must have at most {MAX_ID_BITS} bits"
        elif layout.max_nodes > 2**width:
            yield f"max_nodes must be at most {2**width}, since ids have {width} bits"
        if "destination" in connection and connection["destination"].width != width:
            yield "ids of sources and destinations must have the same width"
    if "genome" in node and (layout.max_genomes is None or layout.max_genomes > 2 ** node["genome"].width):
        yield f"max_genomes must be at most {2 ** node['genome'].width}, as many as 'genome' tells apart"
    if "genome" not in node and layout.max_genomes is not None:
        yield "max_genomes needs a field 'genome'"
    if layout.operand.fraction >= layout.operand.width:
        yield "operand has more bits after the point than it has bits beside the sign"
    if layout.accumulator_bits < layout.operand.width:
        yield "accumulator_bits must not be below the width of an operand"


def layout_names() -> list[str]:
    return sorted(path.stem for path in (preset_folder() / "chips" / "layouts").glob("*.toml"))


def unknown_layout(name: str) -> PydanticCustomError:
    """Return the validation error of a name that no layout has."""
    names = layout_names()
    text = f"must be one of {', '.join(names)}, or a table that describes a layout{nearest(name, names)}"
    return PydanticCustomError("conflict", "{allowed}", {"allowed": text})


@cache
def shipped_layout(name: str) -> LayoutSettings:
    """Return a shipped layout, by its name."""
    path = preset_folder() / "chips" / "layouts" / f"{name}.toml"
    try:
        document: dict[str, Any] = toml.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GenesysError(f"the shipped layout {path} cannot be read: {error.strerror}; install it again") from None
    return LayoutSettings.model_validate(document)
