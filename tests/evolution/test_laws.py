"""What must hold for every run: same seed, same bits, however it is carried out."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from genesys_cli.files.checkpoint import load
from genesys_cli.files.folder import Metrics, RunFolder
from genesys_cli.files.writer import Writer
from small_runs import Watcher, bits, copied, generations, last, newest, resume, rows, start, tiny

# One discrete environment, one continuous, and recurrent networks; the same on the chip; and a world that changes, seen
# through statistics that change.
CHIP = "run.backend=genesys"
KINDS = [
    ("CartPole",),
    ("Pendulum", "neat.num_hidden=2"),
    ("CartPole", "neat.feed_forward=false"),
    ("CartPole", CHIP, "eve.pes=8"),
    ("Pendulum", "neat.num_hidden=2", CHIP),
    ("CartPole", "neat.feed_forward=false", CHIP),
    (
        "CartPole",
        "evaluation.normalise_observations=true",
        "drift.force={schedule='square',at=1,to=-10,period=4}",
        "drift.length={schedule='ramp',at=2,to=1.5,over=3}",
        "drift.observation_noise={at=4,to=0.1}",
        "drift.action_delay={at=5,to=1}",
    ),
]
ALWAYS = (KINDS[0], KINDS[4], KINDS[6])  # one of each kind of state that a run has
END = 6  # the last generation of a tiny run


def kinds(always):
    """Return the mark of a test that these kinds always take, while the others soak."""
    params = [pytest.param(kind, marks=[] if kind in always else pytest.mark.soak, id=" ".join(kind)) for kind in KINDS]
    return pytest.mark.parametrize("kind", params, indirect=True)


some_kinds = kinds(ALWAYS)  # for what is about files, which no kind of network or action changes
one_kind = kinds(ALWAYS[2:])  # where every moment of a run is tried: of that which keeps most


@pytest.fixture(scope="module", params=KINDS, ids=" ".join)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def whole(kind, tmp_path_factory):
    """A run that nothing disturbed."""
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny(*kind), place / "run")


def test_a_run_does_something(kind, whole):
    first, end = (load(whole / "checkpoints" / f"gen-{k:05d}.npz")[0] for k in (0, END))
    assert generations(whole) == list(range(END + 1))
    assert not first.population.equals(end.population)
    if CHIP in kind:  # a split takes its connection away there, so that genomes may also shrink
        assert end.population.conn_in.tolist() != first.population.conn_in.tolist()
    else:
        assert len(end.population.conn_in) > len(first.population.conn_in)
    assert [row["generation"] for row in rows(whole)] == [str(k) for k in range(END + 1)]


def test_same_seed_same_bits(kind, whole):
    again = start(tiny(*kind), "again")
    assert bits(again) == bits(whole)
    assert rows(again) == rows(whole)


def test_another_seed_gives_another_run(kind, whole):
    assert last(start(tiny(*kind, "run.seed=1"), "other"))[0] != last(whole)[0]


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(kind, threads):
    large = ("neat.population=200", "neat.generations=3")  # so that every part of the work is divided
    one = start(tiny(*kind, *large), "one")
    assert bits(start(tiny(*kind, *large, f"run.threads={threads}"), "many")) == bits(one)


@some_kinds
@pytest.mark.parametrize(("every", "saved"), [(1, range(7)), (3, (2, 5, 6)), (1000, (6,))])
def test_checkpoints_change_nothing(kind, whole, every, saved):
    run = start(tiny(*kind, f"run.checkpoint_every={every}"), "run")
    assert generations(run) == list(saved)
    assert last(run) == last(whole)
    assert rows(run) == rows(whole)


@some_kinds
@pytest.mark.parametrize("stop", range(END + 1))
def test_interrupted_and_resumed(kind, whole, stop):
    run = start(tiny(*kind), "run", Watcher([stop]))
    assert generations(run) == list(range(stop + 1))
    assert not (run / "summary.json").exists()
    resume(run)
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


@some_kinds
def test_an_interrupt_saves_what_was_computed(kind, whole):
    run = start(tiny(*kind, "run.checkpoint_every=3"), "run", Watcher([3]))
    assert generations(run) == [2, 3]
    resume(run)
    assert generations(run) == [2, 3, 5, 6]
    assert last(run) == last(whole)
    assert rows(run) == rows(whole)


def test_interrupted_after_every_generation(kind, whole):
    run = start(tiny(*kind), "run", Watcher([0]))
    for stop in range(1, END + 1):
        resume(run, Watcher([stop]))
        assert generations(run)[-1] == stop
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


@some_kinds
@pytest.mark.parametrize("until", range(-1, END + 1))
def test_died_at_any_generation(kind, whole, tmp_path, until):
    """A run that was killed left rows of metrics, a champion and half a file that no checkpoint knows of."""
    run = copied(whole, tmp_path / "run", until=until)
    (run / "checkpoints" / ".gen-00003.npz.partial").write_bytes(b"half")
    resume(run)
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


@one_kind
def test_died_at_any_moment(kind, whole, monkeypatch, tmp_path):
    """The folder as it is before and after each row and each file; every such moment is resumed."""
    moments = []
    lock = threading.RLock()  # the folder holds still while it is copied

    def photograph():
        if Path("run/config.toml").exists():
            moments.append(tmp_path / f"moment-{len(moments)}")
            shutil.copytree("run", moments[-1], ignore=shutil.ignore_patterns("*.partial"))

    def observed(real):
        def call(*args):
            with lock:
                photograph()
                real(*args)
                photograph()

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", observed(os.replace))
        patch.setattr(Metrics, "append", observed(Metrics.append))
        start(tiny(*kind), "run")
    assert len(moments) > 4 * END
    for moment in moments:
        resume(moment)
        assert bits(moment) == bits(whole), moment
        assert rows(moment) == rows(whole), moment


@one_kind
@pytest.mark.parametrize("name", ["Metrics.append", "Writer.wait", "Writer.put", "RunFolder.save_champion"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 4])
def test_interrupted_at_any_moment(kind, whole, monkeypatch, name, when, call):
    """Ctrl-C arrives just before or after something is done for the n-th time."""
    place, _, method = name.partition(".")
    owner = {"Metrics": Metrics, "Writer": Writer, "RunFolder": RunFolder}[place]
    real = getattr(owner, method)
    calls = []

    def interrupted(self, *args):
        calls.append(args)
        if when == "after" or len(calls) != call:
            real(self, *args)
        if len(calls) == call:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, interrupted)
        run = start(tiny(*kind), "run")
    resume(run)
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


@some_kinds
@pytest.mark.parametrize("wanted", range(1, END + 1))
def test_ended_and_carried_on(kind, whole, wanted):
    run = start(tiny(*kind, f"neat.generations={wanted}"), "run")
    assert generations(run) == list(range(wanted))
    resume(run, generations=END + 1)
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


@some_kinds
def test_a_resumed_run_may_be_carried_out_otherwise(kind, whole, tmp_path):
    run = copied(whole, tmp_path / "run", until=2)
    resume(run, threads=2, keep=1, checkpoint_every=2)
    assert last(run) == last(whole)


@some_kinds
def test_a_champion_found_just_before_the_end_is_not_lost(kind, whole, tmp_path):
    """The run died after its last checkpoint: nothing is left to compute, but the files around it are put right."""
    run = copied(whole, tmp_path / "run")
    (run / "champion.json").write_text("{}")
    (run / "summary.json").unlink()
    watcher = Watcher()
    summary = resume(run, watcher)
    assert bits(run) == bits(whole)
    assert summary["generations"] == END + 1
    assert (run / "summary.json").exists()
    assert any("is complete" in message for message in watcher.messages)


@some_kinds
@pytest.mark.parametrize("keep", [1, 2])
def test_only_the_newest_and_the_champions_checkpoint_are_kept(kind, whole, keep):
    run = start(tiny(*kind, f"run.keep={keep}"), "run")
    newest_ones = set(range(END + 1 - keep, END + 1))
    assert generations(run) == sorted(newest_ones | {load(newest(whole))[0].champion.generation})
    assert last(run) == last(whole)


@some_kinds
@pytest.mark.parametrize("size", [2, 3])
def test_the_smallest_populations(kind, size):
    few = (f"neat.population={size}", "neat.elitism=1", "neat.generations=12")
    run = start(tiny(*kind, *few), "run", Watcher([4]))
    resume(run)
    assert last(run) == last(start(tiny(*kind, *few), "whole"))
    assert load(newest(run))[0].population.size == size


def test_stop_when_solved():
    easy = ("evaluation.solved_at=9", "neat.generations=5")
    stopped, complete = Watcher(), Watcher()
    start(tiny("CartPole", *easy, "run.stop_when_solved=true"), "stopped", stopped)
    start(tiny("CartPole", *easy), "complete", complete)
    assert stopped.summary["solved"]
    assert complete.summary["solved"]
    assert (len(stopped.rows), len(complete.rows)) == (1, 5)
    resume("stopped", stopped, stop_when_solved=False)
    assert bits("stopped") == bits("complete")
