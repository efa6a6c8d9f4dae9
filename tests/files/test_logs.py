"""Logs beside metrics.csv say the same as it, change nothing, and go on after a resume."""

import contextlib
import json
import sys
from pathlib import Path

import pytest

from genesys_cli.errors import UserError
from genesys_cli.files.events import EventFiles, tag_of
from genesys_cli.files.folder import read_metrics
from genesys_cli.files.logs import checked, finite
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, copied, resume, start, tiny

BOTH = ("jsonl", "tensorboard")


def logged(folder, watcher=None):
    with contextlib.suppress(KeyboardInterrupt):
        runs.evolve(tiny("CartPole"), Path(folder), ["genesys"], watcher or Watcher(), BOTH)
    return Path(folder)


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def known(run):
    rows = read_metrics(run / "metrics.csv")
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def board(run):
    """Return steps and values by tag, as TensorBoard reads them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def records(run):
    """Return the steps of all events with numbers, in the order of the files, without TensorBoard's own mending."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    files = sorted((run / "tensorboard").iterdir())
    return [e.step for path in files for e in loader.LegacyEventFileLoader(str(path)).Load() if e.summary.value]


def test_jsonl_says_what_metrics_csv_says():
    run = logged("run")
    assert lines(run) == known(run)
    assert len(lines(run)) == 7
    assert "genes_read" not in lines(run)[0]
    assert isinstance(lines(run)[1]["genes_read"], int)


def test_tensorboard_reads_what_metrics_csv_says():
    run = logged("run")
    found, rows = board(run), known(run)
    for column, tag in (
        ("best_fitness", "fitness/best"),
        ("champion_fitness", "fitness/validated"),
        ("conns_mean", "network/conns_mean"),
        ("species", "species/species"),
        ("evaluate_s", "time/evaluate_s"),
        ("genes_read", "counts/genes_read"),
    ):
        steps = [(row["generation"], pytest.approx(row[column], rel=1e-6)) for row in rows if column in row]
        assert found[tag] == steps
    assert {tag_of(column) for row in rows for column in row} - set(found) == {"counts/generation", "time/wall_time_s"}


def test_logging_changes_nothing():
    assert bits(logged("logged")) == bits(start(tiny("CartPole"), "plain"))


@pytest.mark.parametrize("until", [0, 3])
def test_logs_go_on_after_a_resume(until):
    """What was logged beyond the checkpoint is cut, also where the last line and record are halves."""
    run = copied(logged("whole"), "run", until=until)
    kept = (run / "metrics.jsonl").read_bytes().splitlines(keepends=True)[: until + 1]
    with open(run / "metrics.jsonl", "a") as file:
        file.write('{"generation": 7, "best')
    (events,) = (run / "tensorboard").iterdir()
    with open(events, "ab") as file:
        file.write(b"\x20\0\0\0\0\0\0\0cut")
    resume(run)
    assert (run / "metrics.jsonl").read_bytes().splitlines(keepends=True)[: until + 1] == kept
    assert lines(run) == known(run)
    assert records(run) == list(range(7))
    assert [step for step, _ in board(run)["fitness/best"]] == list(range(7))


def test_a_run_that_is_stopped_twice():
    run = logged("run", Watcher([1]))
    resume(run, Watcher([4]))
    resume(run)
    assert len(list((run / "tensorboard").iterdir())) == 3
    assert records(run) == list(range(7))
    assert lines(run) == known(run)


def test_a_log_that_a_run_gets_later_is_complete():
    run = start(tiny("CartPole"), "run", Watcher([3]))
    runs.resume(run, {}, ["genesys"], Watcher(), BOTH)
    assert lines(run) == known(run)
    assert records(run) == list(range(7))
    rows = known(run)
    assert board(run)["fitness/mean"] == [(row["generation"], pytest.approx(row["mean_fitness"])) for row in rows]


def test_a_run_that_dies_before_its_first_checkpoint_starts_its_logs_over():
    run = copied(logged("whole", Watcher([2])), "run", until=-1)
    resume(run)
    assert lines(run) == known(run)
    assert records(run) == list(range(7))


def test_numbers_that_json_and_float32_cannot_hold(tmp_path):
    assert finite({"a": float("nan"), "b": float("inf"), "c": None, "d": 1}) == {"d": 1}
    files = EventFiles(tmp_path / "tensorboard", [])
    files.append({"generation": 0, "best_fitness": -1e300})
    files.close()
    assert board(tmp_path)["fitness/best"] == [(0, pytest.approx(-3.4028234e38))]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-3] + b"xyz", lambda data: data + b"x"])
def test_a_record_that_is_cut_off_or_altered_is_written_again(tmp_path, damage):
    pytest.importorskip("tensorboard")
    rows = [{"generation": g, "wall_time_s": float(g), "best_fitness": g / 4} for g in range(3)]
    files = EventFiles(tmp_path / "tensorboard", rows[:1])
    for row in rows[1:]:
        files.append(row)
    files.close()
    (path,) = (tmp_path / "tensorboard").iterdir()
    path.write_bytes(damage(path.read_bytes()))
    EventFiles(tmp_path / "tensorboard", rows).close()
    assert sorted(records(tmp_path)) == [0, 1, 2]
    assert board(tmp_path)["fitness/best"] == [(0, 0.0), (1, 0.25), (2, 0.5)]


def test_without_its_package_one_message_names_the_extra(monkeypatch):
    """A new run is refused before it has a folder; one that is resumed loses nothing, and goes on when it is there."""
    pytest.importorskip("tensorboard")
    run = copied(logged("whole", Watcher([2])), "run", until=1)
    before = (run / "metrics.jsonl").read_bytes(), *(path.read_bytes() for path in (run / "tensorboard").iterdir())
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
        message = r"needs tensorboard \(.*\); install it with: pip install 'genesys-cli\[tensorboard\]'$"
        with pytest.raises(UserError, match=f"^--log tensorboard {message}"):
            checked(["tensorboard"])
        with pytest.raises(UserError, match=f"^the log .*tensorboard {message}"):
            resume(run)
    after = (run / "metrics.jsonl").read_bytes(), *(path.read_bytes() for path in (run / "tensorboard").iterdir())
    assert after == before
    resume(run)
    assert lines(run) == known(run)
    assert records(run) == list(range(7))


def test_kinds():
    assert checked(["csv,jsonl", "tensorboard", "jsonl"]) == ("csv", "jsonl", "tensorboard")
    assert checked([]) == ()
    with pytest.raises(UserError, match=r"--log tensorbord: .* did you mean 'tensorboard'\? There are: csv, jsonl"):
        checked(["csv,tensorbord"])
