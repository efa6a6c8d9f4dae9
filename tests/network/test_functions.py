"""Activation and aggregation functions one by one: what they compute and what they do at their ends."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.jit import kernel
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from genesys_cli.network.functions import rare_activation, relu_of, tanh_of
from genesys_cli.network.network import Network
from reference.genome import Conn, Genome, Node, population_of
from reference.network import PLAIN, aggregate

SEED = 606
TANH, RELU = ACTIVATIONS.index("tanh"), ACTIVATIONS.index("relu")


@kernel
def rare_many(kind, z, out):
    for k in range(len(z)):
        out[k] = rare_activation(kind, z[k])


def one_node(activation: str, aggregation: str, weights: list[float], bias: float = 0.0, response: float = 1.0):
    """Return the network of one output with as many inputs as weights."""
    inputs = max(len(weights), 1)
    genome = Genome(inputs, 1)
    genome.nodes[inputs] = Node(
        np.float32(bias), np.float32(response), ACTIVATIONS.index(activation), AGGREGATIONS.index(aggregation)
    )
    for k, weight in enumerate(weights):
        genome.conns[k] = Conn(k, inputs, np.float32(weight), True)
    return Network(population_of([genome]), feed_forward=True)


def compute(name: str, z: np.ndarray) -> np.ndarray:
    """Return the activation function of `z`, (N,) float32, as a network computes it."""
    return one_node(name, "sum", [1.0]).activate_many(z.reshape(-1, 1))[:, 0]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_is_what_it_says(name):
    """Within 1e-6 of the definition, relative or absolute, whichever is larger."""
    rng = np.random.default_rng(SEED)
    z = np.concatenate(
        [rng.normal(size=500), rng.uniform(-80, 80, 500), [-60.0, -12.0, -3.4, -1.0, 0.0, 1e-7, 1.0, 3.4, 12.0, 60.0]]
    ).astype(np.float32)
    exact = np.array([PLAIN[name](float(value)) for value in z])
    error = np.abs(compute(name, z) - exact)
    assert (error <= 1e-6 * np.maximum(1, np.abs(exact))).all(), z[error.argmax()]


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"tanh", "relu"}))
def test_activation_alone_has_the_same_bits(name):
    """The function that a test can call is the one that networks call, compiled or not."""
    z = np.random.default_rng(SEED).normal(size=200, scale=3).astype(np.float32)
    out = np.empty_like(z)
    rare_many(ACTIVATIONS.index(name), z, out)
    assert out.tolist() == compute(name, z).tolist()
    assert out.tolist() == [float(rare_activation(ACTIVATIONS.index(name), value)) for value in z]


def test_simd_activations_have_the_same_bits_uncompiled():
    z = np.random.default_rng(SEED).normal(size=200).astype(np.float32)
    assert compute("tanh", z).tolist() == [float(tanh_of(value)) for value in z]
    assert compute("relu", z).tolist() == [float(relu_of(value)) for value in z]


ENDS = {
    "tanh": (-1, 1),
    "sigmoid": (0, 1),
    "relu": (0, 1e30),
    "identity": (-1e30, 1e30),
    "elu": (-1, 1e30),
    "lelu": (-5e27, 1e30),
    "selu": (-1.0507009873554805 * 1.6732632423543772, 1.0507009873554805e30),
    "softplus": (0, 12),
    "clamped": (-1, 1),
    "inv": (-1e-30, 1e-30),
    "log": (np.log(1e-7), np.log(1e30)),
    "exp": (np.exp(-60), np.exp(60)),
    "abs": (1e30, 1e30),
    "hat": (0, 0),
    "gauss": (np.exp(-57.8), np.exp(-57.8)),
    "sin": (np.sin(-60), np.sin(60)),
    "square": (np.inf, np.inf),
    "cube": (-np.inf, np.inf),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_of_huge_numbers(name):
    with np.errstate(over="ignore"):
        low, high = compute(name, np.array([-1e30, 1e30], np.float32))
    assert low == pytest.approx(ENDS[name][0], rel=1e-6, abs=1e-12)
    assert high == pytest.approx(ENDS[name][1], rel=1e-6, abs=1e-12)


def test_no_number_comes_out_again():
    """A network that overflows shows it: all functions but three pass on what is not a number."""
    with np.errstate(invalid="ignore"):
        passed = {name for name in ACTIVATIONS if np.isnan(compute(name, np.array([np.nan], np.float32))[0])}
    assert set(ACTIVATIONS) - passed == {"relu", "softplus", "log"}


def test_inv_of_zero_is_zero():
    assert compute("inv", np.array([0.0, -0.0, 0.5], np.float32)).tolist() == [0, 0, 2]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9])
@pytest.mark.parametrize("name", AGGREGATIONS)
def test_aggregation_equals_the_reference(name, count):
    rng = np.random.default_rng(SEED + count)
    for _ in range(20):
        weights = rng.normal(size=count).astype(np.float32)
        values = rng.normal(size=max(count, 1)).astype(np.float32)
        ours = one_node("identity", name, weights.tolist()).activate(values)[0]
        terms = [weight * value for weight, value in zip(weights, values, strict=False)]
        assert ours == aggregate(name, terms), (weights, values)


@pytest.mark.parametrize(
    ("name", "terms", "result"),
    [
        ("sum", [], 0),
        ("product", [], 1),
        ("max", [], 0),
        ("min", [], 0),
        ("maxabs", [], 0),
        ("median", [], 0),
        ("mean", [], 0),
        ("sum", [1, 2, 3, 4, 5], 15),
        ("product", [2, -3, 4], -24),
        ("max", [-3, -1, -2], -1),
        ("min", [3, 1, 2], 1),
        ("maxabs", [1, -3, 2], -3),
        ("maxabs", [-3, 3], -3),
        ("maxabs", [3, -3], 3),
        ("median", [5, 1, 9], 5),
        ("median", [5, 1, 9, 6], 5.5),
        ("median", [1, 1], 1),
        ("mean", [1, 2, 6], 3),
    ],
)
def test_aggregation_by_hand(name, terms, result):
    network = one_node("identity", name, [float(term) for term in terms], bias=0.25, response=2.0)
    assert network.activate([1.0] * max(len(terms), 1))[0] == 0.25 + 2 * result


def test_sums_are_taken_in_fours():
    """1e8 swallows a 1 that is added to it alone: (1e8 + 1) + (1 - 1e8) is 0, not 2, and the fifth term comes after."""
    assert one_node("identity", "sum", [1e8, 1, 1, -1e8]).activate([1.0] * 4)[0] == 0
    assert one_node("identity", "sum", [1e8, -1e8, 1, 1]).activate([1.0] * 4)[0] == 2
    assert one_node("identity", "sum", [1, 1, 1, 1, 1e8, -1e8]).activate([1.0] * 6)[0] == 4
