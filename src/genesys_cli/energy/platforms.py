"""The shipped platforms, and those of a user's own file."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from ..config import toml
from ..config.base import Table
from ..config.presets import find_file, preset_folder, read_toml
from ..config.problems import joined
from ..errors import GenesysError, UserError, cut, nearest
from ..measure.calibration import Calibration
from ..measure.costs import Costs
from ..measure.meters.host import Host
from .profile import Positive, Profile, ProfileTable

ABOUT = ("written_by",)
HOST_PYTHON = "Host_Python"


class CostsTable(Table):
    """Where the shipped costs of interpreted software were measured, and what they are."""

    source: str = Field(min_length=1)
    costs: dict[str, Positive]


def platform_folder() -> Path:
    return preset_folder() / "platforms"


def platform_names() -> list[str]:
    """Return the names of all shipped platforms."""
    return sorted(_shipped(), key=str.lower)


def shipped_costs() -> tuple[Costs, str]:
    """Return the costs of interpreted software that this package comes with, and where they are from."""
    path = platform_folder() / "costs" / "interpreted-python.toml"
    table = CostsTable.model_validate(_document(path))
    return Costs(**{key: constant.value for key, constant in table.costs.items()}), table.source


def load_profile(name: str | Path, calibration: Calibration | None = None) -> Profile:
    """Return a platform by its name, in any case, or from a TOML file; raises :class:`UserError`.

    calibration: of this machine; its costs take the place of the shipped ones where it says how fast this machine's
        core is beside the reference core, since the profiles' slowdowns are relative to that one
    """
    chosen, path = find_file(name, _shipped(), "platform")
    tables = read_profile(path)
    if chosen is None:
        if len(tables.platforms) > 1:
            raise UserError(
                f"the platform file {str(path)!r} has {len(tables.platforms)} platforms, "
                f"{', '.join(tables.platforms)}; a file given by its path must have one"
            )
        chosen = next(iter(tables.platforms))
    costs, source = shipped_costs()
    if calibration is not None and calibration.relative_speed is not None:
        costs, source = calibration.on_reference_core(), calibration.source
    return Profile(chosen, tables.platforms[chosen], tables, costs, source)


def interpreted_host(host: Host, calibration: Calibration) -> Profile:
    """Return this machine as a platform that runs the plain-Python NEAT serially, as the calibration measured it.

    Its power is the share of cores at work times its rated power, as of :class:`.meters.meter.Meter` without a counter.
    """
    tdp = {"value": list(host.tdp_w), "tag": "own", "source": host.tdp_source}
    measured = {"value": 1, "tag": "own", "source": calibration.source}
    tables = ProfileTable.model_validate(
        {
            "machine": {"name": host.cpu, "kind": "cpu"},
            "power": {"idle_w": {"value": 0, "tag": "own", "source": "not known"}, "active_w": tdp, "tdp_w": tdp},
            "cores": {
                "count": {"value": host.cores, "tag": "own", "source": "as the operating system counts them"},
                "parallel_efficiency": {"value": 1, "tag": "own", "source": "one core works"},
            },
            "interpreted": {"slowdown": measured, "interpreter": measured, "library": measured},
            "platforms": {
                HOST_PYTHON: {
                    "description": "This machine with a plain-Python NEAT, serial",
                    "software": "interpreted",
                    "inference": "serial",
                    "evolution": "serial",
                }
            },
        }
    )
    return Profile(HOST_PYTHON, tables.platforms[HOST_PYTHON], tables, calibration.costs, calibration.source)


def read_profile(path: Path) -> ProfileTable:
    """Return a file's machine and platforms, checked; raises one :class:`UserError` that lists every problem."""
    document = {key: value for key, value in _document(path).items() if key not in ABOUT}
    try:
        return ProfileTable.model_validate(document)
    except ValidationError as error:
        raise joined(dict.fromkeys(_lines(error, path.name))) from None


def _document(path: Path) -> Mapping[str, Any]:
    """Return a platform file's tables, not to be changed; parsed once until the file changes."""
    try:
        state = path.stat()
    except OSError:  # says so in its own words
        return read_toml(path, "platform")
    return _parsed(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache
def _parsed(path: Path, _changed: int, _size: int) -> dict[str, Any]:
    return read_toml(path, "platform")


def _shipped() -> dict[str, Path]:
    """Return the file of each shipped platform; the names alone are read here, the rest when one is chosen."""
    found: dict[str, Path] = {}
    for path in sorted(platform_folder().glob("*.toml")):
        platforms = _document(path).get("platforms")
        found |= dict.fromkeys(platforms if isinstance(platforms, dict) else (), path)
    if not found:
        raise GenesysError("the shipped platforms are missing from this installation: install genesys-cli again")
    return found


def _lines(error: ValidationError, file: str) -> Iterator[str]:
    """Yield key, value and what is allowed, for each problem."""
    for problem in error.errors(include_url=False):
        path = [str(part) for part in problem["loc"]]
        key, kind = ".".join(path), problem["type"]
        where = f"{key} (in {file})"
        if kind == "extra_forbidden":
            yield f"{where}: there is no such key{nearest(path[-1], _known(path[:-1]))}"
        elif kind == "missing":
            yield f"{where}: must be given{_purpose(path)}"
        elif kind == "conflict":
            yield f"{key or 'the platform'} (in {file}): {problem['msg']}"
        elif kind == "range":
            yield f"{key} = {_shown(problem['input'])} (in {file}): {problem['msg']}"
        elif kind == "literal_error":
            yield f"{key} = {_shown(problem['input'])} (in {file}): must be one of {problem['ctx']['expected']}"
        elif kind in ("string_too_short", "string_pattern_mismatch", "too_short"):
            yield f"{where}: must not be empty"
        elif kind in ("model_type", "dict_type"):
            yield f"{where}: must be a table, not {_shown(problem['input'])}"
        else:
            yield f"{key} = {_shown(problem['input'])} (in {file}): {problem['msg'].lower()}"


def _purpose(path: list[str]) -> str:
    return ", since a number without a source cannot be checked" if path[-1] == "source" else ""


def _known(path: list[str]) -> list[str]:
    """Return the keys that the table at a path may have."""
    model: type[Table] = ProfileTable
    for part in path:
        field = model.model_fields.get(part)
        if field is None:  # the name of a platform
            continue
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, Table)), model)
    return list(model.model_fields)


def _shown(value: Any) -> str:
    try:
        text = toml.value_text(value)
    except TypeError:
        text = str(value)
    return cut(text)


def described(constants: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return constants as rows for JSON or a table: key, low, nominal, high, tag, source."""
    return [
        {"key": key, **constant.value._asdict(), "tag": constant.tag, "source": constant.source}
        for key, constant in constants.items()
    ]
