import io
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from genesys_cli.config.load import load_settings
from genesys_cli.report.console import SPARK, History, LiveView, PlainView, SilentView, choose_view, sparkline

ROW = {
    "generation": 3,
    "best_fitness": 123.456,
    "mean_fitness": -1234.5678,
    "std_fitness": 9876.5432,
    "champion_fitness": 480.25,
    "species": 12,
    "nodes_mean": 12.3,
    "conns_mean": 123.4,
    "best_nodes": 14,
    "best_conns": 150,
    "env_steps": 40_000,
    "evaluate_s": 0.006,
    "speciate_s": 0.001,
    "reproduce_s": 0.002,
    "checkpoint_s": 0.0005,
    "generation_s": 0.01,
    "wall_time_s": 7.0,
}


def screen(width=80):
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)


def drawn(view, width=80):
    console = screen(width)
    console.print(view.render())
    return console.file.getvalue()


def test_the_live_view_fits_a_small_terminal_and_shows_everything():
    view = LiveView(screen())
    view.start(load_settings(None, "CartPole"), Path("runs/" + "long/" * 30 + "001-software"), threshold=475)
    assert "first generation" in drawn(view)
    for generation in range(1000):
        view.generation({**ROW, "generation": generation, "best_fitness": float(generation)})
    text = drawn(view)
    view.close()
    lines = text.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for part in (
        "CartPole-v1",
        "999 of 300",
        "999.00",
        "-1234.57 ± 9876.54",
        "480.2 of 475, solved",
        "12.3, best 14",
        "123.4, best 150",
        "40 M, 4 M/s",
        "evaluation 60%",
        "speciation 10%",
        "reproduction 20%",
        "checkpoint 5%",
        "time         7.00 s ",
        "energy       - ",
        "▁",
        "█",
        "001-software",
    ):
        assert part in text


def changing(width):
    """Return a view of a run with everything that a row may have, after its second generation."""
    view = LiveView(screen(width))
    view.start(load_settings("CartPole-drift"), Path("runs/x"), threshold=475)
    chip = {"energy_j": 0.25, "host_energy_j": 3.0, "world_changes": 2, "frozen_fitness": 30.25}
    faults = {"faults_hang": 1, "faults_crash": 2}
    for generation in range(2):
        view.generation({**ROW, **chip, **faults, "generation": generation, "generation_s": 0.5, "wall_time_s": 3700.0})
    return view


def test_the_live_view_of_a_changing_world_on_the_chip_with_faults():
    view = changing(80)
    text = drawn(view)
    view.close()
    assert re.search(r"shifts +2 ", text)
    assert "frozen       30.25" in text
    assert "energy       500 mJ, the chip" in text
    assert "faults       6, see faults.jsonl" in text
    assert "time         1:01:40, ≤ 1:39 left" in text  # 198 generations of half a second
    assert len(text.splitlines()) <= 24


@pytest.mark.parametrize("width", [100, 77, 66, 60, 40, 20, 10])
def test_the_live_view_fits_any_width(width):
    view = changing(width)
    view._console = screen(width)
    text = drawn(view, width)
    view.close()
    lines = text.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= width
    if width >= 40:
        assert "6, see faults.jsonl" in text
        assert "checkpoint 5%" in text or "checkpoint 0%" in text


def test_the_live_view_without_threshold_or_champion():
    view = LiveView(screen())
    view.start(load_settings(None, "CartPole"), Path("run"))
    view.generation({**ROW, "champion_fitness": None, "generation_s": 0.0})
    assert "validated    none" in drawn(view)
    view.finish({})
    view.close()


def test_plain_lines(capsys):
    view = PlainView()
    view.message("compiling")
    view.start(load_settings(None, "CartPole"), Path("runs/x"))
    view.generation(ROW)
    view.generation({**ROW, "champion_fitness": None})
    view.finish({})
    view.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 4
    assert "generation 3  best 123.46  mean -1234.57  validated 480.25  species 12" in err
    assert err.splitlines()[2].endswith("10 ms")


def test_plain_lines_of_a_changing_world(capsys):
    view = PlainView()
    for changes, frozen in ((0, None), (1, 9.0), (1, 9.5), (2, 480.0)):
        view.generation({**ROW, "world_changes": changes, "frozen_fitness": frozen})
    ends = [line.partition(" ms")[2] for line in capsys.readouterr().err.splitlines()]
    assert ends == ["", "  environment shift  frozen 9.00", "  frozen 9.50", "  environment shift  frozen 480.00"]


def test_the_view_fits_standard_error(monkeypatch):
    assert isinstance(choose_view(quiet=True), SilentView)
    assert isinstance(choose_view(), PlainView)
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(choose_view(), LiveView)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(choose_view(), PlainView)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(math.nan))), st.integers(1, 5))
def test_a_history_is_bounded_and_keeps_the_maximum(values, capacity):
    history = History(capacity)
    for value in values:
        history.append(value)
    assert len(history.shown()) <= capacity
    finite = [value for value in values if value is not None and math.isfinite(value)]
    assert max([*history.values, history._pending], default=-math.inf) == max(finite, default=-math.inf)


@pytest.mark.parametrize(
    ("values", "line"), [([0.0, 0.5, 1.0], "▁▅█"), ([-math.inf, 1.0], " █"), ([], ""), ([0.0, 7 / 7], "▁█")]
)
def test_sparkline(values, line):
    assert sparkline(values, 0.0, 1.0) == line


def test_a_flat_sparkline():
    assert sparkline([3.0, 3.0], 3.0, 3.0) == "██"


def test_a_world_that_changes_is_not_called_solved():
    view = LiveView(screen())
    view.start(load_settings("CartPole-drift"), Path("runs/x"), threshold=475)
    view.generation(ROW)
    text = drawn(view)
    view.close()
    assert "480.2 of 475" in text
    assert "solved" not in text


def view_of(*overrides, threshold=None):
    view = LiveView(screen())
    view.start(load_settings(None, "CartPole", overrides), Path("runs/x"), threshold=threshold)
    return view


def test_a_generation_without_a_fitness(capsys):
    nobody = dict.fromkeys(("best_fitness", "mean_fitness", "std_fitness", "best_nodes", "best_conns"))
    view = view_of(threshold=475)
    for row in ({**ROW, **nobody, "champion_fitness": None}, {**ROW, **nobody}):
        view.generation(row)
        text = drawn(view)
        for part in ("best         none ", "mean         none ", "12.3, best none", "no genome had a finite fitness"):
            assert part in text
    assert "480.2 of 475, solved" in text
    view.generation(ROW)
    assert "no genome had" not in drawn(view)
    view.close()
    PlainView().generation({**ROW, **nobody, "champion_fitness": None})
    assert capsys.readouterr().err.startswith("generation 3  no genome had a finite fitness  species 12  ")


def test_numbers_too_long_for_two_decimals(capsys):
    PlainView().generation({**ROW, "best_fitness": -1e300, "mean_fitness": 1.25e12})
    assert "best -1e+300  mean 1.25e+12  validated 480.25" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stop_on", "threshold", "said"),
    [
        ("champion", 500, "validated    480.2 of ≤ 500, solved"),
        ("champion", 400, "validated    480.2 of ≤ 400 "),
        ("best", 124, "best         123.46 of ≤ 124, solved"),
        ("mean", -1235, "mean         -1234.57 ± 9876.54 of ≤ -1235"),
    ],
)
def test_what_has_to_be_reached_stands_beside_its_number(stop_on, threshold, said):
    view = view_of("evaluation.minimise=true", f"evaluation.stop_on={stop_on}", threshold=threshold)
    view.generation(ROW)
    text = drawn(view)
    view.close()
    assert said in text
    assert text.count(" of ≤ ") == 1
    assert text.count("solved") == ("solved" in said)


def test_of_neighbours_a_curve_keeps_the_best():
    """A thousand generations of two costs in turn: what is drawn are the small ones, as they fall."""
    view = view_of("evaluation.minimise=true")
    for generation in range(1000):
        view.generation({**ROW, "best_fitness": 1000.0 - generation if generation % 2 else 5000.0})
    curve = next(line for line in drawn(view).splitlines() if "best " in line and "█" in line)
    view.close()
    bars = [SPARK.index(letter) for letter in curve if letter in SPARK]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) > 20
