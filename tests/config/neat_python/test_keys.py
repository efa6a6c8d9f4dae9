"""The table of keys is neat-python's own: nothing is missing, nothing is made up, and defaults are the same."""

from collections import Counter

import neat
from neat.config import Config, ConfigParameter

from genesys_cli.config.fields import field_of
from genesys_cli.config.load import load_settings
from genesys_cli.config.neat_python.habits import HABITS
from genesys_cli.config.neat_python.keys import KEYS, SECTIONS
from genesys_cli.config.neat_python.rules import _RULES
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from neat_configs import complete

NO_DEFAULT = ("activation_options", "aggregation_options")  # neat-python's is an empty text, with which it fails


def theirs(tmp_path) -> dict[str, dict[str, ConfigParameter]]:
    """Return the parameters that neat-python 2.0 reads, by section and name."""
    path = tmp_path / "config"
    path.write_text(complete(), encoding="utf-8")
    found = neat.Config(
        neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation, path
    )
    parts = {
        "NEAT": Config._Config__params,
        "DefaultGenome": found.genome_config._params,
        "DefaultSpeciesSet": found.species_set_config._params,
        "DefaultStagnation": found.stagnation_config._params,
        "DefaultReproduction": found.reproduction_config._params,
    }
    return {section: {parameter.name: parameter for parameter in parts[section]} for section in parts}


def test_every_key_of_neat_python_and_no_other(tmp_path):
    found = theirs(tmp_path)
    assert set(SECTIONS) == found.keys()
    for section, parameters in found.items():
        ours = [key.name for key in KEYS if key.section == section and key.since != "2.1"]
        assert sorted(ours) == sorted(parameters), section
    assert len({key.name for key in KEYS}) == len(KEYS)


def test_defaults_of_neat_python(tmp_path):
    found = theirs(tmp_path)
    for key in KEYS:
        if key.since == "2.1" or key.name in NO_DEFAULT:
            continue
        default = found[key.section][key.name].default
        if key.name == "seed":
            assert (key.default, default) == ("None", None)
        elif default is None:
            assert key.default is None, key.name
        else:
            assert key.kind.read(key.default) == key.kind.read(str(default)), key.name


def test_functions_of_neat_python():
    assert set(ACTIVATIONS) == neat.activations.ActivationFunctionSet().functions.keys()
    assert set(AGGREGATIONS) == neat.aggregations.AggregationFunctionSet().functions.keys()


def test_what_a_key_leads_to_exists():
    named = [name for key in KEYS for name in key.ours]
    assert all(field_of(name) is not None for name in named)
    shared = {name for name, count in Counter(named).items() if count > 1}
    assert shared == {"neat.compatibility_excess_coefficient"}  # neat-python has one coefficient until 2.1
    assert {key.name for key in KEYS} >= _RULES.keys()


def test_what_has_no_counterpart_says_why():
    assert all(key.meaning for key in KEYS if not key.ours)


def test_habits_are_settings_with_such_values():
    settings = load_settings("CartPole", overrides=[(habit.ours, habit.value) for habit in HABITS])
    for habit in HABITS:
        assert getattr(settings.neat, habit.ours.removeprefix("neat.")) == habit.value
