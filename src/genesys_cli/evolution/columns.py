"""The columns of ``metrics.csv``: a generation's state, its counts, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..counts import COUNTS
from ..errors import nearest


class Column(NamedTuple):
    """A column. names: of one, or of several that are of one kind; meaning: what it says, in Markdown"""

    names: tuple[str, ...]
    meaning: str


STATE = (
    Column(("generation",), "counted from 0"),
    Column(
        ("best_fitness", "mean_fitness", "std_fitness"),
        "over the genomes that have a fitness, which is the mean return over the training episodes; empty where none "
        "has one; with `evaluation.minimise` the best is the lowest",
    ),
    Column(
        ("champion_fitness",),
        "mean return of the champion over the held-out episodes, in the environment as it is in this generation; with "
        "`evaluation.validation` the number of starts that it passes",
    ),
    Column(("champion_generation",), "generation in which the champion was found"),
    Column(("species",), "number of species"),
    Column(("compatibility_threshold",), "the threshold for the next generation"),
    Column(("nodes_mean", "conns_mean"), "mean number of node and of connection genes per genome"),
    Column(("best_nodes", "best_conns"), "the same of the genome with the best fitness; empty where none has one"),
    Column(
        ("total_env_steps", "total_validation_steps"),
        "environment steps since the start of the run, in training and on held-out episodes",
    ),
)
"""The state at the end of a generation."""

DRIFT = (
    Column(
        ("frozen_fitness",),
        "mean return of the frozen champion, the one from before the last shift, over the held-out episodes, in the "
        "environment as it is in this generation; empty before the first shift",
    ),
    Column(("world_changes",), "environment shifts so far"),
    Column(("drift_<name>",), "value of each quantity that drifts, such as `drift_length`"),
)
"""Environment shifts, in a run with drift."""

ISLANDS = (
    Column(("immigrants",), "genomes of this generation that came from other islands"),
    Column(("island",), "in the table of the whole run: which island's champion is the best, from 0"),
)
"""Migrations, in a run on islands."""

OBJECTIVES = (Column(("front",), "genomes that no other one beats in every objective, copies not counted"),)
"""Objectives beside fitness, in a run that has any."""

REFINE = (
    Column(("refine_env_steps",), "environment steps of refinement, which `total_env_steps` has too"),
    Column(("refine_step",), "step size of the search after it, in standard deviations; empty before the first"),
    Column(("refine_episodes",), "training episodes of a sample in the next step; empty before the first"),
    Column(("refine_s",), "time that it took"),
)
"""Refinement, in a run that has it."""

MEASURED = (
    Column(
        ("energy_inference_j", "energy_evolution_j", "energy_j"),
        "with `--backend genesys`: energy of the chip by phase and in total, nominal and bottom-up, from this row's "
        "counts, see [energy](energy.md)",
    ),
    Column(("reproduce_s", "evaluate_s", "speciate_s"), "time of each phase; evaluation includes validation"),
    Column(("validate_s",), "time of validation, which is part of `evaluate_s`"),
    Column(
        ("host_energy_j",),
        "energy of this machine for reproduction, evaluation without validation, and speciation: from a counter, or an "
        "estimate where there is none, see [energy](energy.md#the-closing-table)",
    ),
    Column(
        ("cluster_actors", "cluster_lost"),
        "with `--cluster`: actors that took part, and how many were lost meanwhile, see [on a cluster](cluster.md)",
    ),
    Column(
        ("cluster_messages", "cluster_sent_bytes", "cluster_received_bytes"),
        "messages to actors, such as tiles, each with its answer; bytes of all that went to them and of all that came "
        "back",
    ),
    Column(("cluster_exchanged_bytes",), "bytes of parents that actors gave each other, where they breed"),
    Column(
        ("cluster_s", "cluster_busy_s"),
        "time from a message to the last answer, and the actors' computing in it, each added up",
    ),
    Column(("checkpoint_s",), "time that the run waited for files; checkpoints are written in the background"),
    Column(("generation_s",), "total time of the generation"),
    Column(("wall_time_s",), "since the start of the run, without the time between a stop and a resume"),
)
"""Energy, time and what went over a network."""


_DESCRIBED = {name for column in (*STATE, *DRIFT, *ISLANDS, *OBJECTIVES, *REFINE, *MEASURED) for name in column.names}


def check(names: Iterable[str]) -> None:
    """Raise ValueError where a row has a column that is described nowhere, such as a count that nobody registered."""
    for name in names:
        if name not in _DESCRIBED and name not in COUNTS and not name.startswith("drift_"):
            raise ValueError(
                f"{name!r} is no column of metrics.csv{nearest(name, [*COUNTS, *_DESCRIBED])}; a backend that counts "
                "something new says what it is with genesys_cli.counts.register"
            )
