"""What a network is made of: its genes by name, and what becomes of them when it computes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..envs.registry import validation_starts
from ..files.champion import StoredChampion
from ..genome.document import to_document
from ..genome.population import Population
from .naming import names_in

Document = dict[str, Any]


def describe_network(stored: StoredChampion) -> Document:
    """Return a stored network as plain JSON: where it comes from, what it scored, its statistics and its genes."""
    champion, settings = stored.champion, stored.settings
    known = bool(np.isfinite(champion.validated_fitness))
    by_starts = settings.evaluation.validation is not None
    episodes = validation_starts(settings) if by_starts else settings.evaluation.validate_episodes
    names = names_in(settings, champion.genome)
    return {
        "origin": str(stored.origin),
        "env": settings.environment.id,
        "backend": settings.run.backend,
        "seed": settings.run.seed,
        "feed_forward": settings.neat.feed_forward,
        "generation": champion.generation,
        "genome_index": champion.genome_index,
        "training_fitness": champion.training_fitness,
        "validated_fitness": champion.validated_fitness if known else None,
        "validated_std": champion.validated_std if known else None,
        "validated_in": champion.validated_in if known else None,
        "validation": settings.evaluation.validation,
        "validation_episodes": episodes if known else None,
        "data": settings.data.facts(),
        "problem": settings.problem.facts(),
        "statistics": statistics(champion.genome, names[0]),
        "genome": named_genome(champion.genome, *names),
    }


def named_genome(genome: Population, input_names: Sequence[str], output_names: Sequence[str]) -> Document:
    """Return the first genome of a population, with names and with what is of no use said.

    nodes: as in ``champion.json``, with ``name`` and ``used``; connections: with the names ``from`` and ``to``
    """
    document = to_document(genome)
    names = node_names(genome, input_names, output_names)
    used, _ = in_use(genome)
    return {
        "inputs": list(input_names),
        "outputs": list(output_names),
        "nodes": [{"name": names[node["id"]], **node, "used": node["id"] in used} for node in document["nodes"]],
        "connections": [
            {"from": names[conn["in"]], "to": names[conn["out"]], **conn} for conn in document["connections"]
        ],
    }


def node_names(genome: Population, input_names: Sequence[str], output_names: Sequence[str]) -> dict[int, str]:
    """Return the name of each node of a population by its id; hidden nodes are called ``node 7``."""
    hidden = {int(key): f"node {key}" for key in genome.node_id}
    return hidden | dict(enumerate((*input_names, *output_names)))


def statistics(genome: Population, input_names: Sequence[str]) -> Document:
    """Return what the first genome of a population amounts to.

    inputs: of the network; nodes, hidden: node genes, without inputs
    nodes_used: those from which an enabled path leads to an output
    connections, enabled: genes; connections_used: enabled ones into nodes that are used
    recurrent: those of them that lie on a cycle
    depth: connections on the longest way to an output; the nodes of a cycle count as one
    unused_inputs: names of the inputs from which no way leads to an output
    weight_min, weight_max, weight_mean_abs: of the connections in use; None where there is none
    parameters: weights and biases in use, and responses other than 1
    macs: multiply-accumulates of a decision
    """
    p = genome
    used, links = in_use(genome)
    nodes = slice(0, int(p.node_offsets[1]))
    hidden = int((p.node_id[nodes] >= p.n_inputs + p.n_outputs).sum())
    sources, targets = p.conn_in[links].tolist(), p.conn_out[links].tolist()
    component = _components(sources, targets)
    weights = p.conn_weight[links].astype(float)
    responses = p.node_response[nodes][[int(key) in used for key in p.node_id[nodes]]]
    n_used = len(responses)
    return {
        "inputs": p.n_inputs,
        "nodes": int(p.node_offsets[1]),
        "hidden": hidden,
        "nodes_used": n_used,
        "connections": int(p.conn_offsets[1]),
        "enabled": int(p.conn_enabled[: p.conn_offsets[1]].sum()),
        "connections_used": len(links),
        "recurrent": sum(component.get(a, a) == component.get(b, b) for a, b in zip(sources, targets, strict=True)),
        "depth": _depth(sources, targets, component),
        "unused_inputs": [name for key, name in enumerate(input_names) if key not in used],
        "weight_min": float(weights.min()) if len(links) else None,
        "weight_max": float(weights.max()) if len(links) else None,
        "weight_mean_abs": float(np.abs(weights).mean()) if len(links) else None,
        "parameters": len(links) + n_used + int((responses != 1).sum()),
        "macs": len(links),
    }


def in_use(genome: Population) -> tuple[set[int], list[int]]:
    """Return the ids of inputs and nodes from which enabled connections lead to an output, and these connections.

    Outputs are always in use. Connections are places in the fields of the population's first genome.
    """
    p = genome
    into: dict[int, list[int]] = {}
    for c in range(int(p.conn_offsets[1])):
        if p.conn_enabled[c]:
            into.setdefault(int(p.conn_out[c]), []).append(c)
    used = set(range(p.n_inputs, p.n_inputs + p.n_outputs))
    ahead = list(used)
    links = []
    while ahead:
        for c in into.get(ahead.pop(), ()):
            links.append(c)
            source = int(p.conn_in[c])
            if source not in used:
                used.add(source)
                ahead.append(source)
    return used, sorted(links)


def _components(sources: Iterable[int], targets: Iterable[int]) -> dict[int, int]:
    """Return a number for each node of a graph, the same for nodes that lie on a common cycle (Tarjan 1972)."""
    ahead: dict[int, list[int]] = {}
    for source, target in zip(sources, targets, strict=True):
        ahead.setdefault(source, []).append(target)
        ahead.setdefault(target, [])
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    found: dict[int, int] = {}
    open_: list[int] = []
    for start in ahead:
        if start in order:
            continue
        order[start] = lowest[start] = len(order)
        open_.append(start)
        stack = [(start, iter(ahead[start]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if target not in order:
                    order[target] = lowest[target] = len(order)
                    open_.append(target)
                    stack.append((target, iter(ahead[target])))
                    break
                if target not in found:
                    lowest[node] = min(lowest[node], order[target])
            else:
                stack.pop()
                if stack:
                    lowest[stack[-1][0]] = min(lowest[stack[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    while node not in found:
                        found[open_.pop()] = node
    return found


def _depth(sources: Sequence[int], targets: Sequence[int], component: dict[int, int]) -> int:
    """Return the number of connections between components on the longest way through a graph."""
    into: dict[int, set[int]] = {}
    for source, target in zip(sources, targets, strict=True):
        if component[source] != component[target]:
            into.setdefault(component[target], set()).add(component[source])
    depth: dict[int, int] = {}
    # Tarjan's search finds a component after all that can be reached from it: in the other order, sources come first.
    for node in reversed(list(dict.fromkeys(component.values()))):
        depth[node] = max((depth[source] + 1 for source in into.get(node, ())), default=0)
    return max(depth.values(), default=0)
