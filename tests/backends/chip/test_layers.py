"""ADAM's counts layer by layer, against those of all layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genesys_cli.accelerator.cpu import Interface
from genesys_cli.backends.chip.layers import OF_ALL, OF_EACH, divided
from genesys_cli.backends.chip.model import ChipModel, layers_of
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from reference.grow import grown


def model(population: Population, words: int = 4096, **adam: Any) -> ChipModel:
    chip = ChipSettings.model_validate(
        {"adam": {"rows": 8, "cols": 4, **adam}, "buffer": {"banks": 1, "words_per_bank": words}}
    )
    io = Interface(population.n_inputs, population.n_outputs, False, False)
    return ChipModel(NeatSettings(), chip, io)


@pytest.mark.parametrize("dataflow", ["output_stationary", "weight_stationary"])
@pytest.mark.parametrize("packing", ["population", "single"])
@pytest.mark.parametrize("scene", ["full", "none"])
def test_layers_sum_to_all(dataflow: str, packing: str, scene: str) -> None:
    """Without first connections some outputs read nothing for a while, and are in no layer."""
    population = grown(scene)[3 if scene == "none" else -1].children
    decisions = np.random.default_rng(3).integers(0, 50, population.size)
    chip = model(population, dataflow=dataflow, packing=packing)
    whole = chip.inference(population, decisions, 1)
    layers = chip.layer_counts(population, decisions)
    assert len(layers) == layers_of(population, True).depth.max() > 1
    for each in (*OF_EACH, *OF_ALL):
        assert sum(layer[each.name] for layer in layers) == whole[each.name], each
    assert sum(layer["adam_cycles"] for layer in layers) > 0


@pytest.mark.parametrize("packing", ["population", "single"])
def test_units_that_a_block_lies_on(packing: str) -> None:
    """A stationary output occupies a unit per node of a layer, stationary weights one per weight."""
    population = grown("full")[-1].children
    decisions = np.random.default_rng(4).integers(1, 9, population.size)
    layers = layers_of(population, True)
    nodes = [layers.nodes[layers.offsets[g]] if layers.depth[g] else 0 for g in range(population.size)]
    outputs = model(population, packing=packing).layer_counts(population, decisions)[0]
    assert outputs["mapped_units"] == np.dot(nodes, decisions)
    weights = model(population, packing=packing, dataflow="weight_stationary").layer_counts(population, decisions)[0]
    assert weights["mapped_units"] == weights["adam_weight_reads"]


def test_what_never_plays_costs_nothing() -> None:
    population = grown("full")[-1].children
    for layer in model(population).layer_counts(population, np.zeros(population.size, np.int64)):
        assert set(layer.values()) == {0}


def test_what_comes_from_dram_is_divided_by_weights() -> None:
    population = grown("full")[-1].children
    decisions = np.full(population.size, 20)
    chip = model(population, words=64, rows=64, cols=64, packing="population")
    whole = chip.inference(population, decisions, 1)
    layers = chip.layer_counts(population, decisions)
    assert whole["adam_dram_reads"] > 0
    assert sum(layer["adam_dram_reads"] for layer in layers) == whole["adam_dram_reads"]
    weights = [layer["adam_weight_reads"] for layer in layers]
    assert np.argsort(weights).tolist() == np.argsort([layer["adam_dram_reads"] for layer in layers]).tolist()


def test_parts_are_whole_and_sum() -> None:
    assert divided(10, [1, 1, 1]) == [3, 3, 4]
    assert divided(7, [0, 5, 0]) == [0, 7, 0]
    assert divided(7, [0, 0]) == [0, 0]
    assert divided(7, []) == []
