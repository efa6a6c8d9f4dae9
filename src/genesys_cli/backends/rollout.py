"""Whole episodes in one kernel: network and physics fused, sixteen episodes side by side in lanes.

Two ways to fill the lanes. With many episodes per genome, all lanes belong to one genome and its network is SIMD too.
With few, lanes belong to different genomes: physics is SIMD, networks are computed lane after lane, and a lane whose
episode ends takes the next one. Each lane's arithmetic is the same both ways, so the choice changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ..compiled.jit import inline, kernel
from ..compiled.lanes import LANES
from ..envs.spec import Discrete, NativeEnv
from ..genome.access import largest
from ..network.activate import advance_lane, advance_lanes
from ..network.plan import CHUNK, build_plan
from .acting import action_type, chooser
from .arithmetic import Arithmetic
from .episode import episode_blocks, new_lanes
from .tally import add_up, new_finished

ALONE_FROM = 4  # episodes per genome from which a genome has the lanes for itself (docs/performance.md)


def rollout_kernel(env: NativeEnv, arithmetic: Arithmetic, *, disturbed: bool) -> Callable[..., None]:
    """Return the kernel of `env`, compiled once per machine; limits and constants are arguments, not part of it.

    disturbed: honour all conditions, see ``episode.is_plain``
    """
    return _make_rollout(
        env.observe,
        env.step,
        chooser(env.action),
        isinstance(env.action, Discrete),
        env.n_inputs,
        env.n_outputs,
        env.state_size,
        action_type(env.action),
        *arithmetic,
        disturbed,
    )


@cache
def _make_rollout(
    observe,
    step,
    choose,
    discrete,
    n_inputs,
    n_outputs,
    state_size,
    row_type,
    value_type,
    new_plan,
    finish_plan,
    to_value,
    from_value,
    activate_lanes,
    activate_lane,
    disturbed,
):
    state_rows, begin, sense, act, steps_left, close = episode_blocks(
        observe,
        step,
        choose,
        discrete,
        n_inputs,
        n_outputs,
        state_size,
        to_value,
        from_value,
        disturbed,
    )

    @inline
    def play_alone(population, g, game, feed_forward, number, lanes, plan, at, finished, tally):
        """Play all episodes of genome `g`, sixteen at a time."""
        n_episodes = len(game.starts)
        n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
        finish_plan(plan, 0, n_nodes)
        tally.nodes[g] = n_nodes
        tally.edges[g] = n_edges
        for first in range(0, n_episodes, LANES):
            episodes = min(LANES, n_episodes - first)
            for lane in range(lanes):  # spare lanes replay the last episode, dead from the start
                begin(game, at, lane, first + min(lane, episodes - 1), 1.0 if lane < episodes else 0.0)
            if not feed_forward:
                for k in range(len(at.values)):
                    at.values[k] = value_type(0)
            for _ in range(game.max_steps):
                sense(game, at, number, lanes)
                activate_lanes(plan, n_nodes, at.values, at.fresh, at.total, at.terms, lanes)
                if not feed_forward:
                    advance_lanes(plan, n_nodes, at.values, at.fresh, lanes)
                if act(game, at, number, lanes) == 0:
                    break
            for lane in range(episodes):
                close(at, lane, g, finished, first + lane, tally)
        add_up(finished, 0, g, n_episodes, tally)

    @inline
    def play_shared(population, lo, hi, game, feed_forward, number, lanes, plan, stride, seats, at, finished, tally):
        """Play all episodes of genomes ``lo .. hi``; item k is episode ``k % E`` of genome ``lo + k // E``.

        stride: nodes and edges from one lane's plan to the next; seats: (3, 16) int64, -1: of each lane the item that
            it plays, the genome whose plan it holds and the number of its nodes
        """
        n_episodes = len(game.starts)
        max_nodes, max_edges = stride
        items = (hi - lo) * n_episodes
        upcoming = 0
        playing = 0
        horizon = 0  # decisions after which the first lane may reach its limit
        living = 0
        while True:
            if living < playing or horizon == 0:  # somebody's episode has ended
                horizon = game.max_steps
                for lane in range(lanes):
                    item = seats[0, lane]
                    if item >= 0 and steps_left(game, at, lane) == 0:
                        close(at, lane, lo + item // n_episodes, finished, item, tally)
                        item = -1
                        playing -= 1
                    if item < 0 and upcoming < items:
                        item = upcoming
                        g = lo + item // n_episodes
                        if seats[1, lane] != g:
                            n_nodes, n_edges = build_plan(population, g, plan, lane * max_nodes, lane * max_edges)
                            finish_plan(plan, lane * max_nodes, n_nodes)
                            seats[1, lane] = g
                            seats[2, lane] = n_nodes
                            tally.nodes[g] = n_nodes
                            tally.edges[g] = n_edges
                        begin(game, at, lane, item % n_episodes, 1.0)
                        if not feed_forward:
                            for row in range(1 + n_inputs, 1 + n_inputs + max_nodes):
                                at.values[row * LANES + lane] = value_type(0)
                        upcoming += 1
                        playing += 1
                    seats[0, lane] = item
                    if item >= 0:
                        horizon = min(horizon, steps_left(game, at, lane))
                if playing == 0:
                    break
            horizon -= 1
            sense(game, at, number, lanes)
            for lane in range(lanes):
                if seats[0, lane] >= 0:
                    u = np.uint64(lane)
                    activate_lane(plan, lane * max_nodes, seats[2, lane], at.values, at.fresh, at.terms, u)
                    if not feed_forward:
                        advance_lane(plan, lane * max_nodes, seats[2, lane], at.values, at.fresh, u)
            living = act(game, at, number, lanes)
        for g in range(lo, hi):
            add_up(finished, (g - lo) * n_episodes, g, n_episodes, tally)

    @kernel
    def rollout(population, lo, hi, game, feed_forward, number, lanes, tally):
        """Play the same episodes with genomes ``lo .. hi`` and write their part of the results.

        game: see ``episode.Game``; tally: see ``tally.Tally``
        number: what the arithmetic is told, see there
        lanes: LANES, as a number that the compiler does not know
        """
        n_episodes = len(game.starts)
        shared = n_episodes < ALONE_FROM
        max_nodes, max_conns = largest(population, lo, hi)
        plan = new_plan(lanes if shared else 1, max_nodes, max_conns, number)
        at = new_lanes(state_rows, n_inputs, max_nodes, max_conns, game.acting, row_type, value_type, feed_forward)
        finished = new_finished((hi - lo) * n_episodes if shared else n_episodes, n_inputs, game.senses.moments)
        if shared:
            stride = (max_nodes, max_conns + CHUNK * max_nodes)
            seats = np.full((3, LANES), -1, np.int64)
            play_shared(population, lo, hi, game, feed_forward, number, lanes, plan, stride, seats, at, finished, tally)
        else:
            for g in range(lo, hi):
                play_alone(population, g, game, feed_forward, number, lanes, plan, at, finished, tally)

    return rollout
