"""A network evaluated node by node, straight from its genes: no plan, no order worked out in advance.

Numbers are float32 wherever the package's are, and terms are added in the order that it promises, so results can be
compared bit by bit. The activation functions are the caller's, see :data:`PLAIN`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from genesys_cli.names import ACTIVATIONS, AGGREGATIONS

from .genome import Genome

Activation = Callable[[int, np.float32], np.float32]
ZERO, ONE = np.float32(0), np.float32(1)


def in_fours(terms: Sequence[np.float32]) -> np.float32:
    """Return the sum in groups of four, each ``(a + b) + (c + d)``, the last one filled up with zeros."""
    padded = list(terms) + [ZERO] * (-len(terms) % 4 or (0 if terms else 4))
    groups = [padded[k : k + 4] for k in range(0, len(padded), 4)]
    total = None
    for a, b, c, d in groups:
        group = (a + b) + (c + d)
        total = group if total is None else total + group
    return total


def product(terms: Sequence[np.float32]) -> np.float32:
    result = ONE
    for term in terms:
        result = result * term
    return result


def median(terms: Sequence[np.float32]) -> np.float32:
    ranked = sorted(terms)
    low, high = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
    return high if len(ranked) % 2 else (low + high) / np.float32(2)


def mean(terms: Sequence[np.float32]) -> np.float32:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total / np.float32(len(terms))


AGGREGATE: dict[str, Callable[[Sequence[np.float32]], np.float32]] = {
    "sum": in_fours,
    "product": product,
    "max": max,
    "min": min,
    "maxabs": lambda terms: max(terms, key=abs),
    "median": median,
    "mean": mean,
}


def aggregate(name: str, terms: Sequence[np.float32]) -> np.float32:
    return AGGREGATE[name](terms) if terms or name in ("sum", "product") else ZERO


def _clipped(z: float, limit: float) -> float:
    return max(-limit, min(limit, z))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
PLAIN: dict[str, Callable[[float], float]] = {
    "tanh": lambda z: math.tanh(2.5 * z),
    "sigmoid": lambda z: 0.5 * (1 + math.tanh(2.5 * z)),
    "relu": lambda z: max(z, 0.0),
    "identity": lambda z: z,
    "sin": lambda z: math.sin(_clipped(5 * z, 60)),
    "gauss": lambda z: math.exp(-5 * _clipped(z, 3.4) ** 2),
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "lelu": lambda z: z if z > 0 else 0.005 * z,
    "selu": lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * math.expm1(z)),
    "softplus": lambda z: 0.2 * math.log1p(math.exp(_clipped(5 * z, 60))),
    "clamped": lambda z: _clipped(z, 1),
    "inv": lambda z: 1 / z if z else 0.0,
    "log": lambda z: math.log(max(z, 1e-7)),
    "exp": lambda z: math.exp(_clipped(z, 60)),
    "abs": abs,
    "hat": lambda z: max(0.0, 1 - abs(z)),
    "square": lambda z: z * z,
    "cube": lambda z: z * z * z,
}
"""What each activation function is, in float64."""


def plain(kind: int, z: np.float32) -> np.float32:
    return np.float32(PLAIN[ACTIVATIONS[kind]](float(z)))


class ReferenceNetwork:
    """Computes like :class:`genesys_cli.network.network.Network`, only slowly."""

    def __init__(self, genome: Genome, activation: Activation, *, feed_forward: bool) -> None:
        self.genome = genome
        self.activation = activation
        self.feed_forward = feed_forward
        self.incoming = {node: genome.incoming(node) for node in genome.nodes}
        self.values = dict.fromkeys(genome.nodes, ZERO)

    def node(self, node: int, value_of: Callable[[int], np.float32]) -> np.float32:
        gene = self.genome.nodes[node]
        terms = [conn.weight * value_of(conn.source) for conn in self.incoming[node]]
        total = aggregate(AGGREGATIONS[gene.aggregation], terms)
        return self.activation(gene.activation, gene.bias + gene.response * total)

    def activate(self, inputs: Sequence[float]) -> list[np.float32]:
        given = {k: np.float32(value) for k, value in enumerate(inputs)}
        if self.feed_forward:
            known = dict(given)

            def value_of(node: int) -> np.float32:
                if node not in known:
                    known[node] = self.node(node, value_of)
                return known[node]

            return [value_of(self.genome.inputs + k) for k in range(self.genome.outputs)]
        before = self.values | given
        self.values = {node: self.node(node, before.__getitem__) for node in self.genome.nodes}
        return [self.values[self.genome.inputs + k] for k in range(self.genome.outputs)]

    def needed(self) -> set[int]:
        """Return the nodes from which an enabled path leads to an output, outputs included."""
        outputs = {self.genome.inputs + k for k in range(self.genome.outputs)}
        found: set[int] = set()
        ahead = outputs
        while ahead:
            found |= ahead
            ahead = {conn.source for node in ahead for conn in self.incoming[node]} & self.genome.nodes.keys() - found
        return found
