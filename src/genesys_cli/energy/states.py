"""Power states of the chip's blocks: what each leaks, what waking up costs, and which policy chooses which when.

A block that works is active. One that does nothing is, by policy,

======================= ============================================================================================
none                    clocked: its registers' clock runs on
clock                   gated: no clock; it leaks as before
off-between-generations as clock; in a phase in which it never works it goes to its *deepest* state
retention               in its deepest state whenever it does nothing, also between two steps of the world
off-between-steps       as retention, but memories are off between two steps, which needs memories that keep contents
======================= ============================================================================================

The deepest state is off for what has no contents, and for memory that keeps its contents without power; for all else it
is retention.
"""

from __future__ import annotations

from typing import NamedTuple

from ..config.chip import ChipSettings
from ..ranges import Range
from .block import BREEDING, EVOLUTION, PLAYING, PREPARING, SPANS, SPECIES, WAITING, Block
from .provenance import range_of

CLOCKED, GATED, RETENTION, OFF = "clocked", "gated", "retention", "off"
STATES = (CLOCKED, GATED, RETENTION, OFF)
"""Of a block that does nothing, from the one that saves least."""
ASLEEP = (RETENTION, OFF)
SLEEPS_BETWEEN_STEPS = ("retention", "off-between-steps")
"""Policies after which blocks have to wake up for each step of the world."""


class Sleep(NamedTuple):
    """A state with less power than that of waiting.

    leakage: share of the leakage that is left; wake_s: seconds until the block works again
    rail_nf_mm2: capacitance that waking up charges to the full voltage, in nF per mm2
    """

    leakage: Range
    wake_s: Range
    rail_nf_mm2: Range

    def wake_j(self, mm2: float, voltage_v: float) -> Range:
        """Return the energy that the supply gives, C V^2, when a block of some area wakes up once."""
        return self.rail_nf_mm2.scaled(1e-9 * mm2 * voltage_v**2)


def read_states(section: object, problems: list[str]) -> tuple[dict[str, Sleep], Range]:
    """Return a table's states of ASLEEP, and the milliwatts of the timer that stays awake.

    problems: gets what is wrong with them
    """
    states = section if isinstance(section, dict) else {}
    if not isinstance(section, dict):
        problems.append("[states]: is missing")
    problems += [f"states.{key}: there is no such state" for key in states if key not in (*ASLEEP, "timer_mw")]
    found: dict[str, Sleep] = {}
    for name in ASLEEP if isinstance(section, dict) else ():
        stated = states.get(name)
        stated = stated if isinstance(stated, dict) else {}
        problems += [f"states.{name}.{key}: there is no such constant" for key in stated if key not in Sleep._fields]
        ranges = [range_of(stated.get(key), f"states.{name}.{key}", problems) for key in Sleep._fields]
        known = [one for one in ranges if one is not None]
        if len(known) == len(ranges):
            found[name] = Sleep(*known)
            if found[name].leakage.high > 1:
                problems.append(f"states.{name}.leakage: is a share, so it cannot be above 1")
    timer = range_of(states.get("timer_mw"), "states.timer_mw", problems) if isinstance(section, dict) else None
    return found, timer or Range.exactly(0.0)


def deepest(block: Block, *, non_volatile: bool) -> str:
    """Return the deepest state in which a block loses nothing that it needs."""
    return RETENTION if block.keeps and not (block.stores and non_volatile) else OFF


def state_of(block: Block, span: str, chip: ChipSettings, *, non_volatile: bool) -> str | None:
    """Return the state of a block in a span; None: it is active.

    non_volatile: whether memories keep their contents without power
    """
    policy = chip.power.policy
    if span in block.works:
        return None
    if policy == "none":
        return CLOCKED
    deep = deepest(block, non_volatile=non_volatile and policy == "off-between-steps")
    if policy == "clock":
        return GATED
    if policy == "off-between-generations":
        together = [other for other in SPANS if _evolves(other) == _evolves(span)]
        return GATED if any(other in block.works for other in together) else deep
    return deep


def wakes(
    block: Block, chip: ChipSettings, *, rounds: float, generations: float, non_volatile: bool
) -> dict[str, float]:
    """Return how often a block wakes up from each state of ASLEEP.

    rounds: waits for the world in all `generations`; 0: there is none
    """
    times = {
        (BREEDING, SPECIES): generations,
        (SPECIES, PREPARING): generations,
        (PREPARING, PLAYING): generations,
        (WAITING, PLAYING): max(0.0, rounds - generations),  # the last wait of a generation ends with breeding
        (WAITING if rounds else PLAYING, BREEDING): generations,
    }
    found: dict[str, float] = {}
    for (before, after), number in times.items():
        was, becomes = (state_of(block, span, chip, non_volatile=non_volatile) for span in (before, after))
        if was in ASLEEP and becomes not in ASLEEP:
            found[str(was)] = found.get(str(was), 0.0) + number
    return found


def _evolves(span: str) -> bool:
    """Say whether a span is of evolution; waits belong to playing."""
    return SPANS[span] == EVOLUTION
