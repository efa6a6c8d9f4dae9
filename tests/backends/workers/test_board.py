"""The memory that processes share."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.backends.workers import board
from genesys_cli.backends.workers.board import BUSY, COLUMNS, EPISODE, STEPS, Board, OwnBoard, sizes_of
from genesys_cli.compiled.lanes import LANES
from genesys_cli.errors import GenesysError
from reference.grow import Scene, grow


@pytest.fixture(params=["unnamed", "temporary file"])
def own(request, monkeypatch, tmp_path):
    if request.param == "temporary file":
        monkeypatch.setattr(board, "_unnamed_memory", lambda: None)
        monkeypatch.setattr(board.tempfile, "tempdir", str(tmp_path))
    elif not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memory without a name")
    with closing(OwnBoard(3)) as found:
        yield found


@pytest.fixture
def population():
    return grow(Scene(3, 2, 5, {"population": 20}, 3))[-1].children


def test_a_sheet_is_the_same_memory_in_another_mapping(own, population):
    sizes = sizes_of(population, 80, moments=True)
    own.make_room(sizes)
    mine = own.sheet(sizes)
    theirs = Board(own.path, own.size, 3).sheet(sizes)
    for name, array in population.arrays().items():
        getattr(mine.population, name)[:] = array
    assert theirs.population.equals(population)
    for k, results in enumerate(
        (theirs.returns, theirs.steps, theirs.ended, theirs.moments, theirs.nodes, theirs.edges)
    ):
        results[:] = 3 + k
    assert mine.population.equals(population)
    shapes = [(80,), (80,), (80,), (80, 2, 3), (20,), (20,)]
    for k, results in enumerate((mine.returns, mine.steps, mine.ended, mine.moments, mine.nodes, mine.edges)):
        np.testing.assert_array_equal(results, np.full(shapes[k], 3 + k))


def test_the_status_stays_when_the_board_grows(own, population):
    theirs = Board(own.path, own.size, 3)
    own.status[1] = np.arange(COLUMNS)
    own.make_room(sizes_of(population, 20_000, moments=True))
    assert own.size > 20_000 * 3 * 16
    own.status[2, BUSY] = 7
    np.testing.assert_array_equal(theirs.status, own.status)
    own.clear(range(1, 2))
    assert (theirs.status[1, [BUSY, EPISODE, EPISODE + LANES - 1, STEPS]] == [-1, -1, -1, 0]).all()
    assert theirs.status[2, BUSY] == 7


def test_nothing_is_left_behind(own, tmp_path):
    own.close()
    own.close()
    assert list(tmp_path.iterdir()) == []
    assert not Path(own.path).exists()


def test_memory_that_cannot_be_had(own, population, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(board.os, "posix_fallocate", full, raising=False)
    with pytest.raises(GenesysError, match=r"need \d+ MB of shared memory, which cannot be had \(.*No space left"):
        own.make_room(sizes_of(population, 200_000, moments=True))
