import io

import pytest
from rich.console import Console

from genesys_cli.envs.registry import NATIVE
from genesys_cli.report.canvas import Canvas
from genesys_cli.report.stage import SCENES, Stage, scene

STATES = {"CartPole": [1.0, 0.0, 0.1, 0.0], "Acrobot": [0.3, -0.4, 0.0, 0.0]}


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
    first = scene(env, STATES.get(env.name, [0.1, 0.0]), 3, -2.5)
    lines = first.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert lines[-1] == f"{env.id}   step 3   return -2.5"
    assert scene(env, STATES.get(env.name, [0.4, 0.0]), 3, -2.5) != first or env.name in STATES
    assert scene(env, [-0.5, 0.2, -0.1, 0.0], 3, -2.5) != first


def test_a_stage_draws_and_waits(monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)
    env = NATIVE[next(iter(NATIVE))]
    with Stage(console) as stage:
        for steps in range(3):
            stage(env, [0.0, 0.0, 0.05 * steps, 0.0], steps, float(steps))
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
                stage(NATIVE["CartPole-v1"], [0.0, 0.0, 0.0, 0.0], steps, float(steps))
    assert console.file.getvalue() == "CartPole-v1   step 2   return 2.0\nCartPole-v1   step 3   return 3.0\n"


def test_the_flag_stands_where_the_car_must_go():
    near = [scene(NATIVE[name], [-0.5, 0.0], 0, 0.0).splitlines()[0] for name in list(NATIVE) if "MountainCar" in name]
    assert len(set(near)) == 2
