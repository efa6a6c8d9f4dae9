"""Collects the moments of an episode that make a film, then writes it: GIF or MP4, by the file's ending.

Pictures are kept compressed until the last episode has ended, so that what counts as a large value of a node, and a
GIF's colours, can be those of the whole film; and so that a film that is broken off leaves no file.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...errors import UserError
from ...playback.show import Frame, Values
from ..network import raster
from ..output import check_output
from ..progress import Progress, Silent
from .page import Page, Shot

if TYPE_CHECKING:
    from PIL.Image import Image

OPTION, FORMATS = "--record", (".gif", ".mp4")
LAST_S = 1.0  # the last picture of an episode stays so long


class Limits(NamedTuple):
    """What a format is worth: most pictures a second, most seconds, and most pixels of an environment's height.

    beside: that height where a network is beside the environment
    """

    fps: float
    seconds: float
    height: int
    beside: int


LIMITS = {".gif": Limits(30.0, 30.0, 400, 320), ".mp4": Limits(60.0, 300.0, 720, 720)}

FASTEST = {".gif": 50.0, ".mp4": 100.0}  # pictures a second; browsers show faster GIFs slowly


class Kept(NamedTuple):
    """A moment as it is kept. picture: (H, W, 3) uint8, deflated; the others as in ``playback.show.Frame``"""

    picture: bytes
    shape: tuple[int, ...]
    episode: int
    steps: int
    total: float
    over: bool
    values: Values | None


class Film:
    """Called for every moment of what is filmed; :meth:`write` then makes the file.

    A film is as fast as Gymnasium shows the environment. Of more pictures a second than the format is good for, every
    second, third, ... is kept; what comes after the longest time is not, and :attr:`complete` says so.
    """

    def __init__(
        self,
        path: Path,
        *,
        activity: bool = False,
        fps: float | None = None,
        max_seconds: float | None = None,
        overwrite: bool = False,
    ) -> None:
        """Raises UserError where the film could not be written, before anything is played.

        activity: show the network beside the environment, lit by its values
        fps: most pictures a second; max_seconds: where the film ends; None: what fits the format
        """
        check_output(OPTION, path, FORMATS, overwrite=overwrite)
        self._path = path
        self._ending = path.suffix.lower()
        raster.check(OPTION, "film")
        if self._ending == ".mp4":
            check_ffmpeg()
        limits = LIMITS[self._ending]
        self._most = min(fps or limits.fps, FASTEST[self._ending])
        self._seconds = max_seconds or limits.seconds
        self._height = limits.beside if activity else limits.height
        self._activity = activity
        self._kept: list[Kept] = []
        self._first: Frame | None = None
        self._every = 1
        self._taken = 0.0  # seconds
        self.fps = 0.0
        self.complete = True

    def __call__(self, frame: Frame) -> None:
        """Keep a moment, if it is one that the film shows."""
        assert frame.picture is not None
        if self._first is None:
            self._first = frame
            self._every = math.ceil(frame.rate / self._most)
            self.fps = frame.rate / self._every
        if frame.steps % self._every and not frame.over:
            return
        self.complete = self.complete and self._taken < self._seconds - 1e-6
        if not self.complete:
            return
        picture = frame.picture()
        where = (frame.episode, frame.steps, frame.total, frame.over)
        values = frame.values if self._activity else None
        self._kept.append(Kept(zlib.compress(picture.tobytes(), 1), picture.shape, *where, values))
        self._taken += LAST_S if frame.over else 1 / self.fps

    def _times(self) -> list[float]:
        """Return the seconds that each picture stays."""
        return [LAST_S if kept.over else 1 / self.fps for kept in self._kept]

    def _painter(self) -> Callable[[int], Image]:
        """Return what gives picture k of the film; all are of one size."""
        page = self._page()
        several = any(kept.episode for kept in self._kept)

        def paint(k: int) -> Image:
            kept = self._kept[k]
            picture = np.frombuffer(zlib.decompress(kept.picture), np.uint8).reshape(kept.shape)
            return page.paint(Shot(picture, self._caption(kept, several=several), kept.values))

        return paint

    def _caption(self, kept: Kept, *, several: bool) -> list[str]:
        assert self._first is not None
        total = f"{kept.total:.1f}" if np.isfinite(kept.total) else "none"
        words = [self._first.env.id, f"step {kept.steps}", f"return {total}"]
        return [*words[:1], f"episode {kept.episode + 1}", *words[1:]] if several else words

    def _page(self) -> Page:
        first = self._first
        assert first is not None
        largest = [max(kept.shape[0] for kept in self._kept), max(kept.shape[1] for kept in self._kept)]
        every = [kept.values for kept in self._kept if kept.values is not None]
        genome = first.genome if every else None  # there are none where the first decision was no number
        return Page((largest[0], largest[1]), self._height, first.env, genome, every)

    def write(self, progress: Progress | None = None) -> dict[str, Any]:
        """Write the file; return what it is, as plain JSON. progress: hears how far it has come"""
        from . import gif, mp4

        progress = progress or Silent()
        paint, count = self._painter(), len(self._kept)

        furthest = -1

        def told(k: int) -> Image:
            nonlocal furthest
            if k > furthest:
                furthest = k
                progress.step(k + 1, count, f"pictures of {self._path.name}")
            return paint(k)

        write = gif.write if self._ending == ".gif" else mp4.write
        try:
            size = write(self._path, told, self._times(), self.fps)
        finally:
            progress.close()
        return {
            "file": str(self._path),
            "pictures": len(self._kept),
            "width": size[0],
            "height": size[1],
            "fps": self.fps,
            "seconds": sum(self._times()),
            "bytes": self._path.stat().st_size,
            "complete": self.complete,
        }


def check_ffmpeg() -> None:
    """Raise UserError where no MP4 can be written."""
    try:
        import imageio_ffmpeg

        imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"{OPTION} to .mp4 needs imageio-ffmpeg ({error}); install it with: pip install 'genesys-cli[film]', or "
            "record a .gif"
        ) from error
