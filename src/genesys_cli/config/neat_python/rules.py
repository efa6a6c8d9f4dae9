"""What becomes of values that are not taken over as they stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...errors import cut
from ...names import ACTIVATIONS, AGGREGATIONS
from .keys import Key
from .kinds import CONNECTIONS, RANDOM

SAME, DIFFERS, NONE, UNKNOWN, ABSENT = "same", "differs", "none", "unknown", "absent"
OUTCOMES = {
    SAME: "taken over, or always so here",
    DIFFERS: "taken over, with another meaning or value",
    NONE: "not taken over, since it has no counterpart",
    UNKNOWN: "not taken over, since neat-python has no such key",
    ABSENT: "demanded by neat-python, and not in the file",
}
"""What can become of a key."""

Values = Mapping[str, Any]
"""Values of a configuration by key. Those that are missing have neat-python's default, or ours where it has none."""

ALWAYS = "as it always is here"
LEAST_SURVIVAL = 1e-9  # of which any species' part is less than a genome: two are parents


class Outcome(NamedTuple):
    """What became of a value. kind: one of OUTCOMES; settings: those that it decides, by key; remark: on it"""

    kind: str
    settings: dict[str, Any]
    remark: str = ""


Rule = Callable[[Key, Any, Values], Outcome]


def outcome_of(key: Key, value: Any, values: Values) -> Outcome:
    """Return what becomes of a value; raises ValueError with what must stand there, where neat-python refuses it."""
    rule = _RULES.get(key.name)
    if rule is not None:
        return rule(key, value, values)
    return _plain(key, value, values) if key.ours else Outcome(NONE, {}, key.meaning)


def _plain(key: Key, value: Any, values: Values) -> Outcome:
    return Outcome(DIFFERS if key.meaning else SAME, {key.ours[0]: value}, _remark(key.meaning, key.older))


def _same(key: Key, value: Any) -> Outcome:
    return Outcome(SAME, {key.ours[0]: value}, key.older)


def _remark(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _only(*fixed: Any) -> Rule:
    """Return the rule of a key that may have some values, since all else has no counterpart."""

    def rule(key: Key, value: Any, values: Values) -> Outcome:
        return Outcome(SAME, {}, ALWAYS) if value in fixed else Outcome(NONE, {}, key.meaning)

    return rule


def _renamed(names: Mapping[Any, Any]) -> Rule:
    """Return the rule of a key whose values have other names here."""
    return lambda key, value, values: _same(key, names[value])


def _differs_with(value_that_differs: Any) -> Rule:
    """Return the rule of a key whose meaning differs with one of its values."""

    def rule(key: Key, value: Any, values: Values) -> Outcome:
        return _plain(key, value, values) if value == value_that_differs else _same(key, value)

    return rule


def _reachable(values: Values) -> bool:
    """Say whether there is a threshold that fitness may or may not reach."""
    threshold = values["fitness_threshold"]
    return threshold is not None and math.isfinite(threshold)


def _criterion(key: Key, value: str, values: Values) -> Outcome:
    if value in ("max", "mean"):
        if not _reachable(values):
            return Outcome(NONE, {}, "there is no threshold that the fitness could reach")
        return _same(key, {"max": "best", "mean": "mean"}[value])
    if value == "min":
        return Outcome(
            NONE,
            {},
            "until 2.0 a run ends with it when the worst genome is good enough; here when the champion is. Since 2.1 "
            "less is better with it: if that is meant, set evaluation.minimise = true",
        )
    if values["no_fitness_termination"]:
        return Outcome(NONE, {}, "without meaning there, too, with no_fitness_termination")
    raise ValueError("max, min or mean")


def _threshold(key: Key, value: float, values: Values) -> Outcome:
    if value == math.inf:
        return Outcome(DIFFERS, {}, "no fitness reaches it, so run.stop_when_solved is false")
    if value == -math.inf:
        return Outcome(NONE, {}, "every fitness reaches it; to end after one generation, set neat.generations = 1")
    return _plain(key, value, values)


def _termination(key: Key, value: bool, values: Values) -> Outcome:
    if not value and values["fitness_threshold"] == math.inf:
        return Outcome(DIFFERS, {key.ours[0]: False}, "no fitness reaches fitness_threshold")
    return Outcome(SAME, {key.ours[0]: not value}, key.meaning)


def _seed(key: Key, value: int | None, values: Values) -> Outcome:
    if value is None:
        return Outcome(
            DIFFERS, {}, "there every run has other random numbers; here --seed N gives others, 0 by default"
        )
    return _plain(key, abs(value), values)  # random.seed leaves the sign out


def _initial(key: Key, value: tuple[str, float | None], values: Values) -> Outcome:
    name, fraction = value
    ours, direct, beside_hidden = CONNECTIONS[name]
    settings: dict[str, Any] = {key.ours[0]: ours}
    if fraction is not None:
        settings[key.ours[1]] = fraction
    if ours != "none":
        settings[key.ours[2]] = direct
    loops = values["feed_forward"] is False and ours in ("full", "partial")
    remark = _remark(
        beside_hidden if values["num_hidden"] else "",
        "there each hidden and output node may be connected to itself at the start, here none is" if loops else "",
    )
    return Outcome(DIFFERS if remark else SAME, settings, remark)


_STRUCTURAL = ("node_add_prob", "node_delete_prob", "conn_add_prob", "conn_delete_prob")


def _structural(key: Key, value: float, values: Values) -> Outcome:
    total = sum(values[name] for name in _STRUCTURAL)
    if not values["single_structural_mutation"] or total <= 1.0:
        return _plain(key, value, values)
    scaled = f"divided by {total:.6g}, the sum of the four chances, as single_structural_mutation does"
    return Outcome(DIFFERS, {key.ours[0]: value / total}, _remark(scaled, key.meaning, key.older))


def _surer(key: Key, value: bool | None, values: Values) -> Outcome:
    return _only(False)(key, values["single_structural_mutation"] if value is None else value, values)


def _disjoint(key: Key, value: float, values: Values) -> Outcome:
    given = values["compatibility_excess_coefficient"]
    return Outcome(SAME, dict.fromkeys(key.ours if given is None else key.ours[:1], value))


def _excess(key: Key, value: float | None, values: Values) -> Outcome:
    if value is None:
        return Outcome(SAME, {}, "it is that of disjoint genes")
    return _plain(key, value, values)


def _init(key: Key, value: float, values: Values) -> Outcome:
    """Of the responses that nodes begin with: all the same where all are 1."""
    if (values["response_init_mean"], values["response_init_stdev"]) == (1.0, 0.0):
        return _same(key, value)
    return _plain(key, value, values)


def _replacement(key: Key, value: float, values: Values) -> Outcome:
    """There one number decides first whether to perturb: what replacement has beyond the rest of 1 never comes."""
    perturbed = values[key.name.replace("replace", "mutate")]
    if perturbed + value <= 1.0 + 1e-9:
        return _same(key, value)
    rest = max(0.0, 1.0 - perturbed)
    return Outcome(DIFFERS, {key.ours[0]: rest}, "what mutate_rate leaves of 1, which comes to the same")


def _options(key: Key, value: tuple[str, ...], values: Values) -> Outcome:
    names = _functions_of(key)
    known, own = [name for name in value if name in names], [name for name in value if name not in names]
    default = values[key.name.replace("options", "default")]
    remark = f"{cut(', '.join(own))}: left out, since it is none of neat-python's functions" if own else ""
    if default in names and default not in known:
        known.insert(0, default)
        remark = _remark(remark, f"{default} is added, since the default has to be one of them")
    if not known:
        return Outcome(NONE, {}, remark)
    return Outcome(DIFFERS if remark else SAME, {key.ours[0]: known}, remark)


def _default(key: Key, value: str, values: Values) -> Outcome:
    names = _functions_of(key)
    options = values[key.name.replace("default", "options")] or ()
    known = [name for name in options if name in names]
    if value in names:
        settings = {key.ours[0]: value}
        return Outcome(SAME, settings) if options else Outcome(SAME, {**settings, _options_of(key): [value]})
    drawn = value.lower() in (RANDOM, "none")
    if drawn and len(set(options)) == 1 == len(set(known)):
        return _same(key, known[0])
    remark = "there it is drawn for each node" if drawn else f"{cut(value)} is none of neat-python's functions"
    if not known:
        return Outcome(NONE, {}, remark)
    return Outcome(DIFFERS, {key.ours[0]: known[0]}, f"{remark}; here nodes begin with the first of the options")


def _options_of(key: Key) -> str:
    return key.ours[0].replace("default", "options")


def _functions_of(key: Key) -> tuple[str, ...]:
    return ACTIVATIONS if key.name.startswith("activation") else AGGREGATIONS


def _flag(key: Key, value: float, values: Values) -> Outcome:
    return Outcome(DIFFERS if value else SAME, {key.ours[0]: value / 2}, key.meaning if value else "")


def _target(key: Key, value: int | None, values: Values) -> Outcome:
    if value is None:
        return _same(key, 0)
    population = max(values["pop_size"], 2)
    if value > population:
        return Outcome(DIFFERS, {key.ours[0]: population}, f"as many as there are genomes; {key.meaning}")
    return _plain(key, value, values)


def _of_target(key: Key, value: float, values: Values) -> Outcome:
    if values["target_num_species"] is None:
        return Outcome(SAME, {}, "without meaning without target_num_species")
    return Outcome(NONE, {}, key.meaning)


def _statistic(key: Key, value: str, values: Values) -> Outcome:
    if value in ("max", "mean"):
        return _same(key, value)
    return Outcome(DIFFERS, {key.ours[0]: "mean"}, f"there is no {value} here; mean is taken in its place")


def _stagnation(key: Key, value: int, values: Values) -> Outcome:
    if value < 2:
        return Outcome(DIFFERS, {key.ours[0]: 1}, "the least there is: a species is removed after two generations")
    return _plain(key, value - 1, values)


def _elitism(key: Key, value: int, values: Values) -> Outcome:
    if value == 0:
        return _same(key, 0)
    population = max(values["pop_size"], 2)
    if value >= population:
        return Outcome(DIFFERS, {key.ours[0]: population - 1}, f"it has to be below pop_size; {key.meaning}")
    return _plain(key, value, values)


def _survival(key: Key, value: float, values: Values) -> Outcome:
    if value == 0.0:
        return Outcome(DIFFERS, {key.ours[0]: LEAST_SURVIVAL}, "so small that two genomes are parents, as there")
    return _same(key, value)


def _least(key: Key, value: int, values: Values) -> Outcome:
    least = max(value, values["elitism"], 1)
    remark = "" if least == value else "as many as elitism, as there" if value < values["elitism"] else "at least 1"
    note = "where so many do not fit into the population it is less, there an error"
    return Outcome(SAME if least == value else DIFFERS, {key.ours[0]: least}, _remark(remark, note))


def _sharing(key: Key, value: str, values: Values) -> Outcome:
    return _plain(key, {"normalized": "above_worst", "canonical": "raw"}[value], values)


_RULES: dict[str, Rule] = {
    "fitness_criterion": _criterion,
    "fitness_threshold": _threshold,
    "reset_on_extinction": _differs_with(False),
    "no_fitness_termination": _termination,
    "seed": _seed,
    "feed_forward": _differs_with(False),
    "initial_connection": _initial,
    **dict.fromkeys(_STRUCTURAL, _structural),
    "single_structural_mutation": _only(False),
    "structural_mutation_surer": _surer,
    "compatibility_disjoint_coefficient": _disjoint,
    "compatibility_excess_coefficient": _excess,
    "compatibility_include_node_genes": _only(True),
    "compatibility_enable_penalty": _only(1.0),
    "activation_default": _default,
    "activation_options": _options,
    "aggregation_default": _default,
    "aggregation_options": _options,
    "weight_init_type": _only("gaussian"),
    "bias_init_type": _only("gaussian"),
    "response_init_type": _only("gaussian"),
    "response_init_mean": _init,
    "response_init_stdev": _init,
    "weight_replace_rate": _replacement,
    "bias_replace_rate": _replacement,
    "response_replace_rate": _replacement,
    "enabled_default": _only(True),
    "enabled_mutate_rate": _flag,
    "enabled_rate_to_true_add": _only(0.0),
    "enabled_rate_to_false_add": _only(0.0),
    "target_num_species": _target,
    "threshold_adjust_rate": _of_target,
    "threshold_min": _of_target,
    "threshold_max": _of_target,
    "species_fitness_func": _statistic,
    "max_stagnation": _stagnation,
    "elitism": _elitism,
    "survival_threshold": _survival,
    "min_species_size": _least,
    "fitness_sharing": _sharing,
    "spawn_method": _renamed({"smoothed": 0.5, "proportional": 1.0}),
}
