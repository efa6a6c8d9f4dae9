"""What goes wrong in environments is written down, counted, told once, and survives a resume."""

import json
from pathlib import Path

import pytest

from genesys_cli.backends.evaluation import FAULTS, LOST, Fault
from genesys_cli.config.problem import ProblemSettings
from genesys_cli.evolution.faults import Record, records
from genesys_cli.files.faults import FaultLog, summarised
from genesys_cli.inspection.inspect import inspect
from genesys_cli.report.results import print_summary
from genesys_cli.runs import evolve as runs
from meddler import Meddler
from small_runs import Watcher, bits, copied, newest, resume, start, tiny

CRASH = Fault(2, 77, 5, "crash", "signal 11", True)
RAISED = Fault(0, 78, 0, "exception", "ValueError: no", False)


def record(generation=0, kind="crash", message="signal 11"):
    return Record(generation, "training", 3, 77, 5, kind, message, True)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_records_name_the_genome_of_the_generation():
    assert records([CRASH], 4, "training") == [Record(4, "training", 2, 77, 5, "crash", "signal 11", True)]
    assert records([CRASH], 4, "validation", [9, 8, 6])[0].genome == 6


def test_a_run_without_faults_has_no_file(tmp_path):
    log = FaultLog(tmp_path / "faults.jsonl")
    assert log.append([]) == []
    assert log.summary() == {}
    assert not (tmp_path / "faults.jsonl").exists()


def test_the_first_of_each_kind_is_told(tmp_path):
    log = FaultLog(tmp_path / "faults.jsonl")
    (told,) = log.append([record(), record(message="signal 6")])
    assert "(crash): signal 11; generation 0, training, genome 3, seed 77, step 5" in told
    alone = FaultLog(tmp_path / "alone.jsonl", problem=ProblemSettings(function="task:f", call="one", seeded=False))
    assert "fault in task:f (crash): signal 11; generation 0, training, genome 3; this" in alone.append([record()])[0]
    assert [text.partition(";")[0] for text in log.append([record(1), record(1, "hang", "60 s")])] == [
        "fault in the environment (hang): 60 s"
    ]
    assert log.summary() == {"crash": {"count": 3, "first": "signal 11"}, "hang": {"count": 1, "first": "60 s"}}
    assert len(lines(tmp_path / "faults.jsonl")) == 4
    assert lines(tmp_path / "faults.jsonl")[0] == record()._asdict()
    assert summarised(tmp_path / "faults.jsonl") == log.summary()


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_resume_drops_what_is_computed_again(tmp_path, after):
    path = tmp_path / "faults.jsonl"
    FaultLog(path).append([record(0), record(1, "hang"), record(2), record(2)])
    log = FaultLog(path, after)
    assert [fault["generation"] for fault in lines(path)] == [g for g in (0, 1, 2, 2) if g <= after]
    assert log.summary()["crash"]["count"] == (1, 1, 3)[after]
    assert log.append([record(3)]) == []


@pytest.mark.parametrize("end", ['{"generation": 1, "kin', "\0\0\0\n", "[]\n", "3\n", '{"generation": 1}\n', "\xff\n"])
def test_a_file_with_a_bad_end(tmp_path, end):
    path = tmp_path / "faults.jsonl"
    FaultLog(path).append([record(0), record(1)])
    path.write_bytes(path.read_bytes() + end.encode("latin-1"))
    assert summarised(path) == {"crash": {"count": 2, "first": "signal 11"}}
    FaultLog(path, 5).append([record(6)])
    assert [fault["generation"] for fault in lines(path)] == [0, 1, 6]


def test_a_new_run_begins_without_any(tmp_path):
    path = tmp_path / "faults.jsonl"
    path.write_text("of another run\n")
    assert FaultLog(path, 3).summary() == {}
    assert not path.exists()


@pytest.fixture
def faulty(monkeypatch):
    """Evolve while environments fail: once a generation in training, once in each round of validation."""

    def run(folder="run", watcher=None, **changes):
        make = runs.make_backend
        with monkeypatch.context() as patch:

            def meddler(*args):
                return Meddler(make(*args), faults=lambda phase: [CRASH] if phase == "training" else [RAISED])

            patch.setattr(runs, "make_backend", meddler)
            if changes:
                return resume(folder, watcher, **changes)
            return start(tiny("CartPole", "drift.force.at=3", "drift.force.to=-10"), folder, watcher)

    return run


def test_the_faults_of_a_run(faulty, capsys):
    watcher = Watcher()
    folder = faulty(watcher=watcher)
    found = lines(folder / "faults.jsonl")
    assert [fault["generation"] for fault in found if fault["phase"] == "training"] == list(range(7))
    validated = [(fault["generation"], fault["genome"]) for fault in found if fault["phase"] == "validation"]
    newcomers = [generation for generation, genome in validated if genome is not None]
    assert set(newcomers) == set(range(7))
    assert all(1 <= newcomers.count(generation) <= 3 for generation in range(7))
    assert [generation for generation, genome in validated if genome is None] == [3]  # the champion, judged again
    told = [message for message in watcher.messages if "fault in the" in message]
    assert len(told) == 2
    assert "crash" in told[0]
    assert watcher.summary["faults"] == {
        "crash": {"count": 7, "first": "signal 11"},
        "exception": {"count": len(validated), "first": "ValueError: no"},
    }
    print_summary(watcher.summary)
    out = capsys.readouterr().out
    assert "fault: crash" in out
    assert "7 times, the first: signal 11" in out
    assert inspect(folder).facts["faults"] == watcher.summary["faults"]


def test_faults_after_a_resume(faulty, tmp_path):
    watcher = Watcher()
    whole = faulty("whole", watcher)
    for until in (0, 3, 5):
        again = copied(tmp_path / whole, f"again-{until}", until=until)
        told = Watcher()
        summary = faulty(again, told, generations=7)
        assert lines(again / "faults.jsonl") == lines(whole / "faults.jsonl")
        assert summary["faults"] == watcher.summary["faults"]
        assert not [message for message in told.messages if "fault in the" in message]


def test_faults_change_no_bit_of_what_is_computed(faulty):
    quiet = start(tiny("CartPole", "drift.force.at=3", "drift.force.to=-10"), "quiet")
    assert bits(quiet) == bits(faulty())
    assert newest(quiet).name == "gen-00006.npz"


def test_kinds_have_columns_of_their_own():
    assert [f"faults_{kind.replace(' ', '_')}" for kind in FAULTS if kind != LOST] == [
        "faults_exception",
        "faults_hang",
        "faults_crash",
        "faults_not_finite",
    ]
