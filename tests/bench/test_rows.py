import math

import pytest

from genesys_cli.bench.platforms import choose_platforms
from genesys_cli.bench.results import Measured, Result
from genesys_cli.bench.rows import Group, costs_of, flat, orders_of, rows_of, totals_of
from genesys_cli.config.chip import ChipSettings
from genesys_cli.counts import nothing
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.events import READ, WAITED
from genesys_cli.energy.software import estimate as software
from genesys_cli.energy.table import load_table
from genesys_cli.energy.workload import Workload
from genesys_cli.ranges import Range

COUNTS = nothing({**READ, **WAITED}) | {
    "adam_mac_slots": 1e6,
    "useful_macs": 1e4,
    "vectorise_cycles": 1e4,
    "fitness_cycles": 1e3,
    "distance_genes": 1e3,
    "generation_cycles": 1e5,
    "cpu_speciate_cycles": 2e4,
}
WORK = Workload(24, 1e4, 500, 48, 8e4, 2e4, 9e4, 400, 200, 150, 180, 1e3, 4, 2)


def group(*, chip=True, measured=(), **work):
    counts = COUNTS if chip else None
    result = Result(4, WORK._replace(**work), 1e4, counts, "" if chip else "too large", tuple(measured))
    energy = estimate(COUNTS, ChipSettings(), load_table()) if chip else None
    return Group("CartPole", "software", {"eve.pes": 4}, (0,), result, energy)


def table(group, *names):
    platforms = choose_platforms(names)
    costs = costs_of(group, platforms)
    return rows_of(group, platforms, costs), totals_of(group, platforms, costs)


def test_a_row_for_each_platform_and_phase():
    rows, _ = table(group(), "GENESYS", "CPU_a", "GPU_b")
    assert [(row["platform"], row["phase"]) for row in rows] == [
        (name, phase) for name in ("GENESYS", "CPU_a", "GPU_b") for phase in ("inference", "evolution")
    ]
    for row in rows:
        for name in ("time_s", "energy_j", "power_w"):
            assert 0 < row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]


def test_modelled_rows_are_the_software_models():
    rows, totals = table(group(), "CPU_a")
    profile = choose_platforms(["CPU_a"]).profiles[0]
    for row in rows:
        wanted = software(WORK, profile)[row["phase"]]
        assert Range(row["energy_j_low"], row["energy_j"], row["energy_j_high"]) == wanted.energy_j
        assert row["counts"] == WORK._asdict()
    assert totals[0]["energy_j"] == pytest.approx(sum(row["energy_j"] for row in rows))


def test_the_chip_is_one_generation_of_its_counts():
    rows, totals = table(group(), "GENESYS")
    energy = estimate(COUNTS, ChipSettings(), load_table())
    assert [row["energy_j"] for row in rows] == [
        energy.by_phase()[phase].nominal / 4 for phase in ("inference", "evolution")
    ]
    assert totals[0]["energy_j"] == pytest.approx(energy.total().nominal / 4)
    calibrated = energy.by_phase(calibrated=True)["inference"].nominal / 4
    assert rows[0]["energy_calibrated_j"] == pytest.approx(calibrated) != rows[0]["energy_j"]
    assert rows[0]["energy_vs_genesys"] == 1
    assert rows[0]["origin"] == "modelled"  # the software backend evolved


def test_ratios_take_bounds_against_bounds():
    rows, totals = table(group(), "CPU_a", "GENESYS")
    chip, cpu = totals
    assert cpu["energy_vs_genesys"] == pytest.approx(cpu["energy_j"] / chip["energy_j"])
    assert cpu["energy_vs_genesys_low"] == pytest.approx(cpu["energy_j_low"] / chip["energy_j_high"])
    assert cpu["energy_vs_genesys_high"] == pytest.approx(cpu["energy_j_high"] / chip["energy_j_low"])
    alone, _ = table(group(), "CPU_a")  # the chip need not be shown
    assert [row["energy_vs_genesys"] for row in alone] == [row["energy_vs_genesys"] for row in rows[2:]]


def test_without_a_chip_there_is_no_ratio():
    rows, totals = table(group(chip=False), "GENESYS", "CPU_a")
    assert {row["platform"] for row in rows} == {"CPU_a"}
    assert all(row["energy_vs_genesys"] is None for row in rows)
    assert orders_of(totals) == []


def test_rates_are_of_the_phase_that_makes_them():
    inference, evolution = table(group(), "CPU_a")[0]
    assert inference["env_steps_per_s"] == 1e4 / inference["time_s"]
    assert evolution["genes_per_s"] == WORK.genes_written / evolution["time_s"]
    assert inference["genes_per_s"] is evolution["env_steps_per_s"] is None


def test_this_machine_is_the_mean_of_its_seeds():
    def one(seconds, origin="measured"):
        return Measured(seconds, 0.1, Range.exactly(10.0), origin, "RAPL", (), None, "2026-01-01")

    rows, _ = table(group(measured=[one(1.0), one(3.0)]), "host")
    assert (rows[0]["time_s_low"], rows[0]["time_s"], rows[0]["time_s_high"]) == (1.0, 2.0, 3.0)
    assert rows[0]["energy_j"] == 20.0
    assert (rows[0]["origin"], rows[0]["energy_origin"]) == ("measured", "measured")
    rows, _ = table(group(measured=[one(1.0), one(3.0, "modelled")]), "host")
    assert (rows[0]["origin"], rows[0]["energy_origin"]) == ("measured", "modelled")
    assert table(group(), "host")[0] == []


def test_orders_of_magnitude():
    ratios = [(10.0, 100.0, 1e3), (1e2, 1e4, 1e5)]
    totals = [
        {
            "env": env,
            "backend": "genesys",
            "platform": "CPU_a",
            "energy_vs_genesys_low": low,
            "energy_vs_genesys": nominal,
            "energy_vs_genesys_high": high,
        }
        for env, (low, nominal, high) in zip("ab", ratios, strict=True)
    ]
    (found,) = orders_of([*totals, totals[0] | {"platform": "GENESYS"}])
    assert found["envs"] == ["a", "b"]
    assert [found[key] for key in ("low", "least", "mean", "most", "high")] == pytest.approx([1, 2, 3, 4, 5])
    assert all(math.isfinite(found[key]) for key in ("low", "high"))


def test_a_line_of_csv_has_the_point_as_columns():
    line = flat(table(group(), "CPU_a")[0][0])
    assert (line["eve.pes"], line["seeds"], line["platform"]) == (4, 1, "CPU_a")
    assert not any(isinstance(value, dict | list) for value in line.values())
