"""The folder of a run, and how runs are found."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..config.load import to_toml
from ..config.schema import Settings
from ..errors import DamagedFileError, UserError
from ..evolution.state import Champion
from ..genome.document import Document
from .champion import save_champion
from .models import EstimateDocument, EventDocument, HintDocument, SummaryDocument, WorldDocument
from .reading import LARGEST, checked, lines_of, parsed, read_bytes, settings_in
from .storage import disk_errors, plain, write_atomically

ROOT = Path("runs")
LATEST = "latest"
START = "start.npz"
ISLANDS = "islands"  # the folder with a run for each island
SETTINGS = ("config.toml", "study.toml", "tuning.toml")  # of a run, of a study, of a tuning
OWN = {
    *(*SETTINGS, START, "champion.json", "environment.json", "summary.json", "study.json", "tuning.json", "trials.db"),
    *("metrics.csv", "metrics.jsonl", "species.csv", "faults.jsonl", "migrations.jsonl"),
}
"""Files of such folders that no other command writes, since something would be lost."""
MOST_OF_NOTES = 2**24  # bytes of a summary, or of what ran a run
ALWAYS = (
    "generation",
    "wall_time_s",
    "species",
    "nodes_mean",
    "conns_mean",
    "total_env_steps",
)
"""Columns of ``metrics.csv`` that no row lacks."""


class RunFolder:
    """Where a run keeps its files; see ``docs/run-folder.md``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.config = path / "config.toml"
        self.metrics = path / "metrics.csv"
        self.species = path / "species.csv"
        self.faults = path / "faults.jsonl"
        self.champion = path / "champion.json"
        self.summary = path / "summary.json"
        self.surroundings = path / "environment.json"
        self.start = path / START
        self.migrations = path / "migrations.jsonl"
        self.repeated = path / "repeated.jsonl"
        self.front = path / "front"

    @classmethod
    def create(
        cls,
        wanted: Path | None,
        settings: Settings,
        environment_name: str,
        command: Sequence[str],
        about: Mapping[str, Any] | None = None,
        start: bytes | None = None,
        islands: Sequence[Settings] = (),
    ) -> RunFolder:
        """Make the folder of a new run; an existing one is never touched.

        wanted: the user's choice; None: ``runs/<environment>/<NNN>-<backend>``
        about: further fields of ``environment.json``; start: contents of ``start.npz``; None: there is none
        islands: settings of each, which has a run of its own inside
        """
        folder = cls(new_folder(wanted, environment_name, settings.run.backend))
        for number, own in enumerate(islands):
            cls.create(folder.island(number).path, own, environment_name, command, about, start)
        if not islands:
            with disk_errors(folder.checkpoints):
                folder.checkpoints.mkdir()
        write_atomically(folder.surroundings, as_json({**_surroundings(command), **(about or {})}))
        if start is not None:
            write_atomically(folder.start, start)
        folder.save_settings(settings)  # last: it makes the folder a run
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return an existing run; raises UserError when `path` is none."""
        folder = cls(path)
        if not folder.config.is_file():
            raise UserError(
                f"{path} is not a run, nor a study: it has neither a config.toml nor a study.toml; give the folder "
                f"that `genesys evolve` named, such as {ROOT / 'CartPole' / '001-software'}"
            )
        return folder

    def island(self, number: int) -> RunFolder:
        """Return the run of an island, whether it is there or not."""
        return RunFolder(self.path / ISLANDS / str(number))

    def settings(self) -> Settings:
        """Return the settings that the run was started or last resumed with."""
        try:
            text = read_bytes(self.config, "config.toml").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DamagedFileError(f"{self.config} cannot be read ({error})") from None
        return settings_in(text, self.config)

    def repeatable(self) -> dict[str, Any]:
        """Return what the run's start found of its environment: ``repeatable`` and ``repeatable_note``."""
        known = read_document(self.surroundings)
        return {name: known.get(name) for name in ("repeatable", "repeatable_note")}

    def origin(self) -> str | None:
        """Return the digest of the code of the run's environment, as its start found it; None: it was not kept."""
        about = read_document(self.surroundings).get("environment")
        return about.get("sha256") if isinstance(about, dict) else None

    def note_resumed(self, command: Sequence[str]) -> None:
        """Add to ``environment.json`` what resumed the run, where and when; one that cannot be read is left alone."""
        known = read_document(self.surroundings)
        earlier = known.get("resumed", [])
        if isinstance(earlier, list) and (known or not self.surroundings.exists()):
            write_atomically(self.surroundings, as_json({**known, "resumed": [*earlier, _surroundings(command)]}))

    def save_settings(self, settings: Settings) -> None:
        write_atomically(self.config, to_toml(settings).encode())

    def save_champion(self, champion: Champion, settings: Settings) -> None:
        save_champion(self.champion, champion, settings)

    def save_front(self, champions: Sequence[Champion], settings: Settings) -> list[Path]:
        """Write a file for each network of the front, and remove those of an earlier end of the run; return them."""
        paths = [self.front / f"{number:02d}.json" for number in range(len(champions))]
        with disk_errors(self.front):
            self.front.mkdir(exist_ok=True)
        for path, champion in zip(paths, champions, strict=True):
            save_champion(path, champion, settings)
        with disk_errors(self.front):
            for left in self.front_files()[len(paths) :]:
                left.unlink()
        return paths

    def front_files(self) -> list[Path]:
        """Return the files of the networks of the front, the fittest first."""
        return sorted(self.front.glob("[0-9][0-9].json"))

    def save_summary(self, summary: dict[str, Any]) -> None:
        write_atomically(self.summary, as_json(summary))


def note_latest(path: Path) -> None:
    """Have :func:`newest` find a run or a study: note it in ``runs/latest``."""
    inside = path.resolve().is_relative_to(ROOT.resolve())  # then the note may move with the folder of runs
    with disk_errors(ROOT / LATEST):
        ROOT.mkdir(exist_ok=True)
    where = os.path.relpath(path, ROOT) if inside else path.resolve()
    write_atomically(ROOT / LATEST, f"{where}\n".encode())


def is_own(path: Path) -> bool:
    """Say whether a file is one of those that make a folder a run, a study or a tuning, or hold what came of it."""
    return path.name in OWN and any((path.parent / name).is_file() for name in SETTINGS)


def newest() -> Path:
    """Return the folder that ``runs/latest`` names."""
    pointer = ROOT / LATEST
    try:
        return ROOT / read_bytes(pointer, "note of a run", 4096).decode("utf-8-sig").strip()
    except (DamagedFileError, OSError, UnicodeDecodeError):
        raise UserError(
            f"there is no run here yet (no {pointer}): evolve one with `genesys evolve --env "
            "CartPole`, or name one with --run"
        ) from None


def new_folder(wanted: Path | None, environment_name: str, what: str) -> Path:
    """Make and return the folder of a new run or study; an existing one is never touched.

    wanted: the user's choice; None: ``runs/<environment>/<NNN>-<what>``
    """
    if wanted is None:
        return _next_free(ROOT / environment_name, what)
    with disk_errors(wanted):
        if wanted.exists() and (not wanted.is_dir() or any(wanted.iterdir())):
            resumable = any((wanted / name).is_file() for name in SETTINGS)
            way = f", or continue what it holds with --resume {shlex.quote(str(wanted))}" if resumable else ""
            raise UserError(f"--run-dir {wanted} exists already and is kept as it is; choose another folder{way}")
        wanted.mkdir(parents=True, exist_ok=True)
    return wanted


def _next_free(parent: Path, what: str) -> Path:
    """Make and return ``parent/NNN-what`` with the first number above all that are taken."""
    with disk_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        taken = [int(p.name[:3]) for p in parent.iterdir() if p.name[:3].isdigit()]
        number = max(taken, default=0) + 1
        while True:
            path = parent / f"{number:03d}-{what}"
            try:
                path.mkdir()
                return path
            except FileExistsError:  # somebody else took it just now
                number += 1


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that compute."""
    return {name: version(name) for name in ("gymnasium", "numba", "numpy")}


def _surroundings(command: Sequence[str]) -> dict[str, Any]:
    return {
        "command": list(command),
        "genesys": __version__,
        "python": platform.python_version(),
        "packages": package_versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "host": platform.node(),
        "executable": sys.executable,
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def as_json(document: dict[str, Any]) -> bytes:
    return (json.dumps(plain(document), indent=2, allow_nan=False) + "\n").encode()


class Metrics:
    """``metrics.csv``: a row a generation, written as it comes, so that it can be watched."""

    def __init__(self, path: Path, resume_after: int | None = None) -> None:
        """resume_after: keep the rows up to this generation and drop what follows; None: a new file."""
        self._path = path
        rows = [] if resume_after is None else _rows_until(path, resume_after)
        self.wall_time_s = float(rows[-1]["wall_time_s"]) if rows else 0.0
        self._begin(list(rows[0]) if rows else [], rows)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row; None becomes an empty cell."""
        if not row.keys() <= set(self._columns):  # generation 1 is the first that was bred, and says more than 0
            self.close()
            columns = [*row, *(name for name in self._columns if name not in row)]
            self._begin(columns, _rows_until(self._path, row["generation"]) if self._columns else [])
        with disk_errors(self._path):
            csv.DictWriter(self._file, self._columns, lineterminator="\n").writerow(row)
            self._file.flush()

    def close(self) -> None:
        with disk_errors(self._path):
            self._file.close()

    def _begin(self, columns: list[str], rows: list[dict[str, str]]) -> None:
        """Write a file with these rows, and keep it open for more."""
        text = io.StringIO()
        if columns:
            writer = csv.DictWriter(text, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        if rows:
            write_atomically(self._path, text.getvalue().encode())
        with disk_errors(self._path):
            self._file = open(self._path, "a" if rows else "w", newline="", encoding="utf-8")  # noqa: SIM115
            if not rows:
                self._file.write(text.getvalue())
        self._columns = columns


def read_document(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a run; an empty one where there is none that can be read."""
    try:
        document = parsed(read_bytes(path, path.name, MOST_OF_NOTES))
    except (DamagedFileError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def read_summary(path: Path) -> dict[str, Any]:
    """Return what reports need of a ``summary.json``; nothing where there is none that is whole.

    Raises DamagedFileError where it says something that cannot be.
    """
    document = read_document(path)
    if not document:
        return {}
    checked(SummaryDocument, document, path, path.name)
    found = {key: value for key, value in document.items() if key in SummaryDocument.model_fields}
    for key, model in (("drift", EventDocument), ("estimates", EstimateDocument), ("hints", HintDocument)):
        if key in found:
            found[key] = [_known(model, one) for one in found[key]]
    for estimate in found.get("estimates", ()):
        if estimate.get("world") is not None:
            estimate["world"] = _known(WorldDocument, estimate["world"])
    return found


def _known(model: type[Document], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a model has checked."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    return {name: value for name, value in values.items() if name in names}


def read_metrics(path: Path) -> list[dict[str, float | None]]:
    """Return the sound rows of a ``metrics.csv`` as numbers, whole ones as int; None where a cell is empty."""
    rows = [{name: _number(cell) for name, cell in row.items()} for row in _rows_until(path, sys.maxsize)]
    return list(itertools.takewhile(lambda row: all(row.get(name) is not None for name in ALWAYS), rows))


def _number(cell: str) -> float | None:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            value = kind(cell)
            return value if abs(value) <= LARGEST else None  # so neither what is not finite
    return None


def _rows_until(path: Path, generation: int) -> list[dict[str, str]]:
    """Return the sound rows up to a generation; one that was cut off when the run died ends them."""
    rows: list[dict[str, str]] = []
    try:
        lines = lines_of(path, "metrics.csv")
        for row in csv.DictReader(line for line in lines if line.endswith("\n")):
            number = int(row["generation"])
            following = int(rows[-1]["generation"]) + 1 if rows else max(number, 0)
            if None in row or None in row.values() or number > generation or number != following:
                break
            if not 0 <= float(row["wall_time_s"]) <= LARGEST:
                break
            rows.append(row)
    except (KeyError, TypeError, ValueError, csv.Error):
        pass
    return rows
