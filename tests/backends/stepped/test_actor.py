"""What inputs and nodes hold while a network acts, against the same network computed elsewhere."""

import numpy as np
import pytest

from backends.bench import Bench
from genesys_cli.backends.numerics import numerics_of
from genesys_cli.backends.stepped.actor import Actor
from genesys_cli.names import ACTIVATIONS
from genesys_cli.network.functions import rare_activation, relu_of, tanh_of
from reference.genome import genome_of
from reference.network import ReferenceNetwork


def exact(kind, z):
    """Return the package's activation function, uncompiled, so that only the network is compared here."""
    if kind == ACTIVATIONS.index("tanh"):
        return tanh_of(z)
    return relu_of(z) if kind == ACTIVATIONS.index("relu") else rare_activation(kind, z)


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_values_are_what_the_network_computes(backend, feed_forward):
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    bench = Bench("Acrobot", backend, feed_forward=feed_forward)
    hidden = 0
    for g in range(bench.population.size):
        given = bench.conditions({})
        numerics = numerics_of(bench.settings)
        one = bench.population.select(np.array([g]))
        actor = Actor(numerics, bench.env, one, given, feed_forward=feed_forward)
        network = numerics.network(actor.population, feed_forward=feed_forward)
        if backend == "software":
            reference = ReferenceNetwork(genome_of(actor.population, 0), exact, feed_forward=feed_forward)
        inputs, outputs = bench.env.n_inputs, bench.env.n_outputs
        for episode in range(2):
            actor.begin(episode)
            network.reset()
            if backend == "software":
                reference.values = dict.fromkeys(reference.values, np.float32(0))
            for _ in range(20):
                seen = rng.normal(size=inputs).astype(np.float32)
                assert actor.decide(seen)
                values = actor.values()
                assert values.shape == (inputs + len(actor.population.node_id),)
                sensed = (seen - given.offset) * given.scale
                np.testing.assert_array_equal(values[inputs : inputs + outputs], network.activate(sensed))
                np.testing.assert_allclose(values[:inputs], sensed, atol=0 if backend == "software" else 2**-8)
                if backend == "software":
                    nodes = dict(zip(actor.population.node_id.tolist(), values[inputs:], strict=True))
                    _compare(reference, sensed, nodes)
                    hidden += len(reference.needed()) - outputs
        assert backend == "genesys" or hidden


def _compare(reference, sensed, values):
    reference.activate(sensed)
    known = {k: np.float32(x) for k, x in enumerate(sensed)}

    def value_of(node):
        if node not in known:
            known[node] = reference.node(node, value_of)
        return known[node]

    for node, value in values.items():
        if node not in reference.needed():
            assert value == 0
        else:
            expected = value_of(node) if reference.feed_forward else reference.values[node]
            assert value == expected
