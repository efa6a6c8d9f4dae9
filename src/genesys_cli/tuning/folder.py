"""The folder of a tuning: what was asked, the trials, the studies on seeds that were held out, and the preset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field

from .. import __version__
from ..config import toml
from ..config.schema import Settings
from ..config.seeds import parse_seeds, seeds_text
from ..errors import DamagedFileError, UserError
from ..files.folder import as_json, new_folder
from ..files.models import Text
from ..files.reading import checked, read_bytes, settings_in
from ..files.storage import write_atomically
from ..files.study import is_study
from ..genome.document import Document
from .space import Dimension, parse_space

KIND = "tuning"
PRUNERS = ("median", "halving", "none")
OBJECTIVES = ("curve", "final")
MOST_TRIALS = 100_000


class Tuning(NamedTuple):
    """What is asked.

    settings: of the preset that is tuned, resolved; space: by key, see :mod:`.space`
    seeds: of each trial; held_out: that judge in the end; trials: how many
    pruner: which ends trials early; objective: see :mod:`.score`; sampler_seed: of what is tried
    """

    settings: Settings
    space: dict[str, Dimension]
    seeds: tuple[int, ...]
    held_out: tuple[int, ...]
    trials: int
    pruner: str
    objective: str
    sampler_seed: int


class TuningDocument(Document):
    """The table of ``tuning.toml`` that says what is asked."""

    seeds: Text
    held_out: Text
    trials: int = Field(ge=1, le=MOST_TRIALS)
    pruner: Literal["median", "halving", "none"]
    objective: Literal["curve", "final"]
    sampler_seed: int = Field(ge=0, lt=2**63)


class TuningFolder:
    """Where a tuning keeps its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "tuning.toml"
        self.storage = path / "trials.db"
        self.summary = path / "tuning.json"
        self.preset = path / "preset.toml"
        self.held_out = path / "held-out"

    @classmethod
    def create(cls, wanted: Path | None, environment_name: str, tuning: Tuning) -> TuningFolder:
        """Make the folder of a new tuning. wanted: the user's choice; None: ``runs/<environment>/<NNN>-tuning``"""
        folder = cls(new_folder(wanted, environment_name, KIND))
        folder.save(tuning)
        return folder

    @classmethod
    def open(cls, path: Path) -> TuningFolder:
        """Return an existing tuning; raises UserError where there is none."""
        folder = cls(path)
        if not folder.config.is_file():
            raise UserError(f"{path} is no tuning: it has no tuning.toml; give the folder that `genesys tune` named")
        return folder

    def studies(self) -> list[Path]:
        """Return the studies on held-out seeds, that of the original first."""
        return sorted(place for place in self.held_out.glob("*") if is_study(place))

    def trial(self, number: int) -> Path:
        """Return where the runs of a trial lie while it is carried out."""
        return self.path / "trials" / f"trial-{number:04d}"

    def read(self) -> Tuning:
        """Return what ``tuning.toml`` says; raises DamagedFileError where it is no tuning's."""
        try:
            text = read_bytes(self.config, "tuning.toml").decode("utf-8-sig")
            document = toml.parse(text)
        except UnicodeDecodeError as error:
            raise DamagedFileError(f"{self.config} cannot be read ({error})") from None
        except toml.TOMLDecodeError as error:
            raise DamagedFileError(f"{self.config} is not valid TOML: {error}") from None
        about = checked(TuningDocument, document.get("tuning", {}), self.config, "tuning")
        settings = settings_in(text, self.config)
        try:
            seeds, held_out = (
                parse_seeds(given, f"tuning.{name} =", alone="")
                for name, given in (("seeds", about.seeds), ("held_out", about.held_out))
            )
            check_apart(seeds, held_out)
            space = parse_space(_space_texts(document.get("space")), settings)
        except UserError as error:
            raise DamagedFileError(f"{self.config}: {error}") from None
        return Tuning(settings, space, seeds, held_out, about.trials, about.pruner, about.objective, about.sampler_seed)

    def save(self, tuning: Tuning) -> None:
        """Write ``tuning.toml``."""
        document: dict[str, Any] = {
            "written_by": {"genesys": __version__},
            "tuning": {
                "seeds": seeds_text(tuning.seeds),
                "held_out": seeds_text(tuning.held_out),
                "trials": tuning.trials,
                "pruner": tuning.pruner,
                "objective": tuning.objective,
                "sampler_seed": tuning.sampler_seed,
            },
            "space": {dimension.key: dimension.text for dimension in tuning.space.values()},
            **tuning.settings.tables(),
        }
        write_atomically(self.config, toml.write(document).encode())

    def save_summary(self, summary: dict[str, Any]) -> None:
        """Write ``tuning.json``."""
        write_atomically(self.summary, as_json(summary))


def is_tuning(path: Path) -> bool:
    """Say whether a folder is a tuning."""
    return (path / "tuning.toml").is_file()


def check_apart(seeds: Sequence[int], held_out: Sequence[int]) -> None:
    """Raise UserError where a seed would judge what it was tuned on."""
    if both := sorted(set(seeds) & set(held_out)):
        raise UserError(
            f"--held-out {seeds_text(held_out)}: {seeds_text(both)} is among the seeds that are tuned on, "
            f"{seeds_text(seeds)}, and so could not judge; give others"
        )


def _space_texts(given: Any) -> list[str]:
    """Return the space as ``--space`` takes it."""
    if not isinstance(given, dict) or not given or not all(isinstance(value, str) for value in given.values()):
        raise UserError('[space] must have a range or values for each setting, such as "neat.elitism" = "1..5"')
    return [f"{key}={value}" for key, value in given.items()]
