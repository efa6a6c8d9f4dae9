"""One picture of a film: the environment, the network beside it, a line of words below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...envs.naming import output_names
from ...envs.spec import Discrete, Environment
from ...genome.population import Population
from ...playback.show import Values
from ..network.drawing import FAINT, GROUND, INK, Activity, moment_of
from ..network.graph import graph_of
from ..network.layout import layout_of
from ..network.raster import font, paint
from ..network.svg import DARK

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 240  # pixels; lower pictures, such as of games of 160 by 210, are magnified by a whole number
PANEL, WIDER = 320, 1.2  # least height of a network in pixels, and its width as a share of the height
FOOT = 26  # pixels of the line of words
LETTERS = 14


class Shot(NamedTuple):
    """What one picture shows. picture: (H, W, 3) uint8 of the environment; words: of the line below"""

    picture: NDArray[np.uint8]
    words: Sequence[str]
    values: Values | None


class Page:
    """How pictures of a film are put together. size: width and height of each, both even as films want them"""

    def __init__(
        self,
        largest: tuple[int, int],
        most: int,
        env: Environment,
        genome: Population | None,
        values: Sequence[Values],
    ) -> None:
        """largest: height and width of the environment's pictures; most: pixels that they may be high

        genome: the network that is shown, None: none; values: what it held, in all pictures
        """
        height, width = largest
        self._factor = max(1, round(most / height)) if height < SMALL else min(1.0, most / height)
        self._width, self._height = round(width * self._factor), round(height * self._factor)
        tall = self._height if genome is None else max(self._height, PANEL)
        beside = 0 if genome is None else round(WIDER * tall)
        self._network = None if genome is None else Panel(env, genome, values, (beside, tall))
        self._above = (tall - self._height) // 2
        self._foot = tall
        self.size = ((self._width + beside + 1) // 2 * 2, (tall + FOOT + 1) // 2 * 2)

    def paint(self, shot: Shot) -> Image:
        """Return a picture of the film, RGB."""
        from PIL import Image, ImageDraw

        image = Image.new("RGB", self.size, DARK[GROUND])
        picture = Image.fromarray(shot.picture)
        if self._factor != 1:
            size = (round(picture.width * self._factor), round(picture.height * self._factor))
            way = Image.Resampling.NEAREST if self._factor > 1 else Image.Resampling.BILINEAR
            picture = picture.resize(size, way)
        image.paste(picture, (0, self._above))
        if self._network is not None and shot.values is not None:
            image.paste(self._network.paint(shot.values), (self._width, 0))
        brush = ImageDraw.Draw(image)
        middle = self._foot + FOOT / 2
        x = 10.0
        for k, word in enumerate(shot.words):
            # Words keep their places while numbers grow: each has room for its longest.
            brush.text((x, middle), word, DARK[INK] if k else DARK[FAINT], font(LETTERS), anchor="lm")
            x += max(font(LETTERS).getlength(word), font(LETTERS).getlength(_longest(word))) + 18
        return image


def _longest(word: str) -> str:
    """Return a word that is as long as the numbers in it may make it."""
    name, _, number = word.rpartition(" ")
    return f"{name} -0000.0" if number.replace(".", "").replace("-", "").isdigit() else word


class Panel:
    """A network that is lit by its values."""

    def __init__(self, env: Environment, genome: Population, values: Sequence[Values], size: tuple[int, int]) -> None:
        """values: of the whole film; size: of the panel in pixels"""
        graph = graph_of(genome, env.observation_names, output_names(env))
        self._size = size
        width, height = size
        scale = min(1.0, height / layout_of(graph).height)
        self._layout = layout_of(graph, (width / scale, height / scale))
        self._scale = min(width / self._layout.width, height / self._layout.height)
        now = np.abs(np.array([one.now for one in values]))
        read = np.abs(np.array([one.read for one in values]))
        # Full strength: of an input the largest it was; of a node 1, which tanh reaches, or more where it was more.
        scale = now.max(axis=0)
        scale[genome.n_inputs :] = np.maximum(scale[genome.n_inputs :], 1.0)
        self._value_scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
        flows = [
            abs(link.weight) * float(read[:, graph.nodes[link.source].value_at].max())
            for link in graph.links
            if link.enabled
        ]
        self._carried_scale = 0.6 * max(flows, default=0.0) or 1.0
        self._outputs = slice(env.n_inputs, env.n_inputs + env.n_outputs) if isinstance(env.action, Discrete) else None

    def paint(self, values: Values) -> Image:
        from PIL import Image

        chosen = None
        if self._outputs is not None:
            chosen = self._outputs.start + int(np.argmax(values.now[self._outputs]))
        activity = Activity(values.now, values.read, self._value_scale, self._carried_scale, chosen)
        drawn: Any = paint(moment_of(self._layout, activity), self._scale, dark=True)
        image = Image.new("RGB", self._size, DARK[GROUND])
        image.paste(drawn, ((self._size[0] - drawn.width) // 2, (self._size[1] - drawn.height) // 2))
        return image
