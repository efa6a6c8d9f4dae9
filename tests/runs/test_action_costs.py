"""What actions cost counts in training, and nowhere else."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

import invariants
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.evolution.episodes import held_out_episodes, training_episodes
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, start, states, tiny

COSTS = ("evaluation.action_cost=0.5", "evaluation.change_cost=2")


@pytest.fixture(scope="module")
def costly(tmp_path_factory):
    return start(tiny("Pendulum", *COSTS), tmp_path_factory.mktemp("costs") / "run")


def test_training_pays_and_validation_does_not(costly):
    assert invariants.found(costly) == []
    settings = tiny("Pendulum", *COSTS)
    env = environment_of(settings)
    state = states(costly)[3]
    held_out, training = conditions_of(settings, env), conditions_of(settings, env, training=True)
    assert (held_out.action_cost, held_out.change_cost) == (0.0, 0.0)
    seeds = training_episodes(settings, env, 3)
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        paid, free = (backend.evaluate(state.population, seeds, world).fitness for world in (training, held_out))
        champion = backend.evaluate(state.champion.genome, held_out_episodes(settings, env), held_out)
    np.testing.assert_array_equal(paid, state.fitness)
    assert (paid < free).all()
    assert champion.fitness[0] == state.champion.validated_fitness


def test_a_champion_that_is_the_same_has_the_same_validated_fitness(costly, tmp_path):
    """Costs change who breeds, so only first generations are the same genomes."""
    free = start(tiny("Pendulum", "neat.generations=1"), tmp_path / "free")
    one, other = states(costly)[0], states(free)[0]
    assert one.population.equals(other.population)
    assert (one.fitness < other.fitness).all()


@pytest.mark.parametrize(
    ("env", "overrides", "said"),
    [
        ("CartPole", COSTS, "action_cost = 0.5: the actions of CartPole-v1 are choices"),
        ("Pendulum", (*COSTS, "evaluation.minimise=true", "evaluation.solved_at=0"), "lowers rewards, which is better"),
        ("Pendulum", ("evaluation.change_cost=-1",), "evaluation.change_cost"),
    ],
)
def test_what_cannot_be(tmp_path, env, overrides, said):
    with pytest.raises(UserError, match=said):
        runs.evolve(tiny(env, *overrides), tmp_path / "run", ["genesys"], Watcher())
    assert not (tmp_path / "run").exists()


def test_choices_cost_where_they_change(tmp_path):
    run = start(tiny("CartPole", "evaluation.change_cost=0.4", "neat.generations=1"), tmp_path / "run")
    free = start(tiny("CartPole", "neat.generations=1"), tmp_path / "free")
    one, other = states(run)[0].fitness, states(free)[0].fitness
    assert (one <= other).all()
    assert (one < other).any()
