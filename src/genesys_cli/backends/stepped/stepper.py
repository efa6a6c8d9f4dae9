"""Decides for environments that are stepped from Python: up to sixteen episodes, one in each lane.

Blocks are shared with the kernel of the native environments, so equal observations give equal actions, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.held import Held, bound
from ...compiled.jit import kernel
from ...compiled.lanes import LANES, ROW
from ...compiled.plan import Plan
from ...envs.conditions import Conditions
from ...envs.spec import Action, Discrete
from ...facts import CHUNK
from ...genome.population import Population
from ...network.activate import advance_lane
from ...network.plan import build_plan
from ..acting import Acting, acting_of, action_type, chooser, forget_late, permute_choice, postpone, priced
from ..arithmetic import Arithmetic
from ..senses import Senses, add_moments, sense_lane, senses_of


class Lanes(NamedTuple):
    """What is known of each lane.

    genome: (16,) int64, index of the genome that is planned there, -1: none
    nodes, edges: (16,) int64, evaluated nodes and edges of its network
    seed: (16,) uint64, of the episode; decision: (16,) uint64, decisions made in it
    moments: (16, 2, I) float64, of the episode's observations minus their offset the sum, and of the square; zero where
        conditions do not ask for it
    cost: (16,) float64, of each step that the last action lasts; zero where conditions do not ask for it
    """

    genome: NDArray[np.int64]
    nodes: NDArray[np.int64]
    edges: NDArray[np.int64]
    seed: NDArray[np.uint64]
    decision: NDArray[np.uint64]
    moments: NDArray[np.float64]
    cost: NDArray[np.float64]


class Stage(NamedTuple):
    """All that the kernels need, N and C being the largest number of nodes and connections of a genome.

    plan: room for 16 plans of an arithmetic; max_nodes, max_edges: nodes and edges from one to the next
    values, fresh: lane arrays of ``1 + I + N`` rows; terms: (C,) float32
    raw, action, late, before: lane arrays of I, R, ``delay * R`` and R rows, the last of the action before
    formats: what the arithmetic is told
    """

    plan: Plan
    max_nodes: int
    max_edges: int
    lanes: Lanes
    values: NDArray[Any]
    fresh: NDArray[Any]
    terms: NDArray[np.float32]
    raw: NDArray[np.float32]
    action: NDArray[Any]
    late: NDArray[Any]
    before: NDArray[Any]
    senses: Senses
    acting: Acting
    formats: Any
    n_outputs: int
    feed_forward: bool


class StepperKernels(NamedTuple):
    """One compilation serves every environment with the same kind of action.

    set_up: ``(lanes, n_outputs, max_nodes, max_conns, senses, acting, formats, feed_forward) -> Held[Stage]``
    begin: ``(held, population, g, lane, seed)``
    decide: ``(held, active, observations, actions)``
    """

    set_up: Callable[..., Any]
    begin: Callable[..., None]
    decide: Any


def stepper_kernels(action: Action, arithmetic: Arithmetic) -> StepperKernels:
    """Return the kernels for a kind of action, compiled once per machine."""
    return _make_kernels(
        chooser(action),
        isinstance(action, Discrete),
        action_type(action),
        arithmetic.value_type,
        arithmetic.new_plan,
        arithmetic.finish_plan,
        arithmetic.to_value,
        arithmetic.from_value,
        arithmetic.activate_lane,
    )


class Stepper:
    """Networks of one population that play under the same conditions, one in each of 16 lanes.

    lanes: see :class:`Lanes`; to be read between calls
    """

    def __init__(
        self,
        action: Action,
        n_inputs: int,
        max_nodes: int,
        max_conns: int,
        conditions: Conditions,
        arithmetic: Arithmetic,
        formats: Any,
        *,
        feed_forward: bool,
    ) -> None:
        """max_nodes, max_conns: of the largest genome (``genome.access.largest``); formats: what blocks are given."""
        self.lanes = Lanes(
            np.full(LANES, -1, np.int64),
            np.zeros(LANES, np.int64),
            np.zeros(LANES, np.int64),
            np.zeros(LANES, np.uint64),
            np.zeros(LANES, np.uint64),
            np.zeros((LANES, 2, n_inputs)),
            np.zeros(LANES),
        )
        self._kernels = stepper_kernels(action, arithmetic)
        self._from_value, self._formats = arithmetic.from_value, formats
        senses, acting = senses_of(conditions), acting_of(action, conditions)
        self._stage = self._kernels.set_up(
            self.lanes, action.n_outputs, max_nodes, max_conns, senses, acting, formats, feed_forward
        )

    def begin(self, population: Population, genome: int, lane: int, seed: int) -> None:
        """Begin an episode in a lane.

        population: the same in every call; genome: index in it; seed: of the episode, of which its noise is drawn
        """
        self._kernels.begin(self._stage, population, genome, lane, np.uint64(seed))

    def decide(self, active: NDArray[np.uint8], observations: NDArray[np.float32], actions: NDArray[np.generic]) -> int:
        """Make one decision in every lane whose episode goes on.

        Returns a number whose bit k is set where lane k observed or chose what is not finite.

        active: (16,) uint8, 1 where it does; observations: (16, I) float32, as the environment gave them
        actions: (16, R), int32 or of numbers float32; rows of active lanes are written
        """
        strange: int = self._kernels.decide(self._stage, active, observations, actions)
        return strange

    def values(self, lane: int) -> NDArray[np.float32]:
        """Return what every input and node of a lane's network holds, (I + N,) float32, in the order of their ids.

        Nodes that no output depends on are never computed, and hold 0. On the chip a node's value is that of its
        register, and an input's that of its operand, less half a unit of it.
        """
        raw = _read_values(self._stage).reshape(-1, LANES)[1:, lane]
        return np.array([self._from_value(value, self._formats) for value in raw], np.float32)

    def decider(
        self, active: NDArray[np.uint8], observations: NDArray[np.float32], actions: NDArray[Any]
    ) -> Callable[[], int]:
        """Return :meth:`decide` for these arrays, which takes half a microsecond instead of one and a half."""
        return bound(self._kernels.decide, self._stage, active, observations, actions)


@kernel
def _read_values(held):
    """Return the lane arrays of a stage's values."""
    return held.content.values


@cache
def _make_kernels(
    choose,
    discrete,
    row_type,
    value_type,
    new_plan,
    finish_plan,
    to_value,
    from_value,
    activate_lane,
):
    @kernel
    def set_up(lanes, n_outputs, max_nodes, max_conns, senses, acting, formats, feed_forward):
        n_inputs = len(senses.offset)
        n_rows = len(acting.neutral)
        stage = Stage(
            new_plan(LANES, max_nodes, max_conns, formats),
            max_nodes,
            max_conns + CHUNK * max_nodes,
            lanes,
            np.zeros((1 + n_inputs + max_nodes) * LANES, value_type),
            np.zeros((1 + n_inputs + max_nodes) * LANES, value_type),
            np.empty(max(max_conns, 1), np.float32),
            np.zeros(n_inputs * LANES, np.float32),
            np.zeros(n_rows * LANES, row_type),
            np.zeros(acting.delay * n_rows * LANES, row_type),
            np.zeros(n_rows * LANES, row_type),
            senses,
            acting,
            formats,
            n_outputs,
            feed_forward,
        )
        return Held(stage)

    @kernel
    def begin(held, population, g, lane, seed):
        stage = held.content
        lanes = stage.lanes
        first = lane * stage.max_nodes
        if lanes.genome[lane] != g:
            nodes, edges = build_plan(population, g, stage.plan, first, lane * stage.max_edges)
            finish_plan(stage.plan, first, nodes)
            lanes.genome[lane] = g
            lanes.nodes[lane] = nodes
            lanes.edges[lane] = edges
        lanes.seed[lane] = seed
        lanes.decision[lane] = 0
        for i in range(len(stage.senses.offset)):
            lanes.moments[lane, 0, i] = 0.0
            lanes.moments[lane, 1, i] = 0.0
        if not stage.feed_forward:
            for row in range(1 + len(stage.senses.offset), len(stage.values) // LANES):
                stage.values[row * LANES + lane] = value_type(0)
        forget_late(stage.acting, stage.late, np.uint64(lane))

    @kernel
    def decide(held, active, observations, actions):
        stage = held.content
        plan = stage.plan
        lanes = stage.lanes
        values = stage.values
        fresh = values if stage.feed_forward else stage.fresh
        raw = stage.raw
        action = stage.action
        senses = stage.senses
        acting = stage.acting
        formats = stage.formats
        n_inputs = len(senses.offset)
        first_output = np.uint64(1 + n_inputs) * ROW
        costs = acting.action_cost + acting.change_cost > 0.0
        strange = 0
        for lane in range(LANES):
            if active[lane] == 0:
                continue
            finite = True
            u = np.uint64(lane)
            for i in range(n_inputs):
                raw[np.uint64(i) * ROW + u] = observations[lane, i]
                finite = finite and np.isfinite(observations[lane, i])
            if senses.moments:
                add_moments(raw, n_inputs, senses, lanes.moments, u)
            sense_lane(raw, values, n_inputs, senses, to_value, formats, lanes.seed[lane], lanes.decision[lane], u)
            activate_lane(plan, lane * stage.max_nodes, lanes.nodes[lane], values, fresh, stage.terms, u)
            if not stage.feed_forward:
                advance_lane(plan, lane * stage.max_nodes, lanes.nodes[lane], values, fresh, u)
            choose(values, first_output, stage.n_outputs, acting, action, from_value, formats, lane, lane + 1)
            if discrete:
                permute_choice(acting, action, u)
            postpone(acting, stage.late, action, lanes.decision[lane], u)
            if costs:
                lanes.cost[lane] = priced(acting, action, stage.before, lanes.decision[lane] == 0, u)
            lanes.decision[lane] += np.uint64(1)
            for row in range(len(acting.neutral)):
                actions[lane, row] = action[np.uint64(row) * ROW + u]
                finite = finite and np.isfinite(actions[lane, row])
            strange |= 0 if finite else 1 << lane
        return strange

    return StepperKernels(set_up, begin, decide)
