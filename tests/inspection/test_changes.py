"""What changed is found, too, where new genes have old numbers and are placed among the others."""

import numpy as np

from genesys_cli.inspection.changes import Changes, changes_between
from reference.genome import genome_of
from reference.grow import Scene, grow

RESTLESS = {
    "conn_add_prob": 0.6,
    "conn_delete_prob": 0.5,
    "node_add_prob": 0.7,
    "node_delete_prob": 0.5,
    "enabled_mutate_rate": 0.4,
}


def leads_to(found: Changes, fitter, child) -> bool:
    """Say whether the changes, made to the fitter parent one by one, give the structure of the child."""
    gone = set(found.deleted_nodes)
    nodes = fitter.nodes.keys() - gone
    links = {
        (conn.source, conn.target): conn.enabled
        for conn in fitter.conns.values()
        if not {conn.source, conn.target} & gone
    }
    for ends in found.deleted_connections:
        del links[ends]
    for changed, enabled in ((found.enabled, True), (found.disabled, False)):
        for ends in changed:
            assert links[ends] != enabled
            links[ends] = enabled
    if found.split:
        node, (source, target) = found.split
        assert node not in nodes
        nodes = nodes | {node}
        assert (source, target) in links
        links |= {(source, target): False, (source, node): True, (node, target): True}
    for ends in found.added_connections:
        assert ends not in links
        links[ends] = True
    return nodes == child.nodes.keys() and links == {(c.source, c.target): c.enabled for c in child.conns.values()}


def test_every_child_is_accounted_for():
    """Nodes that are lost and made again by a split in the same child are among them, with a connection more or not."""
    again = more = 0
    for seed in range(4):
        for feed_forward in (True, False):
            scene = Scene(2, 2, seed, {**RESTLESS, "feed_forward": feed_forward}, generations=12)
            for step in grow(scene):
                fitters, others = step.population.select(step.plan.fitter), step.population.select(step.plan.other)
                for k in range(step.children.size):
                    child, fitter, other = (p.select(np.array([k])) for p in (step.children, fitters, others))
                    found = changes_between(child, fitter, other)
                    label = (
                        f"seed {seed}, feed-forward {feed_forward}, generation {step.generation}, child {k}: {found}"
                    )
                    assert leads_to(found, genome_of(fitter, 0), genome_of(child, 0)), label
                    if found.split:
                        again += found.split[0] in found.deleted_nodes
                        more += any(found.split[0] in ends for ends in found.added_connections)
    assert again > 0
    assert more > 100
