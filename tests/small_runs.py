"""Small runs in a folder of their own, watched by an observer that may stop them."""

from __future__ import annotations

import contextlib
import csv
import shutil
from pathlib import Path

from genesys_cli.config.load import load_settings
from genesys_cli.files.checkpoint import checkpoints, generation_of, load
from genesys_cli.runs import evolve as runs

# Small, but with everything going on: species come and go, structure grows.
TINY = (
    "neat.population=24",
    "neat.generations=7",
    "neat.node_add_prob=0.4",
    "neat.conn_add_prob=0.4",
    "neat.node_delete_prob=0.2",
    "neat.compatibility_threshold=1.5",
    "neat.max_stagnation=2",
    "evaluation.episodes=3",
    "evaluation.validate_episodes=9",
    "run.threads=1",
    "run.stop_when_solved=false",
)


class Watcher:
    """Notes what a run says, and interrupts it like Ctrl-C after the generations in `stops`."""

    def __init__(self, stops=()):
        self.stops = set(stops)
        self.messages = []
        self.rows = []
        self.summary = None
        self.run_dir = None

    def message(self, text):
        self.messages.append(text)

    def start(self, settings, run_dir, threshold=None):
        self.run_dir = run_dir

    def generation(self, row):
        self.rows.append(row)
        if row["generation"] in self.stops:
            self.stops.remove(row["generation"])
            raise KeyboardInterrupt

    def finish(self, summary):
        self.summary = summary


def tiny(env="CartPole", *overrides):
    """Return settings of a run that takes milliseconds."""
    return load_settings(None, env, [*TINY, *overrides])


def start(settings, folder, watcher=None):
    """Evolve; return the folder, also when the watcher interrupts."""
    with contextlib.suppress(KeyboardInterrupt):
        runs.evolve(settings, Path(folder), ["genesys", "evolve"], watcher or Watcher())
    return Path(folder)


def resume(folder, watcher=None, **flags):
    """Continue a run; flags: ``generations=9`` and so on."""
    tables = {"generations": "neat.generations", "population": "neat.population", "seed": "run.seed"}
    named = {tables.get(name, f"run.{name}"): value for name, value in flags.items()}
    try:
        return runs.resume(Path(folder), named, ["genesys", "evolve", "--resume"], watcher or Watcher())
    except KeyboardInterrupt:
        return None


def bits(folder):
    """Return the bytes of everything in a run folder that must not depend on time: checkpoints, champion, species."""
    files = [*(Path(folder) / "checkpoints").glob("gen-*.npz"), Path(folder) / "champion.json"]
    files.append(Path(folder) / "species.csv")
    return {path.name: path.read_bytes() for path in files}


def last(folder):
    """Return the bytes of the newest checkpoint and of the champion."""
    return newest(folder).read_bytes(), (Path(folder) / "champion.json").read_bytes()


def newest(folder):
    return checkpoints(Path(folder) / "checkpoints")[0]


def generations(folder):
    """Return the generations that have a checkpoint, ascending."""
    return sorted(map(generation_of, checkpoints(Path(folder) / "checkpoints")))


def rows(folder):
    """Return ``metrics.csv`` without what was measured: its times, and the joules of this machine."""
    with open(Path(folder) / "metrics.csv", newline="") as file:
        found = list(csv.DictReader(file))
    return [
        {key: value for key, value in row.items() if not (key.endswith("_s") or key.startswith("host_"))}
        for row in found
    ]


def states(folder):
    """Return what each generation's checkpoint holds, the first one first."""
    return [load(path)[0] for path in reversed(checkpoints(Path(folder) / "checkpoints"))]


def copied(folder, name, *, until=None):
    """Copy a run folder; until: without the checkpoints of later generations, as if the run had died there."""
    copy = Path(shutil.copytree(folder, Path(folder).parent / name))
    for path in checkpoints(copy / "checkpoints"):
        if until is not None and generation_of(path) > until:
            path.unlink()
    return copy
