"""A stored network acts again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from ..backends.base import Backend, make_backend
from ..backends.evaluation import Evaluation, Fault
from ..backends.played import deviation_of, mean_of
from ..compiled.threads import Threads
from ..config.backends import kind_of
from ..config.schema import EvaluationSettings, Settings
from ..counts import EPISODES_TERMINATED
from ..envs.data.env import DataEnv
from ..envs.drift import conditions_in
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment, GymEnv
from ..envs.trials import trials_of
from ..errors import UserError
from ..evolution.episodes import held_out_episodes
from ..evolution.matches.play import meet
from ..evolution.playoff import Found
from ..evolution.trials import Trials
from ..files.champion import StoredChampion
from ..files.target import environment_for, find_target
from ..genome.population import Population
from .compared import compared, nothing
from .show import ENDED, Show, ShownEpisode, play_shown

LISTED = 20  # episodes


def replay(
    target: str,
    run: Path | None,
    episodes: int | None,
    seed: int | None,
    render: str,
    show: Show | None = None,
    backend: str | None = None,
) -> dict[str, Any]:
    """Play a stored network in the environment that it was validated in; return its score.

    Without a show the backend plays, so that the score is to the bit what a run stores; a shown episode is Gymnasium's.
    Up to :data:`LISTED` episodes are listed one by one as ``episode_list``, as is every shown one.

    episodes, seed: None: the held-out episodes or trials that judged it, so that the score can be compared with the
        stored one
    render: ``none``, ``window``, or ``terminal`` or ``film``: then `show` is called for every step
    backend: what computes the network; None: that of the run
    """
    stored, settings, env = opened(target, run, backend)
    champion = stored.champion
    if isinstance(env, DataEnv):
        raise UserError(f"{env.id} is a table of data, whose rows are predicted and not played: see `genesys replay`")
    hidden = render == "none" and show is None
    if isinstance(env, ProblemEnv) and not hidden:
        what = "is played by several networks, which is not shown"
        if env.problem.function is not None:
            what = "is a function and no environment"
        raise UserError(f"there is nothing to render, since {env.id} {what}")
    validation = settings.evaluation.validation
    tried = hidden and validation is not None and episodes is None and seed is None
    count = episodes or (settings.evaluation.validate_episodes if hidden and validation is None else 1)
    seeds = held_out_episodes(settings, env, count, seed)
    world = conditions_in(settings, env, champion.validated_in)
    world = world._replace(offset=champion.offset, scale=champion.scale)
    faults: Sequence[Fault] = ()
    listed: list[ShownEpisode] = []
    judged: dict[str, Any] | None = None
    if not hidden:
        listed = play_shown(settings, env, champion.genome, world, seeds, show, render)
        returns, steps = [played.worth for played in listed], sum(played.steps for played in listed)
        mean = float(np.mean(returns))
    else:
        with Threads(settings.run.threads) as threads, closing(make_backend(settings, env, threads)) as player:
            genome = player.adopt(champion.genome)
            if isinstance(env, ProblemEnv) and env.players is not None:
                met = _met(stored, env, player, genome, seeds)
                returns, steps, faults = met.returns[0].tolist(), met.steps, met.faults
            elif tried:
                marks = Trials(settings, env, str(validation), threads).judge(genome, world)
                returns, steps = marks.returns[0].tolist(), marks.steps
                count, seeds = len(returns), [*range(len(returns))]
                judged = _judged(env, settings.evaluation, float(marks.scores[0]))
            else:
                # An evaluation says of single episodes what each is worth, and no more.
                parts = [[one] for one in seeds] if count <= LISTED else [seeds]
                found = [player.evaluate(genome, part, world, keep_returns=True) for part in parts]
                returns, steps = (
                    np.concatenate([one.returns[0] for one in found]).tolist(),
                    sum(one.env_steps for one in found),
                )
                faults = [fault for one in found for fault in one.faults]
                if count <= LISTED:
                    listed = [_played(part[0], one) for part, one in zip(parts, found, strict=True)]
        mean = float(mean_of(np.array([returns]))[0])
    held_out = tried or (validation is None and seed is None and count == settings.evaluation.validate_episodes)
    known = np.isfinite(champion.validated_fitness)
    # The kernels' physics and Gymnasium's differ in last bits, and so do the backends.
    comparable = (
        (tried or validation is None)
        and seed is None
        and (hidden or isinstance(env, GymEnv))
        and settings.run.backend == stored.settings.run.backend
    )
    return {
        "env": env.id,
        "backend": settings.run.backend,
        "origin": str(stored.origin),
        "generation": champion.generation,
        "environment_generation": champion.validated_in,
        "world_generation": champion.validated_in,  # its name in schema 1
        "episodes": count,
        "mean_return": mean,
        "std_return": deviation_of(np.array(returns)),
        "min_return": float(np.min(returns)),
        "max_return": float(np.max(returns)),
        "stored_fitness": champion.validated_fitness if known else None,
        "same_episodes_as_stored": bool(held_out and known),
        "validation": judged,
        "steps": steps,
        "faults": len(faults),
        "returns": returns,
        **(compared(stored, settings, env, world, seeds, returns) if comparable else nothing()),
        "episode_list": [
            {"episode": k, "seed": played.seed, "return": played.worth, "steps": played.steps, "ended": played.ended}
            for k, played in enumerate(listed, 1)
        ],
    }


def _met(stored: StoredChampion, env: ProblemEnv, player: Backend, genome: Population, seeds: Sequence[int]) -> Found:
    """Let a network meet those whom it met when it was validated."""
    opponents = stored.champion.opponents
    if opponents is None or env.players is None:
        raise UserError(f"{stored.origin} has no earlier champion for the network to play against; replay another one")
    return meet(env.problem, env.players, player, genome, player.adopt(opponents), seeds)


def opened(target: str, run: Path | None, backend: str | None) -> tuple[StoredChampion, Settings, Environment]:
    """Return a stored network, the settings on the backend that computes it, and what it lives in.

    Arguments are those of :func:`replay`.
    """
    stored = find_target(target, run)
    return stored, on_backend(stored.settings, backend), environment_for(stored)


def _judged(env: Environment, evaluation: EvaluationSettings, score: float) -> dict[str, Any]:
    """Return what a validation of the environment's own found."""
    name = str(evaluation.validation)
    last = trials_of(env, name)[-1]
    own = evaluation.solved_at if evaluation.stop_on == "champion" else None
    return {"name": name, "score": score, "starts": len(last.starts), "needed": last.needed if own is None else own}


def _played(seed: int, evaluation: Evaluation) -> ShownEpisode:
    """Return how the only episode of an evaluation went."""
    worth = float(evaluation.returns[0, 0])
    ended = ENDED[bool(evaluation.counts.get(EPISODES_TERMINATED.name))] if np.isfinite(worth) else "not finite"
    return ShownEpisode(seed, worth, evaluation.env_steps, ended)


def on_backend(settings: Settings, backend: str | None) -> Settings:
    """Return the settings with another backend; a chip gets the defaults where the run had none."""
    if backend is None:
        return settings
    kind_of(backend)
    return settings.model_copy(update={"run": settings.run.model_copy(update={"backend": backend})})
