"""How the texts of a neat-python configuration are read, as neat-python itself reads them."""

from __future__ import annotations

import math
from collections.abc import Callable
from configparser import RawConfigParser
from typing import Any, NamedTuple

CONNECTIONS = {
    # what neat-python calls it: here, with direct connections beside hidden nodes, and what differs beside hidden nodes
    "unconnected": ("none", False, ""),
    "fs_neat": ("one_input", True, "hidden nodes are connected too, to that input and to the outputs"),
    "fs_neat_nohidden": ("one_input", True, "hidden nodes are connected too, to that input and to the outputs"),
    "fs_neat_hidden": ("one_input", True, "hidden nodes are connected to the outputs, too"),
    "full": ("full", False, ""),
    "full_nodirect": ("full", False, ""),
    "full_direct": ("full", True, ""),
    "partial": ("partial", False, ""),
    "partial_nodirect": ("partial", False, ""),
    "partial_direct": ("partial", True, ""),
}
"""Values of ``initial_connection``."""

RANDOM = "random"


class Kind(NamedTuple):
    """What may stand as a value.

    read: makes a value of a text, or raises ValueError; need: what must stand there, after "must be"
    """

    read: Callable[[str], Any]
    need: str


def _number(low: float = -math.inf, high: float = math.inf, *, above: bool = False) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high or (above and value == low):  # false of NaN, too
            raise ValueError
        return value

    return read


def _whole(low: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if low is not None and value < low:
            raise ValueError
        return value

    return read


def _truth(text: str) -> bool:
    try:
        return RawConfigParser.BOOLEAN_STATES[text.lower()]
    except KeyError:
        raise ValueError from None


def _or_word(read: Callable[[str], Any], *words: str, value: Any = None) -> Callable[[str], Any]:
    """Return a reader of what another one reads, and of words that stand for a value."""
    return lambda text: value if text.lower() in words else read(text)


def _one_of(*names: str) -> Kind:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Kind(read, f"{', '.join(names[:-1])} or {names[-1]}")


def _name(text: str) -> str:
    if not text or len(text.split()) > 1:
        raise ValueError
    return text


def _names(text: str) -> tuple[str, ...]:
    if not text or "," in text:
        raise ValueError
    return tuple(text.split())


def _distribution(text: str) -> str:
    """Return gaussian or uniform; neat-python looks for parts of words."""
    for part, name in (("gauss", "gaussian"), ("normal", "gaussian"), ("uniform", "uniform")):
        if part in text.lower():
            return name
    raise ValueError


def _connection(text: str) -> tuple[str, float | None]:
    """Return the name of a way to connect the first genomes, and the fraction of a partial one."""
    name, *fraction = text.split()
    if name not in CONNECTIONS or len(fraction) != name.startswith("partial"):
        raise ValueError
    return name, _number(0.0, 1.0)(fraction[0]) if fraction else None


COUNT = Kind(_whole(0), "a whole number, 0 or more")
SIZE = Kind(_whole(1), "a whole number, 1 or more")
NUMBER = Kind(_number(), "a number")
AMOUNT = Kind(_number(0.0), "a number, 0 or more")
POSITIVE = Kind(_number(0.0, above=True), "a number above 0")
CHANCE = Kind(_number(0.0, 1.0), "a number from 0 to 1")
TRUTH = Kind(_truth, "True or False")
NAME = Kind(_name, "one name")
NAMES = Kind(_names, "names, with spaces between them")
SEED = Kind(_or_word(_whole(), "none"), "a whole number")
ENABLED = Kind(_or_word(_truth, RANDOM, "none", value=RANDOM), "True, False or random")
SURER = Kind(_or_word(_truth, "default"), "True, False or default")
EXCESS = Kind(_or_word(_number(0.0), "auto"), "auto, or a number, 0 or more")
TARGET = Kind(_or_word(_whole(1), "none"), "none, or a whole number, 1 or more")
DISTRIBUTION = Kind(_distribution, "gaussian or uniform")
CONNECTION = Kind(
    _connection, f"one of {', '.join(CONNECTIONS)}; after a partial one its fraction from 0 to 1, such as partial 0.5"
)
STATISTIC = _one_of("max", "min", "mean", "median", "median2")
SHARING = _one_of("normalized", "canonical")
SPAWNING = _one_of("smoothed", "proportional")
