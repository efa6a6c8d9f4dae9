"""The keys of neat-python's configuration, of its releases 0.92 to 2.1, and what each one is here.

Nothing but data: reports of imports, ``docs/from-neat-python.md`` and the messages about such keys all read it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from . import kinds
from .kinds import Kind

RELEASE = "2.0"
"""The release that ``Key.meaning`` speaks of."""


class Key(NamedTuple):
    """One key of neat-python's configuration.

    ours: the settings that it decides, first the one that has its place; none: there is no counterpart
    meaning: what differs from neat-python 2.0, by value where it depends on that; empty where nothing does
    default: what neat-python takes where the key is missing; None: it demands the key
    since: the release that brought it; empty: 0.92 or one before
    older: what differs from earlier releases of neat-python alone
    """

    section: str
    name: str
    kind: Kind
    ours: tuple[str, ...] = ()
    meaning: str = ""
    default: str | None = None
    since: str = ""
    older: str = ""


def _run() -> list[Key]:
    def key(name: str, kind: Kind, ours: str, meaning: str = "", **more: Any) -> Key:
        return Key("NEAT", name, kind, (ours,), meaning, **more)

    return [
        key(
            "fitness_criterion",
            kinds.NAME,
            "evaluation.stop_on",
            "max is best, mean is mean; min has no counterpart: until 2.0 it waits for the worst genome, since 2.1 "
            "less is better with it, which is evaluation.minimise",
        ),
        key(
            "fitness_threshold",
            kinds.NUMBER,
            "evaluation.solved_at",
            "compared with the environment's returns, or with evaluation.fitness, not with what eval_genomes computes; "
            "of a table of data it is a loss, of which less is better",
        ),
        key("pop_size", kinds.SIZE, "neat.population", older="until 1.0 the number varies by a few genomes there"),
        key(
            "reset_on_extinction",
            kinds.TRUTH,
            "neat.reset_on_extinction",
            "where all species have stagnated, False ends a run there with an exception; here the best two go on",
        ),
        key("no_fitness_termination", kinds.TRUTH, "run.stop_when_solved", "True there is false here", default="False"),
        key(
            "seed",
            kinds.SEED,
            "run.seed",
            "random numbers are others, so that it repeats runs of ours and none of neat-python's",
            default="None",
            since="1.1",
        ),
    ]


_DANGLING = "hidden nodes that this leaves without a way in or out are deleted, too"


def _structure() -> list[Key]:
    def key(name: str, kind: Kind, ours: str = "", meaning: str = "", **more: Any) -> Key:
        return Key("DefaultGenome", name, kind, tuple(ours.split()), meaning, **more)

    return [
        key("num_inputs", kinds.COUNT, "", "the environment's observations say how many inputs there are"),
        key("num_outputs", kinds.COUNT, "", "the environment's actions say how many outputs there are"),
        key("num_hidden", kinds.COUNT, "neat.num_hidden"),
        key(
            "feed_forward",
            kinds.TRUTH,
            "neat.feed_forward",
            "in a recurrent network a node without inputs gives the activation of its bias, there 0, and outputs may "
            "be sources of connections",
            older="until 1.0 a node without inputs gives 0 in every network there",
        ),
        key(
            "initial_connection",
            kinds.CONNECTION,
            "neat.initial_connection neat.connection_fraction neat.initial_direct",
            "see the table below; recurrent genomes begin without connections from a node to itself",
            default="unconnected",
        ),
        key(
            "conn_add_prob",
            kinds.CHANCE,
            "neat.conn_add_prob",
            "up to 16 random pairs of nodes are tried, there one, so that more connections are added",
        ),
        key("conn_delete_prob", kinds.CHANCE, "neat.conn_delete_prob", _DANGLING),
        key(
            "node_add_prob",
            kinds.CHANCE,
            "neat.node_add_prob",
            "an enabled connection is split, there any; the new node has response 1 and the default functions, there "
            "drawn ones",
            older="until 1.0 its bias is drawn, too, which is 0 here",
        ),
        key("node_delete_prob", kinds.CHANCE, "neat.node_delete_prob", _DANGLING),
        key(
            "single_structural_mutation",
            kinds.TRUTH,
            "",
            "each kind of structural mutation is drawn for itself; with True the four chances are scaled as there, but "
            "a child may get several",
            default="False",
        ),
        key(
            "structural_mutation_surer",
            kinds.SURER,
            "",
            "a mutation that is not possible is left out; with True neat-python adds or enables a connection instead",
            default="default",
        ),
        key(
            "compatibility_disjoint_coefficient",
            kinds.AMOUNT,
            "neat.compatibility_disjoint_coefficient neat.compatibility_excess_coefficient",
        ),
        key(
            "compatibility_excess_coefficient",
            kinds.EXCESS,
            "neat.compatibility_excess_coefficient",
            "of node genes, too, which are all disjoint there",
            default="auto",
            since="2.1",
        ),
        key("compatibility_weight_coefficient", kinds.AMOUNT, "neat.compatibility_weight_coefficient"),
        key(
            "compatibility_include_node_genes",
            kinds.TRUTH,
            "",
            "node genes always count, as with True; closest to False is neat.compatibility_distance = paper",
            default="True",
            since="2.1",
        ),
        key(
            "compatibility_enable_penalty",
            kinds.NUMBER,
            "",
            "two genes, of which one is disabled, always differ by 1 more",
            default="1.0",
            since="2.1",
        ),
    ]


def _functions(name: str) -> list[Key]:
    def key(last: str, kind: Kind, meaning: str = "", default: str | None = None) -> Key:
        return Key("DefaultGenome", f"{name}_{last}", kind, (f"neat.{name}_{last}",), meaning, default)

    return [
        key(
            "default",
            kinds.NAME,
            "random has no counterpart: nodes begin with the first of the options; nor has a function of your own",
            "random",
        ),
        key("mutate_rate", kinds.CHANCE),
        key("options", kinds.NAMES, "a function of your own is left out; the default is always one of them"),
    ]


_FIRST = {
    # what differs of the first values: from 2.0, and from earlier releases alone
    "weight": ("", ""),
    "bias": ("", "until 1.0 nodes that split a connection get such a bias, too, which is 0 here"),
    "response": ("nodes that split a connection have response 1; there it is drawn, too", ""),
}


def _attribute(name: str) -> list[Key]:
    def key(last: str, kind: Kind, ours: str = "", **more: Any) -> Key:
        return Key("DefaultGenome", f"{name}_{last}", kind, (f"neat.{name}_{ours or last}",), **more)

    meaning, older = _FIRST[name]
    return [
        key("init_mean", kinds.NUMBER, meaning=meaning, older=older),
        key("init_stdev", kinds.AMOUNT, meaning=meaning, older=older),
        key(
            "init_type",
            kinds.DISTRIBUTION,
            meaning="uniform has no counterpart: values begin normally distributed, with the deviation given, there "
            "evenly within two of it",
            default="gaussian",
        )._replace(ours=()),
        key("max_value", kinds.NUMBER, "max"),
        key("min_value", kinds.NUMBER, "min"),
        key("mutate_power", kinds.AMOUNT),
        key("mutate_rate", kinds.CHANCE),
        key("replace_rate", kinds.CHANCE),
    ]


_TIME_CONSTANT = {
    "init_mean": (kinds.NUMBER, "1.0"),
    "init_stdev": (kinds.AMOUNT, "0.0"),
    "init_type": (kinds.DISTRIBUTION, "gaussian"),
    "max_value": (kinds.NUMBER, "10.0"),
    "min_value": (kinds.NUMBER, "0.01"),
    "mutate_power": (kinds.AMOUNT, "0.0"),
    "mutate_rate": (kinds.CHANCE, "0.0"),
    "replace_rate": (kinds.CHANCE, "0.0"),
}


def _time_constant() -> list[Key]:
    meaning = "only continuous-time networks have time constants, and there are none here"
    return [
        Key("DefaultGenome", f"time_constant_{last}", kind, (), meaning, default, "2.0")
        for last, (kind, default) in _TIME_CONSTANT.items()
    ]


def _enabled() -> list[Key]:
    def key(last: str, kind: Kind, ours: tuple[str, ...], meaning: str, default: str | None = None) -> Key:
        return Key("DefaultGenome", f"enabled_{last}", kind, ours, meaning, default)

    one_way = "there is one chance for both directions, neat.enabled_mutate_rate"
    return [
        key("default", kinds.ENABLED, (), "new connections are always enabled, as with True"),
        key(
            "mutate_rate",
            kinds.CHANCE,
            ("neat.enabled_mutate_rate",),
            "half of it, which comes to the same: there the flag is drawn anew, and half of the time changes nothing",
        ),
        key("rate_to_true_add", kinds.NUMBER, (), one_way, "0.0"),
        key("rate_to_false_add", kinds.NUMBER, (), one_way, "0.0"),
    ]


def _species() -> list[Key]:
    def key(name: str, kind: Kind, ours: str = "", meaning: str = "", default: str | None = None) -> Key:
        return Key("DefaultSpeciesSet", name, kind, tuple(ours.split()), meaning, default, "2.1" if default else "")

    return [
        key(
            "compatibility_threshold",
            kinds.POSITIVE,
            "neat.compatibility_threshold",
            "a genome joins the oldest of the species that are near enough, there the nearest",
        ),
        key(
            "target_num_species",
            kinds.TARGET,
            "neat.target_species",
            "the threshold is fitted to it in each generation, there it is moved by a step",
            "none",
        ),
        key(
            "threshold_adjust_rate",
            kinds.NUMBER,
            "",
            "the threshold is fitted; how far it may move is neat.compatibility_adjust, a factor",
            "0.1",
        ),
        key("threshold_min", kinds.NUMBER, "", "a threshold that is fitted may become as small as 0.05", "0.1"),
        key("threshold_max", kinds.NUMBER, "", "a threshold that is fitted may become as large as it has to", "100.0"),
    ]


def _stagnation() -> list[Key]:
    def key(name: str, kind: Kind, ours: str, meaning: str, default: str) -> Key:
        return Key("DefaultStagnation", name, kind, (ours,), meaning, default)

    return [
        key(
            "species_fitness_func",
            kinds.STATISTIC,
            "neat.species_fitness",
            "min, median and median2 have no counterpart; mean is taken in their place",
            "mean",
        ),
        key(
            "max_stagnation",
            kinds.COUNT,
            "neat.max_stagnation",
            "one less, which comes to the same: a species is removed after so many generations there, after more here",
            "15",
        ),
        key("species_elitism", kinds.COUNT, "neat.species_elitism", "", "0"),
    ]


def _reproduction() -> list[Key]:
    def key(name: str, kind: Kind, ours: str, meaning: str, default: str, **more: Any) -> Key:
        return Key("DefaultReproduction", name, kind, (ours,), meaning, default, **more)

    return [
        key("elitism", kinds.COUNT, "neat.elitism", "at most half of a species' children are copies of its best", "0"),
        key("survival_threshold", kinds.CHANCE, "neat.survival_threshold", "", "0.2"),
        key(
            "min_species_size",
            kinds.COUNT,
            "neat.min_species_size",
            "at least elitism, as there; where so many do not fit into the population it is less, there an error",
            "1",
            older="until 0.92 the default is 2",
        ),
        key(
            "fitness_sharing",
            kinds.SHARING,
            "neat.fitness_sharing",
            "normalized is above_worst, canonical is raw; with above_worst a genome far below the others does not "
            "count in full, with raw negative fitness counts from the worst genome on",
            "normalized",
            since="2.1",
        ),
        key(
            "spawn_method",
            kinds.SPAWNING,
            "neat.share_step",
            "smoothed is 0.5, proportional is 1",
            "smoothed",
            since="2.1",
        ),
        key(
            "interspecies_crossover_prob",
            kinds.CHANCE,
            "neat.interspecies_prob",
            "the other parent is one of the best of its species, there any member",
            "0.0",
            since="2.1",
        ),
    ]


KEYS: tuple[Key, ...] = (
    *_run(),
    *_structure(),
    *_functions("activation"),
    *_functions("aggregation"),
    *_attribute("weight"),
    *_attribute("bias"),
    *_attribute("response"),
    *_time_constant(),
    *_enabled(),
    *_species(),
    *_stagnation(),
    *_reproduction(),
)
SECTIONS = tuple(dict.fromkeys(key.section for key in KEYS))
