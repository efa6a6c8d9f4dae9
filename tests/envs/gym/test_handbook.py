"""``docs/environments.md``: its table, and its example."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.known import KNOWN
from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.listing import details
from genesys_cli.envs.spec import Box

HANDBOOK = (Path(__file__).parents[3] / "docs" / "environments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_the_handbook_lists_it(known):
    (row,) = (line for line in HANDBOOK.splitlines() if line.startswith(f"| `{known.id}`"))
    n = known.action.n_outputs
    numbers = "1 number" if n == 1 else f"{n} numbers"
    action = numbers if isinstance(known.action, Box) else f"one of {n}"
    threshold = "none" if known.solved_at is None else f"{known.solved_at:g}"
    inputs = str(len(known.observation_names))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:] == [known.name, inputs, action, str(known.max_steps), threshold, known.extra]


def test_the_example_works(module):
    (example,) = (text for text in re.findall(r"```python\n(.*?)```", HANDBOOK, re.DOTALL) if "Thermostat" in text)
    name = f"{module('my_envs', example)}:Thermostat-v0"
    env = describe_gym(name, {"comfort": 22.0})
    assert (env.name, env.max_steps, env.solved_at) == ("Thermostat", 200, -300.0)
    assert env.action == Box((0.0,), (5.0,))
    assert env.observation_names == ("inside[0]", "weather=0", "weather=1", "weather=2")
    assert all(f"`{observation}`" in HANDBOOK for observation in env.observation_names)
    assert details(name)["arguments"] == {"comfort": 20.0}
    # A thermostat by hand reaches the threshold, heating alone does not.
    out, totals = np.empty(4, np.float32), {}
    for controlled in (True, False):
        total = 0.0
        with GymWorld(describe_gym(name)) as world:
            for seed in range(10):
                world.reset(seed, out)
                for _ in range(env.max_steps):
                    power = 0.03 * (20 - np.array([-10, 5, 15]) @ out[1:]) / 0.2 + 3 * (20 - out[0])
                    row = np.clip([power if controlled else 5.0], 0, 5).astype(np.float32)
                    reward, terminated, truncated, info = world.step(row, out)
                    total += reward / 10
                    assert not truncated
                    assert set(info) == {"outside"}
                    if terminated:
                        break
        totals[controlled] = total
    assert totals[False] < env.solved_at < totals[True]
