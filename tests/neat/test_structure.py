"""Structural mutations in corners that random populations reach too rarely."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import problems
from genesys_cli.names import ACTIVATIONS
from genesys_cli.neat.innovation import Counters
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import MatingPlan
from reference.breed import breed as breed_reference
from reference.genome import Conn, Genome, Node, assert_same, genome_of, linked, population_of
from reference.grow import SCENES, STILL, grown
from reference.numbers import Innovations, number, same
from reference.selection import Pair

CHILDREN = 60


def children_of(parent: Genome, seed: int = 3, **changes) -> tuple[list[Genome], dict[str, int]]:
    """Return many children of one parent without crossover, after comparing them with the reference."""
    neat = NeatSettings(population=CHILDREN, **{**STILL, **changes})
    nobody = np.zeros(CHILDREN, np.int32)
    counters = Counters(100, 1000)
    population = population_of([parent])
    with Threads(1) as threads:
        children, after, counts = reproduce(
            population,
            MatingPlan(nobody, nobody, np.zeros(CHILDREN, np.uint8)),
            counters,
            neat,
            seed=seed,
            generation=0,
            threads=threads,
        )
    wanted = [
        breed_reference([parent], Pair(0, 0, False), neat, seed=seed, generation=0, individual=k)
        for k in range(CHILDREN)
    ]
    genomes, known = number(wanted, Innovations.found([parent], 100, 1000))
    assert_same(children, population_of(genomes), f"seed {seed}")
    assert same(after, known.counters())
    assert not list(problems(children, feed_forward=neat.feed_forward))
    return [genome_of(children, k) for k in range(CHILDREN)], counts


def pairs(genome: Genome) -> set[tuple[int, int]]:
    return {(conn.source, conn.target) for conn in genome.conns.values()}


def test_nothing_to_mutate():
    """No connections and no hidden nodes: nothing to delete or split; a connection can still come."""
    bare = linked(2, 1, [], [])
    children, counts = children_of(bare, node_add_prob=1.0, node_delete_prob=1.0, conn_delete_prob=1.0)
    assert all(child == bare for child in children)
    assert not any(counts[key] for key in counts if key.endswith(("added", "deleted")))
    children, counts = children_of(bare, conn_add_prob=1.0)
    assert {frozenset(pairs(child)) for child in children} == {frozenset({(0, 2)}), frozenset({(1, 2)})}
    assert counts["conns_added"] == CHILDREN


def test_nothing_enabled_cannot_be_split():
    parent = linked(1, 1, [], [(0, 1)], off=((0, 1),))
    children, counts = children_of(parent, node_add_prob=1.0)
    assert all(child == parent for child in children)
    assert counts["nodes_added"] == 0


def test_a_split_keeps_the_network_similar():
    parent = linked(2, 1, [], [(0, 2), (1, 2)])
    children, _ = children_of(parent, node_add_prob=1.0)
    assert {len(child.conns) for child in children} == {4}
    seen = set()
    for child in children:
        (split,) = (key for key, conn in child.conns.items() if not conn.enabled)
        (node,) = child.hidden
        into, out = list(child.conns)[2:]
        old = parent.conns[split]
        assert child.conns[into] == Conn(old.source, node, np.float32(1), True)
        assert child.conns[out] == Conn(node, old.target, old.weight, True)
        assert child.nodes[node] == Node(np.float32(0), np.float32(1), 0, 0)
        # Nodes by what was split; connections by their ends: 0 to 100, 1 to 101, 100 to 2, 101 to 2.
        assert (node, into, out) == {0: (100, 1000, 1002), 1: (101, 1001, 1003)}[split]
        seen.add(split)
    assert seen == {0, 1}


def test_a_full_genome_gains_no_connection():
    everything = [(i, 2) for i in (0, 1)]
    children, counts = children_of(linked(2, 1, [], everything), conn_add_prob=1.0)
    assert counts["conns_added"] == 0
    everything = [(i, o) for i in (0, 1, 2) for o in (1, 2)]
    children, counts = children_of(linked(1, 2, [], everything), conn_add_prob=1.0, feed_forward=False)
    assert counts["conns_added"] == 0
    assert all(pairs(child) == set(everything) for child in children)


def test_feed_forward_connections_close_no_cycle():
    """A chain 0 -> 3 -> 4 -> 5 -> 2 and, disabled, 0 -> 2: only forward links may come, never from the output."""
    chain = [(0, 3), (3, 4), (4, 5), (5, 2), (0, 2)]
    children, _ = children_of(linked(2, 1, [3, 4, 5], chain, off=((4, 5),)), conn_add_prob=1.0)
    new = {(pairs(child) - set(chain)).pop() for child in children if len(child.conns) == 6}
    forward = [0, 3, 4, 5, 2]
    allowed = {(1, node) for node in forward[1:]} | {
        (a, b) for k, a in enumerate(forward) for b in forward[k + 1 :] if (a, b) not in chain
    }
    assert new <= allowed
    assert len(new) > len(allowed) // 2


def test_recurrent_connections_may_be_anything():
    children, _ = children_of(
        linked(1, 1, [2], [(0, 1), (0, 2), (2, 1)]), conn_add_prob=1.0, feed_forward=False, seed=8
    )
    new = {(pairs(child) - {(0, 1), (0, 2), (2, 1)}).pop() for child in children}
    assert new == {(1, 1), (1, 2), (2, 2)}


def test_new_node_may_be_joined_at_once():
    children, _ = children_of(linked(1, 1, [], [(0, 1)]), conn_add_prob=1.0, node_add_prob=1.0, feed_forward=False)
    assert {len(child.conns) for child in children} == {4}
    number_of = {
        (conn.source, conn.target): key for child in children for key, conn in child.conns.items() if key >= 1000
    }
    assert number_of == {(0, 100): 1000, (1, 1): 1001, (1, 100): 1002, (100, 1): 1003, (100, 100): 1004}


def test_deleting_a_node_takes_what_dangles_with_it():
    """0 -> 3 -> 4 -> 5 -> 2: whichever is deleted, the whole chain goes; the other path stays."""
    links = [(0, 3), (3, 4), (4, 5), (5, 2), (1, 2)]
    children, counts = children_of(linked(2, 1, [3, 4, 5], links), node_delete_prob=1.0)
    assert all(pairs(child) == {(1, 2)} and not child.hidden for child in children)
    assert counts["nodes_deleted"] == 3 * CHILDREN
    assert counts["conns_deleted"] == 4 * CHILDREN


def test_deleting_a_connection_takes_what_dangles_with_it():
    links = [(0, 3), (3, 2), (0, 2)]
    children, _ = children_of(linked(1, 2, [3], links), conn_delete_prob=1.0)
    assert {frozenset(pairs(child)) for child in children} == {frozenset({(0, 2)}), frozenset({(0, 3), (3, 2)})}


def test_a_node_that_feeds_only_itself_dangles():
    links = [(0, 2), (2, 2), (2, 1), (0, 1)]
    children, _ = children_of(linked(1, 1, [2], links), conn_delete_prob=1.0, feed_forward=False)
    kept = {frozenset(pairs(child)) for child in children}
    assert kept == {
        frozenset({(0, 1)}),  # after (0, 2) or (2, 1)
        frozenset({(0, 2), (2, 1), (0, 1)}),
        frozenset({(0, 2), (2, 2), (2, 1)}),
    }


def test_two_nodes_that_feed_only_each_other_stay():
    """The promise is about single nodes: a ring of two is fed and heard."""
    links = [(0, 2), (2, 3), (3, 2), (3, 1)]
    children, _ = children_of(linked(1, 1, [2, 3], links), conn_delete_prob=1.0, feed_forward=False, seed=5)
    assert frozenset({(2, 3), (3, 2), (3, 1)}) in {frozenset(pairs(child)) for child in children}


def test_dangling_nodes_that_were_there_stay_without_a_deletion():
    """Only a child that lost something is pruned."""
    parent = linked(2, 1, [3], [(0, 2), (0, 3)])
    children, _ = children_of(parent, conn_add_prob=0.0)
    assert all(child == parent for child in children)


@pytest.mark.parametrize("name", [name for name in SCENES if name != "partial"])
def test_no_hidden_node_of_a_grown_child_dangles(name):
    """Deletions prune and splits connect. Only a partial start may have nodes that dangle from the beginning."""
    checked = 0
    for step in grown(name):
        for k in range(step.children.size):
            child = genome_of(step.children, k)
            others = {(a, b) for a, b in pairs(child) if a != b}
            for node in child.hidden:
                assert any(b == node for _, b in others), (step.label(name), k, node)
                assert any(a == node for a, _ in others), (step.label(name), k, node)
                checked += 1
    assert checked > 100


def test_an_output_keeps_its_activation():
    parent = linked(1, 2, [3], [(0, 3), (3, 1), (3, 2)])
    for node in (1, 2):
        parent.nodes[node].activation = ACTIVATIONS.index("identity")
    options = {"activation_options": ["relu", "sin"], "activation_default": "sin", "activation_mutate_rate": 1.0}
    for fixed, seen in (("identity", {"identity"}), (None, {"relu", "sin"})):
        children, _ = children_of(parent, output_activation=fixed, node_add_prob=0.5, **options)
        outputs = {ACTIVATIONS[child.nodes[node].activation] for child in children for node in (1, 2)}
        hidden = {ACTIVATIONS[child.nodes[node].activation] for child in children for node in child.hidden}
        assert outputs == seen
        assert hidden == {"relu", "sin"}
