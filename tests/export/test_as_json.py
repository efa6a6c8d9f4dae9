"""What can be read from an exported JSON file alone: a network of neat-python, and the actions of the kernels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from export.exporting import INPUTS, SPACES, genomes, outputs_of, played, random_controller
from export.reader import Reader
from genesys_cli.export.as_json import json_of


def made_of(kind, feed_forward, rng, repeat=1):
    population = genomes(outputs_of(kind), feed_forward=feed_forward, fixed=False, seed=9)
    genome = int(rng.integers(population.size))
    return (
        random_controller(kind, population, genome, rng, feed_forward=feed_forward, repeat=repeat),
        population,
        genome,
    )


@pytest.fixture
def rng():
    return np.random.default_rng(2024)  # always the same: errors of the last bits can grow in a recurrent network


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize("kind", SPACES)
def test_a_reader_in_plain_python_acts_as_the_kernels_do(kind, feed_forward, rng):
    """Numbers differ in their last bits, so that outputs that are nearly equal may choose otherwise."""
    made, population, genome = made_of(kind, feed_forward, rng, repeat=2)
    reader = Reader(json_of(made))
    observations = rng.normal(size=(40, INPUTS)).astype(np.float32)
    with np.errstate(all="ignore"):
        expected, outputs = played(made, population, genome, observations)
    for step, observation in enumerate(observations):
        action = np.ravel(reader.act(observation.tolist()))
        np.testing.assert_allclose(reader.outputs, outputs[step], rtol=1e-3, atol=1e-4)
        if not np.allclose(action, expected[step], rtol=1e-3, atol=1e-3):
            assert kind not in ("numbers", "outputs", "reals")
            gaps = np.abs(np.subtract.outer(outputs[step], [0.0, *outputs[step], *np.linspace(-1, 1, 512)]))
            assert gaps[gaps > 0].min() < 1e-3


def test_samples_are_what_the_kernels_compute(rng):
    made, population, genome = made_of("numbers", False, rng)
    samples = json.loads(json_of(made))["samples"]
    observations = np.array([sample["observation"] for sample in samples], np.float32)
    expected, outputs = played(made, population, genome, observations)
    np.testing.assert_array_equal(np.array([sample["action"] for sample in samples], np.float32), expected)
    np.testing.assert_array_equal(np.array([sample["outputs"] for sample in samples], np.float32), outputs)


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
def test_the_network_is_one_of_neat_python(feed_forward, rng):
    from neat import activations, aggregations
    from neat.export.json_format import validate_json
    from neat.nn import FeedForwardNetwork, RecurrentNetwork

    made, population, genome = made_of("switches", feed_forward, rng)
    while not all(node.sources for node in made.nodes):  # neat-python cannot aggregate nothing
        made, population, genome = made_of("switches", feed_forward, rng)
    document = json.loads(json_of(made))
    validate_json(document)
    topology = document["topology"]
    functions = activations.ActivationFunctionSet(), aggregations.AggregationFunctionSet()
    evaluations = [
        (
            node["id"],
            functions[0].get(node["activation"]["name"]),
            functions[1].get(node["aggregation"]["name"]),
            node["bias"],
            node["response"],
            [(link["from"], link["weight"]) for link in document["connections"] if link["to"] == node["id"]],
        )
        for node in document["nodes"]
        if node["type"] != "input"
    ]
    kind = FeedForwardNetwork if feed_forward else RecurrentNetwork
    theirs = kind(topology["input_keys"], topology["output_keys"], evaluations)
    observations = rng.normal(size=(20, INPUTS)).astype(np.float32)
    _, outputs = played(made, population, genome, observations)
    conditions = made.conditions
    for observation, expected in zip(observations, outputs, strict=True):
        inputs = np.clip((observation - conditions.offset) * conditions.scale, -conditions.clip, conditions.clip)
        np.testing.assert_allclose(theirs.activate(inputs.tolist()), expected, rtol=1e-3, atol=1e-4)
