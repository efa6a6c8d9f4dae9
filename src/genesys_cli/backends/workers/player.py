"""What a worker does all the time: steps its environments in turn, and computes the networks of all in one call."""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...config.schema import Settings
from ...envs.conditions import Conditions
from ...envs.engine import check_engine
from ...envs.gym.foreign import reason
from ...envs.gym.world import GymWorld
from ...envs.spec import GymEnv
from ...errors import UserError
from ..acting import action_type
from ..arithmetic import Arithmetic
from ..fitness import Episode, load_fitness
from ..stepped.stepper import Stepper
from .banked import Banked
from .board import BUSY, EPISODE, TERMINATED, TRUNCATED, Board, blank_genome
from .lane import NOBODY, Lane
from .messages import Failed, Grant, Rehearse, Task, Wants
from .rehearsal import rehearsed


class Player:
    """Plays evaluation after evaluation, as the pool tells it."""

    def __init__(
        self,
        env: GymEnv,
        settings: Settings,
        arithmetic: Arithmetic,
        formats: Any,
        board: Board,
        index: int,
        send: Callable[[Any], None],
    ) -> None:
        """index: line of the board's status; send: sends a message to the pool."""
        self._env = env
        self._settings = settings
        self._feed_forward = settings.neat.feed_forward
        self._arithmetic = arithmetic
        self._formats = formats
        self._board = board
        self._index = index
        self._send = send
        name = settings.evaluation.fitness
        self._fitness = None if name is None else load_fitness(name)
        self._observations = np.zeros((LANES, env.n_inputs), np.float32)
        self._actions: NDArray[Any] = np.zeros((LANES, env.action.n_rows), action_type(env.action))
        self._active = np.zeros(LANES, np.uint8)
        self._lanes = [Lane(k, self._observations[k], self._actions[k]) for k in range(LANES)]
        self._playing: list[Lane] = []
        self._status = memoryview(board.status[index])
        self._idle = self._lanes[::-1]
        self._banked = Banked(env, self._actions, infos=self._fitness is not None)
        self._queue: deque[tuple[int, bool]] = deque()
        self._at_a_time = 0
        self._grants = 0  # received in this evaluation
        self._told: int | None = 0  # how many episodes the pool knows to be going on; None: it has to be told
        self._task: Task
        self._status[BUSY] = 0
        check_engine(settings, env)  # the machine may be another one
        try:
            self._make(self._lanes[0])
        except BaseException as error:  # whatever its class does
            raise UserError(_reason(error)) from error
        self._status[BUSY] = NOBODY

    def warm_up(self, conditions: Conditions) -> None:
        """Load the kernels, or compile them, which takes some seconds once."""
        population = blank_genome(self._env.n_inputs, self._env.n_outputs)
        stepper = self._new_stepper((len(population.node_id), 0), conditions)
        stepper.begin(population, 0, 0, 0)
        stepper.decider(self._active, self._observations, self._actions)()

    def run(self, inbox: queue.SimpleQueue[Any]) -> None:
        """Do what the messages say, until the one that ends the worker."""
        while True:
            while self._queue and len(self._playing) < self._at_a_time:
                self._begin(*self._queue.popleft())
            playing = len(self._playing)
            if not self._queue and self._told != playing:
                self._told = playing
                self._send(Wants(self._task.number, self._grants, playing))
            while not playing or not inbox.empty():
                message = inbox.get()
                if isinstance(message, Grant):
                    self._queue.extend((item, message.fresh) for item in message.items)
                    self._at_a_time = message.lanes
                    self._grants += 1
                    self._told = None
                elif isinstance(message, Task):
                    self._prepare(message)
                elif isinstance(message, Rehearse):
                    self._send(rehearsed(self._env, self._settings, message))
                else:
                    for lane in self._lanes:
                        lane.close()
                    return
                if not playing:
                    break
            if playing:
                self._round()

    def _prepare(self, task: Task) -> None:
        """Get ready for the episodes of an evaluation; nothing goes on at this moment.

        The pool may be done with it by now and at work on the board, so nothing of the population is looked at here.
        """
        if task.size != self._board.size:
            self._board = Board(self._board.path, task.size, len(self._board.status))
            self._status = memoryview(self._board.status[self._index])
        self._task = task
        self._banked.forget()
        self._grants = 0
        self._told = None
        self._sheet = self._board.sheet(task.sizes)
        self._stepper = self._new_stepper(task.largest, task.conditions)
        self._cost = self._stepper.lanes.cost.data
        self._decide = self._stepper.decider(self._active, self._observations, self._actions)

    def _new_stepper(self, largest: tuple[int, int], conditions: Conditions) -> Stepper:
        return Stepper(
            self._env.action,
            self._env.n_inputs,
            *largest,
            conditions,
            self._arithmetic,
            self._formats,
            feed_forward=self._feed_forward,
        )

    def _make(self, lane: Lane) -> GymWorld:
        """Put a new environment into a lane, and return it."""
        lane.close()
        lane.world = GymWorld(self._env)
        return lane.world

    def _begin(self, item: int, fresh: bool) -> None:
        """Begin an episode in an idle lane."""
        lineup = self._task.lineup
        (genome,), seed = lineup.genomes(item), lineup.seed(item)
        lane = self._idle.pop()
        lane.item = item
        lane.steps = 0
        lane.total = 0.0
        lane.best = -math.inf
        lane.best_at = 0
        status = self._status
        status[EPISODE + lane.index] = item
        status[lane.steps_cell] = 0
        status[BUSY] = lane.index
        try:
            if self._task.conditions.pooled:
                self._banked.begin(lane, lineup.seeds, item % len(lineup.seeds))
            else:
                world = self._make(lane) if fresh or lane.world is None else lane.world
                world.reset(seed, lane.observation)
                lane.step = world.bound(lane.row, lane.observation)
        except BaseException as error:
            self._fail(lane, "exception", _reason(error))
            return
        status[BUSY] = NOBODY
        self._stepper.begin(self._sheet.population, genome, lane.index, seed)
        self._active[lane.index] = 1
        self._playing.append(lane)

    def _round(self) -> None:
        """Make one decision in every episode that goes on, and step the environments as long as it lasts."""
        strange = self._decide()
        if strange:
            self._end_strange(strange)
        conditions = self._task.conditions
        limit = conditions.max_steps
        patience = conditions.patience or math.inf
        repeat = conditions.action_repeat
        least = conditions.reward_min
        cost = self._cost
        status = self._status
        over: list[tuple[Lane, bool, Any, float]] = []
        if conditions.pooled and self._playing:
            status[BUSY] = self._playing[0].index
            try:
                self._banked.step(self._playing)
            except BaseException as error:  # of all, and nobody knows whose it is
                for lane in [*self._playing]:
                    self._fail(lane, "exception", _reason(error))
        for lane in self._playing:
            status[BUSY] = lane.index
            left = repeat
            try:
                while True:
                    lane.steps = count = lane.steps + 1
                    status[lane.steps_cell] = count
                    reward, terminated, truncated, info = lane.step()
                    lane.total = total = lane.total - cost[lane.index] + (least if reward < least else reward)
                    if total > lane.best:
                        lane.best = total
                        lane.best_at = count
                    elif count - lane.best_at >= patience:
                        truncated = True
                    # The last is true of what is not finite.
                    if terminated or truncated or count >= limit or total - total != 0.0:
                        over.append((lane, terminated, info, reward))
                        break
                    left -= 1
                    if not left:
                        break
            except BaseException as error:
                over.append((lane, False, error, 0.0))
        for lane, terminated, info, reward in over:
            status[BUSY] = lane.index
            self._end(lane, terminated, info, reward)
        status[BUSY] = NOBODY

    def _end_strange(self, strange: int) -> None:
        """End the episodes in which something is not finite; strange: bit k tells of lane k."""
        for lane in [lane for lane in self._playing if strange >> lane.index & 1]:
            if np.isfinite(lane.observation).all():  # the network's own doing: no environment is given such actions
                self._write(lane, math.nan, TRUNCATED)
                self._leave(lane)
            else:
                self._fail(lane, "not finite", _what_is_not_finite(lane.observation, self._env))

    def _end(self, lane: Lane, terminated: bool, info: Any, reward: float) -> None:
        """Write down what came of an episode."""
        if isinstance(info, BaseException):
            self._fail(lane, "exception", _reason(info))
        elif not math.isfinite(lane.total):
            sums = f"return {lane.total} after " if math.isfinite(reward) else ""
            self._fail(lane, "not finite", f"{sums}reward {reward}")
        elif not np.isfinite(lane.observation).all():
            self._fail(lane, "not finite", _what_is_not_finite(lane.observation, self._env))
        else:
            total = lane.total
            if self._fitness is not None:
                seed = self._task.lineup.seed(lane.item)
                total = self._fitness(Episode(seed, total, lane.steps, bool(terminated), not terminated, info))
            self._write(lane, total, TERMINATED if terminated else TRUNCATED)
            self._leave(lane)

    def _write(self, lane: Lane, total: float, ended: int) -> None:
        sheet, item, k = self._sheet, lane.item, lane.index
        (genome,) = self._task.lineup.genomes(item)
        known = self._stepper.lanes
        sheet.returns[item] = total
        sheet.steps[item] = lane.steps
        sheet.decisions[item] = known.decision[k]
        sheet.nodes[genome] = known.nodes[k]
        sheet.edges[genome] = known.edges[k]
        if sheet.moments.size:
            sheet.moments[item] = known.moments[k]
        sheet.ended[item] = ended

    def _fail(self, lane: Lane, kind: str, message: str) -> None:
        """Give an episode up, and the environment with it."""
        self._send(Failed(self._task.number, lane.item, lane.steps, kind, message))
        self._leave(lane)
        self._status[BUSY] = lane.index
        lane.close()
        self._status[BUSY] = NOBODY

    def _leave(self, lane: Lane) -> None:
        """Make a lane idle."""
        lane.item = self._status[EPISODE + lane.index] = NOBODY
        if self._active[lane.index]:
            self._active[lane.index] = 0
            self._playing.remove(lane)
        self._idle.append(lane)


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, UserError) else reason(error)


def _what_is_not_finite(observation: Any, env: GymEnv) -> str:
    k = int(np.flatnonzero(~np.isfinite(observation))[0])
    return f"observation {env.observation_names[k]} is {observation[k]}"
