"""How surely evolution recovers from the changes of a preset's world: the same run over many seeds.

``python -m benchmarks.drift_seeds CartPole-drift --seeds 10`` prints a line a seed, then a row for each change.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.table import number
from genesys_cli.config.load import load_settings
from genesys_cli.report.console import SilentView
from genesys_cli.report.results import changes_text
from genesys_cli.runs.evolve import evolve

HEAD = (
    "| generation | change | seeds recovered | before (smallest) | frozen (median, largest) "
    "| recovered in generations (median, largest) | env steps for that (median) |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.drift_seeds", description=__doc__)
    arguments.add_argument("preset", help="shipped preset or TOML file with drift")
    arguments.add_argument("--seeds", type=int, default=10, metavar="N", help="how many, from --first-seed on")
    arguments.add_argument("--first-seed", type=int, default=0, metavar="N")
    arguments.add_argument(
        "-s", "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="as of `genesys evolve`"
    )
    arguments.add_argument("--check", action="store_true", help="exit 1 unless all changes break and all recover")
    return arguments


def played(preset: str, seed: int, overrides: list[str]) -> dict[str, Any]:
    """Return the summary of one run, whose folder is thrown away."""
    settings = load_settings(preset, None, [*overrides, "run.checkpoint_every=1000000"], {"run.seed": seed})
    with tempfile.TemporaryDirectory() as folder:
        return evolve(settings, Path(folder) / "run", ["benchmark"], SilentView())


def line(seed: int, summary: dict[str, Any]) -> str:
    """Return one seed in words."""
    parts = [f"seed {seed}", f"{summary['generations']} generations", f"{summary['wall_time_s']:.1f} s"]
    for event in summary["drift"]:
        took = event["recovery_generations"]
        parts.append(
            f"{event['before']:.1f} to {event['frozen']:.1f}, "
            + ("not recovered" if took is None else f"back in {took}")
        )
    return " | ".join(parts)


def broken_and_recovered(event: dict[str, Any]) -> bool:
    return event["recovered_generation"] is not None and event["frozen"] < event["recovered_level"]


def row(events: list[dict[str, Any]]) -> str:
    """Return the row of one change under :data:`HEAD`. events: of all seeds"""
    took = [event["recovery_generations"] for event in events if event["recovery_generations"] is not None]
    steps = [event["recovery_env_steps"] for event in events if event["recovery_env_steps"] is not None]
    frozen = [event["frozen"] for event in events]
    cells = (
        str(events[0]["generation"]),
        changes_text(events[0]),
        f"{len(took)} of {len(events)}",
        f"{min(event['before'] for event in events):.1f}",
        f"{statistics.median(frozen):.1f}, {max(frozen):.1f}",
        f"{statistics.median(took):g}, {max(took)}" if took else "-",
        number(statistics.median(steps)) if steps else "-",
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> int:
    asked = parser().parse_args()
    summaries = []
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        summaries.append(played(asked.preset, seed, asked.overrides))
        print(line(seed, summaries[-1]), file=sys.stderr, flush=True)
    events = [summary["drift"] for summary in summaries]
    if not events[0] or len({len(found) for found in events}) > 1:
        sys.exit(f"{asked.preset}: the runs met {[len(found) for found in events]} changes; give them all generations")
    print(HEAD + "".join(row(list(found)) for found in zip(*events, strict=True)), end="")
    print(f"\nall recovered: {sum(all(map(broken_and_recovered, found)) for found in events)} of {asked.seeds} seeds")
    sound = all(broken_and_recovered(event) for found in events for event in found)
    return 1 if asked.check and not sound else 0


if __name__ == "__main__":
    sys.exit(main())
