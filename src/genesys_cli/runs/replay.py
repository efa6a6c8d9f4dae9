"""A stored network acts again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from ..backends.base import make_backend
from ..backends.evaluation import Fault
from ..compiled.threads import Threads
from ..config.load import settings_from_toml
from ..config.presets import shipped_champions
from ..config.schema import BACKENDS, Settings
from ..envs.conditions import observation_scaling
from ..envs.drift import conditions_in
from ..envs.registry import environment_of
from ..errors import UserError, nearest
from .champion import StoredChampion, load_champion
from .checkpoint import checkpoint_path, load, newest_sound
from .folder import RunFolder
from .show import Show, play_shown
from .state import Champion, RunState
from .validation import episode_seeds


def find_target(target: str, run: Path | None) -> StoredChampion:
    """Return the network that `target` names.

    target: ``champion``; ``last``, the best of the newest checkpoint; ``gen:N``, the best of generation N; a run
        folder; a checkpoint; a champion file; or the name of a shipped champion
    run: the run that the first three look in; None: the newest
    """
    if target in ("champion", "last") or target.startswith("gen:"):
        folder = RunFolder.open(run) if run is not None else RunFolder.newest()
        if target == "champion":
            if not folder.champion.is_file():
                raise UserError(f"{folder.path} has no champion yet: its first generation has not been evaluated")
            return load_champion(folder.champion)
        if target == "last":
            feed_forward = folder.settings().neat.feed_forward
            return _stored(*newest_sound(folder.checkpoints, feed_forward=feed_forward)[:3])
        number = target.removeprefix("gen:")
        path = checkpoint_path(folder.checkpoints, int(number)) if number.isdecimal() else None
        if path is None or not path.is_file():
            raise UserError(f"{target!r}: {folder.path} has no checkpoint of that generation; see {folder.checkpoints}")
        return _stored(path, *load(path))
    path = Path(target)
    if path.is_dir():
        return find_target("champion", path)
    if path.suffix == ".npz":
        return _stored(path, *load(path))
    if path.is_file():
        return load_champion(path)
    shipped = shipped_champions()
    named = {name.lower(): file for name, file in shipped.items()}.get(target.lower())
    if named is not None:
        return load_champion(named)
    raise UserError(
        f"{target!r} is nothing that can be replayed{nearest(target, shipped) or '.'} Give champion, last, gen:N, a "
        f"run folder, a checkpoint, a champion.json or a shipped champion: {', '.join(shipped)}"
    )


def _stored(path: Path, state: RunState, settings_toml: str) -> StoredChampion:
    """Return the genome of a checkpoint that did best in training; its held-out fitness is not known."""
    index = int(np.argmax(state.fitness))
    genome = state.population.select(np.array([index]))
    fitness = float(state.fitness[index])
    settings = settings_from_toml(settings_toml, f"in {path}")
    if state.normaliser is not None:  # that of the next generation, and all that there is
        offset, scale = state.normaliser.scaling()
    else:
        offset, scale = observation_scaling(settings, environment_of(settings.environment))
    unknown = float("nan")
    found = (state.generation, index, fitness, unknown, unknown, state.generation)
    best = Champion(genome, *found, offset, scale, np.empty(0))
    return StoredChampion(best, settings, path)


def replay(
    target: str,
    run: Path | None,
    episodes: int | None,
    seed: int | None,
    render: str,
    show: Show | None = None,
    backend: str | None = None,
) -> dict[str, Any]:
    """Let a stored network play in the world that judged it; return its score.

    Without a show the backend plays, so that the score is to the bit what a run stores; a shown episode is Gymnasium's.

    episodes, seed: None: the held-out episodes that judged it, so that the score can be compared with the stored one
    render: ``none``, ``window``, or ``terminal``: then `show` is called for every step
    backend: what computes the network; None: that of the run
    """
    stored = find_target(target, run)
    champion = stored.champion
    settings = _on(stored.settings, backend)
    env = environment_of(settings.environment)
    hidden = render == "none" and show is None
    count = episodes or (settings.evaluation.validate_episodes if hidden else 1)
    seeds = episode_seeds(settings.run.seed if seed is None else seed, count, generation=None)
    world = conditions_in(settings, env, champion.validated_in)
    world = world._replace(offset=champion.offset, scale=champion.scale)
    faults: Sequence[Fault] = ()
    if hidden:
        with Threads(settings.run.threads) as threads, closing(make_backend(settings, env, threads)) as player:
            found = player.evaluate(player.adopt(champion.genome), seeds, world, keep_returns=True)
        mean, returns, steps, faults = float(found.fitness[0]), found.returns[0].tolist(), found.env_steps, found.faults
    else:
        returns, counts = play_shown(settings, env, champion.genome, world, seeds, show, window=render == "window")
        mean, steps = float(np.mean(returns)), sum(counts)
    held_out = seed is None and count == settings.evaluation.validate_episodes
    known = np.isfinite(champion.validated_fitness)
    return {
        "env": env.id,
        "backend": settings.run.backend,
        "origin": str(stored.origin),
        "generation": champion.generation,
        "world_generation": champion.validated_in,
        "episodes": count,
        "mean_return": mean,
        "std_return": float(np.std(returns)),
        "min_return": float(np.min(returns)),
        "max_return": float(np.max(returns)),
        "stored_fitness": champion.validated_fitness if known else None,
        "same_episodes_as_stored": bool(held_out and known),
        "steps": steps,
        "faults": len(faults),
        "returns": returns,
    }


def _on(settings: Settings, backend: str | None) -> Settings:
    """Return the settings with another backend; a chip gets the defaults where the run had none."""
    if backend is None:
        return settings
    if backend not in BACKENDS:
        raise UserError(
            f"--backend {backend!r} is not known{nearest(backend, BACKENDS)}; there are: {', '.join(BACKENDS)}"
        )
    return settings.model_copy(update={"run": settings.run.model_copy(update={"backend": backend})})
