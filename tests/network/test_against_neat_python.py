"""Networks against neat-python's: every function exactly conditioned, then whole random genomes.

neat-python computes in float64, so results agree to float32's accuracy where the network does not magnify rounding.
"""

from __future__ import annotations

import numpy as np
import pytest
from neat.nn import FeedForwardNetwork, RecurrentNetwork

from genesys_cli.genome.population import Population
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from genesys_cli.network.network import Network
from reference.genome import Conn, Genome, Node, genomes_of, population_of
from reference.grow import SCENES, grown
from reference.neat_python_bridge import neat_config, to_neat_python
from reference.network import ReferenceNetwork, plain

STEPS = 4
TOLERANCE = 1e-5  # of the larger of 1 and the result


def theirs(population: Population, g: int, inputs: np.ndarray, feed_forward: bool) -> np.ndarray:
    config = neat_config(population.n_inputs, population.n_outputs, feed_forward=feed_forward)
    kind = FeedForwardNetwork if feed_forward else RecurrentNetwork
    network = kind.create(to_neat_python(population, g), config)
    return np.array([network.activate(row) for row in inputs.astype(np.float64).tolist()])


def ours(population: Population, g: int, inputs: np.ndarray, feed_forward: bool) -> np.ndarray:
    return Network(population, g, feed_forward=feed_forward).activate_many(inputs).astype(np.float64)


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float((np.abs(a - b) / np.maximum(1, np.abs(b))).max())


@pytest.mark.parametrize("feed_forward", [True, False])
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_function(activation, aggregation, feed_forward):
    """One node with up to four inputs, all numbers multiples of 1/8: nothing is rounded before the function itself."""
    rng = np.random.default_rng(ACTIVATIONS.index(activation) * 10 + AGGREGATIONS.index(aggregation))
    for count in (1, 2, 4):
        genome = Genome(4, 1)
        bias, response = rng.integers(-8, 9) / 8, rng.integers(1, 9) / 8
        genome.nodes[4] = Node(
            np.float32(bias), np.float32(response), ACTIVATIONS.index(activation), AGGREGATIONS.index(aggregation)
        )
        for k in range(count):
            genome.conns[k] = Conn(k, 4, np.float32(rng.integers(-16, 17) / 8), True)
        population = population_of([genome])
        inputs = (rng.integers(-12, 13, (20, 4)) / 8).astype(np.float32)
        wanted = theirs(population, 0, inputs, feed_forward)
        assert error(ours(population, 0, inputs, feed_forward), wanted) < TOLERANCE, genome


def compared(name: str, feed_forward: bool) -> tuple[int, int]:
    """Compare a scene's genomes with neat-python's networks; return how many were compared, and how many there were.

    Left out are recurrent genomes that need a node without enabled inputs, which neat-python leaves at 0, and genomes
    in which a change of the weights by a millionth, ten of float32's roundings, changes neat-python's own result
    by more than the tolerance: there the network decides, not its implementation.
    """
    scene, count = SCENES[name], 0
    rng = np.random.default_rng(scene.seed)
    genomes = [(step.children, g) for step in grown(name)[1::3] for g in range(0, step.children.size, 2)]
    for population, g in genomes:
        genome = genomes_of(population.select(np.array([g])))[0]
        reference = ReferenceNetwork(genome, plain, feed_forward=feed_forward)
        if not feed_forward and not all(reference.incoming[node] for node in reference.needed()):
            continue
        inputs = rng.normal(size=(STEPS, scene.inputs)).astype(np.float32)
        one = population.select(np.array([g]))
        shaken = one._replace(
            conn_weight=one.conn_weight * (1 + 1e-6 * rng.choice([-1, 1], one.conn_weight.size)),
            node_bias=one.node_bias + 1e-6 * rng.choice([-1, 1], one.node_bias.size),
        )
        try:
            wanted = theirs(one, 0, inputs, feed_forward)
            moved = theirs(shaken, 0, inputs, feed_forward)
        except OverflowError:  # a Python float that is squared or cubed too often
            continue
        if error(moved, wanted) > TOLERANCE or np.abs(wanted).max() > 1e30:
            continue
        with np.errstate(all="ignore"):
            got = ours(one, 0, inputs, feed_forward)
        assert error(got, wanted) < TOLERANCE, f"scene {name}, seed {scene.seed}, {genome}"
        count += 1
    return count, len(genomes)


@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if scene.neat.feed_forward])
def test_random_feed_forward_genomes(name):
    count, total = compared(name, feed_forward=True)
    assert count > 0.8 * total, (count, total)


@pytest.mark.parametrize("name", SCENES)
def test_random_recurrent_genomes(name):
    count, total = compared(name, feed_forward=False)
    least = 0.2 if name == "again" else 0.3  # much is deleted there, and nodes without inputs are not comparable
    assert count > least * total, (count, total)


@pytest.mark.parametrize("aggregation", ["sum", "product"])
@pytest.mark.parametrize("activation", ["tanh", "exp"])
def test_a_node_without_inputs(aggregation, activation):
    """Feed-forward: the function of its bias, in both. Recurrent: the same here, and 0 in neat-python."""
    genome = Genome(1, 2)
    for node in (1, 2):
        genome.nodes[node] = Node(
            np.float32(0.5), np.float32(1), ACTIVATIONS.index(activation), AGGREGATIONS.index(aggregation)
        )
    genome.conns[0] = Conn(0, 1, np.float32(1), True)
    population, inputs = population_of([genome]), np.ones((2, 1), np.float32)
    alone = theirs(population, 0, inputs, True)[:, 1]
    assert error(ours(population, 0, inputs, True)[:, 1], alone) < TOLERANCE
    assert error(ours(population, 0, inputs, False)[:, 1], alone) < TOLERANCE
    assert (theirs(population, 0, inputs, False)[:, 1] == 0).all()
