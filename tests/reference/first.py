"""The first generation, genome by genome."""

from __future__ import annotations

import numpy as np

from genesys_cli.compiled.philox import INITIAL_CONNECTIONS, INITIAL_NODES, INITIAL_WEIGHTS
from genesys_cli.config.neat import NeatSettings
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS

from .genome import Conn, Genome, Node
from .philox import block, choose, deviate


def drawn(neat: NeatSettings, attribute: str, word: int) -> np.float32:
    """Return the starting value of an attribute that a word draws."""
    mean, stdev, low, high = (
        np.float32(getattr(neat, f"{attribute}_{name}")) for name in ("init_mean", "init_stdev", "min", "max")
    )
    return min(max(mean + stdev * deviate(word, neat.mutate_distribution), low), high)


def links(neat: NeatSettings, n_inputs: int, n_outputs: int) -> list[tuple[int, int]]:
    """Return every link of a full start, in the order of its innovation number."""
    inputs = list(range(n_inputs))
    outputs = [n_inputs + k for k in range(n_outputs)]
    hidden = [n_inputs + n_outputs + k for k in range(neat.num_hidden)]
    table = []
    for node in hidden:
        table += [(i, node) for i in inputs]
    for node in outputs:
        table += [(h, node) for h in hidden]
    if neat.initial_direct or not hidden:
        for node in outputs:
            table += [(i, node) for i in inputs]
    return table


def chosen_connections(neat: NeatSettings, table: list[tuple[int, int]], n_inputs: int, seed: int, g: int) -> list[int]:
    """Return the innovation numbers of the links that genome `g` starts with."""
    everything = list(range(len(table)))
    if neat.initial_connection == "full":
        return everything
    if neat.initial_connection == "none":
        return []
    if neat.initial_connection == "one_input":
        only = choose(block(seed, INITIAL_CONNECTIONS, 0, g, 0)[0], n_inputs)
        return [k for k in everything if table[k][0] == only or table[k][0] >= n_inputs]
    wanted = round(neat.connection_fraction * len(table))
    taken: list[int] = []
    for k in everything:  # selection sampling (Knuth, TAOCP 3.4.2, algorithm S)
        if choose(block(seed, INITIAL_CONNECTIONS, 0, g, 1 + k)[0], len(table) - k) < wanted - len(taken):
            taken.append(k)
    return taken


def first_genomes(neat: NeatSettings, n_inputs: int, n_outputs: int, seed: int) -> list[Genome]:
    genomes = []
    table = links(neat, n_inputs, n_outputs)
    default = neat.activation_default
    for g in range(neat.population):
        genome = Genome(n_inputs, n_outputs)
        for k in range(n_outputs + neat.num_hidden):
            bias, response, _, _ = block(seed, INITIAL_NODES, 0, g, k)
            genome.nodes[n_inputs + k] = Node(
                drawn(neat, "bias", bias),
                drawn(neat, "response", response),
                ACTIVATIONS.index(neat.output_activation or neat.activation_default if k < n_outputs else default),
                AGGREGATIONS.index(neat.aggregation_default),
            )
        for k in chosen_connections(neat, table, n_inputs, seed, g):
            weight = drawn(neat, "weight", block(seed, INITIAL_WEIGHTS, 0, g, k)[0])
            genome.conns[k] = Conn(*table[k], weight, True)
        genomes.append(genome)
    return genomes
