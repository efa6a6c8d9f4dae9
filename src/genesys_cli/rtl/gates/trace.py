"""What the ports of one instance do in a simulation of the whole chip, cycle by cycle.

A module that is bound to the instance's module writes its ports into a file at each rising edge of the clock, so
neither the chip's RTL nor the program that drives it has to know. With it, gates get what they would get on the chip,
and what they answer can be compared with the RTL.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import UserError

FILE = "ports.txt"
SOURCE = "genesys_port_trace.sv"


class Trace(NamedTuple):
    """Values of ports: inputs, outputs (cycles, bits) uint8 by port, the least significant bit first.

    They are those right before a rising edge: of an input what registers take at it.
    """

    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]

    @property
    def seen(self) -> np.ndarray:
        """Return all outputs as ``measure.Scene.expected`` has them."""
        return np.concatenate(list(self.outputs.values()), axis=1)


def ports_of(design: Mapping[str, Any], top: str, clock: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return the bits of each input but the clock, and of each output, of a mapped module."""
    ports = design["modules"][top]["ports"]
    return (
        {name: len(port["bits"]) for name, port in ports.items() if port["direction"] == "input" and name != clock},
        {name: len(port["bits"]) for name, port in ports.items() if port["direction"] == "output"},
    )


def tracer(
    module: str, instance: str, clock: str, inputs: Mapping[str, int], outputs: Mapping[str, int], cycles: int
) -> str:
    """Return SystemVerilog that writes the ports of an instance of a module into ``FILE`` in the working folder.

    instance: how its hierarchical name ends; cycles: the most that are written
    """
    end = f".{instance}.port_trace"
    n_in, n_out = sum(inputs.values()), sum(outputs.values())
    return f"""// verilator lint_off WIDTH
// verilator lint_off BLKSEQ
// verilator lint_off PROCASSINIT
module genesys_port_trace (input logic clk, input logic [{n_in - 1}:0] in, input logic [{n_out - 1}:0] out);
  int file = 0, written = 0;
  string here;
  initial begin
    here = $sformatf("%m");
    if (here.len() > {len(end)} && here.substr(here.len() - {len(end)}, here.len() - 1) == "{end}")
      file = $fopen("{FILE}", "w");
  end
  always @(posedge clk)
    if (file != 0 && written < {cycles}) begin
      $fwrite(file, "%h %h\\n", in, out);
      written = written + 1;
      if (written == {cycles}) $fclose(file);
    end
endmodule
bind {module} genesys_port_trace port_trace (
    .clk({clock}),
    .in ({{{", ".join(inputs)}}}),
    .out({{{", ".join(outputs)}}})
);
"""


def read_trace(path: Path, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> Trace:
    """Read what a tracer wrote; raises :class:`UserError` where it wrote nothing, so that no instance has that name."""
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()] if path.is_file() else []
    lines = [words for words in lines if len(words) == 2]
    if not lines:
        raise UserError("the simulation wrote no ports: there is no instance of the name that was to be traced")
    return Trace(_split([words[0] for words in lines], inputs), _split([words[1] for words in lines], outputs))


def _split(texts: list[str], ports: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return the bits of each port; a text is hexadecimal, with the first port in its highest bits."""
    total = sum(ports.values())
    size = -(-total // 8)
    data = b"".join(int(text, 16).to_bytes(size, "little") for text in texts)
    bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(len(texts), size), axis=1, bitorder="little")
    found, at = {}, total
    for name, width in ports.items():
        at -= width
        found[name] = np.ascontiguousarray(bits[:, at : at + width])
    return found
