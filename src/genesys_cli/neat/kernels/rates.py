"""The numbers of ``[neat]`` that kernels need, as they need them: chances as thresholds of 32-bit random words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...config.schema import NeatSettings
from ...names import ACTIVATIONS, AGGREGATIONS


class Attribute(NamedTuple):
    """How a real-valued attribute starts and mutates. Thresholds are compared with 32-bit random words."""

    init_mean: np.float32
    init_stdev: np.float32
    low: np.float32
    high: np.float32
    power: np.float32
    perturb_below: np.uint64
    replace_below: np.uint64  # and not below perturb_below


class Rates(NamedTuple):
    """How genes are crossed and mutated. What is a uint64 is a chance, see :func:`threshold`.

    uniform: whether random numbers of attributes are uniformly distributed, else normally
    attributes: that a child's attributes mutate at all
    activations, aggregations: (K,) uint8, indices of the functions that a mutation chooses from
    output_activation: of output nodes at first; output_fixed: and for ever
    """

    weight: Attribute
    bias: Attribute
    response: Attribute
    uniform: bool
    attributes: np.uint64
    enabled: np.uint64
    disable: np.uint64
    activation: np.uint64
    activations: np.ndarray
    activation_default: np.uint8
    output_activation: np.uint8
    output_fixed: bool
    aggregation: np.uint64
    aggregations: np.ndarray
    aggregation_default: np.uint8
    node_add: np.uint64
    node_delete: np.uint64
    conn_add: np.uint64
    conn_delete: np.uint64
    feed_forward: bool


class Draws(NamedTuple):
    """Where a generation's random words begin; purpose, individual and block say the rest, see ``compiled.philox``."""

    seed: np.uint64
    generation: np.uint64


def threshold(probability: float) -> np.uint64:
    """Return the number that a 32-bit word is below with this probability, to within 2**-32."""
    return np.uint64(round(probability * 2**32))


def _attribute(neat: NeatSettings, name: str) -> Attribute:
    def get(key: str) -> float:
        return float(getattr(neat, f"{name}_{key}"))

    return Attribute(
        np.float32(get("init_mean")),
        np.float32(get("init_stdev")),
        np.float32(get("min")),
        np.float32(get("max")),
        np.float32(get("mutate_power")),
        threshold(get("mutate_rate")),
        threshold(get("mutate_rate") + get("replace_rate")),
    )


def rates_of(neat: NeatSettings) -> Rates:
    """Return what the settings say of crossover and mutation."""
    return Rates(
        weight=_attribute(neat, "weight"),
        bias=_attribute(neat, "bias"),
        response=_attribute(neat, "response"),
        uniform=neat.mutate_distribution == "uniform",
        attributes=threshold(neat.attribute_mutate_prob),
        enabled=threshold(neat.enabled_mutate_rate),
        disable=threshold(neat.disable_prob),
        activation=threshold(neat.activation_mutate_rate),
        activations=np.array([ACTIVATIONS.index(name) for name in neat.activation_options], np.uint8),
        activation_default=np.uint8(ACTIVATIONS.index(neat.activation_default)),
        output_activation=np.uint8(ACTIVATIONS.index(neat.output_activation or neat.activation_default)),
        output_fixed=neat.output_activation is not None,
        aggregation=threshold(neat.aggregation_mutate_rate),
        aggregations=np.array([AGGREGATIONS.index(name) for name in neat.aggregation_options], np.uint8),
        aggregation_default=np.uint8(AGGREGATIONS.index(neat.aggregation_default)),
        node_add=threshold(neat.node_add_prob),
        node_delete=threshold(neat.node_delete_prob),
        conn_add=threshold(neat.conn_add_prob),
        conn_delete=threshold(neat.conn_delete_prob),
        feed_forward=neat.feed_forward,
    )
