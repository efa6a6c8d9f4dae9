"""Genomes as JSON: exact to the bit, readable, and strict."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.genome.document import from_document, to_document
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from reference.examples import deterministic
from reference.genome import Conn, Genome, Node, assert_same, population_of
from reference.grow import SCENES, grown

float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


def small(bias=0.5, response=1.0, weight=-2.0) -> Genome:
    genome = Genome(1, 1)
    genome.nodes[1] = Node(np.float32(bias), np.float32(response), ACTIVATIONS.index("sin"), AGGREGATIONS.index("max"))
    genome.conns[4] = Conn(0, 1, np.float32(weight), False)
    return genome


def through_text(document):
    return json.loads(json.dumps(document))


def test_document_is_readable():
    assert to_document(population_of([small(bias=0.1)])) == {
        "inputs": 1,
        "outputs": 1,
        "nodes": [{"id": 1, "bias": 0.1, "response": 1.0, "activation": "sin", "aggregation": "max"}],
        "connections": [{"innovation": 4, "in": 0, "out": 1, "weight": -2.0, "enabled": False}],
    }


@pytest.mark.parametrize("name", SCENES)
def test_grown_genomes_come_back(name):
    population = grown(name)[-1].children
    for g in range(population.size):
        document = through_text(to_document(population, g))
        assert_same(from_document(document), population.select(np.array([g])), f"scene {name}, genome {g}")


@deterministic
@given(float32, float32, float32)
def test_any_float32_comes_back(bias, response, weight):
    population = population_of([small(bias, response, weight)])
    document = to_document(population)
    assert_same(from_document(through_text(document)), population, (bias, response, weight))


@pytest.mark.parametrize("bits", [0, 1, 2**31, 2**31 + 1, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x3DCCCCCD])
def test_corners_of_float32_come_back(bits):
    value = np.array(bits, np.uint32).view(np.float32)[()]
    population = population_of([small(value, value, value)])
    assert_same(from_document(through_text(to_document(population))), population, bits)


def test_random_bits_come_back():
    bits = np.random.default_rng(7).integers(0, 2**32, 3000, np.uint32).view(np.float32)
    values = bits[np.isfinite(bits)]
    for start in range(0, len(values) - 2, 3):
        population = population_of([small(*values[start : start + 3])])
        assert_same(from_document(through_text(to_document(population))), population, values[start : start + 3])


def test_numbers_are_short():
    document = to_document(population_of([small(0.1, 16777216.0, 1e-8)]))
    node, conn = document["nodes"][0], document["connections"][0]
    assert json.dumps([node["bias"], node["response"], conn["weight"]]) == "[0.1, 16777216.0, 1e-08]"


def test_a_genome_without_connections_comes_back():
    genome = small()
    genome.conns.clear()
    population = population_of([genome])
    assert_same(from_document(through_text(to_document(population))), population, "bare")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("nodes",), None),
        (("connections",), 5),
        (("inputs",), "many"),
        (("nodes", 0, "activation"), "unknown"),
        (("nodes", 0, "aggregation"), "tanh"),
        (("nodes", 0, "bias"), "x"),
        (("nodes", 0, "id"), None),
        (("connections", 0, "weight"), {}),
        (("connections", 0, "in"), "0.5"),
    ],
)
def test_what_is_no_genome_is_refused(where, value):
    document = to_document(population_of([small()]))
    place = document
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_document(document)
    del place[where[-1]]
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_document(document)


def test_names_keep_their_numbers():
    """Genes store the index: the order is part of every saved file, so these lists only grow at their ends."""
    activations = "tanh sigmoid relu identity sin gauss elu lelu selu softplus clamped inv log exp abs hat square cube"
    aggregations = "sum product max min maxabs median mean"
    assert " ".join(ACTIVATIONS).startswith(activations)
    assert " ".join(AGGREGATIONS).startswith(aggregations)
