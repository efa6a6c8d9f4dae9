"""What both arithmetics of a C header have in common: how tables and numbers are written, and what they take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError

WIDTH = 118
SIZES = {
    **{f"{sign}int{8 * size}_t": size for sign in ("", "u") for size in (1, 2, 4, 8)},
    **{"float": 4, "double": 8},
}
"""Bytes of C's types."""


class Tables:
    """Constant tables as they are declared.

    flash: whether they lie in the flash of an AVR, which is another address space: :meth:`reading` then has to be told
    size: bytes of all of them
    """

    def __init__(self, flash: bool = False) -> None:
        self.flash = flash
        self.size = 0
        self._texts: list[str] = []
        self._kinds = {"table": "int32_t"}  # one that a function of c_fixed is given

    def add(self, name: str, kind: str, values: Iterable[Any], about: str = "") -> None:
        """Declare ``nn_name``; kind: type of its elements; about: what they are"""
        text, count = table(f"nn_{name}", kind, list(values), " NN_FLASH" if self.flash else "")
        self._texts.append(f"/* {about} */\n{text}" if about else text)
        self._kinds[f"nn_{name}"] = kind
        self.size += count * SIZES[kind]
        if self.flash and (count * SIZES[kind] > LARGEST_OBJECT or self.size > NEAR_FLASH):
            raise UserError(
                f"--flash progmem: the tables take {self.size} bytes, {name} {count * SIZES[kind]}; an AVR reaches "
                f"{NEAR_FLASH} of them, and no more than {LARGEST_OBJECT} in one. Smaller adam.table_bits or "
                "--arithmetic float make them smaller"
            )

    def reading(self, text: str) -> str:
        """Return C text in which tables that lie in flash are read by functions."""
        if not self.flash:
            return text
        names = "|".join(self._kinds)
        return re.sub(
            rf"\b({names})(\[[^][]*\])",
            lambda found: f"nn_flash_{self._kinds[found[1]].removesuffix('_t')}(&{found[1]}{found[2]})",
            text,
        )

    def text(self, code: str) -> str:
        """Return the declarations, and what `code` reads them with, where that needs a function."""
        if not self.flash:
            return "\n".join(self._texts)
        readers = []
        for kind, size in SIZES.items():
            name = f"nn_flash_{kind.removesuffix('_t')}"
            if f"{name}(" in code:
                word = "float" if kind == "float" else {1: "byte", 2: "word", 4: "dword"}.get(size)
                body = f"    return ({kind})pgm_read_{word}(place);" if word else READ_8.format(kind=kind)
                readers.append(READER.format(kind=kind, name=name, body=body))
        return FLASH + "\n".join(self._texts) + "\n\n" + "\n".join(readers)


LARGEST_OBJECT = 32767  # bytes; a pointer's differences have 16 bits
NEAR_FLASH = 65535  # bytes that a pointer of 16 bits reaches

FLASH = """\
/* On an AVR, tables lie in flash and take no RAM; elsewhere they are constants like any others. */
#if defined(__AVR__) || defined(ARDUINO)
#include <avr/pgmspace.h>
#define NN_FLASH PROGMEM
#else
#define NN_FLASH
#endif

"""

READER = """\
static inline {kind} {name}(const {kind} *place)
{{
#if defined(__AVR__) || defined(ARDUINO)
{body}
#else
    return *place;
#endif
}}
"""

READ_8 = """\
    {kind} number;
    memcpy_P(&number, place, sizeof number);
    return number;"""


def table(name: str, kind: str, values: list[Any], where: str) -> tuple[str, int]:
    """Return the declaration of a constant array, and its number of elements; C has none that are empty.

    where: what follows its name, of where it lies
    """
    written = [number(value, kind) for value in values] or ["0"]
    return f"static const {kind} {name}[{len(written)}]{where} = {{\n{wrapped(written)}\n}};", len(written)


def grid(name: str, kind: str, rows: NDArray[Any]) -> str:
    """Return the declaration of a constant array of two dimensions."""
    lines = ",\n".join(f"    {{{wrapped([number(value, kind) for value in row], 5).lstrip()}}}" for row in rows)
    return f"static const {kind} {name}[{len(rows)}][{len(rows[0])}] = {{\n{lines}\n}};"


def wrapped(words: Sequence[str], indent: int = 4) -> str:
    """Return words with commas between them, in lines."""
    lines: list[str] = []
    line = " " * indent
    for k, word in enumerate(words):
        item = word + ("," if k + 1 < len(words) else "")
        if len(line) + 1 + len(item) > WIDTH:
            lines.append(line)
            line = " " * indent
        line += (" " if line.strip() else "") + item
    return "\n".join([*lines, line])


def number(value: Any, kind: str) -> str:
    """Return a number as C's type `kind` reads it; of float and double, with the fewest digits that read back."""
    if kind == "double":
        return repr(float(value))
    if kind != "float":
        return whole(int(value))
    value = np.float32(value)
    text = str(value) if np.float32(float(str(value))) == value else repr(float(value))
    return text + ("f" if "." in text or "e" in text else ".0f")


def whole(value: int) -> str:
    """Return a whole number; C has no negative literals, and the lowest numbers have no positive counterpart."""
    if value in (-(1 << 31), -(1 << 63)):
        return f"(-{-value - 1} - 1)"
    return f"{value}u" if value >= 1 << 63 else str(value)


def integer_for(lowest: int, highest: int) -> str:
    """Return the type of 32 or 64 bits that holds whole numbers of a range."""
    if lowest >= -(1 << 31) and highest < 1 << 31:
        return "int32_t"
    return "int64_t" if highest < 1 << 63 else "uint64_t"


def unsigned_for(largest: int) -> str:
    """Return the narrowest type that holds whole numbers up to `largest`."""
    return "uint8_t" if largest < 1 << 8 else "uint16_t" if largest < 1 << 16 else "uint32_t"


def named(text: str, name: str) -> str:
    """Return C text with a prefix of one's own in place of ``nn_`` and ``NN_``."""
    return re.sub(r"(?:\b|(?<=-D))NN_|\bnn_", lambda found: f"{name.upper() if found[0] == 'NN_' else name}_", text)


def remark(text: str, most: int = 60) -> str:
    """Return text that can stand in any comment, shortened to about `most` characters.

    It is printable ASCII without backslashes, double quotes and question marks (trigraphs), and ends no comment.
    """
    text = re.sub(r"[^ -~]|[\\\"?]", "_", text if len(text) <= most else text[: most - 3] + "...")
    return text.replace("*/", "* /").replace("/*", "/ *")


def switch(kinds: Sequence[str], function: str, bodies: Sequence[str]) -> str:
    """Return the function that chooses among the kinds that a network uses; with one of them, there is no choice.

    function: declaration, with ``int kind`` in it; bodies: what is returned
    """
    if len(kinds) == 1:
        return f"{function.replace('int kind, ', '')}\n{{\n    return {bodies[0]};\n}}\n"
    cases = [
        f"    case {k}: /* {kind} */\n        return {body};"
        for k, (kind, body) in enumerate(zip(kinds, bodies, strict=True))
    ]
    cases[-1] = cases[-1].replace(f"case {len(kinds) - 1}:", "default:")
    return f"{function}\n{{\n    switch (kind) {{\n" + "\n".join(cases) + "\n    }\n}\n"
