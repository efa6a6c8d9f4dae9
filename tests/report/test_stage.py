import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.envs.spec import Box, Discrete, GymEnv, NativeEnv
from genesys_cli.errors import UserError
from genesys_cli.playback.show import Frame
from genesys_cli.report.canvas import _BITS, Canvas
from genesys_cli.report.stage import Stage, scene


def frame(env, state, steps, total, physics=None):
    inputs = np.linspace(0.0, 255.0, env.n_inputs, dtype=np.float32)
    usual = env.physics if isinstance(env, NativeEnv) else None
    action = np.zeros(env.action.n_rows, np.int32)
    return Frame(env, state, inputs, action, steps, total, physics=physics or usual)


def test_dots_of_a_canvas():
    canvas = Canvas(1, 1, 0.0, 0.0, 1.0, 3.0)
    canvas.line(0.0, 0.0, 0.0, 3.0)
    assert canvas.text() == "⡇"
    canvas.line(1.0, 3.0, 1.0, 3.0)
    assert canvas.text() == "⡏"
    canvas.line(-1e9, 5.0, 1e9, 5.0)
    assert canvas.text() == "⡏"


@pytest.mark.parametrize("env", NATIVE.values(), ids=lambda env: env.name)
def test_scenes_fit_and_follow_the_state(env):
    starts = [env.reset(np.random.default_rng(seed)) for seed in (1, 2)]
    pictures = [scene(frame(env, state, 3, -2.5)) for state in (*starts, starts[0] - 0.5)]
    for picture in pictures:
        lines = picture.splitlines()
        assert len(lines) <= 23
        assert max(map(len, lines)) <= 80
        assert lines[-1] == f"{env.id}   step 3   return -2.5"
    assert pictures[2] != pictures[0]
    if env.scene is None:
        assert env.observation_names[0] in pictures[0]


def dots(picture):
    """Return (row, column) of each dot of a picture, without its caption."""
    bits = {(x, y): bit for x, column in enumerate(_BITS) for y, bit in enumerate(column)}
    return {
        (4 * row + y, 2 * column + x)
        for row, line in enumerate(picture.splitlines()[:-1])
        for column, cell in enumerate(line)
        for (x, y), bit in bits.items()
        if (ord(cell) - 0x2800) & bit
    }


@pytest.mark.parametrize("metres", [1.0, 3.0])
def test_a_pole_is_drawn_as_long_as_it_is(metres):
    """The track is 4.8 m long whatever the pole is."""
    env = NATIVE["CartPole-v1"]
    drawn = dots(scene(frame(env, [1.0, 0.0, 0.0, 0.0], 0, 0.0, env.physics._replace(length=metres / 2))))
    track = max(row for row, _ in drawn if sum(other == row for other, _ in drawn) > 40)
    columns = [column for row, column in drawn if row == track]
    dot = 4.8 / (max(columns) - min(columns))  # metres
    pole = (track - min(row for row, _ in drawn)) * dot - 0.2  # from the track to its hinge
    assert pole == pytest.approx(metres, abs=2 * dot)


@pytest.mark.parametrize(("env_id", "constant"), [("Pendulum-v1", "length"), ("Acrobot-v1", "length_1")])
def test_lengths_of_a_changed_world_show(env_id, constant):
    env = NATIVE[env_id]
    state = env.reset(np.random.default_rng(3))
    longer = env.physics._replace(**{constant: 2.5})
    assert scene(frame(env, state, 0, 0.0, longer)) != scene(frame(env, state, 0, 0.0))
    points = [point for line in env.scene(env.state(*state), longer).shapes for point in line.points]
    left, bottom, right, top = env.scene(env.state(*state), longer).view
    assert all(left <= x <= right and bottom <= y <= top for x, y in points)


def test_a_scene_that_raises_is_named():
    env = replace(NATIVE["CartPole-v1"], scene=lambda state, physics: 1 / 0)
    with pytest.raises(UserError, match=r"CartPole-v1: scene raised ZeroDivisionError.*test_stage"):
        scene(frame(env, [0.0] * 4, 0, 0.0))


def test_a_state_that_ran_away_is_drawn():
    assert "return nan" in scene(frame(NATIVE["CartPole-v1"], [np.nan, 0.0, np.inf, 0.0], 0, np.nan))


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
    assert 0 < waited[1] <= 1 / env.render_fps


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
