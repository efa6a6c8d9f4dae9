"""The banks in a wave's clock: one port each, an arbiter each, and accesses that take a cycle or several.

A requester shows where its next word lies until it is granted. A bank that is free grants the first requester behind
the one that it served last, and begins again with the first of all behind the last. It is busy for as many cycles as
the access takes. A word that is read has arrived when they are over. A write is done with for the element in the first:
the bank keeps address and word in a register of its own, so that the element's next word may go to the next bank.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, outline

_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, np.uint64)
for _k in range(64):
    _PLACES[((0x03F79D71B4CB0A89 << _k) & 0xFFFFFFFFFFFFFFFF) >> 58] = _k


@inline
def ask(requester, bank, banks):
    """Let a requester wait for a bank."""
    b, r = np.uint64(bank), np.uint64(requester)
    at = r >> _SIX
    banks.waiting[b] += 1
    banks.wanted[b, at] |= _ONE << (r & _LOW)
    banks.some[b, at >> _SIX] |= _ONE << (at & _LOW)


@inline
def _lowest(bits):
    """Return the place (uint64) of the lowest one of some bits (uint64), which are not all 0."""
    return _PLACES[((bits & (~bits + _ONE)) * _DE_BRUIJN) >> np.uint64(58)]


@inline
def _word(some, lo):
    """Return the first word from `lo` (uint64) on in which somebody waits, or else the first of all; there is one."""
    at = lo >> _SIX
    bits = some[at] & (_ALL << (lo & _LOW))
    while bits == 0:
        at += _ONE
        if at == len(some):
            at = np.uint64(0)
        bits = some[at]
    return (at << _SIX) + _lowest(bits)


@outline
def arbitrate(cycle, access, readers, banks):
    """Let each bank that is free grant a requester; return how many are in ``banks.granted``.

    access: Access, cycles of a read and of a write; readers: requesters below are readers, the others write
    """
    n = 0
    for bank in range(len(banks.busy)):
        if banks.waiting[bank] == 0 or banks.busy[bank] >= cycle:
            continue
        first = np.uint64(banks.last[bank] + 1)
        at = first >> _SIX
        found = banks.wanted[bank, at] & (_ALL << (first & _LOW))
        if found == 0:
            at = _word(banks.some[bank], at + _ONE)
            found = banks.wanted[bank, at]
        place = _lowest(found)
        requester = np.int64((at << _SIX) + place)
        banks.wanted[bank, at] ^= _ONE << place
        if banks.wanted[bank, at] == 0:
            banks.some[bank, at >> _SIX] ^= _ONE << (at & _LOW)
        banks.waiting[bank] -= 1
        banks.last[bank] = requester
        banks.busy[bank] = cycle + (access.read if requester < readers else access.write) - 1
        banks.granted[n] = requester
        n += 1
    return n
