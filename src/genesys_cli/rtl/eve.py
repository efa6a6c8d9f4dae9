"""EvE as its RTL computes it: the Verilated model, and what the chip's CPU does beside it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..accelerator.eve.evolve import EveResult, count_connections, events_of, new_children
from ..accelerator.eve.registers import Pairs
from ..accelerator.eve.thresholds import SCALE_WIDTH, Attribute, EveThresholds, Thresholds
from ..accelerator.eve.waves import arrange
from ..accelerator.layout import Layout
from ..accelerator.spill import while_breeding
from ..accelerator.words import GeneWords
from ..accelerator.xorwow import seeds_of
from ..compiled.threads import Threads
from ..config.chip import ChipSettings
from ..counts import NOC_BITS, SRAM_READS, SRAM_WRITES, named
from ..errors import UserError
from ..facts import SLOT_WORDS
from .constants_eve import COUNTERS, PLACE_BANK, PLACE_ROW, eve_lines
from .verilator import build, load

TOP = "eve_system"
BY_CPU = (
    *("refused_conns", "cycle_checks", "cycle_check_genes", "merge_moves", "waves", "streams"),
    *("pe_bound_cycles", "bank_bound_cycles"),
)
"""What the harness counts, behind the counters of the hardware."""

_RAW, _BELOW = 16, 9  # bits of an attribute and of a threshold in the registers
_MOST_BITS = {"weight": _RAW, "bias": _RAW, "response": _RAW, "activation": 5}


class _Task(ctypes.Structure):
    """A generation, in the order of the harness."""

    _fields_ = (
        ("children", ctypes.c_int64),
        *(
            (name, ctypes.c_void_p)
            for name in (
                *("words", "offsets", "fitter", "other", "elite", "order", "leads", "seeds", "events"),
                *("made", "room", "lengths", "counts", "wave_cycles"),
            )
        ),
        ("feed_forward", ctypes.c_int64),
    )


class EveModel:
    """A Verilated EvE, built on first use for a chip.

    Raises :class:`UserError` where there is no compiler, or RTL of this chip cannot be built.
    """

    def __init__(self, chip: ChipSettings) -> None:
        check_eve(chip)
        self._chip = chip
        self._library = load(build(TOP, chip, "eve_model.cpp"))
        self._library.eve_new.restype = ctypes.c_void_p
        self._library.eve_clocks.restype = ctypes.c_int64
        self._model = ctypes.c_void_p(self._library.eve_new())

    def __del__(self) -> None:
        if getattr(self, "_model", None):
            self._library.eve_free(self._model)

    @property
    def clocks(self) -> int:
        """How many clock cycles have been simulated, those in which the CPU writes registers among them."""
        return int(self._library.eve_clocks(self._model))

    def use(self, chip: ChipSettings) -> None:
        """Be another chip that has the same RTL: gene splits serve one element each, or several, as the CPU says."""
        check_eve(chip)
        assert eve_lines(chip) == eve_lines(self._chip), "another chip's RTL"
        self._chip = chip

    def evolve(
        self,
        words: GeneWords,
        fitter: NDArray[np.int32],
        other: NDArray[np.int32],
        elite: NDArray[np.uint8],
        layout: Layout,
        thresholds: EveThresholds,
        *,
        fixed_nodes: int,
        seed: int,
        generation: int,
        chip: ChipSettings,
        threads: Threads,
    ) -> EveResult:
        """Return the children of a generation and its counts; arguments are those of ``evolve_generation``.

        chip: the model's; threads: it uses none of them
        """
        self.use(chip)
        pairs = Pairs(fitter, other, elite)
        conns = count_connections(words, layout)
        events = events_of(words, fitter, conns, thresholds, fixed_nodes)
        waves = arrange(*pairs, self._chip.eve.pes, self._chip.noc.kind)
        n = len(fitter)
        leads = np.ones(n, np.uint8)
        leads[1:] = np.diff(waves.group) != 0
        children = new_children(words, pairs)
        lengths = np.zeros(n, np.int64)
        counted = np.zeros(len(COUNTERS) + len(BY_CPU), np.int64)
        cycles = np.zeros(-(-n // self._chip.eve.pes), np.int64)
        lines = common_lines(thresholds.common)
        self._library.eve_common(self._model, _pointer(lines), ctypes.c_int(len(lines)))
        given: dict[str, NDArray[Any]] = {
            "words": words.words,
            "offsets": words.offsets,
            "fitter": fitter,
            "other": other,
            "elite": elite,
            "order": waves.order,
            "leads": leads,
            "seeds": seeds_of(seed, generation, n),
            "events": events,
            "made": children.words,
            "room": children.room,
            "lengths": lengths,
            "counts": counted,
            "wave_cycles": cycles,
        }
        kept = {name: np.ascontiguousarray(array) for name, array in given.items()}  # alive until the call returns
        task = _Task(n, *(array.ctypes.data for array in kept.values()), int(bool(thresholds.common.feed_forward)))
        failed = self._library.eve_generation(self._model, ctypes.byref(task))
        if failed == 1:
            raise UserError(
                f"the parents and children of a wave do not fit buffer.banks = {self._chip.buffer.banks} of "
                f"buffer.words_per_bank = {self._chip.buffer.words_per_bank}; make either larger, or eve.pes smaller"
            )
        assert not failed, "the simulated EvE hangs"
        offsets = np.zeros(n + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        made = np.concatenate([children.words[at : at + k] for at, k in zip(children.room, lengths, strict=False)])
        bred = n - int(np.count_nonzero(elite))
        return EveResult(GeneWords(made, offsets), self._counts(counted, words, len(made), bred), cycles)

    def _counts(self, counted: NDArray[np.int64], words: GeneWords, made: int, bred: int) -> dict[str, int]:
        """Return the counts of a generation by the names of the emulator's. bred: children but for elites"""
        n = dict(zip((*COUNTERS, *BY_CPU), counted.tolist(), strict=True))
        buffer = self._chip.buffer
        split, joined = n["split_conns"], n["joined"]
        found = {
            "genes_in": n["fitter_genes"] + n["other_genes"],
            "genes_out": made,
            "bubbles": n["other_genes"] - n["crossovers"],
            "added_nodes": split,
            "added_conns": 2 * split + joined,
            "evolve_cycles": n["cycles"],
            "pe_cycles": n["slots"] + n["fill"] + n["flush"],
            "prng_words": SLOT_WORDS * (n["draws"] + bred),
            "stream_words": n["sram_reads"] - n["merge_moves"],
            "skew_words": 0,
            "skew_word_cycles": 0,
        }
        same = set(n) - {"cycles", "fill", "flush", "fitter_genes", "other_genes", "joined", "draws"}
        found |= {name: n[name] for name in same}
        found |= named({NOC_BITS: 64 * (n[SRAM_READS.name] + n[SRAM_WRITES.name])})
        return found | while_breeding(len(words.words), made, buffer.words, buffer.dram_words_per_cycle)


def check_eve(chip: ChipSettings) -> None:
    """Raise a :class:`UserError` for a chip whose EvE the RTL does not have."""
    buffer = chip.buffer
    if chip.noc.kind == "parent-multicast":
        raise UserError(
            "noc.kind = 'parent-multicast' has no RTL: its gene splits would need buffers without a bound; choose "
            "'multicast' or 'unicast'"
        )
    slow = [name for name in ("read_cycles", "write_cycles") if (getattr(buffer, name) or 1) > 1]
    if slow or buffer.memory != "sram":
        what = f"buffer.{slow[0]} = {getattr(buffer, slow[0])}" if slow else f"buffer.memory = {buffer.memory!r}"
        raise UserError(f"{what} has no RTL: a bank there takes one cycle for an access; choose 'sram', and a cycle")
    layout = chip.genes.resolved()
    for field in (*layout.node, *layout.connection):
        if field.width > (bits := _MOST_BITS.get(field.name, field.width)):
            raise UserError(
                f"{field.name} has {field.width} bits in genes.layout, which has no RTL: its registers hold {bits}; "
                "choose a narrower field"
            )
    for name, most in (("banks", 1 << PLACE_BANK), ("words_per_bank", 1 << PLACE_ROW)):
        if getattr(buffer, name) > most:
            raise UserError(
                f"buffer.{name} = {getattr(buffer, name)} has no RTL: its registers address {most}; choose fewer"
            )


def common_lines(common: Thresholds) -> NDArray[np.uint64]:
    """Return what the CPU writes for a run, lines 16 and on of ``eve_registers.sv``, (10,) uint64."""
    lines = [line for name in ("weight", "bias", "response") for line in _attribute(getattr(common, name))]
    gate, threshold = (int(value) for value in common.attributes)
    rates = [
        (int(common.crossover), 9),
        (int(common.disable), 9),
        (int(common.toggle), 9),
        (int(common.activation), 9),
        (gate << 9 | threshold, 18),
        (int(bool(common.uniform)), 1),
        (int(bool(common.output_fixed)), 1),
        (int(bool(common.feed_forward)), 1),
        (len(common.activations), 5),
    ]
    new = [(int(common.response_new), _RAW), (int(common.weight_new), _RAW), (int(common.activation_default), 5)]
    options = [(int(option), 5) for option in common.activations]
    lines += [_packed(rates), _packed(new), _packed(options[:12]), _packed(options[12:])]
    return np.array(lines, np.uint64)


def _attribute(a: Attribute) -> list[int]:
    first = [(int(a.power), SCALE_WIDTH), (int(a.spread), SCALE_WIDTH), (int(a.mean), _RAW)]
    below = [(int(a.perturb_below), _BELOW), (int(a.replace_below), _BELOW)]
    return [_packed(first), _packed([(int(a.low), _RAW), (int(a.high), _RAW), *below])]


def _packed(fields: list[tuple[int, int]]) -> int:
    """Return a line of numbers with their widths, the lowest bits first."""
    line, at = 0, 0
    for value, width in fields:
        line |= (value & ((1 << width) - 1)) << at
        at += width
    assert at <= 64
    return line


def _pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
