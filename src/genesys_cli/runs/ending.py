"""What a run says at its end, estimates of time and energy and hints, and where what they need is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..costs.estimates import estimates, genesys_estimate, host_estimate
from ..costs.memory import no_room_to_count
from ..costs.pace import pace_of
from ..costs.work import Work, chip_counts, dense_macs_of, workload_of
from ..counts import PADDED_MACS, USEFUL_MACS, lookup
from ..energy.table import load_table
from ..energy.workload import mean
from ..envs.problem.env import ProblemEnv
from ..errors import DamagedFileError, GenesysError, UserError
from ..evolution.episodes import held_out_episodes
from ..evolution.front import front_of
from ..evolution.loop import Loop
from ..evolution.matches.play import table
from ..evolution.objectives import enabled_conns
from ..evolution.state import RunState
from ..files.checkpoint import checkpoint_path, load
from ..files.folder import RunFolder, read_document, read_summary
from ..files.islands import run_around
from ..files.study import is_study
from .ahead import COUNTING, LAYERS
from .hints.course import Course
from .hints.evidence import Evidence, Hint
from .hints.hints import hints_of
from .hints.spread import spread_of
from .kernels import Kernels

Row = Mapping[str, Any]


_SEEDS = 10  # with which earlier champions meet one another, at most


def encounters(evolution: Loop, state: RunState) -> dict[str, Any] | None:
    """Return ``matches`` of ``summary.json``: how earlier champions, and the last one, fare against one another.

    None where networks play no matches, or none could be completed.
    """
    env, champion, hall = evolution.env, state.champion, state.hall
    if not isinstance(env, ProblemEnv) or env.players is None or champion is None or hall is None:
        return None
    seeds = held_out_episodes(evolution.settings, env)[:_SEEDS]
    genomes = hall.genomes.with_more(champion.genome)
    try:
        points = table(evolution.settings.problem, env.players, evolution.backend, genomes, seeds)
    except GenesysError:
        return None
    known = [[None if np.isnan(share) else share for share in row] for row in points.tolist()]
    return {"generations": [*hall.generations.tolist(), champion.generation], "points": known}


def closing_front(evolution: Loop, folder: RunFolder, state: RunState) -> tuple[RunState, list[dict[str, Any]] | None]:
    """Write the networks of the front; return ``front`` of ``summary.json``; None where fitness is all that counts.

    The fittest of them is the champion of the state that is returned, too.
    """
    if state.objectives is None:
        return state, None
    points = front_of(evolution, state)
    told = [point.champion.told(evolution.goal.minimise) for point in points]
    paths = folder.save_front(told, evolution.settings)
    if points and points[0].champion is not state.champion:
        state = state._replace(champion=points[0].champion)
        folder.save_champion(told[0], evolution.settings)
    return state, [
        {
            "file": path.relative_to(folder.path).as_posix(),
            "fitness": champion.validated_fitness,
            "std": champion.validated_std,
            "nodes": len(champion.genome.node_id),
            "conns": int(enabled_conns(champion.genome)[0]),
            "generation": champion.generation,
            "objectives": point.objectives,
        }
        for path, point, champion in zip(paths, points, told, strict=True)
    ]


def closing_estimates(
    evolution: Loop,
    folder: RunFolder,
    state: RunState,
    rows: Sequence[Row],
    work: Work | None,
    kernels: Kernels,
) -> list[dict[str, Any]]:
    """Return ``estimates`` of ``summary.json``; raises :class:`UserError` where there can be none.

    rows: of metrics, the last ones; work: of the last generation; None: it was computed before the run was resumed

    A run on the chip has counted all its generations: the mean of the last ones is taken. In software only the last one
    is counted again for the chip, since that takes about as long as the generation itself.
    """
    settings, env = evolution.settings, evolution.env
    if not rows:
        raise UserError(f"{folder.metrics} has no valid row of the last generation")
    chip: Sequence[Row] | str
    emulated = evolution.backend.kind.counts_itself
    if emulated:
        chosen = list(rows)
        chip = chosen
        workload = mean([workload_of(row, settings, env) for row in chosen])
    else:
        chosen = [rows[-1]]
        if work is None:
            if earlier := _earlier(folder, state):
                return earlier
            work = _again(evolution, folder, state)
        part = LAYERS if work.parents is None else COUNTING
        kernels.need(part)
        counts = no_room_to_count(work.here()[0]) or chip_counts(work, settings, env, evolution.threads)
        dense: float
        if isinstance(counts, str):
            dense, chip = dense_macs_of(work, settings), counts
        else:
            n = lookup(counts)
            dense, chip = n(USEFUL_MACS) + n(PADDED_MACS), [counts]
            kernels.have(part)
        workload = workload_of(chosen[0], settings, env, dense_macs=dense)
    pace = pace_of(settings, env)
    genesys = genesys_estimate(
        chip, settings.target_chip, load_table(), emulated=emulated, generations=len(chosen), pace=pace
    )
    host = host_estimate(chosen, evolution.host.energy(), emulating=emulated)
    return estimates(genesys, workload, host, pace=pace)


def closing_hints(
    evolution: Loop,
    folder: RunFolder,
    state: RunState,
    rows: Sequence[Row],
    work: Work | None,
    course: Course,
) -> list[Hint]:
    """Return ``hints`` of ``summary.json``. rows, work: as of :func:`closing_estimates`; course: of the whole run"""
    champion = state.champion
    if champion is None or not rows:  # why there is none is the summary's note
        return []

    def decisions() -> NDArray[np.int64] | None:
        try:
            return (work or _again(evolution, folder, state)).decisions
        except UserError:  # no more than a hint is lost
            return None

    evidence = Evidence(
        evolution.settings,
        evolution.env,
        evolution.goal,
        state,
        champion,
        course,
        rows[-1],
        str(_place(folder, evolution)),
        decisions,
        lambda: spread_of(evolution, champion),
    )
    return hints_of(evidence, solved=evolution.solved(state))


def _place(folder: RunFolder, evolution: Loop) -> Path:
    """Return what is resumed where a run is to go on: the run itself, or what it is a part of."""
    path = folder.path if evolution.settings.islands.number is None else run_around(folder.path).path
    return path.parent if is_study(path.parent) else path


def _earlier(folder: RunFolder, state: RunState) -> list[dict[str, Any]]:
    """Return what the run's earlier end found, if that was after the same generation; else nothing."""
    try:
        summary = read_summary(folder.summary)
        same = summary.get("generations") == state.generation + 1
        return read_document(folder.summary).get("estimates", []) if same else []
    except DamagedFileError:
        return []


def _again(evolution: Loop, folder: RunFolder, state: RunState) -> Work:
    """Compute the last generation once more, which gives the same bits, and return what it asked for."""
    if state.generation == 0:
        return evolution.first().work
    path = checkpoint_path(folder.checkpoints, state.generation - 1)
    try:
        before, _ = load(path)
    except (DamagedFileError, OSError) as error:
        raise UserError(f"the last generation cannot be counted again without {path} ({error})") from None
    return evolution.next(before).work
