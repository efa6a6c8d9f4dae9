"""What the clock of a wave holds from cycle to cycle, and what it counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import allocating
from ...counts import positions


class ScheduleCounts(NamedTuple):
    """What ``schedule.simulate`` counts; what PEs do with their cycles (working, stalled, idle) is summed over them."""

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
    stream_words: int
    skew_words: int
    skew_word_cycles: int


AT = positions(ScheduleCounts)


class State(NamedTuple):
    """What the clocked parts of a wave hold, all int64.

    Of banks: the line of requests, those served in a cycle, reads for groups apart; the last cycle in which each is
    busy, and what it reads meanwhile, -1 for nothing. Requests are numbered: a read of each stream, a write of each
    element, a read of each element that inserts, and the head of each bank's line, which stands for nothing;
    `following` has the one behind each, -1 behind the last.
    Of streams: bank of the next word; whether it has been asked for; the first reader. Of readers, two of each group,
    for its fitter and its other parent: stream; the next reader of the same one, -1 behind the last; words that it
    holds; whether it waits for the next. Of groups: first element; what the next slot waits for (its words, and
    elements without room); cycle from which the next may come; index and number of slots;
    whether a write was what it waited for last. Of elements: group; place of the slot codes; bank of the next word
    out; words queued; cycle of the end, and of the last word written; whether it inserts; words left to insert;
    requests that those wait for.
    """

    last: np.ndarray
    following: np.ndarray
    read: np.ndarray
    served: np.ndarray
    busy: np.ndarray
    reading: np.ndarray
    begins: np.ndarray
    bank: np.ndarray
    asked: np.ndarray
    reader: np.ndarray
    stream: np.ndarray
    next_reader: np.ndarray
    held: np.ndarray
    wants: np.ndarray
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
    written: np.ndarray
    moving: np.ndarray
    inserts: np.ndarray
    waiting: np.ndarray


@allocating
def new_state(pes, banks):
    """Allocate what the clock holds; a wave that is loaded fills it."""
    return State(
        last=np.arange(4 * pes, 4 * pes + banks),
        following=np.full(4 * pes + banks, -1),
        read=np.empty(banks, np.int64),
        served=np.empty(banks, np.int64),
        busy=np.empty(banks, np.int64),
        reading=np.full(banks, -1),
        begins=np.empty(pes + 1, np.int64),
        bank=np.empty(2 * pes, np.int64),
        asked=np.empty(2 * pes, np.int64),
        reader=np.empty(2 * pes, np.int64),
        stream=np.empty(2 * pes, np.int64),
        next_reader=np.empty(2 * pes, np.int64),
        held=np.empty(2 * pes, np.int64),
        wants=np.empty(2 * pes, np.int64),
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
        written=np.empty(pes, np.int64),
        moving=np.empty(pes, np.int64),
        inserts=np.empty(pes, np.int64),
        waiting=np.empty(pes, np.int64),
    )
