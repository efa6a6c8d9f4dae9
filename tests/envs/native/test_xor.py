"""XOR, its score and its validation."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.envs.gym.native import NativeGym
from genesys_cli.envs.native.xor import ENV
from genesys_cli.envs.trials import env_of

ROWS = [[0, 0], [0, 1], [1, 0], [1, 1]]
TRUTH = [0, 1, 1, 0]


def played(answers, env=ENV, seed=0):
    """Return observations, rewards and ends of an episode."""
    world = NativeGym(env)
    seen, _ = world.reset(seed=seed)
    found = []
    for answer in answers:
        following, reward, terminated, _, _ = world.step(np.array([answer], np.float32))
        found.append((seen.tolist(), reward, terminated))
        seen = following
    return tuple(list(column) for column in zip(*found, strict=True))


@pytest.mark.parametrize("answers", [(0, 1, 1, 0), (0.5, 0.5, 0.5, 0.5), (1, 0, 0, 1), (0.25, 0.75, 1, 0.125)])
def test_the_score_is_the_papers(answers):
    seen, rewards, ends = played(answers)
    errors = sum(abs(answer - truth) for answer, truth in zip(answers, TRUTH, strict=True))
    assert seen == ROWS
    assert rewards == [0.0, 0.0, 0.0, (4 - errors) ** 2]
    assert ends == [False, False, False, True]


@pytest.mark.parametrize("row", range(4))
def test_answers_are_judged_by_the_side_of_one_half(row):
    (trial,) = ENV.validations["answers"]
    one = env_of(ENV, trial)
    assert trial.needed == one.starts.shape[0] == 4
    for answer in (0.0, 0.49, 0.5, 0.51, 1.0):
        right = answer != 0.5 and (answer > 0.5) == bool(TRUTH[row])
        assert played([answer], one, seed=row) == ([ROWS[row]], [float(right)], [True])
