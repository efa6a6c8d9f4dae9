"""Which given genome a genome of the first generation comes from."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..backends.base import backend_of
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.registry import environment_of
from ..evolution.start import begin
from ..files.start import start_of
from ..genome.population import Population


class Origin(NamedTuple):
    """genome: as it was given, in the run's numbers; source: what gave it; copied: whether it was left as it was"""

    genome: Population
    source: str
    copied: bool


def origin_of(settings: Settings, path: Path, generation: int, index: int) -> Origin | None:
    """Return what a genome of a first generation comes from; None: it is a new one.

    Raises UserError where its run's environment is not installed, DamagedFileError where ``start.npz`` is not sound.
    generation: another one than 0 after an extinction
    """
    env = environment_of(settings)
    stored = start_of(path, settings, env)
    with Threads(settings.run.threads) as threads, closing(backend_of(settings, env, threads)) as backend:
        made = begin(stored.start, settings, backend, threads, generation)
    parent = int(made.plan.fitter[index])
    if parent >= stored.start.genomes.size:
        return None
    copied = bool(made.plan.elite[index])
    return Origin(made.parents.select(np.array([parent])), stored.given[parent].source, copied)
