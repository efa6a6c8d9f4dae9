"""EvE's waves once more: banks, streams, gene splits and elements as plain objects with registers.

In each cycle everybody first says what it does, by what registers hold; then all registers change. Children are given
as made: which parents' genes each slot takes, what leaves for it, and what is added.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

PREFETCH, QUEUE = 4, 8
STREAM, FLUSH, DRAIN, INSERT, DONE = "stream", "flush", "drain", "insert", "done"
LEAVES_AFTER, GONE_AFTER, JOINS_AFTER = 4, 3, 4  # cycles


class Slot(NamedTuple):
    """Whether it takes a word of either parent, and what leaves for it: "node", "conn" or None."""

    fitter: bool
    other: bool
    leaves: str | None


class Child(NamedTuple):
    """parents: (fitter, other or None); inserts: words written for a connection that is added, 0 for none."""

    number: int
    parents: tuple[int, int | None]
    slots: list[Slot]
    split: bool
    inserts: int
    conns: int


class Bank:
    """One port, and an arbiter."""

    def __init__(self) -> None:
        self.last = -1
        self.busy = 0

    def choose(self, requesters: list[int]) -> int | None:
        """Return whom it grants: the first behind the one that was served last, or else the first of all."""
        if self.busy or not requesters:
            return None
        return min([r for r in requesters if r > self.last] or requesters)

    def clock(self, granted: int | None, cycles: int) -> None:
        self.busy = max(0, self.busy - 1)
        if granted is not None:
            self.last, self.busy = granted, cycles - 1


class Stream:
    """Words on their way from the banks to all that read them. left: the banks of those that were not granted yet"""

    def __init__(self, left: list[int], read_cycles: int) -> None:
        self.left, self.read_cycles = deque(left), read_cycles
        self.coming: list[int] = []  # cycles that each takes yet
        self.readers: list[Reader] = []

    def wants(self) -> int | None:
        claimed = len(self.coming) + min(reader.held for reader in self.readers)
        return self.left[0] if self.left and claimed < PREFETCH else None

    def clock(self, granted: bool) -> None:
        self.coming = [cycles - 1 for cycles in self.coming]
        arrived = self.coming.count(0)
        self.coming = [cycles for cycles in self.coming if cycles]
        if granted:
            self.left.popleft()
            self.coming.append(self.read_cycles)
        for reader in self.readers:
            reader.clock(arrived)


class Reader:
    """What somebody has of a stream and has not taken."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.held, self.takes = stream, 0, False
        stream.readers.append(self)

    def clock(self, arrived: int) -> None:
        self.held += arrived - self.takes
        self.takes = False

    @property
    def ended(self) -> bool:
        return not (self.held or self.stream.left or self.stream.coming)

    @property
    def skew(self) -> int:
        """Words beyond those for which every gene split has room."""
        return max(0, self.held + len(self.stream.coming) - PREFETCH)


class GeneSplit:
    """Aligns streams for its elements. gone: slots ago that the stages still hold, newest first"""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.elements: list[Element] = []
        self.stages: list[int | None] = [None] * LEAVES_AFTER
        self.at = 0
        self.takes = False

    def plan(self) -> str:
        """Say what its elements do in this cycle, and what it does itself."""
        over = all(reader.ended for reader in self.readers)
        starved = not all(reader.held or reader.ended for reader in self.readers)
        room = all(element.used < QUEUE for element in self.elements)
        self.takes = not over and not starved and room
        if self.takes:
            first = self.elements[0].child.slots[self.at]
            for reader, taken in zip(self.readers, first[:2], strict=False):
                assert reader.held or not taken
                reader.takes = taken
        if over and not any(stage is not None for stage in self.stages):
            return "empty"
        return "pe" if self.takes or over else "stall_read" if starved else "stall_write"

    def clock(self) -> None:
        self.stages = [self.at if self.takes else None, *self.stages[:-1]]
        self.at += self.takes


class Element:
    """A processing element with its child."""

    def __init__(self, split: GeneSplit, child: Child, banks: int) -> None:
        self.split, self.child, self.banks = split, child, banks
        self.phase = STREAM
        self.used = 0  # words of the queue that are taken, or claimed by genes in the stages
        self.queue: deque[str] = deque()
        self.at = {"node": child.number % banks, "conn": child.number % banks}
        self.to_flush = 2 if child.split else 0
        self.unwritten = 0  # cycles until the last write is over
        self.joined = False
        self.joining = 0  # cycles until the weight of the connection is drawn
        self.tail: Reader | None = None  # what an insertion moves
        split.elements.append(self)

    def wants(self) -> int | None:
        return self.at[self.queue[0]] if self.queue else None

    def plan(self, given: str) -> str:
        """Say what it does in this cycle. given: what its gene split says"""
        self.upcoming, self.push, self.claims = self.phase, None, 0
        self.flushes = self.inserts_now = False
        slots, stages = self.child.slots, self.split.stages
        if self.phase == STREAM and given != "empty":
            if self.split.takes:
                self.claims += slots[self.split.at].fitter
            leaving, going = stages[LEAVES_AFTER - 1], stages[GONE_AFTER - 1]
            if leaving is not None:
                self.push = slots[leaving].leaves
            if going is not None and slots[going].fitter and not slots[going].leaves:
                self.claims -= 1
            return given
        phase = self.phase
        if phase == STREAM:
            phase = FLUSH if self.to_flush else DRAIN
        room = self.used < QUEUE
        did = {FLUSH: "pe" if room else "stall_drain", DRAIN: "stall_drain", INSERT: "insert", DONE: "idle"}[phase]
        self.upcoming = phase
        if phase == FLUSH and room:
            self.push, self.claims, self.flushes = "conn", 1, True
            if self.to_flush == 1:
                self.upcoming = DRAIN
        elif phase == DRAIN and not self.used and not self.unwritten:
            self.inserts_now = self.child.inserts > 0 and not self.joined
            self.upcoming = INSERT if self.inserts_now else DONE
        elif phase == INSERT and room and not self.joining and (self.tail.held or self.tail.ended):
            self.push, self.claims = "conn", 1
            self.tail.takes = self.tail.held > 0
            if not self.tail.held:
                self.upcoming = DRAIN
        elif phase == INSERT and not self.joining:
            return "stall_drain"
        return did

    def clock(self, granted: bool, write_cycles: int) -> None:
        self.unwritten = max(0, self.unwritten - 1)
        self.to_flush -= self.flushes
        self.joining = max(0, self.joining - 1)
        if granted:
            kind = self.queue.popleft()
            self.at[kind] = (self.at[kind] + 1) % self.banks
            self.unwritten = write_cycles - 1
        if self.push:
            self.queue.append(self.push)
        self.used += self.claims - granted
        self.phase = self.upcoming

    def insert(self, read_cycles: int) -> Stream:
        """Begin an insertion, and return the stream of what it moves."""
        self.joined, self.joining = True, JOINS_AFTER - 1
        moved = self.child.inserts - 1
        begin = self.child.number + self.child.conns - 1 - moved
        self.at["conn"] = begin % self.banks
        stream = Stream([(begin + k) % self.banks for k in range(moved)], read_cycles)
        self.tail = Reader(stream)
        return stream


def clocked(wanted, genomes, pes: int, banks: int, access, kind: str) -> tuple[dict[str, int], list[int]]:
    """Return the counts of a generation, by name, and the cycles of each wave.

    wanted: every Child, in the order of elements; genomes: nodes and connections of each parent
    access: cycles of a read and of a write
    """
    counts: Counter[str] = Counter()
    cycles = []
    for begin in range(0, len(wanted), pes):
        cycles.append(_wave(wanted[begin : begin + pes], genomes, pes, banks, access, kind, counts))
    return counts, cycles


def _banks_of(parent: int, genomes, banks: int) -> list[int]:
    return [(parent + k) % banks for count in genomes[parent] for k in range(count)]


def _wave(children, genomes, pes: int, banks: int, access, kind: str, counts: Counter[str]) -> int:
    memory = [Bank() for _ in range(banks)]
    splits: list[GeneSplit] = []
    elements: list[Element] = []
    streams: list[tuple[int, Stream]] = []  # by their number among those who ask banks
    shared: dict[int, Stream] = {}
    for p, child in enumerate(children):
        if kind == "unicast" or p == 0 or child.parents != children[p - 1].parents:
            splits.append(GeneSplit())
            for side, parent in enumerate(child.parents):
                if parent is None:
                    continue
                stream = shared.get(parent) if kind == "parent-multicast" else None
                if stream is None:
                    stream = shared[parent] = Stream(_banks_of(parent, genomes, banks), access[0])
                    streams.append((side * pes + p, stream))
                splits[-1].readers.append(Reader(stream))
        elements.append(Element(splits[-1], child, banks))
    parents_readers = [reader for split in splits for reader in split.readers]

    cycle = most = reads = writes = 0
    while any(element.phase != DONE for element in elements):
        cycle += 1
        wanted: dict[int, list[int]] = {}
        for number, requester in [*streams, *enumerate(elements, 2 * pes)]:
            if (bank := requester.wants()) is not None:
                wanted.setdefault(bank, []).append(number)
        granted = [bank.choose(wanted.get(b, [])) for b, bank in enumerate(memory)]
        given = {id(split): split.plan() for split in splits}
        for element in elements:
            did = element.plan(given[id(element.split)])
            counts[did if did.startswith("stall") else f"{did}_cycles"] += 1
        counts["stream_words"] += sum(reader.takes for reader in parents_readers)
        for bank, number in zip(memory, granted, strict=True):
            is_write = number is not None and number >= 2 * pes
            reads += number is not None and not is_write
            writes += is_write
            bank.clock(number, access[is_write])
        served = set(granted)
        for split in splits:
            split.clock()
        for number, stream in streams:
            stream.clock(number in served and stream.wants() is not None)
        for number, element in enumerate(elements, 2 * pes):
            element.clock(number in served, access[1])
        for p, element in enumerate(elements):
            if element.inserts_now:  # with the fitter parent's stream, which has ended
                streams.append((p, element.insert(access[0])))
        most = max(most, sum(reader.skew for reader in parents_readers))
    counts["sram_reads"] += reads
    counts["sram_writes"] += writes
    counts["bank_bound_cycles"] += -(-(reads * access[0] + writes * access[1]) // banks)
    counts["pe_bound_cycles"] += max(map(_undisturbed, children))
    counts["evolve_cycles"] += cycle
    counts["waves"] += 1
    counts["streams"] += len(splits)
    counts["skew_words"] += most
    counts["skew_word_cycles"] += most * cycle
    return cycle


def _undisturbed(child: Child) -> int:
    """Return the cycles that it takes at least: the first word's way, slots, stages, what is held back, and the end.

    An insertion ends a cycle later, since its last word has to be written, and its weight takes its time.
    """
    cycles = 2 + len(child.slots) + LEAVES_AFTER + 2 * child.split + 1
    return cycles + (JOINS_AFTER - 1 + child.inserts + 2 if child.inserts else 0)
