"""A genome as nodes and links to draw, with names, and the column that each node belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ...genome.population import Population
from ...names import ACTIVATIONS, AGGREGATIONS

CROWDED = 24  # inputs; of more, those without a connection are left out


class Node(NamedTuple):
    """An input, output or hidden node.

    id: as in the genome; value_at: its index in the values of ``backends.stepped.actor.Actor``, inputs first
    name: empty for hidden nodes; used: whether an output depends on it
    column: 0 for inputs, the last one for outputs
    """

    id: int
    value_at: int
    kind: str
    name: str
    bias: float
    response: float
    activation: str
    aggregation: str
    used: bool
    column: int


class Link(NamedTuple):
    """A connection. source, target: positions in ``Graph.nodes``; back: it goes against the order of the columns."""

    source: int
    target: int
    weight: float
    enabled: bool
    back: bool


class Graph(NamedTuple):
    """What is drawn. columns: number of columns; left_out: inputs without a connection that are not in `nodes`."""

    nodes: list[Node]
    links: list[Link]
    columns: int
    left_out: int


def graph_of(
    genome: Population, input_names: Sequence[str], output_names: Sequence[str], *, everything: bool = False
) -> Graph:
    """Return the first genome of a population as a graph.

    everything: also disabled connections, hidden nodes that no output depends on, and all inputs
    """
    p = genome
    inputs, outputs = p.n_inputs, p.n_outputs
    last = int(p.node_offsets[1])
    ids = [*range(inputs), *(int(key) for key in p.node_id[:last])]
    at = {key: k for k, key in enumerate(ids)}
    wires = [
        (at[int(p.conn_in[c])], at[int(p.conn_out[c])], float(p.conn_weight[c]), bool(p.conn_enabled[c]))
        for c in range(int(p.conn_offsets[1]))
    ]
    used = _used(wires, range(inputs, inputs + outputs))
    wires = [wire for wire in wires if everything or (wire[3] and wire[1] in used)]
    touched = {end for wire in wires for end in wire[:2]}
    column = _columns(len(ids), inputs, outputs, wires)

    def is_drawn(k: int) -> bool:
        if k < inputs:
            return everything or inputs <= CROWDED or k in touched
        return everything or k < inputs + outputs or k in used

    nodes: list[Node] = []
    place: dict[int, int] = {}
    for k, key in enumerate(ids):
        if not is_drawn(k):
            continue
        place[k] = len(nodes)
        if k < inputs:
            nodes.append(Node(key, k, "input", input_names[k], 0.0, 1.0, "", "", k in used, 0))
            continue
        g = k - inputs
        kind = "output" if g < outputs else "hidden"
        nodes.append(
            Node(
                key,
                k,
                kind,
                output_names[g] if kind == "output" else "",
                float(p.node_bias[g]),
                float(p.node_response[g]),
                ACTIVATIONS[p.node_activation[g]],
                AGGREGATIONS[p.node_aggregation[g]],
                k in used,
                column[k],
            )
        )
    # Columns that only hold what is not drawn go.
    taken = sorted({node.column for node in nodes})
    nodes = [node._replace(column=taken.index(node.column)) for node in nodes]
    links = [Link(place[a], place[b], weight, enabled, column[a] >= column[b]) for a, b, weight, enabled in wires]
    return Graph(nodes, links, max(len(taken), 2), sum(k not in place for k in range(inputs)))


def usual_functions(graph: Graph) -> tuple[str, str]:
    """Return the activation and the aggregation that most nodes have; of equally many, the first in the genome."""
    nodes = [node for node in graph.nodes if node.kind != "input"]
    activation = Counter(node.activation for node in nodes).most_common(1)[0][0]
    return activation, Counter(node.aggregation for node in nodes).most_common(1)[0][0]


def functions_of(node: Node, usual: tuple[str, str]) -> str:
    """Return the functions of a node that are not the usual ones."""
    if node.kind == "input":
        return ""
    pairs = zip((node.activation, node.aggregation), usual, strict=True)
    return ", ".join(name for name, most in pairs if name != most)


Wire = tuple[int, int, float, bool]


def _used(wires: Sequence[Wire], outputs: range) -> set[int]:
    """Return the nodes from which enabled connections lead to an output."""
    sources: dict[int, list[int]] = {}
    for source, target, _, enabled in wires:
        if enabled:
            sources.setdefault(target, []).append(source)
    found = set(outputs)
    ahead = list(outputs)
    while ahead:
        for source in sources.get(ahead.pop(), ()):
            if source not in found:
                found.add(source)
                ahead.append(source)
    return found


def _columns(count: int, inputs: int, outputs: int, wires: Sequence[Wire]) -> list[int]:
    """Return each node's column: the longest way to it from an input, over connections that close no cycle."""
    first_hidden = inputs + outputs
    targets: dict[int, list[int]] = {}
    for source, target, _, _ in wires:
        if not inputs <= source < first_hidden:  # what leaves an output goes back
            targets.setdefault(source, []).append(target)
    order = _finished_last_first(range(inputs), targets, count)
    rank = {k: position for position, k in enumerate(order)}
    depth = [0 if k < inputs else 1 for k in range(count)]
    for k in order:
        for target in targets.get(k, ()):
            if rank[target] > rank[k]:  # else it closes a cycle
                depth[target] = max(depth[target], depth[k] + 1)
    last = max([depth[k] + 1 for k in range(first_hidden, count)] + [depth[k] for k in range(inputs, first_hidden)])
    depth[inputs:first_hidden] = [last] * outputs
    return depth


def _finished_last_first(starts: range, targets: dict[int, list[int]], count: int) -> list[int]:
    """Return all nodes such that every link of an acyclic graph goes forward: a depth-first search, last end first."""
    seen: set[int] = set()
    ended: list[int] = []
    for start in (*starts, *range(count)):
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(targets.get(start, ())))]
        while stack:
            node, ahead = stack[-1]
            following = next((k for k in ahead if k not in seen), None)
            if following is None:
                ended.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(targets.get(following, ()))))
    return ended[::-1]
