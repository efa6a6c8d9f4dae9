"""What a second objective brings: networks of a front beside the champion of the same run without one.

``python -m benchmarks.fronts`` runs presets over some seeds for as many generations as are given here, with and without
``objectives.beside = ["connections"]``, and prints the rows of docs/objectives.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from genesys_cli.config.load import load_settings
from genesys_cli.evolution.objectives import enabled_conns
from genesys_cli.files.target import find_target
from genesys_cli.report.console import choose_view
from genesys_cli.runs.evolve import evolve

GENERATIONS = {"CartPole": 50, "MountainCar": 60, "MountainCarContinuous": 30, "Acrobot": 50, "Pendulum": 150}


class Outcome(NamedTuple):
    """Of one seed. conns: enabled connections; smallest: of the smallest network that solves, None: none does"""

    fitness: float
    conns: float
    smallest: float | None


def outcome(env: str, seed: int, *, several: bool) -> Outcome:
    """Return how a run ended, with connections as a second objective or without."""
    overrides = [f"neat.generations={GENERATIONS[env]}", f"run.seed={seed}", "run.stop_when_solved=false"]
    overrides += ['objectives.beside=["connections"]'] if several else []
    settings = load_settings(None, env, overrides)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        summary = evolve(settings, run, ["benchmarks.fronts"], choose_view(quiet=True))
        best = find_target(str(run), None).champion
        conns = float(enabled_conns(best.genome)[0])
        solved_at = summary["solved_at"]
        networks = summary["front"] or [{"fitness": best.validated_fitness, "conns": conns}]
        solving = [point["conns"] for point in networks if point["fitness"] >= solved_at]
        return Outcome(best.validated_fitness, conns, min(solving, default=None))


def row(env: str, plain: list[Outcome], several: list[Outcome]) -> str:
    """Return a row in Markdown: medians over seeds, and how many have a network that solves."""
    cells: list[Any] = [env, GENERATIONS[env]]
    for found in (plain, several):
        known = [one.smallest for one in found if one.smallest is not None]
        fitness, conns = (statistics.median(getattr(one, key) for one in found) for key in ("fitness", "conns"))
        smallest = f"{statistics.median(known):g}" if known else "none"
        cells += [f"{len(known)} of {len(found)}", f"{fitness:.1f}, {conns:g}", smallest]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.fronts", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=10, metavar="N")
    arguments.add_argument("--env", action="append", choices=sorted(GENERATIONS), help="default: all")
    arguments.add_argument("--json", type=Path, metavar="FILE")
    asked = arguments.parse_args()
    print(
        "| environment | generations | solved, without | champion's fitness, connections | smallest that solves "
        "| solved, with | fittest of the front, connections | smallest that solves |\n" + "|---" * 8 + "|"
    )
    found = {}
    for env in asked.env or GENERATIONS:
        both = [[outcome(env, seed, several=several) for seed in range(asked.seeds)] for several in (False, True)]
        found[env] = both
        print(row(env, *both), flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
