"""What a run says of its settings before it starts."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.config.neat import NeatSettings
from genesys_cli.neat import first_population
from genesys_cli.neat.kernels.distance import pair_distances
from genesys_cli.neat.steering import coefficients_of, farthest
from genesys_cli.runs.warnings import _unreachable


@pytest.mark.parametrize("distance", ["paper", "neat-python"])
def test_a_threshold_that_no_pair_reaches(distance):
    """Genomes at the ends of their ranges reach half of the bound, and none goes beyond it."""
    neat = NeatSettings(
        population=200,
        compatibility_distance=distance,
        compatibility_threshold=1e5,
        initial_connection="partial",
        weight_init_stdev=1e6,
        bias_init_stdev=1e6,
    )
    assert "neat.compatibility_threshold = 100000" in _unreachable(neat)
    assert not _unreachable(neat.model_copy(update={"target_species": 5}))
    assert not _unreachable(NeatSettings())
    population, _ = first_population(neat, 4, 2, seed=1)
    pairs = np.random.default_rng(1).integers(0, 200, (2, 500))
    found = np.empty(500)
    pair_distances(population, pairs[0], population, pairs[1], coefficients_of(neat), found)
    assert 0.3 * farthest(neat) < found.max() <= farthest(neat)
