"""What a batch of a table costs in NumPy: all rows of a network at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.regression import table_of
from benchmarks.timing import Sample, Turn, stopwatch
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.schema import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population


def numpy_batch(population: int, rows: int, inputs: int, seed: int) -> Turn:
    """Let each genome of a fully connected first population predict a table; squared error. Amount: predictions."""
    genomes, _ = first_population(NeatSettings(population=population), inputs, 1, seed, Threads(1))
    values, targets = table_of(rows, inputs, seed)
    columns, truth = np.float32(values.T), np.float32(targets)

    def turn() -> Sample:
        with stopwatch() as watch:
            for g in range(population):
                np.mean((predicted(genomes, g, columns) - truth) ** 2)
        return watch.sample(population * rows)

    return turn


def predicted(genomes: Population, g: int, columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the only output of a genome without hidden nodes for all rows; columns: (inputs, rows)"""
    node, links = genomes.node_offsets[g], slice(genomes.conn_offsets[g], genomes.conn_offsets[g + 1])
    on = genomes.conn_enabled[links].astype(bool)
    total = genomes.conn_weight[links][on] @ columns[genomes.conn_in[links][on]]
    output: NDArray[np.float32] = np.tanh(genomes.node_bias[node] + genomes.node_response[node] * total)
    return output
