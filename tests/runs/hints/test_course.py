"""The course of a run in a few numbers, against the rows themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.evolution.goal import Goal
from genesys_cli.runs.hints.course import LONG, Course


def row(champion, *, best=1.0, std=1.0, species=1, nodes=3.0, mean=0.0):
    return {
        "champion_fitness": champion,
        "best_fitness": best,
        "mean_fitness": mean,
        "std_fitness": std,
        "species": species,
        "nodes_mean": nodes,
    }


def gained(goal, rows, share, least=1, seen=0.0):
    """Say whether the champion became better in the last `share` of the rows, from the rows themselves."""
    scores = [one["champion_fitness"] for one in rows]
    known = [score for score in scores if score is not None]
    if not known or len(rows) < least:
        return None
    late = max(0, len(rows) - 1 - max(1, int(len(rows) * share)))
    if share == 0.5:
        late = len(rows) // 2 - 1
    sign = -1 if goal.minimise else 1
    before = next((score for score in scores[late::-1] if score is not None), known[0])
    return sign * (known[-1] - before) > max(0.02 * (sign * (known[-1] - known[0])), seen * abs(before))


def seen(goal, rows):
    """Return what a course says, as far as the rows say it at a glance."""
    trailing = 0
    for one in reversed(rows):
        if one["std_fitness"] != 0.0:
            break
        trailing += 1
    reached = [(goal.reached(one["best_fitness"]), goal.reached(one["champion_fitness"])) for one in rows]
    return {
        "generations": len(rows),
        "species": sum(one["species"] for one in rows),
        "hidden": rows[-1]["nodes_mean"] - 2,
        "flat": trailing,
        "deceived": sum(best and not champion for best, champion in reached),
        "begin": next((one["mean_fitness"] for one in rows if one["mean_fitness"] is not None), None),
        "rising": bool(gained(goal, rows, 0.25, seen=0.001)),
        "stands_still": gained(goal, rows, 0.5, LONG) is False,
    }


@st.composite
def some_rows(draw):
    """Rows as a run writes them: champions only get better, and before the first there is none."""
    minimise = draw(st.booleans())
    steps = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.001, 1.0]), min_size=1, max_size=60))
    first = draw(st.integers(0, 3))
    score, rows = 5.0, []
    for k, step in enumerate(steps):
        score += -step if minimise else step
        fitness = draw(st.sampled_from([None, 4.0, 6.0]))
        rows.append(
            row(
                score if k >= first else None,
                best=fitness,
                std=None if fitness is None else draw(st.sampled_from([0.0, 1.0])),
                species=draw(st.integers(1, 4)),
                nodes=2.0 + k,
                mean=fitness,
            )
        )
    return Goal(minimise, 5.5), rows


@given(some_rows(), st.integers(0, 60))
def test_it_says_what_the_rows_say_wherever_the_run_was_resumed(case, resumed):
    goal, rows = case
    course = Course(goal, 2, rows[:resumed])
    for one in rows[resumed:]:
        course.see(one)
    assert {key: getattr(course, key) for key in seen(goal, rows)} == seen(goal, rows)


def test_a_champion_that_stands_still():
    rows = [row(float(k)) for k in range(10)] + [row(9.0)] * 10
    assert Course(Goal(), 2, rows).stands_still
    assert not Course(Goal(), 2, rows[:-1]).stands_still  # too short to tell
    assert not Course(Goal(), 2, [*rows, row(9.5)]).stands_still
    assert Course(Goal(), 2, [*rows, row(9.1)]).stands_still  # next to nothing


def test_a_champion_that_gets_better():
    assert not Course(Goal(), 2, [row(1.0)]).rising
    assert Course(Goal(), 2, [row(1.0), row(2.0)]).rising
    assert Course(Goal(minimise=True), 2, [row(2.0), row(1.0)]).rising
    assert not Course(Goal(), 2, [row(1.0), *[row(2.0)] * 4]).rising
    assert Course(Goal(), 2, [*[row(1.0)] * 3, row(2.0), row(2.0)]).late == 3


@pytest.mark.parametrize("none", [[], [row(None, best=None, std=None, mean=None)] * 30])
def test_without_a_champion(none):
    course = Course(Goal(), 2, none)
    assert (course.rising, course.stands_still, course.flat, course.begin) == (False, False, 0, None)


def test_numbers_at_the_end_of_their_range():
    course = Course(Goal(), 2, [row(-1e300), row(1e300)])
    assert course.rising
