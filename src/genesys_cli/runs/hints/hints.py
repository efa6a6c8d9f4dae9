"""Which hints a run gets: the most likely causes first, and few of them.

A hint is silent where it cannot be sure. What each goes by was found by runs of all presets, whole and cut short, and
by runs in which the cause was known and the hint was followed; ``docs/hints.md`` tells of them.
"""

from __future__ import annotations

from . import judging, progress, selection
from .evidence import Evidence, Hint

MOST = 2


def hints_of(run: Evidence, *, solved: bool) -> list[Hint]:
    """Return what is to be said at the end of a run, MOST hints at most; of most runs it is nothing."""
    if run.settings.drift:  # a run whose world changes is not to be judged by how it goes on in one
        return []
    if run.settings.problem.relative:  # its numbers say who is better, not how good
        return []
    if solved:
        return _said(judging.solved_in_training(run))
    if blind := selection.training_limit(run):
        return [blind]
    found = _said(progress.scales(run), selection.flat(run), selection.step_limit(run), selection.weights(run))
    found += _said(judging.episodes(run), judging.by_heart(run))
    if not found:
        found = _said(progress.few_genomes(run) or progress.standstill(run.settings, run.env, run.goal, run.course))
    return (found + _said(progress.rising(run)))[:MOST]


def _said(*hints: Hint | None) -> list[Hint]:
    return [hint for hint in hints if hint is not None]
