"""A genome as dictionaries of genes, to and from the population's flat arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from genesys_cli.genome.population import CONN_FIELDS, DTYPES, NODE_FIELDS, Population


@dataclass
class Node:
    bias: np.float32
    response: np.float32
    activation: int
    aggregation: int


@dataclass
class Conn:
    source: int
    target: int
    weight: np.float32
    enabled: bool


@dataclass
class Genome:
    """nodes: by id, without the inputs; conns: by innovation number. Both are kept in ascending order of their keys."""

    inputs: int
    outputs: int
    nodes: dict[int, Node] = field(default_factory=dict)
    conns: dict[int, Conn] = field(default_factory=dict)

    @property
    def hidden(self) -> list[int]:
        return [key for key in self.nodes if key >= self.inputs + self.outputs]

    def incoming(self, node: int) -> list[Conn]:
        """Return the enabled connections into a node, in the order of their numbers."""
        return [conn for _, conn in sorted(self.conns.items()) if conn.enabled and conn.target == node]


def linked(inputs: int, outputs: int, hidden: list[int], links: list[tuple[int, int]], off: tuple = ()) -> Genome:
    """Return a genome whose connections are numbered in the order of `links`; those in `off` are disabled."""
    made = Genome(inputs, outputs)
    for node in [*range(inputs, inputs + outputs), *hidden]:
        made.nodes[node] = Node(np.float32(0.5), np.float32(1), 0, 0)
    for k, (source, target) in enumerate(links):
        made.conns[k] = Conn(source, target, np.float32(k + 0.25), (source, target) not in off)
    return made


def genome_of(p: Population, g: int) -> Genome:
    genome = Genome(p.n_inputs, p.n_outputs)
    for k in range(int(p.node_offsets[g]), int(p.node_offsets[g + 1])):
        genome.nodes[int(p.node_id[k])] = Node(
            p.node_bias[k], p.node_response[k], int(p.node_activation[k]), int(p.node_aggregation[k])
        )
    for k in range(int(p.conn_offsets[g]), int(p.conn_offsets[g + 1])):
        genome.conns[int(p.conn_innovation[k])] = Conn(
            int(p.conn_in[k]), int(p.conn_out[k]), p.conn_weight[k], bool(p.conn_enabled[k])
        )
    return genome


def genomes_of(population: Population) -> list[Genome]:
    return [genome_of(population, g) for g in range(population.size)]


def population_of(genomes: Iterable[Genome]) -> Population:
    """Return the population of these genomes, at least one, all with the same inputs and outputs."""
    genomes = list(genomes)
    columns: dict[str, list] = {name: [] for name in DTYPES}
    columns["node_offsets"].append(0)
    columns["conn_offsets"].append(0)
    for genome in genomes:
        for key, node in sorted(genome.nodes.items()):
            values = (key, node.bias, node.response, node.activation, node.aggregation)
            for name, value in zip(NODE_FIELDS, values, strict=True):
                columns[name].append(value)
        for key, conn in sorted(genome.conns.items()):
            values = (key, conn.source, conn.target, conn.weight, conn.enabled)
            for name, value in zip(CONN_FIELDS, values, strict=True):
                columns[name].append(value)
        columns["node_offsets"].append(len(columns["node_id"]))
        columns["conn_offsets"].append(len(columns["conn_in"]))
    arrays = {name: np.array(columns[name], dtype) for name, dtype in DTYPES.items()}
    return Population(genomes[0].inputs, genomes[0].outputs, **arrays)


def assert_same(actual: Population, wanted: Population, label: object) -> None:
    """Raise unless both populations are the same bit for bit; say where they part, and under which `label`."""
    if actual.equals(wanted):
        return
    if (actual.n_inputs, actual.n_outputs, actual.size) != (wanted.n_inputs, wanted.n_outputs, wanted.size):
        raise AssertionError(f"{label}: populations of different shape")
    for g in range(wanted.size):
        one = np.array([g])
        if not actual.select(one).equals(wanted.select(one)):
            ours, theirs = genome_of(actual, g), genome_of(wanted, g)
            for kind in ("nodes", "conns"):
                a, b = getattr(ours, kind), getattr(theirs, kind)
                for key in sorted(a.keys() | b.keys()):
                    if repr(a.get(key)) != repr(b.get(key)):
                        raise AssertionError(f"{label}: genome {g}, {kind} {key}: {a.get(key)} instead of {b.get(key)}")
            raise AssertionError(f"{label}: genome {g} differs in the order or the bits of its genes")
    raise AssertionError(f"{label}: populations differ outside their genomes")
