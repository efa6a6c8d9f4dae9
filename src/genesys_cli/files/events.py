"""Event files for TensorBoard: the rows of ``metrics.csv`` as its scalars. Its own package writes and reads them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .storage import disk_errors

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

LARGEST = 3.4028234e38  # of float32
FRAME = 16  # bytes of a record beside its event: the length and two checksums

# The group of each column that is not grouped by how its name ends or begins.
GROUPS = {
    "fitness": ("best_fitness", "mean_fitness", "std_fitness", "champion_fitness", "frozen_fitness"),
    "network": ("nodes_mean", "conns_mean", "best_nodes", "best_conns"),
    "species": ("species", "compatibility_threshold"),
    "steps": ("total_env_steps", "total_validation_steps", "env_steps", "decisions", "longest_decisions"),
    "drift": ("world_changes",),
    "champion": ("champion_generation",),
}
GROUP_OF = {column: group for group, columns in GROUPS.items() for column in columns}
SHORT = {"best_fitness": "best", "mean_fitness": "mean", "std_fitness": "std", "champion_fitness": "validated"}


def tag_of(column: str) -> str:
    """Return the name of a column in TensorBoard, such as ``fitness/best`` or ``time/evaluate_s``."""
    if column in GROUP_OF:
        return f"{GROUP_OF[column]}/{SHORT.get(column, column)}"
    for prefix in ("drift_", "faults_"):
        if column.startswith(prefix):
            return f"{prefix[:-1]}/{column.removeprefix(prefix)}"
    if column.endswith("_j"):
        return f"energy/{column}"
    if column.endswith("_s"):
        return f"time/{column}"
    return f"counts/{column}"


class EventFiles:
    """The folder ``tensorboard``: a file each time that the run is started or resumed."""

    def __init__(self, folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
        """Cut the files to `rows`, the generations that the run has already, and write what they lack."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
        last = int(rows[-1]["generation"]) if rows else -1
        held = _cut(folder, last)
        now = time.time()
        begin = now - (rows[-1]["wall_time_s"] if rows else 0.0)
        self._path = _next_path(folder, now)
        with disk_errors(self._path):
            self._records = RecordWriter(open(self._path, "xb"))  # noqa: SIM115
        self._write(Event(wall_time=now, file_version="brain.Event:2"))
        # A board that is open has seen what was cut off: the first event tells it to forget that.
        self._write(Event(wall_time=now, step=last + 1, session_log=SessionLog(status=SessionLog.START)))
        for row in rows:
            if int(row["generation"]) not in held:
                self._write(_scalars(begin + row["wall_time_s"], row))
        with disk_errors(self._path):
            self._records.flush()

    def append(self, row: Mapping[str, float]) -> None:
        """Write the numbers of a generation as one event, and hand them to the system."""
        self._write(_scalars(time.time(), row))
        with disk_errors(self._path):
            self._records.flush()

    def close(self) -> None:
        with disk_errors(self._path):
            self._records.close()

    def _write(self, event: Event) -> None:
        with disk_errors(self._path):
            self._records.write(event.SerializeToString())


def need_tensorboard(what: str) -> None:
    """Raise a UserError where the package tensorboard is not installed; what: that needs it."""
    try:
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{what} needs tensorboard ({error}); install it with: pip install 'genesys-cli[tensorboard]'"
        ) from error


def _next_path(folder: Path, now: float) -> Path:
    """Return a name that comes after all others, since readers go from file to file in that order."""
    taken = [int(path.name.split(".")[3]) for path in _files(folder)]
    second = max([int(now), *(number + 1 for number in taken)])
    return folder / f"events.out.tfevents.{second:010d}.genesys"


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("events.out.tfevents.*"))
    return [path for path in found if path.name.split(".")[3].isdecimal()]


def _cut(folder: Path, last: int) -> set[int]:
    """Cut the files after a generation, in place so that open readers keep them; return the generations they hold."""
    held: set[int] = set()
    for path in _files(folder):
        with disk_errors(path):
            end = 0
            for stop, event in _events(path):
                scalars = bool(event.summary.value)
                if event.step > last and scalars:
                    break
                end = stop
                held |= {event.step} if scalars else set()
            if end < path.stat().st_size:
                os.truncate(path, end)
    return held


def _events(path: Path) -> Iterator[tuple[int, Event]]:
    """Yield each event with the end of its record; one that was cut off or altered ends them."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.tensorflow_stub.errors import DataLossError, OutOfRangeError
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

    reader, end = PyRecordReader_New(str(path)), 0
    while True:
        try:
            reader.GetNext()
            event = Event.FromString(reader.record())
        except (OutOfRangeError, DataLossError, DecodeError):
            return
        end += FRAME + len(reader.record())
        yield end, event


def _scalars(when: float, row: Mapping[str, float]) -> Event:
    """Return a row's numbers as an event, without the two that every event has anyway."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = [
        Summary.Value(tag=tag_of(column), simple_value=max(-LARGEST, min(value, LARGEST)))
        for column, value in row.items()
        if column not in ("generation", "wall_time_s")
    ]
    return Event(wall_time=when, step=int(row["generation"]), summary=Summary(value=values))
