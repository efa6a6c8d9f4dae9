"""The fused evaluation kernel against episodes played one step at a time; results depend on the arguments alone."""

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.backends.native.rollout import ALONE_FROM
from genesys_cli.compiled.lanes import LANES
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import conditions_of, observation_scaling
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.errors import UserError
from genesys_cli.files.checkpoint import load
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import select
from genesys_cli.network.network import Network
from reference import rollout
from reference.numbers import same as same_counters
from reference.rollout import added
from small_runs import newest, start, tiny

FEW = 3
MANY = LANES + 5  # two rounds of lanes, the second with spare ones
GENOMES = 9
SEEDS = list(range(100, 100 + MANY))


@pytest.fixture(scope="module", params=[True, False], ids=["feed-forward", "recurrent"])
def feed_forward(request):
    return request.param


@pytest.fixture(scope="module", params=list(NATIVE))
def case(request, feed_forward, tmp_path_factory):
    """An environment, settings with a short limit, and genomes that have evolved for it."""
    env = find(request.param)
    overrides = [
        f"neat.feed_forward={str(feed_forward).lower()}",
        "neat.num_hidden=2",
        "neat.activation_options=['tanh', 'sin', 'relu']",
        "neat.activation_mutate_rate=0.3",
        "neat.aggregation_options=['sum', 'max', 'product']",
        "neat.aggregation_mutate_rate=0.3",
        "environment.max_steps=60",
        "evaluation.validation=none",
        f"evaluation.observation_offset={[0.1] * env.n_inputs}",
        f"evaluation.observation_scale={[1.5] * env.n_inputs}",
    ]
    settings = tiny(env.name, *overrides)
    place = tmp_path_factory.mktemp("population")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        state, _ = load(newest(start(settings, "run")))
    return env, settings, state


@pytest.fixture(scope="module")
def expected(case, feed_forward):
    """What the plain version finds."""
    env, settings, state = case
    networks = [Network(state.population, g, feed_forward=feed_forward) for g in range(GENOMES)]
    return rollout.evaluate(env, networks, SEEDS, conditions_of(settings, env))


@pytest.fixture
def evaluate(case):
    """Evaluate with these settings; threads: how many."""
    env, settings, state = case

    def run(seeds, population=None, *, threads=1, keep_returns=True):
        with Threads(threads) as pool:
            backend = make_backend(settings, env, pool)
            return backend.evaluate(population or state.population, seeds, keep_returns=keep_returns)

    return run


@pytest.mark.parametrize("episodes", sorted({1, FEW, ALONE_FROM - 1, ALONE_FROM, LANES, MANY}))
def test_every_episode_is_what_playing_it_gives(case, evaluate, expected, episodes):
    returns, steps = expected.returns, expected.steps
    found = evaluate(SEEDS[:episodes], case[2].population.select(np.arange(GENOMES)))
    np.testing.assert_array_equal(found.returns, returns[:, :episodes])
    totals = [added(each) for each in returns[:, :episodes].tolist()]
    np.testing.assert_array_equal(found.fitness, np.array(totals) / episodes)
    each = steps[:, :episodes].sum(axis=1)
    assert found.env_steps == found.counts["env_steps"] == each.sum()
    assert found.counts["macs"] == (each * expected.edges).sum()
    assert found.counts["node_updates"] == (each * expected.nodes).sum()
    terminated = expected.terminated[:, :episodes].sum()
    assert found.counts["episodes_terminated"] == terminated
    assert found.counts["episodes_truncated"] == GENOMES * episodes - terminated
    assert found.moments is None


@pytest.mark.parametrize("episodes", [FEW, MANY])
def test_threads_change_nothing(evaluate, episodes):
    one = evaluate(SEEDS[:episodes])
    for threads in (2, 3):
        many = evaluate(SEEDS[:episodes], threads=threads)
        np.testing.assert_array_equal(many.fitness, one.fitness)
        np.testing.assert_array_equal(many.returns, one.returns)
        assert many.counts == one.counts


@pytest.mark.parametrize("episodes", [FEW, MANY])
def test_company_changes_nothing(case, evaluate, episodes):
    """A genome scores the same alone, in any order, and whatever was evaluated before."""
    population = case[2].population
    whole = evaluate(SEEDS[:episodes])
    order = np.random.default_rng(0).permutation(population.size)
    np.testing.assert_array_equal(evaluate(SEEDS[:episodes], population.select(order)).fitness, whole.fitness[order])
    for g in (0, population.size - 1):
        alone = evaluate(SEEDS[:episodes], population.select(np.array([g])))
        np.testing.assert_array_equal(alone.returns[0], whole.returns[g])


def test_returns_are_kept_only_on_request(evaluate):
    with_returns, without = evaluate(SEEDS[:FEW]), evaluate(SEEDS[:FEW], keep_returns=False)
    assert without.returns.size == 0
    np.testing.assert_array_equal(without.fitness, with_returns.fitness)


def test_limits():
    settings = tiny("CartPole-v0", "environment.max_steps=1")
    env = find("CartPole-v0")
    state, _ = load(newest(start(settings, "run")))
    for limit, most in ((1, 1), (None, 200)):
        changed = settings.model_copy(
            update={"environment": settings.environment.model_copy(update={"max_steps": limit})}
        )
        with Threads(1) as threads:
            found = make_backend(changed, env, threads).evaluate(state.population, SEEDS, keep_returns=True)
        assert found.returns.max() <= most
    assert found.returns.max() > 1


def test_reproduction_is_neats(case):
    _, settings, state = case
    plan = select(state.population, state.fitness, state.species, settings.neat, seed=3, generation=6)
    with Threads(1) as threads:
        backend = make_backend(settings, case[0], threads)
        children, counters, counts = backend.reproduce(state.population, plan, state.counters, seed=3, generation=6)
        same = reproduce(state.population, plan, state.counters, settings.neat, seed=3, generation=6, threads=threads)
    assert children.equals(same[0])
    assert same_counters(counters, same[1])
    assert counts == same[2]


def test_scaling_of_observations():
    env = find("CartPole")
    offset, scale = observation_scaling(tiny("CartPole", "evaluation.observation_scale=[1, 2, 3, 4]"), env)
    assert offset.dtype == scale.dtype == np.float32
    assert offset.tolist() == [0, 0, 0, 0]
    assert scale.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("key", ["observation_offset", "observation_scale"])
def test_scaling_that_does_not_fit(key):
    with pytest.raises(UserError, match=rf"evaluation.{key} has 2 numbers, but CartPole-v1 has 4 .*pole angle"):
        observation_scaling(tiny("CartPole", f"evaluation.{key}=[1, 2]"), find("CartPole"))


def test_a_backend_that_is_none():
    settings = tiny()
    settings = settings.model_copy(update={"run": settings.run.model_copy(update={"backend": "abacus"})})
    with Threads(1) as threads, pytest.raises(UserError, match="there is no backend 'abacus'. There are: software"):
        make_backend(settings, find("CartPole"), threads)
