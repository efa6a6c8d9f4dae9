"""What all energy counters have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

Reason = Literal["absent", "denied", "garbled", "vanished", "unsupported"]
REASONS: dict[Reason, str] = {
    "absent": "this machine has no such counter",
    "denied": "this user may not read it",
    "garbled": "what it says is no number",
    "vanished": "it was there and is gone",
    "unsupported": "the device has none",
}


class CounterError(Exception):
    """A counter cannot be read. reason: one of REASONS; str() says which counter, why and what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Joules(NamedTuple):
    """Energy between two readings. note: what may be wrong with it, or empty"""

    joules: float
    note: str = ""


class Counter(Protocol):
    """One or several counters that are read together."""

    name: str

    def read(self) -> Mapping[str, int]:
        """Return the counters by domain, in their own unit; raises :class:`CounterError`."""
        ...

    def between(self, before: Mapping[str, int], after: Mapping[str, int], seconds: float) -> Joules:
        """Return the energy between two readings that lie `seconds` apart."""
        ...
