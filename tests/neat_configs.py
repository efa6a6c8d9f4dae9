"""Texts of neat-python configurations, composed of the keys that it knows."""

from __future__ import annotations

from genesys_cli.config.neat_python.keys import KEYS, SECTIONS

# Of what neat-python demands. No two values are equal where that could hide a mix-up.
DEMANDED = {
    "fitness_criterion": "max",
    "fitness_threshold": "321.5",
    "pop_size": "40",
    "reset_on_extinction": "True",
    "num_inputs": "4",
    "num_outputs": "2",
    "num_hidden": "0",
    "feed_forward": "True",
    "conn_add_prob": "0.31",
    "conn_delete_prob": "0.12",
    "node_add_prob": "0.23",
    "node_delete_prob": "0.04",
    "compatibility_disjoint_coefficient": "1.1",
    "compatibility_weight_coefficient": "0.6",
    "activation_default": "sigmoid",
    "activation_mutate_rate": "0.05",
    "activation_options": "sigmoid tanh",
    "aggregation_default": "sum",
    "aggregation_mutate_rate": "0.07",
    "aggregation_options": "sum max",
    **{
        f"{name}_{last}": str(value + place / 100)
        for place, name in enumerate(("weight", "bias", "response"))
        for last, value in {
            "init_mean": 1.0,
            "init_stdev": 0.8,
            "max_value": 29.0,
            "min_value": -28.0,
            "mutate_power": 0.5,
            "mutate_rate": 0.7,
            "replace_rate": 0.1,
        }.items()
    },
    "enabled_default": "True",
    "enabled_mutate_rate": "0.02",
    "compatibility_threshold": "2.5",
}
"""Where a value may have several meanings it is one that means the same here."""


def config(taken: dict[str, str | None] | None = None, **changes: str | None) -> str:
    """Return a configuration of what neat-python demands and of changes; None leaves a key out.

    taken: in place of DEMANDED
    """
    values = {**(DEMANDED if taken is None else taken), **changes}
    lines = []
    for section in SECTIONS:
        lines.append(f"[{section}]")
        for key in KEYS:
            if key.section == section and (value := values.get(key.name)) is not None:
                lines.append(f"{key.name} = {value}")
    assert values.keys() <= {key.name for key in KEYS}
    return "\n".join(lines) + "\n"


def complete(**changes: str | None) -> str:
    """Return a configuration with every key of neat-python 2.0."""
    defaults = {key.name: key.default for key in KEYS if key.default is not None and key.since != "2.1"}
    return config({**defaults, "seed": "7", **DEMANDED}, **changes)
