"""Tiles that follow directly behind one another, and units that multiply for nothing, against an array unit by unit."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.adam.test_packing import ARRAYS, DATAFLOWS, PACKINGS, blocks_of, chip, layers_from, random_layers
from genesys_cli.accelerator.adam.inference import inference_counts
from genesys_cli.accelerator.adam.packing import Packing, pack
from genesys_cli.accelerator.adam.timing import gemm_cycles, lead
from genesys_cli.accelerator.adam.vectorise import Layers
from reference.systolic import Piece, output_stationary, weight_stationary

CLOCKED = {"output_stationary": output_stationary, "weight_stationary": weight_stationary}


def pipelined(array: tuple[int, int], dataflow: str, packing: str = "population"):
    return chip(*array, dataflow, packing, tiles="pipelined")


def tiles_of(packing: Packing, layers: Layers, layer: int, dataflow: str, rng: np.random.Generator):
    """Return the pieces of each tile of a layer, with random operands, and the length that streams through each."""
    tiles, streams = [], []
    for tile in np.flatnonzero(packing.tile_layer == layer):
        pieces = []
        for k in np.flatnonzero(packing.piece_tile == tile):
            sources = blocks_of(layers, int(packing.piece_genome[k]))[layer][0]
            deep = sources if dataflow == "output_stationary" else int(packing.piece_height[k])
            weights = rng.integers(-9, 9, (deep, int(packing.piece_width[k]))).tolist()
            at = int(packing.piece_row[k]), int(packing.piece_col[k])
            pieces.append(Piece(*at, weights, rng.integers(-9, 9, deep).tolist()))
        tiles.append(pieces)
        streams.append(int(packing.tile_stream[tile]))
    return tiles, streams


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", [(3, 4), (8, 2), (1, 3), (5, 1), (6, 6)])
def test_an_array_unit_by_unit_takes_no_longer(array, dataflow):
    """It gives every sum, no two of them meet, and the last one leaves in the last cycle where it can."""
    reached = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        layers, _ = random_layers(seed)
        setup = pipelined(array, dataflow)
        once = inference_counts(layers, np.ones(12, np.int64), 0, setup)
        together = own = 0
        packing = pack(layers, setup)
        for layer in range(int(packing.tile_layer.max(initial=-1)) + 1):
            tiles, streams = tiles_of(packing, layers, layer, dataflow, rng)
            begins = np.cumsum([0, *(s + lead(array[0], dataflow) for s in streams[:-1])]).tolist()
            done = CLOCKED[dataflow](tiles, *array, begins)
            for t, pieces in enumerate(tiles):
                for piece in pieces:
                    for c, value in enumerate(np.array(piece.inputs) @ np.array(piece.weights)):
                        assert done.results[t, piece.col + c] == value
            alone = layers_from(
                [[(*blocks_of(layers, g)[layer], 1)] if layer < layers.depth[g] else [] for g in range(12)]
            )
            cycles = inference_counts(alone, np.ones(12, np.int64), 0, setup)["adam_cycles"]
            assert done.last <= cycles
            reached += done.last == cycles
            together, own = together + done.together, own + done.own
        assert own == once["useful_macs"] + once["padded_macs"]
        assert together - own == once["adam_crossed_slots"]
    assert reached > 0


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_crossed_slots_are_the_sum_over_steps(array, dataflow):
    """What meets in a step is of genomes that both play, and lasts as long as the shorter of both streams."""
    for seed in range(8):
        layers, steps = random_layers(seed)
        packing = pack(layers, chip(*array, dataflow))
        expected = 0
        for step in range(int(steps.max())):
            for a in np.flatnonzero(steps[packing.piece_genome] > step):
                for b in np.flatnonzero(steps[packing.piece_genome] > step):
                    if a != b and packing.piece_tile[a] == packing.piece_tile[b]:
                        stream = min(packing.piece_stream[a], packing.piece_stream[b])
                        expected += int(packing.piece_height[a] * packing.piece_width[b] * stream)
        for tiles in ("serial", "pipelined"):
            counts = inference_counts(layers, steps, 0, chip(*array, dataflow, tiles=tiles))
            assert counts["adam_crossed_slots"] == expected
            assert counts["useful_macs"] + counts["padded_macs"] + expected <= counts["adam_mac_slots"]
        assert inference_counts(layers, steps, 0, chip(*array, dataflow, "single"))["adam_crossed_slots"] == 0


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", ARRAYS)
def test_cycles_are_the_sum_over_steps_and_layers(array, dataflow):
    """In each step each layer is one product of all its tiles: it fills and drains once."""
    for seed in range(8):
        layers, steps = random_layers(seed)
        setup = pipelined(array, dataflow)
        packing = pack(layers, setup)
        expected = 0
        for step in range(int(steps.max())):
            playing = steps > step
            for layer in range(int(layers.depth.max())):
                live = {int(packing.piece_tile[k]) for k in np.flatnonzero(playing[packing.piece_genome])}
                streams = [int(packing.tile_stream[t]) for t in live if packing.tile_layer[t] == layer]
                if not streams:
                    continue
                # As a product of one fold takes, and for each further tile what it holds up the next one.
                one = gemm_cycles(1, 1, 1, *array, dataflow) - 1
                expected += one + sum(streams) + (len(streams) - 1) * lead(array[0], dataflow)
        counts = inference_counts(layers, steps, 0, setup)
        assert counts["adam_cycles"] == expected
        assert counts["adam_stream_cycles"] + counts["adam_fill_cycles"] == expected


@pytest.mark.parametrize("ports", [1, 2, 16])
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", [*ARRAYS, (1, 7), (7, 1), (2, 2), (2, 7), (16, 16)])
def test_pipelined_is_never_slower_and_does_the_same_work(array, dataflow, packing, ports):
    """Not even where tables hold it up; but SCALE-Sim gives a row of units a cycle less than it has results."""
    of_the_array = {"adam_cycles", "adam_fill_cycles", "adam_mac_slots", "adam_stall_tables", "round_cycles"}
    of_the_array.add("adam_stall_results")
    for seed in range(8):
        layers, steps = random_layers(seed)
        serial = inference_counts(layers, steps, 3, chip(*array, dataflow, packing, table_ports=ports))
        found = inference_counts(
            layers, steps, 3, chip(*array, dataflow, packing, table_ports=ports, tiles="pipelined")
        )
        assert found["adam_cycles"] <= serial["adam_cycles"]
        assert serial["adam_stall_tables"] == 0
        if array[0] > 1:
            assert found["adam_cycles"] + found["adam_stall_tables"] <= serial["adam_cycles"]
            assert found["round_cycles"] <= serial["round_cycles"]
        assert found["adam_fill_cycles"] >= 0
        assert found["useful_macs"] + found["padded_macs"] <= found["adam_mac_slots"]
        assert {name for name in found if found[name] != serial[name]} <= of_the_array


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("dataflow", DATAFLOWS)
def test_one_tile_alone_takes_the_same(dataflow, packing):
    layers, steps = layers_from([[(5, 3, 15), (3, 2, 4)]]), np.array([7])
    serial, found = (
        inference_counts(layers, steps, 0, setup)["adam_cycles"]
        for setup in (chip(8, 8, dataflow, packing), pipelined((8, 8), dataflow, packing))
    )
    assert found == serial


@pytest.mark.parametrize(("dataflow", "cycles"), [("output_stationary", 101), ("weight_stationary", 670)])
def test_a_step_of_a_first_cartpole_generation(dataflow, cycles):
    """150 blocks of 4 x 2 are ten tiles of four sources, or nineteen of 32 rows of weights."""
    layers = layers_from([[(4, 2, 8)]] * 150)
    counts = inference_counts(layers, np.ones(150, np.int64), 0, pipelined((32, 32), dataflow))
    assert counts["adam_cycles"] == cycles
    assert counts["adam_cycles"] == (10 * 4 + 61 if dataflow == "output_stationary" else 19 * 32 + 62)
