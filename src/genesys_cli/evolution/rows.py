"""What ``metrics.csv`` says of a generation, from what is known at its end."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends.played import deviation_of
from .columns import check
from .goal import turned
from .state import Champion, RunState

Row = dict[str, Any]


def score_of(champion: Champion | None) -> float | None:
    """Return a champion's fitness on the held-out episodes; None: there is no champion."""
    return champion.validated_fitness if champion is not None else None


def scores(state: RunState, minimise: bool) -> dict[str, float | None]:
    """Return how good a generation and the champion are, in the user's own numbers; None: nobody has a fitness.

    Mean and deviation are of the genomes that have one.
    """
    own, best, champion = state.own_fitness(minimise), state.best(), state.champion
    if len(state.without):
        own = np.delete(own, state.without)
    return {
        "best_fitness": None if best is None else turned(float(state.fitness[best]), minimise),
        "mean_fitness": None if best is None else float(own.mean()),
        "std_fitness": None if best is None else deviation_of(own),
        "champion_fitness": turned(score_of(champion), minimise),
    }


def describe(state: RunState, row: Row, *, minimise: bool) -> Row:
    """Return the metrics of a generation: what the state says, then what `row` counted and measured."""
    check(row)
    genomes, champion = state.genomes, state.champion
    best = state.best()
    nodes = np.diff(genomes.node_offsets)
    conns = np.diff(genomes.conn_offsets)
    return {
        "generation": state.generation,
        **scores(state, minimise),
        "champion_generation": champion.generation if champion else None,
        "species": state.species.n_species,
        "compatibility_threshold": state.species.threshold,
        "nodes_mean": float(nodes.mean()),
        "conns_mean": float(conns.mean()),
        "best_nodes": None if best is None else int(nodes[best]),
        "best_conns": None if best is None else int(conns[best]),
        "total_env_steps": state.env_steps,
        "total_validation_steps": state.validation_steps,
        **row,
    }
