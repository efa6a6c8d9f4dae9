"""From the counts of a generation to priced events: which counts are paid for, as what, and how often.

Counts are a row of ``metrics.csv`` of a run on the chip, or a sum of such rows: everything here is linear.
:data:`READ`, :data:`WAITED` and :data:`NOT_PRICED` together name every count of such a run; the blocks (``blocks.py``)
say what is paid for.
"""

from __future__ import annotations

import math

from .. import counts as count
from ..config.chip import ChipSettings
from ..counts import COUNTS, ENVIRONMENT, Count, Row, lookup, missing
from ..errors import UserError
from .block import EVOLUTION, INFERENCE, Event, Geometry, Ledger, merged
from .blocks import BLOCKS, instances
from .memories import entry
from .table import AREA, EnergyTable

_EVOLUTION_TIME = (
    count.EVOLVE_CYCLES,
    count.DRAM_CYCLES,
    count.CPU_CHECK_CYCLES,
    count.CPU_SPECIATE_CYCLES,
    count.CPU_SELECT_CYCLES,
)
_TIME = {
    **dict.fromkeys(_EVOLUTION_TIME, "time, and so leakage, of evolution"),
    count.GENERATION_CYCLES: "time, and so leakage, of both phases",
}

READ: dict[Count, str] = merged([*(block.paid for block in BLOCKS), _TIME])
"""Counts that :func:`events` and :func:`phase_seconds` read, and what they are paid as."""

WAITED: dict[Count, str] = {
    count.ADAM_CYCLES: "time in which the population plays",
    count.ADAM_STALL_DRAM: "time in which the array waits for DRAM",
    count.ADAM_STALL_BANKS: "time in which it waits for banks",
    count.ADAM_STALL_TABLES: "time in which it waits for tables",
    count.ADAM_STALL_RESULTS: "time in which it waits for results",
    count.CPU_STEP_CYCLES: "time of the CPU in which the population plays",
    count.ROUND_CYCLES: "time of the longest step of the world",
    count.DECISIONS: "steps of the world, for one robot",
    count.LONGEST_DECISIONS: "steps of the world, for a robot each",
}
"""Counts that say how long a block has nothing to do, and the chip waits for the world; see ``timeline.py``."""

NOT_PRICED: dict[Count, str] = {
    **merged(block.free for block in BLOCKS),
    count.SERIAL_CYCLES: "what generation_cycles would be without overlap",
    count.OVERLAPPED_CYCLES: "what generation_cycles saves by overlap",
    **{each: "the environment is not on the chip" for each in COUNTS.values() if each.phase == ENVIRONMENT},
}
"""Counts that cost nothing of their own, and why."""


def geometry(chip: ChipSettings, table: EnergyTable) -> Geometry:
    area: dict[str, float] = {}
    for (component, part), number in instances(chip).items():
        price = entry(table, AREA, component, part, chip)[0].at(chip.clock)
        area[component] = area.get(component, 0.0) + number * price.nominal * 1e-6
    return Geometry({component: math.sqrt(mm2) for component, mm2 in area.items()})


def checked(counts: Row) -> None:
    """Raise a :class:`UserError` unless these are counts of a run on the chip."""
    if lacking := [each.name for each in missing(counts, READ)]:
        more = f" and {len(lacking) - 3} others" if len(lacking) > 3 else ""
        raise UserError(
            f"these are not the counts of a run on the chip: they have no {', '.join(lacking[:3])}{more}; give a row "
            "of metrics.csv of a run with --backend genesys, or the sum of such rows"
        )
    for each in READ:
        value = counts.get(each.name)
        if value is not None and not 0 <= value < math.inf:
            raise UserError(
                f"the count {each.name} = {value!r} cannot be: it must be a finite number that is not negative"
            )


def phase_seconds(counts: Row, chip: ChipSettings) -> dict[str, float]:
    """Return the time of each phase: evolution's parts do not overlap with anything."""
    n = lookup(counts)
    evolution = sum(map(n, _EVOLUTION_TIME))
    inference = max(0.0, n(count.GENERATION_CYCLES) - evolution)
    return {INFERENCE: inference / chip.clock.frequency_hz, EVOLUTION: evolution / chip.clock.frequency_hz}


def events(counts: Row, chip: ChipSettings, at: Geometry) -> list[Event]:
    """Return all that is paid for."""
    ledger = Ledger(lookup(counts), chip, at)
    for block in BLOCKS:
        ledger.by = block.name
        block.record(ledger)
    return ledger.events
