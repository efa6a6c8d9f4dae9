import json
import math

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.chips import load_chip
from genesys_cli.counts import REPRODUCTION, MissingCountError, nothing
from genesys_cli.energy.block import EVOLUTION, INFERENCE
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.events import READ, WAITED, events, geometry, phase_seconds
from genesys_cli.energy.leakage import voltage_factor
from genesys_cli.energy.peak import calibration, full_cycle, peak
from genesys_cli.energy.prices import price_of
from genesys_cli.energy.table import AREA, COMPONENTS, ENERGY, LEAKAGE, load_table, table_folder
from genesys_cli.errors import UserError
from reference.energy import joules

CHIP = ChipSettings()
BOUNDS = ("low", "nominal", "high")


def chip(*overrides):
    return load_chip(None, overrides).settings


def test_the_total_is_what_plain_code_makes_of_table_and_counts(counts, table):
    found = estimate(counts, CHIP, table).total()
    assert found._asdict() == pytest.approx(joules(table_folder() / "genesys-15nm.toml", counts), rel=1e-12)


def test_the_total_can_be_recomputed_from_a_file_of_its_lines(counts, table, tmp_path):
    path = tmp_path / "energy.json"
    path.write_text(json.dumps(estimate(counts, CHIP, table).as_json()))
    document = json.loads(path.read_text())
    for at in range(3):
        units = {"energy": 1e-12, "leakage": 1e-3}
        lines = [(line, line["times"] * line["price"][at] * units[line["kind"]]) for line in document["lines"]]
        assert math.fsum(value for _, value in lines) == pytest.approx(document["bottom_up"]["joules"][at], rel=1e-12)
        calibrated = math.fsum(value * line["factor"] for line, value in lines)
        assert calibrated == pytest.approx(document["calibrated"]["joules"][at], rel=1e-12)


@pytest.mark.parametrize("calibrated", [False, True])
def test_components_phases_and_kinds_all_sum_to_the_total(counts, table, calibrated):
    found = estimate(counts, CHIP, table)
    total = found.total(calibrated=calibrated)
    for parts in (found.by_component, found.by_phase, found.by_kind):
        sums = parts(calibrated=calibrated).values()
        for at in range(3):
            assert math.fsum(part[at] for part in sums) == pytest.approx(total[at], rel=1e-14)
    assert list(found.by_component()) == list(COMPONENTS)
    assert all(part.nominal > 0 for part in found.by_component().values())
    assert total.low < total.nominal < total.high


def test_generations_add_up(counts, table):
    double = {name: 2 * value for name, value in counts.items()}
    one, two = estimate(counts, CHIP, table), estimate(double, CHIP, table)
    assert two.total().nominal == pytest.approx(2 * one.total().nominal)
    assert two.all_seconds == pytest.approx(2 * one.all_seconds)
    assert two.power().nominal == pytest.approx(one.power().nominal)


def test_nothing_done_costs_nothing(table):
    found = estimate(nothing({**READ, **WAITED}), CHIP, table)
    assert found.total() == (0, 0, 0)
    assert found.power() == (0, 0, 0)
    # Time alone leaks, and does nothing else.
    waiting = estimate({**nothing({**READ, **WAITED}), "generation_cycles": 1000}, CHIP, table)
    assert waiting.by_kind()["energy"] == (0, 0, 0)
    leaked = peak(CHIP, table).parts
    assert waiting.power().nominal == pytest.approx(sum(part.leakage.nominal for part in leaked))


def test_every_count_that_is_read_costs_something(counts, table):
    before = estimate(counts, CHIP, table)
    for name in (count.name for count in READ):
        changed = estimate({**counts, name: counts[name] * 2 + 8}, CHIP, table)
        if name == "adam_crossed_slots":  # gated, nominally
            assert changed.by_component()["adam"].high > before.by_component()["adam"].high
            assert changed.total().nominal == before.total().nominal
        elif name in ("evolve_cycles", "dram_cycles", "cpu_check_cycles", "cpu_speciate_cycles", "cpu_select_cycles"):
            assert changed.by_phase()[EVOLUTION].nominal > before.by_phase()[EVOLUTION].nominal, name
        elif name == "merge_moves":
            assert changed.by_component()["noc"].nominal > before.by_component()["noc"].nominal
        else:
            assert changed.total().nominal > before.total().nominal, name


def test_only_counts_that_are_named_are_read(counts, table):
    at = geometry(CHIP, table)
    named = {count.name: counts[count.name] for count in READ}
    assert events(named, CHIP, at) == events(counts, CHIP, at)  # what else were read would be missing
    assert phase_seconds(named, CHIP) == phase_seconds(counts, CHIP)
    for count in READ:
        without = {name: value for name, value in named.items() if name != count.name}
        with pytest.raises(MissingCountError, match=f"has no {count.name}:"):
            (events(without, CHIP, at), phase_seconds(without, CHIP))


def test_what_was_not_bred_has_no_evolution(counts, table):
    first = {each.name: counts[each.name] for each in (*READ, *WAITED) if each.phase != REPRODUCTION}
    first |= {"cpu_select_cycles": 0, "evolve_cycles": None, "cpu_speciate_cycles": 100, "generation_cycles": 5000}
    first |= {"distance_dram_reads": 0, "cpu_check_cycles": 0}
    found = estimate(first, CHIP, table)
    assert found.seconds == {INFERENCE: 4900 / 200e6, EVOLUTION: 100 / 200e6}
    assert {
        line.component for line in found.lines if line.kind == "energy" and line.times and line.phase == EVOLUTION
    } == {
        "cpu",
        "noc",
        "sram",
    }


def test_counts_of_another_backend_are_refused(table):
    with pytest.raises(
        UserError,
        match="not the counts of a run on the chip: they have no useful_macs, padded_macs, adam_m",
    ):
        estimate({"macs": 5}, CHIP, table)
    with pytest.raises(UserError, match="prng_words = -1"):
        estimate({**nothing({**READ, **WAITED}), "prng_words": -1}, CHIP, table)


def test_a_row_that_bred_has_all_counts_of_reproduction(counts, table):
    counts = {name: value for name, value in counts.items() if name != "stall_drain"}
    with pytest.raises(UserError, match="they have no stall_drain; give a row"):
        estimate(counts, CHIP, table)


def test_energy_goes_with_voltage_and_not_with_frequency(counts, table):
    base = estimate(counts, CHIP, table)
    off_chip = sum(base.by_component()[name].nominal for name in ("dram", "pads"))
    low = estimate(counts, chip("clock.voltage_v=0.8"), table)
    on = base.by_kind()["energy"].nominal - off_chip
    assert low.by_kind()["energy"].nominal - off_chip == pytest.approx(on * 0.64)
    assert base.by_kind()["leakage"].nominal == pytest.approx(
        low.by_kind()["leakage"].nominal * voltage_factor(0.8, 1, 330)
    )
    fast = estimate(counts, chip("clock.frequency_hz=400e6"), table)
    assert fast.by_kind()["energy"] == base.by_kind()["energy"]
    assert fast.by_kind()["leakage"].nominal == pytest.approx(base.by_kind()["leakage"].nominal / 2)
    assert fast.power().nominal > base.power().nominal


def test_a_larger_node_costs_more_and_an_impossible_one_is_refused(counts, table):
    totals = [estimate(counts, chip(f"clock.technology_nm={nm}.0"), table).total().nominal for nm in (7, 15, 32, 65)]
    assert totals == sorted(totals)
    assert totals[0] < totals[-1] / 4
    for override in ("clock.technology_nm=5.0", "clock.voltage_v=2.0"):
        with pytest.raises(UserError, match="energy is modelled from"):
            estimate(counts, chip(override), table)
        with pytest.raises(UserError, match="energy is modelled from"):
            peak(chip(override), table)


def test_narrow_genes_are_cheaper_and_deep_banks_dearer(counts, table):
    wide = estimate(counts, CHIP, table).by_component()
    narrow = estimate(counts, chip("genes.layout=rtl8"), table).by_component()
    assert narrow["adam"].nominal < wide["adam"].nominal
    assert narrow["eve"] == wide["eve"]
    deep = estimate(counts, chip("buffer.words_per_bank=8192"), table)
    energy = [line for line in deep.lines if line.component == "sram" and line.kind == "energy"]
    shallow = [
        line for line in estimate(counts, CHIP, table).lines if line.component == "sram" and line.kind == "energy"
    ]
    assert sum(x.joules.nominal for x in energy) == pytest.approx(2**0.5 * sum(x.joules.nominal for x in shallow))


def test_the_published_chip_at_full_activity(table):
    """The ranges are what the design of this project derives bottom-up, with 16-bit units.

    Generators, gene split and merge are not in that derivation, and words have a shorter way in it: without these.
    """
    beside = [("eve", "split"), ("eve", "merge"), ("prng", "generator")]

    def others(chip):
        full = peak(chip, table)
        leaks = sum(price_of(table, LEAKAGE, *part, chip).nominal for part in beside) * 256e-3
        moved = sum(part.dynamic.nominal for part in full.parts if part.component in ("prng", "noc"))
        return full.watts.nominal - leaks - moved

    found = peak(CHIP, table)
    assert 0.564 <= others(CHIP) <= 0.756
    assert 0.370 <= others(chip("clock.voltage_v=0.8")) <= 0.564
    mm2 = 256 * sum(table.prices[(AREA, *part)].value.nominal for part in beside)
    assert found.published_chip
    assert found.published_watts == 0.9475
    assert found.published_mm2 == 2.45
    assert found.calibrated_watts.nominal == pytest.approx(0.9475)
    assert found.watts.low < 0.9475 < found.watts.high
    area = {part.component: part.mm2 for part in found.parts}
    assert area["eve"].nominal == pytest.approx(0.89 + 256 * 1471e-6, abs=0.001)
    assert area["prng"].nominal == pytest.approx(256 * 972e-6)
    assert area["adam"].nominal == pytest.approx(0.25, abs=0.001)
    assert (area["sram"].low, area["sram"].high) == pytest.approx((0.787, 1.103), abs=1e-3)
    assert found.mm2.nominal - mm2 * 1e-6 < 2.45 < found.mm2.high
    assert {part.component: part.published_mm2 for part in found.parts if part.published_mm2} == {
        "eve": 0.89,
        "adam": 0.25,
    }
    assert not any(part.published_mm2 for part in peak(chip("eve.pes=64"), table).parts)


def test_peak_by_hand(table):
    """At the table's own voltage, where each part is a product of few numbers."""
    parts = {part.component: part for part in peak(chip("clock.voltage_v=0.8"), table).parts}
    assert parts["eve"].dynamic.nominal == pytest.approx(256 * 3.6e-12 * 200e6)
    assert parts["eve"].leakage.nominal == pytest.approx(256 * (0.447 + 0.1891) * 1e-3)
    assert parts["prng"].leakage.nominal == pytest.approx(256 * 0.125e-3)
    assert parts["prng"].dynamic.nominal == pytest.approx(256 * 4 * 0.21e-12 * 200e6)
    assert parts["sram"].dynamic.nominal == pytest.approx(48 * 1.797e-12 * 200e6)
    macs = 1024 * (0.3 + 64 * 0.0019) + 32 * 1.2
    assert parts["adam"].dynamic.nominal == pytest.approx(macs * 1e-12 * 200e6)
    assert not {"dram", "pads"} & parts.keys()


def test_the_factor_is_derived_and_taken_over_by_other_chips(table, counts):
    factor = calibration(table)
    full = peak(CHIP, table)
    leaks = sum(part.leakage.nominal for part in full.parts)
    assert factor == pytest.approx((0.9475 - leaks) / (full.watts.nominal - leaks))  # of dynamic power alone
    assert full.calibrated_watts.nominal == pytest.approx(0.9475)
    edge = load_chip("genesys-edge").settings
    found = peak(edge, table)
    assert found.factor == factor
    assert not found.published_chip
    assert found.published_watts is None
    assert found.watts.nominal < peak(CHIP, table).watts.nominal / 5
    energy = estimate(counts, edge, table)
    assert not energy.published_chip
    factors = {(line.kind, line.component): line.factor for line in energy.lines}
    assert factors.pop((ENERGY, "dram")) == factors.pop((ENERGY, "pads")) == 1.0  # no part of the published power
    assert all(value == (factor if kind == ENERGY else 1.0) for (kind, _), value in factors.items())


def test_a_table_with_other_prices_has_another_factor(tmp_path, table):
    text = (table_folder() / "genesys-15nm.toml").read_text(encoding="utf-8")
    path = tmp_path / "dear.toml"
    path.write_text(text.replace("nominal = 3.6\nhigh = 4.7", "nominal = 4.6\nhigh = 4.7"), encoding="utf-8")
    dear = load_table(path)
    assert calibration(dear) < calibration(table)
    assert peak(CHIP, dear).calibrated_watts.nominal == pytest.approx(0.9475)


def test_full_activity_is_the_most_that_a_run_can_draw(counts, table):
    """Of every action that the published chip has: no cycle can have more of it than a cycle at full activity."""
    full = full_cycle(CHIP, table)
    assert counts["pe_cycles"] + counts["insert_cycles"] <= full["pe_cycles"] * counts["evolve_cycles"]
    assert counts["sram_reads"] + counts["sram_writes"] <= full["sram_reads"] * counts["evolve_cycles"]
    assert counts["useful_macs"] <= full["useful_macs"] * counts["adam_cycles"]
    found = peak(CHIP, table)
    assert estimate(counts, CHIP, table).power().nominal < found.watts.nominal
    assert found.extra_draws == (0, 0, 0)
    # Where a table has slower generators, what elements draw beyond that is told apart.
    slow = peak(CHIP, load_table("genesys-15nm-mixed"))
    assert slow.extra_draws.nominal == pytest.approx(256 * (4 - 1 / 3) * 1.65e-12 * 200e6 * 1.5625)
    assert json.loads(json.dumps(found.as_json()))["watts"] == list(found.watts)


@pytest.mark.parametrize(("dataflow", "bits"), [("output_stationary", 96), ("weight_stationary", 80)])
def test_tiles_that_follow_one_another_take_a_second_register(counts, table, dataflow, bits):
    shape = f"adam.dataflow={dataflow}"
    lines = {
        tiles: next(
            line.times
            for line in estimate(counts, chip(shape, f"adam.tiles={tiles}"), table).lines
            if (line.component, line.action) == ("adam", "register_bit")
        )
        for tiles in ("serial", "pipelined")
    }
    assert lines == {"serial": 64 * counts["adam_mac_slots"], "pipelined": bits * counts["adam_mac_slots"]}


def test_a_pe_that_waits_ungated_clocks_all_its_registers(counts, table):
    gated, ungated = (estimate(counts, chip(f"eve.clock_gating={on}"), table) for on in ("true", "false"))
    waits = sum(counts[f"stall_{why}"] for why in ("read", "write", "drain")) + counts["idle_cycles"]
    found = ungated.total().nominal - gated.total().nominal
    assert found == pytest.approx(waits * (1664 * 0.0019 - 0.36) * 1e-12 * 1.5625)
    expected = joules(table_folder() / "genesys-15nm.toml", counts, gated=False)
    assert ungated.total()._asdict() == pytest.approx(expected, rel=1e-12)
    assert calibration(table) == peak(chip("eve.clock_gating=false"), table).factor  # nobody waits at full activity


@pytest.mark.parametrize("bits", [4, 8])
def test_a_piecewise_unit_has_constants_and_a_multiplier_in_place_of_tables(counts, table, bits):
    settings = chip("adam.function_unit=piecewise", f"adam.segment_bits={bits}")
    found = estimate(counts, settings, table)
    expected = joules(table_folder() / "genesys-15nm.toml", counts, segments=2**bits)
    assert found.total()._asdict() == pytest.approx(expected, rel=1e-12)
    tables = estimate(counts, chip(), table)
    assert found.total().nominal < tables.total().nominal
    rest = [
        {name: joules for name, joules in one.by_component().items() if name != "activation"} for one in (found, tables)
    ]
    assert rest[0] == rest[1]


def test_a_parent_that_pairs_share_is_paid_for_with_wires_and_buffers(counts, table):
    """100 words less from banks go to gene splits from the middle of the tree."""
    shared = {**counts, "sram_reads": counts["sram_reads"] - 100, "skew_word_cycles": 5000}
    form = chip("noc.kind=parent-multicast")
    found = estimate(shared, form, table)
    expected = joules(table_folder() / "genesys-15nm.toml", shared)
    assert found.total()._asdict() == pytest.approx(expected, rel=1e-12)
    assert estimate({**shared, "skew_word_cycles": 0}, form, table).total().nominal < found.total().nominal
    assert estimate({**shared, "skew_word_cycles": 0}, form, table).total().nominal < (
        estimate(counts, form, table).total().nominal
    )
