"""Innovation numbers: the same for the same invention of a generation, never the same for two different ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.errors import GenesysError
from genesys_cli.neat.innovation import Counters, number_innovations
from genesys_cli.neat.kernels.offspring import NEW_NODE, NONE, Offspring, new_offspring
from genesys_cli.neat.kernels.rates import Draws, rates_of
from genesys_cli.neat.kernels.reproduce import make_offspring, new_scratch
from reference.breed import Child, number
from reference.examples import deterministic
from reference.genome import Genome, genomes_of
from reference.grow import SCENES, grown


def offspring_of(rows: list[tuple[int | None, tuple[int, int] | None]]) -> Offspring:
    """Return children that split a connection or joined two nodes, or neither."""
    split = np.array([NONE if split is None else split for split, _ in rows], np.int32)
    ends = np.array([added or (NONE, NONE) for _, added in rows], np.int32).reshape(-1, 2)
    return Offspring(None, None, None, split, ends[:, 0].copy(), ends[:, 1].copy())


def test_by_hand():
    rows = [
        (7, None),
        (3, (0, 5)),
        (None, None),
        (7, (NEW_NODE, 5)),
        (None, (0, 5)),
        (3, (0, NEW_NODE)),
        (None, (0, 4)),
    ]
    numbers, after = number_innovations(offspring_of(rows), Counters(100, 1000))
    # Splits in the order of what was split: connection 3 makes node 100, connection 7 makes node 101.
    assert numbers.split_node.tolist() == [101, 100, 0, 101, 0, 100, 0]
    assert numbers.split_innovation.tolist() == [1002, 1000, 0, 1002, 0, 1000, 0]
    # Links in the order of their ends: (0, 4), (0, 5), (0, 100), (101, 5).
    assert numbers.added_innovation.tolist() == [0, 1005, 0, 1007, 1005, 1006, 1004]
    assert after == Counters(102, 1008)


def test_nothing_invented():
    numbers, after = number_innovations(offspring_of([(None, None)] * 3), Counters(4, 5))
    assert after == Counters(4, 5)
    assert not any(column.any() for column in numbers)


inventions = st.lists(
    st.tuples(
        st.none() | st.integers(0, 6),
        st.none() | st.tuples(st.sampled_from([0, 1, 5, 6]), st.sampled_from([4, 5, 6, 7])),
        st.sampled_from(["as it is", "from the new node", "into the new node"]),
    ),
    min_size=1,
    max_size=30,
)


@deterministic
@given(inventions)
def test_equals_the_reference_and_its_laws(drawn):
    rows = []
    for split, added, new in drawn:
        if added and split is not None and new != "as it is":
            added = (NEW_NODE, added[1]) if new == "from the new node" else (added[0], NEW_NODE)
        rows.append((split, added))
    numbers, after = number_innovations(offspring_of(rows), Counters(50, 500))
    children = [Child(Genome(4, 1), split, added) for split, added in rows]
    _, *wanted = number(children, 50, 500)
    assert list(after) == wanted

    given_numbers: dict[object, set[int]] = {}
    for k, (split, added) in enumerate(rows):
        if split is not None:
            node, innovation = int(numbers.split_node[k]), int(numbers.split_innovation[k])
            given_numbers.setdefault(("node", split), set()).add(node)
            given_numbers.setdefault(("into", split), set()).add(innovation)
            given_numbers.setdefault(("out", split), set()).add(innovation + 1)
        if added:
            ends = tuple(("new", split) if end == NEW_NODE else end for end in added)
            given_numbers.setdefault(("link", ends), set()).add(int(numbers.added_innovation[k]))
    assert all(len(found) == 1 for found in given_numbers.values()), "an invention has two numbers"
    nodes = [found.pop() for key, found in given_numbers.items() if key[0] == "node"]
    links = [found.pop() for key, found in given_numbers.items() if key[0] != "node"]
    assert sorted(nodes) == list(range(50, after.next_node)), "no number twice, none left out"
    assert sorted(links) == list(range(500, after.next_innovation))


@pytest.mark.parametrize("name", SCENES)
def test_numbers_mean_the_same_for_ever(name):
    """Through a whole run an innovation number stands for one pair of nodes, and counters only rise."""
    ends_of: dict[int, tuple[int, int]] = {}
    steps = grown(name)
    for step in steps:
        for genome in genomes_of(step.population):
            for key, conn in genome.conns.items():
                assert ends_of.setdefault(key, (conn.source, conn.target)) == (conn.source, conn.target), step.label(
                    name
                )
            assert max(genome.nodes) < step.counters.next_node
            assert max(genome.conns, default=-1) < step.counters.next_innovation
    for before, after in pairwise(steps):
        assert before.counters_after == after.counters
        assert before.counters_after.next_node == before.counters.next_node + len(
            {node for genome in genomes_of(before.children) for node in genome.nodes}
            - {node for genome in genomes_of(before.population) for node in genome.nodes}
            - set(range(before.counters.next_node))
        )


@pytest.mark.parametrize("name", ["full", "recurrent", "loops"])
def test_equal_inventions_of_real_children_share_numbers(name):
    """What the kernel recorded decides the number: by what was split or joined and by nothing else."""
    scene = SCENES[name]
    shared = 0
    for step in grown(name):
        offspring = new_offspring(step.population, step.plan.fitter)
        draws, counts = Draws(np.uint64(scene.seed), np.uint64(step.generation)), np.zeros(8, np.int64)
        make_offspring(
            step.population,
            0,
            70,
            step.plan,
            rates_of(scene.neat),
            draws,
            offspring,
            counts,
            new_scratch(step.population),
        )
        numbers, _ = number_innovations(offspring, step.counters)
        for what, number_of in ((offspring.split, numbers.split_node), (offspring.split, numbers.split_innovation)):
            pairs = {(a, b) for a, b in zip(what.tolist(), number_of.tolist(), strict=True) if a != NONE}
            assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}), step.label(name)
            shared += (what != NONE).sum() - len(pairs)
    assert shared > 0, "no two children ever split the same connection"


@pytest.mark.parametrize("counters", [Counters(NEW_NODE - 1, 0), Counters(0, NEW_NODE - 2)])
def test_running_out_of_numbers_is_an_error(counters):
    with pytest.raises(GenesysError, match="innovation numbers"):
        number_innovations(offspring_of([(1, None)]), counters)
    number_innovations(offspring_of([(None, None)]), counters)
