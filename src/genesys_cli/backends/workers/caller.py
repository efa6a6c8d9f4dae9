"""What a worker does all the time with a function of the user's own: calls it with networks, and writes the fitness."""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.problem import PAIR
from ...config.schema import Settings
from ...envs.gym.foreign import reason, short
from ...envs.problem.env import ProblemEnv
from ...errors import UserError
from ...network.network import Network
from ..fitness import NotANumberError, number_of
from ..numerics import Numerics
from ..stepped.one_by_one import networks_of
from .board import BUSY, EPISODE, STEPS, TERMINATED, Board, blank_genome
from .messages import Failed, Grant, Task, Wants

_OURS = str(Path(__file__).resolve().parents[2])
_NOBODY = -1
_KEPT = 2000  # networks, so that those of many genomes do not fill the memory


class Caller:
    """Calls a function, evaluation after evaluation, as the pool tells it."""

    def __init__(
        self,
        env: ProblemEnv,
        settings: Settings,
        numerics: Numerics,
        board: Board,
        index: int,
        send: Callable[[Any], None],
        threads: Threads,
    ) -> None:
        """Import the function's module. index: line of the board's status; send: sends a message to the pool.

        threads: that compute networks which are handed over all at once
        """
        self._env = env
        self._feed_forward = settings.neat.feed_forward
        self._numerics = numerics
        self._board = board
        self._index = index
        self._send = send
        self._threads = threads
        self._networks: dict[int, list[Network]] = {}  # of a genome, as often as it is in one call
        self._task: Task
        self._status = board.status[index]
        self._status[BUSY] = 0
        self._function = env.function()
        self._status[BUSY] = _NOBODY

    def warm_up(self) -> None:
        """Load the kernels, or compile them, which takes some seconds once."""
        population = blank_genome(self._env.n_inputs, self._env.n_outputs)
        inputs = np.zeros((1, self._env.n_inputs), np.float32)
        self._numerics.network(population, feed_forward=self._feed_forward).activate(inputs[0])
        if self._env.at_once:
            networks_of(self._numerics, population, self._threads, feed_forward=self._feed_forward).activate(inputs)

    def run(self, inbox: queue.SimpleQueue[Any]) -> None:
        """Do what the messages say, until the one that ends the worker."""
        grants = 0
        while True:
            message = inbox.get()
            if isinstance(message, Task):
                grants = 0
                self._prepare(message)
            elif isinstance(message, Grant):
                grants += 1
                for item in message.items:
                    self._call(item)
            else:
                return
            self._send(Wants(self._task.number, grants, 0))

    def _prepare(self, task: Task) -> None:
        """Get ready for the calls of an evaluation; nothing of the population is looked at here, see ``board``."""
        if task.size != self._board.size:
            self._board = Board(self._board.path, task.size, len(self._board.status))
            self._status = self._board.status[self._index]
        self._task = task
        self._sheet = self._board.sheet(task.sizes)
        self._networks.clear()

    def _call(self, item: int) -> None:
        """Call the function with the networks of an item."""
        lineup = self._task.lineup
        who, seed, status = lineup.genomes(item), lineup.seed(item), self._status
        status[EPISODE], status[STEPS] = item, 0
        status[BUSY] = 0
        try:
            if self._env.at_once:
                self._call_all(item, seed)
            elif self._env.players is not None:
                self._call_match(item, who, seed)
            else:
                self._call_one(item, who[0], seed)
        finally:
            status[BUSY] = status[EPISODE] = _NOBODY

    def _call_one(self, item: int, genome: int, seed: int) -> None:
        network = self._begun(genome)
        before = network.activations
        try:
            value = number_of(self._function(network, seed))
        except BaseException as error:
            self._fail(item, network.activations - before, error)
            return
        used = network.activations - before
        if not math.isfinite(value):
            self._send(Failed(self._task.number, item, used, "not finite", f"{self._env.id} returned {value}"))
            return
        sheet = self._sheet
        sheet.returns[item] = value
        sheet.steps[item] = sheet.decisions[item] = used
        sheet.nodes[genome], sheet.edges[genome] = network.n_nodes, network.n_connections
        sheet.ended[item] = TERMINATED

    def _call_all(self, item: int, seed: int) -> None:
        sheet, size = self._sheet, self._task.sizes.genomes
        networks = networks_of(self._numerics, sheet.population, self._threads, feed_forward=self._feed_forward)
        try:
            values, wrong = numbers_of(self._function(networks, seed), size)
        except BaseException as error:
            self._fail(item, int(networks.activations.sum()), error)
            return
        sheet.nodes[:], sheet.edges[:] = networks.sizes()
        self._write(item, values, wrong, networks.activations)

    def _call_match(self, item: int, who: Sequence[int], seed: int) -> None:
        networks = [self._begun(genome, who[:place].count(genome)) for place, genome in enumerate(who)]
        before = np.array([network.activations for network in networks])

        def used() -> NDArray[np.int64]:
            return np.array([network.activations for network in networks]) - before

        try:
            values, wrong = numbers_of(_of_both(self._function(networks, seed), len(who)), len(who))
        except BaseException as error:
            self._fail(item, int(used().sum()), error)
            return
        for genome, network in zip(who, networks, strict=True):
            self._sheet.nodes[genome], self._sheet.edges[genome] = network.n_nodes, network.n_connections
        self._write(item, values, wrong, used())

    def _write(self, item: int, values: Sequence[float], wrong: dict[int, str], used: NDArray[np.int64]) -> None:
        """Write what several networks got, and say which of them got no number."""
        sheet, width, places = self._sheet, self._task.sizes.width, tuple(wrong)
        own = slice(item * width, (item + 1) * width)
        sheet.returns[own] = values
        sheet.steps[own] = sheet.decisions[own] = used
        if not places:
            sheet.ended[item] = TERMINATED
            return
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        message = f"{self._env.id} returned {wrong[places[0]]} for network {places[0]}{more}"
        kind = "exception" if "instead of" in wrong[places[0]] else "not finite"
        lost = () if len(places) == width else places
        self._send(Failed(self._task.number, item, int(used.sum()), kind, message, lost))

    def _begun(self, genome: int, copy: int = 0) -> Network:
        """Return the network of a genome, which remembers nothing; several where it is in a call several times."""
        made = self._networks.setdefault(genome, [])
        if copy == len(made):
            if len(self._networks) > _KEPT:
                self._networks = {genome: made}
            made.append(self._numerics.network(self._sheet.population, genome, feed_forward=self._feed_forward))
        made[copy].reset()
        return made[copy]

    def _fail(self, item: int, step: int, error: BaseException) -> None:
        if isinstance(error, NotANumberError):
            message = f"{self._env.id} returned {error}".rstrip(",;")
        elif isinstance(error, UserError):
            message = str(error)
        else:
            message = reason(error.with_traceback(_theirs(error.__traceback__)))
        self._send(Failed(self._task.number, item, step, "exception", message))


def _of_both(value: Any, players: int) -> Any:
    """Return what both players get where a function returned one number: what the first wins, the second loses."""
    if players != PAIR or isinstance(value, str | bytes) or hasattr(value, "__len__"):
        return value
    try:
        number = number_of(value)
    except NotANumberError:
        return value
    return [number, -number]


def numbers_of(value: Any, count: int) -> tuple[list[float], dict[int, str]]:
    """Return what a function returned for several networks as floats, and what is wrong with those that are wrong.

    What is wrong is NaN among the floats. Raises :class:`..fitness.NotANumberError` where there are not as many.
    """
    wanted = f"instead of {count} numbers, one for each network in their order"
    if (
        isinstance(value, str | bytes | Mapping | Set)
        or not hasattr(value, "__len__")
        or not hasattr(value, "__iter__")
    ):
        hint = " (does it lack a return?)" if value is None else ""
        hint = ", which a set has not" if isinstance(value, Set) else hint
        raise NotANumberError(f"{short(value)} {wanted}{hint}")
    given: Sequence[Any] = value.tolist() if isinstance(value, np.ndarray) else list(value)
    if len(given) != count:
        raise NotANumberError(f"{len(given)} value{'s'[: len(given) != 1]} {wanted}")
    numbers, wrong = [math.nan] * count, {}
    for k, one in enumerate(given):
        try:
            numbers[k] = number_of(one)
            if not math.isfinite(numbers[k]):
                wrong[k], numbers[k] = str(numbers[k]), math.nan
        except NotANumberError as error:
            wrong[k] = str(error)
    return numbers, wrong


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback that ends with the last line of the user's own, if there is one: ours says nothing to him."""
    last, frame = None, trace
    while frame is not None:
        if not str(Path(frame.tb_frame.f_code.co_filename)).startswith(_OURS):
            last = frame
        frame = frame.tb_next
    if last is not None:
        last.tb_next = None
    return trace
