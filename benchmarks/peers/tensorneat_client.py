"""TensorNEAT in a process and an environment of its own, taking turns when asked."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from benchmarks.timing import Sample, Turn


class TensorNeat:
    """Starts ``tensorneat_cpu.py --serve`` with another Python; between turns it waits and uses no processor.

    python: interpreter of the environment that holds JAX and TensorNEAT
    """

    def __init__(self, python: str) -> None:
        self.python = python
        self._process: subprocess.Popen[str] | None = None

    def turn(self, row: str, **arguments: Any) -> Turn:
        """Return a turn that has the other process take one turn of `row`. The first turn compiles."""

        def turn() -> Sample:
            return Sample(**self._ask({"row": row, **arguments}))

        return turn

    def close(self) -> None:
        """End the process, which ends when nobody can ask it any more."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _ask(self, request: dict[str, Any]) -> dict[str, float]:
        if self._process is None:
            command = [self.python, "-m", "benchmarks.peers.tensorneat_cpu", "--serve"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(
                "TensorNEAT's process ended; run its Python with -m benchmarks.peers.tensorneat_cpu to see why"
            )
        figures: dict[str, float] = json.loads(answer)
        return figures
