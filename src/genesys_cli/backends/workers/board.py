"""The memory that the processes of a pool share: who does what, the population, and what came of each episode.

It has no locks, and needs none, because each cell has one owner at a time and ownership passes on by messages. A pipe
also orders memory: what was written before a message was sent is there for whoever has received it, on any processor.

==================== ======================================== =================================================
cells                written by                               read by
==================== ======================================== =================================================
population           main, between evaluations                a worker, while it holds a grant
an episode's results the worker that holds it, ``ended`` last main, when nobody holds a grant any more, or its
                                                              holder has died
nodes, edges         as results: holders of other episodes of as results
                     a genome write the same numbers there
a worker's status    that worker; main, once it has died      main at any time: a sign of life, no more. That it
                                                              is of a dead worker makes it exact
==================== ======================================== =================================================

A worker holds a grant from the moment it was sent until the worker's answer has been heard: ``Wants`` with nothing
active and all grants counted. The main process leaves an evaluation only when nobody holds one. A worker that was given
nothing may be late by any time, even by evaluations: it looks at nothing of a population until it holds a grant, since
all that it prepares for is in the message ``Task``.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...errors import GenesysError
from ...genome.population import CONN_FIELDS, DTYPES, NODE_FIELDS, Population

#: Columns of a worker's status. BUSY: the lane whose environment is at work, -1: none. Then for each lane the episode
#: (its number in the evaluation, -1: none) and the environment steps that were begun in it.
BUSY = 0
EPISODE = 1
STEPS = EPISODE + LANES
COLUMNS = 64  # of int64: whole cache lines, so that workers do not slow one another

#: How an episode ended, 0: it has not.
TERMINATED = 1
TRUNCATED = 2
FAILED = 3

_ALIGNED = 64  # bytes


class Sizes(NamedTuple):
    """What decides how much room an evaluation needs.

    n_inputs, n_outputs, genomes, nodes, conns: of the population; items: of the line-up; width: genomes in each
    summed: numbers that are summed up over each episode: the inputs where moments are wanted, else 0
    """

    n_inputs: int
    n_outputs: int
    genomes: int
    nodes: int
    conns: int
    items: int
    width: int
    summed: int


class Sheet(NamedTuple):
    """An evaluation's part of the board; :class:`.lineup.Lineup` says who is in which item, and in which of K places.

    returns: (items * K,) float64; steps, decisions: (items * K,) int64; ended: (items,) uint8, written last
    moments: (items, 2, I) float64, see ``Moments``; (items, 2, 0) where they are not wanted
    nodes, edges: (P,) int32, evaluated nodes and edges of each network
    """

    population: Population
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    decisions: NDArray[np.int64]
    ended: NDArray[np.uint8]
    moments: NDArray[np.float64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]


def sizes_of(population: Population, items: int, width: int = 1, *, moments: bool) -> Sizes:
    """Return what an evaluation of `population` needs."""
    return Sizes(
        population.n_inputs,
        population.n_outputs,
        population.size,
        len(population.node_id),
        len(population.conn_in),
        items,
        width,
        population.n_inputs if moments else 0,
    )


def _fields(sizes: Sizes) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Return dtype and shape of everything on a sheet, by name."""
    fields: dict[str, tuple[Any, tuple[int, ...]]] = {}
    for name, dtype in DTYPES.items():
        count = sizes.nodes if name in NODE_FIELDS else sizes.conns if name in CONN_FIELDS else sizes.genomes + 1
        fields[name] = (dtype, (count,))
    return fields | {
        "returns": (np.float64, (sizes.items * sizes.width,)),
        "steps": (np.int64, (sizes.items * sizes.width,)),
        "decisions": (np.int64, (sizes.items * sizes.width,)),
        "ended": (np.uint8, (sizes.items,)),
        "moments": (np.float64, (sizes.items, 2, sizes.summed)),
        "nodes": (np.int32, (sizes.genomes,)),
        "edges": (np.int32, (sizes.genomes,)),
    }


def empty_population(sizes: Sizes) -> Population:
    """Return a population of such sizes, all zero, that lies on no board."""
    genes: dict[str, Any] = {
        name: np.zeros(shape, dtype) for name, (dtype, shape) in _fields(sizes).items() if name in DTYPES
    }
    return Population(sizes.n_inputs, sizes.n_outputs, **genes)


def blank_genome(n_inputs: int, n_outputs: int) -> Population:
    """Return a population of one genome without connections, all zero, with which kernels can be called."""
    population = empty_population(Sizes(n_inputs, n_outputs, 1, n_outputs, 0, 0, 1, 0))
    population.node_offsets[1] = n_outputs
    population.node_id[:] = np.arange(n_inputs, n_inputs + n_outputs)
    return population


class Board:
    """Memory of a pool, mapped into this process.

    path: where other processes find it; size: bytes; status: (W, COLUMNS) int64
    """

    def __init__(self, path: str, size: int, n_workers: int) -> None:
        """Map a board that another process has made."""
        self.path = path
        self._n_workers = n_workers
        with open(path, "r+b") as file:
            self._map(file.fileno(), size)

    def _map(self, descriptor: int, size: int) -> None:
        self.size = size
        self._memory = mmap.mmap(descriptor, size)
        self.status = self._array(np.int64, (self._n_workers, COLUMNS), 0)

    def sheet(self, sizes: Sizes) -> Sheet:
        """Return the arrays of an evaluation; the board must have room for them."""
        arrays: dict[str, Any] = {}
        begin = self.status.nbytes
        for name, (dtype, shape) in _fields(sizes).items():
            arrays[name] = self._array(dtype, shape, begin)
            begin += _aligned(arrays[name].nbytes)
        genes = {name: arrays.pop(name) for name in DTYPES}
        return Sheet(Population(sizes.n_inputs, sizes.n_outputs, **genes), **arrays)

    def _array(self, dtype: Any, shape: tuple[int, ...], begin: int) -> NDArray[Any]:
        count = int(np.prod(shape))
        return np.frombuffer(self._memory, dtype, count, begin if count else 0).reshape(shape)


class OwnBoard(Board):
    """The board as the main process has it, which makes it, enlarges it and takes it away.

    On Linux it is memory without a name, which is gone with the last process that maps it, however that ends.
    Elsewhere it is a temporary file.
    """

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers
        self._descriptor, self.path, self.temporary = _unnamed_memory() or _temporary_file()
        self.size = 0
        self._reserve(n_workers * COLUMNS * 8)
        self.clear(range(n_workers))

    def clear(self, workers: range) -> None:
        """Say of these workers that they do nothing."""
        self.status[list(workers)] = 0
        self.status[list(workers), : EPISODE + LANES] = -1

    def make_room(self, sizes: Sizes) -> None:
        """Enlarge the board where needed, so that a sheet of these sizes has room; nobody may be playing."""
        needed = self.status.nbytes
        for dtype, shape in _fields(sizes).values():
            needed += _aligned(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        if needed > self.size:
            self._reserve(needed + needed // 4)

    def _reserve(self, size: int) -> None:
        try:
            if hasattr(os, "posix_fallocate"):  # a page that cannot be had later would kill the process
                os.posix_fallocate(self._descriptor, 0, size)
            else:
                os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise GenesysError(
                f"the worker processes need {size / 1e6:.0f} MB of shared memory, which cannot be had ({error}); "
                "use a smaller population"
            ) from None
        self._map(self._descriptor, size)

    def close(self) -> None:
        """Take the board away; calling it again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            if self.temporary:
                remove(self.path)


def remove(path: str) -> None:
    """Remove a board that is a temporary file, also where somebody else did."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def _unnamed_memory() -> tuple[int, str, bool] | None:
    if not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("genesys")
    path = f"/proc/{os.getpid()}/fd/{descriptor}"
    if os.path.exists(path):
        return descriptor, path, False
    os.close(descriptor)
    return None


def _temporary_file() -> tuple[int, str, bool]:
    return *tempfile.mkstemp(prefix="genesys-"), True


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
