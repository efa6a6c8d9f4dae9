"""``genesys presets import``: what is printed and written, and what is left alone."""

import json

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.config.neat_python.keys import KEYS
from genesys_cli.config.neat_python.rules import ABSENT, DIFFERS, NONE, SAME, UNKNOWN
from neat_configs import complete, config


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config-feedforward").write_text(complete(), encoding="utf-8")
    return tmp_path


def files(place):
    return sorted(path.name for path in place.iterdir())


def test_a_preset_and_a_line_for_each_key(invoke, place):
    result = invoke("presets import config-feedforward")
    assert result.exit_code == 0
    assert files(place) == ["config-feedforward", "config-feedforward.toml"]
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["neat-python", "meaning", "value", "genesys"]
    names = [line.split()[0] for line in (place / "config-feedforward").read_text().splitlines() if " = " in line]
    assert sorted(line.split()[0] for line in lines) == sorted(names)
    words = {line.split()[0]: line.split() for line in lines}
    assert words["pop_size"][1:6] == [SAME, "40", "neat.population", "=", "40:"]
    assert words["elitism"][1] == SAME
    assert words["max_stagnation"][1:6] == [DIFFERS, "15", "neat.max_stagnation", "=", "14:"]
    assert words["num_inputs"][1:3] == [NONE, "4"]
    assert "written: config-feedforward.toml" in result.stderr
    assert "genesys evolve --preset config-feedforward.toml --env NAME" in result.stderr
    for outcome in (SAME, DIFFERS, NONE):
        count = sum(line.split()[1] == outcome for line in lines)
        assert f"{count} {outcome}: " in result.stderr
    assert load_settings(place / "config-feedforward.toml").neat.population == 40


def test_what_is_missing_or_unknown_is_told(invoke, place):
    (place / "short.ini").write_text(config(conn_add_prob=None).replace("[NEAT]", "[NEAT]\npopsize = 3"))
    result = invoke("presets import short.ini")
    assert result.exit_code == 0
    words = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()}
    assert (words["popsize"], words["conn_add_prob"], words["elitism"]) == (UNKNOWN, ABSENT, SAME)
    assert "time_constant_init_mean" not in words
    assert f"1 {UNKNOWN}: " in result.stderr
    assert f"1 {ABSENT}: " in result.stderr


def test_as_json(invoke, place):
    result = invoke("presets import config-feedforward -o a.toml --env CartPole --json")
    told = json.loads(result.stdout)
    assert (told["preset"], told["source"], told["env"]) == ("a.toml", "config-feedforward", "CartPole-v1")
    assert [line["key"] for line in told["keys"]] == [key.name for key in KEYS]
    (threshold,) = (line for line in told["keys"] if line["key"] == "fitness_threshold")
    assert threshold["settings"] == {"evaluation.solved_at": 321.5}
    assert threshold["outcome"] == DIFFERS
    assert told["habits"]["neat.crossover_prob"] == 1.0
    assert result.stderr == ""


def test_an_environment_is_put_into_the_preset(invoke, place):
    result = invoke("presets import config-feedforward --env cartpole")
    assert load_settings(place / "config-feedforward.toml").environment.id == "CartPole-v1"
    assert "CartPole-v1 counts as solved at 475" in result.stdout
    assert result.stderr.rstrip().endswith("genesys evolve --preset config-feedforward.toml")


def test_a_file_that_is_there_stays(invoke, place):
    there = place / "config-feedforward.toml"
    there.write_text("mine")
    result = invoke("presets import config-feedforward")
    assert result.exit_code == 2
    assert "exists already and is kept as it is; choose another name, or add --force" in result.stderr
    assert there.read_text() == "mine"
    assert invoke("presets import config-feedforward --force").exit_code == 0
    assert load_settings(there).neat.population == 40


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("nowhere", "there is no file 'nowhere'"),
        (".", "is a folder"),
        ("config-feedforward -o nowhere/a.toml", "there is no folder nowhere"),
        ("config-feedforward -o a.ini", "must end in .toml"),
        ("config-feedforward --env Pendulum", "does not fit Pendulum-v1: num_inputs is 4, where its networks have 3"),
        ("config-feedforward --env CartPol", "did you mean 'CartPole'?"),
        ("own.toml --force", "is the configuration itself"),
        ("broken", "[NEAT] pop_size = many (broken): must be a whole number, 1 or more"),
        ("hostile", r"must be True or False"),
        ("", "Missing argument 'INI'"),
    ],
)
def test_what_is_refused_writes_nothing(invoke, place, words, why):
    (place / "own.toml").write_text(complete())
    (place / "broken").write_text(complete(pop_size="many"))
    (place / "hostile").write_text(complete(feed_forward="\x1b[2J"))
    before = {path: path.read_bytes() for path in place.iterdir()}
    result = invoke(f"presets import {words}")
    assert result.exit_code == 2
    assert why in result.stderr
    assert "\x1b" not in result.stderr
    assert "Traceback" not in result.output
    assert {path: path.read_bytes() for path in place.iterdir()} == before


def test_what_would_steer_a_terminal_is_spelt_out(invoke, place):
    (place / "odd").write_text(complete(activation_options="sigmoid \x1b[2J") + "x\x1b[31m = \x1b]0;\x07\n")
    result = invoke("presets import odd")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert load_settings(place / "odd.toml").neat.activation_options == ["sigmoid"]
    assert "\x1b" not in (place / "odd.toml").read_text()


def test_the_list_of_presets_is_what_it_was(invoke, place):
    assert "CartPole" in invoke("presets").stdout
    assert json.loads(invoke("presets", "--json").stdout)["presets"]
