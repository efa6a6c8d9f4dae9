"""A serial NEAT in plain Python: what the published baselines ran, written so that each kind of work can be timed.

Genes are objects with attributes, genomes are dictionaries of genes, networks are lists that an interpreter walks,
connection by connection. Nothing is vectorised or cached: what is measured is the interpreter. It is no part of how
this package evolves; :mod:`.calibration` times it. The algorithm is that of docs/neat.md, without structural mutation,
whose cost in the baselines depends on how they search for cycles.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

PERTURB_RATE = 0.8
REPLACE_RATE = 0.1
TOGGLE_RATE = 0.01
LIMIT = 30.0

Activation = Callable[[float], float]


class NodeGene:
    """key: its id; outputs come first, from 0."""

    def __init__(self, key: int, bias: float, response: float, activation: str) -> None:
        self.key = key
        self.bias = bias
        self.response = response
        self.activation = activation

    def copy(self) -> NodeGene:
        return NodeGene(self.key, self.bias, self.response, self.activation)

    def crossed(self, other: NodeGene, rng: random.Random) -> NodeGene:
        """Return a child's gene: each attribute from either parent."""
        return NodeGene(
            self.key,
            self.bias if rng.random() < 0.5 else other.bias,
            self.response if rng.random() < 0.5 else other.response,
            self.activation if rng.random() < 0.5 else other.activation,
        )

    def mutate(self, rng: random.Random) -> None:
        self.bias = mutated(self.bias, rng)
        self.response = mutated(self.response, rng)
        if rng.random() < TOGGLE_RATE:
            self.activation = rng.choice(list(ACTIVATIONS))

    def distance(self, other: NodeGene) -> float:
        apart = abs(self.bias - other.bias) + abs(self.response - other.response)
        return apart + (1.0 if self.activation != other.activation else 0.0)


class ConnectionGene:
    """key: (source, destination); inputs are -1, -2, ..."""

    def __init__(self, key: tuple[int, int], weight: float, enabled: bool) -> None:
        self.key = key
        self.weight = weight
        self.enabled = enabled

    def copy(self) -> ConnectionGene:
        return ConnectionGene(self.key, self.weight, self.enabled)

    def crossed(self, other: ConnectionGene, rng: random.Random) -> ConnectionGene:
        """Return a child's gene: each attribute from either parent."""
        return ConnectionGene(
            self.key,
            self.weight if rng.random() < 0.5 else other.weight,
            self.enabled if rng.random() < 0.5 else other.enabled,
        )

    def mutate(self, rng: random.Random) -> None:
        self.weight = mutated(self.weight, rng)
        if rng.random() < TOGGLE_RATE:
            self.enabled = not self.enabled

    def distance(self, other: ConnectionGene) -> float:
        return abs(self.weight - other.weight) + (1.0 if self.enabled != other.enabled else 0.0)


class Genome:
    """nodes: outputs and hidden nodes by id; connections: by (source, destination); both in the order of creation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.fitness = 0.0
        self.nodes: dict[int, NodeGene] = {}
        self.connections: dict[tuple[int, int], ConnectionGene] = {}

    @property
    def genes(self) -> int:
        return len(self.nodes) + len(self.connections)

    def child(self, other: Genome, rng: random.Random) -> Genome:
        """Return a child with this genome's structure, the fitter one's; a matching gene is crossed, else copied."""
        made = Genome(self.inputs, self.outputs)
        for key, node in self.nodes.items():
            match = other.nodes.get(key)
            made.nodes[key] = node.copy() if match is None else node.crossed(match, rng)
        for link, connection in self.connections.items():
            same = other.connections.get(link)
            made.connections[link] = connection.copy() if same is None else connection.crossed(same, rng)
        return made

    def mutate(self, rng: random.Random) -> None:
        """Visit every gene."""
        for node in self.nodes.values():
            node.mutate(rng)
        for connection in self.connections.values():
            connection.mutate(rng)

    def distance(self, other: Genome) -> float:
        """Return the compatibility distance: differences of matching genes and genes without match, per gene."""
        apart = 0.0
        for key, node in self.nodes.items():
            match = other.nodes.get(key)
            apart += 1.0 if match is None else 0.5 * node.distance(match)
        for key in other.nodes:
            if key not in self.nodes:
                apart += 1.0
        for link, connection in self.connections.items():
            same = other.connections.get(link)
            apart += 1.0 if same is None else 0.5 * connection.distance(same)
        for link in other.connections:
            if link not in self.connections:
                apart += 1.0
        return apart / max(self.genes, other.genes, 1)


class Network:
    """A genome's network, feed-forward: nodes in an order in which sources come before those that they feed."""

    def __init__(self, genome: Genome) -> None:
        self.inputs = [-1 - i for i in range(genome.inputs)]
        self.outputs = list(range(genome.outputs))
        self.values: dict[int, float] = dict.fromkeys([*self.inputs, *self.outputs], 0.0)
        incoming: dict[int, list[tuple[int, float]]] = {key: [] for key in genome.nodes}
        for (source, destination), connection in genome.connections.items():
            if connection.enabled:
                incoming[destination].append((source, connection.weight))
        known = set(self.inputs)
        waiting = list(genome.nodes)
        self.plan: list[tuple[int, Activation, float, float, list[tuple[int, float]]]] = []
        while waiting:
            ready = [key for key in waiting if all(source in known for source, _ in incoming[key])]
            if not ready:
                raise ValueError("a feed-forward genome has a cycle")
            for key in ready:
                node = genome.nodes[key]
                self.plan.append((key, ACTIVATIONS[node.activation], node.bias, node.response, incoming[key]))
            known.update(ready)
            waiting = [key for key in waiting if key not in known]

    def activate(self, observation: Sequence[float]) -> list[float]:
        """Return the outputs for one observation."""
        values = self.values
        for key, value in zip(self.inputs, observation, strict=True):
            values[key] = value
        for key, activation, bias, response, links in self.plan:
            total = 0.0
            for source, weight in links:
                total += values[source] * weight
            values[key] = activation(bias + response * total)
        return [values[key] for key in self.outputs]


def mutated(value: float, rng: random.Random) -> float:
    """Return an attribute perturbed, replaced or kept."""
    draw = rng.random()
    if draw < PERTURB_RATE:
        return max(min(value + rng.gauss(0.0, 0.5), LIMIT), -LIMIT)
    if draw < PERTURB_RATE + REPLACE_RATE:
        return max(min(rng.gauss(0.0, 1.0), LIMIT), -LIMIT)
    return value


def tanh(value: float) -> float:
    return math.tanh(max(-60.0, min(60.0, 2.5 * value)))


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, 5.0 * value))))


ACTIVATIONS: dict[str, Activation] = {"tanh": tanh, "sigmoid": sigmoid}


def layered(inputs: int, hidden: int, outputs: int, rng: random.Random, links: int | None = None) -> Genome:
    """Return a genome with one hidden layer, fully connected, or directly connected where `hidden` is 0.

    links: at most so many incoming connections per node
    """
    genome = Genome(inputs, outputs)
    sources = [-1 - i for i in range(inputs)]
    inner = range(outputs, outputs + hidden)
    for key in [*range(outputs), *inner]:
        genome.nodes[key] = NodeGene(key, rng.gauss(0.0, 1.0), 1.0, "tanh")
    for key in inner:
        _link(genome, sources[:links], key, rng)
    for key in range(outputs):
        _link(genome, (list(inner) if hidden else sources)[:links], key, rng)
    return genome


def _link(genome: Genome, sources: Sequence[int], destination: int, rng: random.Random) -> None:
    for source in sources:
        link = (source, destination)
        genome.connections[link] = ConnectionGene(link, rng.gauss(0.0, 1.0), True)
