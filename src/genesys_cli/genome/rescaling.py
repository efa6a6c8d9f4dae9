"""Genomes that were evolved on inputs of one scale, made to compute the same on inputs of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..names import AGGREGATIONS
from .population import Population

_SUM, _MEAN = AGGREGATIONS.index("sum"), AGGREGATIONS.index("mean")


class Scaling(NamedTuple):
    """How inputs come about: ``(observation - offset) * scale``, each (I,) float32."""

    offset: NDArray[np.float32]
    scale: NDArray[np.float32]

    def differs(self, other: Scaling) -> NDArray[np.bool_]:
        """Say of each input whether it has another scale or offset."""
        found: NDArray[np.bool_] = (self.offset != other.offset) | (self.scale != other.scale)
        return found


class Rescaled(NamedTuple):
    """genomes: what became of them; lost: (I,) bool, inputs of which a part could not be carried over"""

    genomes: Population
    lost: NDArray[np.bool_]


def rescaled(genomes: Population, was: Scaling, now: Scaling) -> Rescaled:
    """Return genomes that compute on inputs as they are now what the given ones did on inputs as they were.

    A weight takes up the ratio of the scales, whatever the node does with it; the bias takes up what the offsets
    differ by, where the node adds up its inputs or takes their mean. It cannot be done for other nodes where offsets
    differ, nor for an input that is now always 0. Inputs that have not changed are left as they are, to the bit.
    """
    p = genomes
    differs = was.differs(now)
    if not differs.any():
        return Rescaled(p, differs)
    a, b, a_now, b_now = (part.astype(np.float64) for part in (*was, *now))
    lost = differs & (b_now == 0.0)
    differs = differs & ~lost
    ratio = np.where(differs, b, 1.0) / np.where(differs, b_now, 1.0)
    shift = np.where(differs, (a_now - a) * b, 0.0)

    of_input = np.flatnonzero(p.conn_in < p.n_inputs)
    source = p.conn_in[of_input]
    weight = p.conn_weight[of_input].astype(np.float64)
    with np.errstate(over="ignore"):
        carried = (weight * ratio[source]).astype(np.float32)
    sound = np.isfinite(carried)
    weights = p.conn_weight.copy()
    weights[of_input] = np.where(sound, carried, p.conn_weight[of_input])
    lost[source[~sound]] = True

    owner = np.repeat(np.arange(p.size), np.diff(p.conn_offsets))
    places = np.repeat(np.arange(p.size), np.diff(p.node_offsets)) << 32 | p.node_id
    node = np.searchsorted(places, owner << 32 | p.conn_out)  # of each connection
    enabled = np.flatnonzero(p.conn_enabled)
    count = np.bincount(node[enabled], minlength=len(p.node_id))
    adds = np.isin(p.node_aggregation, (_SUM, _MEAN))
    moves = (p.conn_enabled[of_input] != 0) & (shift[source] != 0.0) & (weight != 0.0) & sound
    lost[source[moves & ~adds[node[of_input]]]] = True
    moves &= adds[node[of_input]]
    total = np.bincount(node[of_input][moves], (weight * shift[source])[moves], minlength=len(p.node_id))
    total = np.where(p.node_aggregation == _MEAN, total / np.maximum(count, 1), total)
    with np.errstate(over="ignore"):
        bias = (p.node_bias + p.node_response.astype(np.float64) * total).astype(np.float32)
    sound = np.isfinite(bias)
    lost[source[moves & ~sound[node[of_input]]]] = True
    biases = np.where(sound & (total != 0.0), bias, p.node_bias)
    return Rescaled(p._replace(conn_weight=weights, node_bias=biases), lost)
