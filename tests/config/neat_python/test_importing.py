"""Every key is accounted for once, whatever it says, and what is written is a preset."""

import neat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.config import toml
from genesys_cli.config.fields import field_of
from genesys_cli.config.load import load_settings
from genesys_cli.config.neat_python import kinds
from genesys_cli.config.neat_python.document import document
from genesys_cli.config.neat_python.habits import HABITS
from genesys_cli.config.neat_python.importing import EnvFacts, imported
from genesys_cli.config.neat_python.ini import Ini
from genesys_cli.config.neat_python.keys import KEYS, SECTIONS
from genesys_cli.config.neat_python.rules import ABSENT, DIFFERS, NONE, OUTCOMES, SAME, UNKNOWN
from genesys_cli.errors import UserError, one_line
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from neat_configs import complete, config
from reference.examples import deterministic

FUNCTIONS = st.sampled_from([*ACTIVATIONS, *AGGREGATIONS, "of_my_own", "\x1b[2J", "random"])
TEXTS = {
    kinds.COUNT: st.sampled_from([0, 1, 2, 3, 40, 10**7, 10**20]).map(str),
    kinds.SIZE: st.sampled_from([1, 2, 3, 150, 10**20]).map(str),
    kinds.NUMBER: st.sampled_from(["0", "1", "-1.5", "1e9", "-1e9", "inf", "-inf", "1e-9"]),
    kinds.AMOUNT: st.sampled_from(["0", "0.0", "1", "2.5", "1e9", "inf"]),
    kinds.POSITIVE: st.sampled_from(["1e-9", "3", "1e9", "inf"]),
    kinds.CHANCE: st.sampled_from(["0", "1e-12", "0.3", "0.75", "1"]),
    kinds.TRUTH: st.sampled_from(["True", "false", "on", "0"]),
    kinds.NAME: FUNCTIONS,
    kinds.NAMES: st.lists(FUNCTIONS, min_size=1, max_size=4).map(" ".join),
    kinds.SEED: st.sampled_from(["None", "0", "-5", str(2**80)]),
    kinds.ENABLED: st.sampled_from(["True", "no", "random", "None"]),
    kinds.SURER: st.sampled_from(["True", "no", "default"]),
    kinds.EXCESS: st.sampled_from(["auto", "0", "2.5", "inf"]),
    kinds.TARGET: st.sampled_from(["none", "1", "10", "1000000000"]),
    kinds.DISTRIBUTION: st.sampled_from(["gaussian", "normal", "uniform"]),
    kinds.CONNECTION: st.sampled_from(list(kinds.CONNECTIONS)).map(
        lambda name: f"{name} 0.5" if name.startswith("partial") else name
    ),
    kinds.STATISTIC: st.sampled_from(["max", "min", "mean", "median", "median2"]),
    kinds.SHARING: st.sampled_from(["normalized", "canonical"]),
    kinds.SPAWNING: st.sampled_from(["smoothed", "proportional"]),
}
OF_ITS_OWN = {"fitness_criterion": st.sampled_from(["max", "min", "mean"])}


def texts_of(key):
    texts = OF_ITS_OWN.get(key.name, TEXTS[key.kind])
    return texts if key.name.endswith("_max_value") else st.none() | texts


@st.composite
def configurations(draw):
    """Draw a configuration that has any of neat-python's keys, and perhaps others."""
    sections = {section: {} for section in SECTIONS}
    for key in KEYS:
        text = draw(texts_of(key))
        if text is not None and not key.name.endswith("_min_value"):
            sections[key.section][key.name] = text
    for section in draw(st.sets(st.sampled_from(SECTIONS))):
        sections[section] |= draw(st.dictionaries(st.sampled_from(["pop_siz", "x", "weight_power\x1b"]), st.text()))
    return sections


@deterministic
@given(configurations(), st.sampled_from([None, EnvFacts("CartPole-v1", 4, 2, 475.0)]))
def test_any_configuration_is_accounted_for(tmp_path_factory, sections, env):
    path = tmp_path_factory.getbasetemp() / "config"
    if env is not None:
        sections["DefaultGenome"] |= {"num_inputs": "4", "num_outputs": "2"}
    for name in ("weight", "bias", "response"):
        sections["DefaultGenome"][f"{name}_min_value"] = "-inf"
    found = imported(Ini(path, sections), env)
    lines = [(line.section, line.key) for line in found.lines]
    known = [(key.section, key.name) for key in KEYS]
    assert [line for line in lines if line in known] == known, "each key once, in neat-python's order"
    assert len(lines) == len(set(lines))
    given_keys = {(section, key.replace("\x1b", "\\x1b")) for section, texts in sections.items() for key in texts}
    assert set(lines) - set(known) == given_keys - set(known)
    for line in found.lines:
        assert line.outcome in OUTCOMES
        assert line.remark or line.outcome == SAME, line
        assert (line.value is None) == ((line.section, line.key) not in given_keys)
        assert one_line(f"{line.value}{line.remark}") == f"{line.value}{line.remark}"

    text = document(found)
    tables = toml.parse(text)
    del tables["preset"]
    written = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
    assert written == found.settings()
    assert all(field_of(name) is not None for name in written)
    decided = [name for line in found.lines for name in line.settings]
    assert len(decided) == len(set(decided)), "no setting is decided by two keys"
    assert {habit.ours for habit in HABITS} <= written.keys()


@pytest.mark.parametrize("changes", [{}, {"initial_connection": "partial_direct 0.25", "num_hidden": "3"}])
def test_the_preset_is_loaded_as_it_was_meant(bring, tmp_path, changes):
    path = tmp_path / "mine.toml"
    found = bring(complete(**changes), EnvFacts("CartPole-v1", 4, 2, 475.0))
    path.write_text(document(found), encoding="utf-8")
    settings = load_settings(path).model_dump()
    for name, value in found.settings().items():
        table, _, key = name.partition(".")
        assert settings[table][key] == value, name
    assert settings["environment"]["id"] == "CartPole-v1"


def test_numbers_are_those_that_neat_python_reads(tmp_path, bring):
    """Each key that is said to mean the same has neat-python's own value."""
    text = complete()
    path = tmp_path / "theirs"
    path.write_text(text, encoding="utf-8")
    theirs = neat.Config(
        neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation, path
    )
    parts = {
        "NEAT": theirs,
        "DefaultGenome": theirs.genome_config,
        "DefaultSpeciesSet": theirs.species_set_config,
        "DefaultStagnation": theirs.stagnation_config,
        "DefaultReproduction": theirs.reproduction_config,
    }
    compared = 0
    for line in bring(text).lines:
        if line.outcome == SAME and line.key in parts[line.section].__dict__ and line.settings:
            value = getattr(parts[line.section], line.key)
            for ours in line.settings.values():
                if isinstance(value, bool | str) and not isinstance(ours, type(value)):
                    continue
                if line.key in ("no_fitness_termination", "fitness_criterion", "initial_connection"):
                    continue  # other words
                assert ours == value, line
                compared += 1
    assert compared > 30


def test_comments_say_what_the_lines_say(bring):
    found = bring(
        complete(enabled_default="random", time_constant_mutate_rate="0.5") + "elitsm = 3\n", EnvFacts("X", 4, 2, None)
    )
    text = document(found)
    told = " ".join(line.lstrip("# ") for line in text.splitlines())
    for line in found.lines:
        if line.outcome != SAME:
            assert f"{line.key} = {line.value}: {line.remark}" in told, line
        elif line.remark and line.settings:
            assert line.remark in told
    assert "weight_max = 29.0 # weight_max_value" in text
    for habit in HABITS:
        assert habit.meaning in told
    assert max(map(len, text.splitlines())) <= 120


def test_a_text_cannot_leave_its_comment(bring):
    text = config(compatibility_threshold="3\n\n  ").replace(
        "[DefaultSpeciesSet]", '[DefaultSpeciesSet]\nodd = 1\n  [neat]\n  population = 3\n  \x1b"""'
    )
    tables = toml.parse(document(bring(text)))
    assert tables["neat"]["population"] == 40
    assert tables["neat"]["compatibility_threshold"] == 3.0


def test_keys_that_are_not_there(bring):
    found = {line.key: line for line in bring(conn_add_prob=None, num_inputs=None, elitism=None).lines}
    assert found["conn_add_prob"].outcome == found["num_inputs"].outcome == ABSENT
    assert "neat.conn_add_prob = 0.2 applies" in found["conn_add_prob"].remark
    assert found["elitism"].settings == {"neat.elitism": 0}
    assert not found["elitism"].silent
    assert found["time_constant_init_mean"].silent
    assert found["spawn_method"].silent


def test_unknown_keys(bring):
    text = config().replace("[NEAT]", "[NEAT]\nelitism = 2\npop_sise = 4\nn_jobs = 2").replace("conn_add", "con_add")
    found = {line.key: line for line in bring(text).lines if line.outcome == UNKNOWN}
    assert found.keys() == {"elitism", "pop_sise", "n_jobs", "con_add_prob"}
    assert found["elitism"].remark.endswith("refuses it in [NEAT]; it belongs in [DefaultReproduction]")
    assert "did you mean 'pop_size'?" in found["pop_sise"].remark
    assert "here it is 'run.threads'" in found["n_jobs"].remark
    assert "ignores it in [DefaultGenome]; did you mean 'conn_add_prob'?" in found["con_add_prob"].remark
    assert not any(line.settings for line in found.values())


def test_an_environment_of_another_shape(bring):
    env = EnvFacts("CartPole-v1", 4, 2, 475.0)
    lines = {line.key: line for line in bring(env=env).lines}
    assert lines["num_inputs"].remark == "as many as CartPole-v1 has"
    assert lines["fitness_threshold"].remark.endswith("CartPole-v1 counts as solved at 475")
    assert bring(env=env).settings()["environment.id"] == "CartPole-v1"
    with pytest.raises(UserError, match="num_inputs is 2, where its networks have 4, num_outputs is 1, where .* 2;"):
        bring(env=env, num_inputs="2", num_outputs="1")
    with pytest.raises(UserError, match="num_inputs is 2, where its networks have 4;"):
        bring(env=env, num_inputs="2")


def test_half_of_a_pair_is_missing(bring):
    """The default that applies here counts."""
    with pytest.raises(UserError, match="weight_min_value = 50 .* must be at most weight_max_value, which is 30"):
        bring(weight_max_value=None, weight_min_value="50")
    assert bring(weight_mutate_rate=None, weight_replace_rate="0.9").settings()["neat.weight_replace_rate"] == (
        pytest.approx(0.2)
    )
    assert bring(pop_size=None, elitism="200").settings()["neat.elitism"] == 149


def test_outcomes_of_a_whole_configuration(bring):
    outcomes = [line.outcome for line in bring(complete()).lines if line.value is not None]
    assert {outcome: outcomes.count(outcome) for outcome in set(outcomes)} == {SAME: 47, DIFFERS: 11, NONE: 10}
