"""What a generation's time consists of: who works when on the chip, and the waits for the world between steps."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .. import counts as count
from ..config.chip import ChipSettings
from ..counts import Row, lookup
from ..errors import UserError
from .block import BREEDING, PLAYING, PREPARING, SPECIES, WAITING

PLAYED = (
    count.ADAM_CYCLES,
    count.ADAM_STALL_BANKS,
    count.ADAM_STALL_TABLES,
    count.ADAM_STALL_DRAM,
    count.ADAM_STALL_RESULTS,
    count.INTERFACE_OPERANDS,
    count.CPU_STEP_CYCLES,
)
"""Cycles in which the population plays, one after another."""

Robots = Literal["population", "one"]


class Pace(NamedTuple):
    """How fast the steps of the world follow one another.

    hz: steps per second, above 0
    robots: population: each genome has one, and all step in lockstep; one: it lives through all episodes in turn
    """

    hz: float
    robots: Robots = "population"

    def rounds(self, *, steps: float, lockstep: float) -> float:
        """Return the steps of the world in a generation.

        steps: of all genomes; lockstep: of the genome with the most, all its episodes together
        """
        return steps if self.robots == "one" else lockstep


class Timeline(NamedTuple):
    """Seconds of one or more generations by span, one after another, and how often the chip waits between steps.

    rounds: steps of the world; 0 where there is none
    """

    seconds: dict[str, float]
    rounds: float


def timeline(
    counts: Row, chip: ChipSettings, pace: Pace | None = None, wake_s: float = 0.0, generations: int = 1
) -> Timeline:
    """Return the spans of the generations that counts are of.

    wake_s: seconds that blocks need after each wait; they are part of the wait
    generations: how many the counts are summed over
    Raises :class:`UserError` where the chip is slower than the world.
    """
    n = lookup(counts)
    hertz = chip.clock.frequency_hz
    breeding = (n(count.EVOLVE_CYCLES) + n(count.DRAM_CYCLES) + n(count.CPU_CHECK_CYCLES)) / hertz
    species = (n(count.CPU_SPECIATE_CYCLES) + n(count.CPU_SELECT_CYCLES)) / hertz
    inference = max(0.0, n(count.GENERATION_CYCLES) / hertz - breeding - species)
    playing = min(inference, sum(map(n, PLAYED)) / hertz)
    seconds = {BREEDING: breeding, SPECIES: species, PREPARING: inference - playing, PLAYING: playing}
    if pace is None:
        return Timeline(seconds, 0.0)
    rounds = pace.rounds(steps=n(count.DECISIONS), lockstep=n(count.LONGEST_DECISIONS))
    waiting = rounds / pace.hz - playing
    # In lockstep the first steps take longest, in which everybody plays; one robot's are alike.
    longest = n(count.ROUND_CYCLES) / hertz / generations if pace.robots == "population" else 0.0
    step = 1 / pace.hz
    if rounds and (waiting < rounds * wake_s or longest + wake_s > step):
        each = max(longest, playing / rounds) + wake_s
        woken = f", {wake_s:.3g} s of it to wake up" if wake_s else ""
        raise UserError(
            f"the chip cannot keep {pace.hz:g} Hz: a step takes {each:.3g} s{woken}, {each - step:.3g} s more "
            "than there is; choose a lower world.pace_hz, a smaller neat.population, a larger array or another "
            "power.policy"
        )
    return Timeline(seconds | {WAITING: waiting}, rounds)
