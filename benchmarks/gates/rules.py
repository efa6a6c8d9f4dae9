"""Which entries of an energy table follow from the figures of which module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from genesys_cli.energy.table import AREA, ENERGY, LEAKAGE
from genesys_cli.ranges import Range
from genesys_cli.rtl.gates.prices import Rule, area_range, energy_of, size_of

Units = Mapping[str, Any]

GENERATOR, MERGE = "xorwow", "gene_merge"
WORDS = 4  # that a generator makes in a cycle
MAC_BITS = 64  # weight, operand and sum of a unit with wide16


def _less(whole: Range, part: Range) -> Range:
    """Return a difference of two figures that err together."""
    return Range(*sorted(max(0.0, one - other) for one, other in zip(whole, part, strict=True)))


def _size(unit: str, **which: Any) -> dict[str, Callable[[Units], Range]]:
    """Return leakage and area of a unit. which: see ``prices.size_of``"""
    return {
        LEAKAGE: lambda units: Range.exactly(size_of(units[unit], "leakage_nw", **which)),
        AREA: lambda units: area_range(size_of(units[unit], "area_um2", **which)),
    }


def _parts(component: str, part: str, unit: str, how: str, **which: Any) -> list[Rule]:
    return [Rule(kind, component, part, (unit,), value, how) for kind, value in _size(unit, **which).items()]


def _clock_of_a_bit(units: Units) -> Range:
    unit = units["generator_ungated"]
    return energy_of(unit, "idle", part="clock").scaled(1 / unit["flops"])


def _mac(unit: str, component_width: int) -> list[Rule]:
    name = f"mac_{component_width}"
    return [
        Rule(
            ENERGY,
            "adam",
            name,
            (unit,),
            lambda units: _less(energy_of(units[unit], "working"), energy_of(units[unit], "idle")),
            "a MAC unit with registers: weights of N(0, 1), operands the tanh of N(0, 1); less one that gets nothing",
        ),
        Rule(
            ENERGY,
            "adam",
            f"beside_{component_width}",
            (unit,),
            lambda units: Range(0.0, 0.0, energy_of(units[unit], "working").high),
            "no clock for a unit that gets no valid operand; high as one that does",
        ),
        *_parts("adam", name, unit, "a MAC unit with its registers"),
    ]


def laws(units: Units) -> dict[str, dict[str, Any]]:
    """Return the constants of a table that gates say, as it has them."""
    flops = next(one["flops"] for one in units["pe"]["modules"] if one["name"] == GENERATOR)
    return {
        "prng_words_per_cycle": {"value": WORDS, "tag": "C", "source": "our own RTL: a word for each part of a slot"},
        "prng_register_bits": {"value": flops, "tag": "C", "source": "flip-flops of a PE's generator in our own RTL"},
    }


RULES = (
    Rule(
        ENERGY,
        "eve",
        "cycle",
        ("pe",),
        lambda units: energy_of(units["pe"], "working", less=(GENERATOR,)),
        "a PE without its generator while it breeds CartPole: cycles with a slot, with what fills or empties its "
        "stages, or with a gene that is moved",
    ),
    Rule(
        ENERGY,
        "eve",
        "wait",
        ("pe",),
        lambda units: energy_of(units["pe"], "waiting"),
        "the same PE and its generator in other cycles of a wave",
    ),
    Rule(
        ENERGY,
        "eve",
        "register_bit",
        ("generator_ungated",),
        _clock_of_a_bit,
        "the clock of the generator's flip-flops without clock gates, for each",
    ),
    Rule(
        ENERGY,
        "prng",
        "word",
        ("pe",),
        lambda units: energy_of(units["pe"], "working", only=GENERATOR).scaled(1 / WORDS),
        "a fourth of a PE's generator, which makes four words in a cycle, while the PE breeds CartPole",
    ),
    Rule(
        ENERGY,
        "adam",
        "register_bit",
        ("mac_16",),
        lambda units: energy_of(units["mac_16"], "idle").scaled(1 / MAC_BITS),
        "a 64th of a MAC unit that gets no valid operand",
    ),
    *_parts("eve", "pe", "pe", "a PE without generator and gene merge", less=(GENERATOR, MERGE)),
    *_parts("eve", "merge", "pe", "gene merge of a PE", only=MERGE),
    *_parts("eve", "split", "split", "gene split of a PE"),
    *_parts("prng", "generator", "pe", "a PE's generator", only=GENERATOR),
    *_mac("mac_8", 8),
    *_mac("mac_16", 16),
)
