"""A run in an environment of PettingZoo, in worker processes."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("pettingzoo")
pytest.importorskip("pygame")

from genesys_cli import UserError, load_champion
from genesys_cli.config.load import load_settings
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ablation import ablate
from genesys_cli.playback.replay import replay
from small_runs import Watcher, start

SMALL = (
    *("problem.matches=2", "problem.hall_of_fame=1", "neat.population=6", "neat.generations=2", "run.threads=1"),
    *("run.stop_when_solved=false", "evaluation.validate_episodes=2"),
)


def test_networks_that_play_tictactoe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    watcher = Watcher()
    run = start(load_settings(env="pettingzoo:classic/tictactoe-v3", overrides=SMALL), "run", watcher)
    assert watcher.summary["env"] == "pettingzoo:classic/tictactoe-v3"
    assert watcher.summary["faults"] == {}
    assert watcher.summary["env_steps"] > 2 * 6 * 2 * 3  # three moves at least, of each in each match
    assert replay("champion", run, None, None, "none")["repeats"] is True
    with pytest.raises(UserError, match="is played by several networks, which is not shown"):
        replay("champion", run, None, None, "window")
    with pytest.raises(UserError, match="is a game of several networks, which gives networks their inputs itself"):
        ablate(find_target("champion", run))
    about = json.loads((run / "environment.json").read_text())
    assert about["environment"]["packages"].keys() == {"pettingzoo"}
    champion = load_champion(run)
    world = champion.make_env()
    world.reset(seed=1)
    for _ in world.agent_iter():
        observation, _, terminated, truncated, _ = world.last()
        over = terminated or truncated
        action = None if over else champion.act(observation)
        assert over or observation["action_mask"][action] == 1
        world.step(action)
    champion.reset()
    assert np.isfinite(champion.fitness)
