"""Files that a command is asked to write: looked at before the work, written whole or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ..errors import UserError
from ..files.folder import is_own
from ..files.storage import disk_errors, partial_of, write_atomically


def check_output(option: str, path: Path, endings: tuple[str, ...] = (), *, overwrite: bool) -> None:
    """Raise UserError where a file must not or cannot be written.

    option: that names it, such as ``--record``; endings: of which its name must have one; none: whatever it has
    """
    if endings and path.suffix.lower() not in endings:
        raise UserError(f"{option} {path}: must end in {' or '.join(endings)}, which says what is written")
    if path.is_dir():
        raise UserError(f"{option} {path}: is a folder; give the name of a file")
    if path.exists() and not path.is_file():  # a new file would take the place of the device
        raise UserError(f"{option} {path}: is a device or a pipe; give the name of a file")
    if path.exists() and is_own(path):
        raise UserError(f"{option} {path} is a file of the run itself, which would be lost; choose another name")
    if path.exists() and not overwrite:
        raise UserError(f"{option} {path} exists already and is kept as it is; choose another name, or add --force")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{option} {path}: there is no folder {path.parent}; make it first")
    with disk_errors(path, f"choose another file with {option}", "free some disk space and try again"):
        partial = partial_of(path)
        partial.touch()
        partial.unlink()


def write_output(option: str, path: Path, data: bytes) -> None:
    """Write a file that :func:`check_output` let pass; one that was there is there until the new one is whole."""
    write_atomically(
        path, data, refused=f"choose another file with {option}", exhausted="free some disk space and try again"
    )


def check_folder(option: str, path: Path) -> None:
    """Raise UserError where a command's folder is there and has something in it, or is none."""
    with writing(option, path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"{option} {path} exists already and is kept as it is; choose another folder")


def make_folder(option: str, path: Path) -> None:
    """Make a folder for a command's files, before the work; raises UserError where one has something in it."""
    check_folder(option, path)
    with writing(option, path):
        path.mkdir(parents=True, exist_ok=True)


def writing(option: str, path: Path) -> AbstractContextManager[None]:
    """Turn what a disk refuses while files are written below a folder into one message."""
    return disk_errors(path, f"choose another folder with {option}", "free some disk space and try again")
