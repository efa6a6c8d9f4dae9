"""Which episodes a generation trains on, and which are held out: seeds of an environment or a function, or rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compiled.philox import REFINEMENT_EPISODES, TRAINING_EPISODES, VALIDATION_EPISODES, fill_words
from ..config.schema import Settings
from ..envs.data.env import DataEnv
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment


def training_episodes(
    settings: Settings, env: Environment, generation: int, count: int = 0, step: int | None = None
) -> Sequence[int]:
    """Return the episodes of a generation's training: Gymnasium reset seeds, or rows of a table.

    count: how many; 0: as settings say. step: of the refinement that the generation has; None: of the generation itself
    """
    seed, count = settings.run.seed, count or settings.evaluation.episodes
    address = (0, generation, TRAINING_EPISODES) if step is None else (step, generation, REFINEMENT_EPISODES)
    if are_alike(env):
        return [0] * count
    if not isinstance(env, DataEnv):
        return _seeds(seed, count, *address)
    rows = env.rows().training
    if count < len(rows):
        words = np.empty(len(rows), np.uint64)
        fill_words(seed, *address, words)
        rows = np.sort(rows[np.argsort(words, kind="stable")[:count]])
    chosen: list[int] = rows.tolist()
    return chosen


def held_out_episodes(
    settings: Settings, env: Environment, count: int | None = None, seed: int | None = None
) -> Sequence[int]:
    """Return the episodes that judge champions; of a table without held-out rows, those that are trained on.

    count: how many, the first of them; None: as many as judge a champion. seed: of other ones than the run's
    """
    if not isinstance(env, DataEnv):
        count = count or settings.evaluation.validate_episodes
        if are_alike(env):
            return [0] * count
        return episode_seeds(settings.run.seed if seed is None else seed, count, generation=None)
    rows = env.rows()
    chosen: list[int] = (rows.held_out if len(rows.held_out) else rows.training)[:count].tolist()
    return chosen


def are_alike(env: Environment) -> bool:
    """Say whether there is but one episode, whatever its seed."""
    return isinstance(env, ProblemEnv) and not env.seeded


def n_training_episodes(env: Environment) -> int:
    """Return how many different episodes there are to train on, 2 ** 31 where nobody has counted."""
    return len(env.rows().training) if isinstance(env, DataEnv) else 2**31


def episode_seeds(seed: int, count: int, *, generation: int | None) -> list[int]:
    """Return seeds that Gymnasium takes: those of a generation's training, or (None) the held-out ones of the run."""
    return _seeds(seed, count, 0, generation or 0, VALIDATION_EPISODES if generation is None else TRAINING_EPISODES)


def _seeds(seed: int, count: int, individual: int, generation: int, purpose: int) -> list[int]:
    words = np.empty(count, np.uint64)
    fill_words(seed, individual, generation, purpose, words)
    return [int(word) >> 1 for word in words]  # 31 bits, so that any interface takes them
