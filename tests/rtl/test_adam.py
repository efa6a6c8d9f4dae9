"""ADAM's RTL against the emulation: registers word for word, cycles, and words that are read and written."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.adam.networks import layers_of
from genesys_cli.accelerator.adam.inference import inference_counts
from genesys_cli.config.chip import AdamSettings, BufferSettings, ChipSettings
from genesys_cli.errors import UserError
from genesys_cli.names import ACTIVATIONS
from genesys_cli.rtl.adam import Adam
from genesys_cli.rtl.constants_adam import adam_words
from genesys_cli.rtl.program import program_of
from reference.genome import Conn, Genome, Node, population_of
from rtl.random_networks import chip_of, emulated, observations, random_population

FLOWS = ("output_stationary", "weight_stationary")
STEPS = 3


def counted(adam: Adam) -> np.ndarray:
    """Return what a simulated array has counted so far."""
    return np.array([adam.array_cycles, adam.step_cycles, adam.words_read, adam.words_written])


def compare(
    adam: Adam, seed: int, *, feed_forward: bool, size: int = 6, most: int = 8, steps: np.ndarray | None = None
) -> tuple[int, int]:
    """Run random networks in both; return how many blocks they have, and how many nodes may saturate.

    steps: (P,), of each genome, by default STEPS
    """
    population = random_population(seed, size, feed_forward=feed_forward, most=most)
    steps = np.full(size, STEPS, np.int64) if steps is None else steps
    observed = observations(seed, int(steps.max()), population)
    expected, limited = emulated(population, adam.chip, observed, feed_forward=feed_forward)
    adam.load(population, feed_forward=feed_forward)
    before = counted(adam)
    for step, now in enumerate(observed):
        found = adam.step(now, steps > step)
        wrong = np.argwhere(found != expected[step])
        assert not (steps > step)[wrong[:, 0]].any(), f"seed {seed}, step {step}: {wrong[0]} differs"
    layers = layers_of(population, feed_forward=feed_forward, cols=adam.chip.adam.cols)
    counts = inference_counts(layers, steps, 0, adam.chip)
    cycles = counts["adam_cycles"]
    wanted = [cycles, cycles + counts["adam_stall_results"], counts["adam_word_reads"], counts["adam_word_writes"]]
    assert (counted(adam) - before).tolist() == wanted, f"seed {seed}"
    return int(layers.depth.sum()), limited


QUICK = [
    (chip_of(8, 8, "output_stationary"), 40),
    (chip_of(3, 5, "weight_stationary"), 40),
]
SINGLE = [
    (chip_of(8, 8, "output_stationary", packing="single"), 10),
    (chip_of(3, 5, "weight_stationary", packing="single"), 10),
]


@pytest.mark.builds
@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize(("chip", "scenes"), QUICK, ids=FLOWS)
def test_registers_cycles_and_words_equal_the_emulation(chip, scenes, feed_forward):
    adam = Adam(chip)
    blocks, limited = np.sum([compare(adam, seed, feed_forward=feed_forward) for seed in range(scenes)], axis=0)
    assert blocks > 200
    assert limited > 100


@pytest.mark.builds
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_over_its_whole_range(name):
    """One input, one node; responses and bias spread the argument far beyond the table, and onto ties."""
    adam = Adam(QUICK[0][0])
    genomes = []
    for response, bias in ((1.0, 0.0), (0.0625, 0.25), (5.0, -1.0), (1 / 1024, 0.0)):
        genome = Genome(1, 1)
        genome.nodes[1] = Node(np.float32(bias), np.float32(response), ACTIVATIONS.index(name), 0)
        genome.conns[1] = Conn(0, 1, np.float32(1), True)
        genomes.append(genome)
    population = population_of(genomes)
    raw = np.concatenate([np.arange(-(2**15), 2**15, 331), np.arange(-300, 300), [2**15 - 1]])
    observed = np.repeat(raw.astype(np.float32)[:, None, None] / 1024, len(genomes), axis=1)
    expected, _ = emulated(population, adam.chip, observed, feed_forward=True)
    adam.load(population, feed_forward=True)
    found = np.array([adam.step(now) for now in observed])
    assert np.array_equal(found, expected), np.argwhere(found != expected)[:3]


@pytest.mark.builds
def test_nodes_that_read_nothing_and_outputs_that_nothing_reaches():
    """A hidden node without sources feeds an output of the first layer; another output has its bias alone."""
    genome = Genome(1, 2)
    for node, bias in ((1, 0.5), (2, -0.25), (3, 0.75)):
        genome.nodes[node] = Node(np.float32(bias), np.float32(1), 0, 0)
    genome.conns[3 << 14 | 1] = Conn(3, 1, np.float32(2), True)
    population = population_of([genome] * 5)
    adam = Adam(QUICK[0][0])
    observed = np.zeros((2, 5, 1), np.float32)
    expected, _ = emulated(population, adam.chip, observed, feed_forward=True)
    adam.load(population, feed_forward=True)
    assert np.array_equal([adam.step(now) for now in observed], expected)
    assert len(set(expected[0, 0])) == 2


@pytest.mark.builds
@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize(("chip", "scenes"), [(chip, 10) for chip, _ in QUICK] + SINGLE)
def test_tiles_of_which_nobody_plays_are_left_out(chip, scenes, feed_forward):
    """Genomes finish at different times, some before they begin; the others go on as before."""
    adam = Adam(chip)
    for seed in range(100, 100 + scenes):
        steps = np.random.default_rng(seed).integers(0, 6, 12)
        compare(adam, seed, feed_forward=feed_forward, size=12, steps=steps)


@pytest.mark.builds
def test_a_recurrent_network_forgets():
    chip = QUICK[0][0]
    population = random_population(7, 6, feed_forward=False)
    observed = observations(7, 4, population)
    expected, _ = emulated(population, chip, observed[2:], feed_forward=False)
    unbroken, _ = emulated(population, chip, observed, feed_forward=False)
    adam = Adam(chip)
    adam.load(population, feed_forward=False)
    anew = np.array([True, False] * 3)
    for now in observed[:2]:
        adam.step(now)
    adam.forget(anew)
    found = np.array([adam.step(now) for now in observed[2:]])
    assert np.array_equal(found[:, anew], expected[:, anew])
    assert np.array_equal(found[:, ~anew], unbroken[2:, ~anew])
    assert not np.array_equal(expected[:, anew], unbroken[2:, anew])


SHAPES = [(2, 2), (2, 3), (3, 2), (4, 4), (5, 7), (8, 8), (16, 4), (6, 16), (32, 32)]
SOAK = [(*shape, "wide16") for shape in SHAPES] + [(3, 4, "rtl8"), (8, 8, "rtl8")]


@pytest.mark.soak
@pytest.mark.builds
@pytest.mark.parametrize("dataflow", FLOWS)
@pytest.mark.parametrize(("rows", "cols", "layout"), SOAK)
def test_random_blocks(rows, cols, layout, dataflow, capsys):
    """More than 10 000 blocks with all shapes together, both with one genome's layers at a time and packed."""
    for packing in ("population", "single"):
        chip = chip_of(rows, cols, dataflow, packing=packing, layout=layout, words=32768)
        adam = Adam(chip)
        total = np.zeros(2, np.int64)
        seeds = range(1000, 1015)
        for seed in seeds:
            for feed_forward in (True, False):
                steps = np.random.default_rng(seed).integers(1, STEPS + 3, 10)
                total += compare(adam, seed, feed_forward=feed_forward, size=10, most=14, steps=steps)
        with capsys.disabled():
            print(
                f"\n{rows}x{cols} {dataflow} {layout} {packing}: seeds {seeds.start}..{seeds.stop - 1}, "
                f"{total[0]} blocks equal, 1 to {STEPS + 2} steps each, {total[1]} nodes may saturate, "
                f"{adam.step_cycles} cycles, {adam.array_cycles} of the array, {adam.words_read} words read"
            )
        assert total[0] > 300


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tiles": "pipelined"}, "adam.tiles = 'pipelined' is not in the RTL; choose 'serial'"),
        ({"function_unit": "piecewise"}, "adam.function_unit = 'piecewise' is not in the RTL"),
        ({"rows": 1, "cols": 9}, "adam.rows = 1 and adam.cols = 9: the RTL's array has at least 2 x 2"),
        ({"rows": 64, "cols": 256}, "buffer.banks = 48 is too few .* choose at least 82 banks"),
    ],
)
def test_an_array_that_is_not_there_is_refused(changes, said):
    with pytest.raises(UserError, match=said):
        adam_words(ChipSettings(adam=AdamSettings(**changes)))


def test_a_population_that_does_not_fit_is_refused():
    chip = ChipSettings(adam=AdamSettings(rows=4, cols=4), buffer=BufferSettings(words_per_bank=16))
    with pytest.raises(UserError, match=r"does not fit ADAM's banks: .* and buffer.words_per_bank is 16; choose more"):
        program_of(random_population(3, 40, feed_forward=True), chip, feed_forward=True)


def test_table_entries_finer_than_a_sum_are_refused():
    chip = chip_of(4, 4, "output_stationary", layout="rtl8", table_bits=14)
    with pytest.raises(UserError, match="adam.table_bits = 14 makes entries finer than a sum"):
        adam_words(chip)
