"""The pool: worker processes, and the memory that they share."""

from __future__ import annotations

import queue

import numpy as np

from ...compiled.lanes import LANES
from ...config.backends import added
from ...config.schema import Settings
from ...config.toml import write
from ...envs.conditions import Conditions
from ...envs.spec import GymEnv
from ...genome.population import DTYPES, Population
from ..evaluation import Fault
from .board import OwnBoard, Sheet, sizes_of
from .lineup import Lineup
from .messages import Rehearse, Rehearsed, Setup, Task, World
from .process import WorkerProcess
from .supervisor import News, Patience, Supervisor
from .words import words_of


class Pool:
    """Worker processes that play one environment, or call one function. Results do not depend on their number."""

    def __init__(self, settings: Settings, env: World, count: int) -> None:
        """Start `count` workers; they get ready in the background."""
        self._env = env
        self._settings = write(settings.tables())
        self._lanes = settings.run.instances if isinstance(env, GymEnv) else 1
        self._timeout = settings.run.step_timeout
        self._count = count
        self._board = OwnBoard(count)
        self._news: News = queue.SimpleQueue()
        self._evaluations = 0
        self._crew: list[WorkerProcess] = []
        self._start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._crew]

    def play(
        self,
        population: Population,
        lineup: Lineup,
        conditions: Conditions,
        patience: Patience = Patience.WHOLE,
    ) -> tuple[Sheet, list[Fault]]:
        """Have all items of a line-up played; return the results and the faults in the order of items.

        The sheet is overwritten by the next call. Raises GenesysError where no episode could be played, see `patience`.
        """
        if not self._crew:
            self._start()
        self._evaluations += 1
        items = lineup.items(population.size)
        sizes = sizes_of(population, items, lineup.width, moments=conditions.moments)
        self._board.make_room(sizes)
        sheet = self._board.sheet(sizes)
        for name in DTYPES:
            getattr(sheet.population, name)[:] = getattr(population, name)
        for results in (sheet.ended, sheet.nodes, sheet.edges):
            results[:] = 0
        task = Task(self._evaluations, self._board.size, sizes, _largest(population), lineup, conditions)
        supervisor = Supervisor(
            words_of(self._env),
            task,
            sheet,
            self._board,
            self._crew,
            self._news,
            self._new_worker,
            lanes=LANES if conditions.pooled else self._lanes,
            timeout=self._timeout,
            patience=patience,
        )
        try:
            return sheet, supervisor.run()
        except BaseException:  # also on Ctrl-C: what the workers are at is of no use to the next evaluation
            self.stop()
            raise

    def rehearse(self, asked: Rehearse) -> Rehearsed:
        """Have a worker find out whether the environment repeats; nothing may be playing."""
        if not self._crew:
            self._start()
        from .rehearsal import have_rehearsed  # only now: functions do without Gymnasium

        assert isinstance(self._env, GymEnv)
        return have_rehearsed(
            asked, self._env.make_id, self._crew, self._news, self._board, self._new_worker, self._timeout
        )

    def _start(self) -> None:
        self._board.clear(range(self._count))
        self._crew.extend(self._new_worker(index) for index in range(self._count))

    def _new_worker(self, index: int) -> WorkerProcess:
        setup = Setup(index, self._count, self._board.path, self._board.temporary, self._env, self._settings, added())
        return WorkerProcess(setup, self._news)

    def stop(self) -> None:
        """End all workers; another evaluation would start new ones."""
        for worker in self._crew:
            worker.ask_to_stop()
        for worker in self._crew:
            worker.wait()
        self._crew.clear()
        while not self._news.empty():
            self._news.get()

    def close(self) -> None:
        """End all workers and give back the memory that they share."""
        self.stop()
        self._board.close()


def _largest(population: Population) -> tuple[int, int]:
    """Return the largest number of node genes and of connection genes of a genome."""
    return int(np.diff(population.node_offsets).max()), int(np.diff(population.conn_offsets).max())
