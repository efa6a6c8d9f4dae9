"""What the clock of a wave holds from cycle to cycle, and what it counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import allocating
from ...counts import positions

STREAMING, FLUSHING, DRAINING, INSERTING, DONE = range(5)  # phases of an element
AWAKE, FOR_WORDS, FOR_ROOM, OVER = range(4)  # what a group waits for
STAGES = 4  # of an element


class ScheduleCounts(NamedTuple):
    """What ``schedule.simulate`` counts; what PEs do with their cycles (working, stalled, idle) is summed over them."""

    sram_reads: int
    sram_writes: int
    evolve_cycles: int
    pe_cycles: int
    stall_read: int
    stall_write: int
    stall_drain: int
    insert_cycles: int
    idle_cycles: int
    pe_bound_cycles: int
    bank_bound_cycles: int
    waves: int
    streams: int
    stream_words: int
    skew_words: int
    skew_word_cycles: int


AT = positions(ScheduleCounts)


class Banks(NamedTuple):
    """The banks and their requesters, who are numbered: fitter streams and other streams by the element that leads
    their group, then elements' queues.

    wanted: (banks, W) uint64, a bit for each requester that waits; some: (banks, X) uint64, a bit for each of these
    words that is not 0; waiting: (banks,) int64, how many wait
    last: (banks,) int64, who was served last, -1 for nobody; busy: (banks,) int64, the last cycle of the access that it
    is at; granted: (banks,) uint32, requesters served in this cycle
    """

    wanted: np.ndarray
    some: np.ndarray
    waiting: np.ndarray
    last: np.ndarray
    busy: np.ndarray
    granted: np.ndarray


class Streams(NamedTuple):
    """Streams of parents' genes, (2 pes,) int64 each, and of what insertions move, (pes,), behind them.

    requester: who asks for it; bank: of the next word; node_left, conn_left: words that have not been granted
    conn_bank: where connections begin; granted, arrived: words so far; foremost: words that its foremost reader took
    asks: whether it waits for a bank; owner: stream by requester
    """

    requester: np.ndarray
    bank: np.ndarray
    node_left: np.ndarray
    conn_left: np.ndarray
    conn_bank: np.ndarray
    granted: np.ndarray
    arrived: np.ndarray
    foremost: np.ndarray
    asks: np.ndarray
    owner: np.ndarray


class Groups(NamedTuple):
    """Children that take their slots together: (pes,) int64 each, or (2 pes,) of both their streams.

    begins: (pes + 1,), first element; stream: -1 for none; taken: words of it; slot: the next; slots: of each child
    next_reader: (2 pes,), of the same stream, -1 behind the last; reader: (2 pes,), the first one of each stream
    waits: see above; since: the cycle in which it fell asleep; awake: groups that look for a slot; many: (1,), how many
    leaving, leaving_slot: (STAGES + 1, pes), groups and their slots, by the cycle in which they came
    in_stages: (STAGES + 1,), how many; groups and elements in lists are uint32, which need no test of their sign
    """

    begins: np.ndarray
    stream: np.ndarray
    taken: np.ndarray
    slot: np.ndarray
    slots: np.ndarray
    next_reader: np.ndarray
    reader: np.ndarray
    waits: np.ndarray
    since: np.ndarray
    awake: np.ndarray
    many: np.ndarray
    leaving: np.ndarray
    leaving_slot: np.ndarray
    in_stages: np.ndarray


class Elements(NamedTuple):
    """Processing elements, (pes,) int64 each.

    phase: see above; child; group; codes_at: where its slot codes begin
    used: words of the queue that are taken or may be; queued: words in it; kinds: a bit for each, whether it is a node,
    the first one lowest; node_bank, conn_bank: where the next goes; written: the last cycle of its last write
    flushed: words that have left of those held back, less how many there are
    joined: whether its connection is being added, or was; ready: from when on that may leave
    late: elements behind their last slot that are not done; many: (1,), how many
    """

    phase: np.ndarray
    child: np.ndarray
    group: np.ndarray
    codes_at: np.ndarray
    used: np.ndarray
    queued: np.ndarray
    kinds: np.ndarray
    node_bank: np.ndarray
    conn_bank: np.ndarray
    written: np.ndarray
    flushed: np.ndarray
    joined: np.ndarray
    ready: np.ndarray
    late: np.ndarray
    many: np.ndarray


class State(NamedTuple):
    """All of a wave. arriving: (read cycles, banks) int64, streams whose words are on their way; coming: how many"""

    banks: Banks
    streams: Streams
    groups: Groups
    elements: Elements
    arriving: np.ndarray
    coming: np.ndarray


@allocating
def new_state(pes, banks, read_cycles):
    """Allocate what the clock holds; a wave that is loaded fills it."""
    return State(
        Banks(
            np.zeros((banks, 3 * pes // 64 + 1), np.uint64),
            np.zeros((banks, (3 * pes // 64 + 1) // 64 + 1), np.uint64),
            np.zeros(banks, np.int64),
            np.empty(banks, np.int64),
            np.empty(banks, np.int64),
            np.empty(banks, np.uint32),
        ),
        Streams(
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(3 * pes, np.int64),
            np.empty(2 * pes, np.uint32),
        ),
        Groups(
            np.empty(pes + 1, np.uint32),
            np.empty(2 * pes, np.int64),
            np.empty(2 * pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(2 * pes, np.int64),
            np.empty(2 * pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.uint32),
            np.zeros(1, np.int64),
            np.empty((STAGES + 1, pes), np.uint32),
            np.empty((STAGES + 1, pes), np.uint32),
            np.zeros(STAGES + 1, np.int64),
        ),
        Elements(
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.empty(pes, np.int64),
            np.zeros(1, np.int64),
        ),
        np.empty((read_cycles + 1, banks), np.uint32),
        np.zeros(read_cycles + 1, np.int64),
    )
