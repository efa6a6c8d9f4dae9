"""Lets a population play the native environments with ADAM's RTL as its networks, all genomes step by step together.

A genome whose episode ends begins the next one at once, and has no part in later steps when it has played all. Of few
genomes copies play, each its share of the episodes. What the simulation computes is checked by nobody here: it is what
the genomes act on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...accelerator.adam.numbers import fixed_point_of
from ...compiled.lanes import LANES
from ...compiled.threads import Threads
from ...config.chip import ChipSettings
from ...config.schema import Settings
from ...envs.conditions import Conditions
from ...envs.spec import NativeEnv
from ...genome.population import Population
from ...rtl.adam import Adam
from ..chip.numerics import FIXED
from ..native.episode import dynamics_of, is_plain
from ..native.evaluator import Evaluator, game_of
from ..native.tally import Finished, Tally, new_tally
from .rounds import rounds_of

TOGETHER = 64
"""Networks that play at once, if genomes and episodes suffice: Python takes as long for a step of fewer."""


class RtlEvaluator(Evaluator):
    """Plays episodes of one environment.

    adam: the simulated array, built by then; it counts its cycles
    """

    def __init__(self, settings: Settings, env: NativeEnv, threads: Threads, chip: ChipSettings) -> None:
        super().__init__(settings, env, threads, FIXED, fixed_point_of(chip))
        self.adam = Adam(chip)

    def _tally(self, population: Population, seeds: Sequence[int], conditions: Conditions, keep_returns: bool) -> Tally:
        size, episodes = population.size, len(seeds)
        tally = new_tally(size, episodes, self._env.n_inputs, keep_returns=keep_returns, moments=conditions.moments)
        copies = copies_of(size, episodes)
        genome = np.repeat(np.arange(size), copies)  # of each player
        self.adam.load(population if copies == 1 else population.select(genome), feed_forward=self._feed_forward)
        tally.nodes[:], tally.edges[:] = self.adam.nodes[::copies], self.adam.edges[::copies]
        game = game_of(self._env, seeds, conditions)
        rounds = rounds_of(dynamics_of(self._env), self._arithmetic, disturbed=not is_plain(conditions))
        players = len(genome)
        crew = [rounds.room(game.acting) for _ in range(0, players, LANES)]  # of sixteen players each
        operands = np.zeros((len(crew) * LANES, self._env.n_inputs), np.int32)
        registers = np.zeros((len(crew) * LANES, self._env.n_outputs), np.int32)
        left = np.zeros(len(crew) * LANES, np.int64)
        finished = _room_for(size * episodes, self._env.n_inputs, conditions.moments)
        episode = np.arange(players) % copies
        for p in range(players):
            rounds.begin(game, crew[p // LANES], p % LANES, int(episode[p]))
        playing = np.ones(players, bool)
        while playing.any():
            for k, at in enumerate(crew):
                rounds.sense(game, at, self._formats, LANES, operands[k * LANES : (k + 1) * LANES])
            registers[:players] = self.adam.step_operands(operands[:players], playing)
            for k, at in enumerate(crew):
                mine = slice(k * LANES, (k + 1) * LANES)
                rounds.act(game, at, self._formats, LANES, registers[mine], left[mine])
            anew = np.zeros(players, bool)
            for p in np.flatnonzero(playing & (left[:players] == 0)).tolist():
                at, lane, g = crew[p // LANES], p % LANES, int(genome[p])
                rounds.close(at, lane, g, finished, g * episodes + int(episode[p]), tally)
                episode[p] += copies
                if episode[p] < episodes:
                    rounds.begin(game, at, lane, int(episode[p]))
                    anew[p] = True
                else:
                    playing[p] = False
            if anew.any() and not self._feed_forward:
                self.adam.forget(anew)
        for g in range(size):
            rounds.add_up(finished, g * episodes, g, episodes, tally)
        return tally


def copies_of(size: int, episodes: int) -> int:
    """Return how many copies of each genome play at once, where there are few: no result depends on it."""
    return max(1, min(episodes, TOGETHER // size))


def _room_for(count: int, n_inputs: int, moments: bool) -> Finished:
    """Return room for the results of so many episodes, see ``native.tally``."""
    kept: int = count if moments else 0
    returns: NDArray[Any] = np.empty(count)
    return Finished(returns, np.empty(kept, np.int64), np.empty((kept, 2, n_inputs)))
