"""Files that are either whole or not there, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import GenesysError, UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

REFUSED = (
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.ENOENT,
)
EXHAUSTED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
RUN_DIR = "choose a folder that you may write to with --run-dir"
RESUME = (
    "earlier files are intact: free some disk space, then continue with --resume, or write less with --keep or "
    "--checkpoint-every"
)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes from computing the same run; raises UserError when one already does.

    The system takes the lock away with the process, however that ends. Where it knows none of this kind (Windows, some
    network file systems), nothing is kept.
    """
    if fcntl is None:
        yield
        return
    with disk_errors(folder):
        handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"another process is evolving {folder}; wait until it ends, or stop it, then continue with "
                    f"--resume {shlex.quote(str(folder))}"
                ) from None
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def disk_errors(path: Path, refused: str = RUN_DIR, exhausted: str = RESUME) -> Iterator[None]:
    """Turn what a disk can refuse into one message; anything else is left as it is.

    refused, exhausted: what to do, where nothing may be written and where there is no room
    """
    try:
        yield
    except OSError as error:
        if error.errno in REFUSED:
            raise UserError(f"cannot write {path}: {error.strerror}; {refused}") from error
        if error.errno in EXHAUSTED:
            raise GenesysError(f"cannot write {path}: {error.strerror}; {exhausted}") from error
        raise


def partial_of(path: Path) -> Path:
    """Return where a file lies until it is whole."""
    return path.with_name(f".{path.name}.partial")


def write_atomically(path: Path, data: bytes, refused: str = RUN_DIR, exhausted: str = RESUME) -> None:
    """Write `data` beside `path`, sync it to disk, and give it its name: readers see the old file or the new one.

    refused, exhausted: as of :func:`disk_errors`
    """
    partial = partial_of(path)
    with disk_errors(path, refused, exhausted):
        try:
            with open(partial, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: NumPy's numbers as plain ones, what is not finite as None, others as text."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int) else str(value)
