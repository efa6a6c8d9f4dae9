"""Networks that neat-python has exported as JSON, version 1.0 of its format: ``neat.export.export_network_json``.

Such a file holds the nodes and the enabled connections on which the outputs depend, with neat-python's keys: inputs
count down from -1, outputs up from 0, hidden nodes lie above. It has neither innovation numbers nor disabled genes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ..errors import DamagedFileError, UserError, nearest
from ..genome.document import MOST_INPUTS, Document, Float32
from ..genome.population import DTYPES, Population, problems
from ..names import ACTIVATIONS, AGGREGATIONS
from .models import Text
from .reading import checked, said, shown

NAME = "network of neat-python"
VERSION = "1.0"
KINDS = ("feedforward", "recurrent")


class FunctionDocument(Document):
    name: Text
    custom: bool


class NodeDocument(Document):
    id: int
    type: Literal["input", "hidden", "output"]
    activation: FunctionDocument
    aggregation: FunctionDocument
    bias: Float32
    response: Float32


class ConnectionDocument(Document):
    source: int = Field(alias="from")
    target: int = Field(alias="to")
    weight: Float32
    enabled: bool


class TopologyDocument(Document):
    input_keys: list[int] = Field(min_length=1, max_length=MOST_INPUTS)
    output_keys: list[int] = Field(min_length=1, max_length=MOST_INPUTS)


class NetworkDocument(Document):
    topology: TopologyDocument
    nodes: list[NodeDocument]
    connections: list[ConnectionDocument]


class Node(NamedTuple):
    """A node gene. activation, aggregation: indices"""

    bias: float
    response: float
    activation: int
    aggregation: int


# What neat-python computes for a node that a file does not describe, since nothing enters it: 0.
SILENT = Node(0.0, 1.0, ACTIVATIONS.index("tanh"), AGGREGATIONS.index("sum"))


class Exported(NamedTuple):
    """genome: a population of one; feed_forward: whether neat-python computes it as such"""

    genome: Population
    feed_forward: bool


def is_network(document: Mapping[str, Any]) -> bool:
    """Say whether a document is one of neat-python's, of whatever kind and version."""
    return "network_type" in document and "format_version" in document


def read_network(document: Mapping[str, Any], path: Path) -> Exported:
    """Return the genome of a document; raises a UserError where it is damaged or cannot be represented.

    Connections are numbered in their order.
    """
    kind, version = document.get("network_type"), document.get("format_version")
    if version != VERSION:
        raise DamagedFileError(
            f"{path} has version {said(version)} of neat-python's format; this genesys reads {VERSION}"
        )
    if kind not in KINDS:
        raise UserError(
            f"{path} is a {said(kind)} network of neat-python, whose nodes have a state of their own; only "
            f"{' and '.join(KINDS)} networks can be evolved here"
        )
    found = checked(NetworkDocument, document, path, NAME)
    genome = _Reading(found, path, feed_forward=kind == "feedforward").genome()
    for problem in problems(genome, feed_forward=kind == "feedforward"):
        raise DamagedFileError(f"{path} holds an invalid network: {problem}")
    return Exported(genome, kind == "feedforward")


class _Reading:
    """Makes a genome of a document."""

    def __init__(self, document: NetworkDocument, path: Path, *, feed_forward: bool) -> None:
        self._path = path
        self._inputs, self._outputs = document.topology.input_keys, document.topology.output_keys
        keys = [*self._inputs, *self._outputs]
        if len(set(keys)) < len(keys):
            raise DamagedFileError(f"{path}: topology names an input or output twice")
        self._connections = [(c.source, c.target, c.weight, c.enabled) for c in document.connections]
        self._nodes: dict[int, Node] = {}
        kinds = dict.fromkeys(self._inputs, "input") | dict.fromkeys(self._outputs, "output")
        for node in document.nodes:
            if node.id in self._nodes or kinds.get(node.id, "hidden") != node.type:
                raise DamagedFileError(f"{path}: node {node.id} is there twice, or no {node.type} in the topology")
            if node.type != "input":
                self._nodes[node.id] = self._node(node)
        self._complete()
        if feed_forward:
            self._double_outputs()

    def genome(self) -> Population:
        hidden = sorted(self._nodes.keys() - set(self._outputs))
        places = {key: place for place, key in enumerate([*self._inputs, *self._outputs, *hidden])}
        nodes = [(places[key], *self._nodes[key]) for key in [*self._outputs, *hidden]]
        conns = [(k, places[c[0]], places[c[1]], *c[2:]) for k, c in enumerate(self._connections)]
        columns: dict[str, Any] = {"node_offsets": [0, len(nodes)], "conn_offsets": [0, len(conns)]}
        names = ("node_id", "node_bias", "node_response", "node_activation", "node_aggregation")
        columns |= {name: [node[k] for node in nodes] for k, name in enumerate(names)}
        names = ("conn_innovation", "conn_in", "conn_out", "conn_weight", "conn_enabled")
        columns |= {name: [conn[k] for conn in conns] for k, name in enumerate(names)}
        arrays = {name: np.array(columns[name], dtype) for name, dtype in DTYPES.items()}
        return Population(len(self._inputs), len(self._outputs), **arrays)

    def _node(self, node: NodeDocument) -> Node:
        activation = self._function(node.id, "activation", node.activation, ACTIVATIONS)
        aggregation = self._function(node.id, "aggregation", node.aggregation, AGGREGATIONS)
        return Node(node.bias, node.response, activation, aggregation)

    def _function(self, key: int, what: str, function: FunctionDocument, known: tuple[str, ...]) -> int:
        if function.custom or function.name not in known:
            own = ", a function of your own program" if function.custom else nearest(function.name, known)
            raise UserError(
                f"{self._path}: the {what} of node {key} is {shown(function.name)}{own}; there are {', '.join(known)}"
            )
        return known.index(function.name)

    def _complete(self) -> None:
        """Add the nodes that neat-python leaves out, whose value is 0."""
        known = {*self._inputs, *self._outputs, *self._nodes}
        for source, target, _, _ in self._connections:
            if target not in self._nodes:
                raise DamagedFileError(f"{self._path}: a connection leads to node {target}, which is not there")
            if source not in known and source < 0:
                raise DamagedFileError(f"{self._path}: a connection comes from input {source}, which is not there")
        silent = {source for source, *_ in self._connections} - known | set(self._outputs) - self._nodes.keys()
        self._nodes |= dict.fromkeys(silent, SILENT)

    def _double_outputs(self) -> None:
        """Give each output that other nodes read a hidden node that computes the same, which they read instead.

        From an output of a feed-forward network nothing may lead on here.
        """
        outputs = set(self._outputs)
        twins: dict[int, int] = {}
        following = max([*self._nodes, *self._inputs]) + 1
        for source in dict.fromkeys(c[0] for c in self._connections if c[0] in outputs):
            twins[source] = following + len(twins)
            self._nodes[twins[source]] = self._nodes[source]
        doubled: list[tuple[int, int, float, bool]] = []
        for source, target, weight, enabled in self._connections:
            read = twins.get(source, source)
            doubled.append((read, target, weight, enabled))
            if target in twins:
                doubled.append((read, twins[target], weight, enabled))
        self._connections = doubled
