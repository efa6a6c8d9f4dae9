"""What is drawn of a genome, and where."""

import numpy as np
import pytest

from genesys_cli.genome.population import Population
from genesys_cli.report.network.graph import CROWDED, functions_of, graph_of, usual_functions
from genesys_cli.report.network.layout import _crossings, apart, layout_of
from reference.genome import Conn, Genome, Node, genome_of, population_of
from reference.grow import SCENES, Scene, grow, grown

SEED = int(np.random.default_rng().integers(1 << 31))


def named(p: Population, **options):
    return graph_of(p, [f"in {k}" for k in range(p.n_inputs)], [f"out {k}" for k in range(p.n_outputs)], **options)


def genomes(name):
    children = grown(name)[-1].children
    return [children.select(np.array([g])) for g in range(children.size)]


def network(inputs, outputs, hidden, links):
    """Return a genome. links: (source, target) or (source, target, enabled)"""
    genome = Genome(inputs, outputs)
    for key in [*range(inputs, inputs + outputs), *hidden]:
        genome.nodes[key] = Node(np.float32(0.5), np.float32(1), 0, 0)
    for number, (source, target, *enabled) in enumerate(links):
        genome.conns[number] = Conn(source, target, np.float32(number + 1), (enabled or [True])[0])
    return population_of([genome])


def reached(genome):
    """Return the nodes from which an enabled way leads to an output."""
    found = {genome.inputs + k for k in range(genome.outputs)}
    while True:
        more = {conn.source for conn in genome.conns.values() if conn.enabled and conn.target in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.parametrize("name", SCENES)
def test_what_the_network_computes_is_drawn(name):
    for p in genomes(name):
        genome, graph = genome_of(p, 0), named(p)
        used = reached(genome)
        ids = [node.id for node in graph.nodes]
        drawn = {(ids[link.source], ids[link.target], link.weight) for link in graph.links}
        wanted = {
            (c.source, c.target, float(c.weight)) for c in genome.conns.values() if c.enabled and c.target in used
        }
        assert drawn == wanted
        assert set(ids) == set(range(genome.inputs + genome.outputs)) | used
        everything = named(p, everything=True)
        assert len(everything.links) == len(genome.conns)
        assert {node.id for node in everything.nodes} == set(range(genome.inputs)) | genome.nodes.keys()
        assert {node.id for node in everything.nodes if node.used} == used


@pytest.mark.parametrize("name", SCENES)
def test_links_go_right_unless_they_close_a_cycle(name):
    for p in genomes(name):
        graph = named(p)
        for node in graph.nodes:
            assert (node.column == 0) == (node.kind == "input")
            assert (node.column == graph.columns - 1) == (node.kind == "output")
        for link in graph.links:
            assert link.back == (graph.nodes[link.source].column >= graph.nodes[link.target].column)
        if SCENES[name].neat.feed_forward:
            assert not any(link.back for link in graph.links)
        assert {node.column for node in graph.nodes} == set(range(graph.columns))


def test_columns_are_the_longest_way_from_an_input():
    p = network(2, 1, [3, 4, 5], [(0, 3), (3, 4), (0, 4), (4, 5), (1, 5), (5, 2), (0, 2)])
    assert [node.column for node in named(p).nodes] == [0, 0, 4, 1, 2, 3]


def test_recurrent_links_go_back():
    p = network(1, 1, [2, 3], [(0, 2), (2, 3), (3, 1), (3, 2), (3, 3), (1, 2), (1, 1)])
    graph = named(p)
    assert [(graph.nodes[a].id, graph.nodes[b].id) for a, b, _, _, back in graph.links if back] == [
        (3, 2),
        (3, 3),
        (1, 2),
        (1, 1),
    ]


def test_disabled_links_and_idle_nodes_are_drawn_only_with_everything():
    p = network(1, 1, [2, 3], [(0, 1), (0, 2), (2, 1, False), (1, 3)])
    assert [node.id for node in named(p).nodes] == [0, 1]
    graph = named(p, everything=True)
    assert [node.id for node in graph.nodes] == [0, 1, 2, 3]
    assert [link.enabled for link in graph.links] == [True, True, False, True]


def test_of_many_inputs_those_without_a_connection_are_left_out_and_counted():
    p = network(128, 2, [], [(5, 128), (77, 129), (78, 129, False)])
    graph = named(p)
    assert [node.name for node in graph.nodes] == ["in 5", "in 77", "out 0", "out 1"]
    assert [node.value_at for node in graph.nodes] == [5, 77, 128, 129]
    assert graph.left_out == 126
    assert named(p, everything=True).left_out == 0
    assert named(network(CROWDED, 1, [], [])).left_out == 0


@pytest.mark.parametrize(
    "scene",
    [
        *SCENES.values(),
        Scene(128, 18, 3, {"population": 10}, 2),
        Scene(8, 4, 4, {"population": 6, "num_hidden": 200, "node_add_prob": 0.9}, 4),
        Scene(6, 3, 5, {"population": 10, "node_add_prob": 0.9, "conn_add_prob": 0.9, "node_delete_prob": 0.0}, 25),
    ],
    ids=lambda scene: f"{scene.inputs}-{scene.outputs}-{scene.seed}",
)
@pytest.mark.parametrize("box", [None, (700.0, 400.0)], ids=["free", "box"])
def test_nodes_keep_apart_and_inside(scene, box):
    p = grow(scene)[-1].children
    largest = int(np.argmax(np.diff(p.node_offsets)))
    layout = layout_of(named(p.select(np.array([largest])), everything=True), box)
    x, y, r = layout.x, layout.y, layout.radius
    assert (x - r >= 0).all()
    assert (x + r <= layout.width).all()
    assert (y - r >= 0).all()
    assert (y + r <= layout.height).all()
    near = np.hypot(x[:, None] - x, y[:, None] - y) + 1e9 * np.eye(len(x))
    assert near.min() >= 1.9 * r
    for kind in ("input", "output"):
        rows = [y[k] for k, node in enumerate(layout.graph.nodes) if node.kind == kind]
        assert rows == sorted(rows)
    if box is not None and layout_of(layout.graph).height <= box[1]:
        assert layout.height <= box[1]
        assert layout.width == pytest.approx(box[0])


def test_hidden_nodes_are_placed_where_links_do_not_cross():
    p = network(3, 3, [6, 7, 8], [(0, 8), (8, 3), (1, 6), (6, 4), (2, 7), (7, 5)])
    layout = layout_of(named(p))
    at = {node.id: float(layout.y[k]) for k, node in enumerate(layout.graph.nodes)}
    assert at[8] < at[6] < at[7]
    lines = np.array([(link.source, link.target) for link in layout.graph.links])
    assert _crossings(layout.x, layout.y, lines) == 0


def test_crossings_are_counted():
    x, y = np.array([0.0, 0, 0, 2, 2, 2, 1]), np.array([0.0, 1, 2, 0, 1, 2, 5])
    straight, crossed = np.array([(0, 3), (1, 4), (2, 5)]), np.array([(0, 5), (1, 4), (2, 3)])
    assert (_crossings(x, y, straight), _crossings(x, y, crossed)) == (0, 3)
    assert _crossings(x, y, np.array([(0, 3), (0, 4), (0, 5)])) == 0
    assert _crossings(x, y, np.array([(0, 5), (6, 3)])) == 1


def test_places_are_apart_and_as_near_as_can_be():
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    for _ in range(50):
        wanted = np.sort(rng.normal(scale=20, size=int(rng.integers(1, 9))))
        found = apart(wanted, 10.0)
        assert (np.diff(found) >= 10 - 1e-9).all()
        cost = np.sum((found - wanted) ** 2)
        for _ in range(200):  # none of the places nearby that are apart is nearer
            other = found + rng.normal(scale=2, size=len(found))
            if (np.diff(other) >= 10).all():
                assert np.sum((other - wanted) ** 2) >= cost - 1e-9
    np.testing.assert_allclose(apart(np.array([0.0, 0, 50]), 10.0), [-5, 5, 50])


def test_functions_are_named_where_they_are_not_the_usual():
    genome = genome_of(network(1, 3, [], []), 0)
    genome.nodes[2].activation, genome.nodes[3].aggregation = 2, 2
    graph = named(population_of([genome]))
    usual = usual_functions(graph)
    assert usual == ("tanh", "sum")
    assert [functions_of(node, usual) for node in graph.nodes] == ["", "", "relu", "max"]
