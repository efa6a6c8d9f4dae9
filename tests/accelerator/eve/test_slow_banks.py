"""Banks that are busy with an access for several cycles."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.eve.clocking import KINDS, SHAPES, buffer_of, made
from accelerator.eve.worlds import World, world
from genesys_cli.accelerator.eve import pe

CYCLES = (1, 2, 3, 5, 8, 21)


def clocked(w: World, kind: str, pes: int, banks: int, access: tuple[int, int]) -> dict[str, int]:
    return w.evolve(3, eve={"pes": pes}, noc={"kind": kind}, buffer=buffer_of(banks, access)).counts


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pes", "banks"), SHAPES)
def test_they_are_clocked_as_in_plain_python(monkeypatch, kind, pes, banks):
    size = 10 if pes < 30 else 30  # few banks take many cycles, of which plain Python clocks every one
    for seed, longest in enumerate((3, 6, 20, 100)):
        access = tuple(np.random.default_rng([seed, pes, banks]).integers(1, longest, 2).tolist())
        for cycles in (access, (1, longest)):
            kernel, plain = made(world(seed, size=size), monkeypatch, kind, pes, banks, cycles)
            assert kernel == plain, f"seed {seed}, cycles of a read and a write {cycles}"


@pytest.mark.parametrize("pes", [1, 7, 256])
@pytest.mark.parametrize("seed", range(3))
def test_laws_of_cycles(seed, pes):
    """No bound is undercut, every cycle of a PE has a cause, and children are the same."""
    w = world(seed)
    for kind in KINDS:
        for banks in (1, 5, 48):
            quick = clocked(w, kind, pes, banks, (1, 1))
            for access in ((1, 3), (2, 1), (4, 21)):
                c = clocked(w, kind, pes, banks, access)
                text = f"seed {seed}, {kind}, {banks} banks, {access}"
                assert min(c.values()) >= 0, text
                busy = c["sram_reads"] * access[0] + c["sram_writes"] * access[1]
                assert busy <= banks * c["bank_bound_cycles"] < busy + banks * c["waves"], text
                assert c["evolve_cycles"] >= max(c["pe_bound_cycles"], c["bank_bound_cycles"]), text
                if banks == 1:  # it is busy all the time, but where a lone PE waits for its next word
                    assert pes == 1 or c["evolve_cycles"] <= 1.2 * c["bank_bound_cycles"] + c["pe_bound_cycles"], text
                stalls = sum(c[f"stall_{what}"] for what in ("read", "write", "drain"))
                spent = c["pe_cycles"] + c["insert_cycles"] + stalls + c["idle_cycles"]
                if pes != 7:  # the last wave is full
                    assert spent == c["evolve_cycles"] * min(pes, 30), text
                timing = {"evolve_cycles", "bank_bound_cycles", "insert_cycles", "idle_cycles"}
                timing |= {"skew_words", "skew_word_cycles"}
                timing |= {f"stall_{what}" for what in ("read", "write", "drain")}
                assert {name for name in c if c[name] != quick[name]} <= timing, text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pes", "banks"), SHAPES)
def test_slower_accesses_take_more_cycles(kind, pes, banks):
    """Bounds grow with either latency. Cycles never shrank in 12 000 comparisons, of which these are some."""
    for seed in range(3):
        w = world(seed + 10)
        for fixed in (1, 3):
            for slower in ("read", "write"):
                found = [clocked(w, kind, pes, banks, (c, fixed) if slower == "read" else (fixed, c)) for c in CYCLES]
                text = f"seed {seed + 10}, slower {slower}s, {fixed} for the others"
                bounds = [c["bank_bound_cycles"] for c in found]
                assert bounds == sorted(bounds), text
                cycles = [c["evolve_cycles"] for c in found]
                assert cycles == sorted(cycles), text


def nodes_alone() -> World:
    """Return elites of 21 nodes and no connection."""
    w = world(1, inputs=20, outputs=1, size=6, num_hidden=0, grown=0, initial_connection="none")
    assert np.all(np.diff(w.words.offsets) == 21)
    return w._replace(
        fitter=np.arange(6, dtype=np.int32), other=np.arange(6, dtype=np.int32), elite=np.ones(6, np.uint8)
    )


def test_one_pe_and_one_bank_by_hand():
    """One bank, one PE: each word of a parent is read and written, one access after another."""
    w = nodes_alone()
    for write in (1, 4, 9, 21):
        c = clocked(w, "unicast", 1, 1, (1, write))
        assert c["sram_reads"] == c["sram_writes"] == 6 * 21
        # Reads go ahead of writes, so the bank always has some to do. Then a cycle shows that all is written.
        assert c["evolve_cycles"] == 6 * (21 * (1 + write) + 1)
    for read, write in ((6, 3), (10, 2), (20, 6)):
        c = clocked(w, "unicast", 1, 1, (read, write))
        # A word is written behind the read of the next one. When the last has been read, the one before it is written;
        # the last asks for its bank six cycles later: a slot, four stages, and the queue.
        assert c["evolve_cycles"] == 6 * (21 * read + 19 * write + 6 + write + 1)


def test_a_pe_does_not_wait_for_a_write_but_for_a_bank():
    """With more banks than words, writes overlap: the last word's write is all that a slower memory adds."""
    w = nodes_alone()
    room = {"banks": 4096, "words_per_bank": 64}
    found = {}
    for cycles in (1, 2, 30):
        buffer = {**room, "read_cycles": 1, "write_cycles": cycles}
        found[cycles] = w.evolve(3, eve={"pes": 1}, buffer=buffer).counts["evolve_cycles"]
    assert found[1] == 6 * (2 + 21 + pe.FILL + 2)
    assert found[2] == found[1] + 6
    assert found[30] == found[1] + 29 * 6
