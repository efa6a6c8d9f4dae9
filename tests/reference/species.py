"""Compatibility distance and species, with dictionaries and lists."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from genesys_cli.compiled.philox import REPRESENTATIVES
from genesys_cli.config.neat import NeatSettings

from .genome import Conn, Genome, Node
from .philox import block, choose

SMALL = 20  # connections below which the paper's distance is not divided
LEAST = 0.05  # threshold


def distance(a: Genome, b: Genome, excess: float, disjoint: float, weight: float, paper: bool = False) -> float:
    """Return the compatibility distance; the sums are taken in ascending order of the genes' keys."""
    if paper:
        alone, beyond = _unmatched(a.conns, b.conns)
        structure = disjoint * alone + excess * beyond
        longer = max(len(a.conns), len(b.conns))
        if longer >= SMALL:
            structure /= longer
        total = 0.0
        conns, nodes = sorted(a.conns.keys() & b.conns.keys()), sorted(a.nodes.keys() & b.nodes.keys())
        for key in conns:
            total += abs(float(a.conns[key].weight) - float(b.conns[key].weight))
        for key in nodes:
            total += node_difference(a.nodes[key], b.nodes[key])
        return structure + weight * total / (len(conns) + len(nodes))
    nodes = _part(a.nodes, b.nodes, node_difference, excess, disjoint, weight)
    return nodes + _part(a.conns, b.conns, conn_difference, excess, disjoint, weight)


def node_difference(a: Node, b: Node) -> float:
    functions = (a.activation != b.activation) + (a.aggregation != b.aggregation)
    return abs(float(a.bias) - float(b.bias)) + abs(float(a.response) - float(b.response)) + functions


def conn_difference(a: Conn, b: Conn) -> float:
    return abs(float(a.weight) - float(b.weight)) + (a.enabled != b.enabled)


def _unmatched(a: dict, b: dict) -> tuple[int, int]:
    """Return how many genes are disjoint and how many are excess."""
    last = min(max(a, default=-1), max(b, default=-1))  # genes above it are excess
    alone = a.keys() ^ b.keys()
    beyond = sum(key > last for key in alone)
    return len(alone) - beyond, beyond


def _part(a: dict, b: dict, difference: Any, excess: float, disjoint: float, weight: float) -> float:
    longer = max(len(a), len(b))
    if longer == 0:
        return 0.0
    total = 0.0
    for key in sorted(a.keys() & b.keys()):
        total += difference(a[key], b[key])
    alone, beyond = _unmatched(a, b)
    return (weight * total + disjoint * alone + excess * beyond) / longer


def coefficients(neat: NeatSettings) -> tuple[float, float, float, bool]:
    return (
        neat.compatibility_excess_coefficient,
        neat.compatibility_disjoint_coefficient,
        neat.compatibility_weight_coefficient,
        neat.compatibility_distance == "paper",
    )


@dataclass
class Group:
    """One species. breeding: whether it has offspring"""

    id: int
    created: int
    improved: int
    best: float
    members: list[int]
    representative: Genome | None
    breeding: bool = True


@dataclass
class Groups:
    """All species of a generation, and what the next generation needs."""

    groups: list[Group]
    threshold: float
    next_id: int


def first_fit(
    genome: Genome, representatives: Sequence[Genome], limit: float, weights: Any, counts: Counter | None = None
) -> tuple[int | None, int]:
    """Return the first representative nearer than `limit`, if any, and how many were looked at; count these."""
    for k, representative in enumerate(representatives):
        if counts is not None:
            counts["distances"] += 1
            counts["distance_genes"] += sum(len(g.nodes) + len(g.conns) for g in (genome, representative))
        if distance(genome, representative, *weights) < limit:
            return k, k + 1
    return None, len(representatives)


def group_fitness(members: Sequence[int], fitness: Sequence[float], function: str) -> float:
    values = [float(fitness[g]) for g in members]
    if function == "max":
        return max(values)
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def founding(genomes: Sequence[Genome], limit: float, weights: Any, counts: Counter) -> list[list[int]]:
    """Return the members of the species that genomes found among themselves, the founder first."""
    members: list[list[int]] = []
    for g, genome in enumerate(genomes):
        home, _ = first_fit(genome, [genomes[own[0]] for own in members], limit, weights, counts)
        if home is None:
            members.append([g])
        else:
            members[home].append(g)
    return members


def first_threshold(genomes: Sequence[Genome], neat: NeatSettings, counts: Counter) -> float:
    """Return the threshold of the first generation, of at most 500 genomes, so that all of them are looked at."""
    if not neat.target_species:
        return neat.compatibility_threshold
    counts["distances"] += len(genomes)
    counts["distance_genes"] += sum(len(g.nodes) + len(g.conns) for pair in genomes for g in (pair, genomes[0]))
    low, high = LEAST, 2 * max(distance(genomes[0], genome, *coefficients(neat)) for genome in genomes)
    if high <= low:
        return neat.compatibility_threshold
    for _ in range(20):
        middle = math.sqrt(low * high)
        found = len(founding(genomes, middle, coefficients(neat), counts))
        if found == neat.target_species:
            return middle
        if found > neat.target_species:
            low = middle
        else:
            high = middle
    return high


def next_threshold(
    genomes: Sequence[Genome], representatives: Sequence[Genome], before: float, neat: NeatSettings, counts: Counter
) -> float:
    """Return the threshold of a later generation, of at most 500 genomes, so that all of them are looked at."""
    target, most = neat.target_species, 1 + neat.compatibility_adjust
    if not target or most == 1:
        return before

    def species(limit: float) -> int:
        homes = [first_fit(genome, representatives, limit, coefficients(neat), counts)[0] for genome in genomes]
        homeless = [genome for genome, home in zip(genomes, homes, strict=True) if home is None]
        return len(set(homes) - {None}) + len(founding(homeless, limit, coefficients(neat), counts))

    found = species(before)
    if found == target:
        return before
    if found > target:
        end = before * most
        if species(end) >= target:
            return end
        low, high = before, end
    else:
        end = max(before / most, min(LEAST, before))
        if species(end) <= target:
            return end
        low, high = end, before
    for _ in range(8):
        middle = math.sqrt(low * high)
        found = species(middle)
        if found == target:
            return middle
        if found > target:
            low = middle
        else:
            high = middle
    return high


def mark_breeding(groups: Sequence[Group], fitness: Sequence[float], neat: NeatSettings, generation: int) -> None:
    """Say of all groups whether they have offspring; where all have stagnated, the best two begin anew."""
    ranked = sorted(groups, key=lambda group: (-group_fitness(group.members, fitness, neat.species_fitness), group.id))
    for rank, group in enumerate(ranked):
        group.breeding = generation - group.improved <= neat.max_stagnation or rank < neat.species_elitism
    if not any(group.breeding for group in groups):
        for group in ranked[:2]:
            group.breeding = True
            group.improved = generation


def speciate(
    genomes: Sequence[Genome],
    fitness: Sequence[float],
    previous: Groups | None,
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
) -> tuple[Groups, Counter]:
    """Return the species of a generation, and counts of the distances computed and of the genes read for them."""
    counts: Counter = Counter(distances=0, distance_genes=0)
    old = [group for group in previous.groups if group.breeding] if previous else []
    representatives = [group.representative for group in old]
    if previous:
        limit = next_threshold(genomes, representatives, previous.threshold, neat, counts)
    else:
        limit = first_threshold(genomes, neat, counts)
    next_id = previous.next_id if previous else 0
    members: list[list[int]] = [[] for _ in old]
    unassigned = []
    for g, genome in enumerate(genomes):
        home, _ = first_fit(genome, representatives, limit, coefficients(neat), counts)
        if home is None:
            unassigned.append(g)
        else:
            members[home].append(g)
    founded = founding([genomes[g] for g in unassigned], limit, coefficients(neat), counts)
    members += [[unassigned[k] for k in own] for own in founded]
    groups = []
    for k, own in enumerate(members):
        if not own:
            continue
        now = group_fitness(own, fitness, neat.species_fitness)
        if k < len(old):
            was = old[k]
            group = Group(
                was.id, was.created, generation if now > was.best else was.improved, max(now, was.best), own, None
            )
        else:
            group = Group(next_id + k - len(old), generation, generation, now, own, None)
        word = block(seed, REPRESENTATIVES, generation, group.id, 0)[0]
        group.representative = genomes[own[choose(word, len(own))]]
        groups.append(group)
    mark_breeding(groups, fitness, neat, generation)
    return Groups(groups, limit, next_id + len(founded)), counts
