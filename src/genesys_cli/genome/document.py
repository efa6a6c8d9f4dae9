"""A genome as JSON: readable, and exact to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..names import ACTIVATIONS, AGGREGATIONS
from .population import DTYPES, Population


def _short(value: np.float32) -> float:
    """Return the number with the fewest digits that reads back as this float32."""
    short = float(str(value))
    return short if np.float32(short) == value else float(value)


def to_document(population: Population, genome: int = 0) -> dict[str, Any]:
    """Return nodes and connections of a genome, with names instead of numbers for the functions."""
    p = population
    nodes = range(int(p.node_offsets[genome]), int(p.node_offsets[genome + 1]))
    conns = range(int(p.conn_offsets[genome]), int(p.conn_offsets[genome + 1]))
    return {
        "inputs": p.n_inputs,
        "outputs": p.n_outputs,
        "nodes": [
            {
                "id": int(p.node_id[k]),
                "bias": _short(p.node_bias[k]),
                "response": _short(p.node_response[k]),
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
                "weight": _short(p.conn_weight[k]),
                "enabled": bool(p.conn_enabled[k]),
            }
            for k in conns
        ],
    }


def from_document(document: dict[str, Any]) -> Population:
    """Return a population of this one genome; raises KeyError, TypeError or ValueError when it is not one."""
    nodes, conns = document["nodes"], document["connections"]
    columns: dict[str, list[Any]] = {
        "node_offsets": [0, len(nodes)],
        "node_id": [node["id"] for node in nodes],
        "node_bias": [node["bias"] for node in nodes],
        "node_response": [node["response"] for node in nodes],
        "node_activation": [ACTIVATIONS.index(node["activation"]) for node in nodes],
        "node_aggregation": [AGGREGATIONS.index(node["aggregation"]) for node in nodes],
        "conn_offsets": [0, len(conns)],
        "conn_innovation": [conn["innovation"] for conn in conns],
        "conn_in": [conn["in"] for conn in conns],
        "conn_out": [conn["out"] for conn in conns],
        "conn_weight": [conn["weight"] for conn in conns],
        "conn_enabled": [conn["enabled"] for conn in conns],
    }
    arrays = {name: np.array(columns[name], dtype) for name, dtype in DTYPES.items()}
    return Population(int(document["inputs"]), int(document["outputs"]), **arrays)
