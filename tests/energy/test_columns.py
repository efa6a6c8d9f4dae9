"""On real runs of the chip: no count is forgotten, and the laws of multicast and of more elements hold."""

import pytest

from genesys_cli.accelerator.adam import tables
from genesys_cli.accelerator.adam.numbers import GUARD_BITS
from genesys_cli.accelerator.eve import pe
from genesys_cli.energy import chip, events
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.events import NOT_PRICED, READ

# Columns that say what a generation is, not what was done for it.
STATE = {
    "generation", "best_fitness", "mean_fitness", "std_fitness", "champion_fitness", "champion_generation", "species",
    "compatibility_threshold", "nodes_mean", "conns_mean", "best_nodes", "best_conns",
}  # fmt: skip


def summed(rows):
    return {name: sum(row[name] or 0.0 for row in rows) for name in rows[0]}


def test_every_column_is_priced_or_named_with_a_reason(chip_run):
    _, rows = chip_run()
    columns = {name for name in rows[-1] if not name.endswith(("_s", "_j"))} - STATE  # neither times nor joules
    unknown = columns - READ.keys() - NOT_PRICED.keys()
    assert not unknown, "neither priced nor named in energy/events.py"
    assert not READ.keys() - columns, "priced, but no longer counted"
    assert not READ.keys() & NOT_PRICED.keys()
    # Faults are counted only where Gymnasium's environments are played.
    assert {name for name in NOT_PRICED.keys() - columns if not name.startswith("faults_")} == set()
    assert all(len(reason) > 10 for reason in NOT_PRICED.values())


def test_what_is_known_of_the_emulation_is_still_so():
    assert events.WIRED == tables.WIRED
    assert events.GUARD_BITS == GUARD_BITS
    assert max(pe.NODE_WORDS, pe.CONN_WORDS) == chip.WORDS_PER_NODE_SLOT


def test_each_generation_of_a_run_can_be_priced(chip_run, table):
    settings, rows = chip_run()
    each = [estimate(row, settings, table) for row in rows]
    whole = estimate(summed(rows), settings, table)
    assert sum(one.total().nominal for one in each) == pytest.approx(whole.total().nominal)
    assert each[0].by_component()["prng"].nominal == 0  # the first generation is not bred
    assert each[1].by_component()["prng"].nominal > 0
    for row, one in zip(rows, each, strict=True):
        assert one.all_seconds == pytest.approx(row["generation_cycles"] / settings.clock.frequency_hz)
        assert one.seconds["inference"] * settings.clock.frequency_hz >= row["adam_cycles"] * (1 - 1e-12)


def test_multicast_never_costs_more_than_unicast(chip_run, table):
    one, other = (chip_run("eve.pes=8", f"noc.kind={kind}") for kind in ("multicast", "unicast"))
    shared = sum(row["genes_in"] or 0 for row in one[1]) - sum(row["sram_reads"] or 0 for row in one[1])
    assert shared > 0, "nothing was shared, so this shows nothing"
    for row, twin in zip(one[1], other[1], strict=True):
        multicast, unicast = estimate(row, one[0], table), estimate(twin, other[0], table)
        for bound in range(3):
            assert multicast.total()[bound] <= unicast.total()[bound]
        for component in ("sram", "noc"):
            assert multicast.by_component()[component].nominal <= unicast.by_component()[component].nominal
    assert (
        estimate(summed(one[1]), one[0], table).total().nominal
        < estimate(summed(other[1]), other[0], table).total().nominal
    )


def test_more_elements_are_never_slower(chip_run, table):
    runs = [chip_run(f"eve.pes={pes}") for pes in (2, 8, 24, 64)]
    for column in ("evolve_cycles", "generation_cycles"):
        for k in range(len(runs[0][1])):
            cycles = [rows[k][column] or 0 for _, rows in runs]
            assert cycles == sorted(cycles, reverse=True), f"{column} of generation {k}"
    cycles = [sum(row["evolve_cycles"] or 0 for row in rows) for _, rows in runs]
    assert cycles[0] > 2 * cycles[-1]
    # They do the same work, however many they are.
    active = {sum((row["pe_cycles"] or 0) + (row["insert_cycles"] or 0) for row in rows) for _, rows in runs}
    assert len(active) == 1
