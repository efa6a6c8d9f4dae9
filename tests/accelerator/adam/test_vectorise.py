"""Layers and blocks of genomes against a search along paths."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from accelerator.adam.networks import layers_of
from genesys_cli.accelerator.adam.tables import TABLES
from genesys_cli.names import ACTIVATIONS
from reference.genome import Genome, genome_of
from reference.grow import SCENES, grown


def blocks(genome: Genome, feed_forward: bool) -> tuple[list[tuple[int, int, int]], set[int]]:
    """Return (sources, nodes, edges) of every layer, and the nodes that reach an output."""
    outputs = range(genome.inputs, genome.inputs + genome.outputs)
    needed = set(outputs)
    while more := {c.source for n in needed for c in genome.incoming(n) if c.source >= genome.inputs} - needed:
        needed |= more

    @cache
    def level(node: int) -> int:
        if node < genome.inputs:
            return 0
        return 1 + max((level(c.source) for c in genome.incoming(node)), default=0) if feed_forward else 1

    found = []
    for wanted in range(1, 1 + max(map(level, needed))):
        reads = {n: genome.incoming(n) for n in needed if level(n) == wanted and genome.incoming(n)}
        edges = [conn for conns in reads.values() for conn in conns]
        if edges:
            found.append((len({conn.source for conn in edges}), len(reads), len(edges)))
    return found, needed


@pytest.mark.parametrize("name", SCENES)
def test_layers_equal_the_reference(name):
    feed_forward = SCENES[name].neat.feed_forward
    deepest = 0
    for step in grown(name)[::3]:
        population = step.children
        layers = layers_of(population, feed_forward=feed_forward)
        for g in range(population.size):
            genome = genome_of(population, g)
            expected, needed = blocks(genome, feed_forward)
            at = slice(int(layers.offsets[g]), int(layers.offsets[g] + layers.depth[g]))
            ours = list(zip(layers.sources[at], layers.nodes[at], layers.edges[at], strict=True))
            assert ours == expected, f"{step.label(name)}, genome {g}"
            assert layers.updates[g] == len(needed)
            looked_up = [n for n in needed if ACTIVATIONS[genome.nodes[n].activation] in TABLES]
            assert layers.lookups[g] == len(looked_up)
            deepest = max(deepest, len(expected))
    assert deepest == 1 if not feed_forward else deepest >= 2


def test_first_cartpole_network_is_one_block():
    population = grown("full")[0].population
    layers = layers_of(population, feed_forward=True)
    assert np.array_equal(layers.depth, np.ones(population.size))
    at = layers.offsets[:-1]
    assert set(zip(layers.sources[at], layers.nodes[at], layers.edges[at], strict=True)) == {(4, 2, 8)}
