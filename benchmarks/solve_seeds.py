"""How surely a preset solves its environment: the same run over many seeds.

``python -m benchmarks.solve_seeds CartPole --seeds 50`` prints one line a seed and the row of docs/results.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import ours
from benchmarks.table import number

COLUMNS = ("seed", "solved", "generation", "validated", "retest", "env steps", "seconds", "nodes", "conns")

#: The columns of the table in docs/results.md that `markdown_row` fills.
RESULTS_HEAD = (
    "| environment | solved | generation (median) | validated (median, mean) | retest over 1000 (median, mean) "
    "| env steps (median) | seconds (median) | nodes, connections (median) | command |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.solve_seeds", description=__doc__)
    arguments.add_argument("env", help="short name or Gymnasium id; its preset is used as shipped")
    arguments.add_argument("--seeds", type=int, default=20, metavar="N", help="how many, from --first-seed on")
    arguments.add_argument("--first-seed", type=int, default=0, metavar="N")
    arguments.add_argument("--generations", type=int, metavar="N", help="the most generations; default: the preset's")
    arguments.add_argument(
        "-s", "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="as of `genesys evolve`"
    )
    arguments.add_argument(
        "--retest", type=int, default=ours.RETEST_EPISODES, metavar="N", help="fresh episodes for each champion"
    )
    arguments.add_argument("--at-least", type=int, metavar="N", help="exit 1 when fewer seeds are solved")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write every seed's figures")
    arguments.add_argument("--markdown", type=Path, metavar="FILE", help="append the row to this file")
    return arguments


def command(asked: argparse.Namespace) -> str:
    """Return the command that measures the same again; where results are written is no part of it."""
    words = ["python -m benchmarks.solve_seeds", asked.env, f"--seeds {asked.seeds}"]
    if asked.first_seed:
        words.append(f"--first-seed {asked.first_seed}")
    if asked.generations is not None:
        words.append(f"--generations {asked.generations}")
    if asked.retest != ours.RETEST_EPISODES:
        words.append(f"--retest {asked.retest}")
    words += [f"--set {override}" for override in asked.overrides]
    return " ".join(words)


def cells(seed: int, result: ours.Solved) -> tuple[str, ...]:
    """Return one seed under :data:`COLUMNS`."""
    return (
        str(seed),
        "yes" if result["solved"] else "no",
        str(result["generation"]),
        f"{result['validated']:.1f}",
        f"{result['retest']:.1f}",
        number(result["env_steps"]),
        number(result["wall_time_s"]),
        str(result["nodes"]),
        str(result["conns"]),
    )


def summary(results: list[ours.Solved]) -> dict[str, Any]:
    """Return the figures over all seeds.

    Medians of generation, env steps and seconds take unsolved seeds at their full length; a run that never ends would
    take longer still, so they are lower bounds once half of the seeds are unsolved.
    """
    validated = [result["validated"] for result in results]
    retest = [result["retest"] for result in results]
    return {
        "seeds": len(results),
        "solved": sum(result["solved"] for result in results),
        "generation_median": statistics.median(result["generation"] for result in results),
        "validated_median": statistics.median(validated),
        "validated_mean": statistics.mean(validated),
        "retest_median": statistics.median(retest),
        "retest_mean": statistics.mean(retest),
        "env_steps_median": statistics.median(result["env_steps"] for result in results),
        "wall_time_s_median": statistics.median(result["wall_time_s"] for result in results),
        "nodes_median": statistics.median(result["nodes"] for result in results),
        "conns_median": statistics.median(result["conns"] for result in results),
    }


def markdown_row(env: str, figures: dict[str, Any], shown_command: str) -> str:
    """Return the row under :data:`RESULTS_HEAD`."""
    row = (
        env,
        f"{figures['solved']} of {figures['seeds']}",
        f"{figures['generation_median']:g}",
        f"{figures['validated_median']:.1f}, {figures['validated_mean']:.1f}",
        f"{figures['retest_median']:.1f}, {figures['retest_mean']:.1f}",
        number(figures["env_steps_median"]),
        number(figures["wall_time_s_median"]),
        f"{figures['nodes_median']:g}, {figures['conns_median']:g}",
        f"`{shown_command}`",
    )
    return f"| {' | '.join(row)} |\n"


def main() -> int:
    asked = parser().parse_args()
    results: list[ours.Solved] = []
    table = Table(title=f"{asked.env}, preset as shipped", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        result = ours.solve(asked.env, seed, asked.generations, asked.overrides, asked.retest)
        results.append(result)
        line = cells(seed, result)
        table.add_row(*line)
        print(", ".join(f"{name} {cell}" for name, cell in zip(COLUMNS, line, strict=True)), file=sys.stderr)
    figures = summary(results)
    row = markdown_row(asked.env, figures, command(asked))
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(table)
    print(RESULTS_HEAD + row, end="")
    if asked.json is not None:
        data = {"command": command(asked), "env": asked.env, "summary": figures, "results": results}
        asked.json.write_text(json.dumps(data, indent=1) + "\n")
    if asked.markdown is not None:
        new = not asked.markdown.exists()
        with asked.markdown.open("a") as file:
            file.write(RESULTS_HEAD + row if new else row)
    return 1 if asked.at_least is not None and figures["solved"] < asked.at_least else 0


if __name__ == "__main__":
    sys.exit(main())
