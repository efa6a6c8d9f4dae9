"""A stored network acts again, in Gymnasium itself."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..backends.base import make_backend
from ..compiled.threads import Threads
from ..config.load import settings_from_toml
from ..config.schema import BACKENDS, Settings
from ..envs.conditions import observation_scaling
from ..envs.registry import environment_of
from ..envs.spec import Box, NativeEnv
from ..errors import UserError, nearest
from .champion import StoredChampion, load_champion
from .checkpoint import checkpoint_path, load, newest_sound
from .folder import RunFolder
from .state import Champion, RunState
from .validation import episode_seeds

Show = Callable[[NativeEnv, Any, int, float], None]
"""Called before each step and after the last, with Gymnasium's state, the steps so far and the return so far."""


def find_target(target: str, run: Path | None) -> StoredChampion:
    """Return the network that `target` names.

    target: ``champion``; ``last``, the best of the newest checkpoint; ``gen:N``, the best of generation N; a run
        folder; a checkpoint; or a champion file. run: the run that the first three look in; None: the newest
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
    raise UserError(
        f"{target!r} is nothing that can be replayed; give champion, last, gen:N, a run folder, a checkpoint or a "
        "champion.json"
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
    best = Champion(genome, state.generation, index, fitness, unknown, unknown, state.generation, offset, scale)
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
    """Let a stored network play in Gymnasium; return its score.

    episodes, seed: None: the held-out episodes that judged it, so that the score can be compared with the stored one
    render: ``none``, ``window``, or ``terminal``: then `show` is called for every step
    backend: what computes the network; None: that of the run
    """
    stored = find_target(target, run)
    settings = _on(stored.settings, backend)
    env = environment_of(settings.environment)
    if not isinstance(env, NativeEnv):
        raise UserError(f"{env.id} runs in Gymnasium, which this version cannot replay in yet")
    count = episodes or (settings.evaluation.validate_episodes if render == "none" else 1)
    seeds = episode_seeds(settings.run.seed if seed is None else seed, count, generation=None)
    returns, steps = _play(stored, env, settings, seeds, render, show)
    held_out = seed is None and count == settings.evaluation.validate_episodes
    known = np.isfinite(stored.champion.validated_fitness)
    return {
        "env": env.id,
        "backend": settings.run.backend,
        "origin": str(stored.origin),
        "generation": stored.champion.generation,
        "episodes": count,
        "mean_return": float(np.mean(returns)),
        "std_return": float(np.std(returns)),
        "min_return": float(np.min(returns)),
        "max_return": float(np.max(returns)),
        "stored_fitness": stored.champion.validated_fitness if known else None,
        "same_episodes_as_stored": bool(held_out and known),
        "steps": int(np.sum(steps)),
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


def _play(
    stored: StoredChampion, env: NativeEnv, settings: Settings, seeds: list[int], render: str, show: Show | None
) -> tuple[list[float], list[int]]:
    with Threads(1) as threads:
        backend = make_backend(settings, env, threads)
    network = backend.network(backend.adopt(stored.champion.genome))
    offset, scale = stored.champion.offset, stored.champion.scale
    act = _action(env)
    returns, steps = [], []
    window = render == "window"
    with _world(env, settings.environment.max_steps or env.max_steps, window=window) as world:
        for seed in seeds:
            observation, _ = world.reset(seed=seed)
            if window:
                _check_window()
            network.reset()
            total, count, over = 0.0, 0, False
            while not over:
                if show is not None:
                    show(env, world.unwrapped.state, count, total)
                outputs = network.activate((np.asarray(observation, np.float32) - offset) * scale)
                observation, reward, terminated, truncated, _ = world.step(act(outputs))
                total += float(reward)
                count += 1
                over = terminated or truncated
            if show is not None:
                show(env, world.unwrapped.state, count, total)
            returns.append(total)
            steps.append(count)
    return returns, steps


@contextlib.contextmanager
def _world(env: NativeEnv, max_steps: int, *, window: bool) -> Iterator[Any]:
    """Give Gymnasium's environment; where no window can be opened, which the first reset finds out, say so."""
    import gymnasium

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as that there is a newer version of what the user asked for
        world = gymnasium.make(env.id, render_mode="human" if window else None, max_episode_steps=max_steps)
    try:
        yield world
    except gymnasium.error.DependencyNotInstalled as error:
        raise UserError(
            f"--render window needs pygame ({error}); install it with: pip install 'genesys-cli[window]'"
        ) from error
    except Exception as error:
        if window and type(error).__module__.startswith("pygame"):
            raise UserError(f"no window can be opened here ({error}); use --render terminal") from error
        raise
    finally:
        world.close()


def _check_window() -> None:
    """Complain where SDL found no display and draws into memory instead, unless that is what the user chose."""
    driver = sys.modules["pygame"].display.get_driver()
    if driver in ("dummy", "offscreen") and os.environ.get("SDL_VIDEODRIVER") != driver:
        raise UserError("no window can be opened here, since there is no display; use --render terminal")


def _action(env: NativeEnv) -> Callable[[Any], Any]:
    """Return the function from network outputs to a Gymnasium action, as the evaluation kernel maps them."""
    if isinstance(env.action, Box):
        low, high = np.array(env.action.low), np.array(env.action.high)
        middle, half = ((high + low) / 2).astype(np.float32), ((high - low) / 2).astype(np.float32)
        return lambda outputs: middle + half * np.clip(outputs, np.float32(-1), np.float32(1))

    def largest(outputs: Any) -> int:
        best = 0
        for k in range(1, len(outputs)):
            if outputs[k] > outputs[best]:  # not argmax: that would choose a NaN
                best = k
        return best

    return largest
