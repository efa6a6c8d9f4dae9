"""Laws of every generation: conservation, cycles, and what children may not depend on."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.eve.worlds import World, world
from genesys_cli.accelerator.eve import pe
from genesys_cli.compiled.threads import Threads

CHIPS = [
    {"eve": {"pes": pes}, "noc": {"kind": kind}, "buffer": {"banks": banks}}
    for pes in (1, 7, 30, 256)
    for kind in ("unicast", "multicast", "parent-multicast")
    for banks in (1, 5, 48)
]


def keys(w: World, g: int) -> set[int]:
    bits = w.layout.bits
    words = w.words.words[w.words.offsets[g] : w.words.offsets[g + 1]]
    mask = bits.type.mask << bits.type.shift | bits.id.mask << bits.id.shift
    is_conn = words >> bits.type.shift & bits.type.mask
    destinations = is_conn * (bits.destination.mask << bits.destination.shift)
    return set((words & (mask | destinations)).tolist())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layout", ["wide16", "rtl8"])
def test_laws_of_a_generation(seed: int, layout: str) -> None:
    w = world(seed, layout=layout)
    results = [w.evolve(3, seed, **chip) for chip in CHIPS]
    union = sum(
        len(keys(w, a) | (set() if elite else keys(w, b)))
        for a, b, elite in zip(w.fitter.tolist(), w.other.tolist(), w.elite, strict=True)
    )
    for chip, result in zip(CHIPS, results, strict=True):
        c = result.counts
        # Children are the same whatever carries and makes them.
        assert result.words.words.tobytes() == results[0].words.words.tobytes()
        assert result.words.offsets.tobytes() == results[0].words.offsets.tobytes()
        # Genes.
        lost = c["bubbles"] + c["deleted_nodes"] + c["deleted_conns"] + c["dangling_conns"] + c["split_conns"]
        assert c["genes_in"] == c["slots"] + c["crossovers"]
        assert c["slots"] == c["genes_out"] + lost - c["added_nodes"] - c["added_conns"]
        assert c["genes_out"] == len(result.words.words)
        assert c["slots"] == union
        # Words.
        assert c["sram_writes"] == c["genes_out"] + c["merge_moves"]
        if chip["noc"]["kind"] == "unicast":
            assert c["sram_reads"] == c["genes_in"] + c["merge_moves"]
        # Cycles.
        pes, banks = chip["eve"]["pes"], chip["buffer"]["banks"]
        assert c["pe_cycles"] == c["slots"] + 2 * c["split_conns"] + pe.FILL * 30
        assert c["evolve_cycles"] >= max(c["pe_bound_cycles"], c["bank_bound_cycles"])
        assert c["bank_bound_cycles"] * banks >= c["sram_reads"] + c["sram_writes"]
        assert c["waves"] == -(-30 // pes)
        assert result.cycles.sum() == c["evolve_cycles"]
        # A connection is added in a cycle a word, behind three in which its weight is drawn.
        joined = c["added_conns"] - 2 * c["split_conns"]
        assert c["insert_cycles"] == c["merge_moves"] + 4 * joined
        # The first word takes two cycles; that there is nothing left to write shows a cycle late.
        assert c["stall_read"] >= 2 * 30
        assert c["stall_drain"] >= 30 + 2 * joined
        stalls = c["stall_read"] + c["stall_write"] + c["stall_drain"]
        spent = c["pe_cycles"] + c["insert_cycles"] + stalls + c["idle_cycles"]
        assert min(c[name] for name in c) >= 0
        if 30 % pes == 0 or pes > 30:
            assert spent == c["evolve_cycles"] * min(pes, 30)
    for one, many in zip(results, results, strict=True):
        assert one.counts["prng_words"] == many.counts["prng_words"]
    # An element alone in its wave spends its cycles on what the bound knows, or waits.
    for banks in (1, 5, 4096):
        buffer = {"banks": banks, "words_per_bank": 2**18 // banks}
        c = w.evolve(3, seed, eve={"pes": 1}, noc={"kind": "unicast"}, buffer=buffer).counts
        reading, draining = c["stall_read"] - 2 * 30, c["stall_drain"] - 30 - 2 * joined
        assert c["evolve_cycles"] == c["pe_bound_cycles"] + reading + c["stall_write"] + draining
        if banks == 4096:  # no conflicts: only the last word's write is left, and two streams may meet at their start
            assert draining <= 30
            assert c["stall_write"] == 0
            assert reading <= 5


@pytest.mark.parametrize("seed", range(2))
def test_threads_change_nothing(seed: int) -> None:
    w = world(seed, size=200, grown=3)
    with Threads(2) as two:
        one, other = w.evolve(3), w.evolve(3, threads=two)
    assert one.words.words.tobytes() == other.words.words.tobytes()
    assert one.counts == other.counts


def test_multicast_shares_what_siblings_read() -> None:
    w = world(5)
    w = w._replace(fitter=np.full(30, 2, np.int32), other=np.full(30, 4, np.int32), elite=np.zeros(30, np.uint8))
    counts = w.evolve(1).counts
    both = np.diff(w.words.offsets)[[2, 4]].sum()
    assert counts["streams"] == 1
    assert counts["sram_reads"] == both + counts["merge_moves"]
    assert w.evolve(1, eve={"pes": 10}).counts["sram_reads"] == 3 * both + counts["merge_moves"]
    assert w.evolve(1, noc={"kind": "unicast"}).counts["sram_reads"] == 30 * both + counts["merge_moves"]


def test_one_bank_serves_one_word_a_cycle() -> None:
    counts = world(6).evolve(1, buffer={"banks": 1}).counts
    assert counts["evolve_cycles"] >= counts["sram_reads"] + counts["sram_writes"]
    assert counts["evolve_cycles"] <= counts["sram_reads"] + counts["sram_writes"] + 4 * pe.FILL
