"""Pools start in about a second, so that tests which only use one share it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from backends.workers.playing import Playing


@pytest.fixture(scope="module")
def playing() -> Iterator[Playing]:
    with contextlib.closing(Playing()) as found:
        yield found
