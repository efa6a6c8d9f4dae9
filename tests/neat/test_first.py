"""The first generation against its reference, and what each way to start promises."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import problems
from genesys_cli.names import ACTIVATIONS
from genesys_cli.neat.initial import first_connections, first_genes, first_population
from genesys_cli.neat.kernels.first import FULL, ONE_INPUT, PARTIAL, Start, fill_first
from genesys_cli.neat.kernels.rates import Draws, rates_of
from reference.first import first_genomes, links
from reference.genome import assert_same, genomes_of, population_of
from reference.grow import SCENES, random_ranges
from reference.numbers import Innovations, same

MODES = ("full", "partial", "one_input", "none")


def first(neat: NeatSettings, inputs: int, outputs: int, seed: int, threads: int = 1):
    with Threads(threads) as pool:
        return first_population(neat, inputs, outputs, seed, pool)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference(name, threads):
    scene = SCENES[name]
    population, counters = first(scene.neat, scene.inputs, scene.outputs, scene.seed, threads)
    wanted = first_genomes(scene.neat, scene.inputs, scene.outputs, scene.seed)
    assert_same(population, population_of(wanted), f"scene {name}, seed {scene.seed}")
    assert counters.next_node == scene.inputs + scene.outputs + scene.neat.num_hidden
    assert counters.next_innovation == len(links(scene.neat, scene.inputs, scene.outputs))


@pytest.mark.parametrize("mode", [FULL, PARTIAL, ONE_INPUT])
def test_ranges_do_not_matter(mode):
    seed = 5
    neat = NeatSettings(population=70, initial_connection=("full", "partial", "one_input")[mode], num_hidden=2)
    population, _ = first(neat, 3, 2, seed)
    again = population._replace(
        **{name: np.zeros_like(array) for name, array in population.arrays().items() if "offsets" not in name}
    )
    start = Start(*first_connections(neat, 3, 2), mode, int(population.conn_offsets[1]))
    for lo, hi in random_ranges(np.random.default_rng(seed), population.size):
        fill_first(again, lo, hi, start, rates_of(neat), Draws(np.uint64(seed), np.uint64(0)))
    assert_same(again, population, f"seed {seed}")


@pytest.mark.parametrize("num_hidden", [0, 1, 3])
@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_every_start_is_sound(mode, direct, num_hidden):
    neat = NeatSettings(population=20, initial_connection=mode, initial_direct=direct, num_hidden=num_hidden)
    population, _ = first(neat, 3, 2, 1)
    assert not list(problems(population, feed_forward=True))
    full = links(neat, 3, 2)
    assert len(full) == (3 * 2 if direct or not num_hidden else 0) + num_hidden * (3 + 2)
    for genome in genomes_of(population):
        joined = [(conn.source, conn.target) for conn in genome.conns.values()]
        assert [full[key] for key in genome.conns] == joined, "a link has the same number in every genome"
        assert all(conn.enabled for conn in genome.conns.values())
        used_inputs = {source for source, _ in joined if source < 3}
        if mode == "full":
            assert joined == full
        elif mode == "partial":
            assert len(joined) == round(0.5 * len(full))
        elif mode == "one_input":
            assert len(used_inputs) == 1
            from_it = [pair for pair in full if pair[0] in used_inputs]
            assert joined == sorted(from_it + [pair for pair in full if pair[0] >= 3], key=full.index)
        else:
            assert not joined


@pytest.mark.parametrize(("fraction", "count"), [(0.0, 0), (0.24, 1), (0.5, 2), (1.0, 4)])
def test_partial_start_takes_the_fraction(fraction, count):
    neat = NeatSettings(population=5, initial_connection="partial", connection_fraction=fraction)
    population, _ = first(neat, 4, 1, 3)
    assert np.diff(population.conn_offsets).tolist() == [count] * 5


def test_every_subset_and_every_input_is_equally_likely():
    """6 subsets of 2 links in 4, and 4 inputs, among 6000 genomes: within 5 standard deviations of a binomial count."""
    for mode, kinds in (("partial", 6), ("one_input", 4)):
        neat = NeatSettings(population=6000, initial_connection=mode)
        population, _ = first(neat, 4, 1, 17)
        taken = population.conn_innovation.reshape(6000, -1)
        _, counts = np.unique(taken, axis=0, return_counts=True)
        spread = np.sqrt(6000 * (1 / kinds) * (1 - 1 / kinds))
        assert len(counts) == kinds
        assert np.abs(counts - 6000 / kinds).max() < 5 * spread, counts


def test_values_start_where_the_settings_say():
    """8000 values of each kind: mean and deviation within 5 standard errors, none outside its limits."""
    neat = NeatSettings(
        population=2000,
        weight_init_mean=0.5,
        weight_init_stdev=2.0,
        bias_init_mean=-1.0,
        bias_init_stdev=0.5,
        bias_max=-1.0,
        response_init_stdev=0.25,
    )
    population, _ = first(neat, 1, 4, 23)
    weight, bias, response = population.conn_weight, population.node_bias, population.node_response
    n = len(weight)
    assert n == 8000
    for values, mean, stdev in ((weight, 0.5, 2.0), (response, 1.0, 0.25)):
        assert abs(values.mean() - mean) < 5 * stdev / n**0.5
        assert abs(values.std() - stdev) < 5 * stdev / (2 * n) ** 0.5
    assert bias.max() == -1.0
    assert 0.45 < (bias == -1.0).mean() < 0.55, "half of the biases are clipped"
    assert abs(np.corrcoef(weight, response)[0, 1]) < 5 / n**0.5


def test_another_seed_gives_another_start():
    neat = NeatSettings(population=5)
    same, _ = first(neat, 3, 2, 2**63 - 1)
    again, _ = first(neat, 3, 2, 2**63 - 1)
    other, _ = first(neat, 3, 2, 2**31 - 1)
    assert same.equals(again)
    assert not np.intersect1d(same.conn_weight, other.conn_weight).size


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("hidden", [0, 3])
def test_links_by_innovation_number(hidden, direct):
    neat = NeatSettings(num_hidden=hidden, initial_direct=direct)
    inputs, outputs, inner = range(4), range(4, 6), range(6, 6 + hidden)
    expected = [(i, h) for h in inner for i in inputs] + [(h, o) for o in outputs for h in inner]
    if direct or not hidden:
        expected += [(i, o) for o in outputs for i in inputs]
    sources, targets = first_connections(neat, 4, 2)
    assert list(zip(sources.tolist(), targets.tolist(), strict=True)) == expected
    assert sources.dtype == targets.dtype == np.int32
    assert first_genes(neat, 4, 2) == (2 + hidden, len(expected))
    one = sum(source == 0 or source >= 4 for source, _ in expected)
    assert first_genes(neat.model_copy(update={"initial_connection": "one_input"}), 4, 2)[1] == one


def test_the_widest_first_genome_is_counted_without_being_made():
    wide = NeatSettings(num_hidden=1000, initial_direct=True)
    assert first_genes(wide, 10**9, 18) == (1018, 10**9 * 1018 + 18_000)


def test_outputs_start_with_an_activation_of_their_own():
    """Hidden nodes have the default all the same; and outputs, where they have none of their own."""
    options = {"activation_options": ["relu", "sin"], "activation_default": "relu", "num_hidden": 2}
    for output, names in (("sigmoid", ["sigmoid"] * 3 + ["relu"] * 2), (None, ["relu"] * 5)):
        population, _ = first(NeatSettings(population=4, output_activation=output, **options), 2, 3, 1)
        assert [ACTIVATIONS[index] for index in population.node_activation] == names * 4


@pytest.mark.parametrize("mode", MODES)
def test_the_links_of_a_full_start_are_known(mode):
    """However few of them there are: who gains one that is missing gives it the number that others have."""
    neat = NeatSettings(population=4, initial_connection=mode, num_hidden=2, initial_direct=True)
    _, counters = first(neat, 3, 2, 1)
    assert same(counters, Innovations.first(links(neat, 3, 2), 3 + 2 + 2).counters())
