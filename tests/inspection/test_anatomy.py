"""What is said of a network agrees with the network that computes."""

import json
import random

import numpy as np
import pytest

from genesys_cli.files.checkpoint import load
from genesys_cli.files.target import find_target
from genesys_cli.genome.document import from_document
from genesys_cli.inspection.anatomy import describe_network, in_use, statistics
from genesys_cli.network.network import Network
from small_runs import newest, start, tiny

GROWN = (
    "neat.generations=12",
    "neat.population=40",
    "neat.node_add_prob=0.4",
    "neat.conn_add_prob=0.5",
    "neat.conn_delete_prob=0.3",
    "neat.enabled_mutate_rate=0.2",
    "environment.max_steps=60",
)


@pytest.fixture(scope="module", params=["true", "false"], ids=["feed-forward", "recurrent"])
def runs(request, tmp_path_factory):
    """Return the folders of three short runs; one in a hundred has no node that is of no use."""
    seed = random.SystemRandom().randrange(10_000)
    print(f"seeds of the runs: {seed} to {seed + 2}")
    folders = []
    for each in range(seed, seed + 3):
        place = tmp_path_factory.mktemp("anatomy")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            settings = tiny("CartPole", *GROWN, f"neat.feed_forward={request.param}", f"run.seed={each}")
            folders.append(start(settings, place / "run"))
    return folders


def grown(runs):
    """Return the genomes of the last generations, and whether they are feed-forward."""
    populations = [load(newest(run))[0].population for run in runs]
    genomes = [each.select(np.array([index])) for each in populations for index in range(each.size)]
    return genomes, find_target("champion", runs[0]).settings.neat.feed_forward


def test_as_many_nodes_and_connections_as_the_plan_has(runs):
    genomes, feed_forward = grown(runs)
    useless = recurrent = 0
    for genome in genomes:
        found = statistics(genome, ["a", "b", "c", "d"])
        network = Network(genome, feed_forward=feed_forward)
        assert (found["nodes_used"], found["macs"]) == (network.n_nodes, network.n_connections)
        assert found["nodes"] == len(genome.node_id) == found["hidden"] + 2
        useless += found["nodes"] - found["nodes_used"]
        recurrent += found["recurrent"]
        assert found["depth"] <= found["nodes_used"]
    assert useless > 0
    assert (recurrent > 0) != feed_forward


def test_an_unused_input_changes_nothing_and_a_used_one_does(runs):
    """Where an input is said to be of no use, no output depends on it."""
    genomes, feed_forward = grown(runs)
    rng = np.random.default_rng(0)
    idle = 0
    for genome in genomes:
        used, links = in_use(genome)
        steps = rng.normal(size=(9, 4)).astype(np.float32)
        network = Network(genome, feed_forward=feed_forward)
        before = network.activate_many(steps)
        for k in range(4):
            other = steps.copy()
            other[:, k] += 1
            network.reset()
            same = np.array_equal(network.activate_many(other), before)
            assert same or k in used
            idle += k not in used
        kept = genome.conn_enabled.copy()
        kept[:] = 0
        kept[links] = 1
        network = Network(genome._replace(conn_enabled=kept), feed_forward=feed_forward)
        assert np.array_equal(network.activate_many(steps), before)
    assert idle > 0


def genome_of(links, hidden=0, inputs=2, outputs=1):
    """Return a genome of these (source, target, weight, enabled) connections."""
    nodes = [
        {"id": inputs + k, "bias": 0.5, "response": 1.0, "activation": "tanh", "aggregation": "sum"}
        for k in range(outputs + hidden)
    ]
    conns = [
        {"innovation": k, "in": source, "out": target, "weight": weight, "enabled": enabled}
        for k, (source, target, weight, enabled) in enumerate(links)
    ]
    return from_document({"inputs": inputs, "outputs": outputs, "nodes": nodes, "connections": conns})


def test_a_network_counted_by_hand():
    """Inputs 0 and 1, output 2; hidden 3 and 4 in a row, 5 leads nowhere."""
    genome = genome_of(
        [(0, 3, -2.0, True), (3, 4, 1.0, True), (4, 2, 0.5, True), (0, 2, 4.0, False), (0, 5, 1.0, True)], hidden=3
    )
    assert statistics(genome, ["left", "right"]) == {
        "inputs": 2,
        "nodes": 4,
        "hidden": 3,
        "nodes_used": 3,
        "connections": 5,
        "enabled": 4,
        "connections_used": 3,
        "recurrent": 0,
        "depth": 3,
        "unused_inputs": ["right"],
        "weight_min": -2.0,
        "weight_max": 1.0,
        "weight_mean_abs": 3.5 / 3,
        "parameters": 6,
        "macs": 3,
    }


def test_cycles_are_counted():
    """3 → 4 → 3 is a cycle, 4 → 4 one of its own; what leads in and out of them is not on it."""
    genome = genome_of(
        [(0, 3, 1.0, True), (3, 4, 1.0, True), (4, 3, 1.0, True), (4, 4, 1.0, True), (4, 2, 1.0, True)], hidden=2
    )
    found = statistics(genome, ["a", "b"])
    assert (found["recurrent"], found["depth"], found["unused_inputs"]) == (3, 2, ["b"])


def test_a_network_without_connections():
    found = statistics(genome_of([]), ["a", "b"])
    assert (found["depth"], found["macs"], found["weight_min"], found["parameters"]) == (0, 0, None, 1)


def test_the_document_names_everything(runs):
    stored = find_target("champion", runs[0])
    found = json.loads(json.dumps(describe_network(stored)))
    assert found["genome"]["inputs"] == ["cart position", "cart velocity", "pole angle", "pole angular velocity"]
    assert [node["name"] for node in found["genome"]["nodes"][:2]] == ["push left", "push right"]
    champion = stored.champion
    assert [conn["weight"] for conn in found["genome"]["connections"]] == pytest.approx(
        champion.genome.conn_weight.tolist(), rel=1e-6
    )
    assert found["validated_fitness"] == champion.validated_fitness
    names = {"push left", "push right", *found["genome"]["inputs"]}
    hidden = {node["name"] for node in found["genome"]["nodes"][2:]}
    assert {conn["from"] for conn in found["genome"]["connections"]} <= names | hidden


def test_the_best_of_a_generation_was_never_judged(runs):
    found = describe_network(find_target("gen:0", runs[0]))
    assert (found["validated_fitness"], found["validated_std"], found["validation_episodes"]) == (None, None, None)
