"""Files that are either whole or not there, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import GenesysError, UserError

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


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk can refuse into one message; anything else is left as it is."""
    try:
        yield
    except OSError as error:
        if error.errno in REFUSED:
            raise UserError(
                f"cannot write {path}: {error.strerror}; choose a folder that you may write to with --run-dir"
            ) from error
        if error.errno in EXHAUSTED:
            raise GenesysError(
                f"cannot write {path}: {error.strerror}; what was written before is sound: make room, then continue "
                f"with --resume, or write less with --keep or --checkpoint-every"
            ) from error
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` beside `path`, sync it to disk, and give it its name: readers see the old file or the new one."""
    partial = path.with_name(f".{path.name}.partial")
    with disk_errors(path):
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
