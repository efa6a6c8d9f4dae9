"""A chip's tables as Accelergy writes them: energy of each action, area of each part, how often each action was done.

Components are the blocks of the energy table: ``genesys.sram`` has the actions that its entries price. What leaks is a
component of its own, ``genesys.sram.bank[0..47]``, with one action ``leak`` per clock cycle and instance, so that its
count is cycles times instances. Energy is in pJ, area in um^2 per instance, both of this chip, in its technology and at
its voltage. Bottom-up: the factor of calibration is in a comment alone.

Accelergy: Y. N. Wu, J. S. Emer, V. Sze, "Accelergy", ICCAD 2019; the form is that of version 0.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..energy.blocks import instances
from ..energy.chip import ChipEnergy
from ..energy.prices import Line, price_of
from ..energy.table import AREA, ENERGY, EnergyTable
from ..ranges import Range
from .yaml_text import document

VERSION = 0.4
ROOT = "genesys"
SIDES = ("low", "", "high")
"""Which file has which side of every entry: ``ERT_low.yaml``, ``ERT.yaml`` (nominal), ``ERT_high.yaml``."""


class Action(NamedTuple):
    """A line of both tables. energy: pJ, of one of it; counts: how often"""

    component: str
    name: str
    energy: Range
    counts: float


def files(energy: ChipEnergy, chip: ChipSettings, table: EnergyTable, about: str) -> dict[str, str]:
    """Return texts by name of file: ``ERT``, ``ART`` and ``action_counts``. about: what the counts are of"""
    actions = actions_of(energy.lines, chip)
    areas = areas_of(chip, table)
    priced = f"{about}\nTable {table.name}; bottom-up; the calibration factor would be {energy.factor!r}."
    found = {}
    for side, name in enumerate(SIDES):
        ending = f"_{name}.yaml" if name else ".yaml"
        said = f"{priced} {name or 'nominal'} values."
        found[f"ERT{ending}"] = document(_ert(actions, side), f"{said} Energy in pJ.")
        art = [{"name": part, "area": area[side]} for part, area in areas.items()]
        found[f"ART{ending}"] = document(
            {"ART": {"version": VERSION, "tables": art}}, f"{said} Area in um^2 per instance."
        )
    found["action_counts.yaml"] = document(_counts(actions), f"{about}\nleak: cycles x instances.")
    return found


def actions_of(lines: Sequence[Line], chip: ChipSettings) -> list[Action]:
    """Return what was paid for, phases together; what has no energy at all is there too."""
    found: dict[tuple[str, str], Action] = {}
    for line in lines:
        new = _action(line) if line.kind == ENERGY else _leak(line, chip)
        key = new.component, new.name
        if key in found and found[key].energy != new.energy:
            raise ValueError(f"{new.component} has two energies of {new.name}")
        before = found[key].counts if key in found else 0.0
        found[key] = new._replace(counts=before + new.counts)
    return list(found.values())


def areas_of(chip: ChipSettings, table: EnergyTable) -> dict[str, Range]:
    """Return the um^2 of one instance of each part that leaks, by component."""
    found = {}
    for (component, part), number in instances(chip).items():
        name, each = part_of(component, part, number)
        found[name] = price_of(table, AREA, component, part, chip).scaled(each)
    return found


def part_of(component: str, part: str, number: float) -> tuple[str, float]:
    """Return the component of what leaks, and how many instances of the table make one of it.

    A table's bank has a certain depth. Of banks with another one a chip may have a number that is not whole; they are
    one component together.
    """
    name = f"{ROOT}.{component}.{part}"
    if number == 1 or not float(number).is_integer():
        return name, number
    return f"{name}[0..{number - 1:.0f}]", 1.0


def _action(line: Line) -> Action:
    return Action(f"{ROOT}.{line.component}", _word(line.action), line.price, line.times)


def _leak(line: Line, chip: ChipSettings) -> Action:
    """Return a leakage as an action per cycle. A line says mW an instance and instance-seconds."""
    part, _, state = line.action.partition(" ")
    number = instances(chip).get((line.component, part), 1.0)
    name, each = part_of(line.component, part, number)
    hertz = chip.clock.frequency_hz
    return Action(
        name, _word(f"leak {state}".strip()), line.price.scaled(each * 1e9 / hertz), line.times * hertz / each
    )


def _word(text: str) -> str:
    return text.replace(" ", "_")


def _ert(actions: Sequence[Action], side: int) -> dict[str, Any]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for action in actions:
        entry = {"name": action.name, "arguments": {}, "energy": action.energy[side]}
        tables.setdefault(action.component, []).append(entry)
    entries = [{"name": name, "actions": listed} for name, listed in tables.items()]
    return {"ERT": {"version": VERSION, "tables": entries}}


def _counts(actions: Sequence[Action]) -> dict[str, Any]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for action in actions:
        whole = math.isfinite(action.counts) and float(action.counts).is_integer()
        counts = int(action.counts) if whole else action.counts
        tables.setdefault(action.component, []).append({"name": action.name, "counts": counts})
    entries = [{"name": name, "action_counts": listed} for name, listed in tables.items()]
    return {"action_counts": {"version": VERSION, "local": entries}}
