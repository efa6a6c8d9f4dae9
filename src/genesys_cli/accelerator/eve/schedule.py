"""When children are made, and how their genes get through the banks: waves, the network, arbitration, stalls.

A wave is as many children as there are processing elements, those of one pair of parents side by side. With
``multicast`` a gene split serves all children of a pair in the wave: each slot's genes are read once and go to all of
them in the same cycle. With ``unicast`` each element has its own and reads its own copies.

Each cycle each bank serves the oldest request that waits for it. Word w of the image lies in bank ``w mod banks``; the
children's image lies behind the parents'. A group takes its next slot when the slot's genes have been read and each of
its elements has room for what a slot may send out; genes leave an element through a queue of :data:`QUEUE` words.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline, kernel, outline
from ...counts import DRAM_CYCLES, DRAM_WORDS, named, positions
from .pe import FILL, OUT_SHIFT, READ_A, READ_B

QUEUE = 4  # words between an element and the buffer
_ROOM = QUEUE - 3  # a slot can send out three genes, so it is taken only when no more than this wait


class ScheduleCounts(NamedTuple):
    """What :func:`simulate` counts; what PEs do with their cycles (working, stalled, idle) is summed over them."""

    sram_reads: int
    sram_writes: int
    evolve_cycles: int
    pe_cycles: int
    stall_read: int
    stall_write: int
    stall_sibling: int
    stall_drain: int
    insert_cycles: int
    idle_cycles: int
    pe_bound_cycles: int
    bank_bound_cycles: int
    waves: int
    streams: int


AT = positions(ScheduleCounts)

_NOTHING_MORE = 1 << 40  # added to what a group waits for when its streams have ended


class Schedule(NamedTuple):
    """Who is made when.

    order: (P,) int64, children in the order of the elements; a wave is the next `pes` of them
    group: (P,) int64, by position in `order`: ascending numbers; neighbours with the same number share their streams
    """

    order: NDArray[np.int64]
    group: NDArray[np.int64]


class State(NamedTuple):
    """What the clocked parts of a wave hold, all int64.

    Of banks: the line of requests, and those served in a cycle, reads for groups apart. Requests are numbered: two
    reads of each group, a write of each element, a read of each element that inserts, and the head of each bank's line,
    which stands for nothing; `following` has the one behind each, -1 behind the last.
    Of groups: first element; banks of the two streams' next words; what the next slot waits for (its reads, and
    elements without room); cycle from which the next may come; index and number of slots;
    whether a write was what it waited for last. Of elements: group; place of the slot codes; bank of the next word
    out; words queued; cycle of the end; whether it inserts; words left to insert; requests that those wait for.
    """

    last: np.ndarray
    following: np.ndarray
    read: np.ndarray
    served: np.ndarray
    begins: np.ndarray
    bank_a: np.ndarray
    bank_b: np.ndarray
    waits: np.ndarray
    free_at: np.ndarray
    slot: np.ndarray
    slots: np.ndarray
    by_write: np.ndarray
    ready: np.ndarray
    group_of: np.ndarray
    codes_at: np.ndarray
    bank_out: np.ndarray
    queued: np.ndarray
    ended: np.ndarray
    moving: np.ndarray
    inserts: np.ndarray
    waiting: np.ndarray


def schedule(
    fitter: NDArray[np.int32], other: NDArray[np.int32], elite: NDArray[np.uint8], pes: int, multicast: bool
) -> Schedule:
    """Return the order in which children are made, and which of them share streams."""
    mate = np.where(elite != 0, fitter, other)  # an elite has one parent
    order = np.lexsort((mate, fitter)).astype(np.int64)
    starts = np.ones(len(order), np.bool_)
    if multicast:
        starts[1:] = (np.diff(fitter[order]) != 0) | (np.diff(mate[order]) != 0)
        starts[::pes] = True  # a wave begins
    return Schedule(order, np.cumsum(starts) - 1)


@kernel
def simulate(order, group, pes, banks, fitter, other, offsets, children, child_at, counts):
    """Clock all waves, and add to `counts` (int64, see ScheduleCounts).

    order, group: see Schedule. offsets: of the parents' words. children: Children, as made
    child_at: (P + 1,) int64, where each child's words lie in the children's image
    """
    state = State(
        last=np.arange(4 * pes, 4 * pes + banks),
        following=np.full(4 * pes + banks, -1),
        read=np.empty(banks, np.int64),
        served=np.empty(banks, np.int64),
        begins=np.empty(pes + 1, np.int64),
        bank_a=np.empty(pes, np.int64),
        bank_b=np.empty(pes, np.int64),
        waits=np.empty(pes, np.int64),
        free_at=np.empty(pes, np.int64),
        slot=np.empty(pes, np.int64),
        slots=np.empty(pes, np.int64),
        by_write=np.empty(pes, np.int64),
        ready=np.empty(pes + 1, np.int64),
        group_of=np.empty(pes, np.int64),
        codes_at=np.empty(pes, np.int64),
        bank_out=np.empty(pes, np.int64),
        queued=np.empty(pes, np.int64),
        ended=np.empty(pes, np.int64),
        moving=np.empty(pes, np.int64),
        inserts=np.empty(pes, np.int64),
        waiting=np.empty(pes, np.int64),
    )
    for at in range(0, len(order), pes):
        n = min(pes, len(order) - at)
        _load(at, n, order, group, banks, fitter, other, offsets, children, child_at, state)
        _clock(n, pes, banks, children.codes, state, counts)
        _sum_up(at, n, order, children, state, counts)


@outline
def _load(at, n, order, group, banks, fitter, other, offsets, children, child_at, s):
    """Give each element its child, and ask for the first slot of each group."""
    groups = 0
    parents_end = offsets[len(offsets) - 1]
    for p in range(n):
        c = order[at + p]
        if p == 0 or group[at + p] != group[at + p - 1]:
            s.begins[groups] = p
            s.bank_a[groups] = offsets[fitter[c]] % banks
            s.bank_b[groups] = offsets[other[c]] % banks
            s.waits[groups] = 0
            s.free_at[groups] = 1
            s.slot[groups] = 0
            s.slots[groups] = children.slots[c]
            s.by_write[groups] = 0
            groups += 1
        s.group_of[p] = groups - 1
        s.codes_at[p] = children.slots_room[c]
        s.bank_out[p] = (parents_end + child_at[c]) % banks
        s.queued[p] = 0
        s.ended[p] = 0
        s.moving[p] = 0
        s.inserts[p] = children.inserts[c]
    s.begins[groups] = n
    for g in range(groups):
        _read_next(g, children.codes, banks, s)


@outline
def _clock(n, pes, banks, codes, s, counts):
    """Clock a wave of `n` elements to its end."""
    reads = 0
    writes = 0
    stall_read = 0
    stall_write = 0
    stall_sibling = 0
    n_ready = 0
    alive = n  # elements that still have something to do
    cycle = 0
    while alive > 0:
        cycle += 1
        n_served = 0
        n_read = 0
        # Reads for groups go to one list, the rest to another; lists grow without branches, which would be guesses.
        for bank in range(banks):
            head = 4 * pes + bank
            request = s.following[head]
            if request >= 0:
                behind = s.following[request]
                s.following[head] = behind
                s.last[bank] = head if behind < 0 else s.last[bank]
                s.read[n_read] = request
                s.served[n_served] = request
                n_read += request < 2 * pes
                n_served += request >= 2 * pes
        reads += n_read
        for k in range(n_read):
            g = s.read[k] >> 1
            waits = s.waits[g] - 1
            s.waits[g] = waits
            s.ready[n_ready] = g
            n_ready += waits == 0
        for k in range(n_served):
            request = s.served[k]
            p = request - 2 * pes if request < 3 * pes else request - 3 * pes
            g = s.group_of[p]
            if not s.moving[p]:  # a gene of an element
                writes += 1
                queued = s.queued[p] - 1
                s.queued[p] = queued
                if queued > 0:
                    _write_next(p, pes, banks, s)
                waits = s.waits[g] - (queued == _ROOM)
                s.waits[g] = waits
                freed = queued == _ROOM and waits == 0
                s.by_write[g] |= freed
                s.ready[n_ready] = g
                n_ready += freed
                if queued == 0 and s.slot[g] < 0:
                    s.ended[p] = max(cycle - 1, s.free_at[g] - 1)  # the last write belongs to the fill
                    alive -= _end(p, pes, banks, s)
            else:  # an insertion: the write of a word, or the read of the next one that has to move
                writes += request < 3 * pes
                reads += request >= 3 * pes
                s.waiting[p] -= 1
                if s.waiting[p] == 0:
                    s.inserts[p] -= 1
                    s.ended[p] = max(s.ended[p] + 1, cycle - 1)
                    alive -= _end(p, pes, banks, s)
        n_later = 0
        for k in range(n_ready):
            g = s.ready[k]
            if cycle < s.free_at[g]:
                s.ready[n_later] = g
                n_later += 1
                continue
            lo = s.begins[g]
            hi = s.begins[g + 1]
            lag = (cycle - s.free_at[g]) * (hi - lo)
            if s.by_write[g]:
                stall_write += lag
            else:
                stall_read += lag
            s.by_write[g] = 0
            splits = 0
            at = s.slot[g]
            for p in range(lo, hi):
                leaving = np.int64(codes[s.codes_at[p] + at]) >> OUT_SHIFT
                if leaving > 0:
                    splits += leaving == 3
                    before = s.queued[p]
                    s.queued[p] = before + leaving
                    if before == 0:
                        _write_next(p, pes, banks, s)
                    if before + leaving > _ROOM:
                        s.waits[g] += 1
            s.free_at[g] = cycle + 1
            if splits:
                s.free_at[g] = cycle + 3
                stall_sibling += 2 * (hi - lo - splits)
            s.slot[g] = at + 1
            if at + 1 < s.slots[g]:
                _read_next(g, codes, banks, s)
            else:
                s.slot[g] = -1
                s.waits[g] += _NOTHING_MORE
                for p in range(lo, hi):
                    if s.queued[p] == 0:
                        s.ended[p] = s.free_at[g] - 1
                        alive -= _end(p, pes, banks, s)
        n_ready = n_later
    counts[AT.sram_reads] += reads
    counts[AT.sram_writes] += writes
    counts[AT.stall_read] += stall_read
    counts[AT.stall_write] += stall_write
    counts[AT.stall_sibling] += stall_sibling
    counts[AT.bank_bound_cycles] += (reads + writes + banks - 1) // banks


@outline
def _sum_up(at, n, order, children, s, counts):
    """Count what each element did in the wave's cycles: its slots and the fill, insertions, stalls, idling."""
    end = 0
    bound = 0
    for p in range(n):
        c = order[at + p]
        busy = children.slots[c] + 2 * children.splits[c] + FILL
        end = max(end, s.ended[p])
        bound = max(bound, busy + children.inserts[c])
        counts[AT.pe_cycles] += busy
        counts[AT.insert_cycles] += children.inserts[c]
        counts[AT.stall_drain] += s.ended[p] - (s.free_at[s.group_of[p]] - 1) - children.inserts[c]
    for p in range(n):
        counts[AT.idle_cycles] += end - s.ended[p]
    counts[AT.evolve_cycles] += end + FILL
    counts[AT.pe_bound_cycles] += bound
    counts[AT.waves] += 1
    counts[AT.streams] += s.group_of[n - 1] + 1


@inline
def _ask(request, bank, s):
    """Put a request at the end of a bank's line."""
    s.following[request] = -1
    s.following[s.last[bank]] = request
    s.last[bank] = request


@inline
def _read_next(g, codes, banks, s):
    """Ask for the genes of a group's next slot."""
    code = codes[s.codes_at[s.begins[g]] + s.slot[g]]
    if code & READ_A:
        bank = s.bank_a[g]
        _ask(2 * g, bank, s)
        s.bank_a[g] = bank + 1 if bank + 1 < banks else 0
        s.waits[g] += 1
    if code & READ_B:
        bank = s.bank_b[g]
        _ask(2 * g + 1, bank, s)
        s.bank_b[g] = bank + 1 if bank + 1 < banks else 0
        s.waits[g] += 1


@inline
def _write_next(p, pes, banks, s):
    """Ask for the write of an element's next gene."""
    bank = s.bank_out[p]
    _ask(2 * pes + p, bank, s)
    s.bank_out[p] = bank + 1 if bank + 1 < banks else 0


@outline
def _end(p, pes, banks, s):
    """Ask for an element's next insertion and return 0, or return 1 when it has none left."""
    left = s.inserts[p]
    if left == 0:
        return 1
    s.moving[p] = 1
    _write_next(p, pes, banks, s)
    s.waiting[p] = 1
    if left > 1:  # the word that this one displaces
        _ask(3 * pes + p, s.bank_out[p], s)
        s.waiting[p] = 2
    return 0


def dram(parents: int, children: int, capacity: int, words_per_cycle: float) -> dict[str, int]:
    """Return what does not fit the buffer while both generations are in it, and what moving it costs.

    parents, children, capacity: words. The excess leaves for DRAM and comes back, each word once.
    """
    words = 2 * max(0, parents + children - capacity)
    return named({DRAM_WORDS: words, DRAM_CYCLES: int(np.ceil(words / words_per_cycle))})
