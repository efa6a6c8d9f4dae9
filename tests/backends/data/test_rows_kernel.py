"""The kernel of tables beside networks that are activated row by row, and losses that are added one by one."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.backends.data.predict import predict
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of, resolved
from genesys_cli.network.network import Network
from reference.grow import Scene, grow

SEED = 3
ROWS = 37  # two blocks of sixteen lanes and a part of one


@pytest.fixture
def learnt(tmp_path):
    """Return what makes settings and environment of a table with three inputs, and networks with hidden nodes."""

    def make(*overrides, classes=0):
        rng = np.random.default_rng(SEED)
        inputs = rng.normal(size=(ROWS, 3)) * (1, 10, 0.1) + (0, 5, 2)
        target = rng.integers(0, classes, ROWS) if classes else rng.normal(size=ROWS) * 4 + 1
        np.savez(tmp_path / "t.npz", x=inputs, y=target)
        flags = {"data.file": str(tmp_path / "t.npz"), "data.target": "y"}
        settings = load_settings(None, None, [*overrides, "neat.population=12"], flags)
        env = environment_of(settings)
        settings = resolved(settings, env)
        changes = {"population": 12, "output_activation": settings.neat.output_activation}
        population = grow(Scene(env.n_inputs, env.n_outputs, 5, changes, 6))[-1].children
        return settings, env, population

    return make


def evaluated(settings, env, population, rows, threads=1, world=None):
    with Threads(threads) as workers:
        backend = make_backend(settings, env, workers)
        return backend.evaluate(backend.adopt(population), rows, world, keep_returns=True)


def test_numbers_are_those_of_networks_activated_row_by_row(learnt):
    settings, env, population = learnt()
    table, rows = env.rows(), list(range(ROWS))
    found = evaluated(settings, env, population, rows)
    world = conditions_of(settings, env)
    for g in range(population.size):
        network = Network(population, g, feed_forward=True)
        losses = []
        for row in rows:
            output = network.activate((table.inputs[row] - world.offset) * world.scale)
            value = np.float32(env.action.middle[0]) + np.float32(env.action.half[0]) * output[0]
            losses.append((float(value) - table.targets[row, 0]) ** 2)
        np.testing.assert_array_equal(found.returns[g], losses)
        total = 0.0
        for loss in losses:
            total += loss
        assert found.fitness[g] == total / ROWS
    assert found.env_steps == ROWS * population.size
    assert (found.decisions == ROWS).all()


def test_threads_and_parts_of_the_rows_change_no_bit(learnt):
    settings, env, population = learnt()
    rows = env.rows().training.tolist()
    whole = evaluated(settings, env, population, rows)
    assert np.array_equal(evaluated(settings, env, population, rows, threads=3).returns, whole.returns)
    for chosen in (rows[:1], rows[5:22], rows[::-1]):
        part = evaluated(settings, env, population, chosen)
        where = [rows.index(row) for row in chosen]
        np.testing.assert_array_equal(part.returns, whole.returns[:, where])


def test_inputs_are_clipped_where_somebody_asks_for_it(learnt):
    settings, env, population = learnt("evaluation.observation_clip=0.5")
    world = conditions_of(settings, env)
    rows = env.rows().held_out
    found = evaluated(settings, env, population, rows.tolist())
    for g in range(population.size):
        one = population.select(np.array([g]))
        values = predict(settings, env, one, (world.offset, world.scale), env.rows().inputs[rows]).values
        np.testing.assert_array_equal(found.returns[g], (values[:, 0].astype(float) - env.rows().targets[rows, 0]) ** 2)


def test_moments_are_those_of_the_rows(learnt):
    settings, env, population = learnt()
    world = conditions_of(settings, env)._replace(moments=True)
    rows = env.rows().held_out
    moments = evaluated(settings, env, population, rows.tolist(), world=world).moments
    seen = env.rows().inputs[rows].astype(np.float64)
    np.testing.assert_allclose(world.offset + moments.total / moments.count, seen.mean(axis=0))


def test_the_chip_learns_with_its_own_numbers(learnt):
    settings, env, population = learnt("run.backend=genesys", "neat.output_activation=tanh", classes=3)
    rows = list(range(ROWS))
    world = conditions_of(settings, env)
    with Threads(1) as threads:
        backend = make_backend(settings, env, threads)
        held = backend.adopt(population)
        found = backend.evaluate(held, rows, keep_returns=True)
        for g in range(population.size):
            one = held.select(np.array([g]))
            outputs = predict(settings, env, one, (world.offset, world.scale), env.rows().inputs).outputs.astype(float)
            truth = env.rows().targets[:, 0].astype(int)
            wanted = np.log(np.exp(outputs).sum(axis=1)) - outputs[range(ROWS), truth]
            np.testing.assert_allclose(found.returns[g], wanted, rtol=1e-12)
    assert found.counts["decisions"] == ROWS * population.size
