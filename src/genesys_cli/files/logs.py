"""Copies of the rows of ``metrics.csv`` in other forms, for whoever wants them: ``--log``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import UserError, nearest
from .events import EventFiles, need_tensorboard
from .reading import lines_of, parsed
from .storage import disk_errors, write_atomically

Row = Mapping[str, Any]
KINDS = ("csv", "jsonl", "tensorboard")
"""What ``--log`` may name. ``metrics.csv`` is always written, so naming it changes nothing."""


class Log(Protocol):
    """One form. append: a generation, as in ``metrics.csv``"""

    def append(self, row: Row) -> None: ...
    def close(self) -> None: ...


def checked(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of logs in a list such as ``["csv,jsonl"]``, each once.

    Raises UserError for an unknown one, and for one whose package is not installed.
    """
    names = dict.fromkeys(name.strip() for given in kinds for name in given.split(","))
    for name in names:
        if name not in KINDS:
            raise UserError(
                f"--log {name}: there is no such log{nearest(name, KINDS) or '.'} There are: {', '.join(KINDS)}."
            )
    if "tensorboard" in names:
        need_tensorboard("--log tensorboard")
    return tuple(names)


def check_again(folder: Path) -> None:
    """Raise a UserError where the package of a log that a run has is not installed."""
    if (events := folder / "tensorboard").is_dir():
        need_tensorboard(f"the log {events}")


class Logs:
    """All logs of a run that are wanted."""

    def __init__(self, folder: Path, kinds: Sequence[str], rows: Sequence[Row]) -> None:
        """kinds: which to write, beside those that the folder has; rows: what ``metrics.csv`` holds already.

        A log that a resumed run has is cut to these rows. One that it gets only now begins with them.
        """
        jsonl, events = folder / "metrics.jsonl", folder / "tensorboard"
        known = [finite(row) for row in rows]
        self._logs: list[Log] = []
        if "jsonl" in kinds or jsonl.exists():
            self._logs.append(JsonLines(jsonl, known))
        if "tensorboard" in kinds or events.is_dir():
            self._logs.append(EventFiles(events, known))

    def append(self, row: Row) -> None:
        for log in self._logs:
            log.append(finite(row))

    def close(self) -> None:
        for log in self._logs:
            log.close()


def finite(row: Row) -> dict[str, int | float]:
    """Return the numbers of a row, those of NumPy as plain ones, without what is none: JSON has no NaN."""
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    return {name: value for name, value in plain.items() if value is not None and math.isfinite(value)}


class JsonLines:
    """``metrics.jsonl``: an object a generation, with the numbers that there are."""

    def __init__(self, path: Path, rows: Sequence[Row]) -> None:
        self._path = path
        held = _held(path) if rows else {}
        lines = [held.get(row["generation"]) or _line(row) for row in rows]
        write_atomically(path, "".join(lines).encode())
        with disk_errors(path):
            self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115

    def append(self, row: Row) -> None:
        with disk_errors(self._path):
            self._file.write(_line(row))
            self._file.flush()

    def close(self) -> None:
        with disk_errors(self._path):
            self._file.close()


def _held(path: Path) -> dict[int, str]:
    """Return the sound lines of a file by generation; one that was cut off when the run died ends them."""
    held: dict[int, str] = {}
    try:
        for line in lines_of(path, "metrics.jsonl"):
            if not line.endswith("\n"):
                break
            held[parsed(line)["generation"]] = line
    except (ValueError, KeyError, TypeError):
        pass
    return held


def _line(row: Row) -> str:
    return json.dumps(row) + "\n"
