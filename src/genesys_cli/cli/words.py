"""Kinds of words on the command line, and what is wrong with one before anything else is done."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path
from typing import Any

import click

from ..errors import UserError

SEED = click.IntRange(0, 2**63 - 1)
EPISODES = click.IntRange(1, 1_000_000)


class Place(click.ParamType):  # type: ignore[type-arg]  # older versions of click know no arguments
    """A path, or a name that may be one."""

    name = "path"

    def __init__(self, kind: type[str] | type[Path] = Path) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if problem := _problem(str(value)):
            raise UserError(f"{param.opts[-1] if param is not None else 'the path'}: {problem}")
        return self._kind(value)


PATH = Place()
NAME_OR_PATH = Place(str)


def _problem(text: str) -> str:
    """Return why no file can have a name; empty where one can."""
    if not text:
        return "is empty; give a name"
    try:
        os.lstat(text)
    except ValueError:
        return f"{text!r} cannot be the name of a file"
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return f"{text[:40]}... is too long for the name of a file; choose a shorter one"
    return ""


class Rate(click.ParamType):  # type: ignore[type-arg]
    """A number of steps per second, or ``measured``; the settings say which numbers are allowed."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return float(value)
        except ValueError:
            return str(value)


RATE = Rate()


class Names(click.ParamType):  # type: ignore[type-arg]
    """Names with commas between them, or how many things there are."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value)
        return int(text) if text.lstrip("+-").isdecimal() else [name.strip() for name in text.split(",")]


NAMES = Names()


class Number(click.FloatRange):
    """A finite number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return found
