"""The banks in a wave's clock: lines of requests, one port each, and accesses that take a cycle or several.

A bank begins with the oldest request of its line as soon as it is free, and is busy for as many cycles as the access
takes. Whoever asked for a read has the word in the last of them. A write is done with for the element in the first: the
bank keeps address and word in a register of its own, so that the element's next word may go to the next bank while this
one is still being written. With one cycle each both are the same cycle.

Requests are numbered, see ``wave_state.State``. Two lists say what happened in a cycle, in the order of banks: words
that streams have received (``read``), and all else (``served``). They grow without branches, which would be guesses.
"""

from __future__ import annotations

from ...compiled.jit import inline, outline

NEVER = 1 << 62


@inline
def ask(request, bank, s):
    """Put a request at the end of a bank's line."""
    s.following[request] = -1
    s.following[s.last[bank]] = request
    s.last[bank] = request


@inline
def serve(pes, banks, s):
    """Let each bank serve a request in this cycle; return the lengths of both lists."""
    n_read = 0
    n_served = 0
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
    return n_read, n_served


@outline
def serve_slowly(cycle, pes, banks, access, s):
    """Do the same where accesses take several cycles; return the next cycle in which a bank has something to say, too.

    access: Access, cycles of a read and of a write
    """
    n_read = 0
    n_served = 0
    soonest = NEVER
    for bank in range(banks):
        head = 4 * pes + bank
        if s.busy[bank] < cycle and s.following[head] >= 0:
            request = s.following[head]
            behind = s.following[request]
            s.following[head] = behind
            if behind < 0:
                s.last[bank] = head
            if 2 * pes <= request < 3 * pes:
                s.busy[bank] = cycle + access.write - 1
                s.served[n_served] = request
                n_served += 1
            else:
                s.busy[bank] = cycle + access.read - 1
                s.reading[bank] = request
        request = s.reading[bank]
        if request >= 0:
            if s.busy[bank] > cycle:
                soonest = min(soonest, s.busy[bank])
                continue
            s.reading[bank] = -1
            s.read[n_read] = request
            s.served[n_served] = request
            n_read += request < 2 * pes
            n_served += request >= 2 * pes
        if s.following[head] >= 0:
            soonest = min(soonest, s.busy[bank] + 1)
    return n_read, n_served, soonest
