"""Writes a film as a GIF, with one palette for all of it: colours do not flicker, and files are smaller."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..output import write_output

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 255  # and one that says: as in the picture before
LOOKED_AT = 40  # pictures, spread over the film, from which the palette is taken
UNSEEN = 6  # of 255: a smaller difference of a pixel's tones is not worth its bytes
TICKS = 100  # of a GIF's clock, a second


def write(path: Path, paint: Callable[[int], Image], times: Sequence[float], fps: float) -> tuple[int, int]:
    """Write a film; return width and height. paint: gives picture k; times: seconds that each stays"""
    from PIL import Image

    palette = _palette([paint(k) for k in range(0, len(times), len(times) // LOOKED_AT + 1)])
    ends = np.round(np.cumsum(times) * TICKS).astype(int)  # rounded ends, so that the film keeps time
    durations = [int(ticks) * 1000 // TICKS for ticks in np.diff(ends, prepend=0)]
    reduced = (one.quantize(palette=palette, dither=Image.Dither.NONE) for one in _calmed(paint, len(times)))
    first = next(reduced)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=reduced, duration=durations, loop=0, optimize=True)
    write_output("--record", path, buffer.getvalue())
    return first.size


def _calmed(paint: Callable[[int], Image], count: int) -> Iterator[Image]:
    """Give the pictures; a pixel that hardly differs from the one that is shown stays, which takes no room."""
    from PIL import Image

    shown = np.asarray(paint(0), np.int16)
    for k in range(count):
        fresh = np.asarray(paint(k), np.int16)
        changed = np.abs(fresh - shown).max(axis=2, keepdims=True) > UNSEEN
        shown = np.where(changed, fresh, shown)
        yield Image.fromarray(shown.astype(np.uint8))


def _palette(images: list[Image]) -> Image:
    """Return an image with the palette that suits all of these."""
    from PIL import Image

    packed = [np.asarray(image, np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32) for image in images]
    colours, counts = np.unique(np.concatenate([one.ravel() for one in packed]), return_counts=True)
    if len(colours) > COLOURS:
        # Rare colours, such as of links that are lit now and then, must not drown in the ground's.
        colours = np.repeat(colours, np.maximum(counts**0.4, 1).astype(int))
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.uint8)
    return Image.fromarray(rgb[None]).quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
