"""Files for other tools: for each chip of a comparison its Accelergy tables and SCALE-Sim reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..config.chip import ChipSettings
from ..energy.table import EnergyTable
from ..files.storage import disk_errors, write_atomically
from . import accelergy, scalesim
from .rows import Group

REFUSED = "choose another folder with --ert"
EXHAUSTED = "free some disk space, and run this again"


def write_tables(folder: Path, chips: Sequence[tuple[Group, ChipSettings]], table: EnergyTable) -> None:
    """Write all files of all chips; each has a folder of its own where there are several.

    chips: groups that have an energy, and the chip of each
    """
    names = folder_names([group for group, _ in chips])
    for (group, chip), name in zip(chips, names, strict=True):
        assert group.chip is not None
        inside = folder / name if len(chips) > 1 else folder
        with disk_errors(inside, REFUSED, EXHAUSTED):
            inside.mkdir(parents=True, exist_ok=True)
        texts = accelergy.files(group.chip, chip, table, about(group)) | scalesim.files(group.result.layers, chip)
        for file, text in texts.items():
            write_atomically(inside / file, text.encode(), REFUSED, EXHAUSTED)


def about(group: Group) -> str:
    """Return what a group's counts are of, in one line."""
    point = "".join(f", {key} = {value}" for key, value in group.point.items())
    seeds = f"seed {group.seeds[0]}" if len(group.seeds) == 1 else f"{len(group.seeds)} seeds"
    return f"{group.env} on {group.backend}{point}: sums over {group.result.generations} generations, {seeds}."


def folder_names(groups: Sequence[Group]) -> list[str]:
    """Return a name for each group: environment and backend, then what is swept; all differ, in any case of letters."""
    found: list[str] = []
    for group in groups:
        parts = [group.env, group.backend, *(f"{key}={value}" for key, value in group.point.items())]
        name = re.sub(r"[^\w.=+-]+", "_", "-".join(parts))[:200]
        taken = {one.lower() for one in found}
        number, free = 2, name
        while free.lower() in taken:
            free, number = f"{name}-{number}", number + 1
        found.append(free)
    return found
