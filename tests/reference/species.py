"""Compatibility distance and species, with dictionaries and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from genesys_cli.compiled.philox import REPRESENTATIVES
from genesys_cli.config.neat import NeatSettings

from .genome import Conn, Genome, Node
from .philox import block, choose


def distance(a: Genome, b: Genome, excess: float, disjoint: float, weight: float) -> float:
    """Return the compatibility distance; the sums are taken in ascending order of the genes' keys."""
    nodes = _part(a.nodes, b.nodes, node_difference, excess, disjoint, weight)
    return nodes + _part(a.conns, b.conns, conn_difference, excess, disjoint, weight)


def node_difference(a: Node, b: Node) -> list[float]:
    return [
        abs(float(a.bias) - float(b.bias)),
        abs(float(a.response) - float(b.response)),
        float(a.activation != b.activation),
        float(a.aggregation != b.aggregation),
    ]


def conn_difference(a: Conn, b: Conn) -> list[float]:
    return [abs(float(a.weight) - float(b.weight)), float(a.enabled != b.enabled)]


def _part(a: dict, b: dict, difference: Any, excess: float, disjoint: float, weight: float) -> float:
    longer = max(len(a), len(b))
    if longer == 0:
        return 0.0
    total = 0.0
    for key in sorted(a.keys() & b.keys()):
        for term in difference(a[key], b[key]):
            total += term
    last = min(max(a, default=-1), max(b, default=-1))  # genes above it are excess
    alone = a.keys() ^ b.keys()
    beyond = sum(key > last for key in alone)
    return (weight * total + disjoint * (len(alone) - beyond) + excess * beyond) / longer


def coefficients(neat: NeatSettings) -> tuple[float, float, float]:
    return (
        neat.compatibility_excess_coefficient,
        neat.compatibility_disjoint_coefficient,
        neat.compatibility_weight_coefficient,
    )


@dataclass
class Group:
    """One species."""

    id: int
    created: int
    improved: int
    best: float
    members: list[int]
    representative: Genome


@dataclass
class Groups:
    """All species of a generation, and what the next generation needs."""

    groups: list[Group]
    threshold: float
    next_id: int


def first_fit(genome: Genome, representatives: Sequence[Genome], limit: float, weights: Any) -> tuple[int | None, int]:
    """Return the first representative nearer than `limit`, if any, and how many were looked at."""
    for k, representative in enumerate(representatives):
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


def speciate(
    genomes: Sequence[Genome],
    fitness: Sequence[float],
    previous: Groups | None,
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
) -> tuple[Groups, int]:
    """Return the species of a generation and the number of distances computed."""
    old = previous.groups if previous else []
    limit = previous.threshold if previous else neat.compatibility_threshold
    next_id = previous.next_id if previous else 0
    compared = 0
    members: list[list[int]] = [[] for _ in old]
    unassigned = []
    for g, genome in enumerate(genomes):
        home, looked_at = first_fit(genome, [group.representative for group in old], limit, coefficients(neat))
        compared += looked_at
        if home is None:
            unassigned.append(g)
        else:
            members[home].append(g)
    founders: list[int] = []
    for g in unassigned:
        found = [genomes[f] for f in founders]
        home, looked_at = first_fit(genomes[g], found, limit, coefficients(neat))
        compared += looked_at
        if home is None:
            founders.append(g)
            members.append([g])
        else:
            members[len(old) + home].append(g)
    groups = []
    for k, own in enumerate(members):
        if not own:
            continue
        now = group_fitness(own, fitness, neat.species_fitness)
        if k < len(old):
            was = old[k]
            group = Group(
                was.id, was.created, generation if now > was.best else was.improved, max(now, was.best), own, genomes[0]
            )
        else:
            group = Group(next_id + k - len(old), generation, generation, now, own, genomes[0])
        word = block(seed, REPRESENTATIVES, generation, group.id, 0)[0]
        group.representative = genomes[own[choose(word, len(own))]]
        groups.append(group)
    threshold = limit
    if neat.target_species and len(groups) > neat.target_species:
        threshold = max(0.05, limit * (1 + neat.compatibility_adjust))
    elif neat.target_species and len(groups) < neat.target_species:
        threshold = max(0.05, limit / (1 + neat.compatibility_adjust))
    return Groups(groups, threshold, next_id + len(founders)), compared
