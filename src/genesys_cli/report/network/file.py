"""A stored network's drawing as a file."""

from __future__ import annotations

import io
from pathlib import Path

from ...files.champion import StoredChampion
from ..output import check_output, write_output
from . import raster, svg

OPTION, FORMATS = "--draw", (".svg", ".png")
SCALE = 2.0  # pixels of a PNG file in one of the drawing


def check(path: Path, *, overwrite: bool = False) -> None:
    """Raise UserError where a network cannot be drawn into a file: by its name, or without Pillow."""
    check_output(OPTION, path, FORMATS, overwrite=overwrite)
    if path.suffix.lower() == ".png":
        raster.check(OPTION, "plot")


def draw(stored: StoredChampion, path: Path, *, everything: bool = False, overwrite: bool = False) -> None:
    """Draw a stored network into an SVG or PNG file; raises UserError where that cannot be.

    everything: also disabled connections, dashed, and nodes that no output depends on
    """
    check(path, overwrite=overwrite)
    if path.suffix.lower() == ".svg":
        data = svg.network_svg(stored, everything=everything, ground=True).encode()
    else:
        buffer = io.BytesIO()
        raster.paint(svg.network_drawing(stored, everything=everything), SCALE).save(buffer, "PNG", optimize=True)
        data = buffer.getvalue()
    write_output(OPTION, path, data)
