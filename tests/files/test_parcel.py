"""The files of a run, sent while it is written, make a folder that is a run's at any time, and equal in the end."""

import os
import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_cli.errors import GenesysError
from genesys_cli.files import parcel
from genesys_cli.files.parcel import File, Parcel, Sender, begin_anew, packed, unpack
from small_runs import Watcher, bits, copied, resume, rows, start, tiny

LOGS = ("faults.jsonl", "species.csv", "metrics.csv", "metrics.jsonl", "tensorboard/events.out.1.a-b")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def step(folder, chance):
    """Do something that a run does to its folder."""
    folder.joinpath("checkpoints").mkdir(exist_ok=True)
    folder.joinpath("tensorboard").mkdir(exist_ok=True)
    what = chance.randrange(6)
    name = chance.choice(LOGS)
    if what == 0:
        (folder / "checkpoints" / f"gen-{chance.randrange(20):05d}.npz").write_bytes(chance.randbytes(30))
    elif what == 1 and (old := sorted(folder.glob("checkpoints/*"))):
        chance.choice(old).unlink()
    elif what == 2:  # written again, under another name at first
        (folder / "new").write_bytes(chance.randbytes(chance.randrange(300)))
        (folder / "new").rename(folder / name)
    elif what == 3:  # written again in the same place, perhaps to be longer than before
        (folder / name).write_bytes(chance.randbytes(100 + chance.randrange(300)))
    elif what == 4:
        (folder / name).unlink(missing_ok=True)
    else:
        with open(folder / name, "ab") as file:
            file.write(chance.randbytes(chance.randrange(100)))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_whatever_a_run_does_the_copy_becomes_the_same(tmp_path_factory, seed):
    chance = Random(seed)
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    (here / "config.toml").write_text("")
    sender = Sender(here)
    for _ in range(30):
        step(here, chance)
        if chance.randrange(3) == 0:
            unpack(there, sender.changes())
            assert files(there) == files(here)


def test_nothing_is_sent_before_there_is_a_run_nor_what_is_not_whole(tmp_path):
    (tmp_path / "environment.json").write_text("{}")
    sender = Sender(tmp_path)
    assert sender.changes() == Parcel()
    (tmp_path / "config.toml").write_text("")
    (tmp_path / ".config.toml.partial").write_text("")
    (tmp_path / "report.html").write_text("")
    assert [file.name for file in sender.changes().files] == ["environment.json", "config.toml"]
    assert sender.changes() == Parcel()


def test_what_grows_is_sent_from_where_it_ended(tmp_path):
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "metrics.csv").write_text("a" * 1000)
    sender = Sender(tmp_path)
    assert sender.changes().size == 1000
    with open(tmp_path / "metrics.csv", "a") as file:
        file.write("bc")
    assert sender.changes().files == (File("metrics.csv", 1000, b"bc"),)


def test_the_summary_comes_after_all_checkpoints(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel, "LARGEST", 50)
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "checkpoints").mkdir(parents=True)
    for name in ("config.toml", "summary.json", "metrics.csv"):
        (here / name).write_text(name)
    for k in range(5):
        (here / "checkpoints" / f"gen-{k:05d}.npz").write_bytes(bytes([k]) * 20)
    sender, seen = Sender(here), []
    while not seen or seen[-1].more:
        seen.append(sender.changes())
        unpack(there, seen[-1])
    assert len(seen) == 3
    assert [file.name for file in seen[0].files] == [
        "config.toml",
        "metrics.csv",
        "checkpoints/gen-00000.npz",
        "checkpoints/gen-00001.npz",
    ]
    assert seen[-1].files[-1].name == "summary.json"
    assert files(there) == files(here)


@pytest.mark.parametrize(
    "name",
    [
        "../config.toml",
        "/etc/passwd",
        "checkpoints/../../gen-00001.npz",
        "checkpoints/gen-1.npz",
        "tensorboard/..",
        "tensorboard/a/b",
        "tensorboard/.hidden",
        "study.toml",
        "champion.json\n",
        "",
    ],
)
def test_only_files_that_a_run_has_are_written_or_removed(tmp_path, name):
    for sent in (Parcel((File("config.toml", 0, b""), File(name, 0, b"x"))), Parcel((), (name,))):
        with pytest.raises(GenesysError, match="is no file of a run"):
            unpack(tmp_path / "run", sent)
    assert not list(tmp_path.iterdir())


def test_a_file_that_somebody_has_cut_is_not_written_on(tmp_path):
    (tmp_path / "metrics.csv").write_text("abc")
    with pytest.raises(GenesysError, match="shorter"):
        unpack(tmp_path, Parcel((File("metrics.csv", 5, b"x"),)))
    unpack(tmp_path, Parcel((File("metrics.csv", 2, b"x"),)))
    assert (tmp_path / "metrics.csv").read_text() == "abx"


@pytest.mark.parametrize("keep", ["none", "2"])
def test_a_run_goes_on_elsewhere_from_what_is_packed(tmp_path, keep):
    run = (f"run.keep={keep}", "neat.generations=7")
    whole = start(tiny("CartPole", *run), tmp_path / "whole")
    here = start(tiny("CartPole", *run), tmp_path / "here", Watcher({3}))
    sent = packed(here)
    named = [file.name for file in sent.files if not file.data]
    assert named == ([f"checkpoints/gen-{k:05d}.npz" for k in range(2)] if keep == "none" else named[:1])
    there = tmp_path / "there"
    unpack(there, sent)
    sender = Sender(there)
    sender.known(sent)
    resume(there)
    unpack(here, sender.changes())
    assert bits(here) == bits(whole)
    assert rows(here) == rows(whole)


def test_a_damaged_checkpoint_is_packed_with_one_that_is_whole(tmp_path):
    here = copied(start(tiny("CartPole"), tmp_path / "here"), "cut", until=4)
    (here / "checkpoints" / "gen-00004.npz").write_bytes(b"damaged")
    empty = [file.name for file in packed(here).files if not file.data]
    assert empty == ["checkpoints/gen-00000.npz", "checkpoints/gen-00001.npz"]
    for path in here.glob("checkpoints/*"):
        path.write_bytes(b"damaged")
    assert all(file.data for file in packed(here).files)


def test_what_begins_anew_keeps_its_settings(tmp_path):
    run = start(tiny("CartPole"), tmp_path / "run")
    shutil.rmtree(run / "checkpoints")
    begin_anew(run)
    assert sorted(os.listdir(run)) == ["champion.json", "config.toml", "environment.json", "summary.json"]
