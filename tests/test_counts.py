"""The register of counts: nothing is read that is not there, and the docs say what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from genesys_cli import counts as count
from genesys_cli.accelerator.eve.registers import AT, PeCounts
from genesys_cli.accelerator.eve.wave_state import ScheduleCounts
from genesys_cli.counts import (
    ADAM,
    COUNTS,
    EVE,
    GENERATION,
    ON_CHIP,
    SOC,
    Count,
    MissingCountError,
    bred,
    lookup,
    missing,
    named,
    nothing,
    positions,
    register,
)
from genesys_cli.neat.kernels.counts import ReproductionCounts

DOCS = Path(__file__).parents[1] / "docs"
TABLES = {
    "run-folder.md": [one for one in COUNTS.values() if one.by not in ON_CHIP],
    "accelerator-eve.md": [one for one in COUNTS.values() if one.by == EVE],
    "accelerator-adam.md": [one for one in COUNTS.values() if one.by == ADAM],
    "accelerator.md": [one for one in COUNTS.values() if one.by == SOC],
}


def test_a_constant_has_the_name_of_its_count():
    constants = {name: value for name, value in vars(count).items() if isinstance(value, Count) and name.isupper()}
    assert constants == {one.name.upper(): one for one in COUNTS.values() if one not in count.FAULTS.values()}


@pytest.mark.parametrize("file", TABLES)
def test_the_tables_of_the_docs_are_the_register(file: str) -> None:
    rows = [f"| `{one.name}` | {one.unit} | {one.meaning} |" for one in TABLES[file]]
    table = "\n".join(["| count | unit | what it says |", "|---|---|---|", *rows])
    assert table in (DOCS / file).read_text(encoding="utf-8"), f"docs/{file} has to have this table:\n{table}"


def test_every_count_is_in_a_table():
    assert sorted(one.name for table in TABLES.values() for one in table) == sorted(COUNTS)


def test_what_a_row_lacks_is_no_zero():
    n = lookup({"genes_in": 3, "macs": 7.0, "bubbles": None})
    assert (n(count.GENES_IN), n(count.MACS)) == (3.0, 7.0)
    for absent in (count.BUBBLES, count.GENES_OUT, count.DECISIONS):
        with pytest.raises(MissingCountError, match=f"this row of metrics has no {absent.name}: it is of another"):
            n(absent)


def test_a_row_in_which_nothing_was_bred_has_no_reproduction():
    row = {"macs": 7, "genes_in": None}
    assert not bred(row)
    assert lookup(row)(count.GENES_IN) == 0.0
    with pytest.raises(MissingCountError, match="has no decisions"):
        lookup(row)(count.DECISIONS)
    assert missing(row, [count.GENES_IN, count.MACS, count.DECISIONS]) == [count.DECISIONS]
    assert missing({**row, "slots": 0}, [count.GENES_IN, count.MACS]) == [count.GENES_IN]


def test_rows_of_counters_are_named_by_the_register():
    assert AT.genes_in == 0
    assert AT.merge_moves == len(PeCounts._fields) - 1
    for names in (PeCounts._fields, ScheduleCounts._fields, ReproductionCounts._fields):
        assert all(COUNTS[name].phase == count.REPRODUCTION for name in names)

    class Misspelt(NamedTuple):
        genes_in: int
        genes_uot: int

    with pytest.raises(ValueError, match=r"Misspelt has counters that are not in .*: genes_uot"):
        positions(Misspelt)


def test_a_name_stands_for_one_count():
    assert register(count.MACS) is count.MACS
    other = Count("macs", "MACs", GENERATION, SOC, "something else")
    with pytest.raises(ValueError, match="macs is counted already: multiply-accumulates of"):
        register(other)
    assert COUNTS["macs"] is count.MACS
    with pytest.raises(ValueError, match="'lunch' is no phase"):
        Count("crumbs", "g", "lunch", SOC, "left over")


def test_nothing_is_a_row_of_zeros():
    assert nothing([count.MACS, count.SLOTS]) == {"macs": 0.0, "slots": 0.0}
    assert named({count.MACS: 5}) == {"macs": 5}


def test_names_are_those_of_columns():
    assert all(re.fullmatch(r"[a-z_]+", name) for name in COUNTS)
