"""One child at a time: crossover, mutation of attributes and structural mutations.

What a child invents has no number yet, so its genes have symbolic keys: :data:`NEW_NODE`, and :data:`INTO`, :data:`OUT`
and :data:`ADDED` for the connections into and out of the new node and for the one that joins two nodes. ``numbers``
says what becomes of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from genesys_cli.compiled.philox import CONNECTION_GENES, NODE_GENES, STRUCTURE
from genesys_cli.config.neat import NeatSettings
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS

from .first import drawn
from .genome import Conn, Genome, Node
from .philox import WORD, block, choose, deviate, happens
from .selection import Pair

NEW_NODE = 2**31 - 1
INTO, OUT, ADDED = NEW_NODE, NEW_NODE + 1, NEW_NODE + 2
TRIES = 16
NEVER = WORD  # no chance is above it


@dataclass
class Child:
    genome: Genome
    split: int | None = None  # innovation number of the connection that was split
    added: tuple[int, int] | None = None  # ends of the connection that was added
    counts: Counter = field(default_factory=Counter)


def breed(
    genomes: Sequence[Genome], pair: Pair, neat: NeatSettings, *, seed: int, generation: int, individual: int
) -> Child:
    a, b = genomes[pair.fitter], genomes[pair.other]
    child = Child(Genome(a.inputs, a.outputs))
    child.counts["genes_read"] += len(a.nodes) + len(a.conns)
    if pair.elite:
        child.genome = a
        child.counts["genes_written"] += len(a.nodes) + len(a.conns)
        return child
    crossed = pair.fitter != pair.other
    if crossed:
        child.counts["genes_read"] += len(b.nodes) + len(b.conns)

    def words(purpose: int, number: int) -> tuple[int, int, int, int]:
        return block(seed, purpose, generation, individual, number)

    add_node, delete_node, add_conn, delete_conn = words(STRUCTURE, 0)
    which_node, which_conn, which_split, attributes = words(STRUCTURE, 1)
    still = not happens(attributes, neat.attribute_mutate_prob)
    for k, (key, gene) in enumerate(sorted(a.conns.items())):
        match = b.conns.get(key) if crossed else None
        drawn_words = words(CONNECTION_GENES, k)
        child.genome.conns[key] = _conn(child, gene, match, neat, (NEVER, *drawn_words[1:]) if still else drawn_words)
    fixed = range(a.inputs, a.inputs + a.outputs) if neat.output_activation else ()
    for k, (key, node) in enumerate(sorted(a.nodes.items())):
        match = b.nodes.get(key) if crossed else None
        reals, others = list(words(NODE_GENES, 2 * k)), list(words(NODE_GENES, 2 * k + 1))
        if still:
            reals[0] = reals[2] = others[0] = others[1] = NEVER
        if key in fixed:
            others[0] = NEVER
        child.genome.nodes[key] = _node(child, node, match, neat, reals, others)

    nodes, conns = len(a.nodes), len(a.conns)
    if happens(delete_node, neat.node_delete_prob) and child.genome.hidden:
        _remove(child.genome, child.genome.hidden[choose(which_node, len(child.genome.hidden))])
    if happens(delete_conn, neat.conn_delete_prob) and child.genome.conns:
        del child.genome.conns[list(child.genome.conns)[choose(which_conn, len(child.genome.conns))]]
    if (len(child.genome.nodes), len(child.genome.conns)) != (nodes, conns):
        _prune(child.genome)
    child.counts["nodes_deleted"] += nodes - len(child.genome.nodes)
    child.counts["conns_deleted"] += conns - len(child.genome.conns)
    if happens(add_node, neat.node_add_prob):
        _split(child, neat, which_split)
    if happens(add_conn, neat.conn_add_prob):
        _join(child, neat, [words(STRUCTURE, 2 + attempt) for attempt in range(TRIES)])
    child.counts["genes_written"] += len(child.genome.nodes) + len(child.genome.conns)
    return child


def _mutated(neat: NeatSettings, name: str, value: np.float32, decide: int, draw: int) -> np.float32:
    rate = getattr(neat, f"{name}_mutate_rate")
    if happens(decide, rate):
        value = value + np.float32(getattr(neat, f"{name}_mutate_power")) * deviate(draw, neat.mutate_distribution)
    elif happens(decide, rate + getattr(neat, f"{name}_replace_rate")):
        value = drawn(neat, name, draw)
    low, high = (np.float32(getattr(neat, f"{name}_{end}")) for end in ("min", "max"))
    return min(max(value, low), high)


def _touched(neat: NeatSettings, name: str, decide: int) -> bool:
    return happens(decide, getattr(neat, f"{name}_mutate_rate") + getattr(neat, f"{name}_replace_rate"))


def _conn(child: Child, gene: Conn, match: Conn | None, neat: NeatSettings, words: Sequence[int]) -> Conn:
    decide, draw, flip, side = words
    source = match if match and side >= WORD // 2 else gene
    enabled = gene.enabled
    if match:
        child.counts["genes_crossed"] += 1
        either_disabled = not gene.enabled or not match.enabled
        enabled = not (either_disabled and happens(2 * side % WORD, neat.disable_prob))
    if happens(flip, neat.enabled_mutate_rate):
        enabled = not enabled
    child.counts["genes_perturbed"] += _touched(neat, "weight", decide)
    return Conn(gene.source, gene.target, _mutated(neat, "weight", source.weight, decide, draw), enabled)


def _node(
    child: Child, gene: Node, match: Node | None, neat: NeatSettings, reals: Sequence[int], others: Sequence[int]
) -> Node:
    decide_bias, draw_bias, decide_response, draw_response = reals
    decide_activation, decide_aggregation, side, which = others
    if match:
        child.counts["genes_crossed"] += 1
    node = replace(match if match and side >= WORD // 2 else gene)
    touched = 0
    if _touched(neat, "bias", decide_bias):
        node.bias = _mutated(neat, "bias", node.bias, decide_bias, draw_bias)
        touched = 1
    if _touched(neat, "response", decide_response):
        node.response = _mutated(neat, "response", node.response, decide_response, draw_response)
        touched = 1
    child.counts["genes_perturbed"] += touched
    if happens(decide_activation, neat.activation_mutate_rate):
        node.activation = ACTIVATIONS.index(neat.activation_options[choose(which, len(neat.activation_options))])
    if happens(decide_aggregation, neat.aggregation_mutate_rate):
        low_half = which % 2**16 * 2**16
        node.aggregation = AGGREGATIONS.index(neat.aggregation_options[choose(low_half, len(neat.aggregation_options))])
    return node


def _remove(genome: Genome, node: int) -> None:
    del genome.nodes[node]
    genome.conns = {key: conn for key, conn in genome.conns.items() if node not in (conn.source, conn.target)}


def _prune(genome: Genome) -> None:
    """Remove hidden nodes that nothing else feeds or that feed nothing else, until none is left."""
    while True:
        others = [(conn.source, conn.target) for conn in genome.conns.values() if conn.source != conn.target]
        fed, heard = {target for _, target in others}, {source for source, _ in others}
        dangling = [node for node in genome.hidden if node not in fed or node not in heard]
        if not dangling:
            return
        for node in dangling:
            _remove(genome, node)


def _split(child: Child, neat: NeatSettings, word: int) -> None:
    genome = child.genome
    enabled = [key for key, conn in genome.conns.items() if conn.enabled]
    if not enabled:
        return
    child.split = enabled[choose(word, len(enabled))]
    old = genome.conns[child.split]
    old.enabled = False
    genome.nodes[NEW_NODE] = Node(
        np.float32(0),
        np.float32(1),
        ACTIVATIONS.index(neat.activation_default),
        AGGREGATIONS.index(neat.aggregation_default),
    )
    genome.conns[INTO] = Conn(old.source, NEW_NODE, np.float32(1), True)
    genome.conns[OUT] = Conn(NEW_NODE, old.target, old.weight, True)
    child.counts["nodes_added"] += 1
    child.counts["conns_added"] += 2


def _join(child: Child, neat: NeatSettings, attempts: Sequence[Sequence[int]]) -> None:
    genome = child.genome
    sources = [*range(genome.inputs), *(genome.hidden if neat.feed_forward else genome.nodes)]
    targets = list(genome.nodes)
    joined = {(conn.source, conn.target) for conn in genome.conns.values()}
    for pick_source, pick_target, draw, _ in attempts:
        source, target = sources[choose(pick_source, len(sources))], targets[choose(pick_target, len(targets))]
        if (source, target) in joined or (neat.feed_forward and leads_to(joined, target, source)):
            continue
        child.added = source, target
        genome.conns[ADDED] = Conn(source, target, drawn(neat, "weight", draw), True)
        child.counts["conns_added"] += 1
        return


def leads_to(edges: set[tuple[int, int]], start: int, end: int) -> bool:
    """Say whether a path, possibly of no edge, leads from `start` to `end`."""
    reached: set[int] = set()
    ahead = {start}
    while ahead:
        reached |= ahead
        ahead = {target for source, target in edges if source in ahead} - reached
    return end in reached
