"""The one way to a terminal: text is text, whatever it holds; only what is drawn here can steer it.

Names, messages and numbers come from files and environments that anybody may have written. What a terminal would obey
in them is spelt out, as ``\\x1b``; nothing in them is markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ..errors import plain


class Terminal(Console):
    """A console of rich that cleans what it is given and styles it afterwards."""

    def __init__(self, file: IO[str], width: int | None = None) -> None:
        super().__init__(file=file, width=width, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)


def write(text: str) -> None:
    """Write text to standard output as it is, but for what would steer a terminal."""
    sys.stdout.write(plain(text))


def tell(text: str) -> None:
    """Write a line to standard error."""
    print(plain(text), file=sys.stderr)
