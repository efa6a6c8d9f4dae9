"""A table as numbers to learn from, and what a run finds out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.data import AUTO, CLASSIFICATION, LOSSES, REGRESSION, DataSettings
from ...errors import UserError, cut, nearest
from .csv_file import UNNAMED
from .split import split
from .table import Column, Table, digest_of, read_table

MOST_CLASSES = 20  # of whole numbers that are taken for classes where nobody says
LARGEST = 1e30  # of a value: float32 holds it, and sums of two
_LOST = 0.01  # of a column's standard deviation, what float32 may lose of its values
_NOISE = 1e-12  # of a column's largest value: differences below are those of rounding, and the column is constant
_FEWEST = 2  # rows to train on
_UNNAMED = re.compile(rf"{UNNAMED} \d+|Unnamed: \d+|__index_level_\d+__")  # ours; what pandas calls them in files
_GROUPED = re.compile(r"[-+]?\d[\d.,' \u00a0\u202f]*")  # a number with a decimal comma or groups of digits


@dataclass(frozen=True, eq=False)
class Rows:
    """N rows of I inputs.

    inputs: (N, I) float32; training, held_out: rows, int64
    targets: (N, T) float64; of classes the index of each row's, with T = 1
    numbers: (N,) int64, of each row its place in the table, from 1; dropped: rows that lack a value and are left out
    labelled: whether the targets are known; if not they are 0
    unnamed: columns that are left out for want of a name
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float64]
    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    numbers: NDArray[np.int64]
    dropped: int
    labelled: bool = True
    unnamed: tuple[str, ...] = ()


class Scaling(NamedTuple):
    """Mean and standard deviation of each input over the rows trained on, (I,) float64; 1 of what is constant."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Learnt(NamedTuple):
    """A table that was read. settings: with all that follows from it; scaling: of its inputs"""

    settings: DataSettings
    rows: Rows
    scaling: Scaling


def settle(settings: DataSettings) -> Learnt:
    """Read the table of the settings.

    Raises :class:`UserError` where the table is none to learn from, or another one than that of a settled run.
    """
    table = read_table(str(settings.file))
    wrong = f"data.file = {settings.file!r}"
    if not len(next(iter(table.values()))):
        raise UserError(f"{wrong} has no rows")
    names = _inputs(settings, table)
    digest = digest_of({name: table[name] for name in (*names, *settings.target)})
    if settings.settled and digest != settings.sha256:
        raise UserError(
            f"{wrong} is not the table that the run was begun with: other values stand in it; "
            "restore it, or start a new run with it"
        )
    task, classes = _task(settings, table)
    found = rows_of(settings.model_copy(update={"inputs": names, "task": task, "classes": classes}), table)
    train = found.training
    for name in (*names, *(settings.target if task == REGRESSION else ())):
        _distinguishable(_numbers(table[name], name, wrong)[found.numbers - 1], name, wrong)
    if len(train) < _FEWEST or (settings.held_out > 0 and not len(found.held_out)):
        raise UserError(
            f"{wrong} has {len(found.inputs)} rows, of which {len(train)} are left to train on; "
            f"at least {_FEWEST} have to be, beside those that are held out (data.held_out = {settings.held_out:g})"
        )
    if settings.batch is not None and settings.batch > len(train):
        raise UserError(f"data.batch = {settings.batch}: must be at most {len(train)}, the rows to train on, or none")
    update = {
        "inputs": names,
        "task": task,
        "loss": _loss(settings, task),
        "classes": classes,
        "sha256": digest,
        "training_rows": len(train),
        "held_out_rows": len(found.held_out),
    }
    if task == REGRESSION:
        scaling = scaling_of(found.targets[train])
        if (found.targets[train] == found.targets[train][0]).all(axis=0).any():
            raise UserError(f"data.target: a target has the same value in all {len(train)} rows that are trained on")
        update |= {"target_mean": scaling.mean.tolist(), "target_std": scaling.std.tolist()}
    return Learnt(settings.model_copy(update=update), found, scaling_of(found.inputs[train].astype(np.float64)))


def _distinguishable(values: NDArray[np.float64], name: str, wrong: str) -> None:
    """Raise UserError where a column's values are nearly equal in float32, which is what networks read and give."""
    span = float(np.ptp(values))
    if span <= _NOISE * float(np.abs(values).max()):
        return
    std = float(values.std())
    lost = float(np.abs(values.astype(np.float32) - values).mean())
    if lost > _LOST * std or std < 1 / LARGEST:
        raise UserError(
            f"{wrong}: the values of {name!r}, such as {float(values[0])!r}, have a standard deviation of {std:.3g}, "
            "and float32, in which networks compute, does not tell them apart; subtract a number from all of them, or "
            "take another unit"
        )


def scaling_of(values: NDArray[np.float64]) -> Scaling:
    """Return mean and standard deviation of each column of (N, K) numbers."""
    std = values.std(axis=0)
    constant = (values == values[0]).all(axis=0) | (std == 0)
    return Scaling(values.mean(axis=0), np.where(constant, 1.0, std))


def rows_of(settings: DataSettings, table: Table, *, labelled: bool = True) -> Rows:
    """Return the rows of a table; settings: with names of inputs, task and classes; labelled: whether it has targets"""
    wrong = f"data.file = {settings.file!r}"
    for name in (*settings.inputs, *(settings.target if labelled else ())):
        _known(name, table, wrong)
    if not labelled:
        zeros: list[str] | NDArray[np.float64] = np.zeros(len(table[settings.inputs[0]]))
        if settings.task == CLASSIFICATION:
            zeros = [settings.classes[0]] * len(zeros)
        table = {**table, **dict.fromkeys(settings.target, zeros)}
    inputs = [_numbers(table[name], name, wrong) for name in settings.inputs]
    if settings.task == CLASSIFICATION:
        column = table[settings.target[0]]
        columns = [_indices(column, settings.classes, settings.target[0], wrong)]
    else:
        columns = [_numbers(table[name], name, wrong) for name in settings.target]
    both, numbers = _complete(np.array([*inputs, *columns]), settings)
    dropped = len(inputs[0]) - len(numbers)
    classes = both[len(inputs)].astype(np.int64) if settings.task == CLASSIFICATION else None
    training, held_out = split(both.shape[1], settings.held_out, settings.split_seed, classes)
    unnamed = tuple(name for name in table if name not in settings.inputs and _is_unnamed(name, settings))
    single = np.ascontiguousarray(both[: len(inputs)].T.astype(np.float32))
    return Rows(
        single, np.ascontiguousarray(both[len(inputs) :].T), training, held_out, numbers, dropped, labelled, unnamed
    )


def _complete(columns: NDArray[np.float64], settings: DataSettings) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return inputs and targets, (columns, N), without rows that lack a value, and the places of the others, from 1."""
    wrong = f"data.file = {settings.file!r}"
    names = (*settings.inputs, *settings.target)
    lacking = np.isnan(columns)
    missing = np.asarray(lacking.any(axis=0))
    empty = [names[k] for k in np.flatnonzero(lacking.all(axis=1))] if len(missing) else []
    if empty:
        raise UserError(f"{wrong}: the column {empty[0]!r} has no value in any row; {_instead(empty[0], settings)}")
    if missing.any() and settings.missing == "error":
        counts = zip(names, lacking.sum(axis=1).tolist(), strict=True)
        most = ", ".join(f"{name} in {count}" for name, count in counts if count)
        raise UserError(
            f"{wrong}: {int(missing.sum())} of {len(missing)} rows lack a value ({cut(most, 120)}); "
            f"fill them in, or leave such rows out{'' if settings.settled else ': --set data.missing=drop'}"
        )
    whole = columns[:, ~missing]
    if not whole.shape[1]:
        raise UserError(f"{wrong} has no rows{' without a missing value' if missing.any() else ''}")
    largest: NDArray[np.float64] = np.abs(whole).max(axis=1)
    if (largest > LARGEST).any():
        raise UserError(f"{wrong}: the column {names[int(largest.argmax())]!r} has a value beyond ±{LARGEST:g}")
    return whole, np.flatnonzero(~missing) + 1


def _instead(name: str, settings: DataSettings) -> str:
    """Return what to do about a column without values."""
    if name in settings.target or settings.settled:
        return "fill it in"
    return "leave it out, or choose the inputs: --set data.inputs=[...]"


def _inputs(settings: DataSettings, table: Table) -> list[str]:
    """Return the names of the inputs: all columns but the targets where none are named."""
    for name in (*settings.inputs, *settings.target):
        _known(name, table, f"data.file = {settings.file!r}")
    if settings.inputs:
        return settings.inputs
    names = [name for name in table if name not in settings.target and not _is_unnamed(name, settings)]
    if not names:
        raise UserError(
            f"data.file = {settings.file!r} has no column beside the target that has a name: there is nothing to learn "
            "from"
        )
    return names


def _is_unnamed(name: str, settings: DataSettings) -> bool:
    """Whether a column has no name: as a rule it counts the rows, and networks would learn the order of the file."""
    return _UNNAMED.fullmatch(name) is not None and name not in settings.target


def _known(name: str, table: Table, wrong: str) -> None:
    if name not in table:
        numbered = list(table) == [str(k + 1) for k in range(len(table))]
        counted = " (its first line holds nothing but numbers, so it is no line of names)" if numbered else ""
        raise UserError(
            f"{wrong} has no column {name!r}{nearest(name, table)}; its columns are {cut(', '.join(table), 300)}"
            + counted
        )


def _task(settings: DataSettings, table: Table) -> tuple[str, list[str]]:
    """Return the task, and the classes in order, none of numbers."""
    target = table[settings.target[0]]
    task: str = settings.task
    if task == AUTO and settings.loss != AUTO:
        task = LOSSES[settings.loss][0]
    if task == AUTO:
        several = len(settings.target) > 1
        if not several:
            _tell_apart(target, settings)
        task = REGRESSION if several or not _looks_like_classes(target) else CLASSIFICATION
    if task == REGRESSION:
        return task, []
    classes = settings.classes or _classes(target)
    if len(classes) < 2:
        raise UserError(
            f"data.target = {settings.target[0]!r} has one class only, {cut(', '.join(classes)) or 'nothing'}: there "
            "is nothing to tell apart"
        )
    return task, classes


def _tell_apart(target: Column, settings: DataSettings) -> None:
    """Raise UserError where texts are more likely numbers, or names of single rows, than classes."""
    if not isinstance(target, list):
        return
    texts = [text for text in target if text]
    if len(set(texts)) <= max(MOST_CLASSES, len(texts) // 2) and not _mostly_numbers(texts):
        return
    odd = next(text for text in texts if not _reads_as_number(text))
    raise UserError(
        f"data.target = {settings.target[0]!r} has {len(set(texts))} different values in {len(texts)} rows, among them "
        f"the text {cut(odd)!r}: if it is a number, write it like 1234.5, or leave it empty where it is missing; if "
        "they are classes all the same: --set data.task=classification"
    )


def _mostly_numbers(texts: list[str]) -> bool:
    different = set(texts)
    return len(different) > MOST_CLASSES and 2 * sum(map(_reads_as_number, different)) > len(different)


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _looks_like_classes(target: Column) -> bool:
    if isinstance(target, list):
        return True
    values = np.unique(target[~np.isnan(target)])
    return len(values) <= MOST_CLASSES and bool((values == np.round(values)).all())


def _classes(target: Column) -> list[str]:
    """Return the classes that a column has: numbers in ascending order, texts in that of the alphabet."""
    if isinstance(target, list):
        return sorted({text for text in target if text})
    return [_spelled(value) for value in np.unique(target[~np.isnan(target)]).tolist()]


def _spelled(value: float) -> str:
    return str(int(value)) if value == round(value) else repr(value)


def _loss(settings: DataSettings, task: str) -> str:
    fitting = [name for name, tasks in LOSSES.items() if task in tasks]
    if settings.loss == AUTO:
        return fitting[0]
    if settings.loss not in fitting:
        raise UserError(f"data.loss = {settings.loss!r}: is for {LOSSES[settings.loss][0]}, but this is {task}")
    return settings.loss


def _numbers(column: Column, name: str, wrong: str) -> NDArray[np.float64]:
    if not isinstance(column, list):
        return column
    odd = next((text for text in column if text and not _reads_as_number(text)), None)
    if odd is not None:
        like = "write them like 1234.5" if _GROUPED.fullmatch(odd) else "turn them into numbers, a column for each kind"
        raise UserError(
            f"{wrong}: the column {name!r} holds texts, such as {cut(odd)!r}, where a network needs numbers; {like}, "
            "or choose the inputs: --set data.inputs=[...]"
        )
    return np.array([float(text or "nan") for text in column])


def _indices(column: Column, classes: list[str], name: str, wrong: str) -> NDArray[np.float64]:
    """Return the index of each row's class, NaN where it is missing."""
    places = {label: float(k) for k, label in enumerate(classes)}
    labels = column if isinstance(column, list) else ["" if np.isnan(x) else _spelled(x) for x in column.tolist()]
    for label in labels:
        if label and label not in places:
            raise UserError(
                f"{wrong}: the column {name!r} has the class {cut(label)!r}, which is none of "
                f"{cut(', '.join(classes), 200)}"
            )
    return np.array([places[label] if label else np.nan for label in labels])
