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
from genesys_cli.config.memories import MEMORIES

QUICK = (1, 1)  # cycles of a read and of a write


def chip(
    array, dataflow="output_stationary", packing="population", tiles="serial", ports=1, banks=48, layout="wide16",
    access=QUICK,
):  # fmt: skip
    adam = {"rows": array[0], "cols": array[1], "dataflow": dataflow, "packing": packing, "tiles": tiles}
    adam["table_ports"] = ports
    buffer = {"banks": banks, "read_cycles": access[0], "write_cycles": access[1]}
    tables = {"adam": adam, "buffer": buffer, "genes": {"layout": layout}}
    return ChipSettings.model_validate(tables)


def one_run(pieces, stream: int, setup: ChipSettings, *, last: bool) -> tuple[int, int]:
    """Return what one run of a tile waits for, banks and tables.

    pieces: (depth, width) of those that are there; last: whether none of the same layer follows in this step
    """
    adam, bits = setup.adam, setup.genes.resolved().weight_bits
    per_word = 64 // bits
    results = sum(width for _, width in pieces)
    reads = sum(Fraction(depth * width + depth, per_word) for depth, width in pieces) * setup.buffer.read_cycles
    writes = Fraction(results, per_word)
    streaming = stream + lead(adam.rows, adam.dataflow)
    form = adam.rows, adam.cols, adam.dataflow
    window = streaming if adam.tiles == "pipelined" else stream + fold_overhead(*form)
    begun = math.ceil((reads + writes) / setup.buffer.banks) - streaming
    finished = math.ceil((reads + writes * setup.buffer.write_cycles) / setup.buffer.banks) - window
    banks = max(0, begun, finished)
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
    for seed in range(1 if array == (1, 1) else 5):  # there each unit is a tile, of which there are many
        layers, steps = random_layers(seed)
        for tiles in ("serial", "pipelined"):
            for banks, ports, layout, access in (
                (48, 1, "wide16", QUICK),
                (1, 2, "rtl8", QUICK),
                (1, 1, "wide16", QUICK),
                (3, 1, "wide16", QUICK),
                (3, 1, "wide16", (1, 5)),
                (5, 1, "rtl8", (2, 1)),
                (48, 1, "wide16", (3, 40)),
            ):
                setup = chip(array, dataflow, packing, tiles, ports, banks, layout, access)
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


@pytest.mark.parametrize("tiles", ["serial", "pipelined"])
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("dataflow", DATAFLOWS)
def test_slower_memory_never_stalls_less(dataflow, packing, tiles):
    for seed in range(3):
        layers, steps = random_layers(seed)
        for slower in (0, 1):
            found = []
            for cycles in (1, 2, 3, 7, 21, 200):
                access = (cycles, 2) if slower == 0 else (2, cycles)
                counts = inference_counts(layers, steps, 9, chip((6, 6), dataflow, packing, tiles, 1, 5, access=access))
                found.append(counts["adam_stall_banks"])
            assert found == sorted(found), f"seed {seed}"
            assert found[-1] > found[0], f"seed {seed}"


def test_a_slow_write_by_hand():
    """The same 16 pieces have 8 words of results. A serial tile takes 66 cycles, a pipelined one 4."""
    layers, steps = layers_from([[(4, 2, 8)]] * 16), np.full(16, 10)
    for tiles, banks, write, waited in (
        ("serial", 48, 21, 0),
        ("serial", 48, 390, 0),  # 48 words that are read and 8 x 390 cycles of writes, in 48 x 66
        ("serial", 48, 391, 1),
        ("pipelined", 48, 18, 0),  # in 48 x 4
        ("pipelined", 48, 21, 1),
        ("serial", 13, 1, 1),
        ("serial", 13, 100, 1),  # all 56 words have to begin while the tile streams, whatever writes take
    ):
        counts = inference_counts(layers, steps, 0, chip((32, 32), tiles=tiles, banks=banks, access=(1, write)))
        assert counts["adam_stall_banks"] == 10 * waited, (tiles, banks, write)
    for read, waited in (
        (3, 0),
        (4, 1),
    ):  # 48 words that are read and 8 that are written, in the four cycles of a stream
        counts = inference_counts(layers, steps, 0, chip((32, 32), access=(read, 1)))
        assert counts["adam_stall_banks"] == 10 * waited


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("name", chip_names())
def test_no_memory_makes_serial_tiles_wait(name, memory):
    layers = layers_from([[(4, 2, 8)]] * 40 + [[(8, 4, 32)]] * 40 + [[(24, 4, 96), (28, 4, 99)]] * 40)
    counts = inference_counts(layers, np.full(120, 7), 0, load_chip(name, [f"buffer.memory={memory}"]).settings)
    assert counts["adam_stall_banks"] == 0
