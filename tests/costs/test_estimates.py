"""The estimates that end a run: the same from files alone, and after a resume; what is not known is named."""

import json
import subprocess
import sys

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.costs import host
from genesys_cli.costs.estimates import PAPER, WINDOW, Estimate, bounds, estimates, genesys_estimate, host_estimate
from genesys_cli.costs.host import HostEnergy, HostMeter, process_seconds
from genesys_cli.costs.work import workload_of
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.peak import calibration
from genesys_cli.energy.table import load_table
from genesys_cli.envs.registry import environment_of
from genesys_cli.files.folder import read_metrics
from genesys_cli.measure.meters.counter import CounterError, Joules
from genesys_cli.measure.meters.meter import MEASURED, MODELLED
from genesys_cli.ranges import Range
from small_runs import Watcher, copied, resume, rows, start, tiny

LONG = "neat.generations=13"  # more than the window


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return a function that evolves on a backend; it returns the run's folder and its summary."""
    known = {}

    def run(backend, *overrides):
        if (backend, overrides) not in known:
            place = tmp_path_factory.mktemp(backend)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                folder = start(tiny("CartPole", f"run.backend={backend}", LONG, *overrides), place / "run")
            known[backend, overrides] = folder, json.loads((folder / "summary.json").read_text())
        return known[backend, overrides]

    return run


def lasting(summary):
    """Return the estimates that are not measured."""
    return [one for one in summary["estimates"] if one["platform"] != "host"]


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_every_platform_is_there(done, backend):
    _, summary = done(backend)
    found = {one["platform"]: one for one in summary["estimates"]}
    assert list(found) == ["GENESYS", *PAPER, "host"]
    assert found["GENESYS"]["origin"] == ("emulated" if backend == "genesys" else "modelled")
    assert {found[name]["origin"] for name in PAPER} == {"modelled"}
    assert found["host"]["time_origin"] == "measured"
    assert found["GENESYS"]["energy_vs_genesys"] == 1
    for one in found.values():
        assert one["generations"] == (WINDOW if backend == "genesys" else 1) or one["platform"] == "host"
        if one["energy_j"] is None:  # kernels were being compiled
            assert one["platform"] == "host"
            assert "compiled" in one["note"]
            continue
        for name in ("inference_s", "evolution_s", "energy_j", "energy_vs_genesys"):
            assert 0 < one[f"{name}_low"] <= one[name] <= one[f"{name}_high"], (one["platform"], name)
        assert one["energy_vs_genesys"] == pytest.approx(one["energy_j"] / found["GENESYS"]["energy_j"])
    factor = calibration(load_table())  # of dynamic energy alone, which is a hundredth
    assert 0.5 < factor < 1
    assert factor < found["GENESYS"]["energy_calibrated_j"] / found["GENESYS"]["energy_j"] < 1


def test_the_chip_s_figures_follow_from_metrics_alone(done):
    folder, summary = done("genesys")
    table, chip = load_table(), ChipSettings()
    found = read_metrics(folder / "metrics.csv")
    for row in found:
        energy = estimate(row, chip, table)
        assert row["energy_j"] == energy.total().nominal
        assert row["energy_inference_j"] == energy.by_phase()["inference"].nominal
        assert row["energy_evolution_j"] == energy.by_phase()["evolution"].nominal
    last = found[-WINDOW:]
    genesys = summary["estimates"][0]
    for key, values in {
        "energy_j": [row["energy_j"] for row in last],
        "energy_j_high": [estimate(row, chip, table).total().high for row in last],
        "inference_s": [estimate(row, chip, table).seconds["inference"] for row in last],
        "evolution_s": [estimate(row, chip, table).seconds["evolution"] for row in last],
    }.items():
        assert genesys[key] == pytest.approx(sum(values) / WINDOW)


def test_software_runs_have_no_joules_of_the_chip_in_metrics(done):
    folder, _ = done("software")
    assert not {"energy_j", "energy_inference_j", "energy_evolution_j"} & rows(folder)[-1].keys()


@pytest.mark.parametrize("backend", ["software", "genesys"])
@pytest.mark.parametrize("stop", [1, 6, 11])
def test_interrupted_and_resumed(done, backend, stop, tmp_path):
    folder, summary = done(backend)
    watcher = Watcher()
    again = copied(folder, f"stopped-{backend}-{stop}", until=stop)
    resume(again, watcher)
    assert len(watcher.rows) == 12 - stop
    assert lasting(watcher.summary) == lasting(summary)
    assert rows(again) == rows(folder)


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_a_run_that_had_ended(done, backend):
    folder, summary = done(backend)
    again = copied(folder, f"ended-{backend}")
    watcher = Watcher()
    resume(again, watcher)
    assert watcher.rows == []
    assert lasting(watcher.summary) == lasting(summary)


def test_a_run_that_died_before_its_summary(done):
    """The last generation is computed once more from the checkpoint before it; without that, the reason is told."""
    folder, summary = done("software")
    again = copied(folder, "died")
    (again / "summary.json").unlink()
    watcher = Watcher()
    resume(again, watcher)
    assert watcher.rows == []
    assert lasting(watcher.summary) == lasting(summary)
    (again / "summary.json").unlink()
    (again / "checkpoints" / "gen-00011.npz").unlink()
    watcher = Watcher()
    resume(again, watcher)
    assert watcher.summary["estimates"] == []
    assert any("cannot be counted again without" in message for message in watcher.messages)


def test_a_summary_of_an_earlier_end_is_not_taken_over(done):
    folder, _ = done("software")
    again = copied(folder, "longer")
    watcher = Watcher()
    resume(again, watcher, generations=14)
    assert lasting(watcher.summary) != lasting(json.loads((folder / "summary.json").read_text()))


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_a_chip_that_cannot_be_priced_is_named(backend):
    """The run goes on; the other platforms are there without a ratio."""
    chip = ["clock.technology_nm=180"] if backend == "genesys" else ["neat.aggregation_options=['max']"]
    watcher = Watcher()
    chosen = ["neat.aggregation_default=max"] if backend == "software" else []
    start(tiny("CartPole", f"run.backend={backend}", "neat.generations=2", *chip, *chosen), "run", watcher)
    genesys, other = watcher.summary["estimates"][:2]
    assert genesys["energy_j"] is genesys["energy_vs_genesys"] is genesys["inference_s"] is None
    assert ("180" if backend == "genesys" else "'max'") in genesys["note"]
    assert other["energy_j"] > 0
    assert other["energy_vs_genesys"] is None
    assert watcher.rows[-1].get("energy_j") is None


def test_means_are_of_all_generations(done):
    folder, _ = done("genesys")
    found = read_metrics(folder / "metrics.csv")
    table = load_table()
    one, other, both = (
        genesys_estimate(part, ChipSettings(), table, emulated=True) for part in (found[3:4], found[8:9], found[3:9:5])
    )
    assert (one.generations, both.generations) == (1, 2)
    assert both.energy.nominal == pytest.approx((one.energy.nominal + other.energy.nominal) / 2)
    assert both.seconds["inference"].nominal == pytest.approx(
        (one.seconds["inference"].nominal + other.seconds["inference"].nominal) / 2
    )


ROW = {"evaluate_s": 5.0, "validate_s": 2.0, "reproduce_s": 0.5, "speciate_s": 0.25, "host_energy_j": 8.0}


def chip_of(energy):
    """Return an estimate of the chip that others are compared with."""
    return Estimate("GENESYS", "emulated", "emulated", 1, None, None, energy)


def test_this_machine():
    """Without validation; a generation in which kernels were compiled is left out."""
    cold = {**ROW, "evaluate_s": 99.0, "host_energy_j": None}
    slow = {**ROW, "evaluate_s": 9.0, "host_energy_j": 10.0}
    found = host_estimate([cold, ROW, slow], HostEnergy(MODELLED, "a formula", Range(0.5, 1.0, 4.0)))
    assert found.generations == 2
    assert found.seconds == {"inference": Range.exactly(5.0), "evolution": Range.exactly(0.75)}
    assert found.energy == Range(4.5, 9.0, 36.0)
    document = found.document(chip_of(Range(1.0, 3.0, 9.0)))
    assert (document["origin"], document["time_origin"]) == ("modelled", "measured")
    assert [document[f"energy_vs_genesys{side}"] for side in ("_low", "", "_high")] == [0.5, 3.0, 36.0]
    assert "a formula" in document["note"]


def test_this_machine_while_it_compiles():
    found = host_estimate([{**ROW, "host_energy_j": None}], HostEnergy(MEASURED, "RAPL", Range.exactly(1.0)))
    document = found.document(chip_of(Range.exactly(1.0)))
    assert document["energy_j"] is document["inference_s"] is document["energy_vs_genesys"] is None
    assert "compiled" in document["note"]


def test_what_is_not_finite_is_not_in_json():
    assert bounds("x", Range(1.0, float("inf"), float("inf"))) == {"x": None, "x_low": 1.0, "x_high": None}
    host = Estimate("host", "measured", "measured", 1, None, None, Range.exactly(2.0))
    assert host.document(chip_of(Range.exactly(0.0)))["energy_vs_genesys"] is None


def test_a_platform_of_one_s_choice(done):
    folder, _ = done("genesys")
    settings = tiny("CartPole", "run.backend=genesys", LONG)
    row = read_metrics(folder / "metrics.csv")[-1]
    genesys = genesys_estimate([row], settings.chip, load_table(), emulated=True)
    found = estimates(genesys, workload_of(row, settings, environment_of(settings)), platforms=["h200"])
    assert [one["platform"] for one in found] == ["GENESYS", "H200"]


class Spy:
    """A counter that gains 3 J each time it is read."""

    name = "spy"
    joules = 0.0

    def read(self):
        self.joules += 3.0
        return {"x": self.joules}

    def between(self, before, after, seconds):
        return Joules(after["x"] - before["x"])


def test_counters_make_the_joules_of_this_machine_measured(monkeypatch):
    monkeypatch.setattr(host, "find_counters", lambda: ([Spy()], []))
    watcher = Watcher()
    start(tiny("CartPole", "neat.generations=3"), "run", watcher)
    assert {row["host_energy_j"] for row in watcher.rows} <= {9.0, None}  # three parts are metered
    energy = HostMeter().energy()
    assert energy == HostEnergy(MEASURED, "spy, gross", Range.exactly(1.0))


def test_a_counter_that_fails_is_given_up(monkeypatch):
    """From then on joules are an estimate, and so is the whole row."""

    class Failing(Spy):
        def read(self):
            if self.joules > 20:
                raise CounterError("vanished", "the spy is gone")
            return super().read()

    monkeypatch.setattr(host, "find_counters", lambda: ([Failing()], []))
    watcher = Watcher()
    start(tiny("CartPole", "neat.generations=3"), "run", watcher)
    found = watcher.summary["estimates"][-1]
    assert (found["origin"], found["time_origin"]) == ("modelled", "measured")
    assert "the spy is gone" in found["note"]


def test_processor_time_of_other_processes():
    code = "import sys, time\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\nsys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        spent = process_seconds(process.pid)
    assert 0.15 < spent < 5.0
    assert process_seconds(process.pid) == 0.0
