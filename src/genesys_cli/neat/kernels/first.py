"""The genes of the first generation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel, outline
from ...compiled.philox import (
    INITIAL_CONNECTIONS,
    INITIAL_NODES,
    INITIAL_WEIGHTS,
    below,
    normal,
    philox,
    uniform,
)

FULL, PARTIAL, ONE_INPUT = 0, 1, 2


class Start(NamedTuple):
    """What connections the genomes of the first generation have.

    sources, targets: (K,) int32, ids of the nodes of every connection that one may have, in the order of innovation
        numbers
    mode: FULL, all of them; PARTIAL, a random `wanted` of them; ONE_INPUT, those of one random input and of no input
    """

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    mode: int
    wanted: int


@kernel
def fill_first(population, lo, hi, start, rates, draws):
    """Write genomes ``lo .. hi`` of the first generation; offsets of `population` are set.

    start: ``Start``; rates: ``Rates``; draws: ``Draws``
    """
    sources, targets, mode = start.sources, start.targets, start.mode
    seed, generation = draws.seed, draws.generation
    for g in range(lo, hi):
        individual = np.uint64(g)
        at = population.node_offsets[g]
        for k in range(population.node_offsets[g + 1] - at):
            r0, r1, _, _ = philox(seed, np.uint64(k), individual, generation, np.uint64(INITIAL_NODES))
            population.node_id[at + k] = population.n_inputs + k
            population.node_bias[at + k] = _start(rates.bias, rates.uniform, r0)
            population.node_response[at + k] = _start(rates.response, rates.uniform, r1)
            output = k < population.n_outputs
            population.node_activation[at + k] = rates.output_activation if output else rates.activation_default
            population.node_aggregation[at + k] = rates.aggregation_default
        only, _, _, _ = philox(seed, np.uint64(0), individual, generation, np.uint64(INITIAL_CONNECTIONS))
        only_input = np.int64(below(only, np.uint64(population.n_inputs)))
        at = population.conn_offsets[g]
        taken = 0
        for k in range(len(sources)):
            if mode == PARTIAL:  # Knuth's selection sampling: exactly `wanted`, each subset equally likely
                r0, _, _, _ = philox(seed, np.uint64(1 + k), individual, generation, np.uint64(INITIAL_CONNECTIONS))
                if np.int64(below(r0, np.uint64(len(sources) - k))) >= start.wanted - taken:
                    continue
            elif mode == ONE_INPUT and sources[k] < population.n_inputs and sources[k] != only_input:
                continue
            r0, _, _, _ = philox(seed, np.uint64(k), individual, generation, np.uint64(INITIAL_WEIGHTS))
            population.conn_innovation[at + taken] = k
            population.conn_in[at + taken] = sources[k]
            population.conn_out[at + taken] = targets[k]
            population.conn_weight[at + taken] = _start(rates.weight, rates.uniform, r0)
            population.conn_enabled[at + taken] = 1
            taken += 1


@outline
def _start(attribute, flat, word):
    """Return the first value of a real attribute, float32.

    attribute: ``Attribute``; flat: whether its distribution is uniform, else normal; word: of 32 bits
    """
    value = attribute.init_mean + attribute.init_stdev * (uniform(word) if flat else normal(word))
    value = attribute.low if value < attribute.low else value
    return attribute.high if value > attribute.high else value
