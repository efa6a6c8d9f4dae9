"""On real runs of the chip: no count is forgotten, and the laws of multicast and of more elements hold."""

import pytest

from genesys_cli.counts import ANY, COUNTS, FAULTS, ON_CHIP
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.events import NOT_PRICED, READ, WAITED


def summed(rows):
    return {name: sum(row[name] or 0.0 for row in rows) for name in rows[0]}


def test_every_count_is_priced_or_named_with_a_reason(chip_run):
    _, rows = chip_run()
    counted = {count for count in COUNTS.values() if count.by in (ANY, *ON_CHIP)}
    assert {count.name for count in counted} == rows[-1].keys() & COUNTS.keys()
    assert counted - READ.keys() - WAITED.keys() - NOT_PRICED.keys() == set(), (
        "neither priced nor named in energy/blocks.py"
    )
    assert READ.keys() - counted == set(), "priced, but not counted on the chip"
    # Faults are counted only where Gymnasium's environments are played.
    assert NOT_PRICED.keys() - counted == set(FAULTS.values())
    assert not {*READ, *WAITED} & NOT_PRICED.keys()
    assert not READ.keys() & WAITED.keys()
    assert all(len(reason) > 10 for reason in NOT_PRICED.values())


def test_each_generation_of_a_run_can_be_priced(chip_run, table):
    settings, rows = chip_run()
    each = [estimate(row, settings, table) for row in rows]
    whole = estimate(summed(rows), settings, table)
    assert sum(one.total().nominal for one in each) == pytest.approx(whole.total().nominal)
    words = [sum(line.times for line in one.lines if line.action == "word") for one in each]
    assert words[0] == 0  # the first generation is not bred
    assert words[1] > 0
    for row, one in zip(rows, each, strict=True):
        assert one.all_seconds == pytest.approx(row["generation_cycles"] / settings.clock.frequency_hz)
        assert one.seconds["inference"] * settings.clock.frequency_hz >= row["adam_cycles"] * (1 - 1e-12)


def test_the_more_is_shared_the_less_it_costs(chip_run, table):
    unicast, multicast, shared = (
        chip_run("eve.pes=8", f"noc.kind={kind}") for kind in ("unicast", "multicast", "parent-multicast")
    )
    saved = sum(row["genes_in"] or 0 for row in multicast[1]) - sum(row["sram_reads"] or 0 for row in multicast[1])
    assert saved > 0, "nothing was shared, so this shows nothing"
    for (chip, rows), (other, others) in ((multicast, unicast), (shared, multicast)):
        for row, twin in zip(rows, others, strict=True):
            less, more = estimate(row, chip, table), estimate(twin, other, table)
            assert less.by_component()["sram"].nominal <= more.by_component()["sram"].nominal * (1 + 1e-3)
            assert less.by_component()["noc"].nominal <= more.by_component()["noc"].nominal
            assert (row["sram_reads"] or 0) <= (twin["sram_reads"] or 0)
        assert (
            estimate(summed(rows), chip, table).total().nominal < estimate(summed(others), other, table).total().nominal
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
    for column in ("pe_cycles", "insert_cycles", "merge_moves"):
        assert len({sum(row[column] or 0 for row in rows) for _, rows in runs}) == 1
