"""Random networks for ADAM's RTL, of any shape, and their steps as the emulation takes them."""

from __future__ import annotations

import numpy as np

from accelerator.adam.networks import steps
from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.compiled.lanes import LANES
from genesys_cli.config.chip import AdamSettings, BufferSettings, ChipSettings, GeneSettings
from genesys_cli.genome.population import Population
from genesys_cli.names import ACTIVATIONS
from reference.genome import Conn, Genome, Node, population_of


def chip_of(
    rows: int,
    cols: int,
    dataflow: str,
    *,
    packing: str = "population",
    layout: str = "wide16",
    table_bits: int = 8,
    words: int = 4096,
) -> ChipSettings:
    """Return a chip with an array of that shape, and as many banks as it needs."""
    return ChipSettings(
        adam=AdamSettings(rows=rows, cols=cols, dataflow=dataflow, packing=packing, table_bits=table_bits),
        buffer=BufferSettings(banks=48, words_per_bank=words),
        genes=GeneSettings(layout=layout),
    )


def random_genome(
    rng: np.random.Generator,
    inputs: int,
    outputs: int,
    hidden: int,
    *,
    feed_forward: bool,
    density: float,
    spread: float,
    kinds: list[int],
) -> Genome:
    """Return a genome whose links go along a random order of its nodes, or anywhere if it is recurrent."""
    genome = Genome(inputs, outputs)
    nodes = [*range(inputs, inputs + outputs + hidden)]
    for node in nodes:
        genome.nodes[node] = Node(
            np.float32(rng.normal() * spread / 4),
            np.float32(rng.choice([1.0, rng.normal() * spread / 4, 1 / 128])),
            int(rng.choice(kinds)),
            0,
        )
    order = rng.permutation(nodes).tolist()
    for source in range(inputs + outputs + hidden):
        for target in nodes:
            allowed = source < inputs or not feed_forward or order.index(source) < order.index(target)
            if allowed and rng.random() < density:
                weight = np.float32(rng.normal() * spread)
                genome.conns[source << 14 | target] = Conn(source, target, weight, bool(rng.random() < 0.9))
    return genome


def random_population(seed: int, size: int, *, feed_forward: bool, most: int = 8) -> Population:
    """Return networks of one scene: few or many sources and nodes, small weights or such as saturate."""
    rng = np.random.default_rng(seed)
    inputs, outputs = (int(n) for n in rng.integers(1, most + 1, 2))
    spread = float(rng.choice([1.0, 4.0, 40.0]))
    density = float(rng.choice([0.2, 0.6, 1.0]))
    kinds = rng.choice(len(ACTIVATIONS), int(rng.integers(1, len(ACTIVATIONS))), replace=False).tolist()
    return population_of(
        random_genome(
            rng,
            inputs,
            outputs,
            int(rng.integers(0, most)),
            feed_forward=feed_forward,
            density=density,
            spread=spread,
            kinds=kinds,
        )
        for _ in range(size)
    )


def observations(seed: int, taken: int, population: Population) -> np.ndarray:
    """Return (steps, P, I) float32, some beyond an operand's range."""
    rng = np.random.default_rng([seed, 1])
    spread = rng.choice([0.5, 2.0, 30.0])
    return rng.normal(scale=spread, size=(taken, population.size, population.n_inputs)).astype(np.float32)


def emulated(population: Population, chip: ChipSettings, observed: np.ndarray, *, feed_forward: bool):
    """Return the registers of all outputs, (steps, P, O) int32, and how many sums may saturate."""
    formats = fixed_point_of(chip)
    outputs = np.zeros((*observed.shape[:2], population.n_outputs), np.int32)
    limited = 0
    for g in range(population.size):
        lanes = np.repeat(observed[None, :, g], LANES, axis=0)
        found, saturating = steps(population, g, formats, lanes, feed_forward=feed_forward, lanes=1)
        outputs[:, g] = found[0]
        limited += saturating
    return outputs, limited
