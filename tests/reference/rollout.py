"""Episodes played one genome, one episode, one step at a time, in plain Python around one network."""

from __future__ import annotations

import numpy as np

from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.spec import Discrete
from genesys_cli.network.network import Network


def play(env, network, start, max_steps, offset, scale):
    """Return the return and the steps of an episode from a state ``start``, (state_size,) float64."""
    lane = np.uint64(0)
    physics = np.array(list(env.physics.values()))
    state = np.zeros((env.state_size, LANES))
    state[:, 0] = start
    state = state.ravel()
    seen = np.zeros(env.n_inputs * LANES, np.float32)
    network.reset()
    total = 0.0
    steps = 0
    terminated = False
    while steps < max_steps and not terminated:
        env.observe(state, lane, seen, physics)
        outputs = network.activate((seen[::LANES] - offset) * scale)
        reward, terminated = env.step(state, lane, action(env, outputs), physics)
        total += reward
        steps += 1
    return total, steps


def action(env, outputs):
    """Return the action as the kernels of environments want it: rows of LANES, of which the first element counts."""
    if isinstance(env.action, Discrete):
        rows = np.zeros(LANES, np.int32)
        for k in range(1, env.action.n):
            if outputs[k] > outputs[rows[0]]:
                rows[0] = k
        return rows
    rows = np.zeros((env.n_outputs, LANES), np.float32)
    for k, (low, high) in enumerate(zip(env.action.low, env.action.high, strict=True)):
        output = min(max(outputs[k], np.float32(-1)), np.float32(1))
        rows[k, 0] = np.float32((high + low) / 2) + np.float32((high - low) / 2) * output
    return rows.ravel()


def evaluate(env, population, starts, max_steps, *, feed_forward, offset=0.0, scale=1.0):
    """Return the returns and steps, (P, E) each, and the edges of each network, (P,)."""
    offset = np.broadcast_to(np.float32(offset), env.n_inputs)
    scale = np.broadcast_to(np.float32(scale), env.n_inputs)
    returns = np.empty((population.size, len(starts)))
    steps = np.empty((population.size, len(starts)), np.int64)
    edges = np.empty(population.size, np.int64)
    for g in range(population.size):
        network = Network(population, g, feed_forward=feed_forward)
        edges[g] = network.n_edges
        for k, start in enumerate(starts):
            returns[g, k], steps[g, k] = play(env, network, start, max_steps, offset, scale)
    return returns, steps, edges
