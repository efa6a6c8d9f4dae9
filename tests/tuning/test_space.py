"""What is tuned, as it is written."""

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError
from genesys_cli.files.identity import value_of
from genesys_cli.tuning.space import DEFAULT, inside, parse_space, settings_with

BASE = load_settings(None, "CartPole")


def parsed(*texts, base=BASE):
    return parse_space(texts, base)


def test_ranges_and_choices():
    space = parsed(
        "neat.node_add_prob=0.01..0.3:log",
        "neat.elitism = 1 .. 4",
        "evaluation.patience=0,100",
        "neat.activation_options=['tanh'],['tanh','relu']",
    )
    power = space["neat.node_add_prob"]
    assert (power.low, power.high, power.whole, power.log) == (0.01, 0.3, False, True)
    assert power.value(0.0123456) == 0.01235
    assert power.value(0.009999) == 0.01  # rounding leaves no range
    elitism = space["neat.elitism"]
    assert (elitism.low, elitism.high, elitism.whole, elitism.log) == (1, 4, True, False)
    assert elitism.value(3) == 3
    assert isinstance(elitism.value(3), int)
    assert space["evaluation.patience"].value("100") == 100
    assert space["neat.activation_options"].value("['tanh','relu']") == ["tanh", "relu"]
    again = parsed(*(f"{dimension.key}={dimension.text}" for dimension in space.values()))
    assert again == space


def test_the_default_space_holds_the_default_settings():
    space = parsed()
    assert [f"{dimension.key}={dimension.text}" for dimension in space.values()] == list(DEFAULT)
    assert set(inside(space, BASE)) == set(space)
    for key, value in inside(space, BASE).items():
        assert space[key].value(value) == value_of(BASE, key)


def test_the_default_space_leaves_out_what_cannot_be():
    few = parsed(base=load_settings(None, "CartPole", ["neat.population=8"]))
    assert few["neat.target_species"].choices == ("0", "5")
    assert "neat.elitism" in few
    fewer = parsed(base=load_settings(None, "CartPole", ["neat.population=4", "neat.elitism=1"]))
    assert {"neat.target_species", "neat.elitism"}.isdisjoint(fewer)


def test_values_outside_are_not_tried_first():
    space = parsed("neat.node_add_prob=0.2..0.3", "neat.elitism=1..4", "evaluation.patience=5,10")
    assert inside(space, BASE) == {"neat.elitism": 2}


def test_what_is_tried_takes_the_place_of_what_there_is():
    settings = settings_with(BASE, {"neat.elitism": 4, "evaluation.episodes": 7})
    assert (settings.neat.elitism, settings.evaluation.episodes) == (4, 7)
    with pytest.raises(UserError, match="weight_mutate_rate"):
        settings_with(BASE, {"neat.weight_mutate_rate": 0.8, "neat.weight_replace_rate": 0.5})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("neat.elitism", "must have the form KEY=LOW..HIGH or KEY=A,B,C"),
        ("neat.elitism=", "must have the form KEY=LOW..HIGH or KEY=A,B,C"),
        ("neat.elitims=1..3", "did you mean 'neat.elitism'?"),
        ("neat.elitism=1..2.5", "is a whole number, so its range needs whole ends"),
        ("neat.elitism=3..1", "3 must be below 1"),
        ("neat.elitism=1..200", "must be below neat.population, which is 150"),
        ("neat.node_add_prob=0..0.3:log", "a logarithmic range must begin above 0"),
        ("neat.node_add_prob=0.1..0.3:lin", "must have the form KEY=LOW..HIGH or KEY=LOW..HIGH:log"),
        ("neat.node_add_prob=0.1..", "must have the form KEY=LOW..HIGH or KEY=LOW..HIGH:log"),
        ("neat.node_add_prob=0.1...0.3", "must have the form KEY=LOW..HIGH or KEY=LOW..HIGH:log"),
        ("neat.node_add_prob=0.1..nan", "must have the form KEY=LOW..HIGH or KEY=LOW..HIGH:log"),
        ("neat.node_add_prob=0.5..1.5", "neat.node_add_prob = 1.5: must be a number from 0 to 1"),
        ("neat.node_add_prob=0.5", "needs two values at least"),
        ("neat.node_add_prob=0.5,0.5", "has a value twice"),
        ("neat.ties=newer,oldest", "neat.ties = 'oldest': must be one of smaller, newer"),
        ("neat.feed_forward=0..1", "is a true or false, which has no range; give values"),
        ("neat.elitism=1,True(", "neat.elitism"),
        ("neat.generations=10..20", "all trials have the same length; give it with --generations"),
        ("evaluation.solved_at=1..2", "says what a champion is worth"),
        ("run.seed=1..5", "cannot be tuned; what can is in the tables neat and evaluation"),
        ("eve.pes=1..5", "cannot be tuned"),
    ],
)
def test_what_cannot_be_tuned(text, said):
    with pytest.raises(UserError) as error:
        parsed(text)
    assert said in str(error.value)
    assert "--space" in str(error.value)


def test_every_problem_is_named():
    with pytest.raises(UserError) as error:
        parsed("neat.elitism=3..1", "neat.elitims=1..3", "neat.ties=smaller,newer", "neat.ties=newer,smaller")
    for part in ("3 settings cannot be used", "3 must be below 1", "neat.elitims", "neat.ties: is given twice"):
        assert part in str(error.value)
