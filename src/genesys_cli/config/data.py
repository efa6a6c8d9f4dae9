"""Settings of a table of data, whose rows a population learns in the place of episodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .base import CheckedTable, Sized

AUTO: Literal["auto"] = "auto"
REGRESSION, CLASSIFICATION = "regression", "classification"
LOSSES = {
    "squared_error": (REGRESSION,),
    "absolute_error": (REGRESSION,),
    "log_loss": (CLASSIFICATION,),
    "hinge": (CLASSIFICATION,),
    "zero_one": (CLASSIFICATION,),
}
"""What each loss is for; the first of a task is what `auto` takes."""

FOUND = ("sha256", "classes", "target_mean", "target_std", "training_rows", "held_out_rows")
"""Settings that a run finds out from the file; with them, an export or a drawing needs no file."""


def _listed(value: Any) -> Any:
    """Take one name for a list of one."""
    return [value] if isinstance(value, str) else value


def _found(sound: dict[str, Any]) -> bool:
    """Say whether settings have all that a run finds out, as only a run writes them."""
    targets = len(sound.get("target") or [])
    if sound.get("task") == CLASSIFICATION:
        whole = len(sound.get("classes") or []) >= 2
    else:
        whole = all(len(sound.get(key) or []) == targets for key in ("target_mean", "target_std"))
    known = all(sound.get(key, AUTO) != AUTO for key in ("task", "loss"))
    return whole and known and bool(sound.get("inputs")) and bool(sound.get("training_rows"))


Names = Annotated[list[str], BeforeValidator(_listed)]


class DataSettings(CheckedTable):
    """A table of data to learn from."""

    file: str | None = Field(
        None,
        min_length=1,
        description="Table to learn from: a CSV, NPZ or Parquet file, or sklearn:NAME; none: an environment is played.",
    )
    target: Names = Field([], description="Columns that the network has to predict.")
    inputs: Names = Field([], description="Columns that the network reads; []: all that are no targets.")
    task: Literal["auto", "regression", "classification"] = Field(
        AUTO, description="What the targets are: numbers or classes; auto: as they look."
    )
    loss: Literal["auto", "squared_error", "absolute_error", "log_loss", "hinge", "zero_one"] = Field(
        AUTO,
        description="Loss of a row, whose mean is the fitness; auto: squared_error of numbers, log_loss of classes.",
    )
    held_out: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the rows that no network trains on, and that choose the champion, of each class the "
        "same; 0: the champion is chosen on the rows that are trained on.",
    )
    split_seed: int = Field(
        0, ge=0, le=2**63 - 1, description="Seed of the choice of held-out rows; it is apart from run.seed."
    )
    batch: int | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="Rows that a generation trains on, drawn for each anew; none: all.",
    )
    standardise: bool = Field(
        True, description="Whether each input is brought to mean 0 and standard deviation 1 of the rows trained on."
    )
    missing: Literal["error", "drop"] = Field(
        "error", description="What becomes of rows in which a value is missing: an error, or they are left out."
    )
    sha256: str = Field("", description="Digest of the columns that are read; the run fills it in.")
    classes: Names = Field([], description="Classes, in order; the run fills them in.")
    target_mean: list[Sized] = Field(
        [], description="Mean of each target over the rows trained on; the run fills it in."
    )
    target_std: list[Sized] = Field(
        [], description="Standard deviation of each target over the rows trained on; the run fills it in."
    )
    training_rows: int = Field(0, ge=0, description="Rows to train on; the run fills it in.")
    held_out_rows: int = Field(0, ge=0, description="Rows held out; the run fills it in.")

    @property
    def settled(self) -> bool:
        """Say whether a run has filled in what it found."""
        return self.sha256 != ""

    def facts(self) -> dict[str, Any] | None:
        """Return what was learnt, for people; None: no table was."""
        told = ("file", "target", "task", "loss", "training_rows", "held_out_rows")
        return None if self.file is None else {key: getattr(self, key) for key in told}

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if sound.get("file") is None:
            given = [key for key in ("target", "inputs") if sound.get(key)]
            for key in given:
                yield key, "has no meaning without a table; name one: --data FILE"
            return
        if sound.get("sha256") and not _found(sound):
            yield "sha256", f"is found by a run, together with {', '.join(FOUND[1:])}, and not given: leave it out"
        if "target" in sound and not sound["target"]:
            yield "target", "must name the column to be predicted: --target COLUMN"
        for key in ("target", "inputs"):
            names = sound.get(key) or []
            if twice := next((name for name in names if names.count(name) > 1), None):
                yield key, f"names the column {twice!r} twice"
        if both := [name for name in sound.get("inputs") or [] if name in (sound.get("target") or [])]:
            yield "inputs", f"holds {both[0]!r}, which is a target: a network that is told the answer learns nothing"
        task, loss = sound.get("task", AUTO), sound.get("loss", AUTO)
        if AUTO not in (task, loss) and task not in LOSSES[loss]:
            fitting = [name for name, tasks in LOSSES.items() if task in tasks]
            yield "loss", f"is for {LOSSES[loss][0]}, and data.task is {task}; take {', '.join(fitting)}"
        if len(sound.get("target") or []) > 1 and CLASSIFICATION in (task, *LOSSES.get(loss, ())):
            yield "target", "must be one column of classes; several can be predicted as numbers only"
