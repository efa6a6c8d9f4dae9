"""Names that users of other programs know lead to ours."""

import pytest

from genesys_cli.config import neighbours
from genesys_cli.config.fields import field_of
from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError


def refused(*overrides, preset=None):
    with pytest.raises(UserError) as caught:
        load_settings(preset, None if preset else "CartPole", overrides)
    return str(caught.value)


def test_every_name_leads_to_a_setting_and_is_none_itself():
    for name, ours in neighbours._NAMES.items():
        assert field_of(ours) is not None, ours
        assert all(field_of(f"{table}.{name}") is None for table in ("environment", "evaluation", "neat", "run")), name
    assert not neighbours._NAMES.keys() & neighbours._NONE.keys()
    assert neighbours._REMARKS.keys() <= neighbours._NAMES.keys()


@pytest.mark.parametrize(
    ("override", "ours"),
    [
        ("neat.pop_size=5", "neat.population"),
        ("pop_size=5", "neat.population"),
        ("neat.fitness_threshold=5", "evaluation.solved_at"),
        ("neat.no_fitness_termination=true", "run.stop_when_solved"),
        ("neat.bias_max_value=5", "neat.bias_max"),
        ("fitness_criterion=mean", "evaluation.stop_on"),
        ("DefaultStagnation.max_stagnation=5", "neat.max_stagnation"),
        ("n_envs=4", "run.instances"),
        ("run.total_timesteps=1000", "neat.generations"),
        ("environment.max_episode_steps=5", "environment.max_steps"),
        ("compatibility_threshold=2", "neat.compatibility_threshold"),
    ],
)
def test_a_neighbours_name(override, ours):
    message = refused(override)
    assert f"'{ours}'" in message
    assert message.count("here it is") + message.count("did you mean") == 1


def test_what_has_no_counterpart_says_why():
    assert "genesys replay" in refused("environment.render_mode=human")
    assert "did you mean" not in refused("neat.num_inputs=3")
    assert "adds or enables a connection instead" in refused("neat.structural_mutation_surer=true")


def test_in_a_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[neat]\npop_size = 5\n", encoding="utf-8")
    assert "here it is 'neat.population'" in refused(preset=path)


@pytest.mark.parametrize("value", ["lambda e: e.steps", "./my.py:score", "score", "my:score()"])
def test_a_fitness_that_is_no_name(value):
    assert "must be the name module:function" in refused(f"evaluation.fitness={value}")


def test_a_function_in_a_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[evaluation]\nfitness = lambda e: e.steps\n", encoding="utf-8")
    assert 'such as fitness = "my_fitness:score"' in refused(preset=path)


def test_a_function_from_python():
    from genesys_cli import evolve

    with pytest.raises(UserError, match=r"evaluation.fitness = .*: must be the name module:function of a function"):
        evolve("CartPole", settings={"evaluation.fitness": lambda episode: episode.steps})
