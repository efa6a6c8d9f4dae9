"""What a testbench does to EvE's RTL for a generation, and what it is to find: lines for ``tb_genesys.sv``.

The processor's part is worked out here, as ``rtl/sim/eve_model.cpp`` does it while it runs: where genomes lie in the
buffer, what registers get, and which new connection of a child is accepted, which the emulator's children tell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..accelerator.eve import pe as emulated
from ..accelerator.eve.evolve import EveResult, count_connections, events_of, evolve_generation, new_children
from ..accelerator.eve.registers import Children, Pairs, Setup, new_scratch
from ..accelerator.eve.thresholds import EveThresholds
from ..accelerator.eve.waves import arrange
from ..accelerator.layout import Layout
from ..accelerator.words import GeneWords
from ..accelerator.xorwow import seeds_of
from ..compiled.threads import Threads
from ..config.chip import ChipSettings
from ..errors import UserError
from ..facts import SLOT_WORDS
from .constants_eve import COUNTERS, PLACE_BANK
from .eve import common_lines

END, STORE, SET, ASKED, WAVE, ENDS, FETCH, COUNT, STEP, REGISTER = range(10)  # what a line is, see tb_genesys.sv
EVERYWHERE = (1 << 32) - 1  # lanes of a word
SEED, RARE, FLAGS, PLACES, FITTER_AT, OTHER_AT, COMMON = 0, 3, 4, 5, 6, 8, 16  # lines of eve_registers.sv


class Vectors(NamedTuple):
    """A testbench's lines, and what they hold.

    lines: whole numbers of :data:`BITS` bits. holds: words, cycles and so on, by name
    """

    lines: list[int]
    holds: dict[str, int]


BITS = 160


def line(op: int, number: int = 0, sub: int = 0, place: int = 0, value: int = 0) -> int:
    """Return a line: what to do in 8 bits, two numbers in 16 and 8 bits, then a place and a value of 64 bits each."""
    return op << 152 | number << 136 | sub << 128 | (place & (1 << 64) - 1) << 64 | (value & (1 << 64) - 1)


class Place(NamedTuple):
    """Where a word lies: genomes go through the banks word by word."""

    row: int
    bank: int
    banks: int

    def after(self, words: int) -> Place:
        return Place(self.row + (self.bank + words) // self.banks, (self.bank + words) % self.banks, self.banks)

    @property
    def bits(self) -> int:
        return self.row << PLACE_BANK | self.bank


class _Generation(NamedTuple):
    words: GeneWords
    pairs: Pairs
    conns: NDArray[np.int64]
    events: NDArray[np.int16]
    seeds: NDArray[np.uint32]
    children: Children
    leads: NDArray[np.bool_]


def eve_vectors(
    words: GeneWords,
    pairs: Pairs,
    layout: Layout,
    thresholds: EveThresholds,
    *,
    fixed_nodes: int,
    seed: int,
    generation: int,
    chip: ChipSettings,
) -> Vectors:
    """Return a generation's lines; arguments are those of ``evolve_generation``. Raises UserError if it has no room."""
    with Threads(1) as threads:
        where: dict[str, Any] = {"fixed_nodes": fixed_nodes, "seed": seed, "generation": generation}
        result = evolve_generation(words, *pairs, layout, thresholds, **where, chip=chip, threads=threads)
    conns = count_connections(words, layout)
    events = events_of(words, pairs.fitter, conns, thresholds, fixed_nodes)
    children = new_children(words, pairs)
    setup = Setup(thresholds.common, layout.bits, np.uint64(seed), np.uint64(generation))
    n, pes = len(pairs.fitter), chip.eve.pes
    emulated.make_children(
        words, pairs, events, setup, 0, n, children, new_scratch(int(np.diff(words.offsets).max(initial=0)), setup)
    )
    waves = arrange(*pairs, pes, chip.noc.kind)
    leads = np.ones(n, np.bool_)
    leads[1:] = np.diff(waves.group) != 0
    made = _Generation(words, pairs, conns, events, seeds_of(seed, generation, n), children, leads)
    lines = [line(SET, sub=COMMON + k, value=value) for k, value in enumerate(common_lines(thresholds.common).tolist())]
    for number, first in enumerate(range(0, n, pes)):
        lines += _wave(made, first, waves.order[first : first + pes].tolist(), chip, layout, int(result.cycles[number]))
    bred = n - int(np.count_nonzero(pairs.elite))
    lines += _counters(result, bred)
    holds = {"children": n, "words": len(result.words.words), "waves": len(result.cycles)}
    return Vectors([*lines, line(END)], holds | {"cycles": int(result.cycles.sum())})


def _wave(
    made: _Generation, first: int, order: list[int], chip: ChipSettings, layout: Layout, cycles: int
) -> list[int]:
    """Return what fills a wave's registers, runs it, and looks at its children."""
    buffer = chip.buffer
    row = 0
    regions: dict[int, tuple[Place, Place]] = {}
    lines: list[int] = []
    looks: list[int] = []

    def allot(genome: int, words: int) -> Place:
        nonlocal row
        at = Place(row, genome % buffer.banks, buffer.banks)
        row = at.after(words + buffer.banks - 1).row
        if row > buffer.words_per_bank:
            raise UserError(
                f"the parents and children of a wave do not fit buffer.banks = {buffer.banks} of "
                f"buffer.words_per_bank = {buffer.words_per_bank}; make either larger, or eve.pes smaller"
            )
        return at

    def parent(genome: int) -> tuple[Place, Place]:
        if genome not in regions:
            own = made.words.words[made.words.offsets[genome] : made.words.offsets[genome + 1]].tolist()
            nodes = len(own) - int(made.conns[genome])
            regions[genome] = allot(genome, nodes), allot(genome, len(own) - nodes)
            lines.extend(_stored(regions[genome][0], own[:nodes]) + _stored(regions[genome][1], own[nodes:]))
        return regions[genome]

    def stream(p: int, at: int, genome: int | None) -> None:
        if genome is None:
            lines.append(line(SET, p, at + 1))
            return
        nodes, conns = parent(genome)
        n_conns = int(made.conns[genome])
        n_nodes = int(made.words.offsets[genome + 1] - made.words.offsets[genome]) - n_conns
        lines.append(line(SET, p, at, value=conns.bits << 32 | nodes.bits))
        lines.append(line(SET, p, at + 1, value=n_conns << 32 | n_nodes))

    for p in range(chip.eve.pes):
        if p >= len(order):
            lines.append(line(SET, p, FLAGS, value=1 << 38))
            stream(p, FITTER_AT, None)
            stream(p, OTHER_AT, None)
            continue
        c, leads = order[p], bool(made.leads[first + p])
        fitter, other, elite = (int(of[c]) for of in made.pairs)
        parent(fitter)
        stream(p, FITTER_AT, fitter if leads else None)
        if not elite and fitter != other:
            parent(other)
            stream(p, OTHER_AT, other if leads else None)
        else:
            stream(p, OTHER_AT, None)
        n_conns = int(made.conns[fitter])
        n_nodes = int(made.words.offsets[fitter + 1] - made.words.offsets[fitter]) - n_conns
        places = allot(c, n_nodes + 1), allot(c, n_conns + 2)
        lines += _registers(made, p, c, leads, places)
        lines += _asked(made, p, c, places[1], layout)
        looks += _looks(made, p, c, places)
    return [*lines, line(WAVE, len(order), value=cycles), *looks]


def store(place: Place, word: int, lanes: int = EVERYWHERE) -> int:
    """Return the line that writes some lanes of a word of the buffer."""
    return line(STORE, place=lanes << 32 | place.bits, value=word)


def _stored(first: Place, words: list[int]) -> list[int]:
    return [store(first.after(k), word) for k, word in enumerate(words)]


def _fetched(first: Place, words: list[int]) -> list[int]:
    return [line(FETCH, place=first.after(k).bits, value=word) for k, word in enumerate(words)]


def _registers(made: _Generation, p: int, c: int, leads: bool, places: tuple[Place, Place]) -> list[int]:
    """Return what an element's registers get for a child, but for its streams."""
    seed = made.seeds[c].tolist()
    elite = int(made.pairs.elite[c])
    pairs = [0 if elite else a << 9 | b for a, b in made.events[c].tolist()]
    node_delete, conn_delete, node_add, ends, conn_add = pairs
    flags = (c & 0xFFFFFF) << 40 | int(leads) << 38 | elite << 37 | 1 << 36 | conn_add << 18 | ends
    return [
        *(line(SET, p, SEED + k, value=seed[2 * k + 1] << 32 | seed[2 * k]) for k in range(3)),
        line(SET, p, RARE, value=node_add << 36 | conn_delete << 18 | node_delete),
        line(SET, p, FLAGS, value=flags),
        line(SET, p, PLACES, value=places[1].bits << 32 | places[0].bits),
    ]


def _made(made: _Generation, c: int) -> tuple[list[int], int]:
    """Return a child's words, and how many of them are nodes."""
    at = int(made.children.room[c])
    return made.children.words[at : at + int(made.children.length[c])].tolist(), int(made.children.nodes[c])


def _asked(made: _Generation, p: int, c: int, conns: Place, layout: Layout) -> list[int]:
    """Return what is answered when a child's candidates are to be checked: nothing is sent where all are refused."""
    behind = int(made.children.inserts[c]) - 1
    if behind < 0:
        return []
    words, nodes = _made(made, c)
    joined = len(words) - 1 - behind
    fields = {field.name: field for field in layout.settings.connection}
    source, destination = (
        words[joined] >> fields[name].offset & (1 << fields[name].width) - 1 for name in ("source", "destination")
    )
    width = fields["source"].width
    answer = 1 << 62 | behind << 32 | conns.after(joined - nodes).bits
    return [line(ASKED, p, place=source << width | destination, value=answer)]


def _looks(made: _Generation, p: int, c: int, places: tuple[Place, Place]) -> list[int]:
    """Return where a child ends and what its words are."""
    words, nodes = _made(made, c)
    ends = places[1].after(len(words) - nodes).bits << 32 | places[0].after(nodes).bits
    return [
        line(ENDS, p, 4, value=ends),
        *_fetched(places[0], words[:nodes]),
        *_fetched(places[1], words[nodes:]),
    ]


def _counters(result: EveResult, bred: int) -> list[int]:
    """Return what counters hold at the end; that of filling is to be taken with that of flushing."""
    n = dict(result.counts)
    other = n["bubbles"] + n["crossovers"]
    n |= {
        "cycles": n["evolve_cycles"],
        "other_genes": other,
        "fitter_genes": n["genes_in"] - other,
        "joined": n["added_conns"] - 2 * n["split_conns"],
        "draws": n["prng_words"] // SLOT_WORDS - bred,
        "fill": n["pe_cycles"] - n["slots"],
    }
    return [line(COUNT, sub=k, value=n[name]) for k, name in enumerate(COUNTERS) if name != "flush"]
