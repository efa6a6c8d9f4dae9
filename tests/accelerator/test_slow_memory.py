"""The CPU beside a buffer that takes several cycles for an access."""

from __future__ import annotations

import math
from typing import Any

import pytest

from genesys_cli.accelerator.soc import phases
from genesys_cli.config.chip import ChipSettings
from genesys_cli.counts import COUNTS, nothing

ROW = nothing(COUNTS.values()) | {
    "vectorise_cycles": 9000,
    "vectorise_reads": 100,
    "vectorise_writes": 60,
    "vectorise_dram_reads": 10,
    "vectorise_dram_writes": 20,
    "distance_genes": 300,
    "cycle_check_genes": 40,
}


def found(row: dict[str, Any] = ROW, cpu_hz: float | None = None, **buffer: Any) -> dict[str, int]:
    chip = ChipSettings.model_validate({"buffer": {"words_per_bank": 4096, **buffer}, "cpu": {"frequency_hz": cpu_hz}})
    return phases(row, 10, chip)


@pytest.mark.parametrize("cpu_hz", [None, 50e6])
def test_the_cpu_waits_for_each_gene_that_it_reads(cpu_hz):
    """Of those in banks, in cycles of the chip, whatever the CPU's own are."""
    quick, slow = found(cpu_hz=cpu_hz), found(cpu_hz=cpu_hz, read_cycles=4)
    more = {key: slow[key] - quick[key] for key in quick}
    assert more["cpu_vectorise_cycles"] == 3 * 90
    assert more["cpu_speciate_cycles"] == 3 * 300
    assert more["cpu_check_cycles"] == 3 * 40
    assert more["generation_cycles"] == more["serial_cycles"] == 3 * 430


@pytest.mark.parametrize("memory", ["sram", "edram", "sot-mram", "stt-mram", "fefet", "reram"])
def test_its_writes_are_hidden_where_there_are_banks(memory):
    assert found(memory=memory) == found()


@pytest.mark.parametrize(("banks", "write"), [(1, 20), (1, 1000), (3, 1000), (48, 1000), (2, 10**6)])
def test_writes_take_what_banks_do(banks, write):
    busy = math.ceil(40 * (write - 1) / banks)
    assert found(banks=banks, write_cycles=write)["cpu_vectorise_cycles"] == max(9000, busy)


def test_slower_memory_never_helps():
    for key in ("read_cycles", "write_cycles"):
        cycles = [found(banks=2, **{key: c})["generation_cycles"] for c in (1, 2, 3, 10, 500, 10_000)]
        assert cycles == sorted(cycles)
