"""A genome on inputs of another scale and offset computes what it computed before."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.genome.population import problems
from genesys_cli.genome.rescaling import Scaling, rescaled
from genesys_cli.names import AGGREGATIONS
from genesys_cli.network.batch import activate
from reference.genome import Conn, Genome, Node, population_of
from reference.grow import SCENES, grown

WAS = Scaling(np.float32([0, 0.5, -2, 1]), np.float32([1, 2, 0.25, 1]))
NOW = Scaling(np.float32([0, -0.25, 3, 1]), np.float32([4, 2, 0.5, 1]))


def computed(population, observations, scaling, feed_forward=True):
    with Threads(1) as threads:
        inputs = (observations - scaling.offset) * scaling.scale
        return activate(population, inputs, feed_forward=feed_forward, threads=threads).astype(np.float64)


@pytest.mark.parametrize("name", ["full", "recurrent"])
def test_networks_compute_the_same(name):
    p = grown(name)[-1].children
    part = slice(0, p.n_inputs)
    was, now = (Scaling(*(numbers[part] for numbers in scaling)) for scaling in (WAS, NOW))
    feed_forward = SCENES[name].neat.feed_forward
    found, lost = rescaled(p, was, now)
    assert not lost.any()
    assert not list(problems(found, feed_forward=feed_forward))
    seen = np.random.default_rng(1).normal(size=(5, p.n_inputs)).astype(np.float32)
    one, other = (computed(*pair, feed_forward) for pair in ((p, seen, was), (found, seen, now)))
    other_before = computed(p, seen, now, feed_forward)
    # Steep networks magnify what float32 rounds; most are no further apart than that.
    assert np.median(np.abs(one - other)) < 1e-6
    assert np.quantile(np.abs(one - other), 0.95) < 1e-3
    assert np.quantile(np.abs(one - other_before), 0.9) > 0.1


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_every_aggregation(aggregation):
    """A scale is always taken up; an offset only where a node adds up, or takes the mean."""
    genome = Genome(4, 1)
    genome.nodes[4] = Node(np.float32(0.5), np.float32(0.75), 3, AGGREGATIONS.index(aggregation))
    for k, weight in enumerate((0.5, -1.5, 2.0, 1.25)):
        genome.conns[k] = Conn(k, 4, np.float32(weight), k != 3)
    p = population_of([genome])
    seen = np.random.default_rng(2).normal(size=(7, 4)).astype(np.float32)
    scale = NOW._replace(offset=WAS.offset)
    found, lost = rescaled(p, WAS, scale)
    assert not lost.any()
    assert np.allclose(computed(found, seen, scale), computed(p, seen, WAS), atol=1e-5)
    assert found.node_bias.tobytes() == p.node_bias.tobytes()
    found, lost = rescaled(p, WAS, NOW)
    if aggregation in ("sum", "mean"):
        assert not lost.any()
        assert np.allclose(computed(found, seen, NOW), computed(p, seen, WAS), atol=1e-5)
    else:
        assert lost.tolist() == [False, True, True, False]


def test_what_has_not_changed_keeps_its_bits():
    p = grown("full")[-1].children
    assert rescaled(p, WAS, WAS).genomes is p
    found, _ = rescaled(p, WAS, NOW)
    kept = (p.conn_in >= 4) | (p.conn_in == 3) | (p.conn_in == 1)
    assert found.conn_weight[kept].tobytes() == p.conn_weight[kept].tobytes()
    assert (found.conn_weight[p.conn_in == 0] == p.conn_weight[p.conn_in == 0] / 4).all()


@pytest.mark.parametrize(
    ("was", "now", "lost"),
    [
        ((0, 1), (0, 0), True),  # it is always 0 now
        ((5, 0), (0, 1), False),  # it was always 0: no weight is left
        ((0, 1e30), (0, 1e-30), True),
        ((3e38, 1), (-3e38, 1), True),
    ],
)
def test_what_cannot_be_carried_over_is_said(was, now, lost):
    genome = Genome(1, 1)
    genome.nodes[1] = Node(np.float32(0), np.float32(1), 3, 0)
    genome.conns[0] = Conn(0, 1, np.float32(2), True)
    before, after = (Scaling(np.float32([offset]), np.float32([scale])) for offset, scale in (was, now))
    found = rescaled(population_of([genome]), before, after)
    assert found.lost.tolist() == [lost]
    assert np.isfinite(found.genomes.conn_weight).all()
    assert np.isfinite(found.genomes.node_bias).all()
    assert found.genomes.conn_weight[0] == (2 if lost else 0)
