"""The page of a study, and the one on which two of them are compared."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.report.html import study_curves
from genesys_cli.report.html.chart import Line
from genesys_cli.report.html.studies import sentence
from genesys_cli.report.html.study_curves import IQM, QUARTILES, averaged, held, points
from genesys_cli.stats import bootstrap, iqm
from genesys_cli.studies.summary import survey
from report.html.test_report import Page
from small_runs import start, tiny
from small_studies import evolve, in_this_process


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A folder with two studies of the same seeds, a third of others, and a run."""
    place = tmp_path_factory.mktemp("studies")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        in_this_process(patch)
        evolve(range(5), "one")
        evolve(range(5), "two", "neat.elitism=1")
        evolve((7, 8), "three", "neat.generations=2")
        start(tiny("CartPole"), "run")
    return place


@pytest.fixture(autouse=True)
def _there(studies, tmp_path, monkeypatch):
    for name in ("one", "two", "three", "run"):
        shutil.copytree(studies / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)


def report(*words):
    result = CliRunner().invoke(main, ["report", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return Page(Path(result.stdout.strip()).read_text()), result


def sound(page):
    assert page.wrong == []
    assert len(set(page.ids)) == len(page.ids)
    assert "script" not in page.names
    assert "NaN" not in page.text
    assert "None" not in page.texts
    return page


def test_the_page_of_a_study():
    page = sound(report("one")[0])
    summary = survey(Path("one")).summary
    assert f"{summary['solved']} of 5 solved" in page.said("head")
    assert {"champions", "solved", "best-in-training", "median-champion", "connections"} <= {
        section for section, _ in page.pictures
    }
    assert "median (95 %)" in page.said("averages")
    assert "generations to solve" in page.said("averages")
    assert "genesys evolve --preset one/study.toml --seeds 0-4" in page.said("reproduce-it")
    assert "neat.population 24 150" in page.said("settings")
    assert page.links == [f"./seed-{seed:04d}/" for seed in range(5)]
    assert all((Path("one") / link).is_dir() for link in page.links)


def test_links_lead_from_wherever_the_page_is():
    Path("a folder").mkdir()
    page, _ = report("one", "--output", "a folder/page.html")
    assert page.links[3] == "../one/seed-0003/"
    Path("one").rename("the study")
    page, _ = report("the study", "--output", "page.html")
    assert page.links[3] == "./the%20study/seed-0003/"


def test_a_study_of_which_runs_are_missing():
    shutil.rmtree("one/seed-0001")
    Path("one/seed-0002/summary.json").unlink()
    page = sound(report("one")[0])
    assert "3 of 5 runs at their end" in page.said("head")
    assert "1 missing" in page.said("runs")
    assert "2 unfinished" in page.said("runs")
    assert "genesys evolve --resume one" in page.said("reproduce-it")
    for seed in (0, 2, 3, 4):
        shutil.rmtree(f"one/seed-{seed:04d}")
    page = sound(report("one", "--force")[0])
    assert "No run has finished a generation yet." in page.said("champions")
    assert "nothing to average" in page.said("averages")


def test_two_studies_are_compared():
    page = sound(report("one", "two")[0])
    assert "2 studies compared" in page.said("head")
    said = page.said("one-and-two")
    for part in (
        "two is better (95 %)",
        "Mann–Whitney U, exact",
        "Wilcoxon signed-rank, exact",
        "By validated fitness",
    ):
        assert part in said
    assert "neat.elitism 2 1" in page.said("what-differs")
    assert len(page.links) == 10
    result = report("one", "two", "--output", "again.html")[1]
    assert result.stdout == "again.html\n"


def test_the_comparison_as_json():
    result = CliRunner().invoke(main, ["report", "one", "two", "--json"], catch_exceptions=False)
    found = json.loads(result.stdout)
    assert found["studies"] == ["one", "two"]
    (comparison,) = found["comparisons"]
    measure = comparison["measures"]["generations"]
    assert measure["paired"] is True
    assert 0 <= measure["probability_low"] <= measure["probability"] <= measure["probability_high"] <= 1
    assert all(0 < test["p"] <= 1 for test in measure["tests"])


def test_three_studies_the_first_with_each_of_the_others():
    page = sound(report("one", "two", "three")[0])
    assert "Wilcoxon" in page.said("one-and-two")
    assert "Wilcoxon" not in page.said("one-and-three")
    assert "Their runs have 3 and 2 generations at most" in page.said("one-and-three")
    assert "neat.generations 3 3 2" in page.said("what-differs")


def test_a_study_among_runs_stands_for_its_runs():
    page, result = report("one", "run")
    assert "one: shown as single runs" in result.stderr
    assert "6 runs" in page.said("head")


def test_names_from_elsewhere_are_text():
    Path("one").rename("<b>one")
    page = sound(report("<b>one")[0])
    assert "<b>one" in page.said("head")


def test_the_newest_is_a_study():
    Path("runs").mkdir()
    Path("runs/latest").write_text("../two\n")
    page, _ = report()
    assert Path("two/report.html").is_file()
    assert "Report of a study" in page.said("head")


def test_curves_average_what_each_run_has_or_had_last():
    outcomes = survey(Path("one")).outcomes
    values = held(outcomes, "champion_fitness", 3)
    for run, row in zip(outcomes, values, strict=True):
        own = [cells["champion_fitness"] for cells in run.rows]
        assert row.tolist() == own + [own[-1]] * (3 - len(own))
    curve = averaged(values, IQM)
    for x in range(3):
        wanted = bootstrap(values[:, x], iqm, 2000)
        assert (curve.middle[x], curve.low[x], curve.high[x]) == (wanted.value, wanted.low, wanted.high)
    values[:, 0] = [float("nan")] * 3 + [4.0, 8.0]
    quartiles = averaged(values, QUARTILES)
    assert (quartiles.low[0], quartiles.middle[0], quartiles.high[0]) == (5.0, 6.0, 7.0)
    values[:, 0] = float("nan")
    assert averaged(values, QUARTILES).xs == [1, 2]


def test_the_share_of_solved_runs_ends_where_nobody_has_tried(monkeypatch):
    few, many = survey(Path("three")), survey(Path("one"))
    assert few.summary["solved"] < 2
    monkeypatch.setattr(study_curves, "chart", lambda title, axes, marks, said: marks)
    for surveys, lengths in (([few], [2]), ([few, many], [2, 3]), ([many], [3])):
        marks = study_curves.solved(surveys, ["a", "b"][: len(surveys)])
        assert [len(mark.points) for mark in marks if isinstance(mark, Line)] == lengths


def test_hints_of_the_runs_are_on_the_page():
    assert survey(Path("one")).summary["hints"]
    said = sound(report("one")[0]).said("hints")
    for hint in survey(Path("one")).summary["hints"]:
        assert hint["text"] in said


def test_long_curves_are_averaged_at_some_generations():
    assert points(0) == []
    assert points(5) == [0, 1, 2, 3, 4]
    many = points(1000)
    assert len(many) <= 160
    assert (many[0], many[-1]) == (0, 999)


@pytest.mark.parametrize(
    ("low", "high", "p", "said"),
    [
        (0.6, 0.9, 0.01, "runs of B are better than those of A"),
        (0.1, 0.4, 0.01, "runs of A are better than those of B"),
        (0.4, 0.9, 0.2, "these runs do not tell A and B apart"),
        (1.0, 1.0, 0.1, "these runs do not tell A and B apart"),  # three runs each, which do not overlap
    ],
)
def test_the_sentence_says_no_more_than_interval_and_test(low, high, p, said):
    found = {"probability": (low + high) / 2, "probability_low": low, "probability_high": high, "tests": [{"p": p}]}
    text = sentence({"measures": {"x": found}}, ("A", "B"), "x", "fitness")
    assert said in text
    assert f"{low:.0%}".replace("%", " %") in text
