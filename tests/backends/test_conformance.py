"""What every backend must do, on native environments. A new backend joins SHIPPED and nothing else."""

import numpy as np
import pytest

from backends.bench import BACKENDS, CHIPS, pairs
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.envs.spec import Box
from genesys_cli.genome.population import problems
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.selection import finite_fitness, select
from genesys_cli.neat.speciation import speciate

SEEDS = [11, 12, 13]
SIZE = 40


class Bench:
    """A backend with a first generation and its children, whose structure has changed."""

    def __init__(self, name, env, *overrides, threads=1):
        structure = ("neat.node_add_prob=0.5", "neat.conn_add_prob=0.5", "neat.node_delete_prob=0.2")
        sizes = (f"neat.population={SIZE}", "environment.max_steps=60")
        given = [f"run.backend={name}", *sizes, *structure, *overrides]
        self.settings = load_settings(env=env, overrides=given, chip=CHIPS.get(name))
        self.env = find(self.settings.environment.id)
        self.backend = make_backend(self.settings, self.env, Threads(threads))
        neat = self.settings.neat
        first, self.counters = first_population(neat, self.env.n_inputs, self.env.n_outputs, 5, Threads(1))
        self.first = self.backend.adopt(first)

    def children(self):
        neat = self.settings.neat
        fitness, _ = finite_fitness(self.backend.evaluate(self.first, SEEDS).fitness)
        species, _ = speciate(self.first, fitness, None, neat, seed=5, generation=0, threads=Threads(1))
        plan = select(self.first, fitness, species, neat, seed=5, generation=0)
        return plan, *self.backend.reproduce(self.first, plan, self.counters, seed=5, generation=0)


#: The first backend meets every environment; others one with a choice, and one with numbers.
ALWAYS = [
    (name, env) for name in BACKENDS for env in NATIVE if name == BACKENDS[0] or env in ("CartPole-v1", "Pendulum-v1")
]


@pytest.fixture(params=[pytest.param(p.values, marks=p.marks, id="-".join(p.values)) for p in pairs(ALWAYS)])
def case(request):
    name, env = request.param
    return name, NATIVE[env].name


@pytest.fixture
def name(case):
    return case[0]


@pytest.fixture
def env(case):
    return case[1]


@pytest.fixture(params=["neat.feed_forward=true", "neat.feed_forward=false"])
def kind(request):
    return request.param


def test_children_are_sound_and_as_many_as_planned(name, env, kind):
    bench = Bench(name, env, kind)
    plan, children, counters, counts = bench.children()
    assert children.size == SIZE
    assert list(problems(children, feed_forward=bench.settings.neat.feed_forward)) == []
    assert counters[:2] >= bench.counters[:2]
    assert all(isinstance(value, int) and value >= 0 for value in counts.values())
    assert not children.equals(bench.first)
    for child in np.flatnonzero(plan.elite):
        mine, parent = children.select(np.array([child])), bench.first.select(plan.fitter[child : child + 1])
        assert mine.equals(parent)


def test_adopting_twice_changes_nothing_more(name, env):
    bench = Bench(name, env)
    assert bench.backend.adopt(bench.first).equals(bench.first)
    children = bench.children()[1]
    assert bench.backend.adopt(children).size == SIZE


def test_fitness_is_the_mean_of_the_returns(name, env, kind):
    bench = Bench(name, env, kind)
    found = bench.backend.evaluate(bench.first, SEEDS, keep_returns=True)
    assert found.returns.shape == (SIZE, len(SEEDS))
    assert found.fitness == pytest.approx(found.returns.mean(axis=1), rel=1e-12)
    assert 0 < found.env_steps <= SIZE * len(SEEDS) * 60
    assert found.counts["env_steps"] == found.env_steps
    if env in ("CartPole", "Pendulum"):  # elsewhere nobody gets anywhere in so few steps
        assert len(np.unique(found.fitness)) > 1


def test_each_genome_and_episode_stands_for_itself(name, env, kind):
    bench = Bench(name, env, kind)
    population = bench.children()[1]
    together = bench.backend.evaluate(population, SEEDS, keep_returns=True).returns
    many = bench.backend.evaluate(population, [*SEEDS, 14, 15, 16], keep_returns=True).returns  # other lanes
    assert np.array_equal(many[:, : len(SEEDS)], together, equal_nan=True)
    some = np.array([3, 30, 7])
    alone = bench.backend.evaluate(population.select(some), SEEDS[1:2], keep_returns=True).returns
    assert np.array_equal(alone[:, 0], together[some, 1], equal_nan=True)


def test_threads_change_nothing(name, env, kind):
    one, three = Bench(name, env, kind), Bench(name, env, kind, threads=3)
    assert three.children()[1].equals(one.children()[1])
    assert three.children()[3] == one.children()[3]
    found, same = (bench.backend.evaluate(bench.first, SEEDS) for bench in (one, three))
    assert np.array_equal(found.fitness, same.fitness, equal_nan=True)
    assert found.counts == same.counts


def test_what_it_did_is_accounted_for(name, env):
    bench = Bench(name, env)
    evaluated = bench.backend.evaluate(bench.first, SEEDS).counts
    counts = {**evaluated, **bench.children()[3], "distances": 10, "distance_genes": 300}
    more = bench.backend.phase_cycles(counts, SIZE)
    assert all(isinstance(value, int) and value >= 0 for value in more.values())
    assert isinstance(bench.backend.describe()["warnings"], list)


def test_a_network_steps_as_in_evaluation(name, env, kind):
    """Play an episode in Gymnasium with the network stepped from Python; the kernel must have seen the same."""
    gymnasium = pytest.importorskip("gymnasium")
    from genesys_cli.envs.gym.native import NativeGym

    bench = Bench(name, env, kind)
    genomes = bench.first.select(np.arange(4))
    wanted = bench.backend.evaluate(genomes, SEEDS[:1], keep_returns=True).returns[:, 0]
    scaling = bench.settings.evaluation
    offset = np.array(scaling.observation_offset or [0] * bench.env.n_inputs, np.float32)
    scale = np.array(scaling.observation_scale or [1] * bench.env.n_inputs, np.float32)
    for g in range(4):
        network = bench.backend.network(genomes.select(np.array([g])))
        world = (
            gymnasium.make(bench.env.id, max_episode_steps=60)
            if bench.env.gymnasium_id
            else gymnasium.wrappers.TimeLimit(NativeGym(bench.env), 60)
        )
        observation, _ = world.reset(seed=SEEDS[0])
        total, over = 0.0, False
        while not over:
            outputs = network.activate((np.asarray(observation, np.float32) - offset) * scale)
            observation, reward, terminated, truncated, _ = world.step(_action(bench.env.action, outputs))
            total += float(reward)
            over = terminated or truncated
        world.close()
        assert total == pytest.approx(wanted[g], rel=1e-6, abs=1e-4)


def _action(action, outputs):
    if isinstance(action, Box):
        low, high = np.float32(action.low), np.float32(action.high)
        return (high + low) / 2 + (high - low) / 2 * np.clip(outputs, np.float32(-1), np.float32(1))
    return int(np.argmax(outputs))


def test_the_chip_scores_its_champions_as_software_does():
    """Fixed point costs at most 5 % of the return (see benchmarks/fixed_point.py for every environment and layout)."""
    bench = Bench("software", "CartPole", "environment.max_steps=500", "neat.population=150")
    best = bench.first.select(np.argsort(-bench.backend.evaluate(bench.first, range(20)).fitness)[:1])
    software = bench.backend.evaluate(best, range(100, 200)).fitness[0]
    chip = Bench("genesys", "CartPole", "environment.max_steps=500").backend
    on_chip = chip.evaluate(chip.adopt(best), range(100, 200)).fitness[0]
    assert on_chip == pytest.approx(software, rel=0.05)
