"""The parts of an episode, from its start to its result, for up to sixteen episodes side by side in lanes.

They are built for one environment and one arithmetic, and in two variants. The plain one is for the usual conditions
and all its loops over lanes are SIMD. The other honours everything that :class:`Conditions` can say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.jit import allocating, inline
from ..compiled.lanes import LANES, ROW
from ..envs.conditions import Conditions
from .acting import Acting, forget_late, permute_choice, postpone
from .senses import Senses, add_moments, sense_lane, sense_plainly


class Game(NamedTuple):
    """What all genomes of an evaluation play.

    starts: (E, S) float64, state at the start of each episode; seeds: (E,) uint64
    physics: (K,) float64
    max_steps, patience, action_repeat: in environment steps, see :class:`Conditions`
    """

    starts: NDArray[np.float64]
    seeds: NDArray[np.uint64]
    physics: NDArray[np.float64]
    senses: Senses
    acting: Acting
    max_steps: int
    patience: int
    action_repeat: int


def is_plain(conditions: Conditions) -> bool:
    """Say whether the plain variant honours the conditions in full."""
    return (
        conditions.patience == 0
        and conditions.action_repeat == 1
        and conditions.noise == 0.0
        and conditions.dropout == 0.0
        and conditions.clip == np.inf
        and conditions.delay == 0
        and not conditions.moments
        and np.array_equal(conditions.permutation, np.arange(len(conditions.permutation)))
    )


class Lanes(NamedTuple):
    """What sixteen episodes are made of while they last: lane arrays (see ``compiled.lanes``) but for the last three.

    state: float64, the environment's rows, then those of ``episode_blocks``
    raw: float32, observations; values, fresh: the network's, as the arithmetic holds them; action, late: see ``acting``
    total: one row; terms: (C,) float32; see ``network.activate``
    seed: (16,) uint64, of the episode; decision: (16,) uint64, decisions made in it; moments: (16, 2, I) float64
    """

    state: NDArray[np.float64]
    raw: NDArray[np.float32]
    values: NDArray[Any]
    fresh: NDArray[Any]
    action: NDArray[Any]
    late: NDArray[Any]
    total: NDArray[Any]
    terms: NDArray[np.float32]
    seed: NDArray[np.uint64]
    decision: NDArray[np.uint64]
    moments: NDArray[np.float64]


@allocating
def new_lanes(state_rows, n_inputs, max_nodes, max_conns, acting, row_type, value_type, feed_forward):
    """Allocate what sixteen episodes need; state_rows: the first of what ``episode_blocks`` returns."""
    values = np.zeros((1 + n_inputs + max_nodes) * LANES, value_type)
    n_rows = len(acting.neutral)
    return Lanes(
        np.zeros(state_rows * LANES, np.float64),
        np.zeros(n_inputs * LANES, np.float32),
        values,
        values if feed_forward else np.zeros_like(values),
        np.zeros(n_rows * LANES, row_type),
        np.zeros(acting.delay * n_rows * LANES, row_type),
        np.zeros(LANES, value_type),
        np.empty(max(max_conns, 1), np.float32),
        np.zeros(LANES, np.uint64),
        np.zeros(LANES, np.uint64),
        np.zeros((LANES, 2, n_inputs), np.float64),
    )


def episode_blocks(
    observe: Callable[..., Any],
    step: Callable[..., Any],
    choose: Callable[..., Any],
    discrete: bool,
    n_inputs: int,
    n_outputs: int,
    state_size: int,
    to_value: Callable[..., Any],
    from_value: Callable[..., Any],
    disturbed: bool,
) -> tuple[Any, ...]:
    """Return the number of the state's rows, and the blocks ``begin, sense, act, steps_left, close``.

    disturbed: honour all conditions, see :func:`is_plain`
    """
    first_output = np.uint64(1 + n_inputs) * ROW
    # Further rows of the state: 1 while an episode goes on; its return and its steps so far; ...
    alive_row, return_row, steps_row = (np.uint64(state_size + k) * ROW for k in range(3))
    # ... and where disturbed: its best return so far, the step that reached it, and 1 once it has been cut off.
    best_row, best_step_row, cut_row = (np.uint64(state_size + k) * ROW for k in range(3, 6))
    state_rows = state_size + (6 if disturbed else 3)

    @inline
    def begin(game, at, lane, episode, alive):
        """Put the start of an episode into a lane; alive: 1.0, or 0.0 for one that is not to be tally."""
        u = np.uint64(lane)
        for k in range(state_size):
            at.state[k * LANES + lane] = game.starts[episode, k]
        at.state[alive_row + u] = alive
        at.state[return_row + u] = 0.0
        at.state[steps_row + u] = 0.0
        if disturbed:
            at.state[cut_row + u] = 0.0
            at.seed[u] = game.seeds[episode]
            at.decision[u] = np.uint64(0)
            for i in range(n_inputs):
                at.moments[lane, 0, i] = 0.0
                at.moments[lane, 1, i] = 0.0
            forget_late(game.acting, at.late, u)

    @inline
    def sense(game, at, number, lanes):
        """Write the inputs of all lanes' networks."""
        for lane in range(lanes):
            observe(at.state, np.uint64(lane), at.raw, game.physics)
        if not disturbed:
            sense_plainly(at.raw, at.values, n_inputs, game.senses, to_value, number, lanes)
            return
        for lane in range(lanes):
            u = np.uint64(lane)
            if at.state[alive_row + u] != 0.0:
                if game.senses.moments:
                    add_moments(at.raw, n_inputs, game.senses, at.moments, u)
                seed = at.seed[u]
                decision = at.decision[u]
                sense_lane(at.raw, at.values, n_inputs, game.senses, to_value, number, seed, decision, u)

    @inline
    def advance(game, at, lanes):
        """Advance all lanes by one step, and return how many are still alive."""
        state = at.state
        living = 0
        for lane in range(lanes):
            u = np.uint64(lane)
            reward, terminated = step(state, u, at.action, game.physics)
            alive = state[alive_row + u]
            state[return_row + u] += reward if alive != 0.0 else 0.0
            state[steps_row + u] += alive
            alive = 0.0 if terminated else alive
            state[alive_row + u] = alive
            living += 1 if alive != 0.0 else 0
        return living

    @inline
    def cut_off(game, state, lanes):
        """End the episodes that have reached the limit or the end of patience; return how many are still alive."""
        living = 0
        for lane in range(lanes):
            u = np.uint64(lane)
            if state[alive_row + u] != 0.0:
                done = state[steps_row + u]
                if done == 1.0 or state[return_row + u] > state[best_row + u]:
                    state[best_row + u] = state[return_row + u]
                    state[best_step_row + u] = done
                waited = done - state[best_step_row + u]
                if done == game.max_steps or (game.patience > 0 and waited >= game.patience):
                    state[alive_row + u] = 0.0
                    state[cut_row + u] = 1.0
                else:
                    living += 1
        return living

    @inline
    def act(game, at, number, lanes):
        """Turn outputs into actions, advance all lanes, and return how many are still alive."""
        acting = game.acting
        choose(at.values, first_output, n_outputs, acting, at.action, from_value, number, 0, lanes)
        if not disturbed:
            return advance(game, at, lanes)
        for lane in range(lanes):
            u = np.uint64(lane)
            if at.state[alive_row + u] != 0.0:
                if discrete:
                    permute_choice(acting, at.action, u)
                postpone(acting, at.late, at.action, at.decision[u], u)
                at.decision[u] += np.uint64(1)
        living = 0
        for _ in range(game.action_repeat):
            advance(game, at, lanes)
            living = cut_off(game, at.state, lanes)
            if living == 0:
                break
        return living

    @inline
    def steps_left(game, at, lane):
        """Return how many steps the episode in a lane may still have; 0 where it has ended."""
        u = np.uint64(lane)
        return game.max_steps - np.int64(at.state[steps_row + u]) if at.state[alive_row + u] != 0.0 else 0

    @inline
    def close(at, lane, g, finished, place, tally):
        """Write the result of a lane's episode to `place` in `finished`, and count it for genome `g`."""
        u = np.uint64(lane)
        finished.returns[place] = at.state[return_row + u]
        done = np.int64(at.state[steps_row + u])
        decided = np.int64(at.decision[u]) if disturbed else done
        tally.steps[g] += done
        tally.decisions[g] += decided
        ended = at.state[alive_row + u] == 0.0
        if disturbed:
            ended = ended and at.state[cut_row + u] == 0.0
            if len(finished.observed) > 0:
                finished.observed[place] = decided
                for i in range(n_inputs):
                    finished.moments[place, 0, i] = at.moments[lane, 0, i]
                    finished.moments[place, 1, i] = at.moments[lane, 1, i]
        if ended:
            tally.terminated[g] += 1
        at.state[alive_row + u] = 0.0

    return state_rows, begin, sense, act, steps_left, close
