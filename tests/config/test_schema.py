import pytest
from pydantic import ValidationError

from genesys_cli.config.fields import describe
from genesys_cli.config.schema import TABLES, EvaluationSettings, NeatSettings, Settings

KEYS = describe()
NUMBERS = ("number", "whole number", "whole number or none")


def test_every_setting_is_described():
    assert len(KEYS) == sum(len(model.model_fields) for model in TABLES.values())
    for key in KEYS:
        assert key.description.endswith("."), key
        assert key.description[0].isupper(), key
        if key.type in NUMBERS:
            assert key.allowed, f"{key.key} has no range"


def test_every_default_is_valid():
    Settings.model_validate(Settings().model_dump())


@pytest.mark.parametrize("key", [key.key for key in KEYS if key.type in NUMBERS])
def test_both_ends_of_every_range_hold(key):
    table, _, name = key.partition(".")
    model = TABLES[table]
    for bound in model.model_fields[name].metadata:
        for kind, beyond in (("ge", -1), ("gt", 0), ("le", 1), ("lt", 0)):
            limit = getattr(bound, kind, None)
            if limit is not None:
                with pytest.raises(ValidationError):
                    model.model_validate({name: limit + beyond})


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        Settings().neat.population = 3


def test_what_is_wrong_between_fields_comes_with_what_is_wrong_in_each():
    with pytest.raises(ValidationError) as caught:
        NeatSettings.model_validate(
            {
                "generations": 0,
                "weight_min": 5.0,
                "weight_max": 4.0,
                "bias_mutate_rate": 0.6,
                "bias_replace_rate": 0.5,
                "activation_options": ["relu"],
                "population": 10,
                "elitism": 10,
                "misspelt": 1,
            }
        )
    assert sorted(str(error["loc"][0]) for error in caught.value.errors()) == [
        "activation_default",
        "bias_mutate_rate",
        "elitism",
        "generations",
        "misspelt",
        "weight_min",
    ]


def test_rates_that_come_to_one_are_allowed():
    NeatSettings.model_validate({"weight_mutate_rate": 0.9, "weight_replace_rate": 0.1})
    NeatSettings.model_validate({"response_min": 1.0, "response_max": 1.0})


@pytest.mark.parametrize("value", ["3", 3.0, True, None])
def test_nothing_is_converted_silently(value):
    with pytest.raises(ValidationError):
        NeatSettings.model_validate({"elitism": value})


@pytest.mark.parametrize("name", ["observation_offset", "observation_scale"])
def test_each_number_of_a_list_has_a_range(name):
    """Beyond float32 an observation's scale would be infinite."""
    key = next(key for key in KEYS if key.key == f"evaluation.{name}")
    assert (key.type, key.allowed) == ("list of numbers", "from -1e+30 to 1e+30")
    EvaluationSettings.model_validate({name: [1e30, -1e30]})
    for beyond in (1.1e30, -1.1e30):
        with pytest.raises(ValidationError):
            EvaluationSettings.model_validate({name: [0.0, beyond]})
