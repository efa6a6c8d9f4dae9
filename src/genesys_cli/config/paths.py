"""What settings name outside of themselves: a table of data, a function of the user's own, genomes, a record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import problem
from .data import FOUND
from .schema import CLUSTER, DATA, ISLANDS, PROBLEM, START

_OF_FOUND = ("episodes", "validate_episodes", "observation_offset", "observation_scale", "minimise")
"""Keys of ``[evaluation]`` that follow from a table."""


def settle_paths(values: dict[str, Any], folder: Path) -> None:
    """Make the files of settings that are not checked yet absolute paths; a relative one is meant from `folder` on.

    So a run can be resumed and replayed from elsewhere. ``sklearn:NAME`` is no path, and neither is a source of genomes
    that is not there: the name of a shipped champion.
    """
    data = values.get(DATA)
    if isinstance(data, dict) and isinstance(file := data.get("file"), str) and file and ":" not in file:
        data["file"] = os.path.abspath(folder / file)
    cluster = values.get(CLUSTER)
    if isinstance(cluster, dict) and isinstance(files := cluster.get("files"), str) and files:
        cluster["files"] = os.path.abspath(folder / files)
    islands = values.get(ISLANDS)
    if isinstance(islands, dict) and isinstance(record := islands.get("repeat"), str) and record:
        islands["repeat"] = os.path.abspath(folder / record)
    start = values.get(START)
    if isinstance(start, dict) and (sources := start.get("sources")):
        listed = [sources] if isinstance(sources, str) else sources
        start["sources"] = [_source(source, folder) for source in listed] if isinstance(listed, list) else listed


def _source(source: Any, folder: Path) -> Any:
    if not isinstance(source, str) or source in ("", "champion", "last") or source.startswith("gen:"):
        return source  # which names a network of the newest run, or nothing
    return os.path.abspath(folder / source) if os.path.exists(folder / source) else source


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
