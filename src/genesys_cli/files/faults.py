"""What went wrong in environments, kept with the run: ``faults.jsonl``, an object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..backends.evaluation import LOST
from ..config.problem import ALL, ProblemSettings
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

    def __init__(self, path: Path, resume_after: int | None = None, problem: ProblemSettings | None = None) -> None:
        """resume_after: keep the faults up to this generation and drop what follows; None: start without any.

        problem: with the function in which they are, if they are in one
        """
        self._path = path
        self._function = problem.function if problem is not None else None
        self._seeded = problem is None or problem.seeded is not False
        self._at_once = problem is not None and problem.call == ALL
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
        return [self._sentence(record) for record in found if self._counts.add(record.kind, record.message)]

    def _sentence(self, record: Record) -> str:
        if record.kind == LOST:
            return f"generation {record.generation}: {record.message}; this and further ones are listed in {self._path}"
        alone = "a sample" if record.phase == "refinement" else "genome champion"
        nobody = "all genomes" if self._at_once else alone
        who = nobody if record.genome is None else f"genome {record.genome}"
        seed = f", seed {record.seed}" if self._seeded else ""
        step = "" if self._function else f", step {record.step}"
        return (
            f"fault in {self._function or 'the environment'} ({record.kind}): {record.message}; generation "
            f"{record.generation}, {record.phase}, {who}{seed}{step}; this and further ones are "
            f"listed in {self._path}"
        )

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
