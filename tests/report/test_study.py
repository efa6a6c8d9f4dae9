"""A study in a terminal: while it is carried out, and at its end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from genesys_cli.files.outcomes import ENDED, Outcome
from genesys_cli.files.study import Study
from genesys_cli.report.study import average_text, print_study
from genesys_cli.report.study_view import LiveStudy, PlainStudy, SilentStudy, choose_study_view
from genesys_cli.studies.summary import MEASURES, failure_text, hints_of
from small_studies import small

STUDY = Study(small(), (0, 1, 2, 5), ())
ROW = {
    "generation": 7,
    "best_fitness": 123.456,
    "champion_fitness": None,
    "species": 12,
    "generation_s": 0.1,
    "wall_time_s": 7.0,
}


def outcome(seed, solved_after=3, validated=99.5):
    found = (solved_after is not None, 97.0, solved_after or 10, solved_after, validated, 12_345, 100, 0.5, 2, 8)
    return Outcome(seed, ENDED, *found, Path(f"seed-{seed:04d}"), True, [])


HINTS = [
    [{"key": key, "text": f"{key} of {seed}"} for key in keys] for seed, keys in enumerate(("a", "ab", "b", "", "bc"))
]


def screen(width=80):
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)


def drawn(view, width=80):
    console = screen(width)
    console.print(view.render())
    return console.file.getvalue()


def test_lines_for_a_log(capsys):
    view = PlainStudy()
    view.start(STUDY, Path("study"), [1, 2, 5], 2)
    view.began(1)
    view.generation(1, ROW)
    view.ended(1, outcome(1))
    view.ended(2, outcome(2, None))
    view.failed(5, "the disk is full", "")
    view.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "CartPole-v1, population 24, seeds 0-2,5, study study: 1 at their end, 3 runs, 2 side by side",
        "seed 1  solved in 3 generations  validated 99.50  12.3 k steps  0.50 s  1 of 3",
        "seed 2  not solved after 10 generations  validated 99.50  12.3 k steps  0.50 s  2 of 3",
        "seed 5  failed: the disk is full  3 of 3",
    ]
    assert view.run_dir == Path("study")


def test_a_long_run_has_a_line_now_and_then(capsys, monkeypatch):
    view = PlainStudy()
    view.start(STUDY, Path("study"), [1], 1)
    view._last -= 100
    for generation in range(3):
        view.generation(1, {**ROW, "generation": generation})
    assert [line for line in capsys.readouterr().err.splitlines() if "generation " in line] == [
        "seed 1  generation 0  best 123.46  validated none"
    ]


def test_the_live_view_fits_a_small_terminal_and_shows_everything():
    view = LiveStudy(screen())
    view.start(STUDY._replace(seeds=tuple(range(100))), Path("long/" * 30 + "study"), range(100), 40)
    for seed in range(40):
        view.began(seed)
        view.generation(seed, ROW)
    view.began(40)
    view.ended(0, outcome(0))
    view.failed(1, "the disk is full", "")
    text = drawn(view)
    view.close()
    view.close()
    lines = text.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for part in (
        "7 of 3",
        "123.46",
        "none",
        "7.00 s",
        "and 23 more",
        "1 of 100 done, 1 solved, 59 to come",
        "1 failed",
    ):
        assert part in text
    assert max(map(len, drawn(view, 30).splitlines())) <= 30


def test_quiet_shows_nothing_but_what_nobody_expects(capsys):
    view = choose_study_view(quiet=True)
    assert isinstance(view, SilentStudy)
    view.start(STUDY, Path("study"), [1], 1)
    view.message("x")
    view.failed(1, "why", "")
    view.close()
    assert capsys.readouterr().err == ""
    view.failed(1, "why", "Traceback ...\n")
    assert capsys.readouterr().err == "Traceback ...\n"


def test_an_average_with_lower_bounds():
    found = {"iqm": 12.0, "iqm_low": 9.5, "iqm_high": 30.0, "at_least": ["iqm", "iqm_high"]}
    generations, seconds = MEASURES[0], MEASURES[-1]
    assert average_text(generations, found, "iqm") == "≥ 12 (9.5 to ≥ 30)"
    assert average_text(seconds, {**found, "at_least": []}, "iqm") == "12 s (9.5 s to 30 s)"
    assert average_text(generations, found | {"iqm_low": None, "iqm_high": None}, "iqm") == "≥ 12"


@pytest.fixture
def summary():
    """What a study of two seeds came to, one of which failed."""
    averages = {"runs": 1, "at_least": []} | {
        f"{name}{end}": 3.0 for name in ("median", "iqm") for end in ("", "_low", "_high")
    }
    run = {"seed": 0, "state": "ended", "failure": None, "solved": True}
    return {
        "study": "runs/CartPole/001-study",
        "seeds": [0, 1],
        "finished": 1,
        "failed": [1],
        "solved": 1,
        "solved_at": 475.0,
        "solved_rate": {"value": 1.0, "low": 0.21, "high": 1.0},
        "minimise": False,
        "stop_on": "champion",
        "validation": None,
        "measures": {measure.name: averages for measure in MEASURES},
        "best": {"seed": 0, "validated_fitness": 500.0, "champion": "runs/CartPole/001-study/seed-0000/champion.json"},
        "runs": [run, {"seed": 1, "state": "failed", "failure": "the disk is full", "solved": None}],
    }


def test_the_end_of_a_study_that_lacks_a_run(summary, capsys):
    print_study(summary)
    text = capsys.readouterr().out
    for part in (
        "2, seeds 0-1; 1 at their end, 1 failed",
        "1 of 1, 100 % (21 % to 100 %)",
        "generations to solve  3 (3 to 3)",
        "validated fitness     3 (3 to 3)",
        "seed 0, 500",
        "genesys replay runs/CartPole/001-study/seed-0000/champion.json",
        "genesys evolve --resume runs/CartPole/001-study",
    ):
        assert part in text
    assert failure_text(summary) == (
        "1 of 2 runs failed, seed 1; the first: the disk is full; `genesys evolve --resume runs/CartPole/001-study` "
        "tries it again"
    )


def test_a_study_ends_with_the_hints_that_most_of_its_runs_got(summary, capsys):
    runs = [outcome(seed, None)._replace(hints=found) for seed, found in enumerate(HINTS)]
    hints = hints_of(runs)
    assert [(hint["key"], hint["seeds"]) for hint in hints] == [("b", [1, 2, 4]), ("a", [0, 1]), ("c", [4])]
    print_study(summary | {"hints": hints})
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=1) == ["hint", "seeds 1-2,4, the first: b of 1"]
    assert second.split(maxsplit=2) == ["hint", "2", "seeds 0-1, the first: a of 0"]
    print_study(summary | {"hints": hints_of([runs[0]])})
    assert capsys.readouterr().out.splitlines()[-1].split(maxsplit=1) == ["hint", "seed 0: a of 0"]


def test_commands_can_be_copied_whatever_folders_are_called(summary, capsys):
    best = summary["best"] | {"champion": "my runs/seed-0000/champion.json"}
    print_study(summary | {"study": "my runs", "best": best})
    text = capsys.readouterr().out
    for words in ("replay 'my runs/seed-0000/champion.json'\n", "report 'my runs'\n", "evolve --resume 'my runs'\n"):
        assert f"genesys {words}" in text
    assert "`genesys evolve --resume 'my runs'` tries" in failure_text(summary | {"study": "my runs"})


def test_a_study_in_which_nothing_can_be_solved_or_nothing_has_ended(summary, capsys):
    print_study(summary | {"solved": None, "solved_at": None, "solved_rate": None})
    text = capsys.readouterr().out
    assert "solved" not in text
    assert "\ngenerations  " in text
    empty = {measure.name: None for measure in MEASURES}
    print_study(summary | {"finished": 0, "measures": empty, "best": None, "solved": 0, "solved_rate": None})
    text = capsys.readouterr().out
    assert "2, seeds 0-1; 0 at their end" in text
    assert "median" not in text
