"""What an environment shows of itself: lines in its own coordinates, for whoever draws them.

An environment's ``scene`` is a pure function of state and physics. It knows nothing of terminals or pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

Point = tuple[float, float]
"""x to the right and y upwards, in the environment's own unit of length, mostly metres."""


class Line(NamedTuple):
    """Straight lines from each point to the next."""

    points: tuple[Point, ...]


class Scene(NamedTuple):
    """A moment of an episode.

    view: left, bottom, right and top of what is shown at least
    shapes: in the order in which they are drawn
    """

    view: tuple[float, float, float, float]
    shapes: Iterable[Line]


def line(*points: Point) -> Line:
    """Return straight lines from each point to the next."""
    return Line(points)


def rectangle(left: float, bottom: float, right: float, top: float) -> Line:
    """Return the outline of a rectangle."""
    return Line(((left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)))


def circle(x: float, y: float, radius: float, corners: int = 24) -> Line:
    """Return a circle around (x, y), as a regular polygon."""
    angles = [2 * math.pi * k / corners for k in range(corners + 1)]
    return Line(tuple((x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles))
