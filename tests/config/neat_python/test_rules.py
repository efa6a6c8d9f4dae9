"""What becomes of values, one rule after the other."""

import math

import pytest

from genesys_cli.config.neat_python.rules import ABSENT, DIFFERS, NONE, SAME
from genesys_cli.errors import UserError

CASES = [
    # changes, of which the first is looked at; what becomes of it; the settings that it decides; what is said
    ({"fitness_criterion": "max"}, SAME, {"evaluation.stop_on": "best"}, ""),
    ({"fitness_criterion": "mean"}, SAME, {"evaluation.stop_on": "mean"}, ""),
    ({"fitness_criterion": "min"}, NONE, {}, "evaluation.minimise"),
    ({"fitness_criterion": "sum", "no_fitness_termination": "True"}, NONE, {}, "no_fitness_termination"),
    ({"fitness_criterion": "max", "fitness_threshold": "inf"}, NONE, {}, "no threshold"),
    ({"fitness_criterion": "max", "fitness_threshold": None}, NONE, {}, "no threshold"),
    ({"fitness_threshold": "-3"}, DIFFERS, {"evaluation.solved_at": -3.0}, "eval_genomes"),
    ({"fitness_threshold": "1e38"}, DIFFERS, {"evaluation.solved_at": 1e38}, "eval_genomes"),
    ({"fitness_threshold": "inf"}, DIFFERS, {}, "run.stop_when_solved is false"),
    ({"fitness_threshold": "-inf"}, NONE, {}, "neat.generations = 1"),
    ({"fitness_threshold": None}, ABSENT, {}, "evaluation.solved_at = none"),
    ({"pop_size": "7"}, SAME, {"neat.population": 7}, ""),
    ({"pop_size": "1"}, DIFFERS, {"neat.population": 2}, "from 2"),
    ({"reset_on_extinction": "on"}, SAME, {"neat.reset_on_extinction": True}, ""),
    ({"reset_on_extinction": "False"}, DIFFERS, {"neat.reset_on_extinction": False}, "the best two go on"),
    ({"no_fitness_termination": "True"}, SAME, {"run.stop_when_solved": False}, "True there is false here"),
    ({"no_fitness_termination": None}, SAME, {"run.stop_when_solved": True}, "not in the file"),
    ({"no_fitness_termination": "False", "fitness_threshold": "inf"}, DIFFERS, {"run.stop_when_solved": False}, ""),
    ({"seed": "3"}, DIFFERS, {"run.seed": 3}, "none of neat-python's"),
    ({"seed": "-3"}, DIFFERS, {"run.seed": 3}, ""),
    ({"seed": "None"}, DIFFERS, {}, "--seed N"),
    ({"seed": str(2**70)}, DIFFERS, {"run.seed": 2**63 - 1}, "out of range"),
    ({"seed": None}, SAME, {}, ""),
    ({"num_inputs": "2"}, NONE, {}, "observations"),
    ({"num_hidden": "3"}, SAME, {"neat.num_hidden": 3}, ""),
    ({"num_hidden": "5000"}, DIFFERS, {"neat.num_hidden": 1000}, "5000 is out of range"),
    ({"feed_forward": "True"}, SAME, {"neat.feed_forward": True}, "until 1.0"),
    ({"feed_forward": "False"}, DIFFERS, {"neat.feed_forward": False}, "outputs may be sources"),
    ({"conn_add_prob": "0.3"}, DIFFERS, {"neat.conn_add_prob": 0.3}, "up to 16"),
    ({"single_structural_mutation": "False"}, SAME, {}, "always"),
    ({"single_structural_mutation": "True"}, NONE, {}, "a child may get several"),
    ({"structural_mutation_surer": "default"}, SAME, {}, "always"),
    ({"structural_mutation_surer": "default", "single_structural_mutation": "True"}, NONE, {}, "instead"),
    ({"structural_mutation_surer": "off", "single_structural_mutation": "True"}, SAME, {}, "always"),
    ({"structural_mutation_surer": "1"}, NONE, {}, "instead"),
    ({"compatibility_excess_coefficient": "auto"}, SAME, {}, "disjoint"),
    ({"compatibility_excess_coefficient": "2"}, DIFFERS, {"neat.compatibility_excess_coefficient": 2.0}, "node genes"),
    (
        {"compatibility_disjoint_coefficient": "3", "compatibility_excess_coefficient": "2"},
        SAME,
        {"neat.compatibility_disjoint_coefficient": 3.0},
        "",
    ),
    (
        {"compatibility_disjoint_coefficient": "3"},
        SAME,
        {"neat.compatibility_disjoint_coefficient": 3.0, "neat.compatibility_excess_coefficient": 3.0},
        "",
    ),
    ({"compatibility_include_node_genes": "True"}, SAME, {}, "always"),
    ({"compatibility_include_node_genes": "False"}, NONE, {}, "neat.compatibility_distance"),
    ({"compatibility_enable_penalty": "1"}, SAME, {}, "always"),
    ({"compatibility_enable_penalty": "0"}, NONE, {}, "differ by 1"),
    ({"activation_options": "tanh relu sigmoid"}, SAME, {"neat.activation_options": ["tanh", "relu", "sigmoid"]}, ""),
    ({"activation_options": "tanh relu"}, DIFFERS, {"neat.activation_options": ["sigmoid", "tanh", "relu"]}, "added"),
    ({"activation_options": "sigmoid mine"}, DIFFERS, {"neat.activation_options": ["sigmoid"]}, "mine: left out"),
    ({"activation_options": "mine", "activation_default": "mine"}, NONE, {}, "mine: left out"),
    ({"activation_options": None}, ABSENT, {}, "demands it"),
    ({"activation_default": "relu"}, SAME, {"neat.activation_default": "relu"}, ""),
    ({"activation_default": "random"}, DIFFERS, {"neat.activation_default": "sigmoid"}, "drawn for each node"),
    ({"activation_default": "random", "activation_options": "abs"}, SAME, {"neat.activation_default": "abs"}, ""),
    ({"activation_default": "mine"}, DIFFERS, {"neat.activation_default": "sigmoid"}, "none of neat-python's"),
    ({"activation_default": "mine", "activation_options": "mine"}, NONE, {}, "none of neat-python's"),
    (
        {"activation_default": "relu", "activation_options": None},
        SAME,
        {"neat.activation_default": "relu", "neat.activation_options": ["relu"]},
        "",
    ),
    ({"aggregation_options": "sum max mine"}, DIFFERS, {"neat.aggregation_options": ["sum", "max"]}, "mine: left out"),
    ({"weight_init_type": "normal"}, SAME, {}, "always"),
    ({"bias_init_type": "uniform"}, NONE, {}, "normally distributed"),
    ({"weight_max_value": "inf"}, DIFFERS, {"neat.weight_max": 1e6}, "out of range"),
    ({"weight_min_value": "-7"}, SAME, {"neat.weight_min": -7.0}, ""),
    ({"weight_replace_rate": "0.25"}, SAME, {"neat.weight_replace_rate": 0.25}, ""),
    (
        {"weight_replace_rate": "0.5", "weight_mutate_rate": "0.75"},
        DIFFERS,
        {"neat.weight_replace_rate": 0.25},
        "leaves",
    ),
    ({"response_init_mean": "1", "response_init_stdev": "0"}, SAME, {"neat.response_init_mean": 1.0}, ""),
    ({"response_init_mean": "2"}, DIFFERS, {"neat.response_init_mean": 2.0}, "have response 1"),
    ({"time_constant_init_mean": "1"}, NONE, {}, "continuous-time"),
    ({"time_constant_init_mean": None}, SAME, {}, ""),
    ({"enabled_default": "yes"}, SAME, {}, "always"),
    ({"enabled_default": "random"}, NONE, {}, "always enabled"),
    ({"enabled_default": "0"}, NONE, {}, "always enabled"),
    ({"enabled_mutate_rate": "0.5"}, DIFFERS, {"neat.enabled_mutate_rate": 0.25}, "half of it"),
    ({"enabled_mutate_rate": "0"}, SAME, {"neat.enabled_mutate_rate": 0.0}, ""),
    ({"enabled_rate_to_true_add": "0.1"}, NONE, {}, "both directions"),
    ({"enabled_rate_to_false_add": "0"}, SAME, {}, "always"),
    ({"compatibility_threshold": "4"}, DIFFERS, {"neat.compatibility_threshold": 4.0}, "oldest"),
    ({"target_num_species": "none"}, SAME, {"neat.target_species": 0}, ""),
    ({"target_num_species": "12"}, DIFFERS, {"neat.target_species": 12}, "fitted"),
    ({"target_num_species": "90"}, DIFFERS, {"neat.target_species": 40}, "as many as there are genomes"),
    ({"threshold_min": "0.5"}, SAME, {}, "without target_num_species"),
    ({"threshold_max": "9", "target_num_species": "5"}, NONE, {}, "as large as"),
    ({"threshold_adjust_rate": "0.2", "target_num_species": "5"}, NONE, {}, "neat.compatibility_adjust"),
    ({"species_fitness_func": "max"}, SAME, {"neat.species_fitness": "max"}, ""),
    ({"species_fitness_func": None}, SAME, {"neat.species_fitness": "mean"}, "mean is neat-python's default"),
    ({"species_fitness_func": "median2"}, DIFFERS, {"neat.species_fitness": "mean"}, "there is no median2 here"),
    ({"max_stagnation": "20"}, DIFFERS, {"neat.max_stagnation": 19}, "one less"),
    ({"max_stagnation": None}, DIFFERS, {"neat.max_stagnation": 14}, "15 is neat-python's default; one less"),
    ({"max_stagnation": "2"}, DIFFERS, {"neat.max_stagnation": 1}, "one less"),
    ({"max_stagnation": "1"}, DIFFERS, {"neat.max_stagnation": 1}, "two generations"),
    ({"species_elitism": "3"}, SAME, {"neat.species_elitism": 3}, ""),
    ({"elitism": "0"}, SAME, {"neat.elitism": 0}, ""),
    ({"elitism": "3"}, DIFFERS, {"neat.elitism": 3}, "at most half"),
    ({"elitism": "40"}, DIFFERS, {"neat.elitism": 39}, "below pop_size"),
    ({"survival_threshold": "0.3"}, SAME, {"neat.survival_threshold": 0.3}, ""),
    ({"survival_threshold": None}, SAME, {"neat.survival_threshold": 0.2}, "0.2 is neat-python's default"),
    ({"min_species_size": "4", "elitism": "2"}, SAME, {"neat.min_species_size": 4}, "an error"),
    ({"min_species_size": "1", "elitism": "3"}, DIFFERS, {"neat.min_species_size": 3}, "as many as elitism"),
    ({"min_species_size": "0"}, DIFFERS, {"neat.min_species_size": 1}, "at least 1"),
    ({"min_species_size": None}, SAME, {"neat.min_species_size": 1}, "until 0.92 the default is 2"),
    ({"fitness_sharing": "normalized"}, DIFFERS, {"neat.fitness_sharing": "above_worst"}, ""),
    ({"fitness_sharing": "canonical"}, DIFFERS, {"neat.fitness_sharing": "raw"}, ""),
    ({"spawn_method": "proportional"}, SAME, {"neat.share_step": 1.0}, ""),
    ({"interspecies_crossover_prob": "0.1"}, DIFFERS, {"neat.interspecies_prob": 0.1}, "any member"),
]


@pytest.mark.parametrize(("changes", "outcome", "settings", "said"), CASES, ids=lambda case: str(case)[:60])
def test_a_rule(line, changes, outcome, settings, said):
    found = line(**changes)
    assert (found.outcome, found.settings) == (outcome, settings)
    assert said in found.remark
    assert found.value == next(iter(changes.values()))


def test_chances_of_which_only_one_comes_true_are_scaled_as_there(bring):
    chances = {"conn_add_prob": 0.5, "conn_delete_prob": 0.5, "node_add_prob": 0.8, "node_delete_prob": 0.2}
    for total, factor in ((2.0, 1.0), (1.0, 2.0)):
        given = {name: str(chance / factor) for name, chance in chances.items()}
        settings = bring(single_structural_mutation="True", **given).settings()
        for name, chance in chances.items():
            assert settings[f"neat.{name}"] == pytest.approx(chance / 2.0), (total, name)
    settings = bring(**{name: str(chance) for name, chance in chances.items()}).settings()
    assert {name: settings[f"neat.{name}"] for name in chances} == chances


@pytest.mark.parametrize("size", [1, 2, 3, 50, 10**8])
def test_the_smallest_survival_threshold_is_that_of_neat_python(line, size):
    (value,) = line(survival_threshold="0").settings.values()
    assert max(2, math.ceil(value * size)) == max(2, math.ceil(0.0 * size))


REFUSED = {
    "fitness_criterion": ("median", "max, min or mean"),
    "fitness_threshold": ("nan", "a number"),
    "pop_size": ("150.0", "a whole number, 1 or more"),
    "reset_on_extinction": ("maybe", "True or False"),
    "seed": ("x", "a whole number"),
    "num_inputs": ("-1", "a whole number, 0 or more"),
    "num_hidden": ("one", "a whole number, 0 or more"),
    "initial_connection": ("partial", "its fraction from 0 to 1"),
    "conn_add_prob": ("1.5", "a number from 0 to 1"),
    "structural_mutation_surer": ("surely", "True, False or default"),
    "compatibility_excess_coefficient": ("some", "auto, or a number"),
    "activation_options": ("tanh, relu", "names, with spaces between them"),
    "activation_default": ("tanh relu", "one name"),
    "weight_init_type": ("cauchy", "gaussian or uniform"),
    "weight_init_stdev": ("-1", "a number, 0 or more"),
    "weight_min_value": ("99", "at most weight_max_value, which is 29"),
    "enabled_default": ("bad", "True, False or random"),
    "compatibility_threshold": ("0", "a number above 0"),
    "target_num_species": ("0", "none, or a whole number, 1 or more"),
    "species_fitness_func": ("best", "max, min, mean, median or median2"),
    "max_stagnation": ("", "a whole number"),
    "survival_threshold": ("0.2 # a fifth", "a comment needs a line of its own"),
    "fitness_sharing": ("raw", "normalized or canonical"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_cannot_be(bring, name):
    text, need = REFUSED[name]
    with pytest.raises(UserError) as caught:
        bring(**{name: text})
    message = str(caught.value)
    assert f"] {name} = {text or 'nothing'} (" in message
    assert need in message
    assert "\n" not in message


def test_all_values_that_cannot_be_are_in_one_message(bring):
    with pytest.raises(UserError) as caught:
        bring(**{name: text for name, (text, _) in REFUSED.items() if name != "fitness_criterion"})
    assert all(f"] {name} = " in str(caught.value) for name in REFUSED.keys() - {"fitness_criterion"})
