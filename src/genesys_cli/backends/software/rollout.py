"""Whole episodes in one kernel: network and physics of a genome fused, its episodes side by side in lanes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ...compiled.jit import inline, kernel
from ...compiled.lanes import LANES, ROW
from ...envs.spec import Discrete, NativeEnv
from ...genome.access import largest
from ...network.activate import activate, advance
from ...network.plan import build_plan, new_plan


def rollout_kernel(env: NativeEnv) -> Callable[..., None]:
    """Return the kernel of `env`, compiled once per machine; limits and constants are arguments, not part of it."""
    discrete = isinstance(env.action, Discrete)
    return _make_rollout(env.observe, env.step, env.n_inputs, env.n_outputs, env.state_size, discrete)


@cache
def _make_rollout(observe, step, n_inputs, n_outputs, state_size, discrete):  # type: ignore[no-untyped-def]
    first_input = np.uint64(1) * ROW
    first_output = np.uint64(1 + n_inputs) * ROW
    alive_row = np.uint64(state_size) * ROW
    return_row = np.uint64(state_size + 1) * ROW
    steps_row = np.uint64(state_size + 2) * ROW
    action_rows = 1 if discrete else n_outputs
    action_type = np.int32 if discrete else np.float32

    @inline
    def play(plan, n_nodes, starts, first, episodes, lanes, arrays, physics, scaling, max_steps, feed_forward):
        """Play episodes ``first .. first + episodes`` with the planned network, `lanes` at a time, into `arrays`."""
        values, fresh, total, terms, raw, state, action = arrays
        offset, scale, action_middle, action_half = scaling
        for lane in range(lanes):
            episode = first + min(lane, episodes - 1)  # spare lanes replay the last episode, dead from the start
            for k in range(state_size):
                state[k * LANES + lane] = starts[episode, k]
            state[alive_row + np.uint64(lane)] = 1.0 if lane < episodes else 0.0
            state[return_row + np.uint64(lane)] = 0.0
            state[steps_row + np.uint64(lane)] = 0.0
        if not feed_forward:
            values[:] = np.float32(0.0)
        for _ in range(max_steps):
            for lane in range(lanes):
                observe(state, np.uint64(lane), raw, physics)
            for i in range(n_inputs):
                row = np.uint64(i) * ROW
                shift = offset[i]
                factor = scale[i]
                for lane in range(lanes):
                    u = np.uint64(lane)
                    values[first_input + row + u] = (raw[row + u] - shift) * factor
            if feed_forward:
                activate(plan, n_nodes, values, values, total, terms, lanes)
            else:
                activate(plan, n_nodes, values, fresh, total, terms, lanes)
                advance(plan, n_nodes, values, fresh, lanes)
            if discrete:
                for lane in range(lanes):
                    u = np.uint64(lane)
                    best = values[first_output + u]
                    choice = np.int32(0)
                    for k in range(1, n_outputs):
                        output = values[first_output + np.uint64(k) * ROW + u]
                        larger = output > best
                        choice = np.int32(k) if larger else choice
                        best = output if larger else best
                    action[u] = choice
            else:
                for k in range(n_outputs):
                    row = np.uint64(k) * ROW
                    middle = action_middle[k]
                    half = action_half[k]
                    for lane in range(lanes):
                        u = np.uint64(lane)
                        output = values[first_output + row + u]
                        output = np.float32(-1.0) if output < np.float32(-1.0) else output
                        output = np.float32(1.0) if output > np.float32(1.0) else output
                        action[row + u] = middle + half * output
            living = 0
            for lane in range(lanes):
                u = np.uint64(lane)
                reward, terminated = step(state, u, action, physics)
                alive = state[alive_row + u]
                was_alive = alive != 0.0
                state[return_row + u] += reward if was_alive else 0.0
                state[steps_row + u] += alive
                alive = 0.0 if terminated else alive
                state[alive_row + u] = alive
                living += 1 if alive != 0.0 else 0
            if living == 0:
                break

    @kernel
    def rollout(
        population,
        lo,
        hi,
        starts,
        physics,
        offset,
        scale,
        action_middle,
        action_half,
        max_steps,
        feed_forward,
        all_lanes,
        fitness,
        steps,
        nodes,
        edges,
        returns,
    ):
        """Play the same episodes with genomes ``lo .. hi`` and write their part of the results.

        starts: (E, S) float64, state at the start of each episode
        offset, scale: (I,) float32; the network sees ``(observation - offset) * scale``
        action_middle, action_half: (A,) float32 of a Box; unused by Discrete
        all_lanes: LANES, as a number that the compiler does not know
        fitness: (P,) float64, mean return; steps: (P,) int64, over all episodes
        nodes, edges: (P,) int32, evaluated nodes and edges of each network
        returns: (P, E) float64, or empty when only the mean is wanted
        """
        max_nodes, max_conns = largest(population, lo, hi)
        plan = new_plan(max_nodes, max_conns)
        n_rows = 1 + n_inputs + max_nodes
        values = np.zeros(n_rows * LANES, np.float32)
        fresh = np.zeros(n_rows * LANES, np.float32)
        total = np.zeros(LANES, np.float32)
        terms = np.empty(max(max_conns, 1), np.float32)
        raw = np.zeros(n_inputs * LANES, np.float32)
        state = np.zeros((state_size + 3) * LANES, np.float64)
        action = np.zeros(action_rows * LANES, action_type)
        arrays = (values, fresh, total, terms, raw, state, action)
        scaling = (offset, scale, action_middle, action_half)
        n_episodes = len(starts)
        for g in range(lo, hi):
            n_nodes, n_edges = build_plan(population, g, plan)
            nodes[g] = n_nodes
            edges[g] = n_edges
            genome_return = 0.0
            genome_steps = 0
            for first in range(0, n_episodes, LANES):
                episodes = min(LANES, n_episodes - first)
                if episodes == 1:  # a constant, so that this copy of the code is free of loops over lanes
                    play(plan, n_nodes, starts, first, episodes, 1, arrays, physics, scaling, max_steps, feed_forward)
                else:
                    play(
                        plan, n_nodes, starts, first, episodes, all_lanes, arrays, physics, scaling, max_steps, feed_forward
                    )
                for lane in range(episodes):
                    episode_return = state[return_row + np.uint64(lane)]
                    genome_return += episode_return
                    genome_steps += np.int64(state[steps_row + np.uint64(lane)])
                    if len(returns) > 0:
                        returns[g, first + lane] = episode_return
            fitness[g] = genome_return / n_episodes
            steps[g] = genome_steps

    return rollout
