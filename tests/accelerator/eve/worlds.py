"""Random generations on the chip, for the tests of EvE."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from genesys_cli.accelerator.eve.evolve import EveResult, evolve_generation
from genesys_cli.accelerator.eve.thresholds import EveThresholds, thresholds
from genesys_cli.accelerator.layout import Layout, layout_of
from genesys_cli.accelerator.words import GeneWords, to_words
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.schema import NeatSettings
from genesys_cli.neat.initial import first_population

ONE = Threads(1)
WILD: dict[str, Any] = {
    "node_add_prob": 0.7,
    "conn_add_prob": 0.7,
    "node_delete_prob": 0.4,
    "conn_delete_prob": 0.4,
    "enabled_mutate_rate": 0.1,
    "response_mutate_rate": 0.3,
    "response_mutate_power": 0.5,
    "weight_mutate_power": 4.0,
    "weight_replace_rate": 0.1,
    "activation_options": ["tanh", "relu", "sin"],
    "activation_mutate_rate": 0.2,
}


class World(NamedTuple):
    neat: NeatSettings
    chip: ChipSettings
    layout: Layout
    form: EveThresholds
    words: GeneWords
    fitter: np.ndarray
    other: np.ndarray
    elite: np.ndarray
    inputs: int
    outputs: int

    def evolve(self, generation: int, seed: int = 1, threads: Threads = ONE, **chip: Any) -> EveResult:
        """Return the children of this generation; `chip` has tables of the chip to replace."""
        return evolve_generation(
            self.words,
            self.fitter,
            self.other,
            self.elite,
            self.layout,
            self.form,
            fixed_nodes=self.inputs + self.outputs,
            seed=seed,
            generation=generation,
            chip=ChipSettings(**{**self.chip.model_dump(), **chip}),
            threads=threads,
        )


def world(
    seed: int, *, size: int = 30, inputs: int = 3, outputs: int = 2, layout: str = "wide16", grown: int = 8, **neat: Any
) -> World:
    """Return a generation that has evolved at random for `grown` generations."""
    rng = np.random.default_rng(seed)
    settings = NeatSettings(**{"population": size, "num_hidden": int(rng.integers(0, 3)), **WILD, **neat})
    chip = ChipSettings(genes={"layout": layout})  # type: ignore[arg-type]
    form_of = layout_of(chip)
    population, _ = first_population(settings, inputs, outputs, seed, ONE)
    words, _ = to_words(population, form_of)
    form = thresholds(settings, chip, form_of)
    for generation in range(grown + 1):
        fitter = rng.integers(0, size, size).astype(np.int32)
        other = np.where(rng.random(size) < 0.3, fitter, rng.integers(0, size, size)).astype(np.int32)
        other[1:6], fitter[1:6] = other[0], fitter[0]  # siblings
        elite = (rng.random(size) < 0.1).astype(np.uint8)
        now = World(settings, chip, form_of, form, words, fitter, other, elite, inputs, outputs)
        if generation < grown:
            words = now.evolve(generation, seed).words
    return now
