"""Whether the episodes of an environment repeat: what a run settles at its start, and the sentences about it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..backends.base import Backend, make_backend
from ..compiled.philox import REHEARSAL_EPISODES, fill_words
from ..compiled.threads import Threads
from ..config.schema import AUTO, Settings
from ..envs.conditions import Conditions, conditions_of
from ..envs.problem.env import ProblemEnv
from ..envs.registry import environment_of
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..errors import GenesysError, UserError
from ..genome.population import Population
from ..neat.initial import first_population

if TYPE_CHECKING:
    from ..envs.gym.repeat import Difference, Rehearsal


class Repeats(NamedTuple):
    """What is known of an environment.

    repeatable: whether its episodes depend on seed and actions alone, as they are played; None: that is not known
    rebuild: whether each episode is played in a newly made instance
    note: the sentences about it; empty where there is nothing to say
    where: ``used``, ``fresh``, ``beside`` or ``elsewhere``: the instance or process in which an episode is another one
    difference: the first step in which it is
    findings: of Gymnasium's own checker, where it was asked; playable: whether its episodes could be played
    """

    repeatable: bool | None
    rebuild: bool
    note: str = ""
    where: str | None = None
    difference: Difference | None = None
    findings: tuple[str, ...] | None = None
    playable: bool = True


NATIVE = Repeats(True, False)


class Found(NamedTuple):
    """What was played again, and what was found.

    rehearsal: in a worker; text: why there is none; here: first difference in this process
    """

    rehearsal: Rehearsal | str
    here: Difference | None = None
    findings: list[str] | None = None


def settled(
    settings: Settings, env: Environment, backend: Backend, threads: Threads, *, examine: bool = False
) -> Repeats:
    """Find out whether an environment repeats, and whether it does if each episode gets a newly made instance.

    examine: also ask Gymnasium's checker
    """
    if isinstance(env, ProblemEnv):
        return _called_twice(settings, env, backend, threads)
    if not isinstance(env, GymEnv):
        return NATIVE
    genome = backend.adopt(first_genome(settings, env, threads))
    found = play_again(
        settings,
        env,
        backend,
        genome,
        rehearsal_seeds(settings.run.seed),
        conditions_of(settings, env, training=True),
        examine=examine,
    )
    findings = None if found.findings is None else tuple(found.findings)
    return _judged(settings, env, found)._replace(findings=findings)


def _called_twice(settings: Settings, env: ProblemEnv, backend: Backend, threads: Threads) -> Repeats:
    """Find out whether a function returns the same for the same networks and seed, in workers that may be two."""
    seed = rehearsal_seeds(settings.run.seed)[0]
    genomes = backend.adopt(first_genome(settings, env, threads, env.players or (2 if env.at_once else 1)))
    unknown = Repeats(
        None, False, f"whether {env.id} is reproducible could not be determined: its calls fail", playable=False
    )
    try:
        if env.players is not None:
            together = np.tile(np.arange(env.players, dtype=np.int32), (2, 1))
            first, second = backend.meet(genomes, together, [seed, seed]).scores[:, 0].tolist()
        else:
            first, second = backend.evaluate(genomes, [seed, seed], keep_returns=True).returns[0].tolist()
    except UserError:
        raise
    except GenesysError:  # the first generation will say why
        return unknown
    if first == second:
        return Repeats(True, False)
    if not np.isfinite((first, second)).all():
        return unknown
    told = "" if not env.seeded else f" and the seed {seed}"
    return Repeats(
        False,
        False,
        f"{env.id} is not reproducible: of the first network{told} it returned {first:.9g}, and then {second:.9g}. "
        "Results then depend on chance, the run cannot be repeated from its seed, and a replay gives a champion "
        "another fitness. What to do: give it a parameter seed, draw all random numbers from "
        "numpy.random.default_rng(seed), and keep nothing from one call to the next",
    )


def check(settings: Settings) -> dict[str, Any]:
    """Return what a run would find out of its environment, and what Gymnasium's checker finds, for ``envs --check``.

    playable: whether episodes could be played
    """
    env = environment_of(settings)
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        found = settled(settings, env, backend, threads, examine=True)
    native = f"{env.id} is reproducible by construction: an episode depends only on its seed and the actions"
    return {
        "repeatable": found.repeatable,
        "playable": found.playable,
        "rebuild": found.rebuild,
        "where": found.where,
        "first_difference": found.difference and found.difference._asdict(),
        "note": (found.note or None) if isinstance(env, GymEnv) else native,
        "gymnasium": [line for line in found.findings or () if line.removeprefix("Gymnasium: ") not in found.note],
    }


def play_again(
    settings: Settings,
    env: GymEnv,
    backend: Backend,
    genome: Population,
    seeds: tuple[int, int],
    conditions: Conditions,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    examine: bool = False,
) -> Found:
    """Play two episodes again and again, in a worker and, if nothing went wrong there, the second one in this process.

    genome: as the backend holds it; steps, seconds: None: those of the check at the start of a run
    """
    from ..backends.workers.messages import Rehearse
    from ..envs.gym.foreign import reason
    from ..envs.gym.repeat import SECONDS, STEPS, differs_here

    beside = settings.run.instances > 1
    asked = Rehearse(genome, seeds, conditions, beside, steps or STEPS, seconds or SECONDS, examine)
    told = backend.rehearse(asked)
    assert told is not None
    rehearsal = told.rehearsal
    if isinstance(rehearsal, str) or rehearsal.kind is not None:
        return Found(rehearsal, None, told.findings)
    try:
        here = differs_here(env, rehearsal.trace)
    except Exception as error:
        return Found(f"in this process, not in a worker: {reason(error)}", None, told.findings)
    return Found(rehearsal, here, told.findings)


def first_genome(settings: Settings, env: Environment, threads: Threads, count: int = 1) -> Population:
    """Return the first genome, or the first few, of the run's first population."""
    neat = settings.neat.model_copy(update={"population": count})
    return first_population(neat, env.n_inputs, env.n_outputs, settings.run.seed, threads)[0]


def rehearsal_seeds(seed: int) -> tuple[int, int]:
    """Return the seeds of two episodes that nothing else plays."""
    words = np.empty(2, np.uint64)
    fill_words(seed, 0, 0, REHEARSAL_EPISODES, words)
    return int(words[0]) >> 1, int(words[1]) >> 1


def with_rebuild(settings: Settings, env: Environment, repeats: Repeats) -> tuple[Settings, Environment]:
    """Return settings and environment in which is settled what was to be found out."""
    if not isinstance(env, GymEnv):
        return settings, env
    chosen = settings.environment.model_copy(update={"rebuild": repeats.rebuild})
    return settings.model_copy(update={"environment": chosen}), replace(env, rebuild=repeats.rebuild)


def about(repeats: Repeats, env: Environment) -> dict[str, Any]:
    """Return what ``environment.json`` keeps of an environment."""
    found: dict[str, Any] = {"repeatable": repeats.repeatable, "repeatable_note": repeats.note or None}
    if origin := origin_of(env):
        found["environment"] = origin
    return found


def origin_of(env: Environment) -> dict[str, Any]:
    """Return where the code of an environment comes from, see ``envs.gym.origin``; nothing for a part of this package.

    sha256: of the file that defines it; of a native environment or a function of the user's, with all that it imports
    """
    if isinstance(env, GymEnv):
        from ..envs.gym.origin import origin_of as origin_in_gymnasium

        return origin_in_gymnasium(env)
    if isinstance(env, ProblemEnv):
        return env.origin()
    if isinstance(env, NativeEnv) and env.source:
        return {"packages": {}, "file": env.step.__code__.co_filename, "sha256": env.source}
    return {}


def where_of(found: Found) -> tuple[str, Difference] | None:
    """Return where an episode is another one, as a key of :data:`CURES`, and how; None: nowhere, or it is not known."""
    rehearsal = found.rehearsal
    if isinstance(rehearsal, str):
        return None
    if rehearsal.kind is not None and rehearsal.lasting is not None:
        return rehearsal.kind, rehearsal.lasting
    if found.here is not None:
        return "elsewhere", found.here
    return None if rehearsal.used is None else ("used", rehearsal.used)


def _judged(settings: Settings, env: GymEnv, found: Found) -> Repeats:
    """Return what follows from what was found."""
    rehearsal = found.rehearsal
    unknown = f"{env.id}: whether its episodes are reproducible could not be determined:"
    if isinstance(rehearsal, str):
        return Repeats(None, env.rebuild, f"{unknown} one could not be played: {rehearsal}", playable=False)
    place = where_of(found)
    if place is None:
        return (
            Repeats(True, env.rebuild)
            if rehearsal.complete
            else Repeats(None, env.rebuild, f"{unknown} it is too slow")
        )
    where, difference = place
    curable = rehearsal.used is not None and rehearsal.complete and settings.environment.rebuild == AUTO
    rebuild = env.rebuild or curable
    if where == "used" and curable:
        note = (
            f"{env.id}: {told(difference, where)}. So each episode gets a newly made environment, in which it is "
            "reproducible (environment.rebuild = true)"
        )
        return Repeats(True, rebuild, note, where, difference)
    note = (
        f"{env.id}: {told(difference, where)}. Results then depend on the number of workers and on chance, the run "
        f"cannot be repeated from its seed, and a replay gives a champion another return. What to do: {CURES[where]}"
    )
    return Repeats(False, rebuild, note, where, difference)


_PLACES = {
    "used": ("in a newly made instance", "in one that has played before"),
    "fresh": ("in one newly made instance", "in the next, later in the same process"),
    "beside": ("in an instance that is stepped alone", "while another instance is stepped in turn with it"),
    "elsewhere": ("in a worker process", "in this one"),
}
CURES = {
    "used": "set environment.rebuild = true, or have reset() set everything that an episode depends on",
    "fresh": (
        "call super().reset(seed=seed) in reset(), draw random numbers from self.np_random only (not from random, "
        "numpy.random or a clock), and keep nothing from one episode to the next in a class, a module or a file; "
        "environment.rebuild does not help"
    ),
    "beside": (
        "let instances share nothing: draw random numbers from self.np_random rather than from numpy.random or random, "
        "also where reset() seeds those; or play one at a time in each process, with run.instances = 1"
    ),
    "elsewhere": (
        "use nothing that each process has of its own: hash() of a text or the order of a set, what was played there "
        "before, or what this program has set in a module, which workers import anew"
    ),
}


def told(difference: Difference, where: str) -> str:
    """Return in words where an episode is another one; where: the key of a place."""
    first, second = _PLACES[where]
    step = "at its reset" if difference.step == 0 else f"in step {difference.step}"
    episode = f"the episode with seed {difference.seed} is not reproducible: {step} "
    if not difference.first:
        return f"{episode}the {difference.what} {first} differs from that {second}"
    if difference.what == "end":
        one, other = ("it goes on" if text == "goes on" else f"it is {text}" for text in difference[3:])
        return f"{episode}{one} {first}, and {other} {second}"
    return f"{episode}the {difference.what} is {difference.first} {first}, and {difference.second} {second}"
