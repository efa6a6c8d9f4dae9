import math
import random
import re

import pytest

from genesys_cli.report.html.chart import Area, Axes, Level, Line, Span, chart, extent, short, thinned, ticks
from genesys_cli.report.html.compare import mean_and_band
from genesys_cli.report.html.cost import time_split
from genesys_cli.report.html.curves import scores
from genesys_cli.report.html.markup import Markup, tag
from genesys_cli.report.html.run import duration


def paths(svg, style):
    return re.findall(rf'class="[^"]*\b{style}\b[^"]*" d="([^"]*)"', svg)


def test_a_curve_lies_where_its_numbers_are():
    drawn = chart("t", Axes((0, 10), (0, 100)), [Line("a", "one", [(k, 10.0 * k) for k in range(0, 11, 5)])])
    assert paths(drawn, "one")[1] == "M0 1000L500 500L1000 0"  # the first is the legend's
    assert paths(drawn, "dot") == ["M0 1000h0M500 500h0M1000 0h0"]


def test_a_curve_is_parted_where_a_number_is_missing():
    points = [(0, 0.0), (1, math.nan), (2, 10.0), (3, 10.0)]
    drawn = chart("t", Axes((0, 4), (0, 10)), [Line("", "one", points)])
    assert paths(drawn, "one")[0] == "M0 1000M500 0L750 0"


def test_areas_spans_and_levels():
    marks = [Area("a", "fill", [(0, 0, 5), (10, 5, 10)]), Span("s", "late", 5, 10), Level("so high", 7.5)]
    drawn = chart("t", Axes((0, 10), (0, 10)), marks)
    assert paths(drawn, "fill") == ["M0 500L1000 0L1000 500L0 1000Z"]
    assert 'class="late" x="500" y="0" width="500" height="1000"' in drawn
    assert paths(drawn, "c-level")[-1] == "M0 250h1000"
    assert re.findall(r"</svg>([a-z ]+)</li>", drawn) == ["a", "s", "so high"]


def test_the_pointer_is_told_of_each_generation():
    drawn = chart("t", Axes((0, 4), (0, 1)), [], [(0, "first"), (2, "second"), (4, "third")])
    columns = re.findall(r'x="(\d+)" width="(\d+)" y="0" height="1000"><title>(\w+)', drawn)
    assert columns == [("0", "250", "first"), ("250", "500", "second"), ("750", "250", "third")]


def test_thinning_keeps_every_peak():
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    points = [(float(k), rng.gauss(0, 1)) for k in range(10_000)]
    peak = max(points, key=lambda p: p[1])
    kept = thinned(points, 400)
    assert len(kept) <= 402
    assert kept == sorted(kept)
    assert {points[0], points[-1], peak} <= set(kept)
    assert thinned(points[:400], 400) == points[:400]


@pytest.mark.parametrize(
    ("low", "high", "count", "found"),
    [(0, 500, 4, [0, 200, 400]), (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]), (0.3, 0.31, 2, [0.3, 0.305, 0.31])],
)
def test_ticks(low, high, count, found):
    assert ticks(low, high, count) == pytest.approx(found)


def test_what_is_no_generation_has_ticks_between_whole_numbers():
    drawn = scores([0.5, 0.5, 0.625], "fitness", "seeds")
    at = re.findall(r'y="100%" dy="17" text-anchor="middle">([^<]+)<', drawn)
    assert at == ["0.5", "0.55", "0.6"]
    assert not re.findall(r'y="100%" dy="17"', chart("t", Axes((0.5, 0.625), (0, 1)), []))


def test_ticks_of_few_generations_are_whole():
    assert ticks(0, 2, 5, whole=True) == [0, 1, 2]
    assert ticks(-0.5, 0.5, 5, whole=True) == [0]


def test_ranges():
    assert extent([1.0, math.nan, 3.0]) == pytest.approx((0.88, 3.12))
    assert extent([0.0, 2.0], zero=True) == pytest.approx((0.0, 2.12))
    assert extent([5.0, 5.0]) == (4.5, 5.5)
    assert extent([]) == pytest.approx((-0.06, 1.06))


@pytest.mark.parametrize(("value", "text"), [(-20, "−20"), (0.5, "0.5"), (12_000, "12k"), (3e6, "3M"), (1e-17, "0")])
def test_numbers_of_axes(value, text):
    assert short(value) == text


def test_markup_is_escaped_once():
    assert tag("p", "a < b", Markup("<br>"), None, ["&"], title='"') == '<p title="&quot;">a &lt; b<br>&amp;</p>'


def test_the_mean_holds_the_last_value_of_a_run_that_has_ended():
    mean, band = mean_and_band([[(0, 0.0), (1, 4.0)], [(0, 2.0), (1, 4.0), (2, 8.0)]])
    assert mean == [(0, 1.0), (1, 4.0), (2, 6.0)]
    assert band[0] == (0, pytest.approx(1 - 2**0.5), pytest.approx(1 + 2**0.5))


def test_the_split_of_time_leaves_out_what_compiled():
    cold = {"host_energy_j": None, "evaluate_s": 9.0, "validate_s": 0.0, "generation_s": 9.0}
    warm = {"host_energy_j": 1.0, "evaluate_s": 3.0, "validate_s": 1.0, "reproduce_s": 0.5, "generation_s": 4.0}
    split = time_split([cold, warm])
    assert (split["evaluation"], split["validation"], split["reproduction"], split["the rest"]) == (2, 1, 0.5, 0.5)
    assert time_split([cold])["evaluation"] == 9.0


@pytest.mark.parametrize(("seconds", "text"), [(4.2, "4.2 s"), (192, "3 min 12 s"), (7500, "2 h 05 min")])
def test_durations(seconds, text):
    assert duration(seconds) == text
