"""What every command says that carries out a run and is interrupted."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class View(Protocol):
    """Shows a run, or several. run_dir: their folder, once there is one"""

    @property
    def run_dir(self) -> Path | None: ...
    def close(self) -> None: ...


@contextlib.contextmanager
def shown(view: View) -> Iterator[None]:
    """Close a view in the end, and say how to go on if Ctrl-C ends what it shows."""
    try:
        yield
    except KeyboardInterrupt:
        if view.run_dir is None:
            raise
        raise KeyboardInterrupt(
            f"Interrupted. Continue with: genesys evolve --resume {shlex.quote(str(view.run_dir))}"
        ) from None
    finally:
        view.close()
