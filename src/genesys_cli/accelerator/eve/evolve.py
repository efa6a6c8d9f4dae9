"""One generation in EvE: gene words in, gene words out, and what it took."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel
from ...compiled.threads import Threads
from ...config.chip import ChipSettings
from ...config.memories import access_of
from ...counts import NOC_BITS, SRAM_READS, SRAM_WRITES, named
from ..layout import Layout
from ..spill import while_breeding
from ..words import GeneWords
from . import pe
from .registers import Children, Pairs, PeCounts, Setup, new_scratch
from .schedule import simulate
from .thresholds import EveThresholds, child_events
from .wave_state import ScheduleCounts
from .waves import arrange


class EveResult(NamedTuple):
    """What EvE made, and what it did.

    words: the children. counts: of the whole generation, by name; see ``docs/accelerator-eve.md``
    cycles: (waves,) int64, of each wave
    """

    words: GeneWords
    counts: dict[str, int]
    cycles: NDArray[np.int64]


def evolve_generation(
    words: GeneWords,
    fitter: NDArray[np.int32],
    other: NDArray[np.int32],
    elite: NDArray[np.uint8],
    layout: Layout,
    thresholds: EveThresholds,
    *,
    fixed_nodes: int,
    seed: int,
    generation: int,
    chip: ChipSettings,
    threads: Threads,
) -> EveResult:
    """Return the children of a generation. They depend on neither the number of elements, the network nor the banks.

    fitter, other: (P,), parents; the same twice means mutation without crossover. elite: (P,), 1 for an unchanged copy
    thresholds: from ``eve.thresholds``. fixed_nodes: inputs and outputs of every network
    """
    n = len(fitter)
    pairs = Pairs(fitter, other, elite)
    conns = count_connections(words, layout)
    children = new_children(words, pairs)
    events = events_of(words, fitter, conns, thresholds, fixed_nodes)
    setup = Setup(thresholds.common, layout.bits, np.uint64(seed), np.uint64(generation))
    lengths = np.diff(words.offsets)[fitter]
    counted = np.zeros((len(threads.ranges(n)), len(PeCounts._fields)), np.int64)

    def make(k: int, lo: int, hi: int) -> None:
        scratch = new_scratch(lengths[lo:hi].max(initial=0), setup)
        pe.make_children(words, pairs, events, setup, lo, hi, children, scratch)
        counted[k] = scratch.counts

    threads.map(make, n)
    made = GeneWords(np.empty(int(children.length.sum()), np.uint64), _ends(children.length))
    threads.map(lambda _, lo, hi: _gather(children, lo, hi, made.words, made.offsets), n)

    clocked, cycles = _clocked(words, pairs, conns, children, chip)
    counts = dict(zip(PeCounts._fields, counted.sum(axis=0).tolist(), strict=True))
    counts |= dict(zip(ScheduleCounts._fields, clocked.tolist(), strict=True))
    counts |= named({NOC_BITS: 64 * (counts[SRAM_READS.name] + counts[SRAM_WRITES.name])})
    buffer = chip.buffer
    counts |= while_breeding(len(words.words), len(made.words), buffer.words, buffer.dram_words_per_cycle)
    return EveResult(made, counts, cycles)


def clock_nothing(words: GeneWords, layout: Layout, chip: ChipSettings) -> None:
    """Let the clock run for no children, which compiles it before any can be made."""
    nobody = np.zeros(0, np.int32)
    pairs = Pairs(nobody, nobody, np.zeros(0, np.uint8))
    _clocked(words, pairs, count_connections(words, layout), new_children(words, pairs), chip)


def _clocked(
    words: GeneWords, pairs: Pairs, conns: NDArray[np.int64], children: Children, chip: ChipSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ``ScheduleCounts`` of a generation, and the cycles of each wave. conns: of each parent"""
    pes, banks = chip.eve.pes, chip.buffer.banks
    waves = arrange(*pairs, pes, chip.noc.kind)
    clocked = np.zeros(len(ScheduleCounts._fields), np.int64)
    cycles = np.zeros(-(-len(waves.order) // pes), np.int64)
    lengths = np.diff(words.offsets)
    nodes = lengths - conns
    simulate(waves, pes, banks, access_of(chip), pairs.fitter, pairs.other, nodes, lengths, children, clocked, cycles)
    return clocked, cycles


def new_children(words: GeneWords, pairs: Pairs) -> Children:
    """Return room for the children of some parents."""
    lengths = np.diff(words.offsets)
    mine = lengths[pairs.fitter]
    room = _ends(mine + pe.SPARE)
    two = (pairs.elite == 0) & (pairs.fitter != pairs.other)
    slots_room = _ends(mine + np.where(two, lengths[pairs.other], 0))
    n = len(mine)
    return Children(
        words=np.empty(room[-1], np.uint64),
        room=room,
        length=np.zeros(n, np.int64),
        nodes=np.zeros(n, np.int64),
        codes=np.empty(slots_room[-1], np.uint8),
        slots_room=slots_room,
        slots=np.zeros(n, np.int64),
        splits=np.zeros(n, np.int32),
        inserts=np.zeros(n, np.int32),
    )


def events_of(
    words: GeneWords,
    fitter: NDArray[np.int32],
    conns: NDArray[np.int64],
    thresholds: EveThresholds,
    fixed_nodes: int,
) -> NDArray[np.int16]:
    """Return each child's events as the CPU writes them, (P, EVENTS, 2). conns: of each parent"""
    lengths = np.diff(words.offsets)
    return child_events(thresholds, (lengths - conns)[fitter], conns[fitter], fixed_nodes)


def count_connections(words: GeneWords, layout: Layout) -> NDArray[np.int64]:
    """Return each genome's number of connections, (P,)."""
    conns = np.zeros(words.size, np.int64)
    _count_connections(words.words, words.offsets, layout.bits.type.shift, conns)
    return conns


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


@kernel
def _count_connections(words, offsets, type_shift, conns):
    """Fill `conns` (P,) with each genome's number of connections, by halving: they are behind its nodes."""
    for g in range(len(conns)):
        lo = offsets[g]
        hi = offsets[g + 1]
        while lo < hi:
            middle = (lo + hi) >> 1
            if (words[middle] >> type_shift) & np.uint64(1):
                hi = middle
            else:
                lo = middle + 1
        conns[g] = offsets[g + 1] - lo


@kernel
def _gather(children, lo, hi, words, offsets):
    """Lay the words of children ``lo .. hi`` end to end."""
    for c in range(lo, hi):
        at = children.room[c]
        to = offsets[c]
        for k in range(offsets[c + 1] - to):
            words[to + k] = children.words[at + k]
