"""What neat-python does without a key for it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Habit(NamedTuple):
    """What neat-python does without a key for it, and what it is as a setting of ours."""

    ours: str
    value: Any
    meaning: str


HABITS = (
    Habit("neat.crossover_prob", 1.0, "every child has two parents, which may be the same genome twice"),
    Habit("neat.interspecies_prob", 0.0, "both parents are of one species"),
    Habit(
        "neat.disable_prob",
        0.75,
        "as there since 2.1; from 1.0 to 2.0 a gene that one parent has disabled is disabled in 7 of 8 children, in "
        "0.92 in half of them, and one that both have disabled in all",
    ),
    Habit(
        "neat.ties", "newer", "of equally fit genomes the newer ranks first; either of two parents may be the fitter"
    ),
    Habit(
        "neat.fitness_sharing",
        "above_worst",
        "a species' share is its mean fitness above the worst genome's; here one far below the others does not "
        "count in full",
    ),
    Habit("neat.share_step", 0.5, "a species' size moves half of the way to its share"),
    Habit("neat.compatibility_distance", "neat-python", "differences are divided by the number of genes"),
    Habit("neat.target_species", 0, "the compatibility threshold is fixed"),
    Habit("neat.attribute_mutate_prob", 1.0, "attributes may mutate in every child"),
    Habit("neat.mutate_distribution", "normal", "perturbations are normally distributed"),
)
