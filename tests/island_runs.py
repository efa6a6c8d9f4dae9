"""Small runs on islands, and the bytes of them that must not depend on where they were computed."""

from __future__ import annotations

import json
from pathlib import Path

from small_runs import bits, tiny

FOUR = ("islands.count=4", "islands.migrate_every=2", "neat.generations=5")


def on_islands(env="CartPole", *overrides):
    """Return settings of four islands that take milliseconds."""
    return tiny(env, *FOUR, *overrides)


def all_bits(folder):
    """Return the bytes of everything that must not depend on time, of the run and of each of its islands."""
    folder = Path(folder)
    found = {name: (folder / name).read_bytes() for name in ("champion.json", "migrations.jsonl")}
    for island in islands(folder):
        found |= {f"{island.name}/{name}": data for name, data in bits(island).items()}
    return found


def islands(folder):
    return sorted((Path(folder) / "islands").iterdir(), key=lambda island: int(island.name))


def migrations(folder):
    return [json.loads(line) for line in (Path(folder) / "migrations.jsonl").read_text().splitlines()]
