"""What of a run is distributed follows from how its generations went."""

from __future__ import annotations

import pytest

from genesys_cli.backends.cluster.model import EVALUATION, GENERATION, Genomes
from genesys_cli.backends.cluster.pace import Nodes
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of, resolved
from genesys_cli.evolution.distribution import bytes_of, case_of, distribution_of, rates_of

ROW = {
    "nodes_mean": 2.5,
    "conns_mean": 8.0,
    "species": 3,
    "cluster_actors": 2,
    "cluster_busy_s": 0.5,
    "evaluate_s": 1.5,
    "validate_s": 0.5,
    "speciate_s": 0.02,
    "reproduce_s": 0.03,
}


def settings_of(*overrides, env="CartPole"):
    settings = load_settings(None, env, ["neat.population=1000", *overrides], {})
    return resolved(settings, environment_of(settings))


def test_rates_are_shares_of_a_generation():
    rates = rates_of([ROW], settings_of("evaluation.episodes=4"), select_s=0.01)
    assert rates.episode_s == pytest.approx(1.0 / 4000)
    assert rates.validate_s == 0.5
    assert rates.breed_s == pytest.approx(0.02 / 1000)
    assert rates.select_s == pytest.approx(0.01 / 1000)
    assert rates.speciate_s == pytest.approx(0.02 / 1000)


@pytest.mark.parametrize("wanted", ["evaluation", "generation"])
def test_what_is_wanted_is_distributed(wanted):
    settings = settings_of("cluster.address=local", f"cluster.distribute={wanted}")
    assert distribution_of(settings, environment_of(settings), Nodes(2), [ROW]) == wanted


def test_where_breeding_is_slow_it_is_distributed():
    settings = settings_of("cluster.address=local")
    env = environment_of(settings)
    slow, fast = ({**ROW, "reproduce_s": seconds, "speciate_s": seconds} for seconds in (5.0, 1e-4))
    assert distribution_of(settings, env, Nodes(4), [slow]) == GENERATION
    assert distribution_of(settings, env, Nodes(4), [fast]) == EVALUATION
    assert distribution_of(settings, env, Nodes(4), [slow], among=(EVALUATION,)) == EVALUATION


def test_challengers_play_in_as_many_rounds_as_the_run_has():
    settings = settings_of("evaluation.validate_episodes=50", "evaluation.validate_top=6", "neat.elitism=2")
    case = case_of(settings, environment_of(settings), Genomes(1000, 2.5, 8.0), 3)
    assert [task.episodes for _, task in case.validation] == [5, 10, 35]
    assert [count for count, _ in case.validation] == [4.0, 2.0, 1.0]
    few = settings_of("evaluation.validate_episodes=9")
    (only,) = case_of(few, environment_of(few), Genomes(1000, 2.5, 8.0), 3).validation
    assert only[1].episodes == 9


def test_normalised_observations_come_back_as_sums_of_whole_genomes():
    settings = settings_of("evaluation.normalise_observations=true")
    task = case_of(settings, environment_of(settings), Genomes(1000, 2.5, 8.0), 3).task
    assert (task.sums, task.parted) == (8, False)  # of four observations, and of their squares
    more = bytes_of(settings, ROW)
    fewer = bytes_of(settings_of(), ROW)
    assert more is not None
    assert fewer is not None
    assert more.received - fewer.received == pytest.approx(64 * 1000, rel=0.03)


def test_an_environment_that_is_not_here_has_no_prediction():
    settings = settings_of()
    gone = settings.environment.model_copy(update={"id": "nowhere_at_all:Gone"})
    assert bytes_of(settings.model_copy(update={"environment": gone}), ROW) is None
