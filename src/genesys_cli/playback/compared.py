"""Whether a replay scores what was stored, episode by episode; and where it does not, why."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..backends.base import make_backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment, GymEnv
from ..files.champion import StoredChampion
from ..files.folder import RunFolder, package_versions, read_document
from ..runs.repeatable import CURES, origin_of, play_again, told, where_of

_STEPS = 10_000  # of an episode that is looked at
_SECONDS = 5.0  # of work after which no further step is begun

Fields = dict[str, Any]


def compared(
    stored: StoredChampion,
    settings: Settings,
    env: Environment,
    world: Conditions,
    seeds: Sequence[int],
    returns: Sequence[float],
) -> Fields:
    """Return what a replay of held-out episodes says of them, the first of those that were stored.

    repeats: whether they scored what is stored; None: that is not stored
    differing_episodes: those that did not; first_difference: of the first of them, where it is found
    note: the sentences about that
    """
    known = stored.champion.returns[: len(returns)]
    if not len(known):
        return nothing()
    pairs = enumerate(zip(known.tolist(), returns[: len(known)], strict=True))
    differing = [
        {"episode": k + 1, "seed": seeds[k], "stored": before, "return": now}
        for k, (before, now) in pairs
        if before != now
    ]
    if not differing:
        return nothing() | {"repeats": True}
    first = differing[0]
    head = (
        f"{len(differing)} of {len(known)} stored episodes have another return now; the first is episode "
        f"{first['episode']} (seed {first['seed']}): {first['return']:.9g} now, {first['stored']:.9g} stored."
    )
    found, why = None, ""
    if not np.isfinite(first["return"]):
        why = "It failed here: the environment raised an error or hung, or the network's actions were not finite."
        if isinstance(env, ProblemEnv):
            why = f"{env.id} failed here: it raised an error, hung, or returned no finite number."
    elif isinstance(env, GymEnv):
        found, why = _first_difference(stored, settings, env, world, seeds, first["episode"] - 1)
    return {
        "repeats": False,
        "differing_episodes": differing,
        "first_difference": found,
        "note": " ".join(filter(None, (head, why or _elsewhere(stored, env)))),
    }


def nothing() -> Fields:
    """Return the fields of a replay that is not compared."""
    return {"repeats": None, "differing_episodes": [], "first_difference": None, "note": None}


def _first_difference(
    stored: StoredChampion, settings: Settings, env: GymEnv, world: Conditions, seeds: Sequence[int], episode: int
) -> tuple[Fields | None, str]:
    """Return the first step in which an episode is another one here, and the sentences; none if it repeats here."""
    before = seeds[episode - 1] if episode else seeds[-1] if len(seeds) > 1 else seeds[0] ^ 1
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        genome = backend.adopt(stored.champion.genome)
        found = play_again(
            settings, env, backend, genome, (before, seeds[episode]), world, steps=_STEPS, seconds=_SECONDS
        )
    if isinstance(found.rehearsal, str):
        return None, f"The reason could not be determined: {found.rehearsal}."
    place = where_of(found)
    if place is None:
        return None, ""
    where, difference = place
    fields = {"episode": episode + 1, "where": where, **difference._asdict()}
    return fields, f"Here {told(difference, where)}. What to do: {CURES[where]}; then evolve again."


def _elsewhere(stored: StoredChampion, env: Environment) -> str:
    """Return what can be said of an episode that repeats here, but is not the one that was stored."""
    changes = "; ".join(_changes(stored.origin, env))
    if isinstance(env, ProblemEnv):
        unknown = "" if _recorded(stored.origin) else "its own text, "
        what = changes or f"{unknown}a file that it reads, the machine, or chance"
        others = " It was evaluated together with its challengers then, and alone now." if env.at_once else ""
        return f"{env.id} returns something else than in the run that stored it: {what}.{others}"
    what = changes or "its version, its arguments, a file that it reads, or the machine"
    if isinstance(env, GymEnv):
        return (
            "Played twice here, it is reproducible, so the environment differs from that of the run that stored it: "
            f"{what}."
        )
    return f"It is computed differently from the run that stored it: {what}."


def _changes(origin: Path, env: Environment) -> list[str]:
    """Return what ``environment.json`` of the run says otherwise than would be said here."""
    known = _recorded(origin)
    here: dict[str, Any] = {
        "genesys": __version__,
        "python": platform.python_version(),
        **package_versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
    }
    there = {**known, **_table(known.get("packages"))}
    about = _table(known.get("environment"))
    now = origin_of(env)
    here |= now.get("packages", {})
    there |= _table(about.get("packages"))
    edited = "sha256" in now and about.get("sha256") not in (None, now["sha256"])
    changes = [f"{now['file']} has changed since"] if edited else []
    return changes + [
        f"{name} {there[name]} there, {value} here"
        for name, value in here.items()
        if there.get(name) not in (None, value)
    ]


def _recorded(origin: Path) -> Fields:
    """Return ``environment.json`` of the run that a file is in; empty where it is in none."""
    folders = (RunFolder(place) for place in origin.resolve().parents[:2])
    return next((found for folder in folders if (found := read_document(folder.surroundings))), {})


def _table(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}
