"""One evaluation, seen from the main process: hands out episodes and survives what happens to those who play them."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from ...errors import GenesysError, UserError
from ..evaluation import Fault
from .board import BUSY, EPISODE, FAILED, STEPS, TERMINATED, OwnBoard, Sheet
from .messages import Broken, Failed, Gone, Ready, Refused, Task, Unable, Wants
from .process import WorkerProcess
from .words import Words
from .work import Work

_LOOK = 0.25  # seconds from one look at the signs of life to the next, at most
_STARTS = 3  # workers that may die one after the other before one is ready
_LOSSES = 5  # workers that may die while no episode is to blame and none ends
_HOPELESS = 16  # episodes that may cost their workers for good before any has ended well


class Patience(Enum):
    """When an evaluation is given up: it is a whole one, or a part of one, of which others may end well."""

    WHOLE = "where nothing ended well"
    PART = "where so many have failed that nothing is likely to end well"
    ENDLESS = "never"


class HopelessError(GenesysError):
    """So many episodes have cost their workers that nothing is likely to end well."""


News = queue.SimpleQueue[tuple[WorkerProcess, Any]]


class Supervisor:
    """Sees an evaluation through with the workers that there are, and replaces those that are lost."""

    def __init__(
        self,
        words: Words,
        task: Task,
        sheet: Sheet,
        board: OwnBoard,
        crew: list[WorkerProcess],
        news: News,
        replacement: Callable[[int], WorkerProcess],
        *,
        lanes: int,
        timeout: float,
        patience: Patience = Patience.WHOLE,
    ) -> None:
        """words: for messages; crew: the workers, exchanged in place; replacement: starts the one with an index anew.

        lanes: episodes that a worker plays at a time; timeout: seconds after which a reset or step counts as hung
        patience: when to give up
        """
        self._words = words
        self._task = task
        self._sheet = sheet
        self._board = board
        self._crew = crew
        self._news = news
        self._replacement = replacement
        self._timeout = timeout
        self._patience = patience
        self._work = Work(task.sizes.items, len(crew), lanes)
        self._faults: list[tuple[int, Fault]] = []
        self._dead_starters = 0
        self._losses = 0
        self._ended = 0
        self._hopeless = 0

    def run(self) -> list[Fault]:
        """Return when every episode has ended, with the faults in the order of genomes and episodes."""
        for worker in self._crew:
            worker.begin_evaluation()
            if worker.ready:
                worker.send(self._task)
        look = min(_LOOK, self._timeout / 4)
        looked = time.monotonic()
        while self._work.left or any(worker.holds_grant for worker in self._crew):
            try:
                worker, message = self._news.get(timeout=look)
            except queue.Empty:
                pass
            else:
                if worker is self._crew[worker.number]:
                    self._hear(worker, message)
                    self._hand_out()
            now = time.monotonic()
            if now - looked >= look:
                # After a pause of this very process, such as Ctrl-Z, nobody had time to show a sign of life.
                self._watch(min(now - looked, 2 * look))
                looked = now
        assert self._sheet.ended.all()
        if self._patience is Patience.WHOLE and self._faults and (self._sheet.ended == FAILED).all():
            raise GenesysError(self._complaint(self._words.none))
        return [fault for _, fault in sorted(self._faults, key=lambda entry: entry[0])]

    def _hear(self, worker: WorkerProcess, message: Any) -> None:
        if isinstance(message, Wants):
            if message.number == self._task.number:
                worker.answered(message)
        elif isinstance(message, Ready):
            worker.ready = True
            self._dead_starters = 0
            worker.send(self._task)
        elif isinstance(message, Failed):
            if message.number == self._task.number:
                worker.granted.discard(message.item)
                self._fault(message.item, message.step, message.kind, message.message, message.places)
        elif isinstance(message, Gone):
            self._replace(worker)
        elif isinstance(message, Unable):
            raise UserError(f"{self._words.name} cannot be {self._words.made} in a worker process: {message.reason}")
        elif isinstance(message, Refused):
            raise UserError(message.message)
        elif isinstance(message, Broken):
            raise RuntimeError(f"in a worker process:\n{message.report}")

    def _hand_out(self) -> None:
        for worker in sorted(self._crew, key=lambda worker: worker.wants or 0):
            if worker.wants is not None and (grant := self._work.take(worker.wants)):
                worker.give(grant)

    def _watch(self, elapsed: float) -> None:
        """Kill the workers whose environment has been at work for too long, and find those that died unheard."""
        for worker in self._crew:
            if worker.died_unheard():
                self._news.put((worker, Gone()))
            line = self._board.status[worker.number]
            sign = line.tobytes()
            worker.silent = worker.silent + elapsed if line[BUSY] >= 0 and sign == worker.sign else 0.0
            worker.sign = sign
            if worker.silent > self._timeout and not worker.hung:
                worker.hung = True
                worker.kill()

    def _replace(self, worker: WorkerProcess) -> None:
        """Put another worker in the place of one that has died, and let its episodes be played again."""
        how = worker.how_it_ended()
        words = worker.last_words()
        worker.wait()
        line = self._board.status[worker.number].copy()
        lane = int(line[BUSY])
        blamed, step = (int(line[EPISODE + lane]), int(line[STEPS + lane])) if lane >= 0 else (-1, -1)
        unfinished = [item for item in sorted(worker.granted) if not self._sheet.ended[item]]
        if blamed in unfinished:
            unfinished.remove(blamed)
            kind, message = "crash", f"its process was {how}" if how.startswith("killed") else f"its process {how}"
            if worker.hung:
                kind, message = "hang", f"{self._words.hung} {self._timeout:g} s"
            elif words:
                message += f": {words.splitlines()[-1][:300]}"
            self._fault(blamed, step, kind, message)
        elif not worker.ready:
            self._dead_starters += 1
            if self._dead_starters >= _STARTS:
                how = f"hung for {self._timeout:g} s (run.step_timeout)" if worker.hung else how
                raise GenesysError(f"worker processes for {self._words.name} do not start: {how}; they wrote:\n{words}")
        else:  # killed from outside, most likely; no episode is to blame
            ended = int(np.count_nonzero(self._sheet.ended))
            self._losses = 1 if ended > self._ended else self._losses + 1
            self._ended = ended
            if self._losses >= _LOSSES:
                raise GenesysError(f"worker processes die again and again: the last {how}; they wrote:\n{words}")
        self._work.give_back(unfinished)
        self._board.clear(range(worker.number, worker.number + 1))
        self._crew[worker.number] = self._replacement(worker.number)

    def _fault(self, item: int, step: int, kind: str, message: str, places: tuple[int, ...] = ()) -> None:
        """Note a fault, and decide whether the episode is played once more. places: see ``Failed``"""
        final = self._work.fault(item)
        lineup, sheet, width = self._task.lineup, self._sheet, self._task.sizes.width
        who, seed = lineup.genomes(item), lineup.seed(item)
        blamed: Sequence[int | None] = [who[k] for k in places] or ([None] if lineup.everyone else who)
        self._faults += [(item, Fault(genome, seed, step, kind, message, final)) for genome in blamed]
        if not final:
            return
        for k in places or range(width):
            sheet.returns[item * width + k] = np.nan
        if places:
            sheet.ended[item] = TERMINATED
            return
        for results in (sheet.steps, sheet.decisions):
            results[item * width : (item + 1) * width] = 0
        sheet.moments[item] = 0.0
        sheet.ended[item] = FAILED
        if kind in ("crash", "hang"):  # each costs seconds
            self._hopeless += 1
        if self._hopeless >= _HOPELESS and np.isin(sheet.ended, (0, FAILED)).all():
            if self._patience is not Patience.ENDLESS:
                raise HopelessError(self._complaint(self._words.hopeless(self._hopeless)))

    def _complaint(self, what: str) -> str:
        _, fault = min(self._faults, key=lambda entry: entry[0])
        return self._words.complaint(what, fault)
