"""Files that anybody may have written: how much of them is read, what JSON may be, and what is said of a wrong part."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..config.load import settings_from_toml
from ..config.problems import problem_lines
from ..config.schema import Settings
from ..config.trust import only_in_file
from ..errors import DamagedFileError, UserError, cut, plain

MOST = 128 * 2**20  # bytes of a document: a champion with a million connections
MOST_OF_LINES = 2**30  # bytes of metrics, species or faults
LONGEST = 1000  # letters of an environment's id
TOLD = 5  # settings that cannot be, in one message
LARGEST = 1e150  # of a number in a table: what can be added up and drawn
DIGITS = 400  # of a whole number; more would take long to read and mean nothing

_INSTANCE = re.compile(r"a valid dictionary or instance of \w+")
_LONG = re.compile(r"\d{30,}(\.\d*)?")  # numbers that pydantic spells out
_Model = TypeVar("_Model", bound=BaseModel)


def read_bytes(path: Path, what: str, most: int = MOST) -> bytes:
    """Return the bytes of a file; raises DamagedFileError where it cannot be read, or is too large for a `what`."""
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise DamagedFileError(f"{path} is a folder, and so damaged or not a {what}")
        if not stat.S_ISREG(about.st_mode):
            raise DamagedFileError(f"{path} is not a regular file, and so not a {what}")
        if about.st_size > most:
            raise DamagedFileError(f"{path} has {about.st_size:,} bytes; a {what} has {most:,} at most")
        return path.read_bytes()
    except FileNotFoundError:
        raise DamagedFileError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        raise DamagedFileError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None


def lines_of(path: Path, what: str) -> list[str]:
    """Return the lines of a file that grows, with their ends; none where there is none or it cannot be read."""
    try:
        if not path.exists():
            return []
        return read_bytes(path, what, MOST_OF_LINES).decode(errors="replace").splitlines(keepends=True)
    except OSError:
        return []


def parsed(data: bytes | str) -> Any:
    """Return what JSON says; raises ValueError for what is none, for a key that is there twice, and nested too deep.

    NaN and Infinity are read, as they are written: which numbers must be finite, models say.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        return json.loads(text, parse_int=_whole, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {shown(next(key for key in keys if keys.count(key) > 1))} is there twice")
    return found


def checked(model: type[_Model], document: Any, path: Path, what: str) -> _Model:
    """Return a document as its model has it; raises DamagedFileError with file, field, value and what is allowed."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise DamagedFileError(complaint(error, path, what)) from None


def complaint(error: ValidationError, path: Path, what: str) -> str:
    """Return the first thing that is wrong with a document, in one line."""
    problems = error.errors(include_url=False)
    problem = problems[0]
    place = place_of(problem["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if problem["type"] == "missing":
        return f"{path} lacks a part of a {what} ({place!r}){more}"
    words = (
        _LONG.sub(lambda digits: f"{float(digits[0]):.5g}", problem["msg"])
        .replace("Input should be", "must be")
        .replace("a valid dictionary or object to extract fields from", "an object")
    )
    words = _INSTANCE.sub("an object", words)
    return f"{path}: {place or 'the whole'} = {shown(problem['input'])}: {words}{more}"


def place_of(path: Sequence[str | int]) -> str:
    """Return where a field is, such as ``genome.nodes[3].bias``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: object) -> str:
    """Return a value of a file, shortened."""
    if isinstance(value, int) and abs(value) > 10**50:
        return "a number of very many digits"
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    if isinstance(value, BaseModel):
        return "an object"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = repr(value[:100] if isinstance(value, str) else value)
    return cut(text)


def said(value: object) -> str:
    """Return what a file says of itself, such as a version, shortened."""
    return plain(value)[:40] if isinstance(value, str) else shown(value)


def settings_in(text: str, path: Path) -> Settings:
    """Return the settings that a file of a run holds; raises DamagedFileError with the keys that are wrong.

    A module that only these settings name will not be imported, see ``config.trust``.
    """
    try:
        settings = _settings(text, f"in {path}")
    except UserError as error:
        lines = [line if len(line) <= 300 else f"{line[:297]}..." for line in problem_lines(error)]
        more = f"; and {len(lines) - TOLD} more" if len(lines) > TOLD else ""
        text = "; ".join(lines[:TOLD]) + more
        raise DamagedFileError(text if str(path) in text else f"the settings in {path}: {text}") from None
    except (ValueError, RecursionError, OverflowError) as error:
        why = str(error) if isinstance(error, ValueError) else "something in it is nested too deep, or too large"
        raise DamagedFileError(f"the settings in {path} cannot be read: {why}") from None
    if len(settings.environment.id) > LONGEST:
        raise DamagedFileError(
            f"{path}: environment.id has {len(settings.environment.id):,} letters, and names nothing"
        )
    only_in_file(settings, path)
    return settings


@lru_cache(maxsize=8)  # the checkpoints of a run all hold the same
def _settings(text: str, origin: str) -> Settings:
    return settings_from_toml(text, origin)
