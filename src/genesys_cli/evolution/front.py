"""The front at the end of a run: networks that no other one beats in every objective, judged on held-out episodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.played import deviation_of
from ..envs.conditions import Conditions, conditions_of
from ..envs.problem.env import ProblemEnv
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
    ranked = best_first(state.objectives)
    chosen = np.setdiff1d(ranked[first[ranked]][:MOST], state.without).astype(np.int64)
    candidates = _judged(loop, state, chosen)
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
    """Return the champion, and genomes of a generation as held-out episodes judge them, without those that fail there.

    The champion has been judged, but where a function is handed all networks at once, that was among others.
    """
    standing = state.champion if state.champion is not None and state.champion.validated else None
    again = standing is not None and isinstance(loop.env, ProblemEnv) and loop.env.at_once
    genomes = state.population.select(chosen)
    if again:
        assert standing is not None
        genomes = standing.genome.with_more(genomes)
    found = [standing] if standing is not None and not again else []
    if not genomes.size:
        return found
    world, seeds = _world(loop, state), held_out_episodes(loop.settings, loop.env)
    judged = judge_of(loop.backend, minimise=loop.goal.minimise).evaluate(genomes, seeds, world, keep_returns=True)
    for k in np.flatnonzero(np.isfinite(judged.fitness)).tolist():
        score = {
            "validated_fitness": float(judged.fitness[k]),
            "validated_std": deviation_of(judged.returns[k]),
            "validated_in": state.generation,
            "returns": judged.returns[k],
        }
        if again and k == 0:
            assert standing is not None
            found.append(standing._replace(**score))
            continue
        index = int(chosen[k - again])
        genome, trained = genomes.select(np.array([k])), float(state.fitness[index])
        found.append(
            Champion(
                genome=genome,
                generation=state.generation,
                genome_index=index,
                training_fitness=trained,
                offset=world.offset,
                scale=world.scale,
                **score,
            )
        )
    return found


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
