"""Every row of a table through every network, and its loss, in one kernel: sixteen rows side by side in lanes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline, kernel
from ...compiled.lanes import LANES, ROW
from ...genome.access import largest
from ...network.plan import build_plan
from ..acting import Acting
from ..arithmetic import Arithmetic
from ..senses import Senses, sense_clipped, sense_plainly


class Batch(NamedTuple):
    """E rows in blocks of sixteen lanes, the last filled up with rows that do not count.

    raw: (B, I * 16) float32, inputs; targets: (B, T * 16) float64; n_rows: E
    """

    raw: NDArray[np.float32]
    targets: NDArray[np.float64]
    n_rows: int
    senses: Senses
    acting: Acting


class Learnt(NamedTuple):
    """What P networks made of E rows.

    fitness: (P,) float64, mean loss; losses: (P, E) float64 where asked for, else empty
    nodes, edges: (P,) int32, evaluated nodes and edges
    """

    fitness: NDArray[np.float64]
    losses: NDArray[np.float64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]


def blocks_of(inputs: NDArray[np.float32], targets: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return (E, I) inputs and (E, T) targets as :class:`Batch` has them."""
    count = len(inputs)
    padded = -(-count // LANES) * LANES
    places = np.minimum(np.arange(padded), count - 1)

    def laid(columns: NDArray[Any]) -> NDArray[Any]:
        blocks = columns[places].reshape(-1, LANES, columns.shape[1]).transpose(0, 2, 1)
        return np.ascontiguousarray(blocks).reshape(len(blocks), -1)

    return laid(inputs), laid(targets)


@cache
def rows_kernel(loss: Callable[..., Any], arithmetic: Arithmetic) -> Callable[..., None]:
    """Return the kernel of a loss, see ``losses``, in an arithmetic; compiled once per machine.

    ``(population, lo, hi, batch, formats, lanes, learnt)`` writes what genomes ``lo .. hi`` make of the rows. Losses
    are added in the order of rows. lanes: LANES, as a number that the compiler does not know
    """
    new_plan, finish_plan, value_type = arithmetic.new_plan, arithmetic.finish_plan, arithmetic.value_type
    activate_lanes = arithmetic.activate_lanes
    to_value, from_value = arithmetic.to_value, arithmetic.from_value

    @inline
    def learn_each(population, lo, hi, batch, formats, lanes, learnt, plan, values, total, terms, losses):
        """Do the work of ``learn``; by itself, since a function that allocates counts references, slowly."""
        n_inputs, n_outputs = population.n_inputs, population.n_outputs
        first_output = np.uint64(1 + n_inputs) * ROW
        for g in range(lo, hi):
            n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
            finish_plan(plan, 0, n_nodes)
            learnt.nodes[g] = n_nodes
            learnt.edges[g] = n_edges
            sum_of_losses = 0.0
            for b in range(len(batch.raw)):
                raw, targets = batch.raw[b], batch.targets[b]
                sense_plainly(raw, values, n_inputs, batch.senses, to_value, formats, lanes)
                if batch.senses.clip < np.inf:
                    sense_clipped(raw, values, n_inputs, batch.senses, to_value, formats, lanes)
                activate_lanes(plan, n_nodes, values, values, total, terms, lanes)
                for lane in range(lanes):
                    u = np.uint64(lane)
                    losses[u] = loss(values, first_output, n_outputs, batch.acting, from_value, formats, targets, u)
                first = b * LANES
                for lane in range(min(LANES, batch.n_rows - first)):
                    sum_of_losses += losses[lane]
                    if len(learnt.losses) > 0:
                        learnt.losses[g, first + lane] = losses[lane]
            learnt.fitness[g] = sum_of_losses / batch.n_rows

    @kernel
    def learn(population, lo, hi, batch, formats, lanes, learnt):
        max_nodes, max_conns = largest(population, lo, hi)
        plan = new_plan(1, max_nodes, max_conns, formats)
        values = np.zeros((1 + population.n_inputs + max_nodes) * LANES, value_type)
        total = np.zeros(LANES, value_type)
        terms = np.empty(max(max_conns, 1), np.float32)
        losses = np.empty(LANES, np.float64)
        learn_each(population, lo, hi, batch, formats, lanes, learnt, plan, values, total, terms, losses)

    return learn
