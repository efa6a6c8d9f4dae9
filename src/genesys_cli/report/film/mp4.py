"""Writes a film as H.264 in MP4, which every browser plays."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GenesysError
from ...files.storage import disk_errors

if TYPE_CHECKING:
    from PIL.Image import Image


def write(path: Path, paint: Callable[[int], Image], times: Sequence[float], fps: float) -> tuple[int, int]:
    """Write a film; return width and height. paint: gives picture k; times: seconds that each stays"""
    import imageio_ffmpeg

    size = paint(0).size
    partial = path.with_name(f".{path.stem}.partial.mp4")
    with disk_errors(path, "choose another file with --record", "free some disk space and try again"):
        partial.touch()  # ffmpeg's own words about a folder that cannot be written to are many
        writer = imageio_ffmpeg.write_frames(
            str(partial), size, fps=fps, codec="libx264", quality=7, macro_block_size=2, ffmpeg_log_level="error"
        )
        try:
            writer.send(None)
            for k, seconds in enumerate(times):
                data = np.asarray(paint(k), np.uint8).tobytes()
                for _ in range(max(round(seconds * fps), 1)):
                    writer.send(data)
            writer.close()
            os.replace(partial, path)
        except OSError as error:
            if error.errno is not None:
                raise
            raise GenesysError(f"{path} could not be written: {' '.join(str(error).split())}") from error
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                partial.unlink()
    return size
