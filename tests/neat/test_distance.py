"""Compatibility distance and first fit against their references."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.genome.population import Population
from genesys_cli.neat.kernels.distance import SMALL, Coefficients, assign_species, found_species, pair_distances
from reference.genome import Conn, Genome, Node, genome_of, genomes_of, population_of
from reference.grow import SCENES, grown, random_ranges
from reference.species import distance, first_fit

WEIGHTS = Coefficients(excess=1.25, disjoint=0.75, weight=0.4)
PAPER = WEIGHTS._replace(paper=True)
BOTH = pytest.mark.parametrize("weights", [WEIGHTS, PAPER], ids=["neat-python", "paper"])


def distances(first: Population, firsts, second: Population, seconds, weights=WEIGHTS) -> np.ndarray:
    firsts, seconds = np.atleast_1d(firsts), np.atleast_1d(seconds)
    out = np.full(len(firsts), np.nan)
    pair_distances(first, firsts, second, seconds, Coefficients(*weights), out)
    return out


@BOTH
@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference_across_generations(name, weights):
    steps, rng = grown(name), np.random.default_rng(SCENES[name].seed)
    for early, late in ((0, -1), (4, -1), (-1, -1)):
        first, second = steps[early].population, steps[late].children
        firsts, seconds = rng.integers(0, first.size, (2, 60))
        ours = distances(first, firsts, second, seconds, weights)
        theirs = [
            distance(genome_of(first, a), genome_of(second, b), *weights) for a, b in zip(firsts, seconds, strict=True)
        ]
        assert ours.tolist() == theirs, steps[early].label(name)
        assert ours.tolist() == distances(second, seconds, first, firsts, weights).tolist(), "not symmetric"
        assert (ours > 0).any()


@BOTH
@pytest.mark.parametrize("name", SCENES)
def test_is_zero_on_itself(name, weights):
    population = grown(name)[-1].children
    everybody = np.arange(population.size)
    assert (distances(population, everybody, population, everybody, weights) == 0).all()


def test_the_papers_distance_was_seen_on_both_sides_of_its_limit():
    """The comparisons above must have seen small genomes and large ones, with excess and disjoint genes."""
    pairs = {True: 0, False: 0}
    for step in grown("paper"):
        sizes = np.diff(step.population.conn_offsets)
        pairs[True] += (sizes >= SMALL).sum()
        pairs[False] += (sizes < SMALL).sum()
    assert min(pairs.values()) > 100, pairs


def one(nodes: dict[int, tuple], conns: dict[int, tuple]) -> Population:
    """Return a genome with 2 inputs and 1 output, whose node is 2."""
    genome = Genome(2, 1)
    genome.nodes = {key: Node(np.float32(b), np.float32(r), act, agg) for key, (b, r, act, agg) in nodes.items()}
    genome.conns = {key: Conn(0, 2, np.float32(weight), enabled) for key, (weight, enabled) in conns.items()}
    return population_of([genome])


def test_terms_one_by_one():
    plain = one({2: (0, 1, 0, 0)}, {})
    assert distances(plain, 0, one({2: (0.5, 1, 0, 0)}, {}), 0) == pytest.approx(0.4 * 0.5)
    assert distances(plain, 0, one({2: (0, -1, 0, 0)}, {}), 0) == pytest.approx(0.4 * 2)
    assert distances(plain, 0, one({2: (0, 1, 5, 0)}, {}), 0) == pytest.approx(0.4)
    assert distances(plain, 0, one({2: (0, 1, 0, 6)}, {}), 0) == pytest.approx(0.4)
    hidden = {2: (0, 1, 0, 0), 3: (0, 1, 0, 0)}
    assert distances(plain, 0, one(hidden, {}), 0) == pytest.approx(1.25 / 2), "an excess node of two"
    other = {2: (0, 1, 0, 0), 7: (0, 1, 0, 0)}
    assert distances(one(hidden, {}), 0, one(other, {}), 0) == pytest.approx((0.75 + 1.25) / 2)

    conns = one({2: (0, 1, 0, 0)}, {1: (1.0, True), 3: (1.0, True), 4: (1.0, True)})
    assert distances(plain, 0, conns, 0) == pytest.approx(3 * 1.25 / 3), "all excess beside a genome without any"
    wanted = {1: (3.0, False), 2: (1.0, True), 9: (1.0, True), 10: (1.0, True)}
    # matching 1: |1 - 3| and another flag; disjoint 2, 3, 4; excess 9, 10; the larger genome has four
    assert distances(conns, 0, one({2: (0, 1, 0, 0)}, wanted), 0) == pytest.approx((0.4 * 3 + 0.75 * 3 + 1.25 * 2) / 4)


def in_paper(first: Population, second: Population) -> float:
    there, back = (distances(a, 0, b, 0, PAPER)[0] for a, b in ((first, second), (second, first)))
    assert there == back
    return float(there)


def test_terms_of_the_paper_one_by_one():
    """Nodes that do not match count nothing, nor do flags; all that match share one mean."""
    plain = one({2: (0, 1, 0, 0)}, {})
    for node, difference in (((0.5, 1, 0, 0), 0.5), ((0, -1, 0, 0), 2), ((0, 1, 5, 0), 1), ((0, 1, 5, 6), 2)):
        assert in_paper(plain, one({2: node}, {})) == pytest.approx(0.4 * difference)
    assert in_paper(plain, one({2: (0, 1, 0, 0), 3: (9, 9, 9, 6)}, {})) == 0, "a node alone"
    conns = one({2: (0, 1, 0, 0)}, {1: (1.0, True), 3: (1.0, True), 4: (1.0, True)})
    assert in_paper(plain, conns) == pytest.approx(3 * 1.25), "all excess, not divided"
    wanted = one({2: (0.5, 1, 0, 0)}, {1: (3.0, False), 2: (1.0, True), 9: (1.0, True), 10: (1.0, True)})
    # matching: 1, |1 - 3|, and the node, 0.5; disjoint 2, 3, 4; excess 9, 10
    assert in_paper(conns, wanted) == pytest.approx(0.4 * 2.5 / 2 + 0.75 * 3 + 1.25 * 2)


@pytest.mark.parametrize(("size", "divisor"), [(18, 1), (19, 1), (20, 20), (21, 21)])
def test_the_paper_divides_by_the_larger_genome_from_20_connections_on(size, divisor):
    node = {2: (0, 1, 0, 0)}
    large = one(node, {k: (1.0, True) for k in range(size)})
    small = one(node, {k: (2.0, True) for k in (*range(5), 6)})
    # 6 matching connections that differ by 1 and an equal node; 5 alone is disjoint; from 7 on excess
    structure = 0.75 + 1.25 * (size - 7)
    assert in_paper(large, small) == pytest.approx(0.4 * 6 / 7 + structure / divisor)


def gene_counts(population):
    """Return nodes and connections of each genome together."""
    return (np.diff(population.node_offsets) + np.diff(population.conn_offsets)).tolist()


@pytest.mark.parametrize("name", SCENES)
def test_assignment_equals_first_fit_in_any_ranges(name):
    steps = grown(name)
    rng = np.random.default_rng(SCENES[name].seed)
    population, representatives = steps[-1].children, steps[-1].population.select(np.arange(0, 70, 9))
    genomes, known = genomes_of(population), genomes_of(representatives)
    distant = distances(population, np.arange(70), representatives, np.arange(70) % len(known))
    for limit in np.quantile(distant, [0.1, 0.5, 0.9]):
        species = np.full(population.size, -7, np.int32)
        compared = np.zeros(2, np.int64)
        for lo, hi in random_ranges(rng, population.size):
            compared += assign_species(population, lo, hi, representatives, WEIGHTS, limit, species)
        homes, looked_at = zip(*(first_fit(genome, known, limit, WEIGHTS) for genome in genomes), strict=True)
        assert species.tolist() == [-1 if home is None else home for home in homes], f"{name}, limit {limit}"
        sizes, known_sizes = gene_counts(population), gene_counts(representatives)
        read = sum(seen * size + sum(known_sizes[:seen]) for seen, size in zip(looked_at, sizes, strict=True))
        assert compared.tolist() == [sum(looked_at), read]


@pytest.mark.parametrize("name", SCENES)
def test_founding_equals_first_fit_among_the_founders(name):
    population = grown(name)[-1].children
    genomes = genomes_of(population)
    unassigned = np.flatnonzero(np.random.default_rng(SCENES[name].seed).random(population.size) < 0.6)
    for limit in (0.3, 1.0, 2.5):
        species = np.full(population.size, -7, np.int32)
        founders = np.full(len(unassigned), -7)
        new, compared, read = found_species(population, unassigned, 11, WEIGHTS, limit, species, founders)
        expected = np.full(population.size, -7)
        found: list[int] = []
        total = genes = 0
        sizes = gene_counts(population)
        for g in unassigned.tolist():
            home, looked_at = first_fit(genomes[g], [genomes[f] for f in found], limit, WEIGHTS)
            total += looked_at
            genes += looked_at * sizes[g] + sum(sizes[f] for f in found[:looked_at])
            if home is None:
                home = len(found)
                found.append(g)
            expected[g] = 11 + home
        assert species.tolist() == expected.tolist(), f"{name}, limit {limit}"
        assert (new, compared, read) == (len(found), total, genes)
        assert founders[:new].tolist() == found


def test_a_distance_equal_to_the_threshold_is_another_species():
    near, far = one({2: (0, 1, 0, 0)}, {}), one({2: (1, 1, 0, 0)}, {})
    for limit, home in ((1.0, -1), (np.nextafter(1.0, 2.0), 0)):
        species = np.zeros(1, np.int32)
        assign_species(near, 0, 1, far, Coefficients(0.0, 0.0, 1.0), limit, species)
        assert species[0] == home
