"""Ranges cover everything once, whatever the number of threads, and failures are not lost."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

from genesys_cli.compiled.lanes import LANES, ROW, rows
from genesys_cli.compiled.threads import Threads, usable_cores


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 1000, 12345])
@pytest.mark.parametrize("least", [1, 64])
def test_ranges_cover_everything_once(count, n, least):
    with Threads(count) as threads:
        ranges = threads.ranges(n, least)
        assert [g for lo, hi in ranges for g in range(lo, hi)] == list(range(n))
        assert all(hi - lo >= least for lo, hi in ranges[:-1])
        done = [0] * n
        seen = []

        def work(k, lo, hi):
            seen.append((k, lo, hi))
            for g in range(lo, hi):
                done[g] += 1

        threads.map(work, n, least)
        assert done == [1] * n
        assert sorted(seen) == [(k, lo, hi) for k, (lo, hi) in enumerate(ranges)]


def test_many_threads_share_the_work():
    names = set()
    barrier = threading.Barrier(3, timeout=30)

    def work(k, lo, hi):
        barrier.wait()  # only passes when three ranges are worked on at the same time
        names.add(threading.current_thread().name)

    with Threads(3) as threads:
        threads.map(work, 3, least=1)
    assert len(names) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_an_exception_comes_out(count):
    def work(k, lo, hi):
        raise ValueError(f"range {k}")

    with Threads(count) as threads, pytest.raises(ValueError, match="range 0"):
        threads.map(work, 300)


def test_zero_means_every_usable_core(monkeypatch):
    assert usable_cores() >= 1
    monkeypatch.setattr("genesys_cli.compiled.threads.usable_cores", lambda: 3)
    with Threads(0) as threads:
        assert threads.count == 3


def test_rows_lie_lane_after_lane():
    assert int(ROW) == LANES
    assert [int(row) for row in rows(4)] == [0, LANES, 2 * LANES, 3 * LANES]
    assert {type(row) for row in rows(4)} == {type(ROW)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of Python 3.12: it has threads
def test_a_process_that_was_forked_has_threads_of_its_own():
    with Threads(2) as threads:
        done = np.zeros(200, np.int64)
        threads.map(lambda _, lo, hi: done[lo:hi].fill(1), 200)
        child = os.fork()
        if child == 0:
            signal.alarm(60)  # ends it where it waits for threads that are not there
            try:
                threads.map(lambda _, lo, hi: done[lo:hi].fill(2), 200)
            finally:
                os._exit(0 if (done == 2).all() else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert (done == 1).all()
