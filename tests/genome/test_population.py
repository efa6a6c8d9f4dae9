"""Flat arrays: choosing genomes, comparing, and finding everything that can be broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.compiled.jit import kernel
from genesys_cli.genome.access import largest, local_index
from genesys_cli.genome.population import DTYPES, Population, problems
from reference.examples import deterministic
from reference.genome import genome_of, genomes_of, population_of
from reference.grow import SCENES, grown


def sound() -> Population:
    """Return three genomes with 2 inputs and 2 outputs: bare, plain, and one with hidden nodes 6 and 9."""
    arrays = {
        "node_offsets": [0, 2, 4, 8],
        "node_id": [2, 3, 2, 3, 2, 3, 6, 9],
        "node_bias": [0.5] * 8,
        "node_response": [1.0] * 8,
        "node_activation": [0] * 8,
        "node_aggregation": [0] * 8,
        "conn_offsets": [0, 0, 2, 7],
        "conn_innovation": [0, 3, 1, 4, 5, 6, 8],
        "conn_in": [0, 1, 0, 6, 6, 9, 1],
        "conn_out": [2, 3, 6, 9, 2, 3, 2],
        "conn_weight": [1.5] * 7,
        "conn_enabled": [1, 0, 1, 1, 1, 1, 1],
    }
    return Population(2, 2, **{name: np.array(values, DTYPES[name]) for name, values in arrays.items()})


def edited(**changes) -> Population:
    """Return the sound population with single elements changed: ``conn_in={3: 7}``."""
    p = sound()
    for name, cells in changes.items():
        array = getattr(p, name).copy()
        for at, value in cells.items():
            array[at] = value
        p = p._replace(**{name: array})
    return p


def test_sound_populations_have_no_problems():
    assert not list(problems(sound(), feed_forward=True))
    assert not list(problems(sound(), feed_forward=False))
    empty = sound().select(np.array([], np.int64))
    assert empty.size == 0
    assert not list(problems(empty, feed_forward=True))


BROKEN = {
    "a dtype": (sound()._replace(conn_weight=sound().conn_weight.astype(np.float64)), "dtype float64"),
    "a shape": (sound()._replace(node_id=sound().node_id.reshape(2, 4)), "2 dimensions"),
    "offsets that do not start at 0": (edited(node_offsets={0: 1}), "node_offsets do not ascend"),
    "offsets that fall": (edited(conn_offsets={1: 3}), "conn_offsets do not ascend"),
    "offsets of another length": (sound()._replace(conn_offsets=np.array([0, 7])), "conn_offsets do not ascend"),
    "a field that is too short": (sound()._replace(conn_in=sound().conn_in[:-1]), "conn_in has 6 elements"),
    "a field that is too long": (sound()._replace(node_bias=np.zeros(9, np.float32)), "node_bias has 9 elements"),
    "a weight that is no number": (edited(conn_weight={3: np.nan}), "conn_weight holds"),
    "an infinite bias": (edited(node_bias={0: np.inf}), "node_bias holds"),
    "an infinite response": (edited(node_response={7: -np.inf}), "node_response holds"),
    "an unknown activation": (edited(node_activation={5: 18}), "node_activation holds a number above 17"),
    "an unknown aggregation": (edited(node_aggregation={0: 7}), "node_aggregation holds a number above 6"),
    "a connection more than enabled": (edited(conn_enabled={6: 2}), "conn_enabled holds a number above 1"),
    "a node twice": (edited(node_id={7: 6}), "genome 2: node ids"),
    "nodes out of order": (edited(node_id={6: 9, 7: 6}), "genome 2: node ids"),
    "a missing output": (edited(node_id={1: 6}), "genome 0: node ids"),
    "an input among the nodes": (edited(node_id={0: 1}), "genome 0: node ids"),
    "an innovation twice": (edited(conn_innovation={1: 0}), "genome 1: innovation numbers"),
    "innovations out of order": (edited(conn_innovation={4: 9}), "genome 2: innovation numbers"),
    "an innovation below 0": (edited(conn_innovation={0: -1}), "genome 1: innovation numbers"),
    "a connection twice": (edited(conn_in={1: 0}, conn_out={1: 2}), "genome 1: two connections"),
    "a source that is not there": (edited(conn_in={1: 9}), "genome 1: a connection ends"),
    "a source below zero": (edited(conn_in={1: -1}), "genome 1: a connection ends"),
    "a target that is not there": (edited(conn_out={1: 6}), "genome 1: a connection ends"),
    "an input as target": (edited(conn_out={1: 1}), "genome 1: a connection ends"),
    "a cycle": (edited(conn_in={6: 9}, conn_out={6: 6}), "genome 2: a feed-forward genome has a cycle"),
    "a loop": (edited(conn_in={6: 6}, conn_out={6: 6}), "genome 2: a feed-forward genome has a cycle"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_finds(name):
    population, sentence = BROKEN[name]
    found = list(problems(population, feed_forward=True))
    assert found
    assert sentence in found[0], found
    if "cycle" in sentence:
        assert not list(problems(population, feed_forward=False)), "a recurrent genome may have one"


def test_an_output_may_not_feed_forward_in_a_ring():
    ring = edited(conn_in={0: 2, 1: 3}, conn_out={0: 3, 1: 2})
    assert [p for p in problems(ring, feed_forward=True)] == ["genome 1: a feed-forward genome has a cycle"]


def test_every_broken_genome_is_named():
    population = edited(conn_in={1: 9, 3: 100})
    named = [sentence.split(":")[0] for sentence in problems(population, feed_forward=True)]
    assert named == ["genome 1", "genome 2"]


@pytest.mark.parametrize("name", SCENES)
def test_select_copies_genomes_in_order(name):
    population = grown(name)[-1].children
    rng = np.random.default_rng(SCENES[name].seed)
    for count in (0, 1, 70, 150):
        chosen = rng.integers(0, population.size, count)
        selected = population.select(chosen)
        assert genomes_of(selected) == [genome_of(population, g) for g in chosen]
        assert selected.size == count
    before = population.conn_weight.copy()
    selected = population.select(np.arange(population.size))
    assert selected.equals(population)
    selected.conn_weight[:] = 99
    assert (population.conn_weight == before).all(), "a copy"


def test_equals_looks_at_every_bit():
    assert sound().equals(sound())
    for name in DTYPES:
        array = getattr(sound(), name).copy()
        array[-1] += 1
        assert not sound().equals(sound()._replace(**{name: array})), name
        assert not sound().equals(sound()._replace(**{name: array[:-1]})), name
    assert not sound().equals(sound()._replace(n_inputs=3))
    assert not sound().equals(sound()._replace(n_outputs=3))
    assert not edited(node_bias={0: 0.0}).equals(edited(node_bias={0: -0.0})), "-0 has other bits than 0"
    wide = sound()._replace(conn_innovation=sound().conn_innovation.astype(np.int64))
    assert not sound().equals(wide)


def test_arrays_are_all_but_the_shape():
    assert list(sound().arrays()) == list(DTYPES)
    assert Population(2, 2, **sound().arrays()).equals(sound())


@kernel
def largest_of(population, lo, hi):
    return largest(population, lo, hi)


@kernel
def local_indices(population, g, ids, out):
    lo = population.node_offsets[g]
    n = population.node_offsets[g + 1] - lo
    for k in range(len(ids)):
        out[k] = local_index(population, lo, n, ids[k])


@pytest.mark.parametrize("name", SCENES)
def test_access(name):
    population = grown(name)[-1].children
    genomes = genomes_of(population)
    for lo, hi in ((0, population.size), (10, 11), (30, 64), (5, 5)):
        wanted = [(len(genome.nodes), len(genome.conns)) for genome in genomes[lo:hi]] or [(0, 0)]
        assert tuple(largest_of(population, lo, hi)) == tuple(max(column) for column in zip(*wanted, strict=True))
    for g, genome in enumerate(genomes):
        ids = np.array(sorted(genome.nodes), np.int32)
        out = np.full(len(ids), -1)
        local_indices(population, g, ids, out)
        assert out.tolist() == list(range(len(ids))), f"scene {name}, genome {g}"


@deterministic
@given(st.integers(1, 5), st.integers(1, 5), st.sets(st.integers(0, 60), max_size=20))
def test_local_index_finds_any_node(inputs, outputs, hidden):
    bare = genome_of(sound(), 0)
    node = next(iter(bare.nodes.values()))
    bare.inputs, bare.outputs = inputs, outputs
    ids = [*range(inputs, inputs + outputs), *sorted(key + inputs + outputs for key in hidden)]
    bare.nodes = dict.fromkeys(ids, node)
    out = np.full(len(ids), -1)
    local_indices(population_of([bare]), 0, np.array(ids, np.int32), out)
    assert out.tolist() == list(range(len(ids)))
