"""A disk that refuses: one clear message, the right exit code, and everything written before stays sound."""

import builtins
import errno
import os
import threading
from pathlib import Path

import pytest

from genesys_cli.errors import GenesysError, UserError
from genesys_cli.files import storage
from genesys_cli.files import writer as writing
from genesys_cli.files.champion import load_champion
from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.writer import Writer
from small_runs import Watcher, bits, copied, generations, resume, rows, start, tiny

FULL = (errno.ENOSPC, 1, "free some disk space, then continue with --resume")
READ_ONLY = (errno.EROFS, 2, "choose a folder that you may write to")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny(), place / "run")


def refuse(monkeypatch, step, name, code):
    """Let one step of writing fail for files whose name contains `name`: opening, syncing or renaming them."""
    error = OSError(code, os.strerror(code))

    def check(path):
        if name in Path(path).name:
            raise error

    def opened(path, mode="r", *args, **kwargs):
        if "r" not in mode:
            check(path)
        return open(path, mode, *args, **kwargs)

    def renamed(source, target):
        check(target)
        real_replace(source, target)

    def synced(descriptor):
        if name in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise error
        real_sync(descriptor)

    real_replace, real_sync = os.replace, os.fsync
    if step == "open":
        monkeypatch.setattr(storage, "open", opened, raising=False)
    elif step == "replace":
        monkeypatch.setattr(os, "replace", renamed)
    else:
        if not os.path.isdir("/proc/self/fd"):
            pytest.skip("needs /proc")
        monkeypatch.setattr(os, "fsync", synced)


@pytest.mark.parametrize(("code", "exit_code", "advice"), [FULL, READ_ONLY], ids=["full", "read-only"])
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("name", ["gen-00000.npz", "gen-00003.npz", "gen-00006.npz", "champion.json", "summary.json"])
def test_nothing_written_before_is_lost(monkeypatch, whole, name, step, code, exit_code, advice):
    with monkeypatch.context() as patch:
        refuse(patch, step, name, code)
        with pytest.raises(GenesysError) as refused:
            start(tiny(), "run")
    assert refused.value.exit_code == exit_code
    message = str(refused.value)
    assert message.startswith("cannot write run/")
    assert name in message
    assert advice in message
    for path in checkpoints(Path("run/checkpoints")):
        assert path.read_bytes() == (whole / "checkpoints" / path.name).read_bytes()
    assert name == "champion.json" or load_champion(Path("run/champion.json"))
    assert not list(Path("run").rglob(".*.partial"))
    resume("run")
    assert bits("run") == bits(whole)
    assert rows("run") == rows(whole)


@pytest.mark.parametrize("name", ["environment.json", "config.toml"])
def test_no_run_begins_where_nothing_can_be_written(monkeypatch, name):
    refuse(monkeypatch, "replace", name, errno.EROFS)
    with pytest.raises(UserError, match=f"cannot write .*{name}.*; choose a folder"):
        start(tiny(), "run")
    assert not Path("run/metrics.csv").exists()


def test_a_run_does_not_need_the_note_of_the_newest(monkeypatch):
    refuse(monkeypatch, "replace", "latest", errno.EROFS)
    watcher = Watcher()
    start(tiny(), "run", watcher)
    assert watcher.summary
    assert "by itself: cannot write" in watcher.messages[0]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_metrics_on_a_full_disk(whole):
    run = copied(whole, Path("run").resolve(), until=-1)
    (run / "metrics.csv").unlink()
    (run / "metrics.csv").symlink_to("/dev/full")
    with pytest.raises(GenesysError, match=r"cannot write .*metrics.csv: .*; earlier files are intact"):
        resume(run)
    assert generations(run) == []
    (run / "metrics.csv").unlink()
    resume(run)
    assert bits(run) == bits(whole)


def test_a_run_folder_that_disappears():
    class Remover(Watcher):
        def generation(self, row):
            super().generation(row)
            if row["generation"] == 2:
                Path("run").rename("gone")

    with pytest.raises(UserError, match=r"cannot write run/.*: No such file or directory"):
        start(tiny(), "run", Remover())
    assert all(load(path) for path in checkpoints(Path("gone/checkpoints")))


def test_a_disk_that_is_full_when_interrupted(monkeypatch):
    """The error is told rather than the interrupt: the last generation could not be saved."""
    refuse(monkeypatch, "open", "gen-00003", errno.ENOSPC)
    with pytest.raises(GenesysError, match="No space left"):
        start(tiny("CartPole", "run.checkpoint_every=100"), "run", Watcher([3]))


def test_other_errors_are_bugs(monkeypatch):
    refuse(monkeypatch, "open", "gen-00003", errno.EBADF)
    with pytest.raises(OSError, match="Bad file descriptor"):
        start(tiny(), "run")


@pytest.fixture
def state(whole):
    return load(whole / "checkpoints" / "gen-00003.npz")[0]


def test_a_writer_that_failed_says_so_every_time_and_does_not_hang(monkeypatch, tmp_path, state):
    done = []

    def save(path, *_):
        done.append(path.name)
        if path.name == "gen-00001.npz":
            raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(writing, "save", save)
    writer = Writer(tmp_path, "", None)
    writer.put(state._replace(generation=0))
    writer.put(state._replace(generation=1))
    with pytest.raises(OSError, match="broken"):
        all(writer.put(state._replace(generation=generation)) is None for generation in range(2, 100))
    for call in (writer.wait, lambda: writer.put(state), writer.close):
        with pytest.raises(OSError, match="broken"):
            call()
    assert done == ["gen-00000.npz", "gen-00001.npz"]
    assert not any(thread.name == "genesys-checkpoints" for thread in threading.enumerate())


def test_a_writer_writes_everything_in_order(monkeypatch, tmp_path, state):
    done = []
    monkeypatch.setattr(writing, "save", lambda path, *_: done.append(path.name))
    writer = Writer(tmp_path, "", None)
    for generation in range(50):
        writer.put(state._replace(generation=generation))
    writer.close()
    assert done == [f"gen-{generation:05d}.npz" for generation in range(50)]


def test_at_most_one_checkpoint_waits(monkeypatch, tmp_path, state):
    go_on, waited = threading.Event(), threading.Event()
    monkeypatch.setattr(writing, "save", lambda *_: go_on.wait())
    writer = Writer(tmp_path, "", None)
    for _ in range(2):  # one is being written, one waits
        writer.put(state)
    third = threading.Thread(target=lambda: (writer.wait(), waited.set()))
    third.start()
    assert not waited.is_set()
    go_on.set()
    third.join()
    assert waited.is_set()
    writer.close()


@pytest.mark.parametrize("code", [*storage.REFUSED, *storage.EXHAUSTED])
def test_messages_name_the_file_and_the_reason(code):
    with pytest.raises(GenesysError) as refused, storage.disk_errors(Path("some/file")):
        raise OSError(code, os.strerror(code))
    assert str(refused.value).startswith(f"cannot write some/file: {os.strerror(code)}; ")
    assert isinstance(refused.value.__cause__, OSError)


def test_a_failed_write_leaves_the_old_file(monkeypatch):
    storage.write_atomically(Path("file"), b"old")
    refuse(monkeypatch, "replace", "file", errno.ENOSPC)
    with pytest.raises(GenesysError):
        storage.write_atomically(Path("file"), b"new")
    assert [path.name for path in Path().iterdir()] == ["file"]
    assert Path("file").read_bytes() == b"old"
    assert builtins.open is open
