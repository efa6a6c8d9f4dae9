import pytest
from pydantic import ValidationError

from genesys_cli.config.drift import DriftSettings
from genesys_cli.config.fields import describe_drift
from genesys_cli.config.load import load_settings, settings_from_toml, to_toml
from genesys_cli.config.schema import Settings
from genesys_cli.errors import UserError

STEP = ("drift.length.at=[10,25]", "drift.length.to=[1.0,0.3]")
RAMP = ("drift.length.schedule=ramp", "drift.length.at=[10,25]", "drift.length.to=[1.0,0.3]", "drift.length.over=15")
SINE = ("drift.length.schedule=sine", "drift.length.at=0", "drift.length.to=1", "drift.length.period=20")


def refusal(*overrides):
    with pytest.raises(UserError) as caught:
        load_settings(None, "CartPole", overrides)
    return str(caught.value)


def test_changes_from_the_command_line():
    settings = load_settings(None, "CartPole", STEP)
    assert settings.drift == {"length": DriftSettings(schedule="step", at=[10, 25], to=[1.0, 0.3])}
    table = 'drift.length = {at = [10, 25], to = [1.0, 0.3], schedule = "step"}'
    assert load_settings(None, "CartPole", [table.replace(" = ", "=")]) == settings


def test_changes_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[drift.length]\nschedule = "ramp"\nat = [10, 25]\nto = [1.0, 0.3]\nover = 15\n')
    assert load_settings(path, "CartPole").drift == load_settings(None, "CartPole", RAMP).drift
    assert load_settings(path, "CartPole", ["drift.length.over=3"]).drift["length"].over == 3


@pytest.mark.parametrize("overrides", [(), STEP, RAMP, SINE, (*STEP, "drift.gravity.at=1", "drift.gravity.to=-1e-7")])
def test_changes_read_back_the_same(overrides):
    settings = load_settings(None, "CartPole", overrides)
    assert settings_from_toml(to_toml(settings)) == settings
    assert ("drift" in to_toml(settings)) == bool(overrides)
    assert Settings.from_tables(settings.tables()) == settings


def test_a_number_is_a_list_of_one():
    assert DriftSettings.model_validate({"at": 3, "to": 2}) == DriftSettings(at=[3], to=[2.0])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["drift.length.too=1"], "drift.length.too (--set): there is no such setting; did you mean 'drift.length.to'?"),
        (["dirft.length.to=1"], "did you mean 'drift.length.to'?"),
        (["drift=1"], "give a thing that changes and one of its keys, such as 'drift.gravity.to'"),
        (["drift.length=1"], "drift.length = 1 (--set): must be a table of settings"),
        (["driftt=1"], "did you mean 'drift'?"),
        (["drift.length.to=1"], "drift.length.at (--set): must be given"),
        (["drift.length.at=[]", "drift.length.to=[]"], "drift.length.at (--set): must not be empty"),
        (["drift.length.at=[1,2]", "drift.length.to=1"], "must have a value for each generation of at, which are 2"),
        (["drift.length.at=[1,true]", "drift.length.to=nan"], "drift.length.at[1] = true (--set): must be a list of"),
        (["drift.length.at=1", "drift.length.to=nan"], "1e+30, and finite"),
        (["drift.length.at=1", "drift.length.to=1e31"], "must be a list of numbers from -1e+30 to 1e+30"),
        (["drift.length.at=[2,2]", "drift.length.to=[1,2]"], "must be ascending generations"),
        (["drift.length.at=-1", "drift.length.to=1"], "drift.length.at = [-1] (--set): must be generations from 0 on"),
        ([*RAMP, "drift.length.over=16"], "ramps overlap: that of generation 10 takes 16 and meets that of 25"),
        ([*RAMP, "drift.length.over=0"], "drift.length.over = 0 (--set): must be a whole number from 1"),
        ([*STEP, "drift.length.schedule=ramp"], "drift.length.over = none (--set): must be given for a ramp"),
        ([*STEP, "drift.length.over=3"], 'has no meaning with schedule = "step"'),
        ([*STEP, "drift.length.period=4"], 'has no meaning with schedule = "step"'),
        ([*STEP, "drift.length.schedule=square", "drift.length.period=4"], "must be one number, since schedule"),
        ([*SINE, "drift.length.period=7"], "must be an even number of generations"),
        (["drift.length.schedule=sin", "drift.length.at=1", "drift.length.to=1"], "did you mean 'sine'?"),
    ],
)
def test_messages(overrides, message):
    assert message in refusal(*overrides)


def test_what_is_wrong_with_several_things_comes_at_once():
    text = refusal(*STEP, "drift.length.over=3", "drift.gravity.at=1", "neat.elitism=-1")
    assert text.splitlines()[0] == "3 settings cannot be used:"
    for part in ("drift.length.over = 3", "drift.gravity.to (--set): must be given", "neat.elitism = -1"):
        assert part in text


def test_every_key_is_described():
    keys = describe_drift(["length"])
    assert [key.key for key in keys] == [f"drift.length.{name}" for name in DriftSettings.model_fields]
    assert all(key.description.endswith(".") for key in keys)


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        DriftSettings(at=[1], to=[1.0]).at = [2]
