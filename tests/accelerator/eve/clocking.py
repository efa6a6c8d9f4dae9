"""A generation that is clocked twice, by the kernel and in plain Python."""

from __future__ import annotations

from accelerator.eve.worlds import World
from genesys_cli.accelerator.eve import evolve as evolving
from genesys_cli.accelerator.eve.pe import LEAVES, NODE, READ_A, READ_B
from genesys_cli.accelerator.eve.wave_state import ScheduleCounts
from reference.waves import Child, Slot, clocked

KINDS = ("unicast", "multicast", "parent-multicast")
SHAPES = [(1, 3), (7, 1), (7, 5), (30, 48), (256, 8)]
"""PEs and banks."""


def buffer_of(banks: int, access: tuple[int, int]):
    return {"banks": banks, "read_cycles": access[0], "write_cycles": access[1]}


def made(w: World, monkeypatch, kind: str, pes: int, banks: int, access=(1, 1)):
    """Return what the kernel counts of a generation and the cycles of each wave, and what plain Python does."""
    seen = []
    simulate = evolving.simulate

    def watched(waves, pes, banks, access, fitter, other, nodes, lengths, children, counts, cycles):
        simulate(waves, pes, banks, access, fitter, other, nodes, lengths, children, counts, cycles)
        genomes = list(zip(nodes.tolist(), (lengths - nodes).tolist(), strict=True))
        wanted = [child_of(children, c, fitter, other, w.elite) for c in waves.order.tolist()]
        seen.extend(clocked(wanted, genomes, pes, banks, access, kind))

    chip = {"eve": {"pes": pes}, "noc": {"kind": kind}, "buffer": buffer_of(banks, access)}
    with monkeypatch.context() as patch:
        patch.setattr(evolving, "simulate", watched)
        result = w.evolve(3, 1, **chip)
    names = ScheduleCounts._fields
    kernel = {name: result.counts[name] for name in names}
    plain, cycles = seen
    return (kernel, result.cycles.tolist()), ({name: plain.get(name, 0) for name in names}, cycles)


def child_of(children, c: int, fitter, other, elite) -> Child:
    """Return a child as plain Python clocks it."""
    at = children.slots_room[c]
    slots = []
    for code in children.codes[at : at + children.slots[c]].tolist():
        leaves = ("node" if code & NODE else "conn") if code & LEAVES else None
        slots.append(Slot(bool(code & READ_A), bool(code & READ_B), leaves))
    mate = None if elite[c] or fitter[c] == other[c] else int(other[c])
    conns = int(children.length[c] - children.nodes[c])
    return Child(c, (int(fitter[c]), mate), slots, bool(children.splits[c]), int(children.inserts[c]), conns)
