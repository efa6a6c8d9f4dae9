"""Names of environments, and starts of episodes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from genesys_cli.config.schema import EnvironmentSettings, Settings
from genesys_cli.envs.registry import NATIVE, environment_of, episode_starts, find
from genesys_cli.envs.spec import GymEnv
from genesys_cli.errors import UserError


@pytest.mark.parametrize("env", NATIVE.values(), ids=NATIVE.keys())
@pytest.mark.parametrize("spell", [str, str.lower, str.upper])
def test_finds_short_names_and_ids(env, spell):
    assert find(spell(env.name)) is env
    assert find(spell(env.id)) is env


def test_an_alias_has_its_own_limit_and_threshold():
    env = find("CartPole-v0")
    assert (env.id, env.max_steps, env.solved_at) == ("CartPole-v0", 200, 195.0)
    assert env.step is NATIVE["CartPole-v1"].step
    assert find("CartPole").max_steps == 500


def test_every_alias_is_found():
    for env in NATIVE.values():
        for alias in env.aliases:
            assert find(alias).id == alias


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("CartPol", "CartPole"),
        ("cartpole-v3", "CartPole-v1"),
        ("acrobat", "Acrobot"),
        ("MountainCar-v1", "MountainCar"),
    ],
)
def test_a_misspelt_name_gets_the_nearest(wrong, meant):
    with pytest.raises(UserError, match=f"{wrong}.*not known.*did you mean '{meant}.*genesys envs"):
        find(wrong)


@pytest.mark.parametrize("wrong", ["", "xyz", "-v1"])
def test_an_unlike_name_gets_the_listing(wrong):
    with pytest.raises(UserError, match="not known .`genesys envs` lists"):
        find(wrong)


@pytest.mark.parametrize("name", ["FrozenLake-v1", "frozenlake", "FROZENLAKE-V1"])
def test_finds_gymnasiums_own_environments(name):
    env = find(name)
    assert isinstance(env, GymEnv)
    assert (env.id, env.name, env.make_id, env.kwargs) == ("FrozenLake-v1", "FrozenLake", "FrozenLake-v1", {})


def test_arguments_make_a_native_environment_gymnasiums():
    env = find("cartpole", {"sutton_barto_reward": True})
    assert isinstance(env, GymEnv)
    native = find("CartPole")
    for field in ("id", "name", "observation_names", "action_names", "action", "max_steps", "solved_at"):
        assert getattr(env, field) == getattr(native, field)
    assert env.kwargs == {"sutton_barto_reward": True}


def test_a_native_environment_is_found_without_importing_gymnasium():
    code = (
        "import sys; from genesys_cli.envs.registry import find; find('CartPole'); sys.exit('gymnasium' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_decide_whether_episodes_get_new_instances():
    for rebuild in (True, False):
        env = environment_of(Settings(environment=EnvironmentSettings(id="FrozenLake", rebuild=rebuild)))
        assert env == replace(find("FrozenLake"), rebuild=rebuild)
    assert environment_of(Settings(environment=EnvironmentSettings(id="FrozenLake"))) == find("FrozenLake")
    assert environment_of(Settings(environment=EnvironmentSettings(id="CartPole", rebuild=True))) is find("CartPole")


def test_starts_depend_on_their_own_seed_only():
    env = find("CartPole")
    starts = episode_starts(env, [7, 8, 7])
    assert starts.shape == (3, 4)
    assert starts.dtype == np.float64
    np.testing.assert_array_equal(starts[0], starts[2])
    np.testing.assert_array_equal(starts[1:2], episode_starts(env, np.array([8])))
    assert (starts[0] != starts[1]).all()


def test_no_seeds_no_starts():
    assert episode_starts(find("Acrobot"), []).shape == (0, 4)
