import math
import random

import pytest

from genesys_cli.measure.reference import ConnectionGene, Genome, Network, NodeGene, layered, mutated


def small() -> Genome:
    """Inputs -1 and -2, output 0, hidden node 1: -1 -> 1 -> 0 and -2 -> 0."""
    genome = Genome(2, 1)
    genome.nodes[0] = NodeGene(0, 0.5, 1.0, "tanh")
    genome.nodes[1] = NodeGene(1, -0.25, 2.0, "sigmoid")
    for link, weight in (((1, 0), 1.5), ((-1, 1), 2.0), ((-2, 0), -1.0)):
        genome.connections[link] = ConnectionGene(link, weight, True)
    return genome


def test_a_network_computes_sources_first():
    hidden = 1 / (1 + math.exp(-5 * (-0.25 + 2.0 * (2.0 * 0.3))))
    wanted = math.tanh(2.5 * (0.5 + (1.5 * hidden - 1.0 * 0.7)))
    assert Network(small()).activate([0.3, 0.7]) == [pytest.approx(wanted, rel=1e-12)]


def test_disabled_connections_carry_nothing():
    genome = small()
    genome.connections[(1, 0)].enabled = False
    assert Network(genome).activate([0.3, 0.7]) == [pytest.approx(math.tanh(2.5 * (0.5 - 0.7)), rel=1e-12)]


def test_a_cycle_is_refused():
    genome = small()
    genome.connections[(0, 1)] = ConnectionGene((0, 1), 1.0, True)
    with pytest.raises(ValueError, match="cycle"):
        Network(genome)


def test_a_child_has_the_fitter_parents_structure_and_each_attribute_of_either():
    fitter, other = small(), small()
    del other.connections[(-2, 0)]
    other.nodes[2] = NodeGene(2, 0.0, 1.0, "tanh")
    other.nodes[0].bias, other.connections[(1, 0)].weight = 9.0, 8.0
    seen = set()
    for seed in range(40):
        child = fitter.child(other, random.Random(seed))
        assert child.nodes.keys() == fitter.nodes.keys()
        assert child.connections.keys() == fitter.connections.keys()
        assert child.connections[(-2, 0)].weight == -1.0
        seen.add((child.nodes[0].bias, child.connections[(1, 0)].weight))
    assert seen == {(0.5, 1.5), (0.5, 8.0), (9.0, 1.5), (9.0, 8.0)}


def test_mutation_leaves_the_parent_alone_and_visits_every_gene():
    parent = layered(4, 0, 2, random.Random(0))
    child = parent.child(parent, random.Random(0))
    before = [gene.weight for gene in parent.connections.values()]
    child.mutate(random.Random(1))
    assert [gene.weight for gene in parent.connections.values()] == before
    changed = sum(child.connections[link].weight != parent.connections[link].weight for link in parent.connections)
    assert changed > len(before) / 2
    assert all(abs(mutated(29.99, random.Random(seed))) <= 30 for seed in range(50))


def test_distance_is_zero_to_itself_symmetric_and_counts_what_does_not_match():
    one, other = small(), small()
    assert one.distance(other) == 0
    other.connections[(1, 0)].weight += 0.5
    del other.connections[(-2, 0)]
    assert one.distance(other) == other.distance(one) == pytest.approx((0.5 * 0.5 + 1.0) / 5)


def test_layered_genomes_have_the_links_that_were_asked_for():
    full = layered(3, 5, 2, random.Random(0))
    assert (len(full.nodes), len(full.connections), full.genes) == (7, 25, 32)
    thin = layered(3, 5, 2, random.Random(0), links=1)
    assert len(thin.connections) == 7
    assert len(Network(full).activate([0.0] * 3)) == 2
