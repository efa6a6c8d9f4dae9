"""Where the SystemVerilog files lie, and which of them a top module consists of."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ..errors import GenesysError

PACKAGE = Path(__file__).resolve().parents[1]
HARNESSES = "sim"  # the folder of C++ files and the testbench

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"", re.DOTALL)
_WORD = re.compile(r"\b[a-z]\w*\b")


def rtl_folder() -> Path:
    """Return where the sources lie: inside the installed package, or beside ``src`` in a source checkout."""
    for folder in (PACKAGE / "rtl_sources", PACKAGE.parents[1] / "rtl"):
        if (folder / HARNESSES).is_dir():
            return folder
    raise GenesysError("the chip's SystemVerilog is missing from this installation: install genesys-cli again")


@cache
def module_files() -> dict[str, Path]:
    """Return the file of each module by its name; a file is named after the one module in it."""
    folder = rtl_folder()
    return {path.stem: path for path in sorted(folder.rglob("*.sv")) if path.relative_to(folder).parts[0] != HARNESSES}


def sources_of(top: str) -> list[Path]:
    """Return the files that a top module consists of, what is instantiated before what does it."""
    files = module_files()
    if top not in files:
        raise GenesysError(f"there is no module {top!r}; there are: {', '.join(files)}")
    order: list[str] = []

    def visit(name: str) -> None:
        for used in sorted(set(_WORD.findall(_COMMENT.sub(" ", files[name].read_text(encoding="utf-8"))))):
            if used in files and used != name and used not in order:
                visit(used)
        order.append(name)

    visit(top)
    return [files[name] for name in order]


def harness(name: str) -> Path:
    """Return a C++ file that drives a top module, by its name."""
    return rtl_folder() / HARNESSES / name
