"""A run with damaged files goes on without them, or says which file stops it."""

import shutil

import pytest

from files.damage import repacked
from genesys_cli.errors import UserError
from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.target import find_target
from small_runs import Watcher, bits, newest, resume, rows, start, tiny


def spoil(path, how):
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        path.write_bytes(data[:5000] + bytes([data[5000] ^ 4]) + data[5001:])
    elif how == "future":
        repacked(path, lambda header: header.update(version=99))
    elif how == "folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["cut", "flipped", "future"])
def test_resume_falls_back_to_the_newest_sound_checkpoint(whole, run, how):
    *_, third, fourth = sorted(checkpoints(run / "checkpoints"))
    spoil(third, how)
    spoil(fourth, "cut")
    watcher = Watcher()
    resume(run, watcher)
    complaints = [message for message in watcher.messages if "an older checkpoint is used instead" in message]
    assert [str(fourth) in complaints[0], str(third) in complaints[1]] == [True, True]
    assert f"continuing {run} after generation 1" in watcher.messages
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


def test_leftovers_that_cannot_be_read_do_not_push_out_what_can():
    run = start(tiny(), "run")
    for path in sorted(checkpoints(run / "checkpoints"))[5:]:
        spoil(path, "cut")
    resume(run, Watcher([5]), keep=1)
    state, _ = load(run / "checkpoints" / "gen-00005.npz")
    assert state.champion.generation != 5  # it is not there for being the champion's


def test_a_folder_in_the_place_of_a_checkpoint(run):
    spoil(newest(run), "folder")
    watcher = Watcher()
    with pytest.raises(UserError, match=r"cannot write .*gen-00003.npz"):
        resume(run, watcher)
    assert "is a folder" in watcher.messages[0]
    load(run / "checkpoints" / "gen-00002.npz")


def test_no_sound_checkpoint_is_left(run):
    before = (run / "metrics.csv").read_bytes()
    for path in checkpoints(run / "checkpoints"):
        spoil(path, "flipped")
    with pytest.raises(UserError, match="there is nothing to continue from") as refused:
        resume(run)
    assert all(str(path) in str(refused.value) for path in checkpoints(run / "checkpoints"))
    assert (run / "metrics.csv").read_bytes() == before


def test_the_checkpoint_of_another_run(run):
    other = start(tiny("Pendulum"), "other")
    shutil.copy(newest(other), run / "checkpoints" / "gen-00009.npz")
    with pytest.raises(
        UserError, match=r"computed with environment.id = 'Pendulum-v1', .*config.toml says .*'CartPole"
    ):
        resume(run)
    assert find_target("gen:9", run).settings.environment.id == "Pendulum-v1"


def test_settings_changed_behind_its_back(run):
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace("elitism = 2", "elitism = 1", 1))
    with pytest.raises(UserError, match=r"neat.elitism = 2, but .*config.toml says neat.elitism = 1"):
        resume(run)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a = [", "not valid TOML"), ("[neat]\nelitims = 1", "neat.elitism"), ("\xff", "cannot be read")],
)
def test_a_damaged_config(run, text, message):
    (run / "config.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=message):
        resume(run)


@pytest.mark.parametrize(
    "ending", ["3,4.0,2", "3,4.0", "\0\0\0\0\n", "x,y\n", "\n\n", "999,1\n", '"', "\xff\xfe"], ids=repr
)
def test_a_metrics_file_with_a_bad_end(whole, run, ending):
    """A row that was being written, or blocks of zeros that a power cut left."""
    for path in sorted(checkpoints(run / "checkpoints"))[2:]:
        path.unlink()
    lines = (run / "metrics.csv").read_bytes().splitlines(keepends=True)
    (run / "metrics.csv").write_bytes(b"".join(lines[:3]) + ending.encode("latin-1"))
    resume(run)
    assert rows(run) == rows(whole)


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "\0" * 100, "generation\n0\n"])
def test_a_metrics_file_that_is_none(whole, run, text):
    (run / "checkpoints" / "gen-00003.npz").unlink()
    (run / "metrics.csv").write_text(text)
    resume(run)
    assert rows(run) == rows(whole)[3:]
