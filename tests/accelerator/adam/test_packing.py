"""Where blocks lie on the array, and the cycles of a generation counted step by step."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.adam.networks import layers_of
from genesys_cli.accelerator.adam.inference import inference_counts
from genesys_cli.accelerator.adam.packing import Packing, pack
from genesys_cli.accelerator.adam.timing import gemm_cycles
from genesys_cli.accelerator.adam.vectorise import Layers
from genesys_cli.accelerator.cpu import vectorise_cycles
from genesys_cli.config.chip import AdamSettings, ChipSettings
from reference.grow import grown

DATAFLOWS = ("output_stationary", "weight_stationary")
PACKINGS = ("population", "single")
ARRAYS = ((32, 32), (3, 4), (8, 2), (1, 1))


def chip(rows: int = 32, cols: int = 32, dataflow: str = "output_stationary", packing: str = "population", **adam):
    return ChipSettings(adam=AdamSettings(rows=rows, cols=cols, dataflow=dataflow, packing=packing, **adam))


def layers_from(genomes: list[list[tuple[int, int, int]]]) -> Layers:
    """Return layers from (sources, nodes, edges) of each genome's layers."""
    offsets = np.cumsum([0, *(len(g) for g in genomes)]).astype(np.int64)
    flat = np.array([block for g in genomes for block in g], np.int32).reshape(-1, 3)
    depth = np.array([len(g) for g in genomes], np.int32)
    nodes = np.array([sum(block[1] for block in g) for g in genomes], np.int32)
    first = (np.cumsum(flat[:, 1]) - flat[:, 1]).astype(np.int64)
    none = np.zeros(len(genomes), np.int64)
    places = np.tile(np.array([0, 1], np.int32), (int(nodes.sum()), 1))  # the CPU reads all that they compute
    columns = (np.ascontiguousarray(column) for column in flat.T)
    return Layers(offsets, depth, *columns, nodes, nodes, first, none, none, places)


def step_cycles(packing: Packing, playing: np.ndarray) -> int:
    """Return the cycles of one step in which the given genomes, (P,) bool, are still playing."""
    live = np.zeros(len(packing.tile_layer), bool)
    live[packing.piece_tile[playing[packing.piece_genome]]] = True
    return int(packing.tile_cycles[live].sum())


def random_layers(seed: int, genomes: int = 12) -> tuple[Layers, np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(genomes):
        blocks = []
        for _ in range(rng.integers(0, 4)):
            sources, nodes = (int(x) for x in rng.integers(1, 12, 2))
            blocks.append((sources, nodes, int(rng.integers(nodes, sources * nodes + 1))))
        drawn.append(blocks)
    return layers_from(drawn), rng.integers(0, 9, genomes)


def blocks_of(layers: Layers, g: int) -> list[tuple[int, int]]:
    at = range(int(layers.offsets[g]), int(layers.offsets[g] + layers.depth[g]))
    return [(int(layers.sources[k]), int(layers.nodes[k])) for k in at]


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_pieces_cover_the_blocks_and_share_no_row_or_column(array, dataflow):
    for seed in range(8):
        layers, _ = random_layers(seed)
        packing = pack(layers, chip(*array, dataflow))
        covered: dict[tuple[int, int], int] = {}
        rows_used, cols_used = set(), set()
        for tile, genome, row, col, height, width in zip(
            packing.piece_tile,
            packing.piece_genome,
            packing.piece_row,
            packing.piece_col,
            packing.piece_height,
            packing.piece_width,
            strict=True,
        ):
            assert 0 <= row <= row + height <= array[0]
            assert 0 <= col <= col + width <= array[1]
            rows = {(tile, r) for r in range(row, row + height)}
            cols = {(tile, c) for c in range(col, col + width)}
            assert not rows & rows_used
            assert not cols & cols_used
            rows_used |= rows
            cols_used |= cols
            key = (int(genome), int(packing.tile_layer[tile]))
            covered[key] = covered.get(key, 0) + int(height * width)
        weights_stay = dataflow == "weight_stationary"
        expected = {
            (g, layer): nodes * (sources if weights_stay else 1)
            for g in range(len(layers.depth))
            for layer, (sources, nodes) in enumerate(blocks_of(layers, g))
        }
        assert covered == expected
        assert (np.diff(packing.tile_layer) >= 0).all()


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_cycles_are_the_sum_over_steps(array, dataflow):
    for seed in range(8):
        layers, steps = random_layers(seed)
        setup = chip(*array, dataflow)
        packing = pack(layers, setup)
        expected = sum(step_cycles(packing, steps > s) for s in range(int(steps.max())))
        counts = inference_counts(layers, steps, 100, setup)
        assert counts["adam_cycles"] == expected
        waited = inference_counts(layers, np.minimum(steps, 1), 100, setup)["adam_stall_results"]
        assert counts["round_cycles"] == step_cycles(packing, steps > 0) + waited  # 48 banks keep up
        assert counts["adam_stream_cycles"] + counts["adam_fill_cycles"] == expected
        for found in (counts, inference_counts(layers, steps, 100, chip(*array, dataflow, "single"))):
            assert found["adam_fill_cycles"] >= 0
            assert found["useful_macs"] + found["padded_macs"] <= found["adam_mac_slots"]


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_one_genome_at_a_time_is_a_product_for_every_layer(array, dataflow):
    form = {"rows": array[0], "cols": array[1], "dataflow": dataflow}
    for seed in range(8):
        layers, steps = random_layers(seed)
        expected = [sum(gemm_cycles(1, n, k, **form) for k, n in blocks_of(layers, g)) for g in range(len(steps))]
        single = inference_counts(layers, steps, 0, chip(*array, dataflow, "single"))
        assert single["adam_cycles"] == np.array(expected) @ steps
        waited = inference_counts(layers, np.minimum(steps, 1), 0, chip(*array, dataflow, "single"))[
            "adam_stall_results"
        ]
        assert single["round_cycles"] == np.array(expected) @ (steps > 0) + waited
        for g in range(len(steps)):
            alone = layers_from([[(k, n, n) for k, n in blocks_of(layers, g)]])
            together = inference_counts(alone, steps[g : g + 1], 0, chip(*array, dataflow))
            assert together["adam_cycles"] == expected[g] * steps[g]


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_packing_never_costs_when_all_play_equally_long(array, dataflow):
    for seed in range(8):
        layers, steps = random_layers(seed)
        equal = np.full_like(steps, 7)
        both = [inference_counts(layers, equal, 0, chip(*array, dataflow, packing)) for packing in PACKINGS]
        assert both[0]["adam_cycles"] <= both[1]["adam_cycles"]


def test_counts_add_up():
    layers, steps = random_layers(3)
    both = [inference_counts(layers, steps, 77, chip(packing=packing)) for packing in PACKINGS]
    for counts in both:
        genomes = range(len(steps))
        dense = sum(int(steps[g]) * sum(k * n for k, n in blocks_of(layers, g)) for g in genomes)
        assert counts["useful_macs"] + counts["padded_macs"] == counts["adam_weight_reads"] == dense
        assert counts["useful_macs"] <= counts["adam_mac_slots"]
        assert counts["vectorise_reads"] == 77
        weights = sum(k * n for g in genomes for k, n in blocks_of(layers, g))
        assert counts["vectorise_cycles"] == vectorise_cycles(len(steps), 77, weights, chip())
        assert all(isinstance(value, int) for value in counts.values())
    differing = {key for key in both[0] if both[0][key] != both[1][key]}
    of_the_array = {"adam_cycles", "adam_stream_cycles", "adam_fill_cycles", "adam_mac_slots", "adam_tiles"}
    of_the_array |= {"round_cycles", "adam_word_reads", "adam_stall_results"}
    assert differing <= {*of_the_array, "adam_crossed_slots"}


@pytest.mark.parametrize(("dataflow", "tiles"), [("output_stationary", 10), ("weight_stationary", 19)])
def test_packing_a_first_cartpole_generation(dataflow, tiles):
    """150 blocks of 4 x 2: sixteen fill the columns, or eight the rows."""
    layers = layers_from([[(4, 2, 8)]] * 150)
    steps = np.full(150, 20)
    packed = inference_counts(layers, steps, 0, chip(dataflow=dataflow))
    alone = inference_counts(layers, steps, 0, chip(dataflow=dataflow, packing="single"))
    assert packed["adam_tiles"] == 20 * tiles
    assert alone["adam_tiles"] == 20 * 150
    assert packed["adam_cycles"] * 7 < alone["adam_cycles"]


def test_nobody_plays():
    layers, steps = random_layers(1)
    for packing in PACKINGS:
        counts = inference_counts(layers, np.zeros_like(steps), 5, chip(packing=packing))
        assert counts["adam_cycles"] == 0
        assert counts["adam_mac_slots"] == 0
    nothing = inference_counts(layers_from([[], []]), np.array([3, 4]), 5, chip())
    assert nothing["adam_cycles"] == 0


def test_a_grown_population():
    population = grown("full")[-1].children
    layers = layers_of(population, feed_forward=True)
    counts = inference_counts(layers, np.full(population.size, 10), 1, chip())
    assert 0 < counts["useful_macs"] < counts["useful_macs"] + counts["padded_macs"] <= counts["adam_mac_slots"]
