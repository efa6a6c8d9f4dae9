"""One processing element, literally: queues of words in, a list of words out, stages and registers clocked one by one.

Nothing is shared with the compiled element but the words' layout as settings, and plain integers do all the work.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from genesys_cli.compiled.philox import EVE
from genesys_cli.config.layout import LayoutSettings
from genesys_cli.config.neat import NeatSettings
from genesys_cli.names import ACTIVATIONS

from .philox import block

HIDDEN, INPUT, OUTPUT = 0, 1, 2
MASK = 2**32 - 1
SD = float(np.sqrt(4 * (256**2 - 1) / 12))
SOURCE, DESTINATION = 1, 2


class Generator:
    """Marsaglia's xorwow, as published, counting the words that it gave."""

    def __init__(self, seed: int, generation: int, child: int) -> None:
        state = [*block(seed, EVE, generation, child, 0), *block(seed, EVE, generation, child, 1)[:2]]
        self.x, self.y, self.z, self.w, self.v, self.d = (int(word) for word in state)
        if not any((self.x, self.y, self.z, self.w, self.v)):
            self.v = 1
        self.given = 0

    def word(self) -> list[int]:
        """Return the next word as its four draws."""
        t = self.x ^ (self.x >> 2)
        self.x, self.y, self.z, self.w = self.y, self.z, self.w, self.v
        self.v = (self.v ^ (self.v << 4) & MASK) ^ (t ^ (t << 1) & MASK)
        self.d = (self.d + 362437) & MASK
        self.given += 1
        return list(((self.v + self.d) & MASK).to_bytes(4, "little"))

    def step(self) -> list[list[int]]:
        """Return what it gives in a cycle: four words."""
        return [self.word() for _ in range(4)]


class Words:
    """Fields of gene words by name."""

    def __init__(self, settings: LayoutSettings) -> None:
        self.settings = settings
        self.node = {f.name: f for f in settings.node}
        self.conn = {f.name: f for f in settings.connection}

    def fields(self, word: int) -> dict[str, int]:
        is_conn = word >> self.node["type"].offset & 1
        found = {}
        for f in (self.conn if is_conn else self.node).values():
            found[f.name] = word >> f.offset & (2**f.width - 1)
            if f.format == "fixed" and found[f.name] >= 2 ** (f.width - 1):
                found[f.name] -= 2**f.width
        return found

    def word(self, gene: dict[str, int]) -> int:
        return sum(
            (gene.get(f.name, 0) & (2**f.width - 1)) << f.offset
            for f in (self.conn if gene["type"] else self.node).values()
        )

    def form(self, name: str) -> Any:
        return self.conn["weight"] if name == "weight" else self.node[name]

    def limits(self, name: str) -> tuple[int, int]:
        half = 2 ** (self.form(name).width - 1)
        return -half, half - 1

    def raw(self, name: str, value: float) -> int:
        low, high = self.limits(name)
        return min(max(round(value * 2 ** self.form(name).fraction), low), high)


def key(gene: dict[str, int]) -> tuple[int, ...]:
    return (1, gene["source"], gene["destination"]) if gene["type"] else (0, gene["id"])


@dataclass
class Slot:
    """What travels down the pipeline: a gene or a bubble, its mate, and its draws."""

    fitter: dict[str, int] | None
    mate: dict[str, int] | None
    draws: list[list[int]]
    gene: dict[str, int] | None = None


@dataclass
class Element:
    """A child in the making. `events` are the five (gate, threshold) pairs that the CPU wrote."""

    words: Words
    neat: NeatSettings
    events: list[list[int]]
    child: int
    generator: Generator
    crossover: int = 128
    max_deleted: int = 8
    attributes: list[int] = field(default_factory=lambda: [256, 256])  # gate and threshold of "attributes mutate"
    counts: Counter[str] = field(default_factory=Counter)
    cycles: int = 0
    sent: list[tuple[int, dict[str, int]]] = field(default_factory=list)  # (cycle, gene), as they leave gene merge

    def run(self, fitter: list[int], other: list[int]) -> list[int]:
        """Return the child of two streams; an empty second one means a single parent."""
        streams = deque(map(self.words.fields, fitter)), deque(map(self.words.fields, other))
        self.counts["genes_in"] = len(fitter) + len(other)
        start = self.generator.step()[0]
        self.joins = self._happens(start[:2], 4)
        self.mutates = start[2] < self.attributes[0] and start[3] < self.attributes[1]
        self.deleted: list[int] = []
        self.node: dict[str, int] | None = None  # of a split
        self.held: dict[str, int] | None = None  # gene merge's register: first the connection into that node
        self.last: dict[str, int] | None = None  # the connection out of it
        self.exchanges = False
        self.end: tuple[int, int] | None = None
        self.candidates: list[tuple[int, int]] = []
        self.largest = 0
        stages: list[Slot | None] = [None, None, None, None]  # what each stage has before it
        work = [self._crossover, self._perturb, self._delete, self._add]
        while any(streams) or any(stages):
            self.cycles += 1
            aligned = self._align(*streams) if any(streams) else None
            for stage, slot in zip(work, stages, strict=True):
                if slot is not None:
                    stage(slot)
            stages = [aligned, *stages[:3]]
        for gene in (self.held, self.last):
            if gene is not None:
                self.cycles += 1
                self._send(gene)
        return self._join()

    def _happens(self, draws: list[int], event: int) -> bool:
        gate, threshold = self.events[event]
        return draws[0] < gate and draws[1] < threshold

    def _align(self, a: deque[dict[str, int]], b: deque[dict[str, int]]) -> Slot:
        fitter = mate = None
        key_a = key(a[0]) if a else None
        key_b = key(b[0]) if b else None
        if key_a is not None and (key_b is None or key_a <= key_b):
            fitter = a.popleft()
        if key_b is not None and (key_a is None or key_b <= key_a):
            mate = b.popleft()
        self.counts["slots"] += 1
        self.counts["bubbles"] += fitter is None
        self.counts["crossovers"] += fitter is not None and mate is not None
        if fitter is not None and not fitter["type"]:
            self.largest = max(self.largest, fitter["id"])
        return Slot(fitter, mate, self.generator.step())

    def _crossover(self, slot: Slot) -> None:
        if slot.fitter is None:
            return
        gene = slot.gene = dict(slot.fitter)
        mate = slot.mate or gene
        chosen = slot.draws[0]
        if gene["type"]:
            if chosen[0] >= self.crossover:
                gene["weight"] = mate["weight"]
            if slot.mate and not (gene["enable"] and mate["enable"]):
                gene["enable"] = int(chosen[1] >= self._below("disable_prob"))
        elif gene["kind"] != INPUT:
            for name, draw in zip(("bias", "response", "activation"), chosen[:3], strict=True):
                if draw >= self.crossover:
                    gene[name] = mate[name]

    def _below(self, name: str) -> int:
        return round(getattr(self.neat, name) * 256)

    def _noise(self, draws: list[int], other: bool = False) -> Fraction:
        """Return a word's random number, or the other one that it gives."""
        if self.neat.mutate_distribution == "uniform":
            low, high = draws[2:] if other else draws[:2]
            return (low + 256 * high) % 512 - Fraction(511, 2)
        a, b, c, d = draws
        return Fraction(a - b + c - d if other else a + b + c + d - 510)

    def _step(self, noise: Fraction, name: str, deviation: float) -> int:
        scale = round(deviation * 2 ** self.words.form(name).fraction / SD * 2**16)
        return floor(noise * min(scale, 2**24 - 1) / 2**16 + Fraction(1, 2))

    def _mutate(self, gene: dict[str, int], name: str, decision: int, noise: Fraction) -> None:
        perturb = self._below(f"{name}_mutate_rate")
        replace = min(256, perturb + self._below(f"{name}_replace_rate"))
        if decision < perturb:
            value = gene[name] + self._step(noise, name, getattr(self.neat, f"{name}_mutate_power"))
        elif decision < replace:
            mean = self.words.raw(name, getattr(self.neat, f"{name}_init_mean"))
            value = mean + self._step(noise, name, getattr(self.neat, f"{name}_init_stdev"))
        else:
            return
        self.counts["perturbations"] += 1
        low, high = self.words.limits(name)
        self.counts["saturations"] += not low <= value <= high
        low, high = (self.words.raw(name, getattr(self.neat, f"{name}_{end}")) for end in ("min", "max"))
        gene[name] = min(max(value, low), high)

    def _perturb(self, slot: Slot) -> None:
        gene = slot.gene
        if gene is None:
            return
        decisions = slot.draws[1]
        if gene["type"]:
            if self.mutates:
                self._mutate(gene, "weight", decisions[0], self._noise(slot.draws[2]))
            if slot.draws[0][2] < self._below("enabled_mutate_rate"):
                self.counts["perturbations"] += 1
                gene["enable"] ^= 1
        elif gene["kind"] != INPUT and self.mutates:
            self._mutate(gene, "bias", decisions[0], self._noise(slot.draws[2]))
            self._mutate(gene, "response", decisions[1], self._noise(slot.draws[2], other=True))
            free = gene["kind"] != OUTPUT or self.neat.output_activation is None
            if free and decisions[2] < self._below("activation_mutate_rate"):
                self.counts["perturbations"] += 1
                options = self.neat.activation_options
                gene["activation"] = ACTIVATIONS.index(options[decisions[3] * len(options) // 256])

    def _delete(self, slot: Slot) -> None:
        gene = slot.gene
        if gene is None:
            return
        draws = slot.draws[3][:2]
        if gene["type"]:
            if gene["source"] in self.deleted or gene["destination"] in self.deleted:
                self.counts["dangling_conns"] += 1
                slot.gene = None
            elif self._happens(draws, 1):
                self.counts["deleted_conns"] += 1
                slot.gene = None
        elif gene["kind"] == HIDDEN and self._happens(draws, 0):
            if len(self.deleted) < self.max_deleted:
                self.deleted.append(gene["id"])
                self.counts["deleted_nodes"] += 1
                slot.gene = None
            else:
                self.counts["kept_nodes"] += 1

    def _add(self, slot: Slot) -> None:
        gene = slot.gene
        if gene is None:
            return
        gene["genome"] = self.child
        if self.joins and self._happens(slot.draws[3][2:], 3):
            self._offer(gene, slot.draws[0][3] & 1)
        if gene["type"] and gene["enable"] and not self.node and self._happens(slot.draws[1][1:3], 2):
            if self.largest + 1 < self.words.settings.max_nodes:
                self._split(gene)
                return
            self.counts["refused_nodes"] += 1
        if self.held and (self.exchanges or gene["source"] > self.held["source"]):
            self.exchanges = True
            gene, self.held = self.held, gene
        self._send(gene)

    def _send(self, gene: dict[str, int]) -> None:
        self.sent.append((self.cycles, gene))

    def _offer(self, gene: dict[str, int], coin: int) -> None:
        """Take an end of this gene for a new connection: a source or a destination, whichever is wanted."""
        ends = {}
        if gene["type"]:
            ends = {SOURCE: gene["source"], DESTINATION: gene["destination"]}
        else:
            if gene["kind"] != OUTPUT or not self.neat.feed_forward:
                ends[SOURCE] = gene["id"]
            if gene["kind"] != INPUT:
                ends[DESTINATION] = gene["id"]
        if self.end is None:
            role = (SOURCE, DESTINATION)[coin]
            role = role if role in ends else next(iter(ends))
            self.end = role, ends[role]
            return
        role, end = self.end
        if 3 - role in ends:
            pair = (end, ends[3 - role]) if role == SOURCE else (ends[3 - role], end)
            if len(self.candidates) < 4:
                self.candidates.append(pair)
            self.end = None

    def _split(self, gene: dict[str, int]) -> None:
        number = self.largest + 1
        self.node = {
            "type": 0,
            "kind": HIDDEN,
            "id": number,
            "bias": 0,
            "response": self.words.raw("response", 1.0),
            "activation": ACTIVATIONS.index(self.neat.activation_default),
            "genome": self.child,
        }
        self.held = {**gene, "destination": number, "weight": self.words.raw("weight", 1.0), "enable": 1}
        self.last = {**gene, "source": number}
        self._send(self.node)  # to the nodes, in the connection's place
        self.counts["split_conns"] += 1
        self.counts["added_nodes"] += 1
        self.counts["added_conns"] += 2

    def _join(self) -> list[int]:
        """Settle which connection is added, and return the child's words in order."""
        genes = sorted((gene for _, gene in self.sent), key=key)
        for (source, destination), draws in zip(self.candidates, self.generator.step(), strict=False):
            edges = {(g["source"], g["destination"]) for g in genes if g["type"]}
            cyclic = self.neat.feed_forward and (source, destination) not in edges and leads(edges, destination, source)
            if (source, destination) in edges or cyclic:
                self.counts["refused_conns"] += 1
                continue
            mean = self.words.raw("weight", self.neat.weight_init_mean)
            weight = mean + self._step(self._noise(draws), "weight", self.neat.weight_init_stdev)
            low, high = (self.words.raw("weight", value) for value in (self.neat.weight_min, self.neat.weight_max))
            new = {"type": 1, "source": source, "destination": destination, "enable": 1, "genome": self.child}
            new["weight"] = min(max(weight, low), high)
            self.counts["added_conns"] += 1
            self.counts["merge_moves"] += sum(key(g) > key(new) for g in genes)
            genes = sorted([*genes, new], key=key)
            break
        self.counts["genes_out"] = len(genes)
        self.counts["prng_words"] = self.generator.given
        return [self.words.word(gene) for gene in genes]


def leads(edges: set[tuple[int, int]], start: int, end: int) -> bool:
    """Say whether a path, possibly of no edge, leads from `start` to `end`."""
    reached = {start}
    while more := {t for s, t in edges if s in reached} - reached:
        reached |= more
    return end in reached
