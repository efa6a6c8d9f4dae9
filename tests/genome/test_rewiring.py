"""Genomes with other inputs and outputs, against dictionaries of genes; and that networks compute what they did."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.genome.population import problems
from genesys_cli.genome.rewiring import GONE, OutputGene, Wiring, joined, rewired, with_connections
from genesys_cli.network.batch import activate
from reference.genome import Conn, Genome, Node, assert_same, genome_of, genomes_of, population_of
from reference.grow import SCENES, grown

JOINING = OutputGene(-0.5, 1.0, 1, 2)
NAMES = ("full", "recurrent", "partial", "loops")


def wirings(rng, inputs, outputs):
    """Yield the same inputs and outputs; others in another order; some that are gone; some that are new."""
    yield Wiring(np.arange(inputs), np.arange(outputs), inputs, outputs)
    yield Wiring(rng.permutation(inputs), rng.permutation(outputs), inputs, outputs)
    yield Wiring(rng.permutation(inputs + 2)[:inputs], rng.permutation(outputs + 1)[:outputs], inputs + 2, outputs + 1)
    gone = rng.permutation(inputs)
    gone[gone == inputs - 1] = GONE
    yield Wiring(gone, np.where(np.arange(outputs) == 0, GONE, np.arange(outputs)), inputs, outputs)


def naive(genome: Genome, wiring: Wiring, hidden: list[int], first: int) -> Genome:
    """Return what a genome becomes, gene by gene."""
    ids = {k: int(place) for k, place in enumerate(wiring.inputs) if place != GONE}
    ids |= {genome.inputs + k: wiring.n_inputs + int(place) for k, place in enumerate(wiring.outputs) if place != GONE}
    ids |= {old: first + k for k, old in enumerate(hidden)}
    made = Genome(wiring.n_inputs, wiring.n_outputs)
    made.nodes = {ids[key]: node for key, node in genome.nodes.items() if key in ids}
    for output in range(wiring.n_inputs, wiring.n_inputs + wiring.n_outputs):
        fresh = Node(np.float32(JOINING.bias), np.float32(JOINING.response), JOINING.activation, JOINING.aggregation)
        made.nodes.setdefault(output, fresh)
    for key, conn in genome.conns.items():
        if conn.source in ids and conn.target in ids:
            made.conns[key] = Conn(ids[conn.source], ids[conn.target], conn.weight, conn.enabled)
    return made


def evolved(name):
    return grown(name)[-1].children


def hidden_of(p):
    return np.unique(p.node_id[p.node_id >= p.n_inputs + p.n_outputs]).astype(np.int64)


@pytest.mark.parametrize("name", NAMES)
def test_equals_the_reference(name):
    p, rng = evolved(name), np.random.default_rng(4)
    hidden = hidden_of(p)
    for wiring in wirings(rng, p.n_inputs, p.n_outputs):
        first = wiring.n_inputs + wiring.n_outputs + 3
        found = rewired(p, wiring, hidden, first, JOINING)
        wanted = population_of(naive(genome, wiring, hidden.tolist(), first) for genome in genomes_of(p))
        assert_same(found, wanted, f"{name}, {wiring}")
        assert not list(problems(found, feed_forward=SCENES[name].neat.feed_forward))


@pytest.mark.parametrize("name", NAMES)
def test_what_joins_has_no_influence_and_the_rest_computes_the_same_bits(name):
    p, rng = evolved(name), np.random.default_rng(5)
    inputs = rng.permutation(p.n_inputs + 2)[: p.n_inputs]
    outputs = rng.permutation(p.n_outputs + 1)[: p.n_outputs]
    wiring = Wiring(inputs, outputs, p.n_inputs + 2, p.n_outputs + 1)
    found = rewired(p, wiring, hidden_of(p), wiring.n_inputs + wiring.n_outputs, JOINING)
    seen = rng.normal(size=(6, p.n_inputs + 2)).astype(np.float32)
    seen[:, wiring.new_inputs] *= 1e6
    feed_forward = SCENES[name].neat.feed_forward
    with Threads(1) as threads:
        was = activate(p, seen[:, inputs], feed_forward=feed_forward, threads=threads)
        now = activate(found, seen, feed_forward=feed_forward, threads=threads)
    assert np.array_equal(was, now[:, :, outputs], equal_nan=True)
    joins = now[:, :, wiring.new_outputs]
    assert (joins == joins.flat[0]).all()


def test_connections_join_after_all_others():
    p = evolved("full")
    weights = np.arange(2 * p.size, dtype=np.float32).reshape(p.size, 2)
    found = with_connections(p, np.array([0, 3]), np.array([4, 5]), weights)
    assert (found.conn_innovation[found.conn_offsets[1:] - 1] == 0).all()
    for g in range(p.size):
        lo, hi = found.conn_offsets[g], found.conn_offsets[g + 1]
        was = slice(p.conn_offsets[g], p.conn_offsets[g + 1])
        for name in ("conn_in", "conn_out", "conn_weight", "conn_enabled"):
            assert np.array_equal(getattr(found, name)[lo : hi - 2], getattr(p, name)[was])
        assert found.conn_in[hi - 2 : hi].tolist() == [0, 3]
        assert found.conn_out[hi - 2 : hi].tolist() == [4, 5]
        assert found.conn_weight[hi - 2 : hi].tolist() == weights[g].tolist()
        assert found.conn_enabled[hi - 2 : hi].all()


def test_populations_are_joined():
    p = evolved("partial")
    parts = [p.select(np.arange(3)), p.select(np.array([7])), p.select(np.arange(20, 24))]
    found = joined(parts)
    assert found.equals(p.select(np.array([0, 1, 2, 7, 20, 21, 22, 23])))
    assert genome_of(found, 3) == genome_of(p, 7)
