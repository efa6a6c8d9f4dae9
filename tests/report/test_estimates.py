"""The table that ends a run."""

import pytest

from genesys_cli.report.estimates import legend, print_estimates, spread, title
from genesys_cli.report.results import quantity


def estimate(platform, factor=1.0, **changed):
    """Return an estimate whose texts are as long as they get."""
    found = {"platform": platform, "origin": "modelled", "time_origin": "modelled", "generations": 10, "note": ""}
    for name, value in {
        "inference_s": 1.23e-1,
        "evolution_s": 4.56e-4,
        "energy_j": 0.987,
        "energy_vs_genesys": 1.2e5,
    }.items():
        found |= {name: value * factor, f"{name}_low": value * factor / 99, f"{name}_high": value * factor * 777}
    return found | changed


GENESYS = estimate("GENESYS", 1e-3, energy_calibrated_j=1.07e-3, energy_vs_genesys=1.0, energy_vs_genesys_low=1.0,
                   energy_vs_genesys_high=1.0, origin="emulated", time_origin="emulated", note="bottom-up")  # fmt: skip
HOST = estimate("host", time_origin="measured", note="with the environment's time; energy: estimate: TDP of 12 W; " * 3)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.194e-3, "s", "2.19 ms"),
        (999.6e-6, "J", "1 mJ"),
        (1.0, "J", "1 J"),
        (575e-6, "J", "575 µJ"),
        (46.38, "J", "46.4 J"),
        (9.9996e-13, "J", "1 pJ"),
        (1.5e-14, "J", "0.015 pJ"),
        (123456.0, "s", "123 ks"),
        (0.0, "J", "0 J"),
        (1.0, "", "1"),
        (1740.0, "", "1.7k"),
        (999.0, "", "1k"),
        (80700.0, "", "81k"),
        (6.93e6, "", "6.9M"),
        (0.0123, "", "0.012"),
        (None, "J", "-"),
        (float("inf"), "", "-"),
    ],
)
def test_quantities(value, unit, text):
    assert quantity(value, unit) == text


def test_bounds():
    assert spread(estimate("CPU_a"), "energy_j", "J") == "987 mJ (10 mJ-770 J)"
    assert spread(GENESYS, "energy_vs_genesys", "") == "1"


def test_it_fits_a_terminal(capsys):
    print_estimates({"generations": 40, "estimates": [GENESYS, *(estimate(f"GPU_{x}", 7.7) for x in "abcd"), HOST]})
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    (genesys,) = (line for line in lines if line.startswith("GENESYS  "))
    assert genesys.split()[-1] == "emulated"
    (host,) = (line for line in lines if line.startswith("host  "))
    assert host.split()[-1] == "estimate", "its joules are not measured, its times are"
    assert sum(line.startswith("GPU_") for line in lines) == 4


def test_what_it_says_of_origins():
    text = " ".join(legend([GENESYS, estimate("CPU_a"), HOST]))
    assert "emulated: counted on the chip" in text
    assert "modelled: from counts and a profile" in text
    assert "calibrated to the published chip: 1.07 mJ" in text
    assert "host: times measured, with the environment's time; energy: estimate" in text
    assert "emulated" not in legend([estimate("CPU_a")])[0]


def test_what_is_not_known_has_a_reason(capsys):
    nothing = dict.fromkeys([key for key in GENESYS if key.endswith(("_j", "_s", "_low", "_high", "_genesys"))])
    absent = GENESYS | nothing | {"origin": "modelled", "time_origin": "modelled", "note": "the chip has no 'max'"}
    print_estimates({"generations": 3, "estimates": [absent, estimate("CPU_a")]})
    text = capsys.readouterr().out
    assert "GENESYS: the chip has no 'max'." in text
    (row,) = (line for line in text.splitlines() if line.startswith("GENESYS  "))
    assert row.split()[1:] == ["-", "-", "-", "-", "modelled"]


def test_which_generations_it_is_of():
    assert "mean of the last 10" in title([GENESYS], 40)
    assert "the last generation" in title([GENESYS | {"generations": 1}], 40)
    assert "the only generation, the first one" in title([GENESYS | {"generations": 1}], 1)


def test_nothing_without_estimates(capsys):
    print_estimates({"generations": 3, "estimates": []})
    print_estimates({})
    assert capsys.readouterr().out == ""
