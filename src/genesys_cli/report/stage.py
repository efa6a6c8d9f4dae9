"""Plays an episode as an animation in the terminal: the scene of a native environment, the numbers of any other.

Where there is no terminal, or one without Unicode, there is a line for each episode instead.
"""

from __future__ import annotations

import sys
import time
from math import isfinite
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..envs.gym.foreign import foreign
from ..envs.spec import Discrete, NativeEnv
from ..errors import one_line
from ..playback.show import Frame
from .canvas import Canvas
from .terminal import Terminal

WIDTH, HEIGHT = 76, 18  # characters, so that scene and caption fit a terminal of 80 by 24

FPS = 30.0  # of environments that have no pace of their own


def scene(frame: Frame) -> str:
    """Return the picture before a step or after the last one, with a caption."""
    return f"{_picture(frame) or numbers(frame)}\n{caption(frame)}"


def _picture(frame: Frame) -> str:
    """Return what the environment shows of itself; empty where it shows nothing, or its state ran away."""
    env = frame.env
    if not isinstance(env, NativeEnv) or env.scene is None or frame.state is None:
        return ""
    state = [float(value) for value in frame.state]
    if not all(map(isfinite, state)):
        return ""
    with foreign(f"{env.id}: scene"):
        found = env.scene(env.state(*state), frame.physics)
        canvas = Canvas(WIDTH, HEIGHT, *found.view)
        for shape in found.shapes:
            canvas.lines(*shape.points)
    return canvas.text()


def numbers(frame: Frame) -> str:
    """Return what the network sees and does, for environments that have no scene."""
    names, values = frame.env.observation_names, frame.observation.tolist()
    action = f"action  {_action(frame)}"
    if len(names) <= HEIGHT - 2:
        longest = max(map(len, names))
        lines = [f"{name:<{longest}}{value:12.4g}" for name, value in zip(names, values, strict=True)]
    else:
        lines = []
        for k in range(0, len(values), 8):
            lines.append(f"{k:>5}  " + "".join(f"{value:8.4g}" for value in values[k : k + 8]))
        if len(lines) > HEIGHT - 2:
            lines = [*lines[: HEIGHT - 3], f"    …  and {len(values) - 8 * (HEIGHT - 3)} more"]
    return "\n".join([*lines, "", action])


def _action(frame: Frame) -> str:
    action, row = frame.env.action, frame.action.tolist()
    if isinstance(action, Discrete):
        return str(frame.env.action_names[row[0]])
    return "  ".join(f"{value:.3g}" for value in row)[: WIDTH - 8]


def caption(frame: Frame) -> str:
    return f"{frame.env.id}   step {frame.steps}   return {frame.total:.1f}"


class Stage:
    """A context manager; called before each step of an episode and after its last one, it draws and keeps time."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Terminal(sys.stderr)
        self._live: Live | None = None
        if self._console.is_terminal and not (self._console.is_dumb_terminal or self._console.options.ascii_only):
            self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._due = 0.0
        self._caption = ""

    def __enter__(self) -> Stage:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        else:
            self._say()

    def __call__(self, frame: Frame) -> None:
        if self._live is None:
            if frame.steps == 0:
                self._say()
            self._caption = caption(frame)
            return
        self._live.update(Text(scene(frame)), refresh=True)
        fps = frame.env.render_fps if isinstance(frame.env, NativeEnv) else FPS
        now = time.monotonic()
        time.sleep(max(0.0, self._due - now))
        self._due = max(now, self._due) + 1 / fps

    def _say(self) -> None:
        """Print the caption of the episode that has just ended."""
        if self._caption:
            self._console.print(Text(one_line(self._caption)), soft_wrap=True)
            self._caption = ""
