"""How children's genes get through the banks: the network, arbitration, stalls. Waves are clocked one after another.

A gene split serves its group, all children of which take a slot in the same cycle. The words of a stream are read
once, as soon as the first of its groups wants them, and go to all its groups at once; a group that is not as far yet
keeps them in a buffer as long as it takes. So a group never waits for one that shares a stream, only for words, and its
two streams wait for one another. How large these buffers have to be is counted: the *skew*, words beyond the one that
each stream of each group holds for its next slot.

A bank serves the oldest request that waits for it, see :mod:`banks`. Word w of the image lies in bank ``w mod banks``;
the children's image lies behind the parents'. A group takes its next slot when the slot's genes are there and each of
its elements has room for what a slot may send out; genes leave an element through a queue of :data:`QUEUE` words. A
child is finished when its last word has been written.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, kernel, outline
from .banks import ask, serve, serve_slowly
from .pe import FILL, OUT_SHIFT, READ_A, READ_B
from .wave_state import AT, new_state

QUEUE = 4  # words between an element and the buffer
_ROOM = QUEUE - 3  # a slot can send out three genes, so it is taken only when no more than this wait


_NOTHING_MORE = 1 << 40  # added to what a group waits for when its streams have ended


@kernel
def simulate(waves, pes, banks, access, fitter, other, offsets, children, child_at, counts):
    """Clock all waves, and add to `counts` (int64, see ScheduleCounts).

    waves: Waves. access: Access. offsets: of the parents' words. children: Children, as made
    child_at: (P + 1,) int64, where each child's words lie in the children's image
    """
    state = new_state(pes, banks)
    for at in range(0, len(waves.order), pes):
        n = min(pes, len(waves.order) - at)
        _load(at, n, waves, banks, fitter, other, offsets, children, child_at, state)
        skew = _clock(n, pes, banks, access, children.codes, state, counts)
        _sum_up(at, n, waves.order, children, skew, state, counts)


@outline
def _load(at, n, waves, banks, fitter, other, offsets, children, child_at, s):
    """Give each element its child, and ask for the first slot of each group."""
    groups = 0
    for bank in range(banks):
        s.busy[bank] = 0
    parents_end = offsets[len(offsets) - 1]
    for x in range(2 * n):
        s.asked[x] = 0
        s.reader[x] = -1
    for p in range(n):
        c = waves.order[at + p]
        if p == 0 or waves.group[at + p] != waves.group[at + p - 1]:
            s.begins[groups] = p
            for side in range(2):
                s.stream[2 * groups + side] = waves.streams[at + p, side]
            s.bank[waves.streams[at + p, 0]] = offsets[fitter[c]] % banks
            if waves.streams[at + p, 1] >= 0:
                s.bank[waves.streams[at + p, 1]] = offsets[other[c]] % banks
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
        s.written[p] = 0
        s.moving[p] = 0
        s.inserts[p] = children.inserts[c]
    s.begins[groups] = n
    for j in range(2 * groups - 1, -1, -1):
        s.held[j] = 0
        s.wants[j] = 0
        x = s.stream[j]
        if x >= 0:
            s.next_reader[j] = s.reader[x]
            s.reader[x] = j
    for g in range(groups):
        _read_next(g, children.codes, banks, s)


@outline
def _clock(n, pes, banks, access, codes, s, counts):
    """Clock a wave of `n` elements to its end, and return the most words of skew at a time."""
    reads = 0
    delivered = 0
    ahead = 0  # words that readers hold beyond the first
    skew = 0
    writes = 0
    stall_read = 0
    stall_write = 0
    stall_sibling = 0
    n_ready = 0
    alive = n  # elements that still have something to do
    cycle = 0
    slow = access.read > 1 or access.write > 1
    while alive > 0:
        cycle += 1
        if slow:
            n_read, n_served, soonest = serve_slowly(cycle, pes, banks, access, s)
            if n_read + n_served + n_ready == 0:  # nothing happens until then
                cycle = soonest - 1
                continue
        else:
            n_read, n_served = serve(pes, banks, s)
        reads += n_read
        for k in range(n_read):
            x = s.read[k]
            s.asked[x] = 0
            j = s.reader[x]
            while j >= 0:
                delivered += 1
                ahead += s.held[j] > 0
                s.held[j] += 1
                g = j >> 1
                waits = s.waits[g] - s.wants[j]
                s.ready[n_ready] = g
                n_ready += s.wants[j] & (waits == 0)
                s.waits[g] = waits
                s.wants[j] = 0
                j = s.next_reader[j]
        skew = max(skew, ahead)
        for k in range(n_served):
            request = s.served[k]
            p = request - 2 * pes if request < 3 * pes else request - 3 * pes
            g = s.group_of[p]
            if request < 3 * pes:
                s.written[p] = cycle + access.write - 2
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
            ahead -= _take(g, codes, s)
            s.slot[g] = at + 1
            if at + 1 < s.slots[g]:
                _read_next(g, codes, banks, s)
                s.ready[n_later] = g  # where it holds all that the slot needs
                n_later += s.waits[g] == 0
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
    counts[AT.bank_bound_cycles] += (reads * access.read + writes * access.write + banks - 1) // banks
    counts[AT.stream_words] += delivered
    return skew


@outline
def _sum_up(at, n, order, children, skew, s, counts):
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
    counts[AT.skew_words] += skew
    counts[AT.skew_word_cycles] += skew * (end + FILL)


@inline
def _read_next(g, codes, banks, s):
    """Ask for the genes of a group's next slot, but for those that it holds or that another has asked for."""
    code = codes[s.codes_at[s.begins[g]] + s.slot[g]]
    if code & READ_A:
        _want(2 * g, banks, s)
    if code & READ_B:
        _want(2 * g + 1, banks, s)


@inline
def _want(j, banks, s):
    """Let a reader wait for the next word of its stream, if it holds none."""
    if s.held[j] == 0:
        s.wants[j] = 1
        s.waits[j >> 1] += 1
        x = s.stream[j]
        if not s.asked[x]:
            s.asked[x] = 1
            bank = s.bank[x]
            ask(x, bank, s)
            s.bank[x] = bank + 1 if bank + 1 < banks else 0


@inline
def _take(g, codes, s):
    """Let a group's slot take its words, and return by how many words of skew there are fewer."""
    code = codes[s.codes_at[s.begins[g]] + s.slot[g]]
    fewer = 0
    if code & READ_A:
        s.held[2 * g] -= 1
        fewer += s.held[2 * g] > 0
    if code & READ_B:
        s.held[2 * g + 1] -= 1
        fewer += s.held[2 * g + 1] > 0
    return fewer


@inline
def _write_next(p, pes, banks, s):
    """Ask for the write of an element's next gene."""
    bank = s.bank_out[p]
    ask(2 * pes + p, bank, s)
    s.bank_out[p] = bank + 1 if bank + 1 < banks else 0


@outline
def _end(p, pes, banks, s):
    """Ask for an element's next insertion and return 0, or return 1 when it has none left."""
    left = s.inserts[p]
    if left == 0:
        s.ended[p] = max(s.ended[p], s.written[p])
        return 1
    s.moving[p] = 1
    _write_next(p, pes, banks, s)
    s.waiting[p] = 1
    if left > 1:  # the word that this one displaces
        ask(3 * pes + p, s.bank_out[p], s)
        s.waiting[p] = 2
    return 0
