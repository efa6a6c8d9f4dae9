"""EvE's clock: how genes get from the banks to the elements and back, cycle by cycle. Waves are clocked one by one.

This is the hardware in ``rtl/eve``, and the tests hold both against one another. All that a cycle decides follows from
what registers held before it; what it changes shows in the next one.

* A stream asks for a word as long as gene split has or awaits fewer than :data:`PREFETCH` words of it.
* A group takes a slot when it has a word of each stream that has not ended, and each of its elements has room for a
  gene in its queue of :data:`QUEUE` words, of which it claims one. A gene that is deleted gives it back after three
  cycles; one that stays is in the queue after four.
* Behind the last slot the stages empty. An element that has split a connection then sends two words that gene merge
  held back. When its words are written it is done, or the connection that is added follows: its weight is drawn in the
  stages, and the connections behind its place are read, and pass with it through gene merge to the words behind.

With ``noc.kind`` ``parent-multicast`` a stream may have several readers. It runs ahead of the foremost one, and the
others keep what they have not taken: the *skew*, words beyond :data:`PREFETCH`. Nobody has built that.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, kernel, outline
from .banks import arbitrate
from .groups import PREFETCH, QUEUE, ask_on, begin, give_back, pass_stages, push, take_slot, wake, write_on
from .pe import FILL
from .wave_state import AT, AWAKE, DONE, DRAINING, FLUSHING, FOR_WORDS, INSERTING, STREAMING, new_state

HELD_BACK = 2  # words of a split that leave behind all others
JOINING = 4  # cycles until the weight of a new connection is drawn

FIRST_WORD = 2  # cycles from a wave's start until a word is at gene split


@kernel
def simulate(waves, pes, banks, access, fitter, other, nodes, lengths, children, counts, cycles):
    """Clock all waves, and add to `counts` (int64, see ScheduleCounts).

    waves: Waves. access: Access. nodes, lengths: (parents,) int64, of genomes. children: Children, as made
    cycles: (waves,) int64, written: those of each
    """
    state = new_state(pes, banks, access.read)
    for wave in range(len(cycles)):
        at = wave * pes
        n = min(pes, len(waves.order) - at)
        groups = _load(at, n, waves, pes, banks, fitter, other, nodes, lengths, children, state)
        cycles[wave] = _clock(n, groups, pes, banks, access, children, state, counts)
        counts[AT.pe_bound_cycles] += _least(at, n, waves.order, children)
        counts[AT.evolve_cycles] += cycles[wave]
        counts[AT.waves] += 1
        counts[AT.streams] += groups


@outline
def _load(at, n, waves, pes, banks, fitter, other, nodes, lengths, children, state):
    """Give each element its child, and let streams ask for their first words. Return the number of groups."""
    b, s, g, e = state.banks, state.streams, state.groups, state.elements
    b.last[:] = -1
    b.busy[:] = 0
    state.coming[:] = 0
    g.in_stages[:] = 0
    for x in range(2 * pes):
        g.reader[x] = -1
        s.requester[x] = -1
    groups = 0
    for p in range(n):
        c = waves.order[at + p]
        if p == 0 or waves.group[at + p] != waves.group[at + p - 1]:
            g.begins[groups] = p
            g.slot[groups] = 0
            g.slots[groups] = children.slots[c]
            g.waits[groups] = AWAKE
            g.awake[groups] = groups
            for side in range(2):
                x = waves.streams[at + p, side]
                g.stream[2 * groups + side] = x
                g.taken[2 * groups + side] = 0
                if x >= 0 and s.requester[x] < 0:
                    parent = fitter[c] if side == 0 else other[c]
                    s.bank[x] = parent % banks
                    s.conn_bank[x] = parent % banks
                    s.node_left[x] = nodes[parent]
                    s.conn_left[x] = lengths[parent] - nodes[parent]
                    begin(x, p + side * pes, s)
            groups += 1
        e.phase[p] = STREAMING
        e.child[p] = c
        e.group[p] = groups - 1
        e.codes_at[p] = children.slots_room[c]
        e.used[p] = 0
        e.queued[p] = 0
        e.kinds[p] = 0
        e.node_bank[p] = c % banks
        e.conn_bank[p] = c % banks
        e.written[p] = 0
        e.flushed[p] = -HELD_BACK * children.splits[c]
        e.joined[p] = 0
        s.requester[2 * pes + p] = -1
    g.begins[groups] = n
    g.many[0] = groups
    e.many[0] = 0
    for j in range(2 * groups - 1, -1, -1):
        x = g.stream[j]
        if x >= 0:
            g.next_reader[j] = g.reader[x]
            g.reader[x] = j
    for x in range(2 * pes):
        if s.requester[x] >= 0:
            ask_on(x, state)
    return groups


@outline
def _clock(n, groups, pes, banks, access, children, state, counts):
    """Clock a wave of `n` elements to its end, and return its cycles."""
    g, e = state.groups, state.elements
    readers = 2 * pes
    skew = 0
    ahead = 0  # words of skew at present
    n_reads = 0
    n_writes = 0
    alive = n
    idle_since = 0  # the last cycles of those who are done, summed
    cycle = 0
    while alive > 0:
        cycle += 1
        n_granted = arbitrate(cycle, access, readers, state.banks)
        stay = 0
        for i in range(g.many[0]):
            k = np.int64(g.awake[i])
            ahead -= take_slot(k, cycle, children.codes, state, counts)
            if g.waits[k] == AWAKE:
                g.awake[stay] = k
                stay += 1
        g.many[0] = stay
        stay = 0
        for i in range(e.many[0]):
            p = e.late[i]
            if e.phase[p] == INSERTING:
                _insert(p, cycle, pes, state, counts)
            else:
                _drain(p, cycle, pes, banks, children, state, counts)
            if e.phase[p] == DONE:
                alive -= 1
                idle_since += cycle
            else:
                e.late[stay] = p
                stay += 1
        e.many[0] = stay
        pass_stages(cycle, children, state, counts)
        # What arrives at the end of this cycle, and what is granted in it.
        _arrive(cycle, access, state, counts)
        for i in range(n_granted):
            r = np.int64(state.banks.granted[i])
            if r < readers:
                ahead += _read(r, cycle, readers, banks, access, state)
                n_reads += 1
            else:
                _written(r - readers, cycle, banks, access, state, counts)
                n_writes += 1
        skew = max(skew, ahead)
    counts[AT.idle_cycles] += n * cycle - idle_since
    counts[AT.sram_reads] += n_reads
    counts[AT.sram_writes] += n_writes
    counts[AT.bank_bound_cycles] += (n_reads * access.read + n_writes * access.write + banks - 1) // banks
    counts[AT.skew_words] += skew
    counts[AT.skew_word_cycles] += skew * cycle
    return cycle


@inline
def _arrive(cycle, access, state, counts):
    s, g = state.streams, state.groups
    row = cycle % (access.read + 1)
    for i in range(state.coming[row]):
        x = np.int64(state.arriving[row, i])
        s.arrived[x] += 1
        if x < len(g.reader):
            j = g.reader[x]
            while j >= 0:
                if g.waits[j >> 1] == FOR_WORDS and s.arrived[x] == g.taken[j] + 1:
                    wake(j >> 1, cycle, g, counts)
                j = g.next_reader[j]
    state.coming[row] = 0


@inline
def _read(r, cycle, readers, banks, access, state):
    """Grant a stream its next word; return by how many words the skew grows."""
    s, g = state.streams, state.groups
    x = np.int64(s.owner[r])
    s.asks[x] = 0
    s.granted[x] += 1
    more = 0
    if x < readers:
        j = g.reader[x]
        while j >= 0:
            more += s.granted[x] - g.taken[j] > PREFETCH
            j = g.next_reader[j]
    s.bank[x] = s.bank[x] + 1 if s.bank[x] + 1 < banks else 0
    if s.node_left[x] > 0:
        s.node_left[x] -= 1
        if s.node_left[x] == 0:
            s.bank[x] = s.conn_bank[x]
    else:
        s.conn_left[x] -= 1
    row = (cycle + access.read) % (access.read + 1)
    state.arriving[row, state.coming[row]] = x
    state.coming[row] += 1
    ask_on(x, state)
    return more


@inline
def _written(p, cycle, banks, access, state, counts):
    """Grant an element the write of its next word."""
    e = state.elements
    if e.kinds[p] & 1:
        e.node_bank[p] = e.node_bank[p] + 1 if e.node_bank[p] + 1 < banks else 0
    else:
        e.conn_bank[p] = e.conn_bank[p] + 1 if e.conn_bank[p] + 1 < banks else 0
    e.kinds[p] >>= 1
    e.queued[p] -= 1
    e.written[p] = cycle + access.write - 1
    give_back(p, cycle, state, counts)
    if e.queued[p] > 0:
        write_on(p, state)


@outline
def _drain(p, cycle, pes, banks, children, state, counts):
    """Let an element send what was held back, wait for its writes, and end or begin an insertion."""
    s, e = state.streams, state.elements
    if e.phase[p] == FLUSHING:
        if e.used[p] >= QUEUE:
            counts[AT.stall_drain] += 1
            return
        counts[AT.pe_cycles] += 1
        e.used[p] += 1
        push(p, 0, state)
        e.flushed[p] += 1
        if e.flushed[p] == 0:
            e.phase[p] = DRAINING
        return
    counts[AT.stall_drain] += 1
    if e.used[p] > 0 or e.written[p] >= cycle:
        return
    c = e.child[p]
    if e.joined[p] or children.inserts[c] == 0:
        e.phase[p] = DONE
        return
    moved = children.inserts[c] - 1
    place = children.length[c] - children.nodes[c] - 1 - moved
    x = 2 * pes + p
    e.joined[p] = 1
    e.phase[p] = INSERTING
    e.ready[p] = cycle + JOINING
    e.conn_bank[p] = (c + place) % banks
    s.bank[x] = e.conn_bank[p]
    s.node_left[x] = 0
    s.conn_left[x] = moved
    begin(x, p, s)
    ask_on(x, state)


@inline
def _insert(p, cycle, pes, state, counts):
    """Let an insertion go on by a word, if it can."""
    s, e = state.streams, state.elements
    x = 2 * pes + p
    if cycle < e.ready[p]:
        counts[AT.insert_cycles] += 1
        return
    moves = s.arrived[x] > s.foremost[x]
    ended = s.conn_left[x] == 0 and s.granted[x] == s.foremost[x]
    if e.used[p] >= QUEUE or not (moves or ended):
        counts[AT.stall_drain] += 1
        return
    if moves:
        s.foremost[x] += 1
        ask_on(x, state)
    else:
        e.phase[p] = DRAINING
    counts[AT.insert_cycles] += 1
    e.used[p] += 1
    push(p, 0, state)


@outline
def _least(at, n, order, children):
    """Return the cycles that a wave takes if no element ever waits for a bank."""
    most = 0
    for p in range(at, at + n):
        c = order[p]
        cycles = FIRST_WORD + children.slots[c] + FILL + HELD_BACK * children.splits[c] + 1
        if children.inserts[c] > 0:
            cycles += JOINING - 1 + children.inserts[c] + 2
        most = max(most, cycles)
    return most
