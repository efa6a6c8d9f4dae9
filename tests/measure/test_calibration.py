import json

import pytest

from genesys_cli.errors import DamagedFileError, GenesysError
from genesys_cli.measure import calibration
from genesys_cli.measure.calibration import (
    Calibration,
    as_json,
    calibrate,
    load_calibration,
    make_probes,
    measure_interpreted,
    solve,
)
from genesys_cli.measure.costs import Costs
from genesys_cli.ranges import Range

COSTS = Costs(*(Range(i * 1e-7, i * 2e-7, i * 4e-7) for i in range(1, 11)))


def test_costs_come_back_from_the_times_that_they_make():
    truth = dict(zip(Costs._fields, [float(i) for i in range(1, 11)], strict=True))
    probes = make_probes()
    seconds = [sum(amount * truth[key] for key, amount in probe.work.items()) for probe in probes]
    assert solve(probes, seconds) == pytest.approx(truth)


def test_every_cost_is_worked_for_and_every_probe_runs():
    probes = make_probes()
    assert len(probes) == len(Costs._fields)
    assert set().union(*(probe.work for probe in probes)) == set(Costs._fields)
    for probe in probes:
        probe.call()


def test_a_measurement_is_positive_and_in_order():
    for low, nominal, high in measure_interpreted(rounds=5, batch_s=0.004):
        assert 0 < low <= nominal <= high


def test_a_clock_that_says_nothing_makes_no_costs(monkeypatch):
    ticks = iter(range(10**9))
    with pytest.raises(GenesysError, match="too busy"):  # every probe takes the same time, so no work costs any
        measure_interpreted(rounds=3, batch_s=1.0, clock=lambda: float(next(ticks)))


def test_a_calibration_is_kept_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    made = calibrate(tmp_path / "deep", relative_speed=Range(0.8, 1.0, 1.2))
    assert load_calibration(tmp_path / "deep") == made
    (path,) = (tmp_path / "deep").iterdir()
    document = json.loads(path.read_text())
    assert document["schema_version"] == 1
    assert document["machine"] == made.machine
    assert document["costs"]["step_s"] == list(COSTS.step_s)
    assert made.machine in made.source


def test_the_default_folder_is_that_of_the_kernels(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESYS_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    assert load_calibration() is None
    calibrate()
    assert load_calibration() is not None
    assert [path.name.startswith("calibration-") for path in tmp_path.iterdir()] == [True]


def test_another_machines_calibration_is_not_this_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    calibrate(tmp_path)
    monkeypatch.setattr(calibration.platform, "node", lambda: "another/one")
    assert load_calibration(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        lambda text: text.replace('"step_s"', '"steps"'),
        lambda text: text.replace("1e-07", "-1e-07", 1),
        lambda text: text.replace("1e-07", "NaN", 1),
        lambda text: text.replace('"python": "', '"python": ["').replace('",\n  "date', '"],\n  "date'),
    ],
)
def test_a_damaged_calibration_is_named(tmp_path, monkeypatch, change):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    calibrate(tmp_path)
    (path,) = tmp_path.iterdir()
    changed = change(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(DamagedFileError, match="calibrate again"):
        load_calibration(tmp_path)


def test_bytes_that_are_no_text_are_damage_too(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    calibrate(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DamagedFileError):
        load_calibration(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: COSTS)
    (tmp_path / "file").write_text("")
    with pytest.raises(GenesysError, match="cannot be kept"):
        calibrate(tmp_path / "file")


def test_on_the_reference_core_a_fast_machines_costs_are_longer():
    fast = Calibration("m", "c", "3.12", "2026-01-01", COSTS, Range(1.5, 2.0, 2.5))
    assert fast.on_reference_core().step_s == pytest.approx((1.5e-7, 4e-7, 10e-7))
    assert as_json(fast)["relative_speed"] == [1.5, 2.0, 2.5]
    with pytest.raises(ValueError, match="how fast"):
        fast._replace(relative_speed=None).on_reference_core()
