"""What settings name outside of themselves: the file of a table of data, a function of the user's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import problem
from .data import FOUND
from .schema import DATA, PROBLEM

_OF_FOUND = ("episodes", "validate_episodes", "observation_offset", "observation_scale", "minimise")
"""Keys of ``[evaluation]`` that follow from a table."""


def settle_paths(values: dict[str, Any], folder: Path) -> None:
    """Make the file of settings that are not checked yet an absolute path; a relative one is meant from `folder` on.

    So a run can be resumed and replayed from elsewhere. ``sklearn:NAME`` is no path.
    """
    data = values.get(DATA)
    if isinstance(data, dict) and isinstance(file := data.get("file"), str) and file and ":" not in file:
        data["file"] = os.path.abspath(folder / file)


def forget_found(values: dict[str, Any], learnt: object, function: object) -> None:
    """Remove from settings that are not checked yet what a run found out of another table or function than is given.

    learnt: table of data that is given; function: that is given; each None where there is none
    """
    found = values.get(PROBLEM)
    if function is not None and isinstance(found, dict) and found.get("function") not in (None, function):
        for key in problem.FOUND:
            found.pop(key, None)
    if learnt is not None:
        _forget_table(values)


def _forget_table(values: dict[str, Any]) -> None:
    data = values.get(DATA)
    if not isinstance(data, dict) or not data.get("sha256"):
        return
    for key in (*FOUND, "inputs", "target", "task", "loss"):
        data.pop(key, None)
    if isinstance(evaluation := values.get("evaluation"), dict):
        for key in _OF_FOUND:
            evaluation.pop(key, None)
