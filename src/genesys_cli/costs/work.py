"""What a generation asks of a machine, whichever machine that is: counted while it ran, on any backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import counts as count
from ..backends.chip.model import ChipModel, interface_of, layers_of
from ..backends.chip.numerics import fixed_point
from ..compiled.threads import Threads
from ..config.backends import kind_of
from ..config.chip import ChipSettings
from ..config.schema import Settings
from ..counts import Row, bred, lookup, named
from ..energy.workload import Workload, checked
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from ..neat.selection import MatingPlan

if TYPE_CHECKING:
    from ..backends.cluster.elsewhere import Elsewhere


class Work(NamedTuple):
    """One generation, so that what it asks for can be counted again, on any chip.

    generation: its number; population: P genomes that played, here or on a cluster
    decisions: (P,) int64, of each over all its episodes
    episodes: of each genome, on average; distances, distance_genes: that speciation computed, and that it read for them
    parents: the generation before; plan: who of it has children with whom; both None for the first generation
    """

    generation: int
    population: Population | Elsewhere
    decisions: NDArray[np.int64]
    episodes: int
    distances: int
    distance_genes: int
    parents: Population | Elsewhere | None = None
    plan: MatingPlan | None = None

    def here(self) -> tuple[Population, Population | None]:
        """Return the genomes, and their parents, fetched if they are elsewhere."""
        parents = self.parents if self.parents is None else _whole(self.parents)
        return _whole(self.population), parents


def _whole(genomes: Population | Elsewhere) -> Population:
    return genomes if isinstance(genomes, Population) else genomes.whole()


def breeding_counts(parents: Population | Elsewhere, plan: MatingPlan) -> dict[str, int]:
    """Return what a plan says of its children: how many have two parents, and the genes of those that are copies."""
    elite = plan.elite != 0
    genes = np.diff(parents.node_offsets) + np.diff(parents.conn_offsets)
    crossed = int(np.sum((plan.fitter != plan.other) & ~elite))
    return named({count.CROSSED_CHILDREN: crossed, count.ELITE_GENES: int(genes[plan.fitter[elite]].sum())})


def dense_macs_of(work: Work, settings: Settings) -> int:
    """Return the products of all decisions if each layer of a network were a full matrix, as on the chip's array."""
    layers = layers_of(work.here()[0], settings.neat.feed_forward)
    first = np.repeat(layers.offsets[:-1], layers.depth)
    at = first + np.arange(len(first)) - np.repeat(np.cumsum(layers.depth) - layers.depth, layers.depth)
    blocks = layers.sources[at].astype(np.int64) * layers.nodes[at]
    return int(blocks @ np.repeat(work.decisions, layers.depth))


def workload_of(row: Row, settings: Settings, env: Environment, *, dense_macs: float | None = None) -> Workload:
    """Return what the generation of a row of ``metrics.csv`` asks of a machine; raises :class:`UserError`.

    dense_macs: full matrices, see :func:`dense_macs_of`; rows of the chip have them, rows of software do not

    Genes are those of software. Rows of the chip count words, and inputs have words too, which are taken off again.
    """

    n = lookup(row)
    genomes = settings.neat.population
    if kind_of(settings.run.backend).counts_itself:
        inputs = env.n_inputs * genomes if bred(row) else 0
        twice = env.n_inputs * n(count.CROSSED_CHILDREN)
        read, written = n(count.GENES_IN) - inputs - twice, n(count.GENES_OUT) - inputs
        crossed = n(count.CROSSOVERS) - twice
        dense = n(count.USEFUL_MACS) + n(count.PADDED_MACS)
    else:
        read, written, crossed = n(count.GENES_READ), n(count.GENES_WRITTEN), n(count.GENES_CROSSED)
        if dense_macs is None:
            raise UserError("a row without the chip's counts does not say how large its layers are: give dense_macs")
        dense = dense_macs
    return checked(
        Workload(
            genomes=genomes,
            steps=n(count.DECISIONS),
            rounds=n(count.LONGEST_DECISIONS),
            lanes=genomes * settings.evaluation.episodes / len(settings.evaluation.rounds),
            macs=n(count.MACS),
            node_updates=n(count.NODE_UPDATES),
            dense_macs=dense,
            genes_read=read,
            genes_written=written,
            genes_crossed=crossed,
            genes_perturbed=written - n(count.ELITE_GENES),
            distance_genes=n(count.DISTANCE_GENES),
            inputs=env.n_inputs,
            outputs=env.n_outputs,
        )
    )


def chip_counts(
    work: Work, settings: Settings, env: Environment, threads: Threads, chip: ChipSettings | None = None
) -> dict[str, int] | str:
    """Return what a chip counts for a generation, as a row of its own run has it; or the reason why it cannot hold it.

    chip: None: that of the settings, else genesys-15nm. A population evolved in software is first put onto the chip,
    rounded to its numbers; the episodes remain those that it played in software.
    """
    chip = chip or settings.target_chip
    population, parents = work.here()
    counts: dict[str, int] = {}
    try:
        model = ChipModel(settings.neat, chip, interface_of(settings, env))
        adopt = model.quantise if kind_of(settings.run.backend).emulates_chip else fixed_point(chip).adopt
        if parents is not None and work.plan is not None:
            seed, before = settings.run.seed, work.generation - 1
            _, counts = model.breed(adopt(parents), work.plan, seed=seed, generation=before, threads=threads)
        counts |= model.inference(adopt(population), work.decisions, work.episodes)
    except UserError as error:
        return str(error)
    counts |= named(
        {
            count.DISTANCES: work.distances,
            count.DISTANCE_GENES: work.distance_genes,
            count.DECISIONS: int(work.decisions.sum()),
            count.LONGEST_DECISIONS: int(work.decisions.max(initial=0)),
        }
    )
    return counts | model.phase_cycles(counts, population.size)


def chip_layers(work: Work, settings: Settings, env: Environment, chip: ChipSettings) -> list[dict[str, int]]:
    """Return ADAM's counts of a generation layer by layer, for a chip of which :func:`chip_counts` had counts."""
    model = ChipModel(settings.neat, chip, interface_of(settings, env))
    adopt = model.quantise if kind_of(settings.run.backend).emulates_chip else fixed_point(chip).adopt
    return model.layer_counts(adopt(work.here()[0]), work.decisions)
