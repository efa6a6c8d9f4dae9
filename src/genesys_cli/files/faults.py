"""What went wrong in environments, kept with the run: ``faults.jsonl``, an object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..evolution.faults import Record
from .models import FaultDocument
from .reading import lines_of, parsed
from .storage import disk_errors, write_atomically


class FaultCounts(dict[str, dict[str, Any]]):
    """``count``, and ``first``, the first message, of each kind of fault."""

    def add(self, kind: str, message: str) -> bool:
        """Count a fault; say whether it is the first of its kind."""
        entry = self.setdefault(kind, {"count": 0, "first": message})
        entry["count"] += 1
        return bool(entry["count"] == 1)


class FaultLog:
    """Collects the faults of a run in a file, which is only there where something went wrong."""

    def __init__(self, path: Path, resume_after: int | None = None) -> None:
        """resume_after: keep the faults up to this generation and drop what follows; None: start without any."""
        self._path = path
        self._counts = FaultCounts()
        kept = [] if resume_after is None else list(_sound_lines(path, resume_after))
        if path.exists():
            if kept:
                write_atomically(path, "".join(line for line, _ in kept).encode())
            else:
                with disk_errors(path):
                    path.unlink()
        for _, fault in kept:
            self._counts.add(fault.kind, fault.message)

    def append(self, found: Iterable[Record]) -> list[str]:
        """Write faults; return a sentence for the first of each kind."""
        found = list(found)
        if not found:
            return []
        with disk_errors(self._path), open(self._path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(record._asdict()) + "\n" for record in found)
        return [
            f"fault in the environment ({record.kind}): {record.message}; generation {record.generation}, "
            f"{record.phase}, genome {'champion' if record.genome is None else record.genome}, seed {record.seed}, "
            f"step {record.step}; this and further ones are listed in {self._path}"
            for record in found
            if self._counts.add(record.kind, record.message)
        ]

    def summary(self) -> FaultCounts:
        """Return how often each kind happened, and the message of the first."""
        return self._counts


def summarised(path: Path) -> FaultCounts:
    """Return what :meth:`FaultLog.summary` says of a file that may still be written."""
    counts = FaultCounts()
    for _, fault in _sound_lines(path, sys.maxsize):
        counts.add(fault.kind, fault.message)
    return counts


def _sound_lines(path: Path, generation: int) -> Iterator[tuple[str, FaultDocument]]:
    """Yield each line up to a generation, and what it says; one that was cut off when the run died ends them."""
    for line in lines_of(path, "faults.jsonl"):
        try:
            fault = FaultDocument.model_validate(parsed(line))
        except ValueError:  # of JSON, or what the model says
            return
        if not line.endswith("\n") or fault.generation > generation:
            return
        yield line, fault
