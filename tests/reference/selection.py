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


def shared_fitness(fitness: Sequence[float], members: Sequence[int], function: str) -> dict[int, float]:
    """Return what each of these genomes contributes to its species' share."""
    values = sorted(float(fitness[g]) for g in members)
    if function == "rank":
        last = max(len(values) - 1, 1)
        places = {value: [k for k, other in enumerate(values) if other == value] for value in set(values)}
        return {g: sum(place := places[float(fitness[g])]) / len(place) / last for g in members}
    if function == "raw":
        worst = min(0.0, values[0])
    else:
        quarter, three_quarters = values[len(values) // 4], values[len(values) * 3 // 4]
        worst = max(values[0], quarter - 1.5 * (three_quarters - quarter))
    return {g: max(0.0, float(fitness[g]) - worst) / max(1.0, values[-1] - worst) for g in members}


def offspring_counts(
    adjusted: Sequence[float], sizes: Sequence[int], total: int, least: int, part: float = 0.5
) -> list[int]:
    """Return each species' number of children, after neat-python's ``compute_spawn`` and its exact adjustment."""
    least = max(1, min(least, total // len(sizes)))
    share = float(np.sum(adjusted))  # in numpy's order: the last bit can decide a rounding
    moved = []
    for fitness, size in zip(adjusted, sizes, strict=True):
        wanted = max(float(least), fitness / share * total) if share > 0 else float(least)
        step = (wanted - size) * part
        if round(step) != 0:
            size += round(step)
        elif step > 0 and part < 1:
            size += 1
        elif step < 0 and part < 1:
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
    breeding = [group for group in groups if group.breeding]
    shared = shared_fitness(fitness, [g for group in breeding for g in group.members], neat.fitness_sharing)
    adjusted = [group_fitness(group.members, shared, "mean") for group in breeding]
    sizes = [len(group.members) for group in breeding]
    counts = offspring_counts(adjusted, sizes, len(genomes), neat.min_species_size, neat.share_step)
    smaller = neat.ties == "smaller"
    ranked = [
        sorted(
            group.members, key=lambda g: (-fitness[g], len(genomes[g].conns) if smaller else 0, g if smaller else -g)
        )
        for group in breeding
    ]
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
                is_smaller = smaller and len(genomes[b].conns) < len(genomes[a].conns)
                if fitness[b] > fitness[a] or (fitness[b] == fitness[a] and is_smaller):
                    a, b = b, a
            plan.append(Pair(a, b, False))
    return plan
