"""What a run says of its settings before it starts, and of its species while it goes on."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.config.neat import NeatSettings
from genesys_cli.neat import first_population
from genesys_cli.neat.kernels.distance import pair_distances
from genesys_cli.neat.steering import coefficients_of, farthest
from genesys_cli.runs.warnings import NichingWatch, _unreachable


def row(best, species=1):
    return {"best_fitness": best, "species": species, "compatibility_threshold": 3.0}


def said(watch: NichingWatch, rows) -> list[int]:
    """Return the generations in which something is said."""
    return [generation for generation, one in enumerate(rows) if watch.see(one)]


def test_one_species_that_stands_still_is_named_once():
    watch = NichingWatch(NeatSettings(), [])
    assert said(watch, [row(1.0)] * 30) == [10]


@pytest.mark.parametrize(
    "rows",
    [
        [row(float(k)) for k in range(30)],
        [row(-float(k)) for k in range(30)],  # of a run that minimises
        [row(1.0, 2)] * 30,
        ([row(1.0)] * 9 + [row(1.0, 2)]) * 3,
    ],
)
def test_nothing_is_said_of_progress_or_niches(rows):
    assert said(NichingWatch(NeatSettings(), []), rows) == []


def test_a_resumed_run_goes_on_counting_and_says_it_no_second_time():
    assert said(NichingWatch(NeatSettings(), [row(1.0)] * 6), [row(1.0)] * 10) == [4]
    assert said(NichingWatch(NeatSettings(), [row(1.0)] * 12), [row(1.0)] * 30) == []


def test_the_key_is_named():
    watch = NichingWatch(NeatSettings(target_species=3), [row(1.0)] * 10)
    assert "neat.target_species = 3" in watch.see(row(1.0))
    watch = NichingWatch(NeatSettings(), [row(1.0)] * 10)
    assert "neat.compatibility_threshold = 3" in watch.see(row(1.0))


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
