"""Studies behind ``genesys evolve --seeds``, and where a study stands for one of its networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import GenesysError, UserError
from .interrupted import shown

if TYPE_CHECKING:
    from ..config.schema import Settings
    from ..report.study_view import StudyView


def seeds_given(
    text: str | None, seed: int | None, overrides: Sequence[str], resume: Path | None
) -> tuple[int, ...] | None:
    """Return the seeds of a study; None: one run is meant. Raises UserError where they cannot be."""
    if text is None:
        return None
    from ..config.seeds import parse_seeds

    if resume is not None:
        raise UserError(
            f"--resume continues a run or a study with its own seeds, so it cannot be combined with --seeds {text}"
        )
    if seed is not None:
        raise UserError(f"--seeds {text} is for a study and --seed {seed} for one run: give one of the two")
    if any(override.partition("=")[0].strip() == "run.seed" for override in overrides):
        raise UserError(f"--seeds {text} says the seeds, so it cannot be combined with --set run.seed")
    return parse_seeds(text)


def show_plan(settings: Settings, seeds: Sequence[int], plan: dict[str, Any], as_json: bool) -> None:
    """Print what a study would be: settings that are a preset, and how its runs would be carried out."""
    from ..config.load import to_toml
    from ..config.seeds import seeds_text
    from ..report.results import print_json, scalar_lines
    from ..report.terminal import write
    from ..studies import study as studies

    plan = {**plan, "seeds": seeds_text(seeds), **studies.dry_run(settings, seeds)}
    if as_json:
        print_json({"settings": settings.tables(), **plan})
    else:
        write(to_toml(settings) + "\n" + "".join(f"# {line}\n" for line in scalar_lines(plan)))


def carry_out(
    ctx: click.Context,
    work: Callable[[StudyView], dict[str, Any]],
    *,
    note: str,
    require_solved: bool,
    as_json: bool,
    quiet: bool,
    unsolved: int,
) -> None:
    """Carry out a study and print its summary. work: returns it; note: to be said before; unsolved: exit code"""
    from ..report.results import print_json
    from ..report.study import print_study
    from ..report.study_view import choose_study_view
    from ..studies.summary import failure_text

    view = choose_study_view(quiet=quiet)
    if note:
        view.message(note)
    with shown(view):
        summary = work(view)
    if as_json:
        print_json(summary)
    else:
        print_study(summary)
    if failure := failure_text(summary):
        raise GenesysError(failure)
    if require_solved and summary["solved"] != len(summary["seeds"]):
        ctx.exit(unsolved)


def study_named(target: str | None, run: Path | None) -> Path | None:
    """Return the study that is meant itself; None: something else is."""
    from ..files.folder import newest
    from ..files.study import is_study

    if target is not None and run is not None:
        return None
    place = (newest() if run is None else run) if target is None else Path(target)
    return place if is_study(place) else None


def of_study(target: str, run: Path | None) -> tuple[str, Path | None]:
    """Return a target and where to look for it; where that is a study, its best run is told and takes its place.

    So is the best island of a run on islands.
    """
    from ..files.folder import newest
    from ..files.islands import best_island, has_islands
    from ..files.outcomes import best_run
    from ..files.study import is_study
    from ..files.target import names_generation
    from ..report.terminal import tell

    by_name = names_generation(target)
    place = (newest() if run is None else run) if by_name else Path(target)
    islands = has_islands(place)
    if not (islands or is_study(place)) or (run is not None and not by_name):
        return target, run
    best, sentence = best_island(place) if islands else best_run(place)
    tell(sentence)
    return (target, best) if by_name else (str(best), run)
