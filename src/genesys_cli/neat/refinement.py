"""Refinement: the weights of one genome, searched by a separable CMA-ES while its structure stays.

R. Ros and N. Hansen, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", PPSN 2008. The
parameters are the weights of connections that are enabled, and the biases where a mutation may change them. Each is
measured in standard deviations of its mutation, so that the step size is a plain number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.neat import NeatSettings
from ..genome.population import Population
from ..genome.rescaling import Scaling, rescaled
from .kernels.rates import Draws
from .kernels.refinement import Rates, fill_recombination, fill_samples, learn

AGREEMENT = 0.35
"""Kendall's tau of two halves of the episodes at which they are as many as they should be; 1: the halves rank alike.

Then about two thirds of the variance among samples are theirs, and the rest is the episodes'. With fewer of them, steps
are mostly chance; with more, time is better spent on further steps. 20 seeds of Pendulum did not tell 0.2 from it.
"""

_GAIN = 0.5  # by how much episodes grow or shrink where halves agree by 1 more, or less, than they should
_LARGEST_STEP = 1e6
_SMALLEST_VARIANCE = 1e-20


class Distribution(NamedTuple):
    """A normal distribution of the D parameters of a genome, and what was learnt on the way to it.

    genome: a population of one, with the mean
    mean: (D,) float64; variances: (D,) float64, of the parameters where the step size is 1; step: its size
    step_path, mean_path: (D,) float64, smoothed moves, in standard deviations and in steps
    steps: how often it has learnt since the paths were empty
    """

    genome: Population
    mean: NDArray[np.float64]
    variances: NDArray[np.float64]
    step: float
    step_path: NDArray[np.float64]
    mean_path: NDArray[np.float64]
    steps: int


def parameters_of(genome: Population, neat: NeatSettings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which connection and which node genes of a population of one have a parameter, indices, ascending."""
    conns = np.flatnonzero(genome.conn_enabled) if neat.weight_mutate_power > 0 else np.empty(0, np.int64)
    nodes = np.arange(len(genome.node_id)) if neat.bias_mutate_power > 0 else np.empty(0, np.int64)
    return conns, nodes


def begun(genome: Population, neat: NeatSettings, step: float) -> Distribution:
    """Return a distribution around a genome, as wide as a mutation at a step size of 1."""
    conns, nodes = parameters_of(genome, neat)
    mean = np.concatenate([genome.conn_weight[conns], genome.node_bias[nodes]]).astype(np.float64)
    powers = neat.weight_mutate_power, neat.bias_mutate_power
    variances = np.concatenate(
        [np.full(len(part), power**2) for part, power in zip((conns, nodes), powers, strict=True)]
    )
    nothing = np.zeros(len(mean))
    return Distribution(genome, mean, variances, step, nothing, nothing, 0)


def moved(known: Distribution, genome: Population, neat: NeatSettings, step: float) -> Distribution:
    """Return a distribution around another genome, with the variances of the parameters that both have.

    step: its size where the structure differs; where it is the same, the size is kept
    """
    new = begun(genome, neat, step)
    was, now = (_names(each.genome, neat) for each in (known, new))
    _, there, here = np.intersect1d(was, now, assume_unique=True, return_indices=True)
    variances = new.variances.copy()
    variances[here] = known.variances[there]
    same = len(was) == len(now) == len(here)
    return new._replace(variances=variances, step=known.step if same else step)


def carried(known: Distribution, was: Scaling, now: Scaling, neat: NeatSettings) -> Distribution:
    """Return a distribution over the same networks where inputs have another scale; see ``genome.rescaling``."""
    if not was.differs(now).any():
        return known
    genome = rescaled(known.genome, was, now).genomes
    before, after = (begun(each, neat, known.step).mean for each in (known.genome, genome))
    conns, _ = parameters_of(genome, neat)
    source = genome.conn_in[conns]
    of_input = np.flatnonzero(source < genome.n_inputs)
    ratio = np.ones(len(known.mean))
    with np.errstate(divide="ignore"):
        ratio[of_input] = was.scale[source[of_input]].astype(np.float64) / now.scale[source[of_input]]
    ratio = np.where(np.isfinite(ratio) & (ratio > 0.0), ratio, 1.0)  # an input that was or is always 0
    return known._replace(
        genome=genome,
        mean=known.mean + (after - before),
        variances=np.maximum(known.variances * ratio * ratio, _SMALLEST_VARIANCE),
        mean_path=known.mean_path * ratio,
    )


def samples_of(known: Distribution, count: int, neat: NeatSettings, draws: Draws, first: int) -> NDArray[np.float32]:
    """Return samples, (S, D) float32, inside the bounds of weights and biases. first: number of the first of them"""
    conns, nodes = parameters_of(known.genome, neat)
    low = np.concatenate([np.full(len(conns), neat.weight_min), np.full(len(nodes), neat.bias_min)])
    high = np.concatenate([np.full(len(conns), neat.weight_max), np.full(len(nodes), neat.bias_max)])
    out = np.empty((count, len(known.mean)), np.float32)
    fill_samples(draws.seed, draws.generation, first, known.mean, known.variances, known.step, low, high, out)
    return out


def genomes_of(known: Distribution, samples: NDArray[np.floating], neat: NeatSettings) -> Population:
    """Return a genome for each sample."""
    conns, nodes = parameters_of(known.genome, neat)
    found = known.genome.select(np.zeros(len(samples), np.int64))
    weights = found.conn_weight.reshape(len(samples), -1).copy()
    biases = found.node_bias.reshape(len(samples), -1).copy()
    weights[:, conns] = samples[:, : len(conns)]
    biases[:, nodes] = samples[:, len(conns) :]
    return found._replace(conn_weight=weights.ravel(), node_bias=biases.ravel())


def learnt(
    known: Distribution, samples: NDArray[np.float32], fitness: NDArray[np.float64], neat: NeatSettings
) -> Distribution:
    """Return a distribution as its samples and their fitness, (S,) float64, finite, teach it."""
    order = np.argsort(-fitness, kind="stable")
    weights = np.empty(len(samples) // 2)
    fill_recombination(weights)
    best = samples[order[: len(weights)]].astype(np.float64)
    mean, variances, step_path, mean_path = (
        part.copy() for part in (known.mean, known.variances, known.step_path, known.mean_path)
    )
    step = learn(
        best, weights, rates_of(len(mean), weights), known.steps, mean, variances, step_path, mean_path, known.step
    )
    np.maximum(variances, _SMALLEST_VARIANCE, out=variances)
    moved_to = known._replace(
        mean=mean,
        variances=variances,
        step=min(float(step), _LARGEST_STEP),
        step_path=step_path,
        mean_path=mean_path,
        steps=known.steps + 1,
    )
    return moved_to._replace(genome=genomes_of(moved_to, mean[None].astype(np.float32), neat))


def rates_of(dimensions: int, weights: NDArray[np.float64]) -> Rates:
    """Return how fast a distribution of so many dimensions learns; N. Hansen, "The CMA Evolution Strategy: A Tutorial".

    weights: (M,) float64, of the best samples. The variances learn faster than a whole matrix would, by (D + 2) / 3.
    """
    d = float(dimensions)
    effective = 1.0 / float(np.add.accumulate(weights * weights)[-1])
    step = (effective + 2.0) / (d + effective + 3.0)
    damping = 1.0 + 2.0 * max(0.0, float(np.sqrt((effective - 1.0) / (d + 1.0))) - 1.0) + step
    whole = 2.0 / effective / (d + float(np.sqrt(2.0))) ** 2 + (1.0 - 1.0 / effective) * min(
        1.0, (2.0 * effective - 1.0) / ((d + 2.0) ** 2 + effective)
    )
    rank_one = 2.0 / ((d + 1.3) ** 2 + effective)
    rank_mu = min((d + 2.0) / 3.0 * whole, 1.0 - rank_one)
    usual = float(np.sqrt(d)) * (1.0 - 1.0 / (4.0 * d) + 1.0 / (21.0 * d * d))
    return Rates(effective, step, damping, 4.0 / (d + 4.0), rank_one, rank_mu, usual)


def agreement(returns: NDArray[np.float64]) -> float | None:
    """Return how alike two halves of the episodes rank samples, from -1 to 1; None: a half has the same for all.

    returns: (S, E) float64, E at least 2. It is the share of pairs that both halves rank alike, less the other share.
    """
    halves = [np.add.accumulate(returns[:, first::2], axis=1)[:, -1] for first in (0, 1)]
    one, other = ((half[:, None] > half).astype(np.int64) - (half[:, None] < half) for half in halves)
    told = np.count_nonzero(one * other)
    return None if told == 0 else int(np.sum(one * other)) / told


def enough_episodes(episodes: float, agreed: float | None, least: int, most: int) -> float:
    """Return how many episodes the samples of the next step are to play.

    episodes: that those of the last one should have played; agreed: how alike halves of them ranked, see above
    """
    if agreed is not None:
        episodes *= 1.0 + _GAIN * (AGREEMENT - agreed)
    return min(max(episodes, float(least)), float(most))


def default_samples(dimensions: int) -> int:
    """Return how many samples a distribution of so many dimensions learns of, where nobody says otherwise."""
    return 4 + int(3.0 * np.log(max(dimensions, 1)))


def _names(genome: Population, neat: NeatSettings) -> NDArray[np.int64]:
    """Return what tells the parameters of a genome from others, (D,) int64: an innovation, or minus a node and 1."""
    conns, nodes = parameters_of(genome, neat)
    return np.concatenate([genome.conn_innovation[conns].astype(np.int64), -1 - genome.node_id[nodes].astype(np.int64)])
