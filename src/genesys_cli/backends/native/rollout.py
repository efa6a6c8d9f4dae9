"""Whole episodes in one kernel: network and physics fused, sixteen episodes side by side in lanes.

Two ways to fill the lanes. With many episodes per genome, all lanes belong to one genome and its network is SIMD too.
With few, lanes belong to different genomes: physics is SIMD, networks are computed lane after lane, and a lane whose
episode ends takes the next one. Each lane's arithmetic is the same both ways, so the choice changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ...compiled.jit import kernel
from ...compiled.lanes import LANES
from ...envs.spec import NativeEnv
from ...facts import CHUNK
from ...genome.access import largest
from ...network.activate import advance_lane, advance_lanes
from ...network.plan import build_plan
from ..arithmetic import Arithmetic
from .disturbed import disturbed_blocks
from .episode import Dynamics, dynamics_of, new_lanes, plain_blocks
from .tally import add_up, new_finished

ALONE_FROM = 4  # episodes per genome from which a genome has the lanes for itself (docs/performance.md)


def rollout_kernel(env: NativeEnv, arithmetic: Arithmetic, episodes: int, *, disturbed: bool) -> Callable[..., None]:
    """Return the kernel of `env`, compiled once per machine; limits and constants are arguments, not part of it.

    ``(population, lo, hi, game, feed_forward, formats, lanes, tally)`` plays the same episodes with genomes
    ``lo .. hi`` and writes their part of the results. game: see ``episode.Game``; formats: what the arithmetic is told
    lanes: LANES, as a number that the compiler does not know; tally: see there

    episodes: how many each genome plays, which decides how lanes are filled
    disturbed: honour all conditions, see ``episode.is_plain``
    """
    rollouts = _make_rollouts(dynamics_of(env), arithmetic, disturbed)
    return rollouts.alone if episodes >= ALONE_FROM else rollouts.shared


class Rollouts(NamedTuple):
    """The kernels of both ways to fill the lanes."""

    alone: Callable[..., None]
    shared: Callable[..., None]


@cache
def _make_rollouts(dynamics: Dynamics, arithmetic: Arithmetic, disturbed: bool) -> Rollouts:
    blocks = (disturbed_blocks if disturbed else plain_blocks)(dynamics, arithmetic)
    # A kernel closes over plain functions, types and numbers, since numba knows nothing of tuples of functions.
    begin, sense, act, steps_left, close = blocks.begin, blocks.sense, blocks.act, blocks.steps_left, blocks.close
    n_inputs, state_size, row_type, source = dynamics.n_inputs, dynamics.state_size, dynamics.row_type, dynamics.source
    new_plan, finish_plan, value_type = arithmetic.new_plan, arithmetic.finish_plan, arithmetic.value_type
    activate_lanes, activate_lane = arithmetic.activate_lanes, arithmetic.activate_lane

    @kernel
    def play_alone(population, lo, hi, game, feed_forward, formats, lanes, tally):
        """Play with one genome in all lanes, sixteen episodes at a time."""
        _ = source  # what a kernel closes over is its name on disk, and an edit of the user's files has to change that
        n_episodes = len(game.starts)
        max_nodes, max_conns = largest(population, lo, hi)
        plan = new_plan(1, max_nodes, max_conns, formats)
        at = new_lanes(state_size, n_inputs, max_nodes, max_conns, game.acting, row_type, value_type, feed_forward)
        values, fresh, total, terms = at.values, at.fresh, at.total, at.terms  # each `at.` here would count references
        finished = new_finished(n_episodes, n_inputs, game.senses.moments)
        for g in range(lo, hi):
            n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
            finish_plan(plan, 0, n_nodes)
            tally.nodes[g] = n_nodes
            tally.edges[g] = n_edges
            for first in range(0, n_episodes, LANES):
                episodes = min(LANES, n_episodes - first)
                for lane in range(lanes):  # spare lanes replay the last episode, dead from the start
                    begin(game, at, lane, first + min(lane, episodes - 1), 1.0 if lane < episodes else 0.0)
                if not feed_forward:
                    values[:] = value_type(0)
                for _ in range(game.max_steps):
                    sense(game, at, formats, lanes)
                    activate_lanes(plan, n_nodes, values, fresh, total, terms, lanes)
                    if not feed_forward:
                        advance_lanes(plan, n_nodes, values, fresh, lanes)
                    if act(game, at, formats, lanes) == 0:
                        break
                for lane in range(episodes):
                    close(at, lane, g, finished, first + lane, tally)
            add_up(finished, 0, g, n_episodes, tally)

    @kernel
    def play_shared(population, lo, hi, game, feed_forward, formats, lanes, tally):
        """Play item after item; item k is episode ``k % E`` of genome ``lo + k // E``. Lanes take them in turn."""
        _ = source
        n_episodes = len(game.starts)
        items = (hi - lo) * n_episodes
        max_nodes, max_conns = largest(population, lo, hi)
        max_edges = max_conns + CHUNK * max_nodes
        plan = new_plan(lanes, max_nodes, max_conns, formats)
        at = new_lanes(state_size, n_inputs, max_nodes, max_conns, game.acting, row_type, value_type, feed_forward)
        values, fresh, terms = at.values, at.fresh, at.terms  # each `at.` here would count references
        finished = new_finished(items, n_inputs, game.senses.moments)
        item = np.full(LANES, -1, np.int64)
        planned = np.full(LANES, -1, np.int64)  # the genome whose plan a lane holds
        n_nodes_of = np.zeros(LANES, np.int64)
        upcoming = 0
        playing = 0
        horizon = 0  # decisions after which the first lane may reach its limit
        living = 0
        while True:
            if living < playing or horizon == 0:  # somebody's episode has ended
                horizon = game.max_steps
                for lane in range(lanes):
                    if item[lane] >= 0 and steps_left(game, at, lane) == 0:
                        close(at, lane, lo + item[lane] // n_episodes, finished, item[lane], tally)
                        item[lane] = -1
                        playing -= 1
                    if item[lane] < 0 and upcoming < items:
                        g = lo + upcoming // n_episodes
                        item[lane] = upcoming
                        if planned[lane] != g:
                            n_nodes, n_edges = build_plan(population, g, plan, lane * max_nodes, lane * max_edges)
                            finish_plan(plan, lane * max_nodes, n_nodes)
                            planned[lane] = g
                            n_nodes_of[lane] = n_nodes
                            tally.nodes[g] = n_nodes
                            tally.edges[g] = n_edges
                        begin(game, at, lane, upcoming % n_episodes, 1.0)
                        if not feed_forward:
                            for row in range(1 + n_inputs, 1 + n_inputs + max_nodes):
                                values[row * LANES + lane] = value_type(0)
                        upcoming += 1
                        playing += 1
                    if item[lane] >= 0:
                        horizon = min(horizon, steps_left(game, at, lane))
                if playing == 0:
                    break
            horizon -= 1
            sense(game, at, formats, lanes)
            for lane in range(lanes):
                if item[lane] >= 0:
                    first = lane * max_nodes
                    u = np.uint64(lane)
                    activate_lane(plan, first, n_nodes_of[lane], values, fresh, terms, u)
                    if not feed_forward:
                        advance_lane(plan, first, n_nodes_of[lane], values, fresh, u)
            living = act(game, at, formats, lanes)
        for g in range(lo, hi):
            add_up(finished, (g - lo) * n_episodes, g, n_episodes, tally)

    return Rollouts(play_alone, play_shared)
