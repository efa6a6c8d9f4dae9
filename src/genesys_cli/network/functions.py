"""Activation and aggregation functions of a node, with neat-python's definitions and names, in float32.

tanh and relu have SIMD loops in ``activate``; the others are chosen here, one number at a time.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import inline, outline
from ..compiled.mathf import exp, log, sincos, tanh
from ..facts import SELU_ALPHA, SELU_SCALE
from ..names import ACTIVATIONS, AGGREGATIONS

TANH = ACTIVATIONS.index("tanh")
SIGMOID = ACTIVATIONS.index("sigmoid")
RELU = ACTIVATIONS.index("relu")
SIN = ACTIVATIONS.index("sin")
GAUSS = ACTIVATIONS.index("gauss")
ELU = ACTIVATIONS.index("elu")
LELU = ACTIVATIONS.index("lelu")
SELU = ACTIVATIONS.index("selu")
SOFTPLUS = ACTIVATIONS.index("softplus")
CLAMPED = ACTIVATIONS.index("clamped")
INV = ACTIVATIONS.index("inv")
LOG = ACTIVATIONS.index("log")
EXP = ACTIVATIONS.index("exp")
ABS = ACTIVATIONS.index("abs")
HAT = ACTIVATIONS.index("hat")
SQUARE = ACTIVATIONS.index("square")
CUBE = ACTIVATIONS.index("cube")

SUM = AGGREGATIONS.index("sum")
PRODUCT = AGGREGATIONS.index("product")
MAX = AGGREGATIONS.index("max")
MIN = AGGREGATIONS.index("min")
MAXABS = AGGREGATIONS.index("maxabs")
MEDIAN = AGGREGATIONS.index("median")


@inline
def tanh_of(z):
    return tanh(np.float32(2.5) * z)


@inline
def relu_of(z):
    return z if z > np.float32(0.0) else np.float32(0.0)


@inline
def _clip(z, limit):
    z = -limit if z < -limit else z
    return limit if z > limit else z


@outline
def rare_activation(kind, z32):
    """Return activation number `kind` of `z32` (float32), computed in float64 and rounded once (sigmoid: from tanh)."""
    z = np.float64(z32)
    y = z  # identity
    if kind == SIGMOID:
        y = np.float64(np.float32(0.5) + np.float32(0.5) * tanh_of(z32))
    elif kind == SIN:
        y = sincos(_clip(5.0 * z, 60.0))[0]
    elif kind == GAUSS:
        c = _clip(z, 3.4)
        y = exp(-5.0 * c * c)
    elif kind == ELU:
        y = z if z > 0.0 else exp(z) - 1.0
    elif kind == LELU:
        y = z if z > 0.0 else 0.005 * z
    elif kind == SELU:
        y = SELU_SCALE * z if z > 0.0 else SELU_SCALE * SELU_ALPHA * (exp(z) - 1.0)
    elif kind == SOFTPLUS:
        y = 0.2 * log(1.0 + exp(_clip(5.0 * z, 60.0)))
    elif kind == CLAMPED:
        y = _clip(z, 1.0)
    elif kind == INV:
        y = 0.0 if z == 0.0 else 1.0 / z
    elif kind == LOG:
        y = log(1e-7 if z < 1e-7 else z)
    elif kind == EXP:
        y = exp(_clip(z, 60.0))
    elif kind == ABS:
        y = -z if z < 0.0 else z
    elif kind == HAT:
        y = 1.0 - (-z if z < 0.0 else z)
        y = 0.0 if y < 0.0 else y
    elif kind == SQUARE:
        y = z * z
    elif kind == CUBE:
        y = z * z * z
    return np.float32(y)


@outline
def rare_aggregation(plan, node, values, lane, sorted_terms):
    """Return the aggregation of ``weight * value`` over the edges of a planned node in one lane (uint64).

    sorted_terms: float32 scratch for as many numbers as the node has edges. Nothing to aggregate gives 1 for the
    product and 0 for the others.
    """
    kind = plan.aggregation[node]
    start = plan.edge_start[node]
    count = plan.edge_count[node]
    sources = plan.edge_source
    weights = plan.edge_weight
    if kind == PRODUCT:
        product = np.float32(1.0)
        for e in range(start, start + count):
            product *= weights[e] * values[sources[e] + lane]
        return product
    if count == 0:
        return np.float32(0.0)
    for k in range(count):
        term = weights[start + k] * values[sources[start + k] + lane]
        i = k
        if kind == MEDIAN:
            while i > 0 and sorted_terms[i - 1] > term:
                sorted_terms[i] = sorted_terms[i - 1]
                i -= 1
        sorted_terms[i] = term
    if kind == MEDIAN:
        middle = count // 2
        if count % 2 == 1:
            return sorted_terms[middle]
        return np.float32(0.5) * (sorted_terms[middle - 1] + sorted_terms[middle])
    best = sorted_terms[0]
    total = sorted_terms[0]
    for k in range(1, count):
        term = sorted_terms[k]
        total += term
        if kind == MAX:
            best = term if term > best else best
        elif kind == MIN:
            best = term if term < best else best
        elif kind == MAXABS:
            best = term if abs(term) > abs(best) else best
    if kind == MAX or kind == MIN or kind == MAXABS:
        return best
    return total / np.float32(count)  # mean
