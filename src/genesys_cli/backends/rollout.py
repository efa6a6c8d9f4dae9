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
from ..compiled.lanes import LANES, ROW
from ..envs.spec import Discrete, NativeEnv
from ..genome.access import largest
from ..network.activate import advance_lane, advance_lanes
from ..network.plan import CHUNK, build_plan
from .arithmetic import Arithmetic

ALONE_FROM = 4  # episodes per genome from which a genome has the lanes for itself (docs/performance.md)


def rollout_kernel(env: NativeEnv, arithmetic: Arithmetic) -> Callable[..., None]:
    """Return the kernel of `env`, compiled once per machine; limits and constants are arguments, not part of it."""
    discrete = isinstance(env.action, Discrete)
    return _make_rollout(env.observe, env.step, env.n_inputs, env.n_outputs, env.state_size, discrete, *arithmetic)


@cache
def _make_rollout(
    observe,
    step,
    n_inputs,
    n_outputs,
    state_size,
    discrete,
    value_type,
    new_plan,
    finish_plan,
    to_value,
    from_value,
    activate_lanes,
    activate_lane,
):
    first_input = np.uint64(1) * ROW
    first_output = np.uint64(1 + n_inputs) * ROW
    alive_row = np.uint64(state_size) * ROW
    return_row = np.uint64(state_size + 1) * ROW
    steps_row = np.uint64(state_size + 2) * ROW
    action_rows = 1 if discrete else n_outputs
    action_type = np.int32 if discrete else np.float32

    @inline
    def sense(state, raw, values, physics, offset, scale, number, lanes):
        """Write the scaled observations of all lanes into the network's inputs."""
        for lane in range(lanes):
            observe(state, np.uint64(lane), raw, physics)
        for i in range(n_inputs):
            row = np.uint64(i) * ROW
            shift = offset[i]
            factor = scale[i]
            for lane in range(lanes):
                u = np.uint64(lane)
                values[first_input + row + u] = to_value((raw[row + u] - shift) * factor, number)

    @inline
    def act(state, values, action, physics, middle, half, number, lanes):
        """Turn outputs into actions, advance all lanes, and return how many are still alive."""
        if discrete:
            for lane in range(lanes):
                u = np.uint64(lane)
                best = values[first_output + u]
                choice = np.int32(0)
                for k in range(1, n_outputs):
                    output = values[first_output + np.uint64(k) * ROW + u]
                    choice = np.int32(k) if output > best else choice
                    best = output if output > best else best
                action[u] = choice
        else:
            for k in range(n_outputs):
                row = np.uint64(k) * ROW
                shift = middle[k]
                factor = half[k]
                for lane in range(lanes):
                    u = np.uint64(lane)
                    output = from_value(values[first_output + row + u], number)
                    output = np.float32(-1.0) if output < np.float32(-1.0) else output
                    output = np.float32(1.0) if output > np.float32(1.0) else output
                    action[row + u] = shift + factor * output
        living = 0
        for lane in range(lanes):
            u = np.uint64(lane)
            reward, terminated = step(state, u, action, physics)
            alive = state[alive_row + u]
            state[return_row + u] += reward if alive != 0.0 else 0.0
            state[steps_row + u] += alive
            alive = 0.0 if terminated else alive
            state[alive_row + u] = alive
            living += 1 if alive != 0.0 else 0
        return living

    @inline
    def begin(state, lane, start, alive):
        """Put the start of an episode into a lane."""
        for k in range(state_size):
            state[k * LANES + lane] = start[k]
        state[alive_row + np.uint64(lane)] = alive
        state[return_row + np.uint64(lane)] = 0.0
        state[steps_row + np.uint64(lane)] = 0.0

    @kernel
    def rollout(
        population,
        lo,
        hi,
        starts,
        physics,
        scaling,
        stretching,
        max_steps,
        feed_forward,
        number,
        lanes,
        fitness,
        steps,
        nodes,
        edges,
        returns,
    ):
        """Play the same episodes with genomes ``lo .. hi`` and write their part of the results.

        starts: (E, S) float64, state at the start of each episode
        scaling: offset and scale, (I,) float32 each; the network sees ``(observation - offset) * scale``
        stretching: middle and half width of a Box action, (A,) float32 each; unused by Discrete
        number: what the arithmetic is told, see there
        lanes: LANES, as a number that the compiler does not know
        fitness: (P,) float64, mean return; steps: (P,) int64, over all episodes
        nodes, edges: (P,) int32, evaluated nodes and edges of each network
        returns: (P, E) float64, or empty when only the mean is wanted
        """
        n_episodes = len(starts)
        shared = n_episodes < ALONE_FROM
        max_nodes, max_conns = largest(population, lo, hi)
        plan = new_plan(lanes if shared else 1, max_nodes, max_conns, number)
        plan_edges = max_conns + CHUNK * max_nodes
        values = np.zeros((1 + n_inputs + max_nodes) * LANES, value_type)
        fresh = values if feed_forward else np.zeros_like(values)
        total = np.zeros(LANES, value_type)
        terms = np.empty(max(max_conns, 1), np.float32)
        raw = np.zeros(n_inputs * LANES, np.float32)
        state = np.zeros((state_size + 3) * LANES, np.float64)
        action = np.zeros(action_rows * LANES, action_type)
        offset, scale = scaling
        middle, half = stretching
        for g in range(lo, hi):
            fitness[g] = 0.0
            steps[g] = 0

        if not shared:
            for g in range(lo, hi):
                n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
                finish_plan(plan, 0, n_nodes)
                nodes[g] = n_nodes
                edges[g] = n_edges
                for first in range(0, n_episodes, LANES):
                    episodes = min(LANES, n_episodes - first)
                    for lane in range(lanes):  # spare lanes replay the last episode, dead from the start
                        begin(state, lane, starts[first + min(lane, episodes - 1)], 1.0 if lane < episodes else 0.0)
                    if not feed_forward:
                        values[:] = value_type(0)
                    for _ in range(max_steps):
                        sense(state, raw, values, physics, offset, scale, number, lanes)
                        activate_lanes(plan, n_nodes, values, fresh, total, terms, lanes)
                        if not feed_forward:
                            advance_lanes(plan, n_nodes, values, fresh, lanes)
                        if act(state, values, action, physics, middle, half, number, lanes) == 0:
                            break
                    for lane in range(episodes):
                        fitness[g] += state[return_row + np.uint64(lane)]
                        steps[g] += np.int64(state[steps_row + np.uint64(lane)])
                        if len(returns) > 0:
                            returns[g, first + lane] = state[return_row + np.uint64(lane)]
                fitness[g] /= n_episodes
            return

        # Item k of this range is episode k % E of genome lo + k // E; lanes take the items in turn.
        items = (hi - lo) * n_episodes
        finished = np.empty(items, np.float64)  # returns, to be summed in the order of episodes
        item = np.full(LANES, -1, np.int64)
        planned = np.full(LANES, -1, np.int64)  # the genome whose plan a lane holds
        n_nodes_of = np.zeros(LANES, np.int64)
        upcoming = 0
        playing = 0
        horizon = 0  # steps until the first lane reaches its limit
        living = 0
        while True:
            if living < playing or horizon == 0:  # somebody's episode has ended
                horizon = max_steps
                for lane in range(lanes):
                    u = np.uint64(lane)
                    done = np.int64(state[steps_row + u])
                    if item[lane] >= 0 and (state[alive_row + u] == 0.0 or done == max_steps):
                        finished[item[lane]] = state[return_row + u]
                        steps[lo + item[lane] // n_episodes] += done
                        item[lane] = -1
                        playing -= 1
                    if item[lane] < 0 and upcoming < items:
                        g = lo + upcoming // n_episodes
                        item[lane] = upcoming
                        if planned[lane] != g:
                            n_nodes, n_edges = build_plan(population, g, plan, lane * max_nodes, lane * plan_edges)
                            finish_plan(plan, lane * max_nodes, n_nodes)
                            planned[lane] = g
                            n_nodes_of[lane] = n_nodes
                            nodes[g] = n_nodes
                            edges[g] = n_edges
                        begin(state, lane, starts[upcoming % n_episodes], 1.0)
                        if not feed_forward:
                            for row in range(1 + n_inputs, 1 + n_inputs + max_nodes):
                                values[row * LANES + lane] = value_type(0)
                        upcoming += 1
                        playing += 1
                        done = 0
                    if item[lane] >= 0:
                        horizon = min(horizon, max_steps - done)
                    else:
                        state[alive_row + u] = 0.0
                if playing == 0:
                    break
            horizon -= 1
            sense(state, raw, values, physics, offset, scale, number, lanes)
            for lane in range(lanes):
                if item[lane] >= 0:
                    first = lane * max_nodes
                    u = np.uint64(lane)
                    activate_lane(plan, first, n_nodes_of[lane], values, fresh, terms, u)
                    if not feed_forward:
                        advance_lane(plan, first, n_nodes_of[lane], values, fresh, u)
            living = act(state, values, action, physics, middle, half, number, lanes)
        for k in range(items):
            fitness[lo + k // n_episodes] += finished[k]
            if len(returns) > 0:
                returns[lo + k // n_episodes, k % n_episodes] = finished[k]
        for g in range(lo, hi):
            fitness[g] /= n_episodes

    return rollout
