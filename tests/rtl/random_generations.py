"""Random generations for EvE's RTL: any threshold, layout and shape of genomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from accelerator.eve.worlds import World, world
from genesys_cli.accelerator.eve.thresholds import thresholds
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.layout import shipped_layout

RATES = (
    *("weight_mutate_rate", "weight_replace_rate", "bias_mutate_rate", "bias_replace_rate", "response_mutate_rate"),
    *(
        "response_replace_rate",
        "enabled_mutate_rate",
        "activation_mutate_rate",
        "disable_prob",
        "attribute_mutate_prob",
    ),
)
EVENTS = ("node_add_prob", "conn_add_prob", "node_delete_prob", "conn_delete_prob")
ACTIVATIONS = ("tanh", "relu", "sin", "gauss", "identity", "abs")


def layout_with(name: str, max_nodes: int | None) -> Any:
    """Return a shipped layout, or a table like it whose ids end before their bits do."""
    if max_nodes is None:
        return name
    return {**shipped_layout(name).model_dump(), "max_nodes": max_nodes}


def chip_of(
    layout: str = "wide16", *, pes: int, banks: int, max_deleted: int = 8, max_nodes: int | None = None
) -> dict[str, Any]:
    """Return the tables of a chip that tests replace in a world's."""
    return {
        "eve": {"pes": pes, "max_deleted_nodes": max_deleted, "crossover_bias": 128},
        "buffer": {"banks": banks, "words_per_bank": 2048},
        "genes": {"layout": layout_with(layout, max_nodes)},
    }


def generation(seed: int, chip: dict[str, Any], *, largest: int = 40) -> World:
    """Return a generation of random settings, which evolved at random before."""
    rng = np.random.default_rng(seed)
    settings: dict[str, Any] = {name: _rate(rng) for name in RATES}
    settings |= {name: float(rng.choice([0.0, rng.random(), 1.0])) for name in EVENTS}
    for name in ("weight", "bias", "response"):
        settings[f"{name}_replace_rate"] = min(settings[f"{name}_replace_rate"], 1 - settings[f"{name}_mutate_rate"])
        settings[f"{name}_mutate_power"] = float(10 ** rng.uniform(-3, 1.5))
        settings[f"{name}_init_stdev"] = float(10 ** rng.uniform(-3, 1.5))
        settings[f"{name}_init_mean"] = float(rng.uniform(-2, 2))
        settings[f"{name}_max"] = high = float(rng.choice([rng.uniform(2, 6), 30.0]))
        settings[f"{name}_min"] = -high
    options = rng.choice(ACTIVATIONS, int(rng.integers(1, len(ACTIVATIONS) + 1)), replace=False).tolist()
    settings |= {
        "activation_options": options,
        "activation_default": options[0],
        "output_activation": str(options[0]) if rng.random() < 0.3 else None,
        "mutate_distribution": str(rng.choice(["normal", "uniform"])),
        "feed_forward": bool(rng.random() < 0.6),
    }
    whole = ChipSettings(**chip)
    found = world(
        seed,
        size=int(rng.integers(1, largest)) + 6,
        inputs=int(rng.integers(1, 6)),
        outputs=int(rng.integers(1, 4)),
        layout=whole.genes.layout,  # type: ignore[arg-type]
        grown=int(rng.integers(0, 20)),
        **settings,
    )
    return found._replace(chip=whole, form=thresholds(found.neat, whole, found.layout))


def _rate(rng: np.random.Generator) -> float:
    """Return a probability of which each threshold of a draw, 0 and 256 with it, comes up."""
    return float(rng.choice([0.0, 1.0, rng.integers(0, 257) / 256, rng.integers(0, 257) / 256]))
