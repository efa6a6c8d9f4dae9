"""The first generation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads
from ..config.schema import NeatSettings
from ..genome.population import Population, empty_genes
from .innovation import Counters
from .kernels.first import FULL, ONE_INPUT, PARTIAL, fill_first
from .kernels.rates import rates


def first_links(neat: NeatSettings, n_inputs: int, n_outputs: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return sources and targets (int32) of every link that a first genome may have, by innovation number.

    Without hidden nodes each input is linked to each output. With them inputs are linked to hidden nodes and hidden
    nodes to outputs, and inputs to outputs as well with ``initial_direct``.
    """
    inputs = range(n_inputs)
    outputs = range(n_inputs, n_inputs + n_outputs)
    hidden = range(n_inputs + n_outputs, n_inputs + n_outputs + neat.num_hidden)
    links = [(i, h) for h in hidden for i in inputs] + [(h, o) for o in outputs for h in hidden]
    if not hidden or neat.initial_direct:
        links += [(i, o) for o in outputs for i in inputs]
    table = np.array(links, np.int32).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def first_genes(neat: NeatSettings, n_inputs: int, n_outputs: int) -> tuple[int, int]:
    """Return how many node genes and connection genes each genome of the first generation has."""
    sources, _ = first_links(neat, n_inputs, n_outputs)
    conns = {
        "full": len(sources),
        "partial": round(neat.connection_fraction * len(sources)),
        "one_input": int(np.sum((sources == 0) | (sources >= n_inputs))),
        "none": 0,
    }
    return n_outputs + neat.num_hidden, conns[neat.initial_connection]


def first_population(
    neat: NeatSettings, n_inputs: int, n_outputs: int, seed: int, threads: Threads
) -> tuple[Population, Counters]:
    """Return the first generation and the counters that number the innovations after it."""
    sources, targets = first_links(neat, n_inputs, n_outputs)
    per_node, per_genome = first_genes(neat, n_inputs, n_outputs)
    mode = {"partial": PARTIAL, "one_input": ONE_INPUT}.get(neat.initial_connection, FULL)
    known = len(sources)
    if neat.initial_connection == "none":
        sources, targets = sources[:0], targets[:0]
    size = neat.population
    ends = np.arange(size + 1, dtype=np.int64)
    population = Population(n_inputs, n_outputs, **empty_genes(ends * per_node, ends * per_genome))
    form = rates(neat)
    threads.map(
        lambda _, lo, hi: fill_first(population, lo, hi, sources, targets, mode, per_genome, form, np.uint64(seed)),
        size,
    )
    return population, Counters(next_node=n_inputs + per_node, next_innovation=known)
