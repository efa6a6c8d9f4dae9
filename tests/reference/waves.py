"""EvE's waves once more: banks, streams, groups and elements as plain objects, clocked cycle by cycle.

Children are given as made: their slots (which parent's gene each takes, how many genes leave) and insertions.
"""

from __future__ import annotations

from collections import Counter, deque

QUEUE, FILL = 4, 4


class Bank:
    """One port, a line of requests, and the access that it is busy with."""

    def __init__(self, read_cycles: int, write_cycles: int) -> None:
        self.cycles = {False: read_cycles, True: write_cycles}
        self.line: deque = deque()
        self.access = None
        self.left = 0

    def clock(self) -> tuple[list, list]:
        """Return what it has begun and what it has finished in this cycle, one or nothing each."""
        begun, finished = [], []
        if not self.left and self.line:
            self.access = self.line.popleft()
            self.left = self.cycles[is_write(self.access)]
            begun.append(self.access)
        if self.left:
            self.left -= 1
            if not self.left:
                finished.append(self.access)
        return begun, finished


def is_write(request) -> bool:
    return not isinstance(request, Stream) and request[1] == "write"


class Stream:
    """A parent's words on their way from the banks to all groups that want them."""

    def __init__(self, first_word: int) -> None:
        self.next_word = first_word
        self.asked = False
        self.readers: list[Reader] = []


class Reader:
    """One side of a group: what it holds of a stream."""

    def __init__(self, group: Group, stream: Stream) -> None:
        self.group, self.stream = group, stream
        self.held = 0
        self.wants = False
        stream.readers.append(self)


class Group:
    """A gene split and its elements."""

    def __init__(self, slots: list[tuple[bool, bool, list[int]]]) -> None:
        """slots: of each, whether it takes a word of either stream, and how many genes leave each element"""
        self.slots = slots
        self.at = 0
        self.readers: list[Reader | None] = [None, None]
        self.elements: list[Element] = []
        self.free_at = 1
        self.by_write = False
        self.queued_up = False

    @property
    def over(self) -> bool:
        return self.at == len(self.slots)

    @property
    def can_go(self) -> bool:
        if self.over or any(e.queued > QUEUE - 3 for e in self.elements):
            return False
        return all(not takes or r.held for takes, r in zip(self.slots[self.at], self.readers, strict=False))


class Element:
    """A processing element with its child."""

    def __init__(self, group: Group, slots: int, splits: int, inserts: int, first_word: int) -> None:
        self.group, self.inserts, self.next_word = group, inserts, first_word
        self.busy, self.to_insert = slots + 2 * splits + FILL, inserts
        self.queued = self.waiting = self.ended = self.written = 0
        self.moving = self.done = False
        group.elements.append(self)


def clocked(order, parents, offsets, children, child_at, pes: int, banks: int, access, kind: str) -> dict[str, int]:
    """Return the counts of a generation, by name.

    access: cycles of a read and of a write

    order: children in the order of elements; parents: (fitter, other or None) by child; offsets: of the parents' words
    children: by child (slots as (fitter, other, leaving), splits, inserts)
    child_at: first word of each, behind those of the parents
    """
    counts: Counter[str] = Counter()
    for begin in range(0, len(order), pes):
        _wave(order[begin : begin + pes], parents, offsets, children, child_at, banks, access, kind, counts)
    return counts


def _wave(wave, parents, offsets, children, child_at, banks: int, access, kind: str, counts: Counter[str]) -> None:
    memory = [Bank(*access) for _ in range(banks)]
    streams: dict[int, Stream] = {}
    groups: list[Group] = []
    elements: list[Element] = []
    for k, c in enumerate(wave):
        slots, splits, inserts = children[c]
        if kind == "unicast" or k == 0 or parents[c] != parents[wave[k - 1]]:
            group = Group([(fitter, other, []) for fitter, other, _ in slots])
            for side, parent in enumerate(parents[c]):
                if parent is not None:
                    shared = kind == "parent-multicast" and streams.get(parent)
                    stream = shared or Stream(offsets[parent])
                    streams[parent] = stream
                    group.readers[side] = Reader(group, stream)
            groups.append(group)
        for slot, (_, _, leaving) in zip(group.slots, slots, strict=True):
            slot[2].append(leaving)
        elements.append(Element(group, len(slots), splits, inserts, offsets[-1] + child_at[c]))

    def ask(what, word: int) -> None:
        memory[word % banks].line.append(what)

    def want(group: Group) -> None:
        """Ask for what the next slot takes and is neither there nor on its way."""
        for takes, reader in zip(group.slots[group.at][:2], group.readers, strict=True):
            if takes and not reader.held:
                reader.wants = True
                if not reader.stream.asked:
                    reader.stream.asked = True
                    ask(reader.stream, reader.stream.next_word)
                    reader.stream.next_word += 1

    def write(element: Element) -> None:
        ask((element, "write"), element.next_word)
        element.next_word += 1

    def end(element: Element) -> None:
        """Let an element make its next insertion, or be done."""
        if not element.to_insert:
            element.done = True
            return
        element.moving = True
        write(element)
        element.waiting = 1
        if element.to_insert > 1:
            ask((element, "read"), element.next_word)
            element.waiting = 2

    for group in groups:
        want(group)
    ready: list[Group] = []

    def let_go(group: Group) -> None:
        if group.can_go and not group.queued_up:
            group.queued_up = True
            ready.append(group)

    cycle = most = reads = writes = 0
    while not all(e.done for e in elements) or any(bank.left for bank in memory):
        cycle += 1
        served = []  # an element is rid of a word when its write begins, and has one when its read is finished
        for bank in memory:
            begun, finished = bank.clock()
            served += [what for what in begun if is_write(what)] + [what for what in finished if not is_write(what)]
            for element, _ in filter(is_write, finished):
                element.written = cycle - 1
        for stream in (s for s in served if isinstance(s, Stream)):
            reads += 1
            stream.asked = False
            for reader in stream.readers:
                counts["stream_words"] += 1
                reader.held += 1
                if reader.wants:
                    reader.wants = False
                    let_go(reader.group)
        held = [reader.held for g in groups for reader in g.readers if reader]
        most = max(most, sum(max(0, words - 1) for words in held))
        for element, what in (s for s in served if not isinstance(s, Stream)):
            group = element.group
            writes += what == "write"
            reads += what == "read"
            if element.moving:
                element.waiting -= 1
                if not element.waiting:
                    element.to_insert -= 1
                    element.ended = max(element.ended + 1, cycle - 1)
                    end(element)
                continue
            element.queued -= 1
            if element.queued:
                write(element)
            if element.queued == QUEUE - 3 and not group.over and group.can_go and not group.queued_up:
                group.by_write = True
                let_go(group)
            if not element.queued and group.over:
                element.ended = max(cycle - 1, group.free_at - 1)
                end(element)
        later, now = [], list(ready)
        ready.clear()
        for group in now:
            if cycle < group.free_at:
                later.append(group)
                continue
            group.queued_up = False
            lag = (cycle - group.free_at) * len(group.elements)
            counts["stall_write" if group.by_write else "stall_read"] += lag
            group.by_write = False
            fitter, other, leaving = group.slots[group.at]
            for genes, element in zip(leaving, group.elements, strict=True):
                if genes and not element.queued:
                    write(element)
                element.queued += genes
            for takes, reader in zip((fitter, other), group.readers, strict=True):
                if takes:
                    reader.held -= 1
            splits = leaving.count(3)
            group.free_at = cycle + (3 if splits else 1)
            if splits:
                counts["stall_sibling"] += 2 * (len(leaving) - splits)
            group.at += 1
            if group.over:
                for element in group.elements:
                    if not element.queued:
                        element.ended = group.free_at - 1
                        end(element)
            else:
                want(group)
                if group.can_go:
                    group.queued_up = True
                    later.append(group)
        ready[:] = later
    for element in elements:
        element.ended = max(element.ended, element.written)
    last = max(e.ended for e in elements)
    counts["sram_reads"] += reads
    counts["sram_writes"] += writes
    counts["bank_bound_cycles"] += -(-(reads * access[0] + writes * access[1]) // banks)
    counts["pe_bound_cycles"] += max(e.busy + e.inserts for e in elements)
    counts["pe_cycles"] += sum(e.busy for e in elements)
    counts["insert_cycles"] += sum(e.inserts for e in elements)
    counts["stall_drain"] += sum(e.ended - (e.group.free_at - 1) - e.inserts for e in elements)
    counts["idle_cycles"] += sum(last - e.ended for e in elements)
    counts["evolve_cycles"] += last + FILL
    counts["waves"] += 1
    counts["streams"] += len(groups)
    counts["skew_words"] += most
    counts["skew_word_cycles"] += most * (last + FILL)
