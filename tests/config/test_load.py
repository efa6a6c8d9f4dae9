import pytest

from genesys_cli.config.load import load_settings, note_on_preset, settings_from_toml, to_toml
from genesys_cli.config.overrides import override_value
from genesys_cli.config.schema import Settings
from genesys_cli.errors import UserError


def preset(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(*args, **kwargs):
    with pytest.raises(UserError) as caught:
        load_settings(*args, **kwargs)
    return str(caught.value)


def test_later_wins(tmp_path):
    path = preset(tmp_path, "[neat]\npopulation = 20\ngenerations = 20\nmax_stagnation = 21\n")
    settings = load_settings(
        path, None, ["neat.population=30", "neat.generations=30"], {"neat.population": 40, "run.seed": None}
    )
    assert settings.neat.population == 40
    assert settings.neat.generations == 30
    assert settings.neat.max_stagnation == 21
    assert settings.neat.elitism == Settings().neat.elitism
    assert settings.run.seed == 0


@pytest.mark.parametrize("env", ["Pendulum", "pendulum", "Pendulum-v1", "PENDULUM-V1"])
def test_an_environment_brings_its_preset(env):
    settings = load_settings(None, env)
    assert settings.environment.id == "Pendulum-v1"
    assert settings == load_settings("Pendulum")


def test_another_version_keeps_its_id_and_gets_the_preset():
    assert load_settings(None, "MountainCar-v7").environment.id == "MountainCar-v7"
    assert load_settings(None, "MountainCar-v7").evaluation == load_settings("MountainCar").evaluation
    assert load_settings("MountainCar").evaluation != Settings().evaluation


def test_an_override_of_the_id_brings_its_preset_too():
    assert load_settings(None, None, ["environment.id=Pendulum-v1"]) == load_settings("Pendulum")
    assert load_settings(None, None, [("environment.id", "Maze-v0")]).neat == Settings().neat


@pytest.mark.parametrize(
    ("env", "told"),
    [
        (
            "CartPole-v0",
            "CartPole-v0: the settings are those of the preset CartPole, which was made for CartPole-v1; give",
        ),
        ("LunarLander-v2", "those of the preset LunarLander, which was made for LunarLander-v3"),
        ("ale_py:ALE/Alien-v4", "made for ALE/Alien-v5"),
        *(
            (env, None)
            for env in ("CartPole", "cartpole-V1", "ale_py:ALE/Alien-v5", "Alien", "mine:Pendulum-v9", "Maze")
        ),
    ],
)
def test_a_preset_of_another_version_is_told(env, told):
    note = note_on_preset(None, env)
    assert (told in note) if told else not note
    assert note_on_preset("CartPole", env) == ""


@pytest.mark.parametrize("backend", ["genesys", "rtl"])
def test_a_preset_refines_only_where_that_is_possible(tmp_path, backend):
    own = tmp_path / "own.toml"
    own.write_text('[environment]\nid = "CartPole-v1"\n\n[refine]\nevery = 2\nsamples = 6\n', encoding="utf-8")
    assert load_settings(own).refine.every == 2
    on_chip = load_settings(own, flags={"run.backend": backend})
    assert not on_chip.refine.acts
    assert "the preset own refines its champions; the backend" in note_on_preset(own, None, settings=on_chip)
    assert note_on_preset(own, None, settings=load_settings(own)) == ""
    assert load_settings(own, overrides=["refine.every=0", "refine.samples=0"]).refine.every == 0
    asked = load_settings(own, overrides=["refine.every=3"], flags={"run.backend": backend})
    assert asked.refine.every == 3  # which is refused when it comes to a run


@pytest.mark.parametrize(
    ("preset", "key", "value"),
    [("Data", "data.file", "sklearn:iris"), ("problem", "problem.function", "mine:evaluate")],
)
def test_a_preset_for_another_kind_of_problem_evolves_no_environment(preset, key, value):
    with pytest.raises(UserError, match=f"preset {preset.capitalize()}: it is for .*; name one: --"):
        note_on_preset(preset, None, (), load_settings(preset))
    target = {"data.target": "species"} if key == "data.file" else {}
    assert note_on_preset(preset, None, (), load_settings(preset, flags={key: value, **target})) == ""


def test_an_environment_without_preset_gets_the_defaults():
    settings = load_settings(None, "some.module:Maze-v3")
    assert settings == Settings.model_validate({"environment": {"id": "some.module:Maze-v3"}})


def test_nothing_given_means_cartpole():
    assert load_settings().environment.id == "CartPole-v1"


def test_a_preset_of_another_environment_can_be_used():
    settings = load_settings("pendulum", "CartPole-v1")
    assert settings.environment.id == "CartPole-v1"
    assert settings.neat.num_hidden == load_settings("Pendulum").neat.num_hidden


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("neat.population", "30", 30),
        ("neat.conn_add_prob", "1e-3", 0.001),
        ("neat.initial_connection", "partial", "partial"),
        ("neat.initial_connection", '"partial"', "partial"),
        ("neat.activation_options", '["tanh", "relu"]', ["tanh", "relu"]),
        ("neat.feed_forward", "false", False),
        ("environment.max_steps", "none", None),
        ("environment.max_steps", "None", None),
        ("neat.initial_connection", "none", "none"),
        ("neat.initial_connection", '"none"', "none"),
        ("neat.feed_forward", "False", False),
        ("neat.activation_options", "('tanh',)", ["tanh"]),
        ("environment.kwargs.x", "None", {"python": "None"}),
        ("environment.kwargs", "{x = 1.0}", {"x": 1.0}),
        ("environment.wrappers", "a:B", ["a:B"]),
        ("neat.population", "1\nneat = 2", "1\nneat = 2"),
        ("neat.population", "", ""),
    ],
)
def test_values_of_set(key, text, value):
    assert override_value(key, text) == value


def test_environment_arguments_can_be_set():
    settings = load_settings(None, "Maze", ["environment.kwargs.size=3", "environment.kwargs.kind=round"])
    assert settings.environment.kwargs == {"size": 3, "kind": "round"}


def test_environment_arguments_have_an_option_of_their_own(tmp_path):
    path = preset(tmp_path, '[environment]\nid = "Maze"\nkwargs = {size = 3, kind = "round"}\n')
    given = ["kind=square", "doors=[1, [2]]", "lit=False", "gravity = -5.0", 'label="none"', "name=None"]
    assert load_settings(path, env_kwargs=given).environment.kwargs == {
        "size": 3,
        "kind": "square",
        "doors": [1, [2]],
        "lit": False,
        "gravity": -5.0,
        "label": "none",
        "name": {"python": "None"},
    }


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("size", "--env-kwarg size: must have the form NAME=VALUE, such as gravity=-5.0 or obs_type=ram"),
        ("=3", "--env-kwarg =3: must have the form NAME=VALUE"),
        ("a.b=3", "--env-kwarg a.b=3: must have the form NAME=VALUE"),
        ("size=TRUE", "environment.kwargs.size = TRUE (--env-kwarg): could be true or a text; write true, or put it"),
        ("size={a = 1", "environment.kwargs.size = {a = 1 (--env-kwarg): is neither TOML"),
        ("size=[1, 2024-01-01]", "environment.kwargs.size[1] (--env-kwarg): is a date"),
    ],
)
def test_environment_arguments_that_cannot_be(argument, message):
    (line,) = refusal(env="Maze", env_kwargs=[argument]).splitlines()
    assert message in line


def test_all_problems_come_at_once(tmp_path):
    path = preset(tmp_path, "[neat]\nelitims = 3\nelitism = 400\nconn_add_prob = 2\n[evaluate]\nepisodes = 3\n")
    lines = refusal(path, None, ["neat.node_add_prob=often", "nonsense"], {"run.seed": -1}).splitlines()
    assert lines[0] == "7 settings cannot be used:"
    text = "\n".join(lines)
    for part in (
        "neat.elitims (in mine.toml): there is no such setting; did you mean 'neat.elitism'?",
        "neat.elitism = 400 (in mine.toml): must be below neat.population, which is 150",
        "neat.conn_add_prob = 2 (in mine.toml): must be a number from 0 to 1",
        "evaluate: there is no such setting; did you mean 'evaluation'?",
        "neat.node_add_prob = 'often' (--set): must be a number from 0 to 1",
        "--set nonsense: must have the form KEY=VALUE",
        "run.seed = -1: must be a whole number from 0 to 2**63 - 1",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("neat.conn_ad_prob=1", "did you mean 'neat.conn_add_prob'?"),
        ("conn_add_prob=1", "did you mean 'neat.conn_add_prob'?"),
        ("poplation=1", "did you mean 'neat.population'?"),
        ("run.population=1", "did you mean 'neat.population'?"),
        ("neat=1", "it is a table: give one of its keys"),
        ("xyzzy=1", "genesys presets show lists them all"),
        ("neat.population=1", "from 2 to 100000000, since crossover and species need at least 2 genomes"),
        ("neat.activation_default=tahn", "must be one of tanh, sigmoid"),
        ("neat.activation_options=['tanh', 'rely']", "neat.activation_options[1] = 'rely' (--set): must be one of"),
        ("neat.activation_options=[]", "must not be empty"),
        ("evaluation.solved_at=inf", "must be a number or none, and finite"),
        ("evaluation.observation_scale=[1, 'a']", "evaluation.observation_scale[1] = 'a'"),
        ("neat.feed_forward=maybe", "must be a true or false"),
        ("run.backend=softwear", "did you mean 'software'?"),
        ("environment.max_steps=0", "must be a whole number from 1"),
        ("neat.feed_forward=yes", "neat.feed_forward = yes (--set): could be true or a text; write true"),
        ("neat.population=True", "neat.population = true (--set): must be a whole number"),
        ("environment.id=none", "environment.id = none (--set): must be a text"),
        ("run.seed=3.0", "run.seed = 3.0 (--set): must be a whole number"),
    ],
)
def test_messages(override, message):
    assert message in refusal(None, None, [override])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[neat", "is not valid TOML"),
        ("neat = 3", "neat: must be a table of settings, not 3"),
        ("x = 1", "x: there is"),
    ],
)
def test_a_broken_preset_file(tmp_path, text, message):
    assert message in refusal(preset(tmp_path, text))


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in refusal(path)


def test_settings_read_back_the_same():
    settings = load_settings(
        None,
        "Pendulum",
        ["environment.kwargs={a=[1, 'x'], b=true}", "evaluation.solved_at=-1e-7", "run.seed=9223372036854775807"],
    )
    assert settings_from_toml(to_toml(settings)) == settings


def test_the_settings_of_a_run_can_be_a_preset(tmp_path):
    settings = load_settings(None, "Acrobot", [], {"run.seed": 3})
    assert load_settings(preset(tmp_path, to_toml(settings), "config.toml")) == settings


def test_settings_from_a_damaged_document():
    with pytest.raises(UserError, match="the settings in config.toml are not valid TOML"):
        settings_from_toml("[neat", "in config.toml")
    with pytest.raises(UserError, match=r"neat.elitism = -1 \(in config.toml\)"):
        settings_from_toml("[neat]\nelitism = -1", "in config.toml")
