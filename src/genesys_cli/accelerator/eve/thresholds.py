"""Probabilities and step sizes as EvE's configuration words hold them.

A draw has eight bits, so a probability is a threshold of 0 ... 256. Events that happen about once in a genome are far
rarer than 1/256 per gene; they take two draws, against a *gate* and a *threshold*, and happen with
``gate * threshold / 65536``. The CPU chooses both for each child, by the size of its fitter parent.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.chip import ChipSettings
from ...config.neat import NeatSettings
from ...names import ACTIVATIONS
from ..layout import Fixed, Layout, quantised
from ..xorwow import DRAWS, Quantised, quantise_probability

NOISE_MEAN = 510  # of the sum of four draws
NOISE_SD = float(np.sqrt(4 * (DRAWS**2 - 1) / 12))  # of the same, 147.8
UNIFORM_BITS = 9  # of a uniform number, whose standard deviation is then 147.8 too: that of 0 ... 511
SCALE_BITS = 16  # fraction bits of a step size
SCALE_WIDTH = 24  # bits of a step size in all, of fields up to 16 bits; a wider one has as many more

NODE_DELETE, CONN_DELETE, NODE_ADD, ENDS, CONN_ADD = range(5)  # rows of a child's events
EVENTS = 5
ENDS_WANTED = 8  # ends of new connections that a child which gains one takes up, on average: four candidates


class Attribute(NamedTuple):
    """A fixed-point attribute in units of its field. Steps are noise times a scale of 16 fraction bits."""

    perturb_below: np.int64
    replace_below: np.int64  # and not below perturb_below
    power: np.int64  # scale of a perturbation
    mean: np.int64
    spread: np.int64  # scale of a replacement
    low: np.int64
    high: np.int64


class Thresholds(NamedTuple):
    """What all children of a run share. Thresholds are int64, 0 ... 256."""

    weight: Attribute
    bias: Attribute
    response: Attribute
    uniform: bool  # noise of attributes, else normal
    attributes: NDArray[np.int16]  # (2,), gate and threshold of the event that a child's attributes mutate at all
    crossover: np.int64  # below: the fitter parent's attribute
    disable: np.int64
    toggle: np.int64
    activation: np.int64
    activations: NDArray[np.uint64]
    activation_default: np.uint64
    output_fixed: bool  # an output's activation never mutates
    bias_new: np.int64  # attributes of a node that splits a connection, and of the connection into it
    response_new: np.int64
    weight_new: np.int64
    max_deleted: np.int64
    feed_forward: bool


class Shown(NamedTuple):
    """A probability of the settings and what became of it."""

    name: str
    quantised: Quantised


class EveThresholds(NamedTuple):
    """What the CPU writes for a run.

    common: for kernels. shown: each eight-bit probability, to be printed with its warning
    limited: what to warn of steps that are larger than the chip can make
    node_delete, conn_delete, node_add, conn_add: wanted per child, from which :func:`child_events` makes events
    """

    common: Thresholds
    shown: list[Shown]
    limited: list[str]
    node_delete: float
    conn_delete: float
    node_add: float
    conn_add: float


def thresholds(neat: NeatSettings, chip: ChipSettings, layout: Layout) -> EveThresholds:
    """Return the settings as the chip can hold them."""
    bits = layout.bits
    shown: list[Shown] = [
        Shown("eve.crossover_bias", Quantised(chip.eve.crossover_bias / DRAWS, chip.eve.crossover_bias))
    ]

    def below(name: str) -> int:
        found = quantise_probability(getattr(neat, name))
        shown.append(Shown(f"neat.{name}", found))
        return found.threshold

    limited: list[str] = []

    def scale(name: str, fmt: Fixed) -> np.int64:
        deviation = getattr(neat, name)
        found = _scale(deviation, fmt)
        if found == _largest_scale(fmt):
            largest = float(found) / 2**SCALE_BITS * NOISE_SD / float(fmt.scale)
            limited.append(f"neat.{name}: {deviation:g} is limited to {largest:.4g} on the chip")
        return found

    def attribute(name: str, fmt: Fixed) -> Attribute:
        values: dict[str, Any] = {key: getattr(neat, f"{name}_{key}") for key in ("min", "max", "init_mean")}
        low, high, mean = (_raw(values[key], fmt) for key in ("min", "max", "init_mean"))
        perturb = below(f"{name}_mutate_rate")
        replace = below(f"{name}_replace_rate")
        return Attribute(
            np.int64(perturb),
            np.int64(min(DRAWS, perturb + replace)),
            scale(f"{name}_mutate_power", fmt),
            mean,
            scale(f"{name}_init_stdev", fmt),
            low,
            high,
        )

    common = Thresholds(
        weight=attribute("weight", bits.weight),
        bias=attribute("bias", bits.bias),
        response=attribute("response", bits.response),
        uniform=neat.mutate_distribution == "uniform",
        attributes=gates(np.array([neat.attribute_mutate_prob]))[0],
        crossover=np.int64(chip.eve.crossover_bias),
        disable=np.int64(below("disable_prob")),
        toggle=np.int64(below("enabled_mutate_rate")),
        activation=np.int64(below("activation_mutate_rate")),
        activations=np.array([ACTIVATIONS.index(name) for name in neat.activation_options], np.uint64),
        activation_default=np.uint64(ACTIVATIONS.index(neat.activation_default)),
        output_fixed=neat.output_activation is not None,
        bias_new=np.int64(0),
        response_new=_raw(1.0, bits.response),
        weight_new=_raw(1.0, bits.weight),
        max_deleted=np.int64(chip.eve.max_deleted_nodes),
        feed_forward=neat.feed_forward,
    )
    return EveThresholds(
        common, shown, limited, neat.node_delete_prob, neat.conn_delete_prob, neat.node_add_prob, neat.conn_add_prob
    )


def _raw(value: float, fmt: Fixed) -> np.int64:
    return np.int64(quantised(np.array([value]), fmt)[0][0])


def _scale(deviation: float, fmt: Fixed) -> np.int64:
    """Return the factor that turns noise of :data:`NOISE_SD` into steps of this standard deviation."""
    return np.int64(min(round(deviation * float(fmt.scale) / NOISE_SD * 2**SCALE_BITS), _largest_scale(fmt)))


def _largest_scale(fmt: Fixed) -> int:
    """Return the largest factor: that of steps with 1.15 times half a field of 16 bits or more as their deviation."""
    width = int(fmt.high).bit_length() + 1
    return (1 << max(SCALE_WIDTH, SCALE_WIDTH + width - 16)) - 1


def child_events(
    given: EveThresholds, nodes: NDArray[np.int64], conns: NDArray[np.int64], fixed_nodes: int
) -> NDArray[Any]:
    """Return gate and threshold of every event of every child, (P, EVENTS, 2) int16.

    nodes, conns: (P,) genes of the fitter parent, as the genome directory has them. fixed_nodes: inputs and outputs

    Per gene the probability is the child's divided by the number of genes that it could happen to, so that the expected
    number of events is what [neat] says. One is never rounded to nothing: the smallest is 1/65536.
    """
    hidden = nodes - fixed_nodes
    wanted = np.empty((len(nodes), EVENTS))
    wanted[:, NODE_DELETE] = given.node_delete / np.maximum(hidden, 1)
    wanted[:, CONN_DELETE] = given.conn_delete / np.maximum(conns, 1)
    wanted[:, NODE_ADD] = given.node_add / np.maximum(conns, 1)
    wanted[:, ENDS] = np.minimum(0.5, ENDS_WANTED / np.maximum(nodes + conns, 1))
    wanted[:, CONN_ADD] = given.conn_add
    return gates(wanted)


def gates(probabilities: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return the (gate, threshold) whose product comes nearest, in a new last axis; 0 only for 0."""
    at = np.searchsorted(_PRODUCTS, probabilities * DRAWS**2)
    at = np.clip(at, 1, len(_PRODUCTS) - 1)
    below = probabilities * DRAWS**2 - _PRODUCTS[at - 1] < _PRODUCTS[at] - probabilities * DRAWS**2
    at = np.where(below & ((at > 1) | (probabilities == 0)), at - 1, at)
    return _PAIRS[at]


def _pairs() -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return every product of a gate and a threshold, ascending, and one pair for each, the most even one."""
    gate, threshold = np.meshgrid(np.arange(DRAWS + 1), np.arange(DRAWS + 1), indexing="ij")
    upper = threshold <= gate
    gate, threshold = gate[upper], threshold[upper]
    order = np.lexsort((gate - threshold, gate * threshold))
    products, first = np.unique((gate * threshold)[order], return_index=True)
    return products, np.stack([gate[order][first], threshold[order][first]], axis=1).astype(np.int16)


_PRODUCTS, _PAIRS = _pairs()
