"""Ports of an instance, as a module that is bound to it wrote them."""

import shutil
import subprocess

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates import trace
from genesys_cli.rtl.verilator import tools
from rtl.gates.conftest import MODULES

INPUTS, OUTPUTS = {"rst": 1, "en": 1, "a": 8, "b": 8}, {"sum": 20}
DRIVER = """
#include "Vtwo.h"
int main(int, char**) {
  VerilatedContext context;
  Vtwo top(&context, "chip");
  for (int cycle = 0; cycle < 40; cycle++) {
    top.rst = cycle < 2;
    top.en = cycle % 5 != 4;
    top.a = 3 * cycle;
    top.b = 7 * cycle + 100;
    top.clk = 0;
    top.eval();
    top.clk = 1;
    top.eval();
  }
}
"""
TWO = """
module two (input logic clk, input logic rst, input logic en, input logic [7:0] a, input logic [7:0] b,
            output logic [39:0] sums);
  for (genvar k = 0; k < 2; k++) begin : each
    accumulate one (.clk, .rst, .en, .a(k == 0 ? a : ~a), .b, .sum(sums[20*k+:20]));
  end
endmodule
"""


def test_bits_of_ports(tmp_path):
    (tmp_path / trace.FILE).write_text("2a5 1\n001 0\n3ff\n")  # the last line was cut off
    found = trace.read_trace(tmp_path / trace.FILE, {"one": 2, "other": 8}, {"out": 1})
    np.testing.assert_array_equal(found.inputs["one"], [[0, 1], [0, 0]])
    np.testing.assert_array_equal(found.inputs["other"][0], [1, 0, 1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(found.seen, [[1], [0]])


def test_an_instance_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="there is no instance of the name that was to be traced"):
        trace.read_trace(tmp_path / trace.FILE, INPUTS, OUTPUTS)


@pytest.mark.builds
def test_an_instance_is_traced_in_a_simulation(tmp_path):
    found = tools()
    (tmp_path / "driver.cpp").write_text(DRIVER)
    (tmp_path / "two.sv").write_text(TWO)
    shutil.copy(MODULES / "accumulate.sv", tmp_path)
    (tmp_path / trace.SOURCE).write_text(trace.tracer("accumulate", "each[1].one", "clk", INPUTS, OUTPUTS, 30))
    sources = (trace.SOURCE, "accumulate.sv", "two.sv", "driver.cpp")
    compiler = [f"CXX={found['c++']}", f"LINK={found['c++']}", "CFG_CXXFLAGS_PCH_I=-include", "CFG_GCH_IF_CLANG="]
    cheap = ["OPT_FAST=-O0", "OPT_SLOW=-O0", "VM_PARALLEL_BUILDS=0"]
    for command in (
        [found["verilator"], "--cc", "--exe", "-Wall", "--quiet", "--top-module", "two", "--Mdir", "obj", *sources],
        [found["make"], "-C", "obj", "-f", "Vtwo.mk", "OPT_GLOBAL=-O0", *cheap, *compiler],
        ["obj/Vtwo"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    traced = trace.read_trace(tmp_path / trace.FILE, INPUTS, OUTPUTS)
    values = {
        name: bits @ (1 << np.arange(bits.shape[1])) for name, bits in {**traced.inputs, **traced.outputs}.items()
    }
    at = np.arange(30)
    np.testing.assert_array_equal(values["a"], ~(3 * at) & 255)
    np.testing.assert_array_equal(values["b"], (7 * at + 100) & 255)
    a, b = ((values[name] + 128) % 256 - 128 for name in ("a", "b"))
    total = a_1 = b_1 = 0
    for cycle in range(1, 30):
        if values["rst"][cycle - 1]:
            total = 0
        elif values["en"][cycle - 1]:
            total += a_1 * b_1
        if values["en"][cycle - 1]:
            a_1, b_1 = a[cycle - 1], b[cycle - 1]
        if cycle > 3:
            assert values["sum"][cycle] == total % 2**20
