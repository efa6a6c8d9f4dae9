"""A scene as pixels: dark lines on white, smooth."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .scene import Point, Scene

WIDTH, HEIGHT = 600, 400  # pixels, at most
_INK = 32
_THICK = 2.0  # pixels


def picture_of(scene: Scene) -> NDArray[np.uint8]:
    """Return a scene as (H, W, 3) uint8, as large as fits WIDTH by HEIGHT; what lies outside of its view is cut off."""
    left, bottom, right, top = map(float, scene.view)
    scale = min(WIDTH / (right - left), HEIGHT / (top - bottom))
    width, height = (2 * max(round(scale * side / 2), 1) for side in (right - left, top - bottom))  # even, for films
    ink = np.zeros((height, width))
    for shape in scene.shapes:
        points = [((x - left) * scale, (top - y) * scale) for x, y in shape.points]
        for a, b in pairwise(points):
            _draw(ink, a, b)
    grey = np.round(255 - (255 - _INK) * ink).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _draw(ink: NDArray[np.float64], a: Point, b: Point) -> None:
    """Draw a straight line from `a` to `b`, in pixels from the upper left corner, over (H, W) shares of ink."""
    if not all(map(math.isfinite, (*a, *b))):
        return
    height, width = ink.shape
    reach = _THICK / 2 + 1
    x_low, x_high = (_within(x, width) for x in (min(a[0], b[0]) - reach, max(a[0], b[0]) + reach))
    y_low, y_high = (_within(y, height) for y in (min(a[1], b[1]) - reach, max(a[1], b[1]) + reach))
    if x_low >= x_high or y_low >= y_high:
        return
    x = np.arange(x_low, x_high)[None, :] + 0.5 - a[0]
    y = np.arange(y_low, y_high)[:, None] + 0.5 - a[1]
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip((x * dx + y * dy) / (dx * dx + dy * dy or 1.0), 0.0, 1.0)  # of the nearest point of the line
    distance = np.hypot(x - along * dx, y - along * dy)
    part = ink[y_low:y_high, x_low:x_high]
    np.maximum(part, np.clip(_THICK / 2 + 0.5 - distance, 0.0, 1.0), out=part)


def _within(value: float, size: int) -> int:
    return int(min(max(value, 0.0), float(size)))
