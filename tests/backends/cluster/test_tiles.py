"""However an evaluation is cut and handed out, each episode is in one tile, and tiles join to what was never cut."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_cli.backends.cluster.merge import joined, moved
from genesys_cli.backends.cluster.tiles import SHORTEST_S, Tile, Tiles
from genesys_cli.backends.cluster.traffic import Traffic, size_of
from genesys_cli.backends.evaluation import Fault
from genesys_cli.backends.native.evaluator import Evaluator
from genesys_cli.backends.numerics import FLOAT32
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.neat.initial import first_population


def handed_out(tiles, chance):
    """Take all tiles, as actors of any speed would, some of which lose theirs."""
    found = []
    while tiles.left:
        tile = tiles.take(chance.random(), chance.choice([None, 10 ** chance.uniform(-3, 5)]))
        if chance.randrange(5) == 0:
            tiles.give_back([tile])
        else:
            found.append(tile)
    assert tiles.take(1.0, None) is None
    return found


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 12), st.booleans(), st.booleans())
def test_each_episode_is_handed_out_once(seed, rows, columns, across, whole):
    chance = Random(seed)
    found = handed_out(Tiles(rows, columns, across=across or whole, whole=whole), chance)
    seen = np.zeros((rows, columns), int)
    for tile in found:
        assert tile.size == (tile.hi - tile.lo) * (tile.last - tile.first) > 0
        seen[tile.lo : tile.hi, tile.first : tile.last] += 1
        if whole:
            assert (tile.lo, tile.hi) == (0, rows)
        elif not across:
            assert (tile.first, tile.last) == (0, columns)
    assert (seen == 1).all()


def test_portions_shrink_to_one_genome_but_not_below_what_is_worth_it():
    sizes = []
    tiles = Tiles(300, 4, across=False)
    while tiles.left:
        sizes.append(tiles.take(0.5, None).size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 200
    assert sizes[-1] == 4
    tiles = Tiles(300, 4, across=False)
    rate = 400 / SHORTEST_S
    assert [tiles.take(0.01, rate).size for _ in range(3)] == [400, 400, 400]


def test_the_faster_of_two_gets_more():
    tiles = Tiles(1000, 1, across=False)
    assert tiles.take(0.9, 9.0).size > 5 * tiles.take(0.1, 1.0).size


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_tiles_join_to_the_bits_of_one_evaluation(seed, moments, keep):
    chance = Random(seed)
    overrides = ["neat.population=11", f"evaluation.normalise_observations={str(moments).lower()}"]
    chosen = load_settings(None, "CartPole", overrides)
    env = environment_of(chosen)
    conditions = conditions_of(chosen, env, training=True)
    evaluator = Evaluator(chosen, env, Threads(1), FLOAT32.arithmetic, FLOAT32.formats)
    genomes, _ = first_population(chosen.neat, 4, 2, 5, Threads(1))
    seeds = list(range(7))
    whole = evaluator.play(genomes, seeds, conditions, keep)
    parts = []
    for tile in handed_out(Tiles(11, 7, across=not moments), chance):
        some = genomes.select(np.arange(tile.lo, tile.hi))
        kept = keep or tile.last - tile.first < 7
        parts.append((tile, evaluator.play(some, seeds[tile.first : tile.last], conditions, kept)))
    chance.shuffle(parts)
    again = joined(parts, keep_returns=keep)
    for name in ("fitness", "returns", "steps", "decisions", "nodes", "edges"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    assert again.ended == whole.ended
    ours, theirs = again.evaluation(), whole.evaluation()
    assert ours.counts == theirs.counts
    assert (ours.moments is None) == (theirs.moments is None) == (not moments)
    if moments:
        assert ours.moments.count == theirs.moments.count
        np.testing.assert_array_equal(ours.moments.total, theirs.moments.total)
        np.testing.assert_array_equal(ours.moments.squares, theirs.moments.squares)


def test_faults_name_the_genomes_of_the_evaluation():
    fault = Fault(2, 7, 0, "crash", "x", False)
    assert [one.genome for one in moved([fault, fault._replace(genome=None)], 30)] == [32, None]


@pytest.mark.parametrize("rate", [None, 1.0])
def test_nothing_is_left_of_nothing(rate):
    assert Tiles(0, 5, across=True).take(1.0, rate) is None
    assert Tile(0, 0, 0, 5).size == 0


def test_bytes_are_those_of_arrays_and_what_is_around_them():
    genomes, _ = first_population(load_settings(None, "CartPole").neat, 4, 2, 5, Threads(1))
    arrays = sum(array.nbytes for array in genomes.arrays().values())
    assert arrays < size_of(genomes) < arrays + 2500
    assert size_of(genomes.select(np.arange(75))) - size_of(genomes.select(np.arange(25))) == pytest.approx(
        arrays / 3, abs=9
    )
    assert Traffic(messages=2, sent=5).columns()["cluster_sent_bytes"] == 5
