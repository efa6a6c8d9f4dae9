"""A genome as JSON: readable, and exact to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..config.neat import Activation, Aggregation
from ..names import ACTIVATIONS, AGGREGATIONS
from .population import DTYPES, Population

MOST_INPUTS = 1_000_000  # of a network that comes from a file: a picture's, and more than memory has lanes for
_ROUNDS_UP = 3.4028235677973366e38  # the least number that becomes infinite as float32

Id = Annotated[int, Field(ge=0, lt=2**31 - 1)]  # the number after these stands for a node that is yet to be numbered
Float32 = Annotated[float, Field(gt=-_ROUNDS_UP, lt=_ROUNDS_UP)]


class Document(BaseModel):
    """A part of a file: strict about types, numbers finite; what is not known is of a later version, and ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class NodeDocument(Document):
    id: Id
    bias: Float32
    response: Float32
    activation: Activation
    aggregation: Aggregation


class ConnectionDocument(Document):
    innovation: Id
    source: Id = Field(alias="in")
    target: Id = Field(alias="out")
    weight: Float32
    enabled: bool


class GenomeDocument(Document):
    """What :func:`to_document` returns. Whether its genes fit together, :func:`.population.problems` says."""

    inputs: int = Field(ge=1, le=MOST_INPUTS)
    outputs: int = Field(ge=1, le=MOST_INPUTS)
    nodes: list[NodeDocument]
    connections: list[ConnectionDocument]


def shortest(value: Any) -> float:
    """Return the number with the fewest digits that reads back as this float32."""
    short = float(str(np.float32(value)))
    return short if np.float32(short) == np.float32(value) else float(value)


def to_document(population: Population, genome: int = 0) -> dict[str, Any]:
    """Return nodes and connections of a genome, with names instead of numbers for the functions.

    Args:
        population: Any population.
        genome: Index of the genome that is meant.

    Returns:
        Plain values: ``inputs``, ``outputs``, ``nodes`` and ``connections``, as in ``champion.json``.
    """
    p = population
    nodes = range(int(p.node_offsets[genome]), int(p.node_offsets[genome + 1]))
    conns = range(int(p.conn_offsets[genome]), int(p.conn_offsets[genome + 1]))
    return {
        "inputs": p.n_inputs,
        "outputs": p.n_outputs,
        "nodes": [
            {
                "id": int(p.node_id[k]),
                "bias": shortest(p.node_bias[k]),
                "response": shortest(p.node_response[k]),
                "activation": ACTIVATIONS[p.node_activation[k]],
                "aggregation": AGGREGATIONS[p.node_aggregation[k]],
            }
            for k in nodes
        ],
        "connections": [
            {
                "innovation": int(p.conn_innovation[k]),
                "in": int(p.conn_in[k]),
                "out": int(p.conn_out[k]),
                "weight": shortest(p.conn_weight[k]),
                "enabled": bool(p.conn_enabled[k]),
            }
            for k in conns
        ],
    }


def from_document(document: Mapping[str, Any] | GenomeDocument) -> Population:
    """Return a population of this one genome; raises pydantic's ValidationError where the document is none."""
    genome = GenomeDocument.model_validate(document)
    nodes, conns = genome.nodes, genome.connections
    columns: dict[str, list[Any]] = {
        "node_offsets": [0, len(nodes)],
        "node_id": [node.id for node in nodes],
        "node_bias": [node.bias for node in nodes],
        "node_response": [node.response for node in nodes],
        "node_activation": [ACTIVATIONS.index(node.activation) for node in nodes],
        "node_aggregation": [AGGREGATIONS.index(node.aggregation) for node in nodes],
        "conn_offsets": [0, len(conns)],
        "conn_innovation": [conn.innovation for conn in conns],
        "conn_in": [conn.source for conn in conns],
        "conn_out": [conn.target for conn in conns],
        "conn_weight": [conn.weight for conn in conns],
        "conn_enabled": [conn.enabled for conn in conns],
    }
    arrays = {name: np.array(columns[name], dtype) for name, dtype in DTYPES.items()}
    return Population(genome.inputs, genome.outputs, **arrays)
