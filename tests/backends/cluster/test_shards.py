"""However genomes are spread, what their holders make and find together is what one process makes and finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_cli import neat
from genesys_cli.backends.cluster.elsewhere import together_of
from genesys_cli.backends.cluster.holding import Holding
from genesys_cli.backends.cluster.merge import interleaved, woven
from genesys_cli.backends.cluster.shards import broods_of, in_portions, near_parents, shards_of
from genesys_cli.backends.native.evaluator import Evaluator
from genesys_cli.backends.numerics import FLOAT32
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.neat.innovation import Numbers, number_innovations

GROWING = {"node_add_prob": 0.5, "conn_add_prob": 0.6, "node_delete_prob": 0.1, "compatibility_threshold": 1.0}
seeds = st.integers(0, 2**32)


def spread(rng, size, actors):
    return shards_of(rng.integers(0, actors, size).astype(np.int32), actors)


@settings(deadline=None, max_examples=100)
@given(seeds, st.integers(1, 200), st.integers(1, 12))
def test_each_genome_has_one_owner_and_a_place_there(seed, size, actors):
    shards = spread(np.random.default_rng(seed), size, actors)
    assert len(shards.members) == actors
    assert sorted(np.concatenate(shards.members).tolist()) == list(range(size))
    for k, members in enumerate(shards.members):
        assert (np.diff(members) > 0).all()
        assert (shards.owner[members] == k).all()
        assert shards.place[members].tolist() == list(range(len(members)))


@settings(deadline=None, max_examples=100)
@given(seeds, st.integers(1, 300), st.lists(st.floats(0.01, 100), min_size=1, max_size=9))
def test_shares_are_kept(seed, size, shares):
    expected = np.array(shares) / np.sum(shares) * size
    portions = np.bincount(in_portions(size, shares), minlength=len(shares))
    assert portions.sum() == size
    assert (np.abs(portions - expected) <= 1.001).all()
    wanted = np.random.default_rng(seed).integers(0, len(shares), size).astype(np.int32)
    owner = near_parents(wanted, shares)
    counts, before = (np.bincount(each, minlength=len(shares)) for each in (owner, wanted))
    assert counts.sum() == size
    most = np.ceil(expected * 1.02 + 1e-6)
    assert (counts <= most + 1).all()
    assert ((counts == before) | (counts >= np.minimum(before, most - 1))).all()  # nobody gives more than he must
    assert (owner != wanted).sum() <= np.maximum(before - np.floor(expected), 0).sum()


class Actors:
    """Holdings of this process, asked as the driver asks actors."""

    def __init__(self, settings, count):
        self.neat = settings
        self.all_of = [Holding(settings, Threads(1)) for _ in range(count)]

    def hold(self, key, population, shards):
        for holding, members in zip(self.all_of, shards.members, strict=True):
            if len(members):
                holding.hold(key, population.select(members))

    def breed(self, keys, plan, parents, children, counters, draws):
        """Return the counters after the children, and counts."""
        asked = []
        for j, brood in enumerate(broods_of(plan, parents, children)):
            if not len(brood.children):
                continue
            lenders = [k for k, places in enumerate(brood.wanted) if len(places) and k != j]
            others = [self.all_of[k].export(keys[0], [brood.wanted[k]])[0] for k in lenders]
            own = sum(k < j for k in lenders), brood.wanted[j]
            asked.append((j, self.all_of[j].breed(keys, brood.children, brood.plan, own, draws, *others)))
        numbers, after = number_innovations(
            together_of([made.inventions for _, made in asked]), counters, counters.links
        )
        splits, joins = 0, 0
        for j, made in asked:
            split = slice(splits, splits + len(made.inventions.splitters))
            join = slice(joins, joins + len(made.inventions.joiners))
            own = Numbers(numbers.node[split], numbers.into[split], numbers.out_of[split], numbers.added[join])
            self.all_of[j].number(keys[1], own)
            splits, joins = split.stop, join.stop
        return after, {name: sum(made.counts[name] for _, made in asked) for name in asked[0][1].counts}

    def gathered(self, key, shards):
        parts = [
            (holding, members) for holding, members in zip(self.all_of, shards.members, strict=True) if len(members)
        ]
        return woven([holding.genomes(key) for holding, _ in parts], [members for _, members in parts])


@settings(deadline=None, max_examples=25)
@given(seeds, st.integers(3, 40), st.integers(1, 6), st.booleans())
def test_children_of_holders_are_those_of_one_process(seed, size, actors, feed_forward):
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    given_ = neat.settings(population=size, feed_forward=feed_forward, interspecies_prob=0.2, **GROWING)
    population, counters = neat.first_population(given_, 3, 2, seed=seed)
    holders, shards, species = Actors(given_, actors), spread(rng, size, actors), None
    holders.hold(0, population, shards)
    for generation in range(6):
        fitness = rng.normal(size=size)
        where = {"seed": seed, "generation": generation}
        species, _ = neat.speciate(population, fitness, species, given_, **where)
        plan = neat.select(population, fitness, species, given_, **where)
        children = spread(rng, size, actors)
        keys = generation, generation + 1
        after, counts = holders.breed(keys, plan, shards, children, counters, (seed, generation))
        population, counters, wanted = neat.reproduce(population, plan, counters, given_, **where)
        shards = children
        assert holders.gathered(generation + 1, shards).equals(population)
        assert counts == wanted
        assert (after.next_node, after.next_innovation) == (counters.next_node, counters.next_innovation)
        for mine, theirs in ((after.links, counters.links), (after.splits, counters.splits)):
            assert all((one == other).all() for one, other in zip(mine, theirs, strict=True))


@settings(deadline=None, max_examples=15)
@given(seeds, st.integers(3, 30), st.integers(1, 5), st.integers(1, 4), st.booleans())
def test_what_holders_find_is_what_one_process_finds(seed, size, actors, episodes, moments):
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    chosen = load_settings(None, "CartPole", [f"neat.population={size}", "evaluation.episodes=2"])
    env = environment_of(chosen)
    population, _ = neat.first_population(chosen.neat, env.n_inputs, env.n_outputs, seed)
    player = Evaluator(chosen, env, Threads(1), FLOAT32.arithmetic, FLOAT32.formats)
    world = conditions_of(chosen, env)._replace(moments=moments)
    alone = player.play(population, range(episodes), world, True)
    shards = [members for members in spread(rng, size, actors).members if len(members)]
    parts = [(members, player.play(population.select(members), range(episodes), world, True)) for members in shards]
    found = interleaved(parts, size)
    for name in ("fitness", "returns", "steps", "decisions", "nodes", "edges"):
        assert getattr(found, name).tobytes() == getattr(alone, name).tobytes(), name
    assert found.ended == alone.ended
    assert (found.sums is None) == (not moments)
    if moments:
        mine, theirs = vars(found.sums.moments()), vars(alone.sums.moments())
        assert all(np.asarray(mine[name]).tobytes() == np.asarray(theirs[name]).tobytes() for name in theirs)
