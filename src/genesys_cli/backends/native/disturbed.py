"""The parts of an episode under any conditions: noise, dropout, clip, delay, permutation, repeat, patience, moments,
rewards of a least value, costs of actions.

Physics stays SIMD; what conditions do to inputs and actions is done lane after lane.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline
from ...compiled.lanes import ROW
from ..acting import forget_late, permute_choice, postpone, priced
from ..arithmetic import Arithmetic
from ..senses import add_moments, sense_lane
from .episode import BOOKKEEPING_ROWS, Blocks, Dynamics, common_blocks


def disturbed_blocks(dynamics: Dynamics, arithmetic: Arithmetic) -> Blocks:
    """Return the blocks of an episode under any conditions, to be used like those of ``episode.plain_blocks``."""
    choose, discrete = dynamics.choose, dynamics.discrete
    n_inputs, n_outputs = dynamics.n_inputs, dynamics.n_outputs
    to_value, from_value = arithmetic.to_value, arithmetic.from_value
    first_output = np.uint64(1 + n_inputs) * ROW
    alive_row, return_row, steps_row = (np.uint64(dynamics.state_size + k) * ROW for k in range(BOOKKEEPING_ROWS))
    common = common_blocks(dynamics, floored=True)
    start, look, advance, finish = common.start, common.look, common.advance, common.finish

    @inline
    def begin(game, at, lane, episode, alive):
        """Put the start of an episode into a lane; alive: 1.0, or 0.0 for one that is not to be played."""
        start(game, at, lane, episode, alive)
        more = at.more
        more.seed[lane] = game.seeds[episode]
        more.decision[lane] = np.uint64(0)
        more.cut[lane] = np.uint8(0)
        for i in range(n_inputs):
            more.moments[lane, 0, i] = 0.0
            more.moments[lane, 1, i] = 0.0
        forget_late(game.acting, at.late, np.uint64(lane))

    @inline
    def sense(game, at, formats, lanes):
        """Write the inputs of the networks whose episodes go on."""
        look(game, at, lanes)
        for lane in range(lanes):
            u = np.uint64(lane)
            if at.state[alive_row + u] != 0.0:
                if game.senses.moments:
                    add_moments(at.raw, n_inputs, game.senses, at.more.moments, u)
                seed = at.more.seed[u]
                decision = at.more.decision[u]
                sense_lane(at.raw, at.values, n_inputs, game.senses, to_value, formats, seed, decision, u)

    @inline
    def cut_off(game, at, lanes):
        """End the episodes that have reached the limit or the end of patience; return how many are still alive."""
        state = at.state
        more = at.more
        living = 0
        for lane in range(lanes):
            u = np.uint64(lane)
            if state[alive_row + u] != 0.0:
                done = state[steps_row + u]
                if done == 1.0 or state[return_row + u] > more.best[u]:
                    more.best[u] = state[return_row + u]
                    more.best_step[u] = done
                if done == game.max_steps or (game.patience > 0 and done - more.best_step[u] >= game.patience):
                    state[alive_row + u] = 0.0
                    more.cut[u] = np.uint8(1)
                else:
                    living += 1
        return living

    @inline
    def act(game, at, formats, lanes):
        """Turn outputs into actions, advance all lanes, and return how many are still alive."""
        costs = game.acting.action_cost + game.acting.change_cost > 0.0
        choose(at.values, first_output, n_outputs, game.acting, at.action, from_value, formats, 0, lanes)
        for lane in range(lanes):
            u = np.uint64(lane)
            if at.state[alive_row + u] != 0.0:
                if discrete:
                    permute_choice(game.acting, at.action, u)
                postpone(game.acting, at.late, at.action, at.more.decision[u], u)
                if costs:
                    first = at.more.decision[u] == np.uint64(0)
                    at.more.cost[u] = priced(game.acting, at.action, at.more.before, first, u)
                at.more.decision[u] += np.uint64(1)
        living = 0
        for _ in range(game.action_repeat):
            if costs:
                for lane in range(lanes):
                    u = np.uint64(lane)
                    at.state[return_row + u] -= at.more.cost[u] if at.state[alive_row + u] != 0.0 else 0.0
            advance(game, at, lanes)
            living = cut_off(game, at, lanes)
            if living == 0:
                break
        return living

    @inline
    def close(at, lane, g, finished, place, tally):
        """Write down what came of a lane's episode, with its moments; see ``finish``."""
        at.state[alive_row + np.uint64(lane)] = np.float64(at.more.cut[lane])  # what was cut off did not end by itself
        finish(at, lane, g, finished, place, tally)
        decided = np.int64(at.more.decision[lane])
        tally.decisions[g] += decided
        if len(finished.observed) > 0:
            finished.observed[place] = decided
            for i in range(n_inputs):
                finished.moments[place, 0, i] = at.more.moments[lane, 0, i]
                finished.moments[place, 1, i] = at.more.moments[lane, 1, i]

    return Blocks(begin, sense, act, common.steps_left, close)
