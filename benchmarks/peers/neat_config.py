"""neat-python settings with the figures of our default preset, written as the file that neat-python wants to read."""

from __future__ import annotations

import tempfile
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import neat

#: Every float attribute of a gene: how it starts, how far and how often it moves, and its limits.
_FLOATS: dict[str, dict[str, float]] = {
    "weight": {"init_mean": 0, "init_stdev": 1, "mutate_rate": 0.8, "mutate_power": 0.5, "replace_rate": 0.02},
    "bias": {"init_mean": 0, "init_stdev": 1, "mutate_rate": 0.7, "mutate_power": 0.5, "replace_rate": 0.02},
    "response": {"init_mean": 1, "init_stdev": 0, "mutate_rate": 0, "mutate_power": 0, "replace_rate": 0},
}

_SECTIONS: dict[str, dict[str, Any]] = {
    "NEAT": {
        "pop_size": 150,
        "fitness_criterion": "max",
        "fitness_threshold": 1e9,
        "reset_on_extinction": True,
        # The rows run a fixed number of generations, so fitness must not end them.
        "no_fitness_termination": True,
    },
    "DefaultGenome": {
        "num_inputs": 4,
        "num_outputs": 2,
        "num_hidden": 0,
        "feed_forward": True,
        "initial_connection": "full",
        "compatibility_disjoint_coefficient": 1.0,
        "compatibility_weight_coefficient": 0.5,
        "conn_add_prob": 0.2,
        "conn_delete_prob": 0.1,
        "node_add_prob": 0.1,
        "node_delete_prob": 0.05,
        "enabled_default": True,
        "enabled_mutate_rate": 0.01,
        "activation_default": "tanh",
        "activation_options": "tanh",
        "activation_mutate_rate": 0.0,
        "aggregation_default": "sum",
        "aggregation_options": "sum",
        "aggregation_mutate_rate": 0.0,
        **{f"{name}_{key}": value for name, settings in _FLOATS.items() for key, value in settings.items()},
        **{f"{name}_{end}_value": value for name in _FLOATS for end, value in (("min", -30.0), ("max", 30.0))},
    },
    "DefaultSpeciesSet": {"compatibility_threshold": 3.0},
    "DefaultStagnation": {"species_fitness_func": "max", "max_stagnation": 20, "species_elitism": 2},
    "DefaultReproduction": {"elitism": 2, "survival_threshold": 0.1, "min_species_size": 2},
}


def neat_config(**changes: Any) -> neat.Config:
    """Return the default figures with `changes` laid over them, each by neat-python's own name for it.

    Raises KeyError for a name that no section has.
    """
    parser = ConfigParser()
    parser.read_dict({section: dict(values) for section, values in _SECTIONS.items()})
    for name, value in changes.items():
        section = next((title for title, values in _SECTIONS.items() if name in values), None)
        if section is None:
            raise KeyError(f"neat-python has no setting {name!r}")
        parser.set(section, name, str(value))
    # neat-python reads nothing but a file on disk.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "neat.ini")
        with path.open("w") as file:
            parser.write(file)
        return neat.Config(
            neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation, str(path)
        )
