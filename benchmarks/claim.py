"""The published claim with the energy table from the literature and with that from gates: a table of docs/rtl-gates.md.

``python -m benchmarks.claim --keep build/claim`` runs the paper's suite, half an hour, prices it with either table,
keeps what was printed, and prints orders of magnitude of energy against GENESYS in Markdown. What is there is not run
again.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.design_space import Fields, run, table
from genesys_cli.costs.estimates import PAPER

COMMAND = "genesys bench --suite paper -b genesys -g 2"
TABLES = {"literature": "genesys-15nm", "gates": "genesys-15nm-gates"}
SPANS = {"computing alone": "platforms", "at 50 Hz": "world"}


def claim(documents: dict[str, Fields]) -> str:
    """Return a row for each kind of published baseline.

    documents: by what their prices are of. A cell has the least and the most of all environments, nominal, and the
    widest bounds. The last row has those of all baselines.
    """
    rows = [
        [
            name,
            *(
                _cell([one for one in document["orders_of_magnitude"][span] if one["platform"] in platforms])
                for span in SPANS.values()
                for document in documents.values()
            ),
        ]
        for name, platforms in [*((one, (one,)) for one in PAPER), ("all", PAPER)]
    ]
    return table(["baseline", *(f"{span}, {name}" for span in SPANS for name in documents)], rows)


def _cell(orders: Sequence[Fields]) -> str:
    least, most = min(one["least"] for one in orders), max(one["most"] for one in orders)
    # None: a bound of a ratio is 0 or infinite.
    low = min(-math.inf if one["low"] is None else one["low"] for one in orders)
    high = max(math.inf if one["high"] is None else one["high"] for one in orders)
    text = f"{least:.1f} – {most:.1f} ({low:.1f} – {high:.1f})"
    return text.replace("-0.0", "0.0").replace("-", "−").replace("inf", "∞")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claim", description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, metavar="DIR", help="where JSON is kept and looked for")
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    found = {name: run(f"{COMMAND} --energy {energy}", "", asked.keep, energy) for name, energy in TABLES.items()}
    print(claim(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
