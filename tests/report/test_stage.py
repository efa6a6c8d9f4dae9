import io

import numpy as np
import pytest
from rich.console import Console

from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.envs.spec import Box, Discrete, GymEnv
from genesys_cli.playback.show import Frame
from genesys_cli.report.canvas import Canvas
from genesys_cli.report.stage import SCENES, Stage, scene

STATES = {"CartPole": [1.0, 0.0, 0.1, 0.0], "Acrobot": [0.3, -0.4, 0.0, 0.0]}


def frame(env, state, steps, total):
    inputs = np.linspace(0.0, 255.0, env.n_inputs, dtype=np.float32)
    return Frame(env, state, inputs, np.zeros(env.action.n_rows, np.int32), steps, total)


def test_dots_of_a_canvas():
    canvas = Canvas(1, 1, 0.0, 0.0, 1.0, 3.0)
    canvas.line(0.0, 0.0, 0.0, 3.0)
    assert canvas.text() == "⡇"
    canvas.line(1.0, 3.0, 1.0, 3.0)
    assert canvas.text() == "⡏"
    canvas.line(-1e9, 5.0, 1e9, 5.0)
    assert canvas.text() == "⡏"


@pytest.mark.parametrize("env", NATIVE.values(), ids=lambda env: env.name)
def test_every_native_environment_has_a_scene_that_fits(env):
    assert env.name in SCENES
    first = scene(frame(env, STATES.get(env.name, [0.1, 0.0]), 3, -2.5))
    lines = first.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert lines[-1] == f"{env.id}   step 3   return -2.5"
    assert scene(frame(env, STATES.get(env.name, [0.4, 0.0]), 3, -2.5)) != first or env.name in STATES
    assert scene(frame(env, [-0.5, 0.2, -0.1, 0.0], 3, -2.5)) != first


@pytest.mark.parametrize("inputs", [1, 16, 17, 128, 1000])
@pytest.mark.parametrize("action", [Discrete(3), Box((-1.0,) * 30, (1.0,) * 30)], ids=["one of", "numbers"])
def test_other_environments_show_numbers_that_fit(inputs, action):
    names = tuple(f"sensor {k}" for k in range(inputs))
    actions = ("left", "stay", "right") if isinstance(action, Discrete) else tuple(f"joint {k}" for k in range(30))
    env = GymEnv("Maze-v0", "Maze", names, actions, action, 100, None, make_id="Maze-v0", kwargs={}, rebuild=False)
    lines = scene(frame(env, None, 3, -2.5)).splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "Maze-v0   step 3   return -2.5"
    assert any("left" in line if isinstance(action, Discrete) else "0  0  0" in line for line in lines)
    if inputs > 128:
        assert "880 more" in lines[-4]
    elif inputs > 1:
        assert lines[-4].endswith(" 255")


def test_a_native_environment_with_arguments_shows_numbers():
    env = find("CartPole", {"sutton_barto_reward": True})
    assert "cart position" in scene(frame(env, None, 0, 0.0))


def test_a_stage_draws_and_waits(monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)
    env = NATIVE[next(iter(NATIVE))]
    with Stage(console) as stage:
        for steps in range(3):
            stage(frame(env, [0.0, 0.0, 0.05 * steps, 0.0], steps, float(steps)))
    assert "step 2 " in console.file.getvalue()
    assert waited[0] == 0
    assert 0 < waited[1] <= SCENES[env.name][1]


@pytest.mark.parametrize("terminal", [{}, {"force_terminal": True, "_environ": {"TERM": "dumb"}}])
def test_without_a_terminal_a_stage_says_how_each_episode_ended(monkeypatch, terminal):
    monkeypatch.setattr("time.sleep", pytest.fail)
    console = Console(file=io.StringIO(), color_system=None, **terminal)
    with Stage(console) as stage:
        for last in (2, 3):
            for steps in range(last + 1):
                stage(frame(NATIVE["CartPole-v1"], [0.0, 0.0, 0.0, 0.0], steps, float(steps)))
    assert console.file.getvalue() == "CartPole-v1   step 2   return 2.0\nCartPole-v1   step 3   return 3.0\n"


def test_the_flag_stands_where_the_car_must_go():
    cars = [env for name, env in NATIVE.items() if "MountainCar" in name]
    near = [scene(frame(env, [-0.5, 0.0], 0, 0.0)).splitlines()[0] for env in cars]
    assert len(set(near)) == 2
