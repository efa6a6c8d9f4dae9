"""Results that are kept, so that a comparison that was broken off, or is asked for again, computes only the rest."""

from __future__ import annotations

import json
from typing import Any

from ..errors import DamagedFileError
from ..files.folder import ROOT
from ..files.reading import parsed, read_bytes
from ..files.storage import disk_errors, write_atomically

FOLDER = ROOT / "bench"
MOST = 2**24  # bytes of a result
REFUSED = "run this in a folder that you may write to"
EXHAUSTED = "earlier results are intact: free some disk space and run the same command again"


class Store:
    """A folder with a file for each finished case. A file that cannot be read counts as absent."""

    def __init__(self, digest: str, *, fresh: bool = False) -> None:
        """digest: of the whole comparison; fresh: pay no heed to what is kept"""
        self.path = FOLDER / digest
        self._fresh = fresh

    def get(self, key: str) -> dict[str, Any] | None:
        if self._fresh:
            return None
        try:
            found = parsed(read_bytes(self.path / f"{key}.json", "kept result", MOST))
        except (DamagedFileError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, result: dict[str, Any]) -> None:
        with disk_errors(self.path, REFUSED, EXHAUSTED):
            self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / f"{key}.json", (json.dumps(result) + "\n").encode(), REFUSED, EXHAUSTED)
