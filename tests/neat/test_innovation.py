"""Innovation numbers: the same for the same invention of a run, never the same for two different ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.errors import GenesysError
from genesys_cli.genome.population import problems
from genesys_cli.neat.innovation import (
    NOTHING,
    Counters,
    Table,
    by_child,
    inventions_of,
    links_between,
    links_of,
    number_innovations,
)
from genesys_cli.neat.kernels.offspring import NEW_NODE, NONE, Offspring, collect, new_population
from genesys_cli.neat.reproduction import reproduce
from reference.breed import ADDED, INTO, OUT, Child
from reference.examples import deterministic
from reference.genome import Conn, Genome, Node, assert_same, genomes_of, population_of
from reference.grow import SCENES, grow, grown
from reference.numbers import Innovations, number, same

FRESH = 50, 500


def child_of(
    links: dict[int, tuple[int, int]],
    hidden: tuple[int, ...] = (),
    split: int | None = None,
    added: tuple[int, int] | None = None,
) -> Child:
    """Return a child with 4 inputs and the output 4 that splits one of its links, or joins two nodes."""
    genome = Genome(4, 1)
    for node in (4, *hidden):
        genome.nodes[node] = Node(np.float32(0), np.float32(1), 0, 0)
    for key, ends in links.items():
        genome.conns[key] = Conn(*ends, np.float32(key), True)
    if split is not None:
        source, target = links[split]
        genome.nodes[NEW_NODE] = Node(np.float32(0), np.float32(1), 0, 0)
        genome.conns[INTO] = Conn(source, NEW_NODE, np.float32(1), True)
        genome.conns[OUT] = Conn(NEW_NODE, target, np.float32(2), True)
    if added:
        genome.conns[ADDED] = Conn(*added, np.float32(3), True)
    return Child(genome, split, added)


def offspring_of(children: list[Child]) -> Offspring:
    """Return the children as a kernel leaves them."""
    genes = population_of([_unnumbered(child.genome) for child in children])
    ends = np.array([child.added or (NONE, NONE) for child in children], np.int32)
    return Offspring(
        genes,
        np.diff(genes.node_offsets).astype(np.int32),
        np.diff(genes.conn_offsets).astype(np.int32),
        np.array([NONE if child.split is None else child.split for child in children], np.int32),
        ends[:, 0].copy(),
        ends[:, 1].copy(),
    )


def _unnumbered(genome: Genome) -> Genome:
    """Return a copy whose new connections have keys that an int32 can hold; they are numbered later."""
    copy = Genome(genome.inputs, genome.outputs, genome.nodes)
    copy.conns = {NEW_NODE - 3 + key - INTO if key >= INTO else key: conn for key, conn in genome.conns.items()}
    return copy


def numbered(children: list[Child], known: Innovations) -> tuple[list[Genome], Innovations]:
    """Give children their numbers, as the reference does; return their genomes and what is known then."""
    before = known.counters()
    offspring = offspring_of(children)
    found = inventions_of(offspring)
    numbers, after = number_innovations(found, before, before.links)
    born = new_population(offspring)
    collect(offspring, 0, len(children), by_child(numbers, found.splitters, found.joiners, len(children)), born)
    genomes, wanted = number(children, known)
    assert_same(born, population_of(genomes), "against the reference")
    assert same(after, wanted.counters())
    return genomes, wanted


def by_ends(genome: Genome) -> dict[tuple[int, int], int]:
    return {(conn.source, conn.target): key for key, conn in genome.conns.items()}


START = {0: (0, 4), 1: (1, 4), 2: (2, 4)}
KNOWN = Innovations(*FRESH, {ends: key for key, ends in START.items()})


def test_by_hand():
    children = [
        child_of(START, split=2),
        child_of(START, split=1, added=(3, 4)),
        child_of(START),
        child_of(START, split=2, added=(0, NEW_NODE)),
        child_of(START, added=(3, 4)),
    ]
    genomes, known = numbered(children, KNOWN)
    # Splits in the order of what was split: connection 1 makes node 50, connection 2 makes node 51.
    assert known.splits == {(1, 0): 50, (2, 0): 51}
    # Then links in the order of their ends.
    new = [(0, 51), (1, 50), (2, 51), (3, 4), (50, 4), (51, 4)]
    assert known.links == KNOWN.links | {ends: 500 + k for k, ends in enumerate(new)}
    assert (known.next_node, known.next_innovation) == (52, 506)
    assert by_ends(genomes[3]) == KNOWN.links | {(2, 51): 502, (51, 4): 505, (0, 51): 500}
    assert list(genomes[3].conns) == [0, 1, 2, 500, 502, 505], "in order, whatever was added last"


def test_a_link_that_comes_back_has_its_old_number():
    lost = child_of({0: (0, 4), 2: (2, 4), 499: (3, 4)}, added=(1, 4))
    (genome,), known = numbered([lost], KNOWN)
    assert by_ends(genome)[1, 4] == 1
    assert list(genome.conns) == [0, 1, 2, 499], "it takes its place among the others"
    assert (known.next_node, known.next_innovation) == FRESH


def test_a_split_that_comes_back_has_its_old_node():
    _, known = numbered([child_of(START, split=1)], KNOWN)
    again = child_of(START, hidden=(99,), split=1)
    (genome,), after = numbered([again], known)
    assert list(genome.nodes) == [4, 50, 99], "it takes its place among the others"
    assert by_ends(genome) == known.links
    assert after == known


def test_a_second_split_in_a_genome_makes_another_node():
    """Whoever has the first node gets the second, the same for all; who lacks the first, gets that."""
    (first,), known = numbered([child_of(START, split=1)], KNOWN)
    has = {key: (conn.source, conn.target) for key, conn in first.conns.items()}
    both = [child_of(has, hidden=(50,), split=1), child_of(has, hidden=(50,), split=1), child_of(START, split=1)]
    genomes, known = numbered(both, known)
    assert [genome.hidden for genome in genomes] == [[50, 51], [50, 51], [50]]
    assert known.splits == {(1, 0): 50, (1, 1): 51}
    third = child_of({key: (c.source, c.target) for key, c in genomes[0].conns.items()}, hidden=(50, 51), split=1)
    without_first = child_of(START, hidden=(51,), split=1)
    genomes, known = numbered([third, without_first], known)
    assert [genome.hidden for genome in genomes] == [[50, 51, 52], [50, 51]]
    assert known.splits == {(1, 0): 50, (1, 1): 51, (1, 2): 52}


def test_nothing_invented():
    found = inventions_of(offspring_of([child_of(START)] * 3))
    numbers, after = number_innovations(found, KNOWN.counters(), KNOWN.counters().links)
    assert same(after, KNOWN.counters())
    assert not any(column.any() for column in by_child(numbers, found.splitters, found.joiners, 3))


inventions = st.lists(
    st.tuples(
        st.sets(st.integers(0, 3), max_size=2),
        st.none() | st.integers(0, 3),
        st.none() | st.integers(0, 3),
        st.sampled_from(["as it is", "from the new node", "into the new node"]),
    ),
    min_size=1,
    max_size=12,
)


@deterministic
@given(st.lists(inventions, min_size=1, max_size=4))
def test_equals_the_reference_generation_after_generation(generations):
    """Children of any genome of the generation before lose links and hidden nodes, split and join."""
    known = Innovations(*FRESH, {(k, 4): k for k in range(4)})
    genomes = [child_of({k: (k, 4) for k in range(4)}).genome]
    for drawn in generations:
        children = []
        for k, (lost, split, source, new) in enumerate(drawn):
            parent = genomes[k % len(genomes)]
            dead = {node for node in parent.hidden if node % 4 in lost}
            links = {
                key: (conn.source, conn.target)
                for key, conn in parent.conns.items()
                if key % 4 not in lost and not dead & {conn.source, conn.target}
            }
            hidden = tuple(node for node in parent.hidden if node not in dead)
            split = None if split is None or not links else list(links)[split % len(links)]
            added = None
            if source is not None:
                ends = source, 4
                if split is not None and new != "as it is":
                    ends = (NEW_NODE, hidden[0]) if new == "from the new node" and hidden else (source, NEW_NODE)
                taken = [*links.values()]
                if split is not None:
                    taken += [(links[split][0], NEW_NODE), (NEW_NODE, links[split][1])]
                added = None if ends in taken else ends
            children.append(child_of(links, hidden, split, added))
        genomes, known = numbered(children, known)
        assert len(set(known.links.values())) == len(known.links)
        assert len(set(known.splits.values())) == len(known.splits)


@pytest.mark.parametrize("name", SCENES)
def test_numbers_mean_the_same_for_ever(name):
    """Through a whole run a number stands for one pair of nodes and a pair for one number; counters only rise."""
    ends_of: dict[int, tuple[int, int]] = {}
    number_of: dict[tuple[int, int], int] = {}
    steps = grown(name)
    for step in [*steps, None]:
        label = steps[-1].label(name) if step is None else step.label(name)
        for genome in genomes_of(steps[-1].children if step is None else step.population):
            for key, conn in genome.conns.items():
                ends = conn.source, conn.target
                assert ends_of.setdefault(key, ends) == ends, label
                assert number_of.setdefault(ends, key) == key, label
            if step is not None:
                assert max(genome.nodes) < step.counters.next_node
                assert max(genome.conns, default=-1) < step.counters.next_innovation
    for before, after in pairwise(steps):
        assert same(before.counters_after, after.counters)
        for table, bound in (
            (after.counters.links, after.counters.next_innovation),
            (after.counters.splits, after.counters.next_node),
        ):
            assert (np.diff(table.keys) > 0).all()
            assert len(np.unique(table.values)) == len(table.values)
            assert table.values.max(initial=-1) < bound


def gone_and_back(name: str) -> tuple[int, int, int]:
    """Return how many connections and nodes came back after no genome had them, and how many second splits."""
    ever: dict[str, set[int]] = {"nodes": set(), "conns": set()}
    before: dict[str, set[int]] = {"nodes": set(), "conns": set()}
    back = {"nodes": 0, "conns": 0}
    steps = grown(name)
    for step in steps:
        for kind in ever:
            now = {key for genome in genomes_of(step.children) for key in getattr(genome, kind)}
            back[kind] += len((now - before[kind]) & ever[kind])
            before[kind], ever[kind] = now, ever[kind] | now
    return back["conns"], back["nodes"], int((steps[-1].counters_after.splits.keys % 2**20 > 0).sum())


def test_the_tables_were_needed():
    """The comparisons with the reference must have seen what the tables are about."""
    conns, nodes, seconds = gone_and_back("again")
    assert conns > 10
    assert nodes > 10
    assert seconds > 10


def test_links_of_a_population_that_came_without():
    """Of a connection with several numbers, as runs of before had them, the lowest counts."""
    population = population_of(
        [child_of(links).genome for links in ({3: (0, 4), 7: (1, 4)}, {2: (0, 4), 9: (3, 4)}, {5: (0, 4)}, {})]
    )
    links = links_of(population)
    assert links.keys.tolist() == [(0 << 32) + 4, (1 << 32) + 4, (3 << 32) + 4]
    assert links.values.tolist() == [2, 7, 9]
    assert (links.keys.dtype, links.values.dtype) == (np.int64, np.int32)
    assert links.find(np.array([4, 5, (3 << 32) + 4, 2**62])).tolist() == [2, -1, 9, -1]


def test_a_run_without_tables_goes_on():
    """Counters alone, as old checkpoints have them: from there on numbers mean the same for ever."""
    scene = SCENES["again"]
    step = grow(scene)[4]
    counters = Counters(step.counters.next_node, step.counters.next_innovation)
    known = Innovations.found(genomes_of(step.population), *counters[:2])
    children, after, _ = reproduce(
        step.population, step.plan, counters, scene.neat, seed=scene.seed, generation=step.generation
    )
    assert not list(problems(children, feed_forward=False))
    assert after.splits.keys.size > 0
    for ends, key in known.links.items():
        assert after.links.find(np.array([ends[0] << 32 | ends[1]])) == [key]
    for genome in genomes_of(children):
        for ends, key in by_ends(genome).items():
            assert after.links.find(np.array([ends[0] << 32 | ends[1]])) == [key]


def test_links_are_numbered_in_the_order_given():
    links = links_between(np.array([3, 0, 3], np.int32), np.array([9, 9, 8], np.int32))
    assert links.find(np.array([(3 << 32) + 9, 9, (3 << 32) + 8])).tolist() == [0, 1, 2]
    more = links.with_more(np.array([8, (4 << 32) + 1]), 3)
    assert (np.diff(more.keys) > 0).all()
    assert more.find(np.array([8, 9, (4 << 32) + 1])).tolist() == [3, 1, 4]
    assert (more.keys.dtype, more.values.dtype) == (np.int64, np.int32)


def test_looking_up_gives_one_type():
    """Kernels are compiled for each type that they are called with."""
    wanted = np.array([4])
    assert NOTHING.find(wanted).dtype == Table(wanted, np.array([1], np.int32)).find(wanted).dtype == np.int64


@pytest.mark.parametrize("counters", [(NEW_NODE - 1, 0), (0, NEW_NODE - 2)])
def test_running_out_of_numbers_is_an_error(counters):
    made = Counters(*counters, NOTHING)
    with pytest.raises(GenesysError, match="innovation numbers"):
        number_innovations(
            inventions_of(offspring_of([child_of(START, split=1), child_of(START, split=2)])), made, NOTHING
        )
    number_innovations(inventions_of(offspring_of([child_of(START)])), made, NOTHING)
