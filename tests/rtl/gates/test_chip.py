"""Modules of the chip's own RTL as gates."""

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.rtl.gates.activity import Simulation
from genesys_cli.rtl.gates.chip import gates_of, lines


@pytest.fixture(scope="module")
def multiplies(library):
    return gates_of("mac", ChipSettings(), clock="")


@pytest.mark.gates
def test_a_module_of_the_chip_and_what_is_shown_of_it(multiplies):
    assert multiplies.flops == 0
    assert multiplies.area == pytest.approx(sum(module.area for module in multiplies.modules))
    shown = list(lines(multiplies))
    assert shown[0].split() == ["module", "x", "cells", "flops", "gates", "um2", "uW", "leak", "left", "out"]
    assert shown[1].split()[:2] == ["mac", "1"]
    assert shown[2].split()[0] == "all"
    assert f"{multiplies.timing.longest / 1000:.2f} ns" in shown[3]


@pytest.mark.gates
def test_gates_of_a_unit_multiply_and_saturate(multiplies):
    numbers = [-(2**15), -1, 0, 1, 12345, 2**15 - 1]
    sums = [-(2**31), -5, 2**31 - 1]
    cases = [(weight, operand, before) for weight in numbers for operand in numbers for before in sums]
    columns = zip(*cases, strict=True)
    stimulus = dict(zip(("weight", "operand", "sum_in"), map(list, columns), strict=True))
    seen = Simulation(multiplies.netlist, multiplies.timing, "").run(stimulus).seen
    for (weight, operand, before), bits in zip(cases, seen, strict=True):
        after = sum(int(bit) << place for place, bit in enumerate(bits))
        exact = min(max(before + weight * operand, -(2**31)), 2**31 - 1)
        assert after == exact % 2**32, (weight, operand, before)
