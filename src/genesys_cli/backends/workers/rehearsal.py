"""Finding out in a worker whether its environment repeats, where nothing that it does can harm the main process."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable
from typing import Any

from ...config.schema import Settings
from ...envs.gym.examine import examine
from ...envs.gym.foreign import reason
from ...envs.gym.repeat import WAITING, rehearse
from ...envs.spec import GymEnv
from ...errors import UserError
from ..numerics import numerics_of
from ..stepped.actor import Actor
from .board import BUSY, Board
from .messages import Broken, Gone, Ready, Refused, Rehearse, Rehearsed, Unable
from .process import WorkerProcess

_LOOK = 0.1  # seconds from one look at the workers to the next
_PATIENCE = 10.0  # seconds that a single call may take, at most


def rehearsed(env: GymEnv, settings: Settings, asked: Rehearse) -> Rehearsed:
    """Do what was asked, in the worker; its own instance of the environment has no part in it."""
    try:
        actor = Actor(
            numerics_of(settings), env, asked.genome, asked.conditions, feed_forward=settings.neat.feed_forward
        )
        found: Any = rehearse(
            env,
            actor,
            asked.seeds,
            asked.conditions,
            beside=asked.beside,
            steps=asked.steps,
            seconds=asked.seconds,
        )
    except BaseException as error:  # as in an episode
        found = str(error) if isinstance(error, UserError) else reason(error)
    return Rehearsed(found, examine(env) if asked.examine else None)


def have_rehearsed(
    asked: Rehearse,
    make_id: str,
    crew: list[WorkerProcess],
    news: queue.SimpleQueue[tuple[WorkerProcess, Any]],
    board: Board,
    replacement: Callable[[int], WorkerProcess],
    timeout: float,
) -> Rehearsed:
    """Ask the first worker that is ready. One that dies of it, or takes too long, is replaced.

    timeout: seconds after which a single call counts as hung; _PATIENCE if that is less

    All other news are kept for the evaluation that comes next, which complains of workers that do not start.
    """
    patience = min(timeout, _PATIENCE)
    kept: list[tuple[WorkerProcess, Any]] = []
    try:
        worker = _ready(make_id, crew, news, board, patience, kept)
        if worker is None:
            return Rehearsed("no worker process is ready for it")
        worker.send(asked)
        until = time.monotonic() + asked.seconds * WAITING + patience
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                who, message = news.get(timeout=left)
                if who is worker and isinstance(message, Rehearsed):
                    return message
                if who is worker and isinstance(message, Gone):
                    return _lost(worker, f"its process {worker.how_it_ended()}", crew, board, replacement)
                kept.append((who, message))
        worker.kill()
        return _lost(worker, f"no sign of life for {patience:g} s", crew, board, replacement)
    finally:
        for entry in kept:
            news.put(entry)


def _ready(
    make_id: str,
    crew: list[WorkerProcess],
    news: queue.SimpleQueue[tuple[WorkerProcess, Any]],
    board: Board,
    patience: float,
    kept: list[tuple[WorkerProcess, Any]],
) -> WorkerProcess | None:
    """Return the first worker that is ready, now or later; None where one is not getting ready.

    Raises UserError where the environment cannot be made there.
    """
    for worker in crew:
        if worker.ready:
            return worker
    silent = 0.0
    while silent < patience:
        with contextlib.suppress(queue.Empty):
            worker, message = news.get(timeout=_LOOK)
            kept.append((worker, message))
            if worker is crew[worker.number]:
                if isinstance(message, Ready):
                    return worker
                if isinstance(message, Unable):
                    raise UserError(f"{make_id} cannot be made in a worker process: {message.reason}")
                if isinstance(message, Gone | Refused | Broken):
                    return None
        making = all(board.status[worker.number][BUSY] >= 0 for worker in crew)
        silent = silent + _LOOK if making else 0.0
    return None


def _lost(
    worker: WorkerProcess, how: str, crew: list[WorkerProcess], board: Any, replacement: Callable[[int], WorkerProcess]
) -> Rehearsed:
    """Put another worker in the place of one that did not survive it."""
    words = worker.last_words()
    worker.wait()
    board.clear(range(worker.number, worker.number + 1))
    crew[worker.number] = replacement(worker.number)
    return Rehearsed(f"{how}{f': {words.splitlines()[-1][:300]}' if words else ''}")
