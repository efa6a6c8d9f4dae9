"""Runs CACTI 7 over a list of SRAMs and writes ``results.csv``; prints what follows from that file.

CACTI is not part of this project. Build it, then run every case, which takes three minutes on one core::

    git clone https://github.com/HewlettPackard/cacti && make -C cacti
    python -m benchmarks.cacti --cacti cacti/cacti

Commit 1ffd8df of CACTI ("version 7.0.3DD Prerelease of Aug, 2012") wrote the committed results. What it printed is in
``outputs``, one file for each node and flavour; its configuration files are ``template.cfg`` filled in, and
``--configs FOLDER`` writes them out. The rest needs no CACTI::

    python -m benchmarks.cacti --report
    python -m benchmarks.cacti --toml --flavour lstp-hp --corner typical
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import prices, report, results
from .cases import FLAVOURS, cases
from .runs import run


def main() -> None:
    names = {"-".join(flavour): flavour for flavour in FLAVOURS}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cacti", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cacti", type=Path, metavar="PATH", help="the program; its folder must have tech_params")
    parser.add_argument("--out", type=Path, default=results.FOLDER, metavar="FOLDER", help="for results and outputs")
    parser.add_argument("--configs", type=Path, metavar="FOLDER", help="write CACTI's configuration files there")
    parser.add_argument("--report", action="store_true", help="errors in CACTI's data, and laws of ours beside it")
    parser.add_argument("--toml", action="store_true", help="entries of an energy table at 15 nm")
    parser.add_argument("--flavour", choices=names, help="cells and periphery, of --toml [all]")
    parser.add_argument("--corner", choices=prices.CORNERS, help="of --toml [all]")
    asked = parser.parse_args()
    if not (asked.cacti or asked.configs or asked.report or asked.toml):
        parser.error("say --cacti, --configs, --report or --toml")
    if asked.configs:
        asked.configs.mkdir(parents=True, exist_ok=True)
        for case in cases():
            (asked.configs / f"{case.name}.cfg").write_text(case.config(), encoding="utf-8")
    if asked.cacti:
        _run(asked.cacti, asked.out)
    rows = results.read(asked.out / results.RESULTS.name) if asked.report or asked.toml else []
    if asked.report:
        print("\n".join(report.lines(rows)))
    if asked.toml:
        flavours = [names[asked.flavour]] if asked.flavour else FLAVOURS
        print(prices.toml(rows, flavours, [asked.corner] if asked.corner else prices.CORNERS))


def _run(cacti: Path, folder: Path) -> None:
    outcomes = []
    for case in cases():
        outcomes.append(run(cacti, case))
        print(case.name, "" if outcomes[-1].values else outcomes[-1].text.strip(), flush=True)
    rows = results.marked(results.row_of(outcome) for outcome in outcomes)
    folder.mkdir(parents=True, exist_ok=True)
    results.write(rows, folder / results.RESULTS.name)
    results.write_outputs(outcomes, folder / results.OUTPUTS.name)
    print(f"{len(rows)} rows in {folder / results.RESULTS.name}")
    for text in results.unsound(rows).values():
        print(f"not used: {text}")


if __name__ == "__main__":
    main()
