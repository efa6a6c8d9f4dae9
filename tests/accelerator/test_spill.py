"""What exceeds the buffer, word by word, and where its reads show."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.adam.test_packing import blocks_of, layers_from, random_layers
from genesys_cli.accelerator.adam.inference import inference_counts
from genesys_cli.accelerator.soc import phases
from genesys_cli.accelerator.spill import dram_cycles, share_of, while_breeding, while_playing
from genesys_cli.config.chip import ChipSettings


def chip(words: int, layout: str = "wide16", dram: float = 8.0) -> ChipSettings:
    return ChipSettings.model_validate(
        {
            "buffer": {"banks": 1, "words_per_bank": words, "dram_words_per_cycle": dram},
            "adam": {"rows": 8, "cols": 8},
            "genes": {"layout": layout},
        }
    )


def placed(genes: int, dense: int, capacity: int) -> tuple[int, int]:
    """Return how many words of each find no room: the blocks, which are read most, are put there first."""
    room = ["dense"] * dense + ["gene"] * genes
    return room[capacity:].count("gene"), room[capacity:].count("dense")


def test_genes_leave_before_dense_blocks():
    rng = np.random.default_rng(1)
    for _ in range(500):
        genes, dense, capacity = (int(x) for x in rng.integers(0, 60, 3))
        assert while_playing(genes, dense, capacity) == placed(genes, dense, capacity)
    assert share_of(1000, 3, 60) == 50
    assert share_of(1000, 0, 0) == 0
    assert dram_cycles(9, 8) == 2


@pytest.mark.parametrize(("layout", "per_word"), [("wide16", 4), ("rtl8", 8)])
@pytest.mark.parametrize("capacity", [1, 20, 60, 100, 100_000])
def test_dense_blocks_take_words_and_spill(layout, per_word, capacity):
    layers, steps = random_layers(5)
    blocks = [block for g in range(len(steps)) for block in blocks_of(layers, g)]
    dense = sum(-(-sources * nodes // per_word) for sources, nodes in blocks)
    counts = inference_counts(layers, steps, 50, chip(capacity, layout))
    genes_out, dense_out = placed(50, dense, capacity)
    assert counts["vectorise_writes"] == dense
    assert (counts["vectorise_dram_reads"], counts["vectorise_dram_writes"]) == (genes_out, dense_out)
    words = counts["adam_weight_reads"] / per_word
    assert counts["adam_dram_reads"] == round(words * dense_out / dense)
    assert counts["adam_stall_dram"] == 0  # DRAM is faster than such an array
    slow = inference_counts(layers, steps, 50, chip(capacity, layout, dram=1e-3))
    if dense_out:
        taken = counts["adam_cycles"] + sum(counts[f"adam_stall_{what}"] for what in ("banks", "tables", "results"))
        assert slow["adam_stall_dram"] == -(-counts["adam_dram_reads"] // 1e-3) - taken > 0


def test_a_population_that_does_not_fit_is_compared_from_dram():
    """Of 300 genes 100 do not fit, so every third one that is compared comes from DRAM."""
    row = {"vectorise_reads": 300, "vectorise_cycles": 100, "distance_genes": 900, "adam_cycles": 50}
    row |= {"fitness_cycles": 0, "vectorise_dram_reads": 120, "vectorise_dram_writes": 0, "adam_stall_dram": 7}
    row |= {"vectorise_writes": 0, "distances": 0, "step_cycles": 0, "interface_operands": 0}
    row |= {"adam_stall_banks": 20, "adam_stall_tables": 3, "adam_stall_results": 4}
    found = phases(row, 10, chip(200))
    assert found["distance_dram_reads"] == 300
    assert found["cpu_speciate_cycles"] == 900 * 20  # DRAM is faster than the CPU
    assert found["generation_cycles"] == 100 + 50 + 7 + 20 + 3 + 4 + 18_000
    slow = phases(row, 10, chip(200, dram=0.01))
    assert slow["cpu_speciate_cycles"] == 30_000
    assert slow["cpu_vectorise_cycles"] == 12_000
    assert phases(row, 10, chip(300))["distance_dram_reads"] == 0


def test_what_fits_has_no_words_in_dram():
    counts = inference_counts(layers_from([[(4, 2, 8)]] * 150), np.full(150, 20), 2100, ChipSettings())
    assert counts["vectorise_writes"] == 300
    assert not any(value for name, value in counts.items() if "dram" in name)


def test_dram_takes_what_does_not_fit() -> None:
    assert while_breeding(100, 120, 220, 8) == {"dram_words": 0, "dram_cycles": 0}
    assert while_breeding(100, 130, 220, 8) == {"dram_words": 20, "dram_cycles": 3}
