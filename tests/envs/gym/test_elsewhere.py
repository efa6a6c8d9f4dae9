"""Hints about ids that are not known here lead to the package that has them, and never to something else."""

import pytest

from genesys_cli.envs.gym import elsewhere
from genesys_cli.envs.gym.describe import resolve
from genesys_cli.errors import UserError


def refused(name):
    with pytest.raises(UserError) as caught:
        resolve(name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "package", "module"),
    [
        ("highway-v0", "highway-env", "highway_env"),
        ("highway", "highway-env", "highway_env"),
        ("parking-v0", "highway-env", "highway_env"),
        ("MiniGrid-Empty-5x5-v0", "minigrid", "minigrid"),
        ("BabyAI-GoToLocal-v0", "minigrid", "minigrid"),
        ("FlappyBird-v0", "flappy-bird-gymnasium", "flappy_bird_gymnasium"),
        ("FetchReach-v4", "gymnasium-robotics", "gymnasium_robotics"),
        ("stocks-v0", "gym-anytrading", "gym_anytrading"),
        ("sumo-rl-v0", "sumo-rl", "sumo_rl"),
        ("PandaReach-v3", "panda-gym", "panda_gym"),
    ],
)
def test_an_id_of_another_package(name, package, module, monkeypatch):
    monkeypatch.setattr(elsewhere, "find_spec", lambda _: None)
    assert f"pip install {package}, then give {module}:{name}" in refused(name)
    monkeypatch.setattr(elsewhere, "find_spec", lambda _: object())
    message = refused(name)
    assert f"give {module}:{name}" in message
    assert "pip install" not in message
    assert "did you mean" not in message


def test_a_package_that_was_named_but_is_not_installed():
    message = refused("highway_env:highway-v0")
    assert "pip install highway-env" in message or "registers no id" in message


@pytest.mark.parametrize("name", ["procgen-coinrun-v0", "SuperMarioBros-v0"])
def test_an_id_of_a_package_for_gym(name):
    assert "Gymnasium's predecessor" in refused(name)


@pytest.mark.parametrize("name", ["snake-v0", "my_thing-v1", "drone-hover-v0", "trading-v0"])
def test_nothing_unrelated_is_suggested(name):
    message = refused(name)
    assert "did you mean" not in message
    assert "module:Id" in message


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("./my.py:X-v0", "give my:X-v0 in this folder"),
        ("my.py:X-v0", "give my:X-v0 in this folder"),
        ("my.py", "give my:Id in this folder"),
        ("/abs/my.py:X-v0", "give my:X-v0 in the folder /abs: cd /abs"),
        ("folder/my:X-v0", "give my:X-v0 in the folder folder: cd folder"),
        ("../my:X-v0", "give my:X-v0 in the folder ..: cd .."),
        (".my:X-v0", "give my:X-v0 in this folder"),
        ("C:\\work\\my.py:X-v0", "give my:X-v0 in the folder C:\\work"),
    ],
)
def test_a_file_in_place_of_a_module(name, instead):
    assert instead in refused(name)


def test_an_id_with_a_namespace_is_no_file():
    assert elsewhere.not_a_file("ALE/Alien-v5") == ""
    assert elsewhere.not_a_file("package.module:Name/Id-v0") == ""
