"""What a run is worth, and after how many generations that is asked."""

from pathlib import Path

import pytest

from genesys_cli.files.outcomes import ENDED, Outcome
from genesys_cli.tuning.score import of_trial, rungs, score


def outcome(*values):
    rows = [{"generation": k, "champion_fitness": value} for k, value in enumerate(values)]
    return Outcome(0, ENDED, True, None, len(rows), None, None, 0, 0, 0.0, None, None, Path("x"), True, rows)


def test_a_run_that_has_ended_keeps_its_last_value():
    run = outcome(1.0, 4.0)
    assert score(run, 2, "curve", minimise=False) == 2.5
    assert score(run, 4, "curve", minimise=False) == (1 + 4 + 4 + 4) / 4
    assert score(run, 4, "final", minimise=False) == 4.0


def test_later_generations_say_nothing_of_earlier_ones():
    assert score(outcome(1.0, 4.0, 9.0), 2, "curve", minimise=False) == 2.5
    assert score(outcome(1.0, 4.0, 9.0), 2, "final", minimise=False) == 4.0


def test_before_the_first_champion_a_run_is_worth_the_worst_that_it_had():
    run = outcome(None, 3.0, 5.0)
    assert score(run, 3, "curve", minimise=False) == (3 + 3 + 5) / 3
    assert score(run, 3, "curve", minimise=True) == (5 + 3 + 5) / 3
    assert score(outcome(None, None), 2, "curve", minimise=False) is None


def test_a_trial_is_the_interquartile_mean_over_its_seeds():
    runs = [outcome(float(value)) for value in (1, 2, 4, 100)]
    assert of_trial(runs, 1, "final", minimise=False) == 3.0
    assert of_trial([*runs, outcome(None)], 1, "final", minimise=False) is None


@pytest.mark.parametrize(
    ("generations", "found"),
    [(300, [37, 75, 150, 300]), (64, [8, 16, 32, 64]), (40, [10, 20, 40]), (15, [15]), (1, [1])],
)
def test_when_a_trial_is_judged(generations, found):
    assert rungs(generations, early=True) == found
    assert rungs(generations, early=False) == [generations]
