"""What is known of Gymnasium's environments, and what is said where one cannot be had."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.known import KNOWN, known_as
from genesys_cli.envs.gym.making import DEFAULT_MAX_STEPS, make
from genesys_cli.envs.spec import Box, Discrete, MultiBinary, MultiDiscrete
from genesys_cli.errors import UserError

HERE = """
import gymnasium
from gymnasium import spaces

class Lever(gymnasium.Env):
    def __init__(self, levers=2, label="x", *, weights=(1.0,), render_mode=None):
        if levers < 1:
            raise ValueError("a lever is needed")
        self.made_with = (levers, label, weights)
        self.observation_space = spaces.Dict(a=spaces.Discrete(2), b=spaces.Box(0, 1, (2,)))
        self.action_space = spaces.MultiBinary(levers)

def lever(**kwargs):
    return Lever(**kwargs)

gymnasium.register("Lever-v0", entry_point=Lever, max_episode_steps=7, reward_threshold=3)
gymnasium.register("Lever-v2", entry_point=f"{__name__}:Lever", kwargs={"levers": 4})
gymnasium.register("here/Lever-v1", entry_point=lever)
gymnasium.register("here/CartPole-v1", entry_point=Lever)
print("the module greets")
"""


@pytest.fixture
def here(module):
    return module("lever_module", HERE)


@pytest.mark.parametrize("env_id", KNOWN)
@pytest.mark.parametrize("spell", [lambda known: known.id, lambda known: known.name.lower()])
def test_the_table_of_known_ones_is_what_gymnasium_says(env_id, spell):
    known = KNOWN[env_id]
    pytest.importorskip(known.module)
    env = describe_gym(spell(known))
    assert known.installed
    for field in ("id", "name", "observation_names", "action_names", "action", "max_steps", "solved_at"):
        assert getattr(env, field) == getattr(known, field), field
    assert len(known.observation_names) == env.n_inputs
    assert len(set(known.observation_names)) == env.n_inputs
    assert env.rebuild == (known.name == "BipedalWalker")
    gymnasium.make(env.make_id, **env.kwargs).close()
    assert known_as(known.name.upper()) is known


@pytest.mark.parametrize(
    ("name", "env_id"),
    [
        ("Taxi", "Taxi-v"),
        ("FROZENLAKE", "FrozenLake-v1"),
        ("frozenlake8x8-V1", "FrozenLake8x8-v1"),
        ("halfcheetah-v4", "HalfCheetah-v4"),
        ("ale/breakout", "ALE/Breakout-v5"),
        ("Breakout-v5", "ALE/Breakout-v5"),
        ("breakout", "ALE/Breakout-v5"),
        ("Breakout-v4", "Breakout-v4"),
    ],
)
def test_ids_in_any_case_without_version_or_namespace(name, env_id):
    if "reakout" in name:
        pytest.importorskip("ale_py")
    if "cheetah" in name:
        pytest.importorskip("mujoco")
    assert describe_gym(name).id.startswith(env_id)


def test_no_version_means_the_newest(here):
    env = describe_gym(f"{here}:lever")
    assert (env.id, env.make_id, env.name) == (f"{here}:Lever-v2", f"{here}:Lever-v2", "Lever")
    assert env.action == MultiBinary(4)
    assert env.observation_names == ("a=0", "a=1", "b[0]", "b[1]")
    assert env.action_names == ("action[0]", "action[1]", "action[2]", "action[3]")
    assert (env.max_steps, env.solved_at, env.rebuild) == (DEFAULT_MAX_STEPS, None, False)
    assert gymnasium.make(env.make_id).unwrapped.made_with[0] == 4


def test_limit_and_threshold_are_those_registered(here):
    env = describe_gym(f"{here}:lever-V0")
    assert (env.id, env.max_steps, env.solved_at) == (f"{here}:Lever-v0", 7, 3.0)


def test_a_namespace_is_part_of_the_name_where_it_must(here):
    assert describe_gym(f"{here}:here/Lever").name == "Lever"
    assert describe_gym(f"{here}:here/CartPole-v1").name == "here-CartPole"


def test_arguments_reach_the_environment(here):
    env = describe_gym(f"{here}:Lever-v0", {"levers": 5, "weights": [0.5, 2.0], "label": "y"})
    assert env.action == MultiBinary(5)
    assert env.kwargs == {"levers": 5, "weights": [0.5, 2.0], "label": "y"}
    assert make(env.make_id, env.kwargs).unwrapped.made_with == (5, "y", [0.5, 2.0])


def test_what_an_environment_prints_is_no_output(here, capsys):
    describe_gym(f"{here}:Lever-v0")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("env", "kwargs", "message"),
    [
        ("Lever-v0", {"lever": 3}, "kwargs.lever = 3: Lever-v0 takes no such argument; did you mean 'levers'"),
        ("Lever-v0", {"zzz": 3}, "takes no such argument; it takes levers, label, weights$"),
        (
            "Lever-v0",
            {"levers": 0},
            r"Lever-v0 cannot be made with levers = 0: ValueError: a lever is needed .* 8",
        ),
        ("Lever-v0", {"levers": "a"}, "Lever-v0 cannot be made with levers = 'a': TypeError"),
        ("here/Lever-v1", {"lever": 3}, "here/Lever-v1 cannot be made with lever = 3: TypeError: .*'lever'"),
        ("Lever-v0", {"max_episode_steps": 3}, "use environment.max_steps for that"),
        ("Lever-v0", {"render_mode": "human"}, "use genesys replay --render for that"),
        ("Lever-v7", {}, "registers no id 'Lever-v7'; did you mean 'Lever-v[02]'.*it registers: .*Lever-v2"),
        ("Lever", {}, ""),
        ("lever", {"label": "y"}, ""),
    ],
)
def test_arguments_and_ids_that_cannot_be(here, env, kwargs, message):
    if not message:
        assert describe_gym(f"{here}:{env}", kwargs).name == "Lever"
        return
    with pytest.raises(UserError, match=message):
        describe_gym(f"{here}:{env}", kwargs)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_like_this", "module 'own' needs 'nothing_like_this', .*pip install nothing_like_this"),
        ("import cv2_not_here.part", "pip install cv2_not_here$"),
        ("1 / 0", r"module 'own' cannot be imported: ZeroDivisionError: .*own.py, line 1\)"),
        ("def f(:\n  pass", "module 'own' cannot be imported: SyntaxError: .*line 1"),
        ("import sys; sys.exit(3)", "module 'own' cannot be imported: SystemExit: 3"),
        ("x = 1", "module 'own' was imported, but registers no id 'Thing-v0'; it has to call gymnasium.register"),
    ],
)
def test_a_module_that_does_not_help_is_named(module, source, message):
    with pytest.raises(UserError, match=message):
        describe_gym(f"{module('own', source)}:Thing-v0")


def test_a_class_that_was_not_registered_gets_the_line_to_write(module):
    name = module("own", "class Thing: pass")
    with pytest.raises(UserError, match=r'register\(id="Thing-v0", entry_point=Thing\), and use own:Thing-v0'):
        describe_gym(f"{name}:Thing")


def test_a_module_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(UserError, match=f"there is no module 'nowhere_at_all', .*{re.escape(os.getcwd())}"):
        describe_gym("nowhere_at_all:Thing-v0")
    with pytest.raises(UserError, match="there is no module 'nowhere_at_all.part'"):
        describe_gym("nowhere_at_all.part:Thing-v0")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("LunarLander-v2", "LunarLander-v3"),
        ("LunrLander", "LunarLander"),
        ("BipedlWalker-v3", "BipedalWalker-v3"),
        ("FrozenLak-v1", "FrozenLake-v1"),
        ("Alein", "Alien"),
        ("frozenlake-v9", "FrozenLake-v1"),
    ],
)
def test_a_misspelt_id_gets_the_nearest(wrong, meant):
    with pytest.raises(UserError, match=f"'{wrong}' is not known; did you mean '{meant}'.*genesys envs --all"):
        describe_gym(wrong)


def test_names_of_other_kinds_of_spaces(module):
    name = module(
        "kinds",
        """
        import gymnasium, numpy as np
        from gymnasium import spaces

        class Kinds(gymnasium.Env):
            def __init__(self, kind):
                self.observation_space = spaces.Tuple([spaces.Discrete(2), spaces.MultiDiscrete([2, 3])])
                self.action_space = {
                    "a": spaces.Discrete(3, start=5),
                    "b": spaces.MultiDiscrete([[2, 3], [4, 5]]),
                    "c": spaces.Box(np.array([-1.0, 0.0]), np.array([1.0, 7.0]), dtype=np.float64),
                }[kind]

        gymnasium.register("Kinds-v0", Kinds)
        """,
    )
    actions = [describe_gym(f"{name}:Kinds", {"kind": kind}) for kind in "abc"]
    names = ("obs.0=0", "obs.0=1", "obs.1[0]=0", "obs.1[0]=1", "obs.1[1]=0", "obs.1[1]=1", "obs.1[1]=2")
    assert actions[0].observation_names == names
    assert [env.n_inputs for env in actions] == [7, 7, 7]
    assert [env.action for env in actions] == [
        Discrete(3),
        MultiDiscrete((2, 3, 4, 5)),
        Box((-1.0, 0.0), (1.0, 7.0)),
    ]
    assert actions[0].action_names == ("action 5", "action 6", "action 7")
    assert actions[1].action_names == ("action[0,0]", "action[0,1]", "action[1,0]", "action[1,1]")


@pytest.mark.parametrize(
    ("kwargs", "n_inputs", "first", "actions", "max_steps"),
    [
        ({}, 128, "ram[0]", 18, 27_000),
        ({"frameskip": 8}, 128, "ram[0]", 18, 13_500),
        ({"frameskip": [2, 5]}, 128, "ram[0]", 18, 54_000),
        ({"max_num_frames_per_episode": 4001}, 128, "ram[0]", 18, 1001),
        ({"max_num_frames_per_episode": 0}, 128, "ram[0]", 18, DEFAULT_MAX_STEPS),
        ({"obs_type": "grayscale"}, 210 * 160, "obs[0,0]", 18, 27_000),
        ({"continuous": True}, 128, "ram[0]", 3, 27_000),
    ],
)
def test_atari_games(kwargs, n_inputs, first, actions, max_steps):
    pytest.importorskip("ale_py")
    env = describe_gym("Alien", kwargs)
    assert (env.n_inputs, env.observation_names[0], env.n_outputs, env.max_steps) == (
        n_inputs,
        first,
        actions,
        max_steps,
    )
    assert env.kwargs == {"obs_type": "ram", **kwargs}


def test_a_missing_extra_gets_its_pip_line():
    cases = [
        ("Box2D", "LunarLander", {"gravity": -5.0}, "box2d"),
        ("Box2D", "BipedalWalkerHardcore-v3", {}, "box2d"),
        ("ale_py", "Alien", {}, "atari"),
        ("ale_py", "ALE/Pong-v5", {}, "atari"),
        ("mujoco", "Hopper-v5", {}, "mujoco"),
    ]
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('Box2D', 'ale_py', 'mujoco'))\n"
        "from genesys_cli.envs.registry import find\n"
        "from genesys_cli.errors import UserError\n"
        f"for _, env, kwargs, _ in {cases!r}:\n"
        "    try: find(env, kwargs); print('it was found')\n"
        "    except UserError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for said, (module, _, _, extra) in zip(run.stdout.splitlines(), cases, strict=True):
        assert f"needs {module!r}, which is not installed" in said
        assert said.endswith(f"; install it with: pip install 'genesys-cli[{extra}]'")


@pytest.mark.parametrize("missing", ["observation", "action"])
def test_an_environment_without_spaces(module, missing):
    name = module(
        "spaceless",
        f"""
        import gymnasium

        class Spaceless(gymnasium.Env):
            {"action" if missing == "observation" else "observation"}_space = gymnasium.spaces.Discrete(2)

        gymnasium.register("Spaceless-v0", Spaceless)
        gymnasium.register("Nowhere-v0", "spaceless:Nowhere")
        """,
    )
    with pytest.raises(UserError, match=f"Spaceless-v0 has no {missing}_space"):
        describe_gym(f"{name}:Spaceless-v0")
    with pytest.raises(UserError, match="Nowhere-v0 cannot be made: AttributeError: .*has no attribute 'Nowhere'"):
        describe_gym(f"{name}:Nowhere-v0")


def test_what_remains_missing_is_named():
    run = subprocess.run(
        [sys.executable, "-c", "from genesys_cli.cli.main import main; main(['envs', 'phys2d/CartPole-v1'])"],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0:
        pytest.skip("jax is installed")
    assert run.returncode == 2
    assert run.stderr.startswith("Error: phys2d/CartPole-v1 needs 'jax', which is not installed; install it with: pip")


def test_numbers_are_pythons_own():
    """They are written to TOML and JSON."""
    for name in ("Taxi", "MountainCarContinuous-v0", "CartPole-v1"):
        env = describe_gym(name)
        assert type(env.max_steps) is int
        assert env.solved_at is None or type(env.solved_at) is float
        if isinstance(env.action, Box):
            assert all(type(bound) is float for bound in (*env.action.low, *env.action.high))
        assert not isinstance(env.n_outputs, np.generic)
