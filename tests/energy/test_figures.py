import json

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.counts import COUNTS as EVERYTHING
from genesys_cli.counts import nothing
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.figures import CAUSES, as_json, costs, eve_alone, footprint, roofline, stalls, utilisation
from genesys_cli.energy.leakage import voltage_factor
from genesys_cli.energy.table import ENERGY

COUNTED = EVERYTHING.values()
CHIP = ChipSettings.model_validate(
    {"eve": {"pes": 4}, "buffer": {"banks": 2, "words_per_bank": 100}, "adam": {"rows": 2, "cols": 5}}
)
COUNTS = nothing(COUNTED) | {
    "evolve_cycles": 100, "pe_cycles": 150, "insert_cycles": 50, "stall_read": 80, "stall_write": 10,
    "stall_drain": 20, "idle_cycles": 90, "sram_reads": 60, "sram_writes": 40, "genes_out": 30,
    "adam_mac_slots": 1000, "useful_macs": 50, "padded_macs": 30, "adam_word_reads": 25,
    "adam_word_writes": 1, "vectorise_reads": 74, "vectorise_cycles": 800, "fitness_cycles": 100,
    "vectorise_writes": 30, "vectorise_dram_reads": 2, "vectorise_dram_writes": 1, "adam_dram_reads": 5,
    "distance_genes": 10, "distance_dram_reads": 4, "generation_cycles": 300, "cpu_select_cycles": 100, "dram_words": 6,
}  # fmt: skip


def test_utilisation_by_hand():
    found = utilisation(COUNTS, CHIP)
    assert found == (200 / 400, 50 / 1000, 30 / 1000, 100 / 200, 0.6, 0.4)
    assert utilisation(nothing(COUNTED), CHIP) == (0, 0, 0, 0, 0, 0)


def test_stalls_by_cause():
    found = stalls(COUNTS)
    assert list(found) == list(CAUSES)
    assert sum(found.values()) == pytest.approx(1)
    assert found["working"] == 150 / 400
    assert found["waiting to read"] == 80 / 400
    assert found["draining"] == 20 / 400
    assert set(stalls(nothing(COUNTED)).values()) == {0.0}


def test_footprint_is_of_both_generations_or_of_one_with_its_layers():
    assert footprint(COUNTS, CHIP) == (148, 200, 0.74, 6 + 2 + 1 + 5 + 4, 148, 104, 30)
    assert footprint(COUNTS, CHIP, generations=2) == (74, 200, 0.37, 9, 74, 52, 15)
    dense = footprint({**COUNTS, "vectorise_writes": 176}, CHIP)
    assert (dense.words, dense.share, dense.dense) == (250, 1.25, 176)


def test_roofline_by_hand():
    found = roofline(COUNTS, CHIP)
    seconds = 100 / 200e6  # the rest of the generation
    words = 26 + 74 + 30 - 2 - 1 - 5
    assert found.macs_per_s == pytest.approx(50 / seconds)
    assert found.words_per_s == pytest.approx(words / seconds)
    assert found.peak_macs_per_s == 10 * 200e6
    assert found.intensity == 50 / words
    assert found.attainable_macs_per_s == pytest.approx(50 / words * 2 * 200e6)
    assert found.bound == "banks"
    assert found.share == pytest.approx(found.macs_per_s / found.attainable_macs_per_s)
    assert roofline({**COUNTS, "useful_macs": 5000}, CHIP).bound == "units"
    assert roofline(nothing(COUNTED), CHIP).share == 0


def test_the_roof_of_slow_banks_is_lower():
    """Of 100 words in banks 25 are written: 4 cycles each, where reads take one."""
    row = nothing(COUNTED) | {"adam_word_reads": 75, "adam_word_writes": 25, "useful_macs": 50}
    fast = roofline(row, CHIP)
    slow = roofline(row, CHIP.model_copy(update={"buffer": CHIP.buffer.model_copy(update={"write_cycles": 4})}))
    assert slow.peak_words_per_s == pytest.approx(fast.peak_words_per_s / (0.75 + 0.25 * 4))
    assert slow.attainable_macs_per_s == pytest.approx(slow.intensity * slow.peak_words_per_s)


def test_eve_alone_has_no_line_of_the_cpu(counts, table):
    chip = ChipSettings()
    energy = estimate(counts, chip, table)
    found = eve_alone(energy, counts, chip, generations=2)
    pairs = counts["sram_reads"] * 1.797 + counts["sram_writes"] * 1.588
    waits = sum(counts[f"stall_{why}"] for why in ("read", "write", "drain")) + counts["idle_cycles"]
    cycles = (counts["pe_cycles"] + counts["insert_cycles"]) * 3.6 + waits * 0.36
    words = counts["sram_reads"] + counts["sram_writes"]
    wires = sum(line.joules.nominal for line in energy.lines if line.by == "eve" and line.action == "bit_mm")
    others = (pairs + cycles + counts["prng_words"] * 0.21 + words * 1.4) * 1e-12 * 1.5625
    assert found.dynamic.nominal == pytest.approx((others + wires) / 2)
    assert found.seconds == pytest.approx(counts["evolve_cycles"] / 200e6 / 2)
    leaks = (256 * (0.447 + 0.1891 + 0.125) + 48 * 0.4297) * 1e-3 * voltage_factor(0.8, 1, 330)
    assert found.leakage.nominal == pytest.approx(leaks * found.seconds)
    assert found.joules.nominal == pytest.approx(found.dynamic.nominal + found.leakage.nominal)
    assert found.per_gene.nominal == pytest.approx(2 * found.joules.nominal / counts["genes_out"])
    assert found.watts.nominal == pytest.approx(found.joules.nominal / found.seconds)
    assert found.joules.nominal < energy.by_phase()["evolution"].nominal / 2
    calibrated = eve_alone(energy, counts, chip, generations=2, calibrated=True)
    assert calibrated.dynamic.nominal == pytest.approx(found.dynamic.nominal * energy.factor)
    assert calibrated.leakage == found.leakage
    # Whatever the CPU does, it is not in it.
    busy = {**counts, "distance_genes": 10 * counts["distance_genes"], "cpu_speciate_cycles": 10**6}
    assert eve_alone(estimate(busy, chip, table), busy, chip).joules == pytest.approx(found.joules.scaled(2))
    assert eve_alone(estimate(nothing(COUNTED), chip, table), nothing(COUNTED), chip).watts == (0, 0, 0)


def test_costs_of_one_of_each(table):
    energy = estimate(COUNTS, CHIP, table)
    found = costs(energy, COUNTS, decisions=25, generations=2)
    assert found.per_generation.nominal == pytest.approx(energy.total().nominal / 2)
    assert found.per_gene.nominal == pytest.approx(energy.by_phase()["evolution"].nominal / 30)
    assert found.per_inference.nominal == pytest.approx(energy.by_phase()["inference"].nominal / 25)
    assert found.edp.nominal == pytest.approx(energy.total().nominal / 2 * 300 / 200e6 / 2)
    assert costs(energy, {}, decisions=0).per_gene == (0, 0, 0)
    calibrated = costs(energy, COUNTS, decisions=25, generations=2, calibrated=True)
    gained = sum(
        line.joules.nominal * (energy.factor - 1)
        for line in energy.lines
        if (line.kind, line.phase) == (ENERGY, "evolution") and line.component != "dram"
    )
    assert 30 * calibrated.per_gene.nominal == pytest.approx(energy.by_phase()["evolution"].nominal + gained)
    assert json.loads(json.dumps(as_json(found)))["edp"] == list(found.edp)
