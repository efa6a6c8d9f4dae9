"""What the array waits for, counted tile by tile and step by step."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from accelerator.adam.test_packing import DATAFLOWS, PACKINGS, blocks_of, layers_from, random_layers
from accelerator.adam.test_pipelined import CLOCKED, tiles_of
from genesys_cli.accelerator.adam.inference import inference_counts
from genesys_cli.accelerator.adam.packing import pack
from genesys_cli.accelerator.adam.timing import fold_overhead, lead
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.chips import chip_names, load_chip


def chip(array, dataflow="output_stationary", packing="population", tiles="serial", ports=1, banks=48, layout="wide16"):
    adam = {"rows": array[0], "cols": array[1], "dataflow": dataflow, "packing": packing, "tiles": tiles}
    adam["table_ports"] = ports
    tables = {"adam": adam, "buffer": {"banks": banks}, "genes": {"layout": layout}}
    return ChipSettings.model_validate(tables)


def one_run(pieces, stream: int, setup: ChipSettings, *, last: bool) -> tuple[int, int]:
    """Return what one run of a tile waits for, banks and tables.

    pieces: (depth, width) of those that are there; last: whether none of the same layer follows in this step
    """
    adam, bits = setup.adam, setup.genes.resolved().weight_bits
    per_word = 64 // bits
    words = sum(Fraction(depth * width + depth + width, per_word) for depth, width in pieces)
    streaming = stream + lead(adam.rows, adam.dataflow)
    banks = max(0, math.ceil(words / setup.buffer.banks) - streaming)
    form = adam.rows, adam.cols, adam.dataflow
    window = streaming if adam.tiles == "pipelined" else stream + fold_overhead(*form)
    results = sum(width for _, width in pieces)
    if last:
        return banks, 0
    return banks, max(0, math.ceil(Fraction(results, adam.table_ports)) - window - banks)


def step_by_step(layers, steps, setup: ChipSettings) -> tuple[int, int]:
    """Return the stalls of a generation."""
    weights_stay = setup.adam.dataflow == "weight_stationary"
    total = np.zeros(2, int)
    if setup.adam.packing == "population":
        packing = pack(layers, setup)
        for step in range(int(steps.max())):
            live = steps[packing.piece_genome] > step
            running = np.unique(packing.piece_tile[live])
            for k, tile in enumerate(running):
                layer = packing.tile_layer[tile]
                last = k + 1 == len(running) or packing.tile_layer[running[k + 1]] != layer
                here = np.flatnonzero((packing.piece_tile == tile) & live)
                deep = packing.piece_height if weights_stay else packing.piece_stream
                pieces = [(int(deep[k]), int(packing.piece_width[k])) for k in here]
                total += one_run(pieces, int(packing.tile_stream[tile]), setup, last=last)
        return tuple(total.tolist())
    for g, played in enumerate(steps.tolist()):
        for sources, nodes in blocks_of(layers, g):
            tall = setup.adam.rows if weights_stay else sources
            folds = [
                (min(tall, sources - top), min(setup.adam.cols, nodes - left))
                for top in range(0, sources, tall)
                for left in range(0, nodes, setup.adam.cols)
            ]
            for k, fold in enumerate(folds):
                stream = 1 if weights_stay else sources
                total += np.array(one_run([fold], stream, setup, last=k + 1 == len(folds))) * played
    return tuple(total.tolist())


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", [(3, 4), (8, 2), (1, 1), (16, 16)])
def test_stalls_are_the_sum_over_steps_and_tiles(array, dataflow, packing):
    waited = Counter()
    for seed in range(5):
        layers, steps = random_layers(seed)
        for tiles in ("serial", "pipelined"):
            for banks, ports, layout in ((48, 1, "wide16"), (1, 2, "rtl8"), (1, 1, "wide16"), (3, 1, "wide16")):
                setup = chip(array, dataflow, packing, tiles, ports, banks, layout)
                counts = inference_counts(layers, steps, 9, setup)
                found = counts["adam_stall_banks"], counts["adam_stall_tables"]
                assert found == step_by_step(layers, steps, setup)
                waited += Counter(banks=found[0], tables=found[1])
    if array == (16, 16):
        assert waited["banks"] > 0


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("array", [(3, 4), (6, 6), (2, 9)])
def test_results_leave_one_a_cycle_unless_tiles_follow_directly(array, dataflow):
    """Unit by unit: so a table with one port keeps up with serial tiles, whatever they hold."""
    most = Counter()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        layers, _ = random_layers(seed)
        packing = pack(layers, chip(array, dataflow))
        for layer in range(int(packing.tile_layer.max(initial=-1)) + 1):
            tiles, streams = tiles_of(packing, layers, layer, dataflow, rng)
            for how, each in (
                ("serial", fold_overhead(*array, dataflow)),
                ("pipelined", lead(array[0], dataflow)),
            ):
                begins = np.cumsum([0, *(stream + each for stream in streams[:-1])]).tolist()
                left = Counter(CLOCKED[dataflow](tiles, *array, begins).left.values())
                most[how] = max(most[how], *left.values())
    assert most["serial"] == 1
    if dataflow == "output_stationary":
        assert most["pipelined"] > 1


@pytest.mark.parametrize("name", chip_names())
@pytest.mark.parametrize("dataflow", DATAFLOWS)
@pytest.mark.parametrize("packing", PACKINGS)
def test_no_shipped_chip_waits_for_banks_or_with_serial_tiles_for_tables(name, dataflow, packing):
    shapes = [(1, 1), (4, 2), (8, 4), (24, 4), (128, 18), (200, 64), (3, 50)]
    layers = layers_from([[(k, n, n), (n, 3, 3)] for k, n in shapes] * 20)
    steps = np.random.default_rng(2).integers(1, 30, 20 * len(shapes))
    form = f"adam.dataflow={dataflow}", f"adam.packing={packing}"
    for layout in ("wide16", "rtl8"):
        for tiles in ("serial", "pipelined"):
            setup = load_chip(name, [*form, f"adam.tiles={tiles}", f"genes.layout={layout}"]).settings
            counts = inference_counts(layers, steps, 0, setup)
            assert counts["adam_stall_banks"] == 0
            assert counts["adam_stall_tables"] == 0 or tiles == "pipelined"
            wide = setup.model_copy(update={"adam": setup.adam.model_copy(update={"table_ports": setup.adam.cols})})
            assert inference_counts(layers, steps, 0, wide)["adam_stall_tables"] == 0


def test_by_hand():
    """Sixteen pieces of 4 x 2 have 128 weights, 64 inputs and 32 results: 56 words, in the four cycles of a stream."""
    layers = layers_from([[(4, 2, 8)]] * 16)
    steps = np.full(16, 10)
    for banks, waited in ((48, 0), (14, 0), (13, 1), (1, 52)):
        counts = inference_counts(layers, steps, 0, chip((32, 32), banks=banks))
        assert counts["adam_stall_banks"] == 10 * waited
    # With as many again there are two tiles, the second of which waits for the 32 results of the first.
    layers, steps = layers_from([[(4, 2, 8)]] * 32), np.full(32, 10)
    for ports, waited in ((1, 28), (2, 12), (8, 0)):
        counts = inference_counts(layers, steps, 0, chip((32, 32), tiles="pipelined", ports=ports))
        assert counts["adam_stall_tables"] == 10 * waited
    assert inference_counts(layers, steps, 0, chip((32, 32)))["adam_stall_tables"] == 0
