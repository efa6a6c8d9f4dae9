"""``genesys_pkg.sv``, the one place from which modules take parameters, and the same numbers for C++.

Each part of the chip brings a section: a function from a chip's settings to lines of SystemVerilog.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..config.chip import ChipSettings
from .constants_adam import adam_lines
from .constants_eve import eve_lines

NAME = "genesys_pkg"
SECTIONS: dict[str, tuple[str, Callable[[ChipSettings], list[str]]]] = {
    "eve": ("EvE: reproduction", eve_lines),
    "adam": ("ADAM: inference", adam_lines),
}
"""By the folder of the modules that need them."""

_CONSTANT = re.compile(r"^\s*localparam (?:int|int unsigned|longint) (\w+) = (-?\d+);", re.MULTILINE)


def package_text(chip: ChipSettings, parts: Iterable[str] = tuple(SECTIONS)) -> str:
    """Return the package of a chip, for some parts of it.

    Raises UserError for what hardware of these settings cannot be built.
    """
    lines = [
        "// Made of a chip's settings; do not edit.",
        "// verilator lint_off UNUSEDPARAM",
        f"package {NAME};",
    ]
    for title, section in (SECTIONS[part] for part in SECTIONS if part in parts):
        lines += ["", f"  // {title}", *(f"  {line}".rstrip() for line in section(chip))]
    return "\n".join([*lines, "", "endpackage", "// verilator lint_on UNUSEDPARAM", ""])


def header_text(package: str) -> str:
    """Return those constants of a package that are whole numbers, as a C++ header, with the macro ``EXPORT``."""
    constants = _CONSTANT.findall(package)
    return "\n".join(
        [
            f"// The whole numbers of {NAME}.sv.",
            "#pragma once",
            '#define EXPORT extern "C" __attribute__((visibility("default")))  // a function for ctypes',
            *(f"constexpr long long {name} = {value};" for name, value in constants),
            "",
        ]
    )
