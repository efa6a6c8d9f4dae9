"""Evolves with random settings from all that are allowed, and says what should not be.

``python -m benchmarks.corners --runs 500 --seed 3``: combinations of all settings, in native environments of either
kind of action, on either backend; ``--ends``: first both ends and every choice of each setting alone. What must hold is
in ``tests/invariants.py``. Whatever is found is shown with its settings, reduced to those that it takes; the exit code
is 1 then.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import corners
from genesys_cli.config.backends import SHIPPED
from genesys_cli.config.schema import CHIP_TABLES, TABLES

BACKENDS = [kind.name for kind in SHIPPED]
LOOKED_AT = 7  # of so many runs, one is inspected, replayed and compared as well
BATCH = 50  # combinations
TRIES = 60  # runs to reduce settings with


class Search:
    """What was tried and found, kinds of trouble apart."""

    def __init__(self, work: Path, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.tried: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.found: dict[str, str] = {}
        self._work = work

    def over(self) -> bool:
        return time.monotonic() > self.ends_at

    def run(self, env: str, backend: str, chosen: dict[str, Any]) -> None:
        number = self.tried.total()
        look = number % LOOKED_AT == 0
        wrong, refused = self._once(env, backend, chosen, look=look)
        self.tried["refused" if refused else "ran"] += 1
        if refused:
            self.refusals[_kind(refused)] += 1
        for text in wrong:
            if (kind := _kind(text)) not in self.found:
                self.found[kind] = ""
                least = self._reduced(env, backend, chosen, kind, look=look)
                self.found[kind] = f"{text}\n  {env} on {backend}: {least}"
                print(f"FOUND {self.found[kind]}", flush=True)

    def _once(self, env: str, backend: str, chosen: dict[str, Any], *, look: bool) -> tuple[list[str], str | None]:
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            try:
                outcome = corners.tried(env, backend, chosen, Path(folder) / "run", look=look)
                wrong = outcome.wrong
                if look and outcome.refused is None:
                    wrong = wrong + corners.benched(env, backend, chosen).wrong
                return wrong, outcome.refused
            except Exception:
                return [traceback.format_exc()], None

    def _reduced(self, env: str, backend: str, chosen: dict[str, Any], kind: str, *, look: bool) -> dict[str, Any]:
        """Return as few of the settings as still have the same kind of trouble."""
        least, tries = dict(chosen), 0
        for size in (16, 4, 1):
            keys = list(least)
            for at in range(0, len(keys), size):
                fewer = {key: value for key, value in least.items() if key not in keys[at : at + size]}
                tries += 1
                if tries <= TRIES and kind in map(_kind, self._once(env, backend, fewer, look=look)[0]):
                    least = fewer
        return least


def _kind(text: str) -> str:
    """Return a text without its numbers, of a traceback the end."""
    lines = text.strip().splitlines()
    last = " | ".join([*[line.strip() for line in lines if line.startswith("  File")][-1:], lines[-1]])
    return re.sub(r"-?\d[\d.e+-]*|'[^']*'", "#", last)[:160]


def ends() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield environment, backend and the one setting, for both ends and every choice of each."""
    for backend in BACKENDS:
        for key, field in corners.fields({**TABLES, **(CHIP_TABLES if backend == "genesys" else {})}).items():
            for end in corners.ends(key, field):
                if key == "run.backend" or (isinstance(end, int | float) and end > corners.AT_MOST.get(key, end)):
                    continue
                one = {key: end}
                corners.agree(one, backend)
                for env in corners.ENVS:
                    yield env, backend, one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500, help="combinations [500]")
    parser.add_argument("--seed", type=int, default=0, help="of the combinations [0]")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no further runs after so long")
    parser.add_argument("--ends", action="store_true", help="each setting alone as well")
    asked = parser.parse_args()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder  # no calibration of this machine
        search = Search(Path(folder), asked.seconds)
        try:
            for one in ends() if asked.ends else ():
                if not search.over():
                    search.run(*one)
            combine(search, asked.runs, asked.seed)
        finally:
            os.chdir(before)
    for text, times in search.refusals.most_common():
        print(f"refused {times} times: {text}")
    print(f"seed {asked.seed}: {search.tried['ran']} ran, {search.tried['refused']} refused, {len(search.found)} found")
    return 1 if search.found else 0


def combine(search: Search, number: int, first: int) -> None:
    """Try random combinations, in batches that each have a seed of their own."""
    for batch in range(-(-number // BATCH)):
        if search.over():
            return

        @seed(first * 1_000_003 + batch)
        @settings(
            max_examples=min(BATCH, number - batch * BATCH),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def draw(data: Any) -> None:
            env, backend = data.draw(st.sampled_from(corners.ENVS)), data.draw(st.sampled_from(BACKENDS))
            chosen = data.draw(corners.combinations(env, backend))
            if not search.over():
                search.run(env, backend, chosen)

        draw()


if __name__ == "__main__":
    sys.exit(main())
