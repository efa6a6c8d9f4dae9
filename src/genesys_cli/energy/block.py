"""What a block of the chip is to the energy model: a class that says everything about it. ``blocks.py`` has them all.

A block names its prices, counts its instances, and turns counts into actions that are paid for, of itself and of the
blocks that it keeps busy: whoever reads a word pays for the bank and for the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, NamedTuple

from ..config.chip import ChipSettings
from ..counts import Count
from ..facts import WORD

EVOLUTION, INFERENCE = "evolution", "inference"
PHASES = (INFERENCE, EVOLUTION)
"""In which the chip computes."""

BREEDING, SPECIES, PREPARING, PLAYING, WAITING = "breeding", "species", "preparing", "playing", "waiting"
SPANS = {BREEDING: EVOLUTION, SPECIES: EVOLUTION, PREPARING: INFERENCE, PLAYING: INFERENCE, WAITING: WAITING}
"""Parts of a generation, one after another, and the phase of each. Waiting, for the world, is a phase of its own."""


class Geometry(NamedTuple):
    """sides: mm, of each block on the chip, from nominal areas; each is a square, and its neighbours touch it"""

    sides: Mapping[str, float]

    def between(self, one: str, other: str) -> float:
        """Return the way in mm from the middle of a block to the middle of its neighbour."""
        return (self.sides[one] + self.sides[other]) / 2


class Event(NamedTuple):
    """Something that is paid for.

    component: that pays; by: name of the block that has it done, such as EvE when it has a bank read
    times: how often; counted: how that follows from columns
    """

    component: str
    action: str
    phase: str
    times: float
    counted: str
    by: str


class Amount(NamedTuple):
    """How often something happened, and how that follows from columns."""

    times: float
    counted: str

    def over(self, divisor: int) -> Amount:
        return Amount(self.times / divisor, f"{self.counted} / {divisor}")

    def less(self, other: Amount) -> Amount:
        return Amount(self.times - other.times, f"{self.counted} - {other.counted}")

    def by(self, factor: float, unit: str = "") -> Amount:
        return Amount(self.times * factor, f"{self.counted} x {factor}{unit}")


class Ledger:
    """Collects what is paid for."""

    def __init__(self, number: Callable[[Count], float], chip: ChipSettings, at: Geometry) -> None:
        """number: of counts, see :func:`genesys_cli.counts.lookup`"""
        self.chip = chip
        self.at = at
        self.events: list[Event] = []
        self.by = ""  # the name of the block that records
        self._number = number

    def of(self, *counts: Count) -> Amount:
        """Return the sum of some counts."""
        return Amount(sum(map(self._number, counts)), " + ".join(count.name for count in counts))

    def less(self, whole: Count, *parts: Count) -> Amount:
        """Return a count less others."""
        left = self._number(whole)
        for part in parts:
            left -= self._number(part)
        return Amount(left, " - ".join(count.name for count in (whole, *parts)))

    def add(self, phase: str, component: str, action: str, amount: Amount) -> None:
        self.events.append(Event(component, action, phase, *amount, self.by))

    def carry(self, phase: str, words: Amount, length: float) -> None:
        """Add words that travel `length` mm to another block."""
        self.wire(phase, words, length)
        self.add(phase, "noc", "hop", words)

    def wire(self, phase: str, words: Amount, length: float) -> None:
        """Add the wire alone, for words that go on from where they are."""
        counted = f"{WORD} bits x ({words.counted}) x {length:.4f} mm"
        self.add(phase, "noc", "bit_mm", Amount(WORD * words.times * length, counted))


class Block:
    """A block. Its name is its component in tables of prices; all else is none where a block does not say it."""

    name: ClassVar[str]
    actions: ClassVar[tuple[str, ...]] = ()
    """What a table has to price the energy of."""
    parts: ClassVar[tuple[str, ...]] = ()
    """What leaks and takes room, and so has a price of leakage and of area."""
    laws: ClassVar[tuple[str, ...]] = ()
    """Constants of a table that it needs beside prices."""
    paid: ClassVar[Mapping[Count, str]] = {}
    """Counts that :meth:`record` reads, and what they are paid as."""
    free: ClassVar[Mapping[Count, str]] = {}
    """Counts of this block that cost nothing of their own, and why."""
    on_chip: ClassVar[bool] = True
    """Whether the chip's published power covers it, so that calibration does."""
    works: ClassVar[tuple[str, ...]] = ()
    """The spans in which it has something to do."""
    keeps: ClassVar[bool] = False
    """Whether it has contents that it needs again, so that it must not lose them while it does nothing."""
    stores: ClassVar[bool] = False
    """Whether it is made of memory, which may keep its contents without power."""

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        """Return how many of each part a chip has."""
        return {}

    def clocked_bits(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        """Return the register bits that a clock that is not gated drives while the block does nothing."""
        return 0.0

    def record(self, ledger: Ledger) -> None:
        """Add what is paid for."""

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """Return what is counted in one cycle in which the block does all that it can."""
        return {}

    def energy_factor(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        """Return what its prices of energy are multiplied by on a chip, beside technology and voltage."""
        return 1.0


def merged(parts: Iterable[Mapping[Count, str]]) -> dict[Count, str]:
    """Return what several blocks say of counts; what two say of the same one, in one line."""
    found: dict[Count, str] = {}
    for part in parts:
        for count, text in part.items():
            found[count] = f"{found[count]}; {text}" if count in found else text
    return found
