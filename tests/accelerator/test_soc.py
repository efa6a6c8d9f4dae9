"""When the chip's parts work: phases add up, overlap saves what it can and no more."""

import numpy as np
import pytest

from genesys_cli.accelerator.soc import phases
from genesys_cli.config.chip import ChipSettings

REPRODUCED = ("evolve_cycles", "dram_cycles", "selection_cycles", "cycle_checks", "cycle_check_genes")
SPECIES = 2 * 715 + 30 * 20
SEARCHES = 272 + 3 * 181
COUNTS = {
    "evolve_cycles": 1000,
    "dram_cycles": 0,
    "vectorise_cycles": 600,
    "adam_cycles": 5000,
    "fitness_cycles": 700,
    "step_cycles": 0,
    "interface_operands": 0,
    "distances": 2,
    "distance_genes": 30,
    "cycle_checks": 1,
    "cycle_check_genes": 3,
    "selection_cycles": 200,
    "vectorise_reads": 50,
    "vectorise_writes": 0,
    "vectorise_dram_reads": 0,
    "vectorise_dram_writes": 0,
    "adam_stall_banks": 0,
    "adam_stall_tables": 0,
    "adam_stall_dram": 0,
    "adam_stall_results": 0,
}


def test_one_generation_by_hand():
    found = phases(COUNTS, 100, ChipSettings())
    assert found["cpu_speciate_cycles"] == SPECIES
    assert found["cpu_check_cycles"] == SEARCHES
    assert found["serial_cycles"] == 1000 + SEARCHES + 600 + 5000 + 700 + SPECIES + 200
    # ADAM takes longer than the CPU's sums, of which the last genome's come after its last step.
    assert found["generation_cycles"] == 1000 + SEARCHES + 600 + (5000 + 7) + SPECIES + 200
    assert found["overlapped_cycles"] == found["serial_cycles"] - found["generation_cycles"]


def test_the_first_generation_is_not_evolved():
    counts = {key: value for key, value in COUNTS.items() if key not in REPRODUCED}
    found = phases(counts, 100, ChipSettings())
    assert found["generation_cycles"] == 600 + 5007 + SPECIES
    assert found["cpu_select_cycles"] == 0


def test_a_slower_cpu_takes_more_cycles_of_the_chip():
    chip = ChipSettings.model_validate({"cpu": {"frequency_hz": 50e6}})
    fast, slow = phases(COUNTS, 100, ChipSettings()), phases(COUNTS, 100, chip)
    for key in ("cpu_vectorise_cycles", "cpu_fitness_cycles", "cpu_speciate_cycles", "cpu_select_cycles"):
        assert slow[key] == 4 * fast[key]


def test_the_cpu_works_in_every_step_while_the_array_waits():
    steps = phases(COUNTS | {"step_cycles": 4000}, 100, ChipSettings())
    assert steps["cpu_step_cycles"] == 4000
    assert steps["generation_cycles"] == phases(COUNTS, 100, ChipSettings())["generation_cycles"] + 4000
    unit = phases(COUNTS | {"interface_operands": 70}, 100, ChipSettings())
    assert unit["generation_cycles"] == phases(COUNTS, 100, ChipSettings())["generation_cycles"] + 70


@pytest.mark.parametrize("seed", range(20))
def test_no_schedule_beats_its_longest_part_or_loses_to_none(seed):
    rng = np.random.default_rng(seed)
    counts = {key: int(rng.integers(0, 10_000)) for key in COUNTS}
    found = phases(counts, 50, ChipSettings())
    alone = found["cpu_speciate_cycles"] + found["cpu_select_cycles"]
    alone += counts["evolve_cycles"] + counts["dram_cycles"] + found["cpu_vectorise_cycles"]
    alone += found["cpu_check_cycles"] + found["cpu_step_cycles"]
    longest = max(counts["adam_cycles"], found["cpu_fitness_cycles"]) + alone
    assert longest - 1 <= found["generation_cycles"] <= found["serial_cycles"] + 1, f"seed {seed}"
