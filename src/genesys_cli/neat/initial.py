"""The first generation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads, sharing
from ..config.neat import NeatSettings
from ..errors import UserError
from ..genome.population import Population, empty_genes
from .given import check_settings, check_shape, draws_of
from .innovation import Counters, links_between
from .kernels.first import FULL, ONE_INPUT, PARTIAL, Start, fill_first
from .kernels.rates import rates_of


def first_connections(
    settings: NeatSettings, n_inputs: int, n_outputs: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return sources and targets (int32) of every connection that a first genome may have, by innovation number.

    Without hidden nodes each input is connected to each output. With them inputs are connected to hidden nodes and
    hidden nodes to outputs, and inputs to outputs as well with ``initial_direct``.
    """
    inputs = np.arange(n_inputs, dtype=np.int32)
    outputs = n_inputs + np.arange(n_outputs, dtype=np.int32)
    hidden = n_inputs + n_outputs + np.arange(settings.num_hidden, dtype=np.int32)
    layers = [(inputs, hidden), (hidden, outputs)]  # every source with the first target, then with the next
    if not len(hidden) or settings.initial_direct:
        layers.append((inputs, outputs))
    sources = np.concatenate([np.tile(source, len(target)) for source, target in layers])
    targets = np.concatenate([np.repeat(target, len(source)) for source, target in layers])
    return sources, targets


def first_genes(settings: NeatSettings, n_inputs: int, n_outputs: int) -> tuple[int, int]:
    """Return how many node genes and connection genes each genome of the first generation has."""
    hidden = settings.num_hidden
    direct = n_outputs if not hidden or settings.initial_direct else 0  # outputs that inputs are connected to
    inner = hidden * n_outputs
    full = n_inputs * (hidden + direct) + inner
    conns = {
        "full": full,
        "partial": round(settings.connection_fraction * full),
        "one_input": hidden + direct + inner if n_inputs else inner,
        "none": 0,
    }
    return n_outputs + hidden, conns[settings.initial_connection]


def first_population(
    settings: NeatSettings,
    n_inputs: int,
    n_outputs: int,
    seed: int = 0,
    threads: Threads | None = None,
    *,
    generation: int = 0,
) -> tuple[Population, Counters]:
    """Make the first generation.

    Args:
        settings: ``population`` is how many genomes there are; ``initial_connection``, ``connection_fraction``,
            ``num_hidden`` and ``initial_direct`` say what they look like.
        n_inputs: Inputs of every network, at least 1. A bias input is not needed: nodes have a bias.
        n_outputs: Outputs of every network, at least 1.
        seed: From 0 to 2**63 - 1. The same seed gives the same population, bit for bit.
        threads: That share the work; None: one for each core. Results do not depend on it.
        generation: Another one than 0 gives another population: the first one after an extinction.

    Returns:
        The population, P genomes that differ in their weights, and the counters that number the innovations after it,
        for :func:`reproduce`.

    Raises:
        UserError: A number is out of range.

    Example:
        >>> from genesys_cli import neat
        >>> population, counters = neat.first_population(neat.settings(population=50), n_inputs=2, n_outputs=1, seed=1)
        >>> population.size, counters
        (50, Counters(next_node=3, next_innovation=2))
    """
    check_settings(settings)
    check_shape(n_inputs, n_outputs, settings.num_hidden)
    n_inputs, n_outputs = int(n_inputs), int(n_outputs)
    draws = draws_of(seed, generation)
    threads = sharing(threads)
    per_node, per_genome = first_genes(settings, n_inputs, n_outputs)
    size = settings.population
    try:
        if (per_node + per_genome) * size >= 2**45:  # genes, of 14 bytes or more: no need to try
            raise MemoryError
        ends = np.arange(size + 1, dtype=np.int64)
        population = Population(n_inputs, n_outputs, **empty_genes(ends * per_node, ends * per_genome))
        sources, targets = first_connections(settings, n_inputs, n_outputs)
    except MemoryError:
        raise UserError(
            f"{size:,} genomes of {per_node:,} nodes and {per_genome:,} connections do not fit in memory: make fewer "
            "(neat.population), or smaller ones (neat.num_hidden, neat.initial_connection)"
        ) from None
    mode = {"partial": PARTIAL, "one_input": ONE_INPUT}.get(settings.initial_connection, FULL)
    known, links = len(sources), links_between(sources, targets)
    if settings.initial_connection == "none":
        sources, targets = sources[:0], targets[:0]
    start = Start(sources, targets, mode, per_genome)
    rates = rates_of(settings)
    threads.map(lambda _, lo, hi: fill_first(population, lo, hi, start, rates, draws), size)
    return population, Counters(next_node=n_inputs + per_node, next_innovation=known, links=links)
