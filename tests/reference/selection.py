"""Who has children with whom, one species and one child at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genesys_cli.compiled.philox import PARENTS
from genesys_cli.config.neat import NeatSettings

from .genome import Genome
from .philox import block, choose, happens
from .species import Group, group_fitness


class Pair(NamedTuple):
    """The parents of one child; an elite is a copy of its fitter parent."""

    fitter: int
    other: int
    elite: bool


def stagnant_groups(
    groups: Sequence[Group], fitness: Sequence[float], neat: NeatSettings, generation: int
) -> list[bool]:
    ranked = sorted(groups, key=lambda group: (-group_fitness(group.members, fitness, neat.species_fitness), group.id))
    spared = {group.id for group in ranked[: max(1, neat.species_elitism)]}
    return [generation - group.improved > neat.max_stagnation and group.id not in spared for group in groups]


def offspring_counts(adjusted: Sequence[float], sizes: Sequence[int], total: int, least: int) -> list[int]:
    """Return each species' number of children, after neat-python's ``compute_spawn`` and its exact adjustment."""
    least = max(1, min(least, total // len(sizes)))
    share = float(np.sum(adjusted))  # in numpy's order: the last bit can decide a rounding
    moved = []
    for fitness, size in zip(adjusted, sizes, strict=True):
        wanted = max(float(least), fitness / share * total) if share > 0 else float(least)
        step = (wanted - size) / 2
        if round(step) != 0:
            size += round(step)
        elif step > 0:
            size += 1
        elif step < 0:
            size -= 1
        moved.append(size)
    scale = total / sum(moved)
    counts = [max(least, round(size * scale)) for size in moved]
    while sum(counts) < total:  # one more for each, the smallest first
        for k in sorted(range(len(counts)), key=lambda k: counts[k]):
            if sum(counts) < total:
                counts[k] += 1
    while sum(counts) > total:  # one less for each that can spare it, the largest first
        for k in sorted(range(len(counts)), key=lambda k: -counts[k]):
            if sum(counts) > total and counts[k] > least:
                counts[k] -= 1
    return counts


def mating_plan(
    genomes: Sequence[Genome],
    fitness: Sequence[float],
    groups: Sequence[Group],
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
) -> list[Pair]:
    stagnant = stagnant_groups(groups, fitness, neat, generation)
    breeding = [group for group, old in zip(groups, stagnant, strict=True) if not old]
    values = [float(fitness[g]) for group in breeding for g in group.members]
    spread = max(1.0, max(values) - min(values))
    adjusted = [(group_fitness(group.members, fitness, "mean") - min(values)) / spread for group in breeding]
    sizes = [len(group.members) for group in breeding]
    counts = offspring_counts(adjusted, sizes, len(genomes), neat.min_species_size)
    ranked = [sorted(group.members, key=lambda g: (-fitness[g], len(genomes[g].conns), g)) for group in breeding]
    parents = [best[: max(2, math.ceil(neat.survival_threshold * len(best)))] for best in ranked]
    plan: list[Pair] = []
    for s, count in enumerate(counts):
        elites = min(neat.elitism, sizes[s], count // 2)
        plan += [Pair(g, g, True) for g in ranked[s][:elites]]
        for _ in range(count - elites):
            words = block(seed, PARENTS, generation, len(plan), 0)
            a = b = parents[s][choose(words[0], len(parents[s]))]
            if happens(words[2], neat.crossover_prob):
                pool = parents[s]
                if len(breeding) > 1 and happens(words[3], neat.interspecies_prob):
                    again = block(seed, PARENTS, generation, len(plan), 1)[0]
                    pool = parents[(s + 1 + choose(again, len(breeding) - 1)) % len(breeding)]
                b = pool[choose(words[1], len(pool))]
                if (fitness[b], -len(genomes[b].conns)) > (fitness[a], -len(genomes[a].conns)):
                    a, b = b, a
            plan.append(Pair(a, b, False))
    return plan
