"""Event files for TensorBoard, written directly: the format is four fields of two small messages.

A record is a length, its checksum, the bytes, their checksum. The bytes are an ``Event`` of Protocol Buffers: wall
time, step, and a ``Summary`` of named numbers; ``tensorflow/core/util/event.proto`` defines both.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .storage import disk_errors, write_atomically

POLYNOMIAL = 0x82F63B78  # of CRC-32C, reflected
MASK = 0xA282EAD8  # added to a checksum that is stored beside what it is of
FILE_VERSION = b"brain.Event:2"
VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5  # wire types
LARGEST = 3.4028234e38  # of float32
START = 1  # SessionLog.status: what readers have of this step and of later ones is no longer so

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
        """rows: generations that the run has already; files are cut to them, and what they lack is written."""
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
        last = int(rows[-1]["generation"]) if rows else -1
        held = _cut(folder, last)
        now = time.time()
        begin = now - (rows[-1]["wall_time_s"] if rows else 0.0)
        self._path = _next_path(folder, now)
        # A board that is open has seen what was cut off: the first event tells it to forget that.
        start = _field(7, BYTES, _field(1, VARINT, START))
        head = _record(_event(now, 0, _field(3, BYTES, FILE_VERSION))) + _record(_event(now, last + 1, start))
        missing = [_scalars(begin + row["wall_time_s"], row) for row in rows if int(row["generation"]) not in held]
        write_atomically(self._path, b"".join([head, *missing]))
        with disk_errors(self._path):
            self._file = open(self._path, "ab")  # noqa: SIM115

    def append(self, row: Mapping[str, float]) -> None:
        """Write the numbers of a generation as one event."""
        with disk_errors(self._path):
            self._file.write(_scalars(time.time(), row))
            self._file.flush()

    def close(self) -> None:
        with disk_errors(self._path):
            self._file.close()


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
            data = path.read_bytes()
            end = 0
            for stop, step, scalars in _events(data):
                if step > last and scalars:
                    break
                end = stop
                held |= {step} if scalars else set()
            if end < len(data):
                os.truncate(path, end)
    return held


def _events(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield each sound record's end, its step, and whether it has numbers; what was cut off ends them."""
    at = 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        end = at + 12 + length + 4
        if end > len(data) or struct.unpack_from("<I", data, end - 4)[0] != _masked(data[at + 12 : end - 4]):
            return
        step, scalars = _read(data[at + 12 : end - 4])
        yield end, step, scalars
        at = end


def _read(event: bytes) -> tuple[int, bool]:
    """Return step of an event of ours, and whether it has numbers: field 2, and field 5."""
    step, at = 0, 9  # after the wall time
    if at < len(event) and event[at] == 2 << 3:
        shift, at = 0, at + 1
        while at < len(event) and shift < 64:  # no number of ours is longer
            step |= (event[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not event[at - 1] & 0x80:
                break
    return step, at < len(event) and event[at] == 5 << 3 | BYTES


def _scalars(when: float, row: Mapping[str, float]) -> bytes:
    """Return a record of a row's numbers, without the two that every event has anyway."""
    values = b"".join(
        _field(1, BYTES, _field(1, BYTES, tag_of(column).encode()) + _field(2, FLOAT, value))
        for column, value in row.items()
        if column not in ("generation", "wall_time_s")
    )
    return _record(_event(when, int(row["generation"]), _field(5, BYTES, values)))


def _event(when: float, step: int, what: bytes) -> bytes:
    return _field(1, DOUBLE, when) + (_field(2, VARINT, step) if step else b"") + what


def _field(number: int, kind: int, value: float | bytes) -> bytes:
    """Return a field of a message."""
    key = _varint(number << 3 | kind)
    if isinstance(value, bytes):
        return key + _varint(len(value)) + value
    if kind == VARINT:
        return key + _varint(int(value))
    if kind == DOUBLE:
        return key + struct.pack("<d", value)
    return key + struct.pack("<f", max(-LARGEST, min(value, LARGEST)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked(length)) + data + struct.pack("<I", _masked(data))


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _table()


def _masked(data: bytes) -> int:
    """Return the CRC-32C of bytes, turned and shifted as records have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (crc >> 15 | crc << 17 & 0xFFFFFFFF) + MASK & 0xFFFFFFFF
