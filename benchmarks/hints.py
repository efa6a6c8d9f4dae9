"""Hints of runs of the shipped presets that are cut short, or have few genomes; and what following them brings.

``python -m benchmarks.hints`` carries out studies in the folder ``hints``, half an hour on two cores, and prints
the table of ``docs/hints.md``. A hint is followed by another study with its setting, or by continuing the study that it
is of. It is right in a run whose champion is then better, or solves the task.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genesys_cli import UserError, evolve_seeds
from genesys_cli.cli.main import main as genesys
from genesys_cli.config.load import load_settings
from genesys_cli.runs.hints.evidence import usual

SEEDS = "0-9"
PRESETS = (
    *("CartPole", "MountainCarContinuous", "MountainCar", "Acrobot", "Pendulum", "XOR", "DoublePole"),
    *("DoublePoleNoVelocity", "CartPole-drift", "XORTable", "BreastCancer"),
)
CUT_SHORT = ((None, 3), (None, 10), (30, 25), (30, 100), (20, 30), (10, 40), (5, 30))
"""Population, None: the preset's; generations"""

FOLLOWED: dict[str, dict[str, Any]] = {
    "input-scales": {"evaluation.normalise_observations": True},
    "few-species": {"neat.num_hidden": 4},
    "by-heart": {"neat.weight_init_stdev": 0.1, "neat.bias_init_stdev": 0.1},
}
"""What is set for a hint. Others are followed as they say themselves."""


def study(place: Path, preset: str, generations: int, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the summaries of all runs of a study, which is carried out where it is not there."""
    if not (place / "study.json").exists():
        evolve_seeds(preset=preset, seeds=SEEDS, generations=generations, settings=settings, run_dir=place)
    return summaries(place)


def summaries(place: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(place.glob("seed-*/summary.json"))]


def followed(place: Path, preset: str, generations: int, settings: Mapping[str, Any], cause: str) -> dict[int, Any]:
    """Return the summaries of runs, by seed, in which a hint of some cause was followed."""
    there = place.with_name(f"{place.name}-{cause}")
    if cause == "more-generations":
        found = study(there, preset, generations, settings)
        if max(run["generations"] for run in found) <= generations:
            words = ("evolve", "--resume", there, "-g", longer(generations), "--quiet")
            with contextlib.redirect_stdout(io.StringIO()):
                genesys(list(map(str, words)), standalone_mode=False)
            found = summaries(there)
    else:
        change = FOLLOWED.get(cause) or {"neat.population": 4 * settings["neat.population"]}
        if cause == "few-genomes":
            change = {"neat.population": usual(load_settings(preset, None, []))}
        found = study(there, preset, generations, {**settings, **change})
    return {one["seed"]: one for one in found}


def longer(generations: int) -> int:
    return max(2 * generations, generations + 20)


def is_better(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    one, other = now["validated_fitness"], before["validated_fitness"]
    return bool(now["solved"]) or (one < other if before["minimise"] else one > other)


def row(folder: Path, preset: str) -> list[str]:
    """Return preset, runs, how many of them ended unsolved, how many of those without a hint, and which were right."""
    unsolved, silent, known = 0, 0, 0
    given: dict[str, list[bool]] = {}
    for population, generations in CUT_SHORT:
        settings = {"run.keep": 1} | ({} if population is None else {"neat.population": population})
        place = folder / f"{preset}-{population or 'all'}-{generations}"
        try:
            runs = study(place, preset, generations, settings)
        except UserError:  # the preset wants more species than there are genomes
            continue
        known += len(runs)
        unsolved += sum(not run["solved"] for run in runs)
        silent += sum(not run["solved"] and not run["hints"] for run in runs)
        for cause in {hint["cause"] for run in runs for hint in run["hints"]}:
            then = followed(place, preset, generations, settings, cause)
            for run in runs:
                if cause in [hint["cause"] for hint in run["hints"]]:
                    given.setdefault(cause, []).append(is_better(then[run["seed"]], run))
    words = [f"`{cause}` {sum(right)} of {len(right)}" for cause, right in sorted(given.items())]
    return [preset, str(known), str(unsolved), str(silent), ", ".join(words)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("hints"))
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    given = parser.parse_args()
    print("| preset | runs | unsolved | without a hint | right, of the hints given |\n|---|---|---|---|---|")
    for preset in given.presets:
        print(f"| {' | '.join(row(given.output, preset))} |", flush=True)


if __name__ == "__main__":
    main()
