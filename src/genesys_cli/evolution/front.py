"""The front at the end of a run: networks that no other one beats in every objective, judged on held-out episodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.played import deviation_of
from ..envs.conditions import Conditions, conditions_of
from ..genome.population import Population
from ..neat.pareto import best_first, fronts
from .episodes import held_out_episodes
from .goal import judge_of
from .loop import Loop
from .objectives import WORST
from .state import Champion, RunState

MOST = 50
"""Networks of a generation that are judged, those of the first front before others, those far apart first."""


class Point(NamedTuple):
    """A network of the front. objectives: those beside fitness, by name, in the user's own numbers

    Fitness and returns of the champion are those of evolution, see :class:`.state.Champion`.
    """

    champion: Champion
    objectives: dict[str, float]


def front_of(loop: Loop, state: RunState) -> list[Point]:
    """Return the front of a generation, the fittest network first; of equal networks there is one.

    The run's champion is a candidate, too, since it may be of an earlier generation. Fitness and the worst episode are
    those of the held-out episodes, by which who is beaten is decided anew.
    """
    assert state.objectives is not None
    assert loop.objectives is not None
    first = fronts(state.objectives) == 0
    chosen = best_first(state.objectives)
    chosen = chosen[first[chosen]][:MOST].astype(np.int64)
    candidates = _judged(loop, state, np.setdiff1d(chosen, state.without))
    if state.champion is not None and state.champion.validated:
        candidates.insert(0, state.champion)
    if not candidates:
        return []
    genomes = candidates[0].genome
    for one in candidates[1:]:
        genomes = genomes.with_more(one.genome)
    fitness = np.array([one.validated_fitness for one in candidates])
    values = loop.objectives.of(genomes, fitness, np.stack([one.returns for one in candidates]))
    kept = np.flatnonzero(fronts(values) == 0)
    kept = kept[np.lexsort((*(-values[kept, m] for m in range(1, values.shape[1])), -fitness[kept]))]
    return [Point(candidates[k], _named(loop, values[k, 1:])) for k in kept.tolist()]


def _judged(loop: Loop, state: RunState, chosen: NDArray[np.int64]) -> list[Champion]:
    """Return genomes of a generation as held-out episodes judge them; those without a fitness there are left out."""
    if not len(chosen):
        return []
    population: Population = state.population
    world = _world(loop, state)
    seeds = held_out_episodes(loop.settings, loop.env)
    judge = judge_of(loop.backend, minimise=loop.goal.minimise)
    found = judge.evaluate(population.select(chosen), seeds, world, keep_returns=True)
    return [
        Champion(
            genome=population.select(chosen[k : k + 1]),
            generation=state.generation,
            genome_index=int(chosen[k]),
            training_fitness=float(state.fitness[chosen[k]]),
            validated_fitness=float(found.fitness[k]),
            validated_std=deviation_of(found.returns[k]),
            validated_in=state.generation,
            offset=world.offset,
            scale=world.scale,
            returns=found.returns[k],
        )
        for k in np.flatnonzero(np.isfinite(found.fitness))
    ]


def _world(loop: Loop, state: RunState) -> Conditions:
    """Return what held-out episodes of the last generation are like, with the scaling of observations of now."""
    world = loop.drift.world(conditions_of(loop.settings, loop.env), state.generation)
    if state.normaliser is None:
        return world
    offset, scale = state.normaliser.scaling()
    return world._replace(offset=offset, scale=scale)


def _named(loop: Loop, values: NDArray[np.float64]) -> dict[str, float]:
    """Return objectives beside fitness as users know them: costs as such, and returns in their own sign."""
    assert loop.objectives is not None
    minimise = loop.goal.minimise
    return {
        name: float(value) if name == WORST and not minimise else float(0.0 - value)
        for name, value in zip(loop.objectives.names, values, strict=True)
    }
