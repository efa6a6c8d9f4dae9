"""The hall of fame: the best of earlier generations, some to train against, others to judge champions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.philox import HALL_OF_FAME, fill_words
from ...genome.population import Population, no_genomes
from ..state import Hall, RunState


class Opponents(NamedTuple):
    """genomes: of whom a generation, or those who would be champion, play against; generations: (O,) int64, theirs"""

    genomes: Population
    generations: NDArray[np.int64]


def following(state: RunState, room: int, seed: int) -> Hall:
    """Return the hall of fame of the generation after `state`: with the best of this one, where that is drawn.

    The best of even generations are there to train against, those of odd ones to judge. Of either kind the hall has
    `room`, and as soon as there were more, each of them is in it with the same chance.
    """
    hall = state.hall or nobody(state.population.n_inputs, state.population.n_outputs)
    best = state.best()
    if best is None or not room:
        return hall
    judges = state.generation % 2 == 1
    own = np.flatnonzero(hall.judges == judges)
    stay = np.ones(len(hall.judges), bool)
    if len(own) >= room:
        word = np.empty(1, np.uint64)
        fill_words(seed, 0, state.generation, HALL_OF_FAME, word)
        place = int(word[0]) * (state.generation // 2 + 1) >> 32
        if place >= room:
            return hall
        stay[own[place]] = False
    kept = hall.genomes.select(np.flatnonzero(stay))
    return Hall(
        kept.with_more(state.population.select(np.array([best]))),
        np.append(hall.generations[stay], state.generation),
        np.append(hall.judges[stay], judges),
    )


def nobody(n_inputs: int, n_outputs: int) -> Hall:
    """Return a hall of fame without anybody, for networks of so many inputs and outputs."""
    return Hall(no_genomes(n_inputs, n_outputs), np.empty(0, np.int64), np.empty(0, bool))


def trainers(hall: Hall) -> Opponents:
    """Return those whom generations train against."""
    return _those(hall, ~hall.judges)


def judges(hall: Hall) -> Opponents:
    """Return those who judge champions: such as no generation trains against, or others while there are none."""
    return _those(hall, hall.judges if hall.judges.any() else ~hall.judges)


def _those(hall: Hall, which: NDArray[np.bool_]) -> Opponents:
    return Opponents(hall.genomes.select(np.flatnonzero(which)), hall.generations[which])
