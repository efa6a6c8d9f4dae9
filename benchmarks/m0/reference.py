"""The routines again in Python, written for clarity from what this project computes, in whole numbers of any size."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genesys_cli.genome.population import Population

ONE = 1 << 10  # of weights, biases, responses and operands
REWARD_ONE, FITNESS_ONE = 1 << 20, 1 << 12


class Genome(NamedTuple):
    """A genome as the chip holds it. nodes: attributes by id; conns: (weight, enabled) by (source, destination)"""

    inputs: int
    outputs: int
    nodes: dict[int, tuple[int, int, int, int]]  # bias, response, activation, aggregation
    conns: dict[tuple[int, int], tuple[int, int]]


def genome_of(population: Population, g: int) -> Genome:
    """Return a genome with its real numbers as whole numbers of 1/1024; order as in the stream of genes."""
    p = population
    nodes = slice(int(p.node_offsets[g]), int(p.node_offsets[g + 1]))
    conns = slice(int(p.conn_offsets[g]), int(p.conn_offsets[g + 1]))

    def raw(values: NDArray[np.float32]) -> list[int]:
        return [int(value) for value in np.rint(values.astype(np.float64) * ONE)]

    attributes = zip(raw(p.node_bias[nodes]), raw(p.node_response[nodes]), strict=True)
    kinds = zip(p.node_activation[nodes].tolist(), p.node_aggregation[nodes].tolist(), strict=True)
    ends = zip(p.conn_in[conns].tolist(), p.conn_out[conns].tolist(), strict=True)
    genes = zip(raw(p.conn_weight[conns]), p.conn_enabled[conns].tolist(), strict=True)
    return Genome(
        p.n_inputs,
        p.n_outputs,
        dict(zip(p.node_id[nodes].tolist(), [(*a, *k) for a, k in zip(attributes, kinds, strict=True)], strict=True)),
        dict(sorted(zip(ends, genes, strict=True))),
    )


def distance(a: Genome, b: Genome, excess: int, disjoint: int, weight: int) -> int:
    """Return the distance with 18 fraction bits; coefficients have 8."""
    nodes = sum(
        abs(a.nodes[n][0] - b.nodes[n][0])
        + abs(a.nodes[n][1] - b.nodes[n][1])
        + sum(ONE for k in (2, 3) if a.nodes[n][k] != b.nodes[n][k])
        for n in a.nodes.keys() & b.nodes.keys()
    )
    conns = sum(
        abs(a.conns[c][0] - b.conns[c][0]) + (ONE if a.conns[c][1] != b.conns[c][1] else 0)
        for c in a.conns.keys() & b.conns.keys()
    )

    def part(mine: dict[Any, Any], theirs: dict[Any, Any], difference: int) -> int:
        longer = max(len(mine), len(theirs))
        if not longer:
            return 0
        last = min(max(mine, default=(-1, -1)), max(theirs, default=(-1, -1)))  # genes behind it are excess
        single = mine.keys() ^ theirs.keys()
        beyond = len(single) if not mine or not theirs else sum(key > last for key in single)
        return ((excess * beyond + disjoint * (len(single) - beyond)) * ONE + weight * difference) // longer

    return part(a.nodes, b.nodes, nodes) + part(a.conns, b.conns, conns)


class Block(NamedTuple):
    """A layer. sources, nodes: places; weights: rows of sources"""

    sources: list[int]
    nodes: list[int]
    weights: list[list[int]]


def blocks(genome: Genome) -> tuple[list[Block], list[int]]:
    """Return the layers of a feed-forward genome, and the places of needed nodes that read nothing."""
    place = {node: k for k, node in enumerate([*range(genome.inputs), *sorted(genome.nodes)])}
    reads: dict[int, dict[int, int]] = {place[node]: {} for node in genome.nodes}
    for (source, destination), (weight, enabled) in genome.conns.items():
        if enabled:
            reads[place[destination]][place[source]] = weight
    needed = {place[genome.inputs + k] for k in range(genome.outputs)}
    while more := {source for node in needed for source in reads[node] if source >= genome.inputs} - needed:
        needed |= more
    level = dict.fromkeys(range(genome.inputs), 0)

    def level_of(node: int) -> int:
        if node not in level:
            level[node] = 1 + max(map(level_of, reads[node]), default=0)
        return level[node]

    found = []
    for wanted in range(1, 1 + max(map(level_of, needed))):
        nodes = sorted(node for node in needed if level_of(node) == wanted and reads[node])
        sources = sorted({source for node in nodes for source in reads[node]})
        found.append(Block(sources, nodes, [[reads[node].get(source, 0) for node in nodes] for source in sources]))
    return found, sorted(node for node in needed if not reads[node])


def nearest(value: float, one: int) -> int:
    """Return a finite number in units of 1 / one, ties to even; `value` is a float32, so the product is exact."""
    return round(value * one)


def operand(value: float) -> int:
    """Return an observation as operand."""
    if math.isnan(value):
        return -32768
    return int(min(max(value * ONE, -32768.0), 32767.0)) if abs(value) >= 32 else min(nearest(value, ONE), 32767)


class Scaling(NamedTuple):
    """An input's normalisation in whole numbers, see ``scaling_t`` in ``c/step.c``; fraction: bits of its units"""

    mean: int
    limit: int
    fraction: int
    scale: int


def scaling(offset: float, scale: float, clip: float) -> Scaling:
    """Return what the host gives the CPU for an input. scale: 1 over the standard deviation, or 0"""
    if scale == 0:
        return Scaling(0, 0, 0, 0)
    fraction = 14 - math.floor(-math.log2(scale))
    fraction = min(fraction, 29 - math.ceil(math.log2(abs(offset) + 1)))
    limit = min(math.ceil((clip + 1) / scale * 2.0**fraction), (1 << 20) - 1)
    return Scaling(round(offset * 2.0**fraction), limit, fraction, round(scale * 2.0 ** (31 - fraction)))


def normalised(value: float, by: Scaling, clip: int) -> int:
    """Return an observation as normalised operand. clip: in units of an operand"""
    if math.isnan(value):
        return -32768
    largest = 1 << 30
    units = largest if abs(value) == math.inf else min(round(abs(value) * 2.0**by.fraction), largest)
    apart = min(max(int(math.copysign(units, value)) - by.mean, -by.limit), by.limit)
    return min(max(((apart * by.scale >> 8) + (1 << 12)) >> 13, -clip), clip)


def reward(value: float) -> int:
    """Return a reward with 20 fraction bits; from 2^34 on it saturates."""
    if math.isnan(value):
        return -(1 << 54)
    return nearest(min(max(value, -(2.0**34)), 2.0**34), REWARD_ONE)


def mean_return(returns: list[int]) -> int:
    """Return the mean of returns: their sum to 12 fraction bits, divided, to the nearest, ties away from 0."""
    total = (sum(returns) + 128) >> 8
    size = (abs(total) + len(returns) // 2) // len(returns)
    return min(max(size if total >= 0 else -size, -(1 << 31)), (1 << 31) - 1)


class Xorshift:
    """Marsaglia's generator of 32 bits; a draw has 16."""

    def __init__(self, state: int) -> None:
        self.state = state

    def draw(self) -> int:
        x = self.state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.state = x
        return x >> 16

    def below(self, n: int) -> int:
        return self.draw() * n >> 16


class Due(NamedTuple):
    """What a species with offspring is due. members: genomes, best first"""

    members: list[int]
    survivors: int
    elites: int
    offspring: int


def parents(
    due: list[Due], fitness: list[int], handicap: list[int], crossover: int, interspecies: int, random: Xorshift
) -> list[tuple[int, int, int]]:
    """Return (fitter, other, elite) of every child."""
    found = []
    for s, species in enumerate(due):
        found += [(genome, genome, 1) for genome in species.members[: species.elites]]
        for _ in range(species.offspring - species.elites):
            a = b = species.members[random.below(species.survivors)]
            if random.draw() < crossover:
                mate = species
                if len(due) > 1 and random.draw() < interspecies:
                    mate = due[(s + 1 + random.below(len(due) - 1)) % len(due)]
                b = mate.members[random.below(mate.survivors)]
                if (fitness[b], -handicap[b]) > (fitness[a], -handicap[a]):
                    a, b = b, a
            found.append((a, b, 0))
    return found
