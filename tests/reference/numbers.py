"""Innovation numbers of a whole run, kept in dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from genesys_cli.neat.innovation import NOTHING, Counters, Table

from .breed import ADDED, INTO, NEW_NODE, OUT, Child
from .genome import Genome


@dataclass
class Innovations:
    """links: number by the ends of a connection; splits: node by a connection and by how many splits came before it."""

    next_node: int
    next_innovation: int
    links: dict[tuple[int, int], int] = field(default_factory=dict)
    splits: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def first(cls, links: Sequence[tuple[int, int]], next_node: int) -> Innovations:
        """Return those of a first generation that may have these connections."""
        return cls(next_node, len(links), {ends: k for k, ends in enumerate(links)})

    @classmethod
    def found(cls, genomes: Sequence[Genome], next_node: int, next_innovation: int) -> Innovations:
        """Return those that genomes have: of several numbers of a connection the lowest."""
        made = cls(next_node, next_innovation)
        for genome in genomes:
            for key, conn in genome.conns.items():
                ends = conn.source, conn.target
                made.links[ends] = min(key, made.links.get(ends, key))
        return made

    @classmethod
    def of(cls, counters: Counters, genomes: Sequence[Genome]) -> Innovations:
        """Return what counters know, or else what the genomes they came with have."""
        if counters.links is None:
            return cls.found(genomes, counters.next_node, counters.next_innovation)
        links, splits = (zip(*(part.tolist() for part in table), strict=True) for table in counters[2:])
        return cls(
            counters.next_node,
            counters.next_innovation,
            {divmod(key, 2**32): number for key, number in links},
            {divmod(key, 2**20): node for key, node in splits},
        )

    def counters(self) -> Counters:
        """Return what the package makes of them."""
        links = _table({source * 2**32 + target: number for (source, target), number in self.links.items()})
        splits = _table({conn * 2**20 + count: node for (conn, count), node in self.splits.items()})
        return Counters(self.next_node, self.next_innovation, links, splits)


def _table(numbers: dict[int, int]) -> Table:
    if not numbers:
        return NOTHING
    keys = sorted(numbers)
    return Table(np.array(keys, np.int64), np.array([numbers[key] for key in keys], np.int32))


def same(ours: Counters, theirs: Counters) -> bool:
    """Say whether counters are the same, with all that they know by number."""
    if (ours.next_node, ours.next_innovation) != (theirs.next_node, theirs.next_innovation):
        return False
    return all(
        (mine is None) == (other is None)
        and (
            mine is None
            or all(a.dtype == b.dtype and a.tolist() == b.tolist() for a, b in zip(mine, other, strict=True))
        )
        for mine, other in ((ours.links, theirs.links), (ours.splits, theirs.splits))
    )


def number(children: Sequence[Child], known: Innovations) -> tuple[list[Genome], Innovations]:
    """Give what the children invented its numbers; return their genomes and the innovations after them."""
    after = replace(known, links=dict(known.links), splits=dict(known.splits))
    wanted: list[tuple[int, int] | None] = []
    for child in children:
        count = 0
        if child.split is not None:
            while known.splits.get((child.split, count)) in child.genome.nodes:
                count += 1
        wanted.append(None if child.split is None else (child.split, count))
    for split in sorted({split for split in wanted if split} - known.splits.keys()):
        after.splits[split] = after.next_node
        after.next_node += 1

    genomes = []
    for child, split in zip(children, wanted, strict=True):
        node = after.splits[split] if split else NEW_NODE
        genome = Genome(child.genome.inputs, child.genome.outputs)
        nodes = {node if key == NEW_NODE else key: gene for key, gene in child.genome.nodes.items()}
        genome.nodes = dict(sorted(nodes.items()))
        assert len(genome.nodes) == len(child.genome.nodes), "a node came twice"
        for key, conn in child.genome.conns.items():
            source, target = (node if end == NEW_NODE else end for end in (conn.source, conn.target))
            genome.conns[key] = replace(conn, source=source, target=target)
        genomes.append(genome)
    new = {
        (genome.conns[key].source, genome.conns[key].target)
        for genome in genomes
        for key in (INTO, OUT, ADDED)
        if key in genome.conns
    }
    for ends in sorted(new - known.links.keys()):
        after.links[ends] = after.next_innovation
        after.next_innovation += 1
    for genome in genomes:
        renumbered = {
            after.links[conn.source, conn.target] if key in (INTO, OUT, ADDED) else key: conn
            for key, conn in genome.conns.items()
        }
        assert len(renumbered) == len(genome.conns), "a connection came twice"
        genome.conns = dict(sorted(renumbered.items()))
    return genomes, after
