"""What is averaged over seeds, what is only a lower bound, and what two studies say of each other."""

import math
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.files.outcomes import ENDED, Outcome, best_of
from genesys_cli.files.study import Study
from genesys_cli.studies.compare import apart, compare
from genesys_cli.studies.summary import MEASURES, Sample, Survey, averages, survey, to_do
from small_studies import evolve, small

FINAL = {measure.name: measure for measure in MEASURES}


def outcome(seed, solved_after, validated, generations=10, threshold=97.0):
    solved = solved_after is not None
    length = solved_after or generations
    return Outcome(
        seed=seed,
        state=ENDED,
        solved=solved,
        threshold=threshold,
        generations=length,
        solved_after=solved_after,
        validated_fitness=validated,
        env_steps=1000 * length,
        validation_steps=10 * length,
        wall_time_s=0.1 * length,
        nodes=2,
        conns=8,
        run_dir=Path(f"seed-{seed:04d}"),
        champion=True,
        rows=[],
    )


def known(outcomes, *overrides, name="study", solved=0, generations=10):
    settings = small(f"neat.generations={generations}", *overrides)
    summary = {"study": name, "solved": solved, "solved_at": 97.0, "max_generations": generations}
    return Survey(Study(settings, tuple(one.seed for one in outcomes), ()), summary, outcomes)


def test_an_average_is_a_lower_bound_only_where_it_depends_on_runs_that_were_not_solved():
    few = averages(Sample((0, 1, 2, 3, 4), np.array([2.0, 3, 4, 5, 10]), np.array([False] * 4 + [True])))
    assert (few["median"], few["iqm"]) == (4.0, 4.0)
    assert "median" not in few["at_least"]
    assert "iqm" not in few["at_least"]
    assert "median_high" in few["at_least"]
    assert "median_low" not in few["at_least"]
    many = averages(Sample((0, 1, 2, 3), np.array([2.0, 10, 10, 10]), np.array([False, True, True, True])))
    assert {"median", "iqm", "median_high", "iqm_high"} <= set(many["at_least"])
    none = averages(Sample((0, 1), np.array([2.0, 3.0]), np.array([False, False])))
    assert none["at_least"] == []
    assert averages(Sample((), np.array([]), np.array([], bool))) is None


def test_an_unsolved_run_counts_at_its_full_length():
    found = known([outcome(0, 4, 99.0), outcome(1, None, 50.0), outcome(2, 6, 98.0)])
    sample = found.sample(FINAL["generations"])
    assert sample.values.tolist() == [4, 10, 6]
    assert sample.bounds.tolist() == [False, True, False]
    assert found.sample(FINAL["env_steps"]).values.tolist() == [4000, 10_000, 6000]
    assert not found.sample(FINAL["validated_fitness"]).bounds.any()


def test_one_run_says_nothing_of_how_much_runs_differ():
    one = averages(Sample((4,), np.array([7.0]), np.array([True])))
    assert (one["iqm"], one["iqm_low"], one["median_high"], one["at_least"]) == (7.0, None, None, ["median", "iqm"])


def test_measures_of_a_real_study(five):
    found = survey(five)
    ended = found.ended
    assert [one.generations for one in ended] == [len(one.rows) for one in ended]
    for one in ended:
        assert one.env_steps == one.rows[-1]["total_env_steps"]
        assert (one.solved_after == one.generations) is one.solved
        assert one.solved == (one.rows[-1]["champion_fitness"] >= 97)
    summary = found.summary
    assert summary["measures"]["generations"]["median"] == np.median([one.generations for one in ended])
    assert summary["solved_rate"]["value"] == summary["solved"] / 5
    assert survey(five).summary == summary  # the same bits every time


def test_a_run_that_went_on_was_solved_when_it_first_was(here):
    evolve((0, 1), "study", "run.stop_when_solved=false")
    for one in survey(Path("study")).ended:
        reached = [k for k, row in enumerate(one.rows) if row["champion_fitness"] >= 97]
        assert one.generations == 3
        assert one.solved_after == (reached[0] + 1 if reached else None)
        assert one.env_steps == one.rows[(one.solved_after or 3) - 1]["total_env_steps"]


def test_without_a_threshold_nothing_is_a_bound():
    found = known([outcome(k, None, 1.0 * k, threshold=None) for k in range(3)], solved=None)
    assert not found.sample(FINAL["generations"]).bounds.any()


def test_what_is_left_to_do():
    settings = small("neat.generations=10")
    runs = [outcome(0, 4, 99.0), outcome(1, None, 50.0), outcome(2, None, 1.0, generations=5)]
    runs.append(outcome(3, None, 1.0)._replace(state="missing"))
    assert to_do(runs, settings) == [2, 3]
    on = small("neat.generations=10", "run.stop_when_solved=false")
    assert to_do(runs, on) == [0, 2, 3]


def test_the_best_is_the_lowest_where_less_is_better_and_of_equals_the_first():
    runs = [outcome(0, 4, 2.0), outcome(1, 4, 3.0), outcome(2, 4, 2.0), outcome(3, 4, 3.0)]
    goal = known(runs).goal
    assert best_of(runs, goal).seed == 1
    assert best_of(runs, goal._replace(minimise=True)).seed == 0
    assert best_of([runs[0]._replace(champion=False)], goal) is None


def test_two_studies_of_the_same_seeds():
    a = known([outcome(k, 5 + k, 90.0) for k in range(5)])
    b = known([outcome(k, 3 + k, 90.0) for k in range(5)])
    found = compare(a, b)["measures"]
    assert found["generations"]["better"] == "lower"
    x, y = range(5, 10), range(3, 8)
    others = [(a, b) for k, a in enumerate(x) for m, b in enumerate(y) if k != m]
    assert found["generations"]["probability"] == pytest.approx(np.mean([(b < a) + (b == a) / 2 for a, b in others]))
    assert found["generations"]["paired"]
    assert [test["name"] for test in found["generations"]["tests"]] == [
        "Mann–Whitney U, exact",
        "Wilcoxon signed-rank, exact",
    ]
    assert found["validated_fitness"]["probability"] == 0.5
    assert found["validated_fitness"]["tests"][0]["p"] == 1.0


def test_two_studies_of_other_seeds_are_not_paired():
    a = known([outcome(k, 5, 90.0 + k) for k in range(5)])
    b = known([outcome(k, 5, 93.0 + k) for k in range(10, 13)])
    found = compare(a, b)["measures"]["validated_fitness"]
    assert not found["paired"]
    assert found["runs"] == [5, 3]
    assert len(found["tests"]) == 1


def test_a_run_that_is_not_solved_is_worse_than_any_that_is_however_soon_it_ended():
    a = known([outcome(k, None, 90.0, generations=2) for k in range(3)])
    b = known([outcome(k, 9, 90.0) for k in range(3)])
    assert compare(a, b)["measures"]["env_steps"]["probability"] == 1.0


def test_what_was_solved_later_than_the_other_study_may_run_counts_as_not_solved():
    a = known([outcome(k, None, 90.0) for k in range(3)])
    b = known([outcome(k, 15, 90.0) for k in range(3)], generations=20)
    found = compare(a, b)
    assert found["measures"]["generations"]["probability"] == 0.5
    assert "10 and 20 generations at most" in found["notes"][0]


def test_a_run_that_was_continued_alone_counts_no_longer_than_the_others():
    a = known([outcome(k, 15 if k == 1 else None, 90.0, generations=20 if k == 1 else 10) for k in range(3)])
    b = known([outcome(k, None, 90.0, generations=20) for k in range(3)], generations=20)
    assert compare(a, b)["measures"]["generations"]["probability"] == 0.5


def test_few_runs_tell_nothing_apart_however_far_they_are_from_one_another():
    for runs, sure in ((3, False), (4, True)):  # of three and three runs, one order in twenty is the best
        a, b = (known([outcome(k, 5, value + k) for k in range(runs)]) for value in (10.0, 90.0))
        found = compare(a, b)["measures"]["validated_fitness"]
        assert found["probability_low"] == 1.0
        assert apart(found) is sure


def test_less_is_better_where_fitness_is_minimised():
    overrides = ("evaluation.minimise=true", "evaluation.fitness=my_scores:cost")
    a, b = (known([outcome(k, 5, value + k) for k in range(3)], *overrides) for value in (10.0, 1.0))
    assert compare(a, b)["measures"]["validated_fitness"]["better"] == "lower"
    assert compare(a, b)["measures"]["validated_fitness"]["probability"] == 1.0


def test_other_thresholds_leave_only_fitness_to_compare():
    a, b = known([outcome(0, 4, 1.0)]), known([outcome(0, 4, 1.0)])
    b.summary["solved_at"] = 50.0
    found = compare(a, b)
    assert list(found["measures"]) == ["validated_fitness"]
    assert "from different fitness on" in found["notes"][0]


@pytest.mark.parametrize("override", ["environment.id=Pendulum-v1", "evaluation.fitness=my_scores:cost"])
def test_what_means_something_else_is_not_compared(override):
    with pytest.raises(UserError, match="cannot be compared"):
        compare(known([outcome(0, 4, 1.0)]), known([outcome(0, 4, 1.0)], override, name="other"))


def test_infinite_bounds_are_no_numbers_of_the_summary(five):
    for measure in survey(five).summary["measures"].values():
        assert all(math.isfinite(value) for key, value in measure.items() if key not in ("at_least", "runs"))
