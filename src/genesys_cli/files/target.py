"""How a stored network is named on the command line, and where it is found."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import numpy as np

from ..config.presets import shipped_champions
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError, nearest
from ..evolution.goal import turned
from ..evolution.matches.hall import judges
from ..evolution.nobody import NO_FITNESS, advice, on_held_out
from ..evolution.state import Champion, RunState
from .champion import StoredChampion, load_champion, on_any_machine, scaling_in
from .checkpoint import checkpoint_path, load, newest_valid
from .folder import RunFolder, read_metrics
from .outcomes import run_at
from .reading import settings_in

FRONT = "front:"  # begins the name of a network of the front


def find_target(target: str, run: Path | None) -> StoredChampion:
    """Return the network that `target` names.

    target: ``champion``; ``last``, the best of the newest checkpoint; ``gen:N``, the best of generation N; ``front:N``,
        network N of the front; a run folder; a checkpoint; a champion file; or the name of a shipped champion
    run: the run that the first four look in, or a study, of which that with the best champion; None: the newest
    """
    if names_generation(target):
        folder = run_at(run)
        if target == "champion":
            if not folder.champion.is_file():
                raise UserError(f"{folder.path} has no champion yet: {why_none(folder)}")
            return load_champion(folder.champion)
        if target == "last":
            return stored_best(*newest_valid(folder.checkpoints)[:3])
        if target.startswith(FRONT):
            return _of_front(folder, target)
        number = target.removeprefix("gen:")
        path = checkpoint_path(folder.checkpoints, int(number)) if number.isdecimal() and len(number) < 20 else None
        if path is None or not path.is_file():
            raise UserError(f"{target!r}: {folder.path} has no checkpoint of that generation; see {folder.checkpoints}")
        return stored_best(path, *load(path))
    path = Path(target)
    if os.path.isdir(path):  # which says no to a name that cannot be, too
        return find_target("champion", path)
    if path.suffix == ".npz":
        return stored_best(path, *load(path))
    if os.path.exists(path):
        return load_champion(path)
    shipped = shipped_champions()
    named = {name.lower(): file for name, file in shipped.items()}.get(target.lower())
    if named is not None:
        return load_champion(named)
    raise UserError(
        f"{target!r} names no network{nearest(target, shipped) or '.'} Give champion, last, gen:N, front:N, "
        f"a run folder, a checkpoint, a champion.json or a shipped champion: {', '.join(shipped)}"
    )


def why_none(folder: RunFolder) -> str:
    """Return why a run has no champion, and what to do, as the end of a sentence."""
    rows = read_metrics(folder.metrics)
    if not rows:
        return "its first generation has not been evaluated"
    if rows[-1].get("champion_fitness") is not None:
        return (
            f"{folder.champion} is missing; `genesys evolve --resume {shlex.quote(str(folder.path))}` writes it again"
        )
    evaluated = any(row.get("best_fitness") is not None for row in rows)
    last = "; `last` is the best in training" if evaluated else ""
    return f"{on_held_out(evaluated)}; {advice(folder.settings(), folder.faults.is_file())}{last}"


def names_generation(target: str) -> bool:
    """Say whether a name means a network of a run: one that has to be looked up in its folder."""
    return target in ("champion", "last") or target.startswith(("gen:", FRONT))


def _of_front(folder: RunFolder, target: str) -> StoredChampion:
    """Return a network of a run's front; raises UserError where it has no such network."""
    number, count = target.removeprefix(FRONT), len(folder.front_files())
    if not count:
        raise UserError(
            f"{target!r}: {folder.path} has no front; a run with objectives.beside has one when it has come to its end"
        )
    if not (number.isdecimal() and len(number) < 10 and int(number) < count):
        raise UserError(f"{target!r}: the front of {folder.path} has the networks front:0 to front:{count - 1}")
    return load_champion(folder.front_files()[int(number)])


def stored_best(path: Path, state: RunState, settings_toml: str) -> StoredChampion:
    """Return the genome of a checkpoint that did best in training; its held-out fitness is not known."""
    settings = on_any_machine(settings_in(settings_toml, path))
    index = state.best()
    if index is None:
        faults = RunFolder(path.parent.parent).faults.is_file()
        raise UserError(
            f"{path} has no best genome: {NO_FITNESS} in generation {state.generation}; {advice(settings, faults)}"
        )
    genome = state.population.select(np.array([index]))
    fitness = turned(float(state.fitness[index]), settings.evaluation.minimise)
    if state.normaliser is not None:  # that of the next generation, and all that there is
        offset, scale = state.normaliser.scaling()
    else:
        offset, scale = scaling_in(settings, genome.n_inputs, path)
    unknown = float("nan")
    found = (state.generation, index, fitness, unknown, unknown, state.generation)
    opponents = judges(state.hall).genomes if state.hall is not None and state.hall.genomes.size else None
    best = Champion(genome, *found, offset, scale, np.empty(0), opponents)
    return StoredChampion(best, settings, path)


def environment_for(stored: StoredChampion) -> Environment:
    """Return the environment of a stored network; raises UserError where the two do not fit.

    Kernels rely on that: the network reads as many inputs as there are observations.
    """
    env = environment_of(stored.settings)
    check_fit(env, stored.champion.genome.n_inputs, stored.champion.genome.n_outputs, stored.origin)
    return env


def check_fit(env: Environment, n_inputs: int, n_outputs: int, origin: Path) -> None:
    """Raise UserError where networks of these sizes cannot act in an environment; origin: where they come from"""
    if (env.n_inputs, env.n_outputs) != (n_inputs, n_outputs):
        raise UserError(
            f"{env.id} has {env.n_inputs} observations and takes {env.n_outputs} outputs, but networks in {origin} "
            f"have {n_inputs} and {n_outputs}: they were evolved in another version of this environment"
        )
