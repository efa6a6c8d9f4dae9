"""The folder of a study: settings, seeds, and an ordinary run for each seed; see ``docs/studies.md``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from ..backends.evaluation import LOST
from ..config import toml
from ..config.schema import AUTO, Settings
from ..config.seeds import parse_seeds, seeds_text
from ..errors import DamagedFileError, UserError
from .folder import RunFolder, as_json, new_folder
from .identity import differences, value_of
from .models import LossDocument, StudyDocument
from .reading import checked, lines_of, parsed, read_bytes, settings_in
from .storage import disk_errors, write_atomically

KIND = "study"  # the end of a folder's name where the user gives none
CONFIG, SUMMARY, FAULTS = "study.toml", "study.json", "faults.jsonl"
START = "start"  # the folder with copies of what runs begin with
FOUND_BY_RUNS = ("start.sources", "start.sha256")  # settings that a run that begins with given genomes fills in


class Study(NamedTuple):
    """What ``study.toml`` says. settings: with any seed; logs: kinds beside ``metrics.csv``, of each run"""

    settings: Settings
    seeds: tuple[int, ...]
    logs: tuple[str, ...]

    def settings_of(self, seed: int) -> Settings:
        """Return the settings of the run of a seed."""
        return self.settings.model_copy(update={"run": self.settings.run.model_copy(update={"seed": seed})})


class StudyFolder:
    """Where a study keeps its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / CONFIG
        self.summary = path / SUMMARY
        self.faults = path / FAULTS

    @classmethod
    def create(cls, wanted: Path | None, environment_name: str, study: Study) -> StudyFolder:
        """Make the folder of a new study, with copies of the files that its runs begin with.

        wanted: the user's choice; None: ``runs/<environment>/<NNN>-study``
        """
        folder = cls(new_folder(wanted, environment_name, KIND))
        for k, source in enumerate(map(Path, study.settings.start.sources)):
            copy = folder.start_file(k, source)
            with disk_errors(copy):
                copy.parent.mkdir(exist_ok=True)
            write_atomically(copy, read_bytes(source, "source of genomes"))
        folder.save(study)
        return folder

    @classmethod
    def open(cls, path: Path) -> StudyFolder:
        """Return an existing study; raises UserError where there is none."""
        if not is_study(path):
            raise UserError(f"{path} is not a study: it has no {CONFIG}; `genesys evolve --seeds 0-19` makes one")
        return cls(path)

    def read(self) -> Study:
        """Return what ``study.toml`` says; raises DamagedFileError where it is no study's."""
        try:
            text = read_bytes(self.config, CONFIG).decode("utf-8-sig")
            document = toml.parse(text)
        except UnicodeDecodeError as error:
            raise DamagedFileError(f"{self.config} cannot be read ({error})") from None
        except toml.TOMLDecodeError as error:
            raise DamagedFileError(f"{self.config} is not valid TOML: {error}") from None
        about = checked(StudyDocument, document.get("study", {}), self.config, "study")
        try:
            seeds = parse_seeds(about.seeds, f"{self.config}: study.seeds =")
        except UserError as error:
            raise DamagedFileError(str(error)) from None
        settings = settings_in(text, self.config)
        sources = [os.path.abspath(self.path / source) for source in settings.start.sources]
        return Study(with_sources(settings, sources), seeds, tuple(about.logs))

    def save(self, study: Study) -> None:
        """Write ``study.toml``; the files that runs begin with are those that lie in the folder."""
        sources = study.settings.start.sources
        inside = [f"{START}/{self.start_file(k, Path(source)).name}" for k, source in enumerate(sources)]
        tables = with_sources(study.settings, inside).tables()
        tables["run"] = {key: value for key, value in tables["run"].items() if key != "seed"}
        about: dict[str, Any] = {"seeds": seeds_text(study.seeds)}
        if study.logs:
            about["logs"] = list(study.logs)
        document = {"written_by": {"genesys": __version__}, "study": about, **tables}
        write_atomically(self.config, toml.write(document).encode())

    def save_summary(self, summary: dict[str, Any]) -> None:
        """Write ``study.json``."""
        write_atomically(self.summary, as_json(summary))

    def note_lost(self, seed: int, message: str) -> None:
        """Add to ``faults.jsonl`` that who carried out the run of a seed was lost."""
        line = json.dumps({"seed": seed, "kind": LOST, "message": message})
        with disk_errors(self.faults), open(self.faults, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def losses(self) -> list[LossDocument]:
        """Return what ``faults.jsonl`` says, as far as it can be read."""
        found = []
        for line in lines_of(self.faults, FAULTS):
            try:
                found.append(LossDocument.model_validate(parsed(line)))
            except ValueError:  # of JSON, or what the model says
                break
        return found

    def start_file(self, k: int, source: Path) -> Path:
        """Return where the copy of a file lies that the runs begin with; of a copy it is itself."""
        if source.parent == Path(os.path.abspath(self.path / START)):
            return source
        return self.path / START / f"{k}-{source.name}"

    def run(self, seed: int) -> RunFolder:
        """Return the run of a seed, whether it is there or not."""
        return RunFolder(self.path / f"seed-{seed:04d}")

    def check_runs(self, study: Study) -> None:
        """Raise UserError where a run is that of other settings than the study's, since somebody has edited one.

        A run whose settings cannot be read is left to whoever resumes it.
        """
        for seed, theirs in self._known(study.seeds):
            if theirs.run.seed != seed:
                raise UserError(
                    f"{self.run(seed).path} is the run of seed {theirs.run.seed}, not of {seed}; give it its own name "
                    f"again, or move it out of {self.path}"
                )
            mine = study.settings_of(seed)
            keys = [
                key for key in differences(mine, theirs) if value_of(mine, key) != AUTO and key not in FOUND_BY_RUNS
            ]
            if keys:
                here = ", ".join(f"{key} = {value_of(mine, key)!r}" for key in keys)
                there = ", ".join(f"{key} = {value_of(theirs, key)!r}" for key in keys)
                raise UserError(
                    f"{self.config} says {here}, but {self.run(seed).config} says {there}; restore the one that was "
                    "changed, or start a new study"
                )

    def _known(self, seeds: Sequence[int]) -> Iterator[tuple[int, Settings]]:
        for seed in seeds:
            try:
                yield seed, self.run(seed).settings()
            except DamagedFileError:
                continue


def with_sources(settings: Settings, sources: Sequence[str]) -> Settings:
    """Return settings of runs that begin with these files, if with any."""
    if not settings.start.sources:
        return settings
    return settings.model_copy(update={"start": settings.start.model_copy(update={"sources": list(sources)})})


def is_study(path: Path) -> bool:
    """Say whether a folder is a study."""
    try:
        return (path / CONFIG).is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
