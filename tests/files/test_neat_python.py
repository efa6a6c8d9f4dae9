"""Networks that neat-python exports compute the same here; what cannot be represented is refused with a reason."""

from __future__ import annotations

import copy
import json
import random
import warnings

import neat
import numpy as np
import pytest
from benchmarks.peers.neat_config import neat_config as written_config
from neat.export import export_network_json

from genesys_cli.compiled.threads import Threads
from genesys_cli.errors import DamagedFileError, UserError
from genesys_cli.files.neat_python import is_network, read_network
from genesys_cli.genome.population import problems
from genesys_cli.network.batch import activate
from reference.genome import genome_of, linked, population_of
from reference.grow import SCENES, grown
from reference.neat_python_bridge import neat_config, to_neat_python

TOLERANCE = 1e-5
FUNCTIONS = {
    "activation_default": "tanh",
    "activation_options": "tanh sigmoid relu sin gauss identity clamped abs",
    "activation_mutate_rate": 0.3,
    "aggregation_default": "sum",
    "aggregation_options": "sum mean max min median maxabs product",
    "aggregation_mutate_rate": 0.2,
    "response_mutate_rate": 0.2,
    "response_mutate_power": 0.2,
}
GROWTH = {"conn_add_prob": 0.6, "node_add_prob": 0.5, "enabled_mutate_rate": 0.1, "conn_delete_prob": 0.2}


@pytest.fixture(autouse=True)
def _dice():
    """Seed the generator that neat-python draws from, and leave it as it was."""
    before = random.getstate()
    random.seed(7)
    yield
    random.setstate(before)


def evolved(inputs, outputs, generations, **changes):
    """Evolve XOR of the first two inputs with neat-python; return its population's genomes and configuration."""
    config = written_config(pop_size=30, num_inputs=inputs, num_outputs=outputs, **GROWTH, **changes)
    kind = neat.nn.FeedForwardNetwork if config.genome_config.feed_forward else neat.nn.RecurrentNetwork

    def judge(genomes, config):
        for _, genome in genomes:
            network = kind.create(genome, config)
            genome.fitness = 0.0
            for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
                output = network.activate([a, b, *[0.5] * (inputs - 2)])[0]
                genome.fitness -= min((output - (a ^ b)) ** 2, 1e6)

    population = neat.Population(config)
    population.run(judge, generations)
    return list(population.population.values()), config, kind


def exported(network):
    with warnings.catch_warnings():  # it asks for the time in a way that Python 3.12 warns of
        warnings.simplefilter("ignore", DeprecationWarning)
        return json.loads(export_network_json(network, metadata={"fitness": 1.5}))


def here(document, steps, tmp_path):
    """Return what a document's network computes here, and its genome."""
    genome, feed_forward = read_network(document, tmp_path / "network.json")
    assert not list(problems(genome, feed_forward=feed_forward))
    with Threads(1) as threads:
        return activate(genome, steps, feed_forward=feed_forward, threads=threads)[0], genome


def agree(network, tmp_path):
    """Return how far outputs here are from neat-python's, as a share of the larger of 1 and them."""
    steps = np.random.default_rng(3).normal(size=(5, len(network.input_nodes))).astype(np.float32)
    found, genome = here(exported(network), steps, tmp_path)
    wanted = np.array([network.activate(row) for row in steps.astype(np.float64).tolist()])
    return float((np.abs(found - wanted) / np.maximum(1, np.abs(wanted))).max()), genome


@pytest.mark.parametrize(
    ("inputs", "outputs", "changes"),
    [(2, 1, {}), (2, 1, {"feed_forward": False}), (3, 2, FUNCTIONS), (2, 3, {"feed_forward": False, **FUNCTIONS})],
    ids=["xor", "recurrent", "functions", "recurrent functions"],
)
def test_what_neat_python_evolves_computes_the_same(inputs, outputs, changes, tmp_path):
    genomes, config, kind = evolved(inputs, outputs, 12, **changes)
    errors, hidden = [], 0
    for genome in genomes:
        error, found = agree(kind.create(genome, config), tmp_path)
        errors.append(error)
        hidden += len(found.node_id) - outputs
    assert hidden > len(genomes) / 3
    # Some networks magnify what float32 rounds, such as those with products; hardly any does so much.
    assert sum(error < TOLERANCE for error in errors) >= len(errors) - (2 if "aggregation_options" in changes else 0)


@pytest.mark.parametrize("name", ["full", "recurrent", "loops"])
def test_our_genomes_come_back(name, tmp_path):
    """Through neat-python and its file, nodes and connections in use are the same to the bit."""
    scene = SCENES[name]
    config = neat_config(scene.inputs, scene.outputs, feed_forward=scene.neat.feed_forward)
    kind = neat.nn.FeedForwardNetwork if scene.neat.feed_forward else neat.nn.RecurrentNetwork
    p = grown(name)[-1].children
    for g in range(0, p.size, 7):
        document = exported(kind.create(to_neat_python(p, g), config))
        found = genome_of(read_network(document, tmp_path / "network.json").genome, 0)
        was = genome_of(p, g)
        weights = sorted(float(conn.weight) for conn in was.conns.values() if conn.enabled)
        back = sorted(float(conn.weight) for conn in found.conns.values())
        assert set(back) <= set(weights)
        for output in range(scene.inputs, scene.inputs + scene.outputs):
            if any(conn.target == output and conn.enabled for conn in was.conns.values()):
                assert repr(found.nodes[output]) == repr(was.nodes[output])


def test_an_output_that_others_read_gets_a_double(tmp_path):
    """Nothing leads on from an output here; in neat-python something may."""
    p = population_of([linked(2, 2, [4], [(0, 2), (1, 2), (2, 4), (4, 3), (1, 3), (2, 3)])])
    network = neat.nn.FeedForwardNetwork.create(to_neat_python(p, 0), neat_config(2, 2))
    error, genome = agree(network, tmp_path)
    assert error < TOLERANCE
    assert len(genome.node_id) == 4
    assert not np.isin(genome.conn_in, (2, 3)).any()


def test_an_output_without_connections(tmp_path):
    p = population_of([linked(2, 2, [], [(0, 2)])])
    for kind in (neat.nn.FeedForwardNetwork, neat.nn.RecurrentNetwork):
        assert agree(kind.create(to_neat_python(p, 0), neat_config(2, 2)), tmp_path)[0] < TOLERANCE


def document():
    p = population_of([linked(2, 1, [3], [(0, 2), (1, 3), (3, 2)])])
    return exported(neat.nn.FeedForwardNetwork.create(to_neat_python(p, 0), neat_config(2, 1)))


def test_a_document_is_known_as_such():
    assert is_network(document())
    assert not is_network({"format": "genesys champion"})


def put(*path):
    """Return what sets a place in a document."""

    def change(found, value):
        for key in path[:-1]:
            found = found[key]
        found[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "value", "kind", "message"),
    [
        (put("format_version"), "2.0", DamagedFileError, "version 2.0 of neat-python's format; this genesys reads 1.0"),
        (put("network_type"), "ctrnn", UserError, "is a ctrnn network of neat-python"),
        (put("network_type"), [], UserError, "only feedforward and recurrent networks"),
        (put("nodes", 0, "activation", "name"), "tahn", UserError, "did you mean 'tanh'?"),
        (put("nodes", 0, "activation", "custom"), True, UserError, "a function of your own program"),
        (put("nodes", 1, "aggregation", "name"), "none", UserError, "the aggregation of node"),
        (put("nodes", 0, "bias"), float("nan"), DamagedFileError, "nodes[0].bias"),
        (put("nodes", 0, "bias"), 1e39, DamagedFileError, "nodes[0].bias"),
        (put("nodes", 0, "id"), 77, DamagedFileError, "a connection leads to node"),
        (put("nodes", 0, "type"), "input", DamagedFileError, "no input in the topology"),
        (put("nodes", 1), {}, DamagedFileError, "lacks a part of a network of neat-python"),
        (put("connections", 0, "weight"), "much", DamagedFileError, "connections[0].weight"),
        (put("connections", 0, "from"), -9, DamagedFileError, "comes from input -9, which is not there"),
        (put("connections", 0, "to"), -1, DamagedFileError, "leads to node -1"),
        (put("topology", "output_keys"), [-1], DamagedFileError, "names an input or output twice"),
        (put("topology", "input_keys"), [], DamagedFileError, "topology.input_keys"),
        (put("connections"), None, DamagedFileError, "connections"),
    ],
)
def test_what_cannot_be_read_is_refused(change, value, kind, message, tmp_path):
    found = document()
    change(found, value)
    with pytest.raises(kind) as refused:
        read_network(found, tmp_path / "network.json")
    assert message in str(refused.value)
    assert str(tmp_path / "network.json") in str(refused.value)


def test_a_cycle_in_a_feed_forward_network_and_a_connection_twice(tmp_path):
    found = document()
    cyclic, twice = copy.deepcopy(found), copy.deepcopy(found)
    hidden = next(node["id"] for node in found["nodes"] if node["type"] == "hidden")
    cyclic["connections"].append({"from": hidden, "to": hidden, "weight": 1.0, "enabled": True})
    twice["connections"].append(found["connections"][0])
    for wrong, message in ((cyclic, "has a cycle"), (twice, "two connections join the same nodes")):
        with pytest.raises(DamagedFileError, match=message):
            read_network(wrong, tmp_path / "network.json")
