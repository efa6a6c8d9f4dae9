"""The folder of a run, and how runs are found."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..config.load import settings_from_toml, to_toml
from ..config.schema import Settings
from ..errors import DamagedFileError, UserError
from .champion import save_champion
from .loop import Row
from .state import Champion
from .storage import disk_errors, write_atomically

ROOT = Path("runs")
LATEST = "latest"


class RunFolder:
    """Where a run keeps its files; see ``docs/run-folder.md``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.config = path / "config.toml"
        self.metrics = path / "metrics.csv"
        self.champion = path / "champion.json"
        self.summary = path / "summary.json"

    @classmethod
    def create(cls, wanted: Path | None, settings: Settings, environment_name: str, command: Sequence[str]) -> RunFolder:
        """Make the folder of a new run; an existing one is never touched.

        wanted: the user's choice; None: ``runs/<environment>/<NNN>-<backend>``
        """
        if wanted is not None:
            if wanted.exists() and (not wanted.is_dir() or any(wanted.iterdir())):
                raise UserError(
                    f"--run-dir {wanted} exists already and is kept as it is; choose another folder, or continue that run "
                    f"with --resume {wanted}"
                )
            path = wanted
            with disk_errors(path):
                path.mkdir(parents=True, exist_ok=True)
        else:
            path = _next_free(ROOT / environment_name, settings.run.backend)
        folder = cls(path)
        with disk_errors(folder.checkpoints):
            folder.checkpoints.mkdir()
        write_atomically(folder.config, to_toml(settings).encode())
        write_atomically(path / "environment.json", _json(_surroundings(command)))
        with disk_errors(ROOT):
            ROOT.mkdir(exist_ok=True)
        write_atomically(ROOT / LATEST, f"{os.path.relpath(path, ROOT) if wanted is None else path.resolve()}\n".encode())
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return an existing run; raises UserError when `path` is none."""
        folder = cls(path)
        if not folder.config.is_file():
            raise UserError(
                f"{path} is not a run: it has no config.toml; give the folder that `genesys evolve` named, such as "
                f"{ROOT / 'CartPole' / '001-software'}"
            )
        return folder

    @classmethod
    def newest(cls) -> RunFolder:
        """Return the run that ``runs/latest`` names."""
        pointer = ROOT / LATEST
        try:
            return cls.open(ROOT / pointer.read_text().strip())
        except FileNotFoundError:
            raise UserError(
                f"there is no run here yet ({pointer} does not exist): evolve one with `genesys evolve --env CartPole`, "
                "or name one with --run"
            ) from None

    def settings(self) -> Settings:
        """Return the settings that the run was started with."""
        try:
            text = self.config.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedFileError(f"{self.config} cannot be read ({error})") from None
        return settings_from_toml(text, f"in {self.config}")

    def save_champion(self, champion: Champion, settings: Settings) -> None:
        save_champion(self.champion, champion, settings)

    def save_summary(self, summary: dict[str, Any]) -> None:
        write_atomically(self.summary, _json(summary))


def _next_free(parent: Path, backend: str) -> Path:
    """Make and return ``parent/NNN-backend`` with the first number above all that are taken."""
    with disk_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        taken = [int(p.name[:3]) for p in parent.iterdir() if p.name[:3].isdigit()]
        number = max(taken, default=0) + 1
        while True:
            path = parent / f"{number:03d}-{backend}"
            try:
                path.mkdir()
                return path
            except FileExistsError:  # somebody else took it just now
                number += 1


def _surroundings(command: Sequence[str]) -> dict[str, Any]:
    return {
        "command": list(command),
        "genesys": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("gymnasium", "numba", "numpy")},
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "host": platform.node(),
        "executable": sys.executable,
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()


class Metrics:
    """``metrics.csv``: a row a generation, written as it comes, so that it can be watched."""

    def __init__(self, path: Path, resume_after: int | None = None) -> None:
        """resume_after: keep the rows up to this generation and drop what follows; None: a new file."""
        self._path = path
        self._columns: list[str] = []
        self.wall_time_s = 0.0
        kept: list[dict[str, str]] = []
        if resume_after is not None and path.is_file():
            kept = _rows_until(path, resume_after)
        with disk_errors(path):
            if kept:
                self._columns = list(kept[0])
                self.wall_time_s = float(kept[-1]["wall_time_s"])
                text = io.StringIO()
                writer = csv.DictWriter(text, self._columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(kept)
                write_atomically(path, text.getvalue().encode())
            self._file = open(path, "a" if kept else "w", newline="", encoding="utf-8")  # noqa: SIM115 - kept open

    def append(self, row: Row) -> None:
        with disk_errors(self._path):
            writer = csv.DictWriter(self._file, self._columns or list(row), lineterminator="\n", extrasaction="ignore")
            if not self._columns:
                self._columns = list(row)
                writer.writeheader()
            writer.writerow({key: "" if value is None else value for key, value in row.items()})
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def _rows_until(path: Path, generation: int) -> list[dict[str, str]]:
    """Return the sound rows up to a generation; a row that was cut off when the run died is left out."""
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        rows = []
        for row in reader:
            complete = all(row.get(name) is not None for name in columns)
            if not complete or not row["generation"].isdigit() or int(row["generation"]) > generation:
                break
            rows.append(row)
    return rows
