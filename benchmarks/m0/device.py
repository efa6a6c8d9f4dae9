"""The emulated CPU with the compiled routines, and how their arguments lie in its memory; see ``c/*.h``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .build import ORIGIN, Program
from .cpu import Machine
from .inputs import World
from .reference import Block

ENTRY = np.dtype([("fitness", "<i4"), ("handicap", "<u2"), ("index", "<u2")])
SPECIES = np.dtype(
    [("above", "<u8"), ("mean", "<u4")]
    + [(name, "<u2") for name in ("start", "size", "survivors", "elites", "offspring")]
    + [("breeding", "u1"), ("raised", "u1")]
)
LAYER = np.dtype(
    [(name, "<u2") for name in ("rows", "columns", "source", "node")]
    + [(name, "<u4") for name in ("block", "row_at", "last")]
)
NODE = np.dtype([("response", "<i2"), ("bias", "<i2"), ("place", "<u2"), ("activation", "<u2")])


class Vectorised(NamedTuple):
    """A genome's layers. attributes: (bias, response, activation) of all nodes in order; the others as in reference"""

    blocks: list[Block]
    constants: list[int]
    attributes: list[tuple[int, int, int]]
    cycles: int


class Selected(NamedTuple):
    """What selection made. species: (first, survivors, elites, offspring); cycles: of each part"""

    order: list[int]
    species: list[tuple[int, int, int, int]]
    parents: list[tuple[int, int, int]]
    state: int
    cycles: dict[str, int]


class Device:
    """A CPU whose memory is cleared before each use."""

    def __init__(self, program: Program) -> None:
        self._address = program.address
        self._machine = Machine(program.image, ORIGIN)
        self.clear, self.put = self._machine.clear, self._machine.put
        self.room, self.get = self._machine.room, self._machine.get

    def call(self, name: str, *arguments: int) -> tuple[int, int]:
        """Call a routine; return its result and its cycles."""
        return self._machine.call(self._address[name], *arguments)

    def genome(self, world: World, g: int) -> int:
        """Put a genome and its ``genome_t`` into memory."""
        p, genes = world.population, world.words
        nodes = int(p.node_offsets[g + 1] - p.node_offsets[g])
        conns = int(p.conn_offsets[g + 1] - p.conn_offsets[g])
        words = self.put(genes.words[genes.offsets[g] : genes.offsets[g + 1]])
        counts = np.array([p.n_inputs, nodes, conns, p.n_outputs], np.uint16)
        return self.put(np.uint32(words).tobytes() + counts.tobytes())

    def vectorise(self, world: World, g: int) -> Vectorised:
        """Make the dense layers of a genome."""
        self.clear()
        p = world.population
        nodes = int(p.node_offsets[g + 1] - p.node_offsets[g])
        conns = int(p.conn_offsets[g + 1] - p.conn_offsets[g])
        places = p.n_inputs + nodes
        genome = self.genome(world, g)
        rooms = [2 << 14, 4 * conns, 2 * (places + 1), 2 * places, 2 * places, 2 * places, 4 * places]
        scratch = self.put(np.array([self.room(size) for size in rooms], np.uint32))
        layers, sources = self.room(LAYER.itemsize * (nodes + 1)), self.room(2 * (conns + 1))
        made, weights = self.room(NODE.itemsize * nodes), self.room(2 * places * places + 4)
        dense = self.put(np.array([layers, sources, made, weights, 0, 0, 0], np.uint32))
        done, cycles = self.call("vectorise", genome, scratch, dense)
        if not done:
            raise AssertionError("a feed-forward genome was found to have a cycle")
        depth, n_nodes, n_constants = self.get(dense + 16, "<u4", 3).tolist()
        node = self.get(made, NODE, n_nodes)
        blocks = []
        for layer in self.get(layers, LAYER, depth + 1)[1:]:
            rows, columns, source, first, block = (int(layer[name]) for name in LAYER.names[:5])  # type: ignore[index]
            of_block = self.get(block, "<i2", rows * columns).reshape(rows, columns)
            places_read = self.get(sources + 2 * source, "<u2", rows).tolist()
            blocks.append(Block(places_read, node["place"][first : first + columns].tolist(), of_block.tolist()))
        constants = node["place"][n_nodes - n_constants :].tolist()
        fields = (node[name].tolist() for name in ("bias", "response", "activation"))
        return Vectorised(blocks, constants, list(zip(*fields, strict=True)), cycles)

    def select(
        self,
        fitness: NDArray[np.int64],
        handicap: NDArray[np.int64],
        member_of: NDArray[np.int32],
        breeding: NDArray[np.bool_],
        settings: tuple[int, int, int, int, int, int],
        state: int,
    ) -> Selected:
        """Rank a generation, share its fitness and draw parents."""
        self.clear()
        size = len(fitness)
        entries = np.zeros(size, ENTRY)
        entries["fitness"], entries["handicap"], entries["index"] = fitness, handicap, np.arange(size)
        table = np.zeros(len(breeding), SPECIES)
        table["breeding"] = breeding
        species, members = self.put(table), self.put(member_of.astype(np.uint8))
        given = self.put(np.array(settings[:2], "<u4").tobytes() + np.array(settings[2:], "<u2").tobytes())
        order, scratch = self.room(2 * size), self.room(4 * size)
        pairs, elite = self.room(4 * size), self.room(size)
        cycles = {}
        ranked, cycles["rank"] = self.call("rank", self.put(entries), self.room(8 * size), size)
        kept, cycles["share"] = self.call(
            "share", ranked, size, members, species, len(breeding), given, order, scratch
        )  # fmt: skip
        scores, conns = self.put(fitness.astype("<i4")), self.put(handicap.astype("<u2"))
        state, cycles["draw_parents"] = self.call(
            "draw_parents", species, kept, order, scores, conns, given, state, pairs, elite
        )  # fmt: skip
        found = self.get(order, "<u2", size).tolist()
        due = self.get(species, SPECIES, kept)
        columns = (due[name].tolist() for name in ("survivors", "elites", "offspring"))
        firsts = [found[start] for start in due["start"].tolist()]
        drawn = self.get(pairs, "<u2", 2 * size).reshape(size, 2).T.tolist()
        parents = list(zip(*drawn, self.get(elite, "u1", size).tolist(), strict=True))
        return Selected(found, list(zip(firsts, *columns, strict=True)), parents, state, cycles)
