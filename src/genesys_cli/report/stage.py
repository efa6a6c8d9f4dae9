"""Plays an episode as an animation in the terminal. Each native environment has a scene; others show numbers.

Where there is no terminal, or one without Unicode, there is a line for each episode instead.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..envs.spec import Discrete
from ..errors import one_line
from ..playback.show import Frame
from .canvas import Canvas
from .terminal import Terminal

WIDTH, HEIGHT = 76, 18  # characters, so that scene and caption fit a terminal of 80 by 24

State = Sequence[float]


def cartpole(state: State) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT, -2.6, -0.3, 2.6, 1.4)
    x, theta = state[0], state[2]
    canvas.line(-2.4, -0.1, 2.4, -0.1)
    for limit in (-2.4, 2.4):
        canvas.line(limit, -0.25, limit, 0.05)
    canvas.box(x - 0.25, -0.1, x + 0.25, 0.1)
    canvas.line(x, 0.1, x + math.sin(theta), 0.1 + math.cos(theta))  # the pole is 1 m long
    return canvas


def mountain_car(state: State, goal: float = 0.5) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT, -1.25, 0.0, 0.65, 1.2)

    def height(x: float) -> float:
        return 0.45 * math.sin(3 * x) + 0.55

    points = [-1.2 + 1.8 * i / 60 for i in range(61)]
    canvas.lines(*((x, height(x)) for x in points))
    foot = height(goal)
    canvas.lines((goal, foot), (goal, foot + 0.2), (goal + 0.06, foot + 0.16), (goal, foot + 0.12))
    x = state[0]
    y, slope = height(x), math.atan(0.45 * 3 * math.cos(3 * x))
    along, up = (math.cos(slope), math.sin(slope)), (-math.sin(slope), math.cos(slope))
    corners = ((-0.06, 0.02), (0.06, 0.02), (0.06, 0.08), (-0.06, 0.08), (-0.06, 0.02))
    canvas.lines(*((x + a * along[0] + u * up[0], y + a * along[1] + u * up[1]) for a, u in corners))
    return canvas


def mountain_car_continuous(state: State) -> Canvas:
    return mountain_car(state, goal=0.45)


def acrobot(state: State) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT, -2.2, -2.1, 2.2, 2.1)
    upper, lower = state[0], state[0] + state[1]
    elbow = (math.sin(upper), -math.cos(upper))
    canvas.line(-2.2, 1.0, 2.2, 1.0)  # the tip has to rise above this line
    canvas.lines((0.0, 0.0), elbow, (elbow[0] + math.sin(lower), elbow[1] - math.cos(lower)))
    canvas.box(-0.06, -0.06, 0.06, 0.06)
    return canvas


def pendulum(state: State) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT, -1.3, -1.2, 1.3, 1.2)
    x, y = -math.sin(state[0]), math.cos(state[0])  # upright at 0, counter-clockwise
    canvas.line(0.0, 0.0, x, y)
    canvas.box(x - 0.05, y - 0.05, x + 0.05, y + 0.05)
    canvas.box(-0.03, -0.03, 0.03, 0.03)
    return canvas


# Scene of each environment, and the seconds that a step is shown.
SCENES: dict[str, tuple[Callable[[State], Canvas], float]] = {
    "CartPole": (cartpole, 0.02),
    "MountainCar": (mountain_car, 1 / 30),
    "MountainCarContinuous": (mountain_car_continuous, 1 / 30),
    "Acrobot": (acrobot, 1 / 15),
    "Pendulum": (pendulum, 0.05),
}


def scene(frame: Frame) -> str:
    """Return the picture before a step or after the last one, with a caption."""
    drawing = SCENES.get(frame.env.name)
    picture = drawing[0](frame.state).text() if drawing and frame.state is not None else numbers(frame)
    return f"{picture}\n{caption(frame)}"


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
        now = time.monotonic()
        time.sleep(max(0.0, self._due - now))
        self._due = max(now, self._due) + SCENES.get(frame.env.name, (None, 1 / 30))[1]

    def _say(self) -> None:
        """Print the caption of the episode that has just ended."""
        if self._caption:
            self._console.print(Text(one_line(self._caption)), soft_wrap=True)
            self._caption = ""
