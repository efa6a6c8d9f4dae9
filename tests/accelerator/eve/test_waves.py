"""Waves that are clocked in plain Python, and what sharing the streams of a parent saves and takes."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.eve.clocking import KINDS, SHAPES, made
from accelerator.eve.worlds import world
from genesys_cli.accelerator.eve.wave_state import ScheduleCounts
from genesys_cli.accelerator.eve.waves import NO_STREAM, arrange


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pes", "banks"), SHAPES)
def test_waves_are_clocked_as_in_plain_python(monkeypatch, kind, pes, banks):
    for seed in range(3):
        kernel, plain = made(world(seed), monkeypatch, kind, pes, banks)
        assert kernel == plain, f"seed {seed}"


@pytest.mark.parametrize("seed", range(6))
def test_the_more_is_shared_the_less_is_read(seed):
    w = world(seed, size=int(np.random.default_rng(seed).integers(8, 60)))
    for pes in (1, 6, 256):
        for banks in (1, 5, 48):
            found = [
                w.evolve(3, seed, eve={"pes": pes}, noc={"kind": kind}, buffer={"banks": banks}).counts
                for kind in KINDS
            ]
            reads = [counts["sram_reads"] for counts in found]
            assert reads == sorted(reads, reverse=True)
            for counts in found:
                read = counts["sram_reads"] - counts["merge_moves"]
                assert read <= counts["stream_words"] <= counts["genes_in"]
                assert counts["evolve_cycles"] >= max(counts["pe_bound_cycles"], counts["bank_bound_cycles"])
            unicast, multicast, shared = found
            assert unicast["stream_words"] == unicast["genes_in"]
            assert (
                multicast["stream_words"]
                == shared["stream_words"]
                == multicast["sram_reads"] - multicast["merge_moves"]
            )
            assert unicast["skew_words"] == multicast["skew_words"] == 0
            same = set(ScheduleCounts._fields[:1] + ScheduleCounts._fields[2:]) - {"stream_words"}
            assert {name for name in multicast if multicast[name] != shared[name]} <= same | {"sram_reads", "noc_bits"}


def test_each_parent_is_read_once_a_wave():
    w = world(4)
    for pes in (1, 9, 30):
        counts = w.evolve(3, noc={"kind": "parent-multicast"}, eve={"pes": pes}).counts
        lengths = np.diff(w.words.offsets)
        waves = arrange(w.fitter, w.other, w.elite, pes, "parent-multicast")
        expected = 0
        for at in range(0, 30, pes):
            children = waves.order[at : at + pes].tolist()
            wanted = {int(w.fitter[c]) for c in children} | {int(w.other[c]) for c in children if not w.elite[c]}
            expected += int(sum(lengths[parent] for parent in wanted))
        assert counts["sram_reads"] - counts["merge_moves"] == expected


def test_a_group_that_lags_behind_holds_what_it_has_not_taken():
    """All children of one pair, and one of the same fitter parent with another mate: the streams drift apart."""
    w = world(10, grown=20, node_add_prob=0.9, node_delete_prob=0.0)
    type_at = w.layout.bits.type.shift
    nodes = np.add.reduceat((w.words.words >> type_at & np.uint64(1)) == 0, w.words.offsets[:-1])
    few, many = int(nodes.argmin()), int(nodes.argmax())
    other = np.full(30, few, np.int32)
    other[-1] = many  # its nodes come before the fitter parent's connections
    w = w._replace(fitter=np.full(30, 2, np.int32), other=other, elite=np.zeros(30, np.uint8))
    lengths = np.diff(w.words.offsets)
    for banks in (1, 5, 48):
        counts = w.evolve(1, noc={"kind": "parent-multicast"}, buffer={"banks": banks}).counts
        assert counts["sram_reads"] - counts["merge_moves"] == lengths[[2, few, many]].sum()
        assert counts["stream_words"] == 2 * lengths[2] + lengths[few] + lengths[many]
        assert 0 < counts["skew_words"] <= lengths[2]
        assert counts["skew_word_cycles"] == counts["skew_words"] * counts["evolve_cycles"]


def test_siblings_are_side_by_side_and_share():
    fitter, other = np.array([3, 1, 3, 1, 3], np.int32), np.array([2, 1, 2, 0, 3], np.int32)
    elite = np.array([0, 0, 0, 1, 0], np.uint8)
    order, group, streams = arrange(fitter, other, elite, 4, "multicast")
    assert order.tolist() == [1, 3, 0, 2, 4]  # an elite of 1 reads the same stream as a child of 1 alone
    assert group.tolist() == [0, 0, 1, 1, 2]
    assert streams.tolist() == [[0, NO_STREAM], [0, NO_STREAM], [2, 3], [2, 3], [0, NO_STREAM]]
    nobody = np.zeros(5, np.uint8)
    assert arrange(fitter, other, nobody, 3, "multicast").group.tolist() == [0, 1, 2, 3, 4]
    assert arrange(fitter, other, nobody, 4, "unicast").group.tolist() == [0, 1, 2, 3, 4]
    # Of the pairs (1, 0), (1, 1), (3, 2), (3, 2) and (3, 3), the last in a wave of its own.
    assert arrange(fitter, other, nobody, 4, "parent-multicast").streams.tolist() == [
        [1, 0], [1, NO_STREAM], [3, 2], [3, 2], [0, NO_STREAM]
    ]  # fmt: skip
    assert arrange(fitter[:0], other[:0], elite[:0], 4, "parent-multicast").streams.shape == (0, 2)
