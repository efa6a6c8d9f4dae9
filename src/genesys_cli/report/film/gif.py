"""Writes a film as a GIF, with one palette for all of it: colours do not flicker, and files are smaller."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..output import write_output

if TYPE_CHECKING:
    from PIL.Image import Image

EXACT = 96  # most frequent colours, which the palette has as they are
COLOURS = 255  # and one that says: as in the picture before
LOOKED_AT = 40  # pictures, spread over the film, from which the palette is taken
UNSEEN = 6  # of 255: a smaller difference of a pixel's tones is not worth its bytes
TICKS = 100  # of a GIF's clock, a second


def write(path: Path, paint: Callable[[int], Image], times: Sequence[float], fps: float) -> tuple[int, int]:
    """Write a film; return width and height. paint: gives picture k; times: seconds that each stays"""
    reduce = Reduction(_palette([_packed(paint(k)) for k in range(0, len(times), len(times) // LOOKED_AT + 1)]))
    ends = np.round(np.cumsum(times) * TICKS).astype(int)  # rounded ends, so that the film keeps time
    durations = [int(ticks) * 1000 // TICKS for ticks in np.diff(ends, prepend=0)]
    reduced = (reduce(one) for one in _calmed(paint, len(times)))
    first = next(reduced)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=reduced, duration=durations, loop=0, optimize=True)
    write_output("--record", path, buffer.getvalue())
    return first.size


def _calmed(paint: Callable[[int], Image], count: int) -> Iterator[NDArray[np.uint8]]:
    """Give the pictures; a pixel that hardly differs from the one that is shown stays, which takes no room."""
    shown = np.asarray(paint(0), np.int16)
    for k in range(count):
        fresh = np.asarray(paint(k), np.int16)
        changed = np.abs(fresh - shown).max(axis=2, keepdims=True) > UNSEEN
        shown = np.where(changed, fresh, shown)
        yield shown.astype(np.uint8)


class Reduction:
    """Gives pictures with the colours of a palette, each the nearest; Pillow's own search only comes near it."""

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        """palette: (C, 3)"""
        self._palette = palette
        self._index = np.zeros(1 << 24, np.uint8)  # of each colour there is
        self._known = np.zeros(1 << 24, bool)

    def __call__(self, picture: NDArray[np.uint8]) -> Image:
        """Return a picture, (H, W, 3), with the palette."""
        from PIL import Image

        packed = _packed(picture)
        fresh = np.unique(packed[~self._known[packed]])
        for some in np.array_split(fresh, len(fresh) // 4096 + 1):
            distance = np.abs(_rgb(some).astype(np.int16)[:, None] - self._palette).astype(np.int32) ** 2
            self._index[some] = distance.sum(axis=2).argmin(axis=1)
        self._known[fresh] = True
        image = Image.fromarray(self._index[packed])
        image.putpalette(self._palette.tobytes())
        return image


def _palette(pictures: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint8]:
    """Return the colours, (C, 3), that suit all of these pictures of packed colours."""
    from PIL import Image

    colours, counts = np.unique(np.concatenate([one.ravel() for one in pictures]), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    exact, rare = _rgb(colours[order[:EXACT]]), colours[order[EXACT:]]
    if not len(rare):
        return exact
    # Rare colours, such as of links that are lit now and then, must not drown in those that are less so.
    weights = np.maximum(counts[order[EXACT:]] ** 0.4, 1).astype(int)
    image = Image.fromarray(_rgb(np.repeat(rare, weights))[None])
    found = image.quantize(COLOURS - EXACT, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette()
    return np.concatenate([exact, np.array(found, np.uint8).reshape(-1, 3)])[:COLOURS]


def _packed(picture: Image | NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the colours of a picture, (H, W), as one number each."""
    parts = np.asarray(picture, np.uint32)
    packed: NDArray[np.uint32] = parts @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    return packed


def _rgb(packed: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).astype(np.uint8)
