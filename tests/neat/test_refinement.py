"""The separable CMA-ES of refinement is that of a well-kept library, number by number."""

from __future__ import annotations

import numpy as np
import pytest
from cmaes import SepCMA

from genesys_cli import neat
from genesys_cli.genome.rescaling import Scaling
from genesys_cli.neat.given import draws_of
from genesys_cli.neat.refinement import (
    agreement,
    begun,
    carried,
    default_samples,
    enough_episodes,
    genomes_of,
    learnt,
    moved,
    parameters_of,
    samples_of,
)
from genesys_cli.network.network import Network

SETTINGS = neat.settings(population=4, num_hidden=3, initial_direct=True)


def genome(settings=SETTINGS, seed=0):
    population, _ = neat.first_population(settings, 5, 2, seed)
    return population.select(np.array([0]))


def quadratic(samples):
    """Return a fitness, (S,), whose parameters differ in scale by three orders of magnitude."""
    scale = 10 ** np.linspace(-1.5, 1.5, samples.shape[1])
    return -((samples.astype(np.float64) * scale) ** 2).sum(axis=1)


@pytest.mark.parametrize("count", [4, 14, 41])
@pytest.mark.parametrize("step", [0.3, 1.0])
def test_it_learns_what_the_library_learns(count, step):
    known = begun(genome(), SETTINGS, step)
    theirs = SepCMA(mean=known.mean.copy(), sigma=step, population_size=count)
    theirs._C = known.variances.copy()
    for k in range(150):
        samples = samples_of(known, count, SETTINGS, draws_of(3, 1), k * count)
        fitness = quadratic(samples)
        theirs.tell([(x.astype(np.float64), -f) for x, f in zip(samples, fitness, strict=True)])
        known = learnt(known, samples, fitness, SETTINGS)
        np.testing.assert_allclose(known.mean, theirs.mean, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(known.variances, theirs._C, rtol=1e-9)
        np.testing.assert_allclose(known.step, theirs._sigma, rtol=1e-9)
    assert quadratic(known.mean[None])[0] > quadratic(begun(genome(), SETTINGS, step).mean[None])[0]


def test_samples_are_normal_and_each_has_its_own():
    known = begun(genome(), SETTINGS, 2.0)
    samples = samples_of(known, 20_000, SETTINGS, draws_of(5), 0)
    z = (samples - known.mean) / (2.0 * np.sqrt(known.variances))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.03)
    correlation = np.corrcoef(z.T) - np.eye(len(known.mean))
    assert np.abs(correlation).max() < 0.04
    assert np.array_equal(samples[100:110], samples_of(known, 10, SETTINGS, draws_of(5), 100))
    for draws in (draws_of(6), draws_of(5, 1)):
        assert not (samples == samples_of(known, 20_000, SETTINGS, draws, 0)).any(axis=1).any()


def test_samples_stay_inside_bounds():
    narrow = neat.settings(population=4, weight_min=-0.5, weight_max=0.25, bias_min=-0.1, bias_max=0.1)
    known = begun(genome(narrow), narrow, 3.0)
    samples = samples_of(known, 500, narrow, draws_of(0), 0)
    conns, _ = parameters_of(known.genome, narrow)
    weights, biases = samples[:, : len(conns)], samples[:, len(conns) :]
    assert (weights.min(), weights.max()) == (np.float32(-0.5), np.float32(0.25))
    assert (biases.min(), biases.max()) == (np.float32(-0.1), np.float32(0.1))


def test_genomes_have_the_weights_and_nothing_else_of_a_sample():
    one = genome()
    one.conn_enabled[3] = 0
    known = begun(one, SETTINGS, 1.0)
    assert len(known.mean) == len(one.conn_weight) - 1 + len(one.node_bias)
    samples = samples_of(known, 6, SETTINGS, draws_of(0), 0)
    found = genomes_of(known, samples, SETTINGS)
    neat.check(found, feed_forward=True)
    for k in range(6):
        own = found.select(np.array([k]))
        conns, _ = parameters_of(one, SETTINGS)
        assert np.array_equal(own.conn_weight[conns], samples[k, : len(conns)])
        assert np.array_equal(own.node_bias, samples[k, len(conns) :])
        assert own.conn_weight[3] == one.conn_weight[3]
        assert own._replace(conn_weight=one.conn_weight, node_bias=one.node_bias).equals(one)


def test_what_no_mutation_changes_is_no_parameter():
    fixed = neat.settings(population=4, bias_mutate_power=0.0)
    known = begun(genome(fixed), fixed, 1.0)
    assert len(known.mean) == np.count_nonzero(known.genome.conn_enabled)


def test_another_structure_keeps_what_is_known_of_genes_that_it_has():
    one = genome()
    known = begun(one, SETTINGS, 1.0)
    for k in range(5):
        samples = samples_of(known, 12, SETTINGS, draws_of(0), 12 * k)
        known = learnt(known, samples, quadratic(samples), SETTINGS)
    other = genome(seed=1)
    same = moved(known, other, SETTINGS, 0.7)
    assert np.array_equal(same.variances, known.variances)
    assert same.step == known.step
    assert same.steps == 0
    assert not same.step_path.any()
    assert np.array_equal(same.mean[: len(other.conn_weight)], other.conn_weight)
    other.conn_enabled[0] = 0
    fewer = moved(known, other, SETTINGS, 0.7)
    assert np.array_equal(fewer.variances, known.variances[1:])
    assert fewer.step == 0.7
    assert np.array_equal(moved(fewer, one, SETTINGS, 1.0).variances[1:], known.variances[1:])
    assert moved(fewer, one, SETTINGS, 1.0).variances[0] == SETTINGS.weight_mutate_power**2


def test_other_scales_of_inputs_leave_what_networks_compute():
    rng = np.random.default_rng(5)
    one = genome()
    known = begun(one, SETTINGS, 0.4)
    for k in range(3):
        samples = samples_of(known, 12, SETTINGS, draws_of(0), 12 * k)
        known = learnt(known, samples, quadratic(samples), SETTINGS)
    n = one.n_inputs
    was = Scaling(rng.normal(size=n).astype(np.float32), rng.uniform(0.5, 2.0, n).astype(np.float32))
    now = Scaling(rng.normal(size=n).astype(np.float32), rng.uniform(0.5, 2.0, n).astype(np.float32))
    assert carried(known, was, was, SETTINGS) is known
    other = carried(known, was, now, SETTINGS)
    assert (other.step, other.steps) == (known.step, known.steps)
    seen = rng.normal(size=n).astype(np.float32)
    then, after = (
        Network(each.genome, feed_forward=True).activate((seen - scaling.offset) * scaling.scale)
        for each, scaling in ((known, was), (other, now))
    )
    np.testing.assert_allclose(then, after, rtol=1e-4, atol=1e-5)
    conns, _ = parameters_of(one, SETTINGS)
    first = [k for k, conn in enumerate(conns) if one.conn_in[conn] < n]
    ratio = (was.scale.astype(np.float64) / now.scale)[one.conn_in[conns[first]]]
    np.testing.assert_allclose(other.variances[first], known.variances[first] * ratio**2, rtol=1e-12)
    np.testing.assert_allclose(other.mean_path[first], known.mean_path[first] * ratio, rtol=1e-12)
    rest = np.setdiff1d(np.arange(len(known.mean)), first)
    np.testing.assert_array_equal(other.variances[rest], known.variances[rest])
    np.testing.assert_array_equal(other.step_path, known.step_path)


def test_an_input_that_was_always_0_keeps_its_width():
    one = genome()
    known = begun(one, SETTINGS, 0.4)
    n = one.n_inputs
    was = Scaling(np.zeros(n, np.float32), np.zeros(n, np.float32))
    now = Scaling(np.zeros(n, np.float32), np.ones(n, np.float32))
    np.testing.assert_array_equal(carried(known, was, now, SETTINGS).variances, known.variances)
    np.testing.assert_array_equal(carried(known, now, was, SETTINGS).variances, known.variances)


def tau(one, other):
    """Return Kendall's tau without ties, pair by pair."""
    alike = [np.sign(one[i] - one[j]) * np.sign(other[i] - other[j]) for i in range(len(one)) for j in range(i)]
    told = [pair for pair in alike if pair]
    return sum(told) / len(told) if told else None


@pytest.mark.parametrize("episodes", [2, 3, 10])
def test_agreement_is_that_of_every_pair(episodes):
    rng = np.random.default_rng(episodes)
    for noise in (0.0, 1.0, 30.0):
        returns = rng.integers(0, 6, (9, 1)) + np.rint(noise * rng.normal(size=(9, episodes)))
        assert agreement(returns) == tau(returns[:, ::2].sum(axis=1), returns[:, 1::2].sum(axis=1))
    assert agreement(np.repeat(rng.normal(size=(9, 1)), episodes, axis=1)) == 1.0
    assert agreement(np.ones((9, episodes))) is None


def test_agreement_where_an_episode_failed():
    returns = np.array([[1.0, 2.0], [-np.inf, -np.inf], [3.0, 4.0]])
    assert agreement(returns) == 1.0


def test_episodes_grow_until_halves_of_them_agree():
    """Where samples differ by 1 and episodes by 4 standard deviations, two thirds of the variance need 32 episodes."""
    rng = np.random.default_rng(1)
    episodes, seen = 2.0, []
    for _ in range(400):
        samples = rng.normal(size=(20, 1))
        agreed = agreement(samples + 4.0 * rng.normal(size=(20, round(episodes))))
        episodes = enough_episodes(episodes, agreed, 2, 500)
        seen.append(episodes)
    assert 25 < np.median(seen[100:]) < 45
    assert enough_episodes(100.0, 1.0, 2, 500) < 100.0
    assert enough_episodes(3.0, 1.0, 3, 500) == 3.0
    assert enough_episodes(50.0, -1.0, 2, 50) == 50.0
    assert enough_episodes(0.0, None, 5, 50) == 5.0


def test_so_many_samples_as_the_tutorial_says():
    assert [default_samples(d) for d in (1, 2, 10, 100)] == [4, 6, 10, 17]
