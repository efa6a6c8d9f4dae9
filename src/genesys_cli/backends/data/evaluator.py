"""Lets a population learn a table, in any arithmetic: a row is an episode of one step, its return the loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.conditions import Conditions, conditions_of
from ...envs.data.env import DataEnv
from ...genome.population import Population
from ..acting import acting_of
from ..arithmetic import Arithmetic
from ..played import Played, Sums
from ..senses import senses_of
from .losses import loss_block
from .rows_kernel import Batch, Learnt, blocks_of, rows_kernel


class DataEvaluator:
    """Computes losses of rows on threads."""

    def __init__(
        self, settings: Settings, env: DataEnv, threads: Threads, arithmetic: Arithmetic, formats: Any
    ) -> None:
        """formats: what the arithmetic's building blocks are given"""
        self._env = env
        self._threads = threads
        self._formats = formats
        self._conditions = conditions_of(settings, env)
        self._learn = rows_kernel(loss_block(env.data.loss, env.action), arithmetic)
        self._last: tuple[NDArray[np.int64], tuple[NDArray[Any], NDArray[Any]]] | None = None

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome predict the rows of these numbers; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        rows = np.asarray(seeds, np.int64)
        raw, targets = self._blocks(rows)
        size, count = population.size, len(rows)
        batch = Batch(raw, targets, count, senses_of(conditions), acting_of(self._env.action, conditions))
        learnt = Learnt(
            np.zeros(size),
            np.zeros((size, count) if keep_returns else (0, 0)),
            np.zeros(size, np.int32),
            np.zeros(size, np.int32),
        )

        def work(_: int, lo: int, hi: int) -> None:
            self._learn(population, lo, hi, batch, self._formats, LANES, learnt)

        self._threads.map(work, size, least=1)
        each = np.full(size, count, np.int64)
        sums = self._sums(rows, conditions, size) if conditions.moments else None
        return Played(learnt.fitness, learnt.losses, each, each, learnt.nodes, learnt.edges, (size * count, 0), sums)

    def _blocks(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return rows laid out for the kernel; a generation trains on those of the one before as a rule."""
        if self._last is None or not np.array_equal(self._last[0], rows):
            table = self._env.rows()
            self._last = rows, blocks_of(table.inputs[rows], table.targets[rows])
        return self._last[1]

    def _sums(self, rows: NDArray[np.int64], conditions: Conditions, size: int) -> Sums:
        """Return sums over what the networks saw, the same for each."""
        seen = self._env.rows().inputs[rows].astype(np.float64) - conditions.offset
        each = np.stack((seen.sum(axis=0), (seen**2).sum(axis=0)))
        return Sums(len(rows) * size, np.broadcast_to(each, (size, *each.shape)))

    def rehearse(self, asked: Any) -> None:
        """Return nothing: a row is what it is."""

    def processes(self) -> list[int]:
        """Return nothing: this process does all the work."""
        return []

    def close(self) -> None:
        """Nothing is left to be ended: the threads are the caller's."""
