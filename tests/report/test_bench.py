import copy
import math
import re

import pytest

from genesys_cli.report.bench import print_bench
from genesys_cli.report.bench_chip import percent, si, years
from genesys_cli.report.bench_words import WIDTH, significant
from small_bench import small


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("bench"))
        return small()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("bench"))
        return small(sweeps=["eve.pes=2,512", "noc.kind=unicast,multicast"])


def printed(document, capsys, **files):
    print_bench(document, files)
    return capsys.readouterr().out


def test_the_table_has_each_platform_with_its_ratio(document, capsys):
    text = printed(document, capsys)
    for total in document["totals"]:
        assert any(
            line.startswith(total["platform"]) and significant(total["energy_j"] * 1e3) in line
            for line in text.splitlines()
        )
    assert "measured*" in text or "measured " in text


def test_everything_fits(document, swept, capsys):
    for found in (document, swept):
        assert max(map(len, printed(found, capsys).splitlines())) <= WIDTH


def test_of_many_environments_each_has_one_table(document, capsys):
    many = copy.deepcopy(document)
    for name in ("Alien", "BipedalWalker"):
        for key in ("rows", "totals", "chip", "settings"):
            many[key] += [{**entry, "env": name} for entry in document[key]]
    text = printed(many, capsys)
    assert text.count("evolved by genesys") == 3
    assert "evolved by software" not in text
    assert text.count("\nhost") == 3 + 1  # in each table, and in that of orders of magnitude
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_sweep_has_a_line_for_each_point(swept, capsys):
    lines = printed(swept, capsys).splitlines()
    for chip in swept["chip"]:
        wanted = [str(value) for value in chip["point"].values()]
        wanted.append(significant(chip["counts"]["sram_reads"] / chip["generations"]))
        assert any(all(word in line for word in wanted) for line in lines)


def test_missing_rows_are_named_with_the_reason(document, capsys):
    found = copy.deepcopy(document)
    found["missing"] = [{"env": "Alien", "backend": "", "platform": "", "point": {}, "reason": "not installed"}]
    assert "missing: Alien: not installed" in printed(found, capsys)


def test_without_a_chip_there_are_still_tables(document, capsys):
    found = copy.deepcopy(document)
    found["chip"] = []
    found["totals"] = [t | dict.fromkeys(("energy_vs_genesys",)) for t in found["totals"] if t["platform"] != "GENESYS"]
    found["orders_of_magnitude"]["platforms"] = []
    text = printed(found, capsys)
    assert "CPU_a" in text
    assert "EvE and ADAM" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.00123456, "0.00123"), (12.345, "12.3"), (999.6, "1000"), (12345, "12 300"), (1.234e9, "1.23e9")],
)
def test_three_digits(value, text):
    assert significant(value) == text


def test_three_digits_stay_three_digits():
    for exponent in range(-9, 12):
        value = 1.2345 * 10.0**exponent
        assert math.isclose(float(significant(value).replace(" ", "")), value, rel_tol=5e-3)


@pytest.mark.parametrize(
    ("value", "text"), [(8.75e-4, "875 µJ"), (2.0, "2 J"), (1.5e-8, "15 nJ"), (0.0, "0 J"), (3e-13, "3e-13 J")]
)
def test_prefixes(value, text):
    assert si(value, "J") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "for ever"),
        (634_000, "634 000 years"),
        (1.0, "1.00 years"),
        (0.5, "183 days"),
        (1 / 1000, "8.77 hours"),
        (1 / 100_000, "5.26 minutes"),
        (1e-6, "31.6 s"),
    ],
)
def test_years(value, text):
    assert years(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.00042, "0.042 %"), (0.5, "50 %"), (1.0, "100 %"), (0.0, "0 %")])
def test_percent(share, text):
    assert percent(share) == text


def test_the_chips_report_has_what_is_likely_and_what_decides(document, capsys):
    text = printed(document, capsys)
    report = text[text.index("EvE and ADAM") :]
    likely = document["chip"][-1]["energy"]["uncertainty"]["joules"]
    each = 1 / document["chip"][-1]["generations"]
    assert f"90 %        {si(likely['low_90'] * each, 'J')} – {si(likely['high_90'] * each, 'J')}" in report
    assert "decide      corner of leakage" in report
    assert re.search(r"ADAM waits  for results [\d.]+ k?\s*cycles", report)
    assert len(re.findall(r"90 % +bounds", text)) == 2
