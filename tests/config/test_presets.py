import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.config.presets import find_preset, preset_names, read_preset
from genesys_cli.config.schema import DRIFT, Settings
from genesys_cli.errors import UserError


def test_the_paper_suite_is_shipped():
    assert {"Acrobot", "CartPole", "MountainCar", "MountainCarContinuous", "Pendulum"} <= set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_sound_and_says_only_what_differs(name):
    preset = read_preset(name)
    assert preset.description.endswith(".")
    assert "\n" not in preset.description
    settings = load_settings(name).model_dump()
    if preset.made_for:
        assert settings["environment"]["id"].rpartition("/")[2].startswith(name.partition("-")[0])
    defaults = Settings().model_dump()
    for table, keys in preset.tables.items():
        if table == DRIFT:  # nothing changes by default
            continue
        for key in keys:
            if (table, key) != ("environment", "id"):
                assert settings[table][key] != defaults[table][key], f"{table}.{key} repeats the default"


def test_names_are_found_in_any_case():
    assert read_preset("cartPOLE").name == "CartPole"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ("CartPole-v0", "CartPole"),
        ("mountaincar", "MountainCar"),
        ("gymnasium.envs:MountainCarContinuous-v0", "MountainCarContinuous"),
        ("MountainCarDiscrete-v0", None),
        ("CartPole-variant", None),
        ("CartPole-drift", None),
        ("gymnasium:CartPole-v1", "CartPole"),
        ("mine:CartPole-v1", None),
        ("mine/CartPole-v1", None),
        ("ALE/Alien-v5", "Alien"),
        ("ale_py:ALE/Alien-v5", "Alien"),
        ("alien-V4", "Alien"),
        ("mine:ALE/Alien-v5", None),
        ("other/Alien-v5", None),
        ("ale/CartPole-v1", None),
        ("LunarLander-v2", "LunarLander"),
    ],
)
def test_the_preset_of_an_environment(environment, name):
    found = find_preset(environment)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CartPol", "there is no preset 'CartPol'; did you mean 'CartPole'? Give a TOML file or one of: Acrobot"),
        ("zzz", "there is no preset 'zzz'. Give a TOML file"),
        ("nowhere/mine.toml", "there is no preset file"),
        ("mine.toml", "there is no preset file 'mine.toml'"),
    ],
)
def test_a_missing_preset(name, message):
    with pytest.raises(UserError) as caught:
        read_preset(name)
    assert message in str(caught.value)
