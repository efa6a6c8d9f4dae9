"""Gene splits and the stages of their elements, as a wave's clock lets them go on; see ``schedule.py``.

A group that can take no slot *sleeps* until something that it may wait for has changed: a word of its streams has come,
or a queue that was full has room. What is in the stages is in a calendar, which says when it leaves.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline
from .banks import ask
from .pe import LEAVES, NODE, READ_A, READ_B
from .wave_state import AT, AWAKE, DRAINING, FLUSHING, FOR_ROOM, FOR_WORDS, OVER, STAGES

QUEUE = 8  # words between an element and the buffer
PREFETCH = 4  # words of a parent that gene split has or awaits


@inline
def begin(x, requester, s):
    s.requester[x] = requester
    s.owner[requester] = x
    s.granted[x] = 0
    s.arrived[x] = 0
    s.foremost[x] = 0
    s.asks[x] = 0


@inline
def ask_on(x, state):
    """Let a stream ask for its next word, if there is one and room for it."""
    s = state.streams
    if s.asks[x] == 0 and s.node_left[x] + s.conn_left[x] > 0 and s.granted[x] - s.foremost[x] < PREFETCH:
        s.asks[x] = 1
        ask(s.requester[x], s.bank[x], state.banks)


@inline
def take_slot(k, cycle, codes, state, counts):
    """Let a group take a slot, or wait; return by how many words the skew shrinks."""
    s, g, e = state.streams, state.groups, state.elements
    lo = np.int64(g.begins[k])
    hi = np.int64(g.begins[k + 1])
    for j in range(2 * k, 2 * k + 2):
        x = g.stream[j]
        if x >= 0 and s.arrived[x] == g.taken[j] and s.node_left[x] + s.conn_left[x] + s.granted[x] > g.taken[j]:
            counts[AT.stall_read] += hi - lo
            _sleep(k, cycle, FOR_WORDS, g)
            return 0
    for p in range(lo, hi):
        if e.used[p] >= QUEUE:
            counts[AT.stall_write] += hi - lo
            _sleep(k, cycle, FOR_ROOM, g)
            return 0
    counts[AT.pe_cycles] += hi - lo
    at = g.slot[k]
    g.slot[k] = at + 1
    row = cycle % (STAGES + 1)
    g.leaving[row, g.in_stages[row]] = k
    g.leaving_slot[row, g.in_stages[row]] = at
    g.in_stages[row] += 1
    if at + 1 == g.slots[k]:  # the stages empty
        counts[AT.pe_cycles] += STAGES * (hi - lo)
        g.waits[k] = OVER
    code = codes[e.codes_at[lo] + at]
    fewer = 0
    if code & READ_A:
        for p in range(lo, hi):
            e.used[p] += 1
        fewer += _take(2 * k, state, counts)
    if code & READ_B:
        fewer += _take(2 * k + 1, state, counts)
    return fewer


@inline
def _take(j, state, counts):
    """Let a reader take a word of its stream; return by how many words the skew shrinks."""
    s, g = state.streams, state.groups
    x = g.stream[j]
    fewer = np.int64(s.granted[x] - g.taken[j] > PREFETCH)
    g.taken[j] += 1
    if g.taken[j] > s.foremost[x]:
        s.foremost[x] = g.taken[j]
        ask_on(x, state)
    counts[AT.stream_words] += 1
    return fewer


@inline
def _sleep(k, cycle, what, g):
    g.waits[k] = what
    g.since[k] = cycle


@inline
def wake(k, cycle, g, counts):
    """Let a group that slept look again behind this cycle."""
    waited = (cycle - g.since[k]) * (np.int64(g.begins[k + 1]) - np.int64(g.begins[k]))
    if g.waits[k] == FOR_WORDS:
        counts[AT.stall_read] += waited
    else:
        counts[AT.stall_write] += waited
    g.waits[k] = AWAKE
    g.awake[g.many[0]] = k
    g.many[0] += 1


@inline
def pass_stages(cycle, children, state, counts):
    """Let the genes of slots of three cycles ago give back their room if they are deleted, and those of four leave."""
    g, e = state.groups, state.elements
    codes = children.codes
    row = (cycle + 2) % (STAGES + 1)
    for i in range(g.in_stages[row]):
        k = np.int64(g.leaving[row, i])
        at = np.int64(g.leaving_slot[row, i])
        for p in range(np.int64(g.begins[k]), np.int64(g.begins[k + 1])):
            if codes[e.codes_at[p] + at] & (READ_A | LEAVES) == READ_A:
                give_back(p, cycle, state, counts)
    row = (cycle + 1) % (STAGES + 1)
    for i in range(g.in_stages[row]):
        k = np.int64(g.leaving[row, i])
        at = np.int64(g.leaving_slot[row, i])
        last = at + 1 == g.slots[k]
        for p in range(np.int64(g.begins[k]), np.int64(g.begins[k + 1])):
            code = codes[e.codes_at[p] + at]
            if code & LEAVES:
                push(p, code & NODE, state)
            if last:
                e.phase[p] = FLUSHING if e.flushed[p] < 0 else DRAINING
                e.late[e.many[0]] = p
                e.many[0] += 1
    g.in_stages[row] = 0


@inline
def push(p, node, state):
    """Put a word into an element's queue. node: whether it goes to the nodes"""
    e = state.elements
    queued = e.queued[p]
    e.kinds[p] |= np.int64(node != 0) << queued
    e.queued[p] = queued + 1
    if queued == 0:
        write_on(p, state)


@inline
def write_on(p, state):
    """Ask for the write of an element's next word."""
    e = state.elements
    bank = e.node_bank[p] if e.kinds[p] & 1 else e.conn_bank[p]
    ask(len(state.groups.stream) + p, bank, state.banks)


@inline
def give_back(p, cycle, state, counts):
    """Free a word of an element's queue."""
    g, e = state.groups, state.elements
    e.used[p] -= 1
    k = e.group[p]
    if e.used[p] == QUEUE - 1 and g.waits[k] == FOR_ROOM:
        wake(k, cycle, g, counts)
