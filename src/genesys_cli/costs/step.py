"""What an inference step of one network costs on the chip, with nothing else on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..backends.chip.model import ChipModel, interface_of
from ..backends.chip.numerics import fixed_point
from ..config.backends import kind_of
from ..config.schema import Settings
from ..counts import DECISIONS, DISTANCE_GENES, DISTANCES, LONGEST_DECISIONS, named
from ..energy.block import INFERENCE
from ..energy.chip import Pricing
from ..energy.table import load_table
from ..envs.spec import Environment
from ..genome.population import Population

_STEPS = 1000  # over which moving the network to the array is shared out: an episode


class StepCosts:
    """Prices inference steps; raises UserError where the settings' chip cannot compute such networks."""

    def __init__(self, settings: Settings, env: Environment) -> None:
        chip = settings.target_chip
        self._model = ChipModel(settings.neat, chip, interface_of(settings, env))
        self._pricing = Pricing(chip, load_table())
        on_chip = kind_of(settings.run.backend).emulates_chip
        self._adopt = self._model.quantise if on_chip else fixed_point(chip).adopt
        self._known: dict[bytes, float] = {}  # energy by structure, of the genomes that were priced last

    def joules(self, genomes: Population) -> NDArray[np.float64]:
        """Return the energy of an inference step of each genome, (P,) float64: nominal, leakage included."""
        adopted = self._adopt(genomes)
        keys = [_structure(adopted, k) for k in range(adopted.size)]
        priced: dict[bytes, float] = {}
        for k, key in enumerate(keys):
            if key not in priced:
                known = self._known.get(key)
                priced[key] = self._price(adopted.select(np.array([k]))) if known is None else known
        self._known = priced
        return np.array([priced[key] for key in keys])

    def _price(self, genome: Population) -> float:
        counts = self._model.inference(genome, np.array([_STEPS]), 1)
        counts |= named({DISTANCES: 0, DISTANCE_GENES: 0, DECISIONS: _STEPS, LONGEST_DECISIONS: _STEPS})
        counts |= self._model.phase_cycles(counts, 1)
        return self._pricing.estimate(counts).by_phase()[INFERENCE].nominal / _STEPS


def _structure(genomes: Population, k: int) -> bytes:
    """Return what decides the energy of a genome: all but weights, biases and responses."""
    nodes = slice(genomes.node_offsets[k], genomes.node_offsets[k + 1])
    conns = slice(genomes.conn_offsets[k], genomes.conn_offsets[k + 1])
    parts = [part[nodes] for part in (genomes.node_id, genomes.node_activation, genomes.node_aggregation)]
    parts += [part[conns] for part in (genomes.conn_in, genomes.conn_out, genomes.conn_enabled)]
    return b"|".join([str(len(parts[0])).encode(), *(part.tobytes() for part in parts)])
