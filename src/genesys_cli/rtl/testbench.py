"""Builds and runs a folder's testbench with Verilator."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from ..errors import GenesysError
from .folder import BENCH
from .verilator import LAST_LINES, tools

_PASSED = re.compile(r"^PASS (\w+): (.*)$", re.MULTILINE)
_DIFFERS = re.compile(r"(EvE|ADAM): ")


def run_testbench(folder: Path, message: Callable[[str], None]) -> dict[str, dict[str, int]]:
    """Run a folder's testbench by its makefile; return what it found equal of ``eve`` and ``adam``, by name.

    Raises GenesysError with the first differences, or with the last lines where it cannot be built.
    """
    found = tools()
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    message(f"building and running {BENCH} ...")
    done = subprocess.run(
        [found["make"], f"VERILATOR={found['verilator']}", f"CXX={found['c++']}"],
        cwd=folder,
        env=environment | {"LC_ALL": "C"},
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    passed = {name.lower(): text for name, text in _PASSED.findall(done.stdout)}
    if done.returncode != 0 or set(passed) != {"eve", "adam"}:
        said = done.stdout.strip().splitlines()
        differences = [line for line in said if _DIFFERS.match(line)]
        if differences:
            first = "\n".join(differences[:LAST_LINES])
            raise GenesysError(
                f"{BENCH} finds differences from the emulated chip; its files are kept in {folder}, and the first of "
                f"them are:\n{first}"
            )
        last = "\n".join(said[-LAST_LINES:])
        raise GenesysError(
            f"{BENCH} failed (exit code {done.returncode}); its files are kept in {folder}, and its last lines "
            f"are:\n{last}"
        )
    return {name: _numbers(text) for name, text in passed.items()}


def _numbers(text: str) -> dict[str, int]:
    """Return numbers by what they count, of a text such as ``4 steps, 2 waves``."""
    counted = (part.split(" ", 1) for part in text.split(", "))
    return {what.replace(" ", "_"): int(number) for number, what in counted}
