"""ADAM's RTL from Python: a population's networks, step by step."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..accelerator.adam.numbers import fixed_point_of
from ..config.chip import ChipSettings
from ..genome.population import Population
from .constants_adam import adam_words, rom_files
from .program import linked, program_of
from .verilator import build, load

MOST_CYCLES = 100_000_000  # of a step; one that takes more hangs

_I32 = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
_I64 = np.ctypeslib.ndpointer(np.int64, flags="C_CONTIGUOUS")
_U64 = np.ctypeslib.ndpointer(np.uint64, flags="C_CONTIGUOUS")


def adam_library(chip: ChipSettings) -> ctypes.CDLL:
    """Return the simulated array of a chip, built if it is not there yet."""
    library = load(build("adam_banks", chip, "adam_model.cpp", rom_files(chip)))
    library.adam_new.restype = ctypes.c_void_p
    library.adam_delete.argtypes = [ctypes.c_void_p]
    library.adam_write.argtypes = [ctypes.c_void_p, ctypes.c_int64, _I32, _I32, _U64, _I32]
    library.adam_observe.argtypes = [ctypes.c_void_p, ctypes.c_int64, _I32, _I32, _I32]
    library.adam_step.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int32,
        _I32,
        ctypes.c_int64,
        _I64,
    ]
    library.adam_step.restype = ctypes.c_int64
    for name in ("adam_delete", "adam_write", "adam_observe"):
        getattr(library, name).restype = None
    return library


class Adam:
    """A simulated array with its banks.

    Attributes:
        array_cycles: cycles in which the array ran, as the emulation counts ``adam_cycles``
        step_cycles: all cycles of steps, from their start to the write of their last result
        words_read, words_written: by the array and what is around it, as ``adam_word_reads`` and ``adam_word_writes``
        processor_cycles: cycles in which the processor wrote words and observations
        nodes, edges: (P,) int32, evaluated nodes and edges of each network that was loaded
    """

    def __init__(self, chip: ChipSettings) -> None:
        self.chip = chip
        self._library = adam_library(chip)
        self._model = ctypes.c_void_p(self._library.adam_new())
        self._end = weakref.finalize(self, self._library.adam_delete, self._model)
        self._words = adam_words(chip)
        self._operand = fixed_point_of(chip).operand
        self.array_cycles = self.step_cycles = self.processor_cycles = 0
        self.words_read = self.words_written = 0

    def load(self, population: Population, *, feed_forward: bool) -> None:
        """Lay out a population's networks, whose values are all zero. Raises UserError where it does not fit."""
        self._program = program_of(population, self.chip, feed_forward=feed_forward)
        self.nodes, self.edges = self._program.nodes, self._program.edges
        self._outputs = population.n_outputs
        self._turn = 0
        self._registers = np.zeros(max(1, self._program.registers), np.int32)
        self._playing = np.ones(population.size, bool)
        self._headers = self._program.headers.copy()
        self._begins = self._program.header_line[:, :1].ravel().tolist()
        self._write(self._program.bank, self._program.address, self._program.word)

    def step(self, observations: NDArray[Any], playing: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """Take one step of every network that plays; return the registers of its outputs, (P, O) int32.

        observations: (P, I) numbers; playing: (P,), by default all. Tiles of which no genome plays are skipped.
        """
        return self.step_operands(self._rounded(observations), playing)

    def step_operands(self, raw: NDArray[Any], playing: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """As :meth:`step`, with observations that are operands: (P, I) whole numbers in their units."""
        program, turn = self._program, self._turn
        if playing is not None:
            self._skip(playing)
        genome, number, line, row = program.inputs[turn]
        operand = raw[genome, number]
        if playing is not None:
            taken = playing[genome]
            line, row, operand = line[taken], row[taken], operand[taken]
        self._observe(line, row, operand)
        counted = np.zeros(3, np.int64)
        cycles = 0
        if self._begins:
            cycles = self._library.adam_step(
                self._model, self._begins[min(turn, len(self._begins) - 1)], self._registers, MOST_CYCLES, counted
            )
        if cycles < 0:
            raise AssertionError(f"a step of the simulated array did not end within {MOST_CYCLES} cycles")
        array, read, written = counted.tolist()
        self.array_cycles += array
        self.words_read += read
        self.words_written += written
        self.step_cycles += cycles
        self._turn = 1 - turn
        return self._registers[: program.registers].reshape(-1, self._outputs).copy()

    def forget(self, genomes: NDArray[np.bool_]) -> None:
        """Set what nodes of some networks, (P,) bool, will read of the step before to zero."""
        genome, _, line, row = self._program.values[self._turn]
        chosen = genomes[genome]
        self._observe(line[chosen], row[chosen], np.zeros(np.count_nonzero(chosen), np.int32))

    def _rounded(self, observations: NDArray[Any]) -> NDArray[np.int32]:
        low, high = float(self._operand.low), float(self._operand.high)
        scaled = np.rint(np.asarray(observations, np.float64) * self._operand.scale)
        return np.clip(np.where(np.isnan(scaled), low, scaled), low, high).astype(np.int32)

    def _skip(self, playing: NDArray[np.bool_]) -> None:
        """Leave out tiles of which no genome plays."""
        if np.array_equal(playing, self._playing):
            return
        self._playing = playing.copy()
        program = self._program
        running = np.array([any(playing[g] for g in genomes) for genomes in program.genomes], bool)
        headers = linked(self._headers, program.header_line, program.section, running, self._words)
        image, tile, word = np.nonzero(headers != self._headers)
        self._write(
            word.astype(np.int32), program.header_line[image, tile].astype(np.int32), headers[image, tile, word]
        )
        self._headers = headers
        first = np.flatnonzero(running)[:1]
        self._begins = program.header_line[:, first].ravel().tolist()

    def _write(self, bank: NDArray[np.int32], address: NDArray[np.int32], word: NDArray[np.uint64]) -> None:
        lanes = np.full(len(bank), -1, np.int32)
        self._library.adam_write(self._model, len(bank), bank, address, np.ascontiguousarray(word), lanes)
        self.processor_cycles += len(bank)

    def _observe(self, line: NDArray[np.int32], row: NDArray[np.int32], operand: NDArray[np.int32]) -> None:
        contiguous = (np.ascontiguousarray(values, dtype=np.int32) for values in (line, row, operand))
        self._library.adam_observe(self._model, len(line), *contiguous)
        self.processor_cycles += len(line)
