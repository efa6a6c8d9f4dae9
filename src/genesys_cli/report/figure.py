"""What all drawings with matplotlib have in common: formats, colours, letters, and how a file is written.

Colours are those of Okabe and Ito, which colour-blind people can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .output import check_output, write_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OPTION, FORMATS = "--plot", (".svg", ".png")
DPI = 160
INK, FAINT, GRID = "#222222", "#6b6b6b", "#e6e6e6"
BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"


def check(path: Path, *, overwrite: bool = True) -> None:
    """Raise a :class:`UserError` where nothing can be drawn into a file: by its name, or without matplotlib."""
    check_output(OPTION, path, FORMATS, overwrite=overwrite)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"--plot needs matplotlib ({error}); install it with: pip install 'genesys-cli[plot]'"
        ) from error


def write(path: Path, width: float, height: float, paint: Callable[[Figure], None]) -> None:
    """Draw a figure of `width` by `height` inches into an SVG or PNG file; raises UserError where that cannot be."""
    check(path)
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style = {"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "genesys", "axes.unicode_minus": True}
    style["text.parse_math"] = False  # a name with a dollar in it is a name
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)  # draws into memory, without a display
        paint(figure)
        buffer = io.BytesIO()
        kind = path.suffix.lower().removeprefix(".")
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    write_output(OPTION, path, buffer.getvalue())


def plain(axes: Axes, grid: str = "y") -> None:
    """Take away what is not needed around axes. grid: along which axis there are lines"""
    axes.grid(axis=grid, color=GRID, lw=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
