import json
import re
from pathlib import Path

import pytest

from genesys_cli.config.fields import describe
from genesys_cli.config.presets import preset_names, read_preset


def test_replay_defaults_to_the_newest_champion(invoke, runs):
    assert invoke("replay").exit_code == 0
    assert runs.calls == [("replay", "champion", None, None, None, "none", None, None)]


def test_replay_passes_its_options(invoke, runs):
    result = invoke("replay gen:3 --run runs/x -n 4 --seed 5 --render window -b genesys --json")
    assert runs.calls == [("replay", "gen:3", Path("runs/x"), 4, 5, "window", None, "genesys")]
    assert json.loads(result.stdout)["returns"] == [481.0, 480.0]


def test_drawing_in_the_terminal_goes_to_a_stage(invoke, runs):
    assert invoke("replay --render terminal --json").exit_code == 0
    ((*call, show, backend),) = runs.calls
    assert call == ["replay", "champion", None, None, None, "terminal"]
    assert backend is None
    assert callable(show)


def test_replay_shows_scores(invoke, runs):
    assert "mean return  480.5" in invoke("replay").stdout


@pytest.mark.parametrize("args", [["--episodes", 0], ["--seed", -1], ["--render", "hologram"]])
def test_replay_refuses_what_cannot_be(invoke, runs, args):
    assert invoke("replay", *args).exit_code == 2
    assert not runs.calls


def test_presets_are_listed(invoke):
    listing = invoke("presets").stdout
    found = json.loads(invoke("presets", "--json").stdout)["presets"]
    assert [preset["name"] for preset in found] == preset_names()
    for preset in found:
        assert preset["name"] in listing
        assert preset["description"] in listing
        assert preset["reaches"] in listing


def test_a_preset_is_explained_key_by_key(invoke):
    lines = invoke("presets", "show", "pendulum").stdout.splitlines()
    for key in describe():
        (line,) = (line for line in lines if line.startswith(f"{key.key} "))
        assert key.description in line
    assert any(line.startswith("evaluation.episodes *") and " 20 " in line for line in lines)


def test_a_preset_says_what_it_reaches(invoke, tmp_path):
    for name in preset_names():
        preset = read_preset(name)
        assert re.search(r"seed", preset.reaches), name
        first, second = invoke("presets", "show", name).stdout.splitlines()[:2]
        assert (first, second) == (preset.description, preset.reaches)
    own = tmp_path / "own.toml"
    own.write_text("[neat]\npopulation = 30\n")
    assert invoke("presets", "show", str(own)).stdout.startswith("key")


def test_a_preset_is_explained_as_json(invoke):
    settings = json.loads(invoke("presets", "show", "Pendulum", "--json").stdout)["settings"]
    (episodes,) = (entry for entry in settings if entry["key"] == "evaluation.episodes")
    assert episodes == {
        "key": "evaluation.episodes",
        "type": "whole number",
        "default": 5,
        "allowed": "from 1 to 100000000",
        "description": "Training episodes, or rows of data, per genome and generation.",
        "value": 20,
    }


def test_an_unknown_preset_gets_the_nearest(invoke):
    result = invoke("presets", "show", "Pendulun")
    assert result.exit_code == 2
    assert "did you mean 'Pendulum'?" in result.stderr


def test_environments_are_listed(invoke):
    rows = json.loads(invoke("envs", "--json").stdout)["envs"]
    assert {"name": "CartPole", "id": "CartPole-v1", "solved_at": 475.0}.items() <= rows[0].items()
    listing = invoke("envs").stdout
    assert all(row["id"] in listing for row in rows)


def test_an_uninstalled_extra_shows_its_pip_line(invoke, monkeypatch):
    from genesys_cli.envs.gym import known

    monkeypatch.setattr(known, "find_spec", lambda name: None if name == "mujoco" else object())
    listing = invoke("envs").stdout
    (hopper,) = (line for line in listing.splitlines() if "Hopper-v5" in line)
    assert "pip install 'genesys-cli[mujoco]'" in hopper
    (lander,) = (line for line in listing.splitlines() if "LunarLander-v3" in line)
    assert "pip install" not in lander


def test_every_registered_environment_is_listed(invoke):
    rows = json.loads(invoke("envs --all --json").stdout)["envs"]
    listing = invoke("envs --all").stdout
    assert len(rows) > 40
    assert all(row["id"] in listing for row in rows)


def test_one_environment_is_explained(invoke):
    about = json.loads(invoke("envs FrozenLake --env-kwarg map_name=8x8 --json").stdout)
    assert (about["id"], about["inputs"], about["kwargs"]) == ("FrozenLake-v1", 64, {"map_name": "8x8"})
    lines = dict(line.split("  ", 1) for line in invoke("envs FrozenLake").stdout.splitlines())
    assert lines["id"].strip() == "FrozenLake-v1"
    assert lines["actions"].strip() == "action 0, action 1, action 2, action 3"
    assert "is_slippery = True" in lines["arguments"]
    assert invoke("envs FrozenLake --env-kwarg map_name=8x8").stdout.count("obs=") == 6


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("envs FrozenLak-v1", "did you mean 'FrozenLake-v1'?"),
        ("envs CartPole --all", "--all lists every id"),
        ("envs --env-kwarg a=1", "--env-kwarg is an argument of one environment"),
        ("envs FrozenLake --env-kwarg a", "--env-kwarg a: must have the form NAME=VALUE"),
        ("envs FrozenLake --env-kwarg slippery=1", "did you mean 'is_slippery'?"),
    ],
)
def test_environments_that_cannot_be_shown(invoke, args, message):
    result = invoke(args)
    assert (result.exit_code, message in result.stderr) == (2, True)
