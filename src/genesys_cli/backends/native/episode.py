"""The parts of an episode, from its start to its result, for up to sixteen episodes side by side in lanes.

They are built for one environment and one arithmetic, and in two variants. The plain one, below, is for the usual
conditions, and all its loops over lanes are SIMD. ``disturbed`` has the one that honours everything that
:class:`Conditions` can say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import allocating, inline
from ...compiled.lanes import LANES, ROW
from ...envs.conditions import Conditions
from ...envs.spec import Discrete, NativeEnv
from ..acting import Acting, action_type, chooser
from ..arithmetic import Arithmetic
from ..senses import Senses, sense_plainly

BOOKKEEPING_ROWS = 3


class Game(NamedTuple):
    """What all genomes of an evaluation play.

    starts: (E, S) float64, state at the start of each episode; seeds: (E,) uint64
    physics: the values of the environment's constants, in the order of its NamedTuple, whose type is the kernel's own
    max_steps, patience, action_repeat: in environment steps; these and reward_min: see :class:`Conditions`
    """

    starts: NDArray[np.float64]
    seeds: NDArray[np.uint64]
    physics: tuple[float, ...]
    senses: Senses
    acting: Acting
    max_steps: int
    patience: int
    action_repeat: int
    reward_min: float


def is_plain(conditions: Conditions) -> bool:
    """Say whether the plain variant honours the conditions in full."""
    return (
        conditions.patience == 0
        and conditions.action_repeat == 1
        and conditions.reward_min == -np.inf
        and conditions.noise == 0.0
        and conditions.dropout == 0.0
        and conditions.clip == np.inf
        and conditions.delay == 0
        and conditions.action_cost == conditions.change_cost == 0.0
        and not conditions.moments
        and np.array_equal(conditions.permutation, np.arange(len(conditions.permutation)))
    )


class Disturbance(NamedTuple):
    """What only disturbed episodes need, for each lane.

    seed: (16,) uint64, of the episode; decision: (16,) uint64, decisions made in it
    best: (16,) float64, its best return so far; best_step: (16,) float64, the step that reached it
    cut: (16,) uint8, 1 once it has been cut off
    moments: (16, 2, I) float64, of ``observation - offset`` the sum, and of its square
    cost: (16,) float64, of the action that it takes; before: lane array of the action before
    """

    seed: NDArray[np.uint64]
    decision: NDArray[np.uint64]
    best: NDArray[np.float64]
    best_step: NDArray[np.float64]
    cut: NDArray[np.uint8]
    moments: NDArray[np.float64]
    cost: NDArray[np.float64]
    before: NDArray[Any]


class LaneArrays(NamedTuple):
    """What sixteen episodes are made of while they last: lane arrays (see ``compiled.lanes``).

    state: float64, the environment's rows, then those of ``common_blocks``
    raw: float32, observations; values, fresh: the network's, as the arithmetic holds them
    action, late: see ``acting``
    total: one row; terms: (C,) float32; see ``network.activate``
    more: see there
    """

    state: NDArray[np.float64]
    raw: NDArray[np.float32]
    values: NDArray[Any]
    fresh: NDArray[Any]
    action: NDArray[Any]
    late: NDArray[Any]
    total: NDArray[Any]
    terms: NDArray[np.float32]
    more: Disturbance


@allocating
def new_lanes(state_size, n_inputs, max_nodes, max_conns, acting, row_type, value_type, feed_forward):
    """Allocate what sixteen episodes need; state_size: rows of the environment's state."""
    values = np.zeros((1 + n_inputs + max_nodes) * LANES, value_type)
    n_rows = len(acting.neutral)
    return LaneArrays(
        np.zeros((state_size + BOOKKEEPING_ROWS) * LANES, np.float64),
        np.zeros(n_inputs * LANES, np.float32),
        values,
        values if feed_forward else np.zeros_like(values),
        np.zeros(n_rows * LANES, row_type),
        np.zeros(acting.delay * n_rows * LANES, row_type),
        np.zeros(LANES, value_type),
        np.empty(max(max_conns, 1), np.float32),
        Disturbance(
            np.zeros(LANES, np.uint64),
            np.zeros(LANES, np.uint64),
            np.zeros(LANES, np.float64),
            np.zeros(LANES, np.float64),
            np.zeros(LANES, np.uint8),
            np.zeros((LANES, 2, n_inputs), np.float64),
            np.zeros(LANES, np.float64),
            np.zeros(n_rows * LANES, row_type),
        ),
    )


class Dynamics(NamedTuple):
    """What a kernel needs of an environment: building blocks and sizes, not the constants, which are arguments.

    observe, step: as in :class:`NativeEnv`; constants: the NamedTuple type that they read
    choose: see ``acting``; discrete: whether an action is one choice; row_type: dtype of the rows of an action
    n_inputs, n_outputs, state_size: rows of observation, of the network's outputs, of the environment's state
    source: digest of the user's files that these come from, a number; 0: they are part of this package
    """

    observe: Callable[..., Any]
    step: Callable[..., Any]
    constants: type[Any]
    choose: Callable[..., Any]
    discrete: bool
    row_type: type[Any]
    n_inputs: int
    n_outputs: int
    state_size: int
    source: int


def dynamics_of(env: NativeEnv) -> Dynamics:
    """Return what a kernel needs of an environment; equal for equal ones, and hashable."""
    return Dynamics(
        observe=env.observe,
        step=env.step,
        constants=type(env.physics),
        choose=chooser(env.action),
        discrete=isinstance(env.action, Discrete),
        row_type=action_type(env.action),
        n_inputs=env.n_inputs,
        n_outputs=env.n_outputs,
        state_size=env.state_size,
        source=int(env.source[:15] or "0", 16),
    )


class Blocks(NamedTuple):
    """What an episode is put together from; ``plain_blocks`` documents each."""

    begin: Callable[..., Any]
    sense: Callable[..., Any]
    act: Callable[..., Any]
    steps_left: Callable[..., Any]
    close: Callable[..., Any]


class Common(NamedTuple):
    """The blocks of which both variants are made."""

    start: Callable[..., Any]
    look: Callable[..., Any]
    advance: Callable[..., Any]
    steps_left: Callable[..., Any]
    finish: Callable[..., Any]


def common_blocks(dynamics: Dynamics, *, floored: bool) -> Common:
    """Return the blocks of which both variants are made; floored: whether they honour ``reward_min``."""
    observe, step, constants, state_size = dynamics.observe, dynamics.step, dynamics.constants, dynamics.state_size
    # Further rows of the state: 1 while an episode goes on; its return; its steps so far.
    alive_row, return_row, steps_row = (np.uint64(state_size + k) * ROW for k in range(BOOKKEEPING_ROWS))

    @inline
    def start(game, at, lane, episode, alive):
        """Put the start of an episode into a lane; alive: 1.0, or 0.0 for one that is not to be played."""
        u = np.uint64(lane)
        for k in range(state_size):
            at.state[k * LANES + lane] = game.starts[episode, k]
        at.state[alive_row + u] = alive
        at.state[return_row + u] = 0.0
        at.state[steps_row + u] = 0.0

    @inline
    def look(game, at, lanes):
        """Write the observations of all lanes."""
        physics = constants(*game.physics)
        for lane in range(lanes):
            observe(at.state, np.uint64(lane), at.raw, physics)

    @inline
    def advance(game, at, lanes):
        """Advance all lanes by one step, and return how many are still alive."""
        physics = constants(*game.physics)
        state = at.state
        living = 0
        for lane in range(lanes):
            u = np.uint64(lane)
            reward, terminated = step(state, u, at.action, physics)
            if floored:
                reward = game.reward_min if reward < game.reward_min else reward
            alive = state[alive_row + u]
            state[return_row + u] += reward if alive != 0.0 else 0.0
            state[steps_row + u] += alive
            alive = 0.0 if terminated else alive
            state[alive_row + u] = alive
            living += 1 if alive != 0.0 else 0
        return living

    @inline
    def steps_left(game, at, lane):
        """Return how many steps the episode in a lane may still have; 0 where it has ended."""
        u = np.uint64(lane)
        return game.max_steps - np.int64(at.state[steps_row + u]) if at.state[alive_row + u] != 0.0 else 0

    @inline
    def finish(at, lane, g, finished, place, tally):
        """Write the return of a lane's episode to `place` in `finished`, and count the rest for genome `g`.

        Returns its steps. One that is still alive has been cut off.
        """
        u = np.uint64(lane)
        done = np.int64(at.state[steps_row + u])
        finished.returns[place] = at.state[return_row + u]
        tally.steps[g] += done
        tally.terminated[g] += 1 if at.state[alive_row + u] == 0.0 else 0
        at.state[alive_row + u] = 0.0
        return done

    return Common(start, look, advance, steps_left, finish)


def plain_blocks(dynamics: Dynamics, arithmetic: Arithmetic) -> Blocks:
    """Return the blocks of an episode under the usual conditions."""
    choose, n_inputs, n_outputs = dynamics.choose, dynamics.n_inputs, dynamics.n_outputs
    to_value, from_value = arithmetic.to_value, arithmetic.from_value
    first_output = np.uint64(1 + n_inputs) * ROW
    common = common_blocks(dynamics, floored=False)
    look, advance, finish = common.look, common.advance, common.finish

    @inline
    def sense(game, at, formats, lanes):
        """Write the inputs of all lanes' networks."""
        look(game, at, lanes)
        sense_plainly(at.raw, at.values, n_inputs, game.senses, to_value, formats, lanes)

    @inline
    def act(game, at, formats, lanes):
        """Turn outputs into actions, advance all lanes, and return how many are still alive."""
        choose(at.values, first_output, n_outputs, game.acting, at.action, from_value, formats, 0, lanes)
        return advance(game, at, lanes)

    @inline
    def close(at, lane, g, finished, place, tally):
        """Write down what came of a lane's episode, see ``finish``."""
        tally.decisions[g] += finish(at, lane, g, finished, place, tally)

    return Blocks(common.start, sense, act, common.steps_left, close)
