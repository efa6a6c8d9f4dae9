"""The files of a run on their way between two folders on different machines.

A run writes rows before the checkpoint that they belong to, and its summary last. They are looked at in the opposite
order, and written down in the same one: so the copy is at any time a folder of a run that died, and can be resumed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from ..errors import DamagedFileError, GenesysError
from .checkpoint import checkpoints, generation_of, newest_valid
from .folder import RunFolder
from .storage import disk_errors, write_atomically

LARGEST = 32 * 2**20  # bytes of checkpoints in a parcel, if there is more than one
_TAIL = 64  # bytes before those that are sent, which show whether a file has only grown
_ORDER = (
    r"environment\.json",
    r"start\.npz",
    r"config\.toml",  # last of these: it makes the folder a run
    r"faults\.jsonl|species\.csv|metrics\.(csv|jsonl)|tensorboard/\w[\w.+-]*",
    r"champion\.json",
    r"checkpoints/gen-[0-9]{5,9}\.npz",
    r"summary\.json",
)
"""Names of all files that are sent, in the order in which they are written."""
_GROWING, _CHECKPOINTS, _SUMMARY = 3, 5, 6

Edit = Callable[[bytes], bytes]


class File(NamedTuple):
    """name: in the folder; data: from the byte `at` on; 0: all of it"""

    name: str
    at: int
    data: bytes


class Parcel(NamedTuple):
    """What has changed. gone: names of files that are no more; more: whether there is more, for the next parcel"""

    files: tuple[File, ...] = ()
    gone: tuple[str, ...] = ()
    more: bool = False

    @property
    def size(self) -> int:
        """How many bytes of files there are in it."""
        return sum(len(file.data) for file in self.files)


class _Sent(NamedTuple):
    """A file as it was when it was sent. tail: its last bytes"""

    inode: int
    time_ns: int
    size: int
    tail: bytes


class Sender:
    """Finds out what has changed in the folder of a run, which another process writes meanwhile."""

    def __init__(self, folder: Path, edit: Edit = lambda summary: summary) -> None:
        """edit: what becomes of the summary on its way"""
        self._folder, self._edit = folder, edit
        self._sent: dict[str, _Sent] = {}

    def known(self, parcel: Parcel) -> None:
        """Take checkpoints for sent that have come in a parcel, and note what else has, should it go."""
        for file in parcel.files:
            sent = _Sent(0, 0, 0, b"")
            if _rank(file.name) == _CHECKPOINTS:
                about = os.stat(self._folder / file.name)
                sent = _Sent(about.st_ino, about.st_mtime_ns, about.st_size, b"")
            self._sent[file.name] = sent

    def changes(self) -> Parcel:
        """Return what has changed since the last time; nothing before the folder is that of a run."""
        present = _names(self._folder)
        if "config.toml" not in present:
            return Parcel()
        new = [name for name in present if _rank(name) == _CHECKPOINTS and self._is_new(name)]
        chosen = self._few(new)
        more = len(chosen) < len(new)
        left_out = set(new) - set(chosen)
        found = []
        for name in reversed(present):
            if name not in left_out and not (more and _rank(name) == _SUMMARY):
                file = self._changed(name)
                if file is not None:
                    found.append(file)
        gone = tuple(name for name in self._sent if name not in present)
        for name in gone:
            del self._sent[name]
        return Parcel(tuple(reversed(found)), gone, more)

    def _few(self, names: list[str]) -> list[str]:
        """Return the first of some files, as many as make a parcel."""
        size = 0
        for k, name in enumerate(names):
            size += self._size(name)
            if k and size > LARGEST:
                return names[:k]
        return names

    def _size(self, name: str) -> int:
        try:
            return os.stat(self._folder / name).st_size
        except FileNotFoundError:
            return 0

    def _is_new(self, name: str) -> bool:
        try:
            about = os.stat(self._folder / name)
        except FileNotFoundError:  # a checkpoint that is not kept
            return False
        sent = self._sent.get(name)
        return sent is None or sent[:3] != (about.st_ino, about.st_mtime_ns, about.st_size)

    def _changed(self, name: str) -> File | None:
        """Return what has changed of a file; None: nothing."""
        try:
            with open(self._folder / name, "rb") as file:
                about = os.fstat(file.fileno())
                sent = self._sent.get(name)
                if sent is not None and sent[:3] == (about.st_ino, about.st_mtime_ns, about.st_size):
                    return None
                at = 0
                if _rank(name) == _GROWING and sent is not None and sent.inode == about.st_ino:
                    file.seek(sent.size - len(sent.tail))
                    at = sent.size if file.read(len(sent.tail)) == sent.tail else 0
                file.seek(at)
                data = file.read()
        except FileNotFoundError:
            return None
        before = sent.tail if at and sent is not None else b""
        self._sent[name] = _Sent(about.st_ino, about.st_mtime_ns, at + len(data), (before + data)[-_TAIL:])
        if _rank(name) == _SUMMARY:
            data = self._edit(data)
        return File(name, at, data)


def packed(folder: Path) -> Parcel:
    """Return what a run goes on from elsewhere: all but older checkpoints, which are only named, by empty files.

    Of these one more than the newest that can be read comes along, since a run that is at its end looks at it.
    """
    files = []
    spared = _read_by_a_resume(folder)
    for name in _names(folder):
        only_named = _rank(name) == _CHECKPOINTS and name not in spared
        files.append(File(name, 0, b"" if only_named else (folder / name).read_bytes()))
    return Parcel(tuple(files))


def unpack(folder: Path, parcel: Parcel) -> None:
    """Write down what has changed, each file as a whole, or what it has grown by; raises GenesysError where it cannot.

    Nothing is written or removed but files that a run has.
    """
    for name in (*(file.name for file in parcel.files), *parcel.gone):
        if _rank(name) is None:
            raise GenesysError(f"{name!r} is no file of a run, so it is not written to {folder}")
    for file in parcel.files:
        path = folder / file.name
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        if file.at == 0:
            write_atomically(path, file.data)
        else:
            _grow(path, file)
    for name in parcel.gone:
        with disk_errors(folder / name):
            (folder / name).unlink(missing_ok=True)


def begin_anew(folder: Path) -> None:
    """Remove what a run without a checkpoint has left that the same run need not have again."""
    for name in _names(folder):
        if _rank(name) == _GROWING:
            with disk_errors(folder / name):
                (folder / name).unlink(missing_ok=True)


def _grow(path: Path, file: File) -> None:
    with disk_errors(path), open(path, "ab") as there:
        if there.tell() < file.at:
            raise GenesysError(f"{path} is shorter than what has been written to it; resume the run")
        there.truncate(file.at)
        there.write(file.data)


def _read_by_a_resume(folder: Path) -> set[str]:
    """Return the names of the checkpoints that a resume may read."""
    place = RunFolder(folder).checkpoints
    present = checkpoints(place)
    try:
        newest = generation_of(newest_valid(place)[0])
    except DamagedFileError:
        newest = -1
    return {f"{place.name}/{path.name}" for path in present if generation_of(path) >= newest - 1}


def _names(folder: Path) -> list[str]:
    """Return the names of the files that there are, in the order in which they are written."""
    found = [
        (rank, name)
        for name in _inside(folder, (folder, folder / "checkpoints", folder / "tensorboard"))
        if (rank := _rank(name)) is not None
    ]
    return [name for _, name in sorted(found)]


def _inside(folder: Path, places: Iterable[Path]) -> Iterable[str]:
    for place in places:
        try:
            names = os.listdir(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield from (name if place == folder else f"{place.name}/{name}" for name in names)


def _rank(name: str) -> int | None:
    """Return when a file is written; None: it is none that a run has."""
    return next((k for k, form in enumerate(_ORDER) if re.fullmatch(form, name)), None)
