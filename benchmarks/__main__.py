"""``python -m benchmarks``, which is ``make bench``: measure ourselves beside the peers, in one run."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# One thread each, before anything starts a pool: the rows compare single cores.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from rich.console import Console  # noqa: E402

from benchmarks import table  # noqa: E402
from benchmarks.limits import limits  # noqa: E402
from benchmarks.peers.tensorneat_client import TensorNeat  # noqa: E402
from benchmarks.rows import rows  # noqa: E402
from benchmarks.timing import side_by_side  # noqa: E402


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--list", action="store_true", help="print the keys of all rows and measure nothing")
    arguments.add_argument(
        "--only", action="append", metavar="KEY", help="a row, or all whose key begins with these words; repeatable"
    )
    arguments.add_argument("--pairs", type=int, metavar="N", help="turns of each side; default: each row's own")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--quick", action="store_true", help="small populations, to see that everything works")
    arguments.add_argument(
        "--tensorneat",
        metavar="PYTHON",
        help="compare with TensorNEAT too: the interpreter of its environment, see peers/tensorneat_cpu.py",
    )
    arguments.add_argument("--output", type=Path, default=Path("build", "bench"), metavar="DIR")
    arguments.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return arguments


def wanted(key: str, only: list[str]) -> bool:
    """Say whether `only` names a row or the words that its key begins with."""
    return any(key == name or key.startswith(f"{name}-") for name in only)


class Report:
    """Collects rows, and writes both files after each, so that a run cut short still leaves what it measured."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self.command = command
        self.machine = table.machine()
        self.comparisons: list[dict[str, Any]] = []
        self.limits: list[dict[str, Any]] = []
        self.comparison_cells: list[tuple[str, ...]] = []
        self.limit_cells: list[tuple[str, ...]] = []

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        data = {
            "command": self.command,
            "machine": self.machine,
            "comparisons": self.comparisons,
            "limits": self.limits,
        }
        (self.folder / "bench.json").write_text(json.dumps(data, indent=1) + "\n")
        about = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        parts = [f"`{self.command}` on {about}\n"]
        parts.append(table.markdown(table.COLUMNS, self.comparison_cells))
        parts.append(table.markdown(table.LIMIT_COLUMNS, self.limit_cells))
        (self.folder / "bench.md").write_text("\n".join(part for part in parts if part))

    def reached(self) -> bool:
        """Say whether every row that was measured reached its target."""
        return all(figures["reached"] for figures in self.comparisons + self.limits)


def main() -> int:
    asked = parser().parse_args()
    messages = Console(stderr=True, highlight=False)
    results = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    tensorneat = TensorNeat(asked.tensorneat) if asked.tensorneat else None
    # Written down without the paths of somebody's machine.
    paths = {str(asked.tensorneat): "PYTHON", str(asked.output): "DIR"}
    shown = [paths.get(argument, argument) for argument in sys.argv[1:]]
    report = Report(asked.output, " ".join(["python -m benchmarks", *shown]))
    with tempfile.TemporaryDirectory(prefix="genesys-bench-") as folder:
        work = Path(folder)
        compared = rows(quick=asked.quick, seed=asked.seed, work=work, tensorneat=tensorneat)
        bounded = limits(quick=asked.quick, seed=asked.seed, work=work)
        if asked.only:
            compared = [row for row in compared if wanted(row.key, asked.only)]
            bounded = [limit for limit in bounded if wanted(limit.key, asked.only)]
            if not compared and not bounded:
                messages.print(f"no row starts with {' or '.join(asked.only)}; --list shows all of them")
                return 2
        if asked.list:
            for row in compared:
                print(f"{row.key:36} {row.peer}: {row.title}")
            for limit in bounded:
                print(f"{limit.key:36} limit: {limit.title}")
            return 0
        for row in compared:
            started = time.perf_counter()
            messages.print(f"{row.key} ...", end=" ")
            comparison = side_by_side(
                row.ours(), row.theirs(), pairs=asked.pairs or row.pairs, warm_up_peer=row.compiles
            )
            report.comparisons.append(table.comparison_figures(row, comparison))
            report.comparison_cells.append(table.comparison_cells(row, comparison))
            report.write()
            messages.print(f"{table.number(comparison.ratio.median)}× ({time.perf_counter() - started:.0f} s)")
        for limit in bounded:
            messages.print(f"{limit.key} ...", end=" ")
            measured = limit.measure()
            report.limits.append(table.limit_figures(limit, measured))
            report.limit_cells.append(table.limit_cells(limit, measured))
            report.write()
            messages.print(report.limit_cells[-1][1])
    if tensorneat is not None:
        tensorneat.close()
    table.show(results, "Beside the peers", table.COLUMNS, report.comparison_cells)
    table.show(results, "Against a limit", table.LIMIT_COLUMNS, report.limit_cells)
    results.print(f"Written to {asked.output / 'bench.md'} and bench.json")
    return 1 if asked.check and not report.reached() else 0


if __name__ == "__main__":
    sys.exit(main())
