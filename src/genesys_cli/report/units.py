"""What the parts of a run are called: in an environment, with a table of data, with a function of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Units(NamedTuple):
    """steps: what is counted; in_full: the same in a sentence; episodes: what champions are judged on; worth: of one"""

    steps: str
    in_full: str
    episodes: str
    worth: str


_ENVIRONMENT = Units("env steps", "environment steps", "episodes", "return")
_DATA = Units("rows", "rows", "rows", "loss")
_PROBLEM = Units("activations", "activations", "seeds", "fitness")


def units_of(facts: Mapping[str, Any]) -> Units:
    """Return the words for a run. facts: of ``summary.json`` or of an inspection, with ``data`` and ``problem``"""
    problem = facts.get("problem") or {}
    return _DATA if facts.get("data") else _PROBLEM if problem.get("function") else _ENVIRONMENT
