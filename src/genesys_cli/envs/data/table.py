"""Files of data as columns, whatever their format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError, cut, nearest
from ..gym.modules import missing
from .csv_file import read_csv

SKLEARN = "sklearn:"
_SHIPPED = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")  # with scikit-learn, without a download

Column = NDArray[np.float64] | list[str]
"""Numbers, NaN where one is missing, or texts, empty where one is missing."""
Table = Mapping[str, Column]
"""Columns of equal length by their names, in the order of the file."""


def read_table(file: str) -> Table:
    """Return the columns of a CSV, NPZ or Parquet file, or of a table that scikit-learn ships (``sklearn:iris``).

    Raises :class:`UserError` with the reason where it cannot be read.
    """
    if file.startswith(SKLEARN):
        return _of_sklearn(file.removeprefix(SKLEARN))
    path = Path(file)
    kinds: dict[str, Callable[[Path], Table]] = {
        ".csv": read_csv,
        ".tsv": read_csv,
        ".txt": read_csv,
        ".npz": _read_npz,
        ".parquet": _read_parquet,
    }
    read = kinds.get(path.suffix.lower())
    if "://" in file:
        raise UserError(f"data.file = {file!r}: addresses are not fetched; download the file and name it")
    if not os.path.lexists(path):
        raise UserError(f"data.file = {file!r}: there is no such file{_beside(path)}")
    if path.is_dir():
        raise UserError(f"data.file = {file!r}: that is a folder; give a file in it")
    if read is None:
        raise UserError(f"data.file = {file!r}: its ending has to say what it is: {', '.join(kinds)}")
    try:
        table = read(path)
    except OSError as error:
        raise UserError(f"data.file = {file!r} cannot be read: {error.strerror or error}") from None
    if not table:
        raise UserError(f"data.file = {file!r} has no columns")
    return table


def has_values(column: Column) -> bool:
    """Say whether a column has a value in any row."""
    return any(column) if isinstance(column, list) else not bool(np.isnan(column).all())


def digest_of(table: Table) -> str:
    """Return a digest of a table's names and values: equal tables have equal ones, in whatever format they lie."""
    digest = hashlib.sha256()
    for name, column in table.items():
        digest.update(f"{len(name)} {name}\n".encode(errors="surrogatepass"))
        if isinstance(column, list):
            for text in column:
                digest.update(f"{len(text)} {text}\n".encode(errors="surrogatepass"))
        else:
            digest.update((column + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def _beside(path: Path) -> str:
    """Return the hint of a file's name that is nearly right."""
    try:
        return nearest(path.name, os.listdir(path.parent))
    except (OSError, ValueError):
        return ""


def _read_npz(path: Path) -> Table:
    """Return the arrays of an NPZ file; one of two dimensions becomes columns, such as ``X[0]``."""
    wrong = f"data.file = {str(path)!r}"
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, KeyError, OSError) as error:
        raise UserError(f"{wrong} is no sound NPZ file of arrays without objects: {error}") from None
    except Exception as error:  # zipfile and zlib have errors of their own
        raise UserError(f"{wrong} is no sound NPZ file: {error}") from None
    lengths = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) > 1 or any(array.ndim not in (1, 2) for array in arrays.values()):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise UserError(f"{wrong}: its arrays must have one or two dimensions and equally many rows, but are {shapes}")
    columns: dict[str, Column] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = _column(array, name, wrong)
        else:
            for k in range(array.shape[1]):
                columns[f"{name}[{k}]"] = _column(array[:, k], name, wrong)
    return columns


def _column(array: NDArray[Any], name: str, wrong: str) -> Column:
    if array.dtype.kind in "biuf":
        return np.asarray(array, np.float64)
    if array.dtype.kind == "U":
        return [str(text) for text in array]
    raise UserError(f"{wrong}: {name} has the type {array.dtype}; give numbers or texts")


def _read_parquet(path: Path) -> Table:
    """Return the columns of a Parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise UserError(f"data.file = {str(path)!r}: Parquet needs 'pyarrow'{missing('pyarrow')}") from None
    wrong = f"data.file = {str(path)!r}"
    try:
        read = parquet.read_table(path)
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"{wrong} is no sound Parquet file: {cut(' '.join(str(error).split()), 200)}") from None
    columns: dict[str, Column] = {}
    types = pyarrow.types
    for name, column in zip(read.column_names, read.columns, strict=True):
        kind = column.type
        if types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if types.is_boolean(kind):
            column = column.cast(pyarrow.int8())
        if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
            columns[name] = column.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
        elif types.is_string(kind) or types.is_large_string(kind):
            columns[name] = ["" if text is None else text for text in column.to_pylist()]
        else:
            raise UserError(
                f"{wrong}: the column {name!r} has the type {kind}; only numbers, booleans and texts can be learnt "
                "from, so leave it out of the file"
            )
    return columns


def _of_sklearn(name: str) -> Table:
    """Return a table that scikit-learn ships; its target is called ``target``."""
    if name not in _SHIPPED:
        raise UserError(
            f"data.file = '{SKLEARN}{name}': there is no such table{nearest(name, _SHIPPED)}; scikit-learn ships "
            f"{', '.join(_SHIPPED)}"
        )
    try:
        from sklearn import datasets
    except ModuleNotFoundError:
        raise UserError(f"data.file = '{SKLEARN}{name}' needs 'scikit-learn'{missing('sklearn')}") from None
    shipped = getattr(datasets, f"load_{name}")()
    inputs = np.asarray(shipped.data, np.float64)
    columns: dict[str, Column] = {str(title): inputs[:, k] for k, title in enumerate(shipped.feature_names)}
    target = np.asarray(shipped.target)
    titles = getattr(shipped, "target_names", ())
    if target.ndim == 2:
        columns |= {str(title): target[:, k].astype(np.float64) for k, title in enumerate(titles)}
    elif len(titles):
        columns["target"] = [str(titles[k]) for k in target]
    else:
        columns["target"] = target.astype(np.float64)
    return columns
