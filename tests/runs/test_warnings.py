"""What a run says of its settings before it starts, and of its champion while it goes on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.config.neat import NeatSettings
from genesys_cli.envs.registry import find
from genesys_cli.evolution.goal import Goal
from genesys_cli.neat import first_population
from genesys_cli.neat.kernels.distance import pair_distances
from genesys_cli.neat.steering import coefficients_of, farthest
from genesys_cli.runs.hints.course import LONG, Course
from genesys_cli.runs.warnings import StandstillWatch, _unreachable


def row(champion):
    return {
        "champion_fitness": champion,
        "best_fitness": 0.0,
        "mean_fitness": 0.0,
        "std_fitness": 1.0,
        "species": 1,
        "nodes_mean": 2.0,
    }


class Run:
    """Rows of CartPole, whose champion stands still from the second on, and what a watch says of them."""

    def __init__(self, before=0):
        settings = load_settings(None, "CartPole", [])
        goal = Goal(threshold=475.0)
        evolution = SimpleNamespace(settings=settings, env=find("CartPole"), goal=goal)
        self.course = Course(goal, 2, [row(1.0)] * before)
        self.watch = StandstillWatch(evolution, self.course)

    def said(self, generations):
        """Return the generations after which something is said."""
        found = []
        for generation in range(generations):
            self.course.see(row(1.0))
            found += [(generation, text)] if (text := self.watch.look()) else []
        return found


def test_a_champion_that_stands_still_is_told_of_once():
    ((generation, text),) = Run().said(60)
    assert generation == LONG - 1
    assert "neat.num_hidden = 4" in text


def test_a_resumed_run_goes_on_counting_and_says_it_no_second_time():
    assert [generation for generation, _ in Run(before=LONG - 4).said(20)] == [3]
    assert Run(before=LONG).said(60) == []


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
