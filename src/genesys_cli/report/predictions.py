"""``genesys replay`` of a network that has learnt a table: losses, scores, who was taken for whom."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..playback.data import Scored, table_of
from .output import write_output
from .results import number, print_lines, print_table
from .terminal import write

Document = Mapping[str, Any]
SHOWN = 30  # classes at most of a table of who was taken for whom


def print_scored(document: Document, predictions: Path | None) -> None:
    """Write how good predictions were. document: of ``Scored``; predictions: a file that was written"""
    which = ", those that were held out" if document["held_out"] else ""
    lacking = f"; {document['dropped']} more lack a value" if document["dropped"] else ""
    lines = {
        "table": str(document["file"]),
        "champion": f"{document['origin']}, of generation {document['generation']}",
        "rows": f"{document['rows']}{which}{lacking}",
    }
    if document["mean_loss"] is None:
        lines["loss"] = "not known, since the table has no target; --predictions FILE.csv writes the predictions"
    else:
        stored = document["stored_loss"]
        kept = "" if stored is None or not document["held_out"] else f"; {number(stored)} in evolution"
        lines[document["loss"]] = f"{number(document['mean_loss'])} ± {number(document['std_loss'])}{kept}"
        lines |= {key.replace("_", " "): number(value) for key, value in document["scores"].items()}
    if predictions is not None:
        lines["predictions"] = str(predictions)
    print_lines(lines)
    if (found := document.get("confusion")) is not None:
        write("\n")
        if len(found["classes"]) > SHOWN:
            write(
                f"{len(found['classes'])} classes are too many for a table of who was taken for whom; --json has it\n"
            )
        else:
            print_table(*confusion_table(found))


def confusion_table(found: Document) -> tuple[list[str], list[list[object]]]:
    """Return a header and a row for each class, with how many of it were taken for which."""
    header = ["class", *(f"as {name}" for name in found["classes"])]
    return header, [[name, *row] for name, row in zip(found["classes"], found["matrix"], strict=True)]


def write_predictions(path: Path, found: Scored) -> None:
    """Write predictions as CSV, a line for each row."""
    header, lines = table_of(found)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    write_output("--predictions", path, text.getvalue().encode())
