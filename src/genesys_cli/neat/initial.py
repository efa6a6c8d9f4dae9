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
    inputs = np.arange(n_inputs, dtype=np.int32)
    outputs = n_inputs + np.arange(n_outputs, dtype=np.int32)
    hidden = n_inputs + n_outputs + np.arange(neat.num_hidden, dtype=np.int32)
    layers = [(inputs, hidden), (hidden, outputs)]  # every source with the first target, then with the next
    if not len(hidden) or neat.initial_direct:
        layers.append((inputs, outputs))
    sources = np.concatenate([np.tile(source, len(target)) for source, target in layers])
    targets = np.concatenate([np.repeat(target, len(source)) for source, target in layers])
    return sources, targets


def first_genes(neat: NeatSettings, n_inputs: int, n_outputs: int) -> tuple[int, int]:
    """Return how many node genes and connection genes each genome of the first generation has."""
    hidden = neat.num_hidden
    direct = n_outputs if not hidden or neat.initial_direct else 0  # outputs that inputs are linked to
    inner = hidden * n_outputs
    full = n_inputs * (hidden + direct) + inner
    conns = {
        "full": full,
        "partial": round(neat.connection_fraction * full),
        "one_input": hidden + direct + inner if n_inputs else inner,
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
