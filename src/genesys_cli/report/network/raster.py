"""Paints a network with Pillow, for PNG files and films: the same picture as the SVG, in light or dark."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from .drawing import FAINT, GROUND, INK, Curve, Disc, Drawing, Words
from .svg import DARK, LIGHT, head

if TYPE_CHECKING:
    from PIL.Image import Image

FINER = 3  # pixels are drawn this much finer, and then averaged: smooth lines
PIECES = 40  # of a curve

Colour = tuple[int, int, int]


def check(option: str, extra: str) -> None:
    """Raise UserError where Pillow is not installed. option: what needs it; extra: which brings it"""
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{option} needs Pillow ({error}); install it with: pip install 'genesys-cli[{extra}]'"
        ) from error


def paint(drawing: Drawing, scale: float = 2.0, *, dark: bool = False, finer: int = FINER) -> Image:
    """Return a drawing as an RGB image of ``scale`` times its width and height in pixels."""
    from PIL import Image, ImageDraw

    tones = {tone: _rgb(colour) for tone, colour in (DARK if dark else LIGHT).items()}
    width, height = max(round(drawing.width * scale), 1), max(round(drawing.height * scale), 1)
    image = Image.new("RGB", (width * finer, height * finer), tones[GROUND])
    brush = Brush(ImageDraw.Draw(image), tones, scale * finer)
    for kind in (Curve, Disc, Words):  # as in the SVG
        for item in drawing.items:
            if isinstance(item, kind):
                brush.paint(item)
    return image.resize((width, height), Image.Resampling.BOX)


class Brush:
    """Draws single items, magnified."""

    def __init__(self, draw: Any, tones: dict[str, Colour], scale: float) -> None:
        """draw: of Pillow; tones: colours; scale: pixels of the image in one of the drawing"""
        self._draw = draw
        self._tones = tones
        self._scale = scale

    def paint(self, item: Curve | Disc | Words) -> None:
        if isinstance(item, Curve):
            self._curve(item)
        elif isinstance(item, Disc):
            self._disc(item)
        else:
            self._words(item)

    def _mixed(self, tone: str, strength: float) -> Colour:
        """Return a tone over the ground. Lines do not shine through one another; the strongest are drawn last."""
        pairs = zip(self._tones[tone], self._tones[GROUND], strict=True)
        red, green, blue = (round(over * strength + under * (1 - strength)) for over, under in pairs)
        return red, green, blue

    def _curve(self, item: Curve) -> None:
        points = [(x * self._scale, y * self._scale) for x, y in flattened(item.points)]
        colour = self._mixed(item.tone, item.strength)
        width = max(item.width * self._scale, 1.0)
        for part in _dashes(points, 4 * self._scale, 3 * self._scale) if item.dashed else [points]:
            self._draw.polygon(ribbon(part, width), colour)
        if item.arrow:
            for stroke in head(item):
                self._draw.polygon(ribbon([(x * self._scale, y * self._scale) for x, y in stroke], width), colour)

    def _disc(self, item: Disc) -> None:
        line = self._tones[FAINT] if item.faint else self._tones[INK]
        fill = self._mixed(item.tone, item.strength)
        for radius, colour in ((item.radius + 0.6, line), (item.radius - 0.6, fill)):
            x, y, r = item.x * self._scale, item.y * self._scale, max(radius, 0.5) * self._scale
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def _words(self, item: Words) -> None:
        anchor = {"start": "lm", "middle": "mm", "end": "rm"}[item.anchor]
        place = (item.x * self._scale, item.y * self._scale)
        letters, halo = font(round(item.size * self._scale)), round(1.5 * self._scale)
        tones = {"fill": self._tones[item.tone], "stroke_fill": self._tones[GROUND]}
        self._draw.text(place, item.text, font=letters, anchor=anchor, stroke_width=halo, **tones)


@cache
def font(size: int) -> Any:
    """Return Pillow's own letters, which are there wherever it is. size: in pixels"""
    from PIL import ImageFont

    return ImageFont.load_default(max(size, 1))


def flattened(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Return points along a cubic Bezier curve."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    found = []
    for k in range(PIECES + 1):
        t = k / PIECES
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        found.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return found


def ribbon(points: list[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """Return the outline of a line: Pillow's own lines have whole widths, and gaps where they bend."""
    sides: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for k, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(k - 1, 0)], points[min(k + 1, len(points) - 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        dx, dy = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
        sides[0].append((x + dx, y + dy))
        sides[1].append((x - dx, y - dy))
    return sides[0] + sides[1][::-1]


def _dashes(points: list[tuple[float, float]], on: float, off: float) -> list[list[tuple[float, float]]]:
    """Return the parts of a line that are drawn."""
    parts: list[list[tuple[float, float]]] = []
    gone, drawing, part = 0.0, True, [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        at = 0.0
        while length - at > 1e-9:
            step = min((on if drawing else off) - gone, length - at)
            at += step
            gone += step
            here = (x0 + (x1 - x0) * at / length, y0 + (y1 - y0) * at / length)
            part.append(here)
            if gone >= (on if drawing else off) - 1e-9:
                if drawing:
                    parts.append(part)
                part, drawing, gone = [here], not drawing, 0.0
    if drawing and len(part) > 1:
        parts.append(part)
    return parts


def _rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
