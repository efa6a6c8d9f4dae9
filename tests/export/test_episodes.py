"""Whole episodes in Gymnasium: exported champions do what ``genesys replay`` lets them do, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from export.exporting import COMPILER, compiled, run_c
from export.reader import Reader
from export.test_as_onnx import run_onnx, session
from genesys_cli import evolve, load_champion
from genesys_cli.config.toml import parse
from genesys_cli.export.as_json import json_of
from genesys_cli.export.as_onnx import onnx_of
from genesys_cli.export.c.as_c import header_of
from genesys_cli.export.controller import controller_of
from genesys_cli.files.target import find_target
from small_runs import TINY

TINIER = {key: parse(f"it = {value}")["it"] for key, _, value in (setting.partition("=") for setting in TINY)} | {
    "neat.generations": 2,
    "neat.population": 12,
    "evaluation.validate_episodes": 2,
}
ENVS = ["CartPole", "MountainCar", "MountainCarContinuous", "Acrobot", "Pendulum", "LunarLander"]
RECURRENT = {"neat.feed_forward": False, "neat.num_hidden": 2}


@pytest.fixture(scope="module", params=[(env, kind) for env in ENVS for kind in ({}, RECURRENT)], ids=str)
def target(request, tmp_path_factory):
    """A champion file of a tiny run, or one that is shipped."""
    env, kind = request.param
    if env == "LunarLander":
        pytest.importorskip("Box2D")
        if not kind:
            return env
    place = tmp_path_factory.mktemp("episodes")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        found = evolve(env, settings=TINIER | kind)
    return str(place / found.run_dir)


def episode(champion, seed, limit=300):
    """Return what a champion sees and does in an episode, (T, I) and (T, R)."""
    env = champion.make_env()
    observation, _ = env.reset(seed=seed)
    champion.reset()
    seen, done = [], []
    over = False
    while not over and len(seen) < limit:
        action = champion.act(observation)
        seen.append(np.ravel(observation))
        done.append(np.ravel(action))
        observation, _, terminated, truncated, _ = env.step(action)
        over = terminated or truncated
    env.close()
    return np.array(seen, np.float32), np.array(done)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
def test_c(target, arithmetic, tmp_path):
    made = controller_of(find_target(target, None), arithmetic)
    champion = load_champion(target, backend={"float": "software", "fixed": "genesys"}[arithmetic])
    library = compiled(tmp_path, {"it": (header_of(made, "it").text, made.actions)})
    for seed in (1, 2):
        seen, done = episode(champion, seed)
        actions, _ = run_c(library, "it", made, seen)
        np.testing.assert_array_equal(actions, done)


def test_onnx(target):
    made = controller_of(find_target(target, None), "float")
    seen, done = episode(load_champion(target), 3)
    actions, _ = run_onnx(session(onnx_of(made)), made, seen)
    np.testing.assert_array_equal(actions.reshape(done.shape), done)


def test_json(target):
    """In float64, so that a choice between outputs that are equal in float32 may be another."""
    made = controller_of(find_target(target, None), "float")
    seen, done = episode(load_champion(target), 4)
    reader = Reader(json_of(made))
    actions = np.array([np.ravel(reader.act(observation.tolist())) for observation in seen])
    assert np.isclose(actions, done, atol=1e-4).all(axis=1).mean() > 0.95
