"""All networks of a population at once, on inputs that are there as an array."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.jit import inline, kernel
from ..compiled.lanes import LANES, ROW
from ..compiled.plan import new_plan
from ..compiled.threads import Threads, sharing
from ..errors import UserError
from ..genome.access import largest
from ..genome.population import Population, check_arrays, check_shapes
from .activate import activate_lanes, advance_lanes
from .plan import build_plan, has_cycle

LEAST = 8  # genomes that a thread takes at a time
WORTH = 50_000  # nanoseconds of work for which it is worth to wake a thread


@kernel
def activate_range(population, lo, hi, feed_forward, inputs, lanes, outputs):
    """Write the outputs of genomes ``lo .. hi``; return the first that has a cycle and must not, or -1.

    inputs: (P, T, I) float32, or (1, T, I) where all genomes get the same; outputs: (P, T, O) float32
    lanes: steps that are computed side by side, LANES at most; 1 for a recurrent network, which goes from step to step
    """
    max_nodes, max_conns = largest(population, lo, hi)
    plan = new_plan(1, max_nodes, max_conns)
    values = np.zeros((1 + inputs.shape[2] + max_nodes) * LANES, np.float32)
    fresh = values if feed_forward else np.zeros_like(values)
    total = np.empty(LANES, np.float32)
    terms = np.empty(max(max_conns, 1), np.float32)
    return _activate(population, lo, hi, feed_forward, inputs, lanes, outputs, plan, values, fresh, total, terms)


@inline
def _activate(population, lo, hi, feed_forward, inputs, lanes, outputs, plan, values, fresh, total, terms):
    """Do the work of :func:`activate_range`; by itself, since a function that allocates counts references, slowly."""
    n_steps, n_inputs = inputs.shape[1], inputs.shape[2]
    shared = inputs.shape[0] == 1
    for g in range(lo, hi):
        n_nodes, _ = build_plan(population, g, plan, 0, 0)
        if feed_forward and has_cycle(plan, n_nodes, n_inputs):
            return g
        own = 0 if shared else g
        for k in range(len(values)):
            values[k] = np.float32(0.0)
        for first in range(0, n_steps, lanes):
            used = min(lanes, n_steps - first)
            for i in range(n_inputs):
                row = np.uint64(1 + i) * ROW
                for lane in range(used):
                    values[row + np.uint64(lane)] = inputs[own, first + lane, i]
            activate_lanes(plan, n_nodes, values, fresh, total, terms, used)
            if not feed_forward:
                advance_lanes(plan, n_nodes, values, fresh, used)
            for k in range(outputs.shape[2]):
                row = np.uint64(1 + n_inputs + k) * ROW
                for lane in range(used):
                    outputs[g, first + lane, k] = values[row + np.uint64(lane)]
    return -1


def activate(
    population: Population, inputs: ArrayLike, *, feed_forward: bool = True, threads: Threads | None = None
) -> NDArray[np.float32]:
    """Compute the outputs of every network of a population.

    A feed-forward network computes each step by itself, so steps may be rows of a data set. A recurrent one begins with
    all values 0 and goes from step to step: in each, every node reads what the others were in the step before.

    Args:
        population: P genomes.
        inputs: (T, I) real numbers, the same steps for every network, or (P, T, I), its own for each. They are rounded
            to float32.
        feed_forward: Whether networks are computed as free of cycles, as with ``settings.feed_forward``.
        threads: That share the work; None: one for each core. Results do not depend on it.

    Returns:
        (P, T, O) float32, what the evaluation of ``genesys evolve`` computes, bit for bit. A number may be infinite or
        NaN where a network overflows.

    Raises:
        UserError: The inputs have a wrong shape or are no numbers, an array of the population has a wrong type or
            length, or a genome has a cycle and must not.

    Example:
        >>> from genesys_cli import neat
        >>> population, _ = neat.first_population(neat.settings(population=50), n_inputs=2, n_outputs=1, seed=1)
        >>> neat.activate(population, [[0, 0], [0, 1], [1, 0], [1, 1]]).shape
        (50, 4, 1)
    """
    check_arrays(population)
    check_shapes(population)
    steps = steps_of(inputs, population)
    outputs = np.empty((population.size, steps.shape[1], population.n_outputs), np.float32)
    lanes = LANES if feed_forward else 1
    threads, least = sharing(threads), least_worth(population, steps.shape[1])
    cyclic = np.full(len(threads.ranges(population.size, least)), -1, np.int64)

    def work(k: int, lo: int, hi: int) -> None:
        cyclic[k] = activate_range(population, lo, hi, feed_forward, steps, lanes, outputs)

    threads.map(work, population.size, least)
    refuse_cycles(cyclic)
    return outputs


def refuse_cycles(cyclic: NDArray[np.int64]) -> None:
    """Raise a UserError where a genome has a cycle and must not. cyclic: such genomes, -1: none"""
    if len(found := cyclic[cyclic >= 0]):
        raise UserError(
            f"genome {found[0]} has a cycle, so it is no feed-forward network: give feed_forward=False, or evolve with "
            "the setting feed_forward=True"
        )


def least_worth(population: Population, rows: int) -> int:
    """Return how many genomes a thread is to take at a time, when each computes so many rows of inputs."""
    genes = (len(population.node_id) + len(population.conn_in)) / population.size
    return max(LEAST, round(WORTH / (100 + rows * genes)))  # about a nanosecond a gene and row


def steps_of(inputs: ArrayLike, population: Population) -> NDArray[np.float32]:
    """Return inputs as (P, T, I) or (1, T, I) float32; raises UserError where they cannot be."""
    given, size, width = real_inputs(inputs), population.size, population.n_inputs
    if given.ndim not in (2, 3) or given.shape[-1] != width or (given.ndim == 3 and given.shape[0] != size):
        raise UserError(
            f"inputs have the shape {given.shape}: give (T, {width}), T steps that all networks get, or "
            f"({size}, T, {width}), those of each network"
        )
    return given if given.ndim == 3 else given[None]


def real_inputs(inputs: ArrayLike) -> NDArray[np.float32]:
    """Return inputs as float32; raises UserError where they are no real numbers."""
    try:
        given = np.asarray(inputs)
    except ValueError as error:
        raise UserError(f"inputs are no array: {error}") from None
    if given.dtype.kind not in "biuf":
        raise UserError(f"inputs have the type {given.dtype}: give real numbers")
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, as everywhere
        return np.ascontiguousarray(given, np.float32)
