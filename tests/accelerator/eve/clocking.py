"""A generation that is clocked twice, by the kernel and in plain Python."""

from __future__ import annotations

from accelerator.eve.worlds import World
from genesys_cli.accelerator.eve import evolve as evolving
from genesys_cli.accelerator.eve.pe import OUT_SHIFT, READ_A, READ_B
from genesys_cli.accelerator.eve.wave_state import ScheduleCounts
from reference.waves import clocked

KINDS = ("unicast", "multicast", "parent-multicast")
SHAPES = [(1, 3), (7, 1), (7, 5), (30, 48), (256, 8)]
"""PEs and banks."""


def buffer_of(banks: int, access: tuple[int, int]):
    return {"banks": banks, "read_cycles": access[0], "write_cycles": access[1]}


def made(w: World, monkeypatch, kind: str, pes: int, banks: int, access=(1, 1)):
    """Return what the kernel counts of a generation, and what plain Python does."""
    seen = {}
    simulate = evolving.simulate

    def watched(waves, pes, banks, access, fitter, other, offsets, children, child_at, counts):
        simulate(waves, pes, banks, access, fitter, other, offsets, children, child_at, counts)
        slots = []
        for c in range(len(fitter)):
            at = children.slots_room[c]
            codes = children.codes[at : at + children.slots[c]].tolist()
            slots.append([(bool(code & READ_A), bool(code & READ_B), code >> OUT_SHIFT) for code in codes])
        parents = [
            (int(a), None if elite or a == b else int(b)) for a, b, elite in zip(fitter, other, w.elite, strict=True)
        ]
        all_of = list(zip(slots, children.splits.tolist(), children.inserts.tolist(), strict=True))
        seen.update(
            clocked(
                waves.order.tolist(), parents, offsets.tolist(), all_of, child_at.tolist(), pes, banks, access, kind
            )
        )

    chip = {"eve": {"pes": pes}, "noc": {"kind": kind}, "buffer": buffer_of(banks, access)}
    with monkeypatch.context() as patch:
        patch.setattr(evolving, "simulate", watched)
        counts = w.evolve(3, 1, **chip).counts
    return {name: counts[name] for name in ScheduleCounts._fields}, {n: seen.get(n, 0) for n in ScheduleCounts._fields}
