"""Ends what a cluster of this machine would leave behind: agents of Ray's outlive a driver that is killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import psutil

# Waits for the pipe to close, which it does when the driver ends, in whatever way. A number may belong to another
# process by then; psutil ends only those that began when they did.
_WATCHER = """
import sys, psutil
found = []
for number in sys.argv[1:]:
    try:
        found.append(psutil.Process(int(number)))
    except psutil.Error:
        pass
sys.stdin.read()
for one in found:
    try:
        one.kill()
    except psutil.Error:
        pass
"""
_END_S = 5.0  # for the watcher to have done its work


def children() -> set[psutil.Process]:
    """Return the processes that this one has started, and those that they have."""
    return set(psutil.Process().children(recursive=True))


@contextlib.contextmanager
def ended_with_us(before: set[psutil.Process]) -> Iterator[None]:
    """Have all processes started since end when the block does, or when this process is killed meanwhile."""
    pids = [str(one.pid) for one in children() - before]
    # A session of its own, since Ctrl-C or the end of a terminal is not meant for it.
    watcher = subprocess.Popen(
        [sys.executable, "-c", _WATCHER, *pids],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        assert watcher.stdin is not None
        watcher.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            watcher.wait(_END_S)
