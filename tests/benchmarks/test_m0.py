"""Cycles of the chip's CPU: the table by hand-counted code, and the routines against the counts that are kept."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.m0 import reference
from benchmarks.m0.build import ORIGIN, build, compiler_version
from benchmarks.m0.cpu import CALL, Machine, cost_of
from benchmarks.m0.results import SAID, UNITS, measure, toml
from benchmarks.m0.samples import Sample, each, fit

KEPT = json.loads((Path(__file__).resolve().parents[2] / "benchmarks" / "m0" / "counts.json").read_text("utf-8"))
COMPILER = compiler_version()
OTHER_COMPILER = 0.25  # by how much its cycles may differ

needs_unicorn = pytest.mark.skipif(importlib.util.find_spec("unicorn") is None, reason="unicorn is not installed")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="arm-none-eabi-gcc is not installed")

# Halfwords, what they are, and cycles where the next instruction follows and where another one does.
TABLE = (
    ((0x2005,), "movs r0, #5", 1, 1),
    ((0x0089,), "lsls r1, r1, #2", 1, 1),
    ((0x1840,), "adds r0, r0, r1", 1, 1),
    ((0x4348,), "muls r0, r1", 1, 1),
    ((0x4288,), "cmp r0, r1", 1, 1),
    ((0x41C8,), "rors r0, r1", 1, 1),
    ((0x4680,), "mov r8, r0", 1, 3),
    ((0x4687,), "mov pc, r0", 1, 3),
    ((0x4770,), "bx lr", 3, 3),
    ((0x4780,), "blx r0", 3, 3),
    ((0x4801,), "ldr r0, [pc, #4]", 2, 2),
    ((0x6848,), "ldr r0, [r1, #4]", 2, 2),
    ((0x8008,), "strh r0, [r1]", 2, 2),
    ((0x5688,), "ldrsb r0, [r1, r2]", 2, 2),
    ((0x9001,), "str r0, [sp, #4]", 2, 2),
    ((0xA801,), "add r0, sp, #4", 1, 1),
    ((0xB083,), "sub sp, #12", 1, 1),
    ((0xB280,), "uxth r0, r0", 1, 1),
    ((0xBA00,), "rev r0, r0", 1, 1),
    ((0xB5F0,), "push {r4-r7, lr}", 6, 6),
    ((0xB410,), "push {r4}", 2, 2),
    ((0xBCF0,), "pop {r4-r7}", 5, 5),
    ((0xBD10,), "pop {r4, pc}", 6, 6),
    ((0xC105,), "stmia r1!, {r0, r2}", 3, 3),
    ((0xC90D,), "ldmia r1, {r0, r2, r3}", 4, 4),
    ((0xD1FD,), "bne", 1, 3),
    ((0xE7FE,), "b", 3, 3),
    ((0xF000, 0xF801), "bl", 4, 4),
    ((0xF3BF, 0x8F4F), "dsb", 4, 4),
)


@pytest.mark.parametrize(
    ("halves", "falls", "branches"), [(row[0], *row[2:]) for row in TABLE], ids=[r[1] for r in TABLE]
)
def test_an_instruction_takes_what_the_manual_says(halves, falls, branches):
    assert cost_of(*halves) == (falls, branches)


@pytest.mark.parametrize("halves", [(0xDE00,), (0xDF00,), (0xBE00,), (0xB100,), (0xFB90, 0xF0F1)])
def test_what_a_routine_may_not_have_has_no_cycles(halves):
    """UDF, SVC, BKPT; CBZ and SDIV, which ARMv6-M lacks."""
    with pytest.raises(ValueError, match="instruction"):
        cost_of(*halves)


def machine(*halves: int) -> Machine:
    return Machine(struct.pack(f"<{len(halves)}H", *halves), ORIGIN)


@needs_unicorn
def test_a_loop_by_hand():
    """movs r0, #5; subs r0, #1; bne; bx lr: 1, five times 1, four times 3 and once 1, 3."""
    assert machine(0x2005, 0x3801, 0xD1FD, 0x4770).call(ORIGIN) == (0, CALL + 1 + 5 + 4 * 3 + 1 + 3)


@needs_unicorn
def test_a_call_by_hand():
    """push {r4, lr}; bl; pop {r4, pc}, and what is called: muls r0, r0; bx lr."""
    code = machine(0xB510, 0xF000, 0xF801, 0xBD10, 0x4340, 0x4770)
    assert code.call(ORIGIN, 7) == (49, CALL + 3 + 4 + (1 + 3) + 6)


@needs_unicorn
def test_memory_by_hand():
    """ldr r2, [r0]; ldmia r0!, {r3}; adds r2, r2, r3; str r2, [r1]; movs r0, r2; bx lr"""
    code = machine(0x6802, 0xC808, 0x18D2, 0x600A, 0x0010, 0x4770)
    given, out = code.put(np.array([21], np.uint32)), code.room(4)
    assert code.call(ORIGIN, given, out) == (42, CALL + 2 + 2 + 1 + 2 + 1 + 3)
    assert code.get(out, np.uint32, 1).tolist() == [42]


@needs_unicorn
def test_arguments_beyond_four_are_on_the_stack():
    """ldr r0, [sp, #4]; bx lr"""
    assert machine(0x9801, 0x4770).call(ORIGIN, 1, 2, 3, 4, 5, 6) == (6, CALL + 2 + 3)


@needs_unicorn
def test_an_instruction_without_cycles_is_refused():
    """cpsie i, which only an operating system has; bx lr"""
    with pytest.raises(ValueError, match="no cycles are known"):
        machine(0xB662, 0x4770).call(ORIGIN)


def test_a_line_through_samples():
    samples = [Sample("a", 100 + 7 * n, (1, n)) for n in (0, 3, 50)]
    assert fit(samples).factors == pytest.approx((100, 7))
    assert fit(samples).error == 0
    assert each(samples, 1) == (round((300 + 371) / 53 - 100 / 53, 2), 9.0, 40.33)


def test_the_reference_rounds_to_even_and_saturates():
    assert [reference.operand(x / 1024) for x in (0.5, 1.5, 2.5, -0.5, -1.5)] == [0, 2, 2, 0, -2]
    assert [reference.operand(x) for x in (32.0, -32.0, 1e30, float("-inf"))] == [32767, -32768, 32767, -32768]
    assert reference.operand(float("nan")) == -32768


def test_every_key_has_a_line_for_a_chip():
    lines = list(toml(KEPT))
    assert [line.split(" = ")[0] for line in lines] == list(SAID)
    assert all('tag = "C"' in line for line in lines)


def test_the_counts_that_are_kept_are_of_all_routines():
    assert list(KEPT["routines"]) == list(UNITS)
    assert KEPT["beside_software"]["sense_float"]["largest"] == 0
    assert KEPT["beside_software"]["sense_normalised"]["largest"] <= 1


@needs_compiler
@needs_unicorn
def test_the_routines_are_right_and_take_the_cycles_that_are_kept():
    """Each result is compared with Python's while it is measured."""
    found = json.loads(json.dumps(measure(build())))
    if found["compiler"] == KEPT["compiler"]:
        same(found, KEPT)
        return
    for name, routine in KEPT["routines"].items():
        for group, kept in routine["groups"].items():
            now = found["routines"][name]["groups"][group]
            assert now["calls"] == kept["calls"]
            assert now["cycles"] == pytest.approx(kept["cycles"], rel=OTHER_COMPILER), f"{name}, {group}"


def same(found: Any, kept: Any, where: str = "counts") -> None:
    """Demand equality; of numbers that were fitted, up to their last place."""
    if isinstance(kept, dict):
        assert found.keys() == kept.keys(), where
        for key in kept:
            same(found[key], kept[key], f"{where}.{key}")
    elif isinstance(kept, float | list):
        assert found == pytest.approx(kept, abs=0.02), where
    else:
        assert found == kept, where
