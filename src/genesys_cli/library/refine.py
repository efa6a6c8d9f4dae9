"""What Python programs use to refine: ``from genesys_cli import refine``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..config.overrides import settings_of
from ..runs import refine as runs
from .champion import Champion, load_champion
from .evolve import Observer, Result, result_of
from .given import folder_of, pairs


def refine(
    champion: Champion | str | Path,
    *,
    generations: int | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    threads: int | None = None,
    run_dir: str | Path | None = None,
    on_generation: Callable[[dict[str, Any]], None] | None = None,
) -> Result:
    """Search for better weights of a network, whose structure stays, as ``genesys refine`` does, and print nothing.

    Args:
        champion: Network to begin with: a champion, or what ``load_champion`` takes.
        generations: Refinements, of ``refine.steps`` each. None: 50.
        episodes: Training episodes. None: those of its run.
        seed: Seed of all random numbers. None: its run's.
        settings: Any other settings by key that differ from those of its run, such as ``{"refine.samples": 40}``.
        threads: Threads, or worker processes, that share the work. None: one for each core.
        run_dir: Folder to make for the run. None: the next free one under ``runs/``.
        on_generation: Called with the row of each generation when it is done. What it raises ends the run, which can
            be continued with ``genesys evolve --resume``.

    Returns:
        How the run ended, with its champion: the given one, where none was found that is better.

    Raises:
        UserError: Something that was asked for cannot be.
        GenesysError: The run failed for another reason, such as a full disk.
    """
    begin = champion if isinstance(champion, Champion) else load_champion(champion)
    named = {
        "neat.generations": generations,
        "evaluation.episodes": episodes,
        "run.seed": seed,
        "run.threads": threads,
    }
    flags = settings_of(pairs("settings", settings)) | {key: value for key, value in named.items() if value is not None}
    observer = Observer(on_generation)
    place = folder_of(run_dir)
    return result_of(runs.refine(begin._stored, flags, place, ["genesys_cli.refine"], observer), observer)
