import json
from pathlib import Path

import pytest

from genesys_cli.config.presets import preset_names
from genesys_cli.config.schema import describe


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
    assert all(preset["name"] in listing and preset["description"] in listing for preset in found)


def test_a_preset_is_explained_key_by_key(invoke):
    lines = invoke("presets", "show", "pendulum").stdout.splitlines()
    for key in describe():
        (line,) = (line for line in lines if line.split()[0] == key.key)
        assert key.description in line
    assert any(line.startswith("evaluation.episodes *") and " 20 " in line for line in lines)


def test_a_preset_is_explained_as_json(invoke):
    settings = json.loads(invoke("presets", "show", "Pendulum", "--json").stdout)["settings"]
    (episodes,) = (entry for entry in settings if entry["key"] == "evaluation.episodes")
    assert episodes == {
        "key": "evaluation.episodes",
        "type": "whole number",
        "default": 5,
        "allowed": "from 1 to 10000",
        "description": "Training episodes per genome and generation.",
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
