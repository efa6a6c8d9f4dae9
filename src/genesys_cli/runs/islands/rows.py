"""The row of a generation of all islands, from those of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...evolution.goal import turned
from ...evolution.rows import Row

_OF_BEST = ("best_fitness", "best_nodes", "best_conns")
_OF_CHAMPION = ("champion_fitness", "champion_generation", "frozen_fitness", "world_changes")
_MEANS = ("mean_fitness", "nodes_mean", "conns_mean")
_LARGEST = ("longest_decisions", "checkpoint_s")
_LEFT_OUT = ("compatibility_threshold", "refine_step", "refine_episodes", "generation_s", "wall_time_s")


def row_of(rows: Sequence[Mapping[str, Any]], *, minimise: bool) -> Row:
    """Return the row of a generation of all islands, without times of the whole. rows: of each, of one generation

    Counts, species, steps and times of phases are added up; means are those over all genomes; what is said of the best
    genome, or of the champion, is that of the island where it is best.
    """
    best = best_of(rows, "best_fitness", minimise=minimise)
    champion = best_of(rows, "champion_fitness", minimise=minimise)
    found: Row = {"generation": rows[0]["generation"]}
    for name in dict.fromkeys(name for row in rows for name in row):
        known = [row[name] for row in rows if row.get(name) is not None]
        if name == "std_fitness":
            found[name] = _deviation(rows)
        elif name in _OF_BEST or name in _OF_CHAMPION:
            found[name] = rows[best if name in _OF_BEST else champion].get(name)
        elif name == "generation" or name in _LEFT_OUT:
            continue
        else:
            how: Callable[[Any], Any] = sum
            if name in _MEANS or name.startswith("drift_"):
                how = _mean
            elif name in _LARGEST:
                how = max
            found[name] = how(known) if known else None
    found["island"] = champion
    return found


def best_of(rows: Sequence[Mapping[str, Any]], column: str, *, minimise: bool) -> int:
    """Return the index of the row with the best fitness in a column, the first of equals; 0 where none has any."""
    known = {k: turned(row[column], minimise) for k, row in enumerate(rows) if row.get(column) is not None}
    return max(known, key=lambda k: known[k], default=0)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _deviation(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the standard deviation of the fitness of all genomes, of which each island has as many."""
    known = [row for row in rows if row.get("std_fitness") is not None]
    if not known:
        return None
    means, deviations = (np.array([row[name] for row in known]) for name in ("mean_fitness", "std_fitness"))
    return float(np.sqrt(np.mean(deviations**2) + np.var(means)))
