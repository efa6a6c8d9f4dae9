"""``genesys bench --nodes`` on standard output and as a picture: what numbers of nodes would make of a generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bench_words import head, say, table
from .figure import BLUE, FAINT, INK, VERMILION, plain, write
from .results import number, quantity

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Fields = Mapping[str, Any]
COLOURS = {"evaluation": BLUE, "generation": VERMILION}
CHOSEN = "*"
FEW = 100  # from the least to the greatest: then powers of ten are too few numbers on an axis
WIDTH, HEIGHT = 6.4, 4.2  # inches


def print_cluster(documents: Sequence[Fields]) -> None:
    """Write a table for each environment."""
    header = ["nodes", "distributed", "messages", "driver", "between", "s/generation", "× one node", "of ideal"]
    for document in documents:
        genomes = f"{number(document['population'])} genomes of {quantity(document['genome_bytes'], 'B')}"
        head(f"{document['env']}, {genomes}: a generation, predicted")
        table(header, [_cells(document, row) for row in document["rows"]], words=0)
        say("")
    network = documents[0]["network"]
    say(
        f"{CHOSEN} is what --distribute auto chooses. Driver: bytes that leave and reach it; between: from actor to "
        "actor."
    )
    say(
        f"Rates were timed on a core of this machine; links of {quantity(8 * network['bandwidth'], 'bit/s')} and "
        f"{quantity(network['latency_s'], 's')} are assumed (--network)."
    )


def _cells(document: Fields, row: Fields) -> list[str]:
    faster = document["alone_s"] / row["generation_s"]
    return [
        str(row["nodes"]),
        row["distribute"] + (CHOSEN if row["chosen"] else " "),
        number(float(row["messages"])),
        quantity(row["sent_bytes"] + row["received_bytes"], "B"),
        quantity(row["between_bytes"], "B"),
        quantity(row["generation_s"], "s"),
        number(faster),
        f"{faster / row['nodes']:.0%}",
    ]


def draw_cluster(documents: Sequence[Fields], path: Path) -> None:
    """Draw seconds of a generation over nodes, a panel for each document; raises UserError where that cannot be.

    A document may have ``measured``: rows with ``nodes``, ``distribute`` and ``generation_s``.
    """
    count = len(documents)

    def paint(figure: Figure) -> None:
        for k, document in enumerate(documents):
            axes = figure.add_subplot(1, count, k + 1)
            nodes = sorted({row["nodes"] for row in document["rows"]})
            for mode, colour in COLOURS.items():
                for key, marker, line in (("rows", "o", "-"), ("measured", "x", "")):
                    mine = [row for row in document.get(key, ()) if row["distribute"] == mode]
                    points = [row["nodes"] for row in mine], [row["generation_s"] for row in mine]
                    label = mode if key == "rows" else f"{mode}, measured"
                    if mine:
                        axes.plot(*points, color=colour, label=label, marker=marker, ls=line, ms=5)
            ideal = [document["alone_s"] / each for each in nodes]
            axes.plot(nodes, ideal, color=FAINT, ls=":", lw=1.2, label="ideal")
            axes.set_xscale("log")
            axes.set_yscale("log")
            _in_numbers(axes.xaxis, nodes)
            _in_numbers(axes.yaxis)
            axes.set_title(
                f"{document['env']}, {number(document['population'])} genomes", loc="left", fontsize=10.5, color=INK
            )
            axes.set_xlabel("nodes")
            if k == 0:
                axes.set_ylabel("seconds per generation" + ("" if document.get("measured") else ", predicted"))
                axes.legend(frameon=False, fontsize=9)
            plain(axes, "both")
        figure.tight_layout()

    write(path, WIDTH * (1 if count == 1 else 0.62 * count), HEIGHT, paint)


def _in_numbers(axis: Axis, places: Sequence[float] | None = None) -> None:
    """Label a logarithmic axis in plain numbers: matplotlib's own are formulas, not parsed here.

    places: of its labels; None: its own
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    own = LogLocator(subs=(1.0, 2.0, 5.0) if high < FEW * low else (1.0,))
    axis.set_major_locator(own if places is None else FixedLocator(list(places)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace(",", " ")))
    axis.set_minor_formatter(NullFormatter())
