"""Intervals and tornado as the comparison's document has them."""

import math

import pytest

from genesys_cli.bench.compare import compare
from genesys_cli.bench.plan import Request
from genesys_cli.bench.rows import orders_of
from small_bench import SMALL, Listener, small


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("bench"))
        return small()


def test_the_chips_intervals_lie_within_its_bounds(document):
    for chip in document["chip"]:
        likely, sums = chip["energy"]["uncertainty"], chip["energy"]["bottom_up"]
        assert likely["draws"] == 10_000
        for name, bounds in [("", sums["joules"]), *sums["by_phase"].items()]:
            found = likely["by_phase"][name] if name else likely["joules"]
            assert bounds[0] < found["low_90"] < found["median"] < found["high_90"] < bounds[2]
        world = next(
            total["world"]
            for total in document["totals"]
            if total["platform"] == "GENESYS" and total["backend"] == chip["backend"]
        )
        found = likely["world"]["joules"]
        assert world["energy_j_low"] < found["low_90"] / chip["generations"]
        assert found["high_90"] / chip["generations"] < world["energy_j_high"]
        assert set(likely["world"]["by_phase"]) == {"inference", "evolution", "waiting"}


def test_the_tornado_is_of_a_generation(document):
    for chip in document["chip"]:
        joules = [value / chip["generations"] for value in chip["energy"]["bottom_up"]["joules"]]
        rows = chip["tornado"]["alone"]
        assert math.fsum(row["swing"] for row in rows) == pytest.approx(joules[2] - joules[0])
        for row in rows:
            assert row["nominal"] == pytest.approx(joules[1])
            assert row["swing"] == pytest.approx(row["high"] - row["low"])
        assert rows[0]["unknown"] == "corner of leakage"
        assert chip["tornado"]["world"][0]["nominal"] > joules[1]


def test_every_platform_has_an_interval_of_its_energy_and_of_its_ratio(document):
    for total in document["totals"]:
        for whole in filter(None, (total, total["world"])):
            if whole["energy_j"] is None:
                continue
            for key in ("energy_j", "energy_vs_genesys"):
                found = whole["uncertainty"][key]
                assert whole[f"{key}_low"] <= found["low_90"] <= found["median"] <= found["high_90"]
                assert found["high_90"] <= whole[f"{key}_high"]
    chips = [total for total in document["totals"] if total["platform"] == "GENESYS"]
    assert {value for total in chips for value in total["uncertainty"]["energy_vs_genesys"].values()} == {1.0}


def test_orders_of_magnitude_have_intervals_within_their_bounds(document):
    orders = document["orders_of_magnitude"]
    for row in (*orders["platforms"], *orders["world"]):
        assert row["low"] <= row["low_90"] <= row["high_90"] <= row["high"]


def test_without_a_world_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = Request(**(SMALL | {"backends": ("genesys",), "overrides": ("evaluation.episodes=2", "world.pace_hz=0")}))
    found = compare(request, ["GENESYS", "CPU_a"], None, ["genesys", "bench"], Listener())
    assert found["chip"][0]["energy"]["uncertainty"]["world"] is found["chip"][0]["tornado"]["world"] is None
    assert all(total["world"] is None for total in found["totals"])


def test_points_of_a_sweep_share_the_draws_of_other_platforms(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = small(["CPU_a", "GENESYS"], backends=["genesys"], sweeps=["eve.pes=2,64"])
    first, second = (total["uncertainty"]["energy_j"] for total in found["totals"] if total["platform"] == "CPU_a")
    assert first == second


def test_orders_have_the_widest_likely_intervals():
    intervals = {"a": (10.0, 1e3), "b": (1e2, 1e4)}
    totals = [
        {
            "env": env,
            "backend": "genesys",
            "platform": "CPU_a",
            **dict.fromkeys(("energy_vs_genesys_low", "energy_vs_genesys", "energy_vs_genesys_high"), 50.0),
            "uncertainty": {"energy_vs_genesys": {"median": 50.0, "low_90": low, "high_90": high}},
        }
        for env, (low, high) in intervals.items()
    ]
    (found,) = orders_of(totals)
    assert (found["low_90"], found["high_90"]) == pytest.approx((1, 4))
    (found,) = orders_of([totals[0], totals[1] | {"uncertainty": None}])
    assert found["low_90"] is found["high_90"] is None
