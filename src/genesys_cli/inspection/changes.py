"""What makes a child another network than its parents: structure gene by gene, attributes as sums.

Mutations are not written down while a run goes on; they follow from comparing the genes. Structure comes from the
fitter parent alone, on either backend, so what the child has beside it was added and what it lacks was deleted. A
connection that a child lost and gained again at once has its number still, and counts as one whose weight mutated.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..genome.population import Population
from ..names import ACTIVATIONS, AGGREGATIONS

ATTRIBUTES = ("weights", "biases", "responses")
Pair = tuple[int, int]
_OF_A_SPLIT = 2  # connections that it makes


class Link(NamedTuple):
    """A connection gene."""

    key: int
    source: int
    target: int
    weight: float
    enabled: bool


class Node(NamedTuple):
    """A node gene."""

    bias: float
    response: float
    activation: int
    aggregation: int


class Attribute(NamedTuple):
    """What became of one kind of number in the genes that a child shares with its fitter parent.

    of: such numbers; from_other: taken from the other parent, where it has another value
    mutated: equal to neither parent's; mean_step, largest_step: size of the distance from the nearer of both
    """

    of: int
    from_other: int
    mutated: int
    mean_step: float
    largest_step: float


class Changes(NamedTuple):
    """How a child differs from its fitter parent. Nodes are ids, connections (source, target).

    split: the new node that splits a connection, and the connection, or None
    added_connections, deleted_connections: without those of a split; deleted_nodes: with their connections
    enabled, disabled: without what a split disabled; functions: (node, old, new) names
    weights, biases, responses: of the genes of both
    """

    split: tuple[int, Pair] | None
    added_connections: list[Pair]
    deleted_nodes: list[int]
    deleted_connections: list[Pair]
    enabled: list[Pair]
    disabled: list[Pair]
    functions: list[tuple[int, str, str]]
    weights: Attribute
    biases: Attribute
    responses: Attribute

    @property
    def none(self) -> bool:
        """Whether the child computes what its fitter parent computes."""
        lists = (self.added_connections, self.deleted_nodes, self.deleted_connections, self.enabled, self.disabled)
        same = all(part.mutated == part.from_other == 0 for part in (self.weights, self.biases, self.responses))
        return self.split is None and not any(lists) and not self.functions and same

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        plain = self._asdict() | {name: getattr(self, name)._asdict() for name in ATTRIBUTES}
        split = None if self.split is None else {"node": self.split[0], "connection": list(self.split[1])}
        return plain | {"split": split}


def changes_between(child: Population, fitter: Population, other: Population) -> Changes:
    """Return what changed from parents to child, each a population of one; raises ValueError where they are none."""
    (nodes, links), (old_nodes, old_links) = _genes(child), _genes(fitter)
    other_nodes, other_links = _genes(other)
    again = _made_again(nodes, links, old_nodes, old_links)
    lost_nodes = [] if again is None else [again]
    if again is not None:
        del old_nodes[again]
        old_links = {key: link for key, link in old_links.items() if again not in (link.source, link.target)}

    new_links = [link for key, link in links.items() if key not in old_links]
    new_nodes = [key for key in nodes if key not in old_nodes]
    split, part_of_split = _split(new_nodes, new_links, list(old_links.values()), list(links.values()))
    was_split = {split[1]} if split else set()
    # A split switches its connection off, or on the chip takes it away. One that is there and on was joined anew.
    anew = [link for link in links.values() if (link.source, link.target) in was_split and link.enabled]
    added = [link for link in new_links if link.key not in part_of_split] + anew
    if len(added) > 1:
        raise ValueError(f"{len(added)} connections were added; one mutation adds at most one")
    deleted_nodes = [key for key in old_nodes if key not in nodes] + lost_nodes
    shared = [(link, old_links[key]) for key, link in links.items() if key in old_links and link not in anew]
    if any((now.source, now.target) != (was.source, was.target) for now, was in shared):
        raise ValueError("a connection has other ends than in the parent")
    toggled = [now for now, was in shared if now.enabled != was.enabled]
    common = [key for key in nodes if key in old_nodes]

    def attribute(name: str) -> Attribute:
        return _attribute(
            [getattr(nodes[key], name) for key in common],
            [getattr(old_nodes[key], name) for key in common],
            [getattr(other_nodes.get(key, old_nodes[key]), name) for key in common],
        )

    return Changes(
        split,
        [(link.source, link.target) for link in added],
        deleted_nodes,
        [
            (link.source, link.target)
            for key, link in old_links.items()
            if key not in links
            and not {link.source, link.target} & set(deleted_nodes)
            and (link.source, link.target) not in was_split
        ],
        [(link.source, link.target) for link in toggled if link.enabled],
        [
            (link.source, link.target)
            for link in toggled
            if not link.enabled and (link.source, link.target) not in was_split
        ],
        [
            (key, names[was], names[now])
            for key in common
            for names, was, now in (
                (ACTIVATIONS, old_nodes[key].activation, nodes[key].activation),
                (AGGREGATIONS, old_nodes[key].aggregation, nodes[key].aggregation),
            )
            if was != now
        ],
        _attribute(
            [now.weight for now, _ in shared],
            [was.weight for _, was in shared],
            [other_links.get(was.key, was).weight for _, was in shared],
        ),
        attribute("bias"),
        attribute("response"),
    )


def _genes(genome: Population) -> tuple[dict[int, Node], dict[int, Link]]:
    """Return nodes by id and connections by innovation number."""
    p = genome
    nodes = zip(
        p.node_id.tolist(),
        p.node_bias.tolist(),
        p.node_response.tolist(),
        p.node_activation.tolist(),
        p.node_aggregation.tolist(),
        strict=True,
    )
    links = zip(
        p.conn_innovation.tolist(),
        p.conn_in.tolist(),
        p.conn_out.tolist(),
        p.conn_weight.tolist(),
        (p.conn_enabled != 0).tolist(),
        strict=True,
    )
    return {key: Node(*fields) for key, *fields in nodes}, {link[0]: Link(*link) for link in links}


def _made_again(
    nodes: dict[int, Node], links: dict[int, Link], old_nodes: dict[int, Node], old_links: dict[int, Link]
) -> int | None:
    """Return the node that the child lost and got again, where more connections are new than could be added.

    A split gives the node that a split of this connection gives in any genome, which the child may just have lost.
    """
    new = [link for key, link in links.items() if key not in old_links]
    if nodes.keys() - old_nodes.keys() or len(new) <= 1:
        return None
    pairs = {(link.source, link.target) for link in old_links.values()}
    for node in sorted({end for link in new for end in (link.source, link.target)} & old_nodes.keys()):
        touching = [link for link in links.values() if node in (link.source, link.target)]
        into = [link for link in touching if link.target == node and link.weight == 1.0]
        out = [link for link in touching if link.source == node]
        splits = any((a.source, b.target) in pairs for a in into for b in out)
        if splits and len(touching) <= _OF_A_SPLIT + 1:
            return node
    return None


def _split(
    new_nodes: list[int], new_links: list[Link], old_links: list[Link], links: list[Link]
) -> tuple[tuple[int, Pair] | None, set[int]]:
    """Return the new node with the connection that it splits, and the keys of both its connections.

    A connection may have been added to the node afterwards. Those of a split have weight 1 and that of what was split.
    """
    if not new_nodes:
        return None, set()
    if len(new_nodes) > 1:
        raise ValueError(f"{len(new_nodes)} nodes were added; one mutation adds at most one")
    (node,) = new_nodes
    was, now = ({(link.source, link.target): link for link in some} for some in (old_links, links))
    found = [
        (a, b)
        for a in new_links
        for b in new_links
        if a.target == node == b.source and node not in (a.source, b.target) and (a.source, b.target) in was
    ]
    if not found:
        raise ValueError(f"node {node} splits no connection that the parent has")

    def unlike(pair: tuple[Link, Link]) -> tuple[bool, int, int, int]:
        into, out = pair
        old = now.get((into.source, out.target))
        switched_off = old is not None and not old.enabled and out.weight == old.weight
        taken_away = old is None
        return into.weight != 1.0, 0 if switched_off else 1 if taken_away else 2, into.key, out.key

    into, out = min(found, key=unlike)
    return (node, (into.source, out.target)), {into.key, out.key}


def _attribute(child: list[float], fitter: list[float], other: list[float]) -> Attribute:
    now, first, second = (np.array(side, np.float64) for side in (child, fitter, other))
    from_other = (now == second) & (now != first)
    mutated = (now != second) & (now != first)
    steps = np.minimum(np.abs(now - first), np.abs(now - second))[mutated]
    mean, largest = (float(steps.mean()), float(steps.max())) if len(steps) else (0.0, 0.0)
    return Attribute(len(now), int(from_other.sum()), int(mutated.sum()), mean, largest)
