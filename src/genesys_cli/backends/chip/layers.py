"""ADAM's counts layer by layer: the blocks of one depth of all genomes, over all their steps.

Layers wait for one another, so their counts add up to those of all, see ``accelerator/adam/packing.py``. What comes
from DRAM and the waits for it depend on all layers together, and are divided by the weights that each reads.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ... import counts as count
from ...accelerator.adam.inference import inference_counts, result_waits
from ...accelerator.adam.vectorise import Layers
from ...config.chip import ChipSettings

OF_EACH = (
    count.USEFUL_MACS,
    count.PADDED_MACS,
    count.NODE_UPDATES,
    count.ADAM_CYCLES,
    count.ADAM_STREAM_CYCLES,
    count.ADAM_FILL_CYCLES,
    count.ADAM_MAC_SLOTS,
    count.ADAM_CROSSED_SLOTS,
    count.ADAM_TILES,
    count.ADAM_WEIGHT_READS,
    count.ADAM_INPUT_READS,
    count.ADAM_OUTPUT_WRITES,
    count.ADAM_WORD_READS,
    count.ADAM_WORD_WRITES,
)
"""Counts that a layer has without the others."""

OF_ALL = (count.ADAM_DRAM_READS, count.ADAM_STALL_DRAM)
"""Counts of all layers together, which are divided."""

MAPPED_UNITS = "mapped_units"


def layer_counts(layers: Layers, steps: NDArray[np.int64], genes: int, chip: ChipSettings) -> list[dict[str, int]]:
    """Return the counts of each layer, first layers first; arguments are those of :func:`inference_counts`.

    Each also has ``mapped_units``: units of the array that a block lies on, over all runs of its tiles. A node that
    reads nothing is in no block; its output is written with the first layer's.
    """
    whole = inference_counts(layers, steps, genes, chip)
    waits = result_waits(layers, steps, chip).tolist()
    stays = chip.adam.dataflow == "weight_stationary"
    found: list[dict[str, int]] = []
    for level in range(max(int(layers.depth.max(initial=0)), int(layers.updates.any()))):
        one = layer_of(layers, level)
        one = one._replace(updates=one.nodes + (layers.spares.astype(np.int32) if level == 0 else 0))
        units = one.nodes.astype(np.int64) * (one.sources if stays else 1)
        counts = inference_counts(one, steps, 0, chip)
        waited = {count.ADAM_STALL_RESULTS.name: waits[level] if level < len(waits) else 0}
        found.append({each.name: counts[each.name] for each in OF_EACH} | waited | {MAPPED_UNITS: int(units @ steps)})
    for each in OF_ALL:
        parts = divided(whole[each.name], [layer[count.ADAM_WEIGHT_READS.name] for layer in found])
        for layer, part in zip(found, parts):
            layer[each.name] = part
    return found


def divided(total: int, weights: list[int]) -> list[int]:
    """Return whole parts of a total in proportion to weights; they sum to it, or to 0 where there are no weights."""
    ends = np.cumsum([0, *weights]).tolist()
    whole = ends[-1]
    return [total * end // whole - total * begin // whole if whole else 0 for begin, end in pairwise(ends)]


def layer_of(layers: Layers, level: int) -> Layers:
    """Return one layer of each genome as all that it has, nothing where it has fewer; without updates and lookups."""
    has = layers.depth > level
    at = np.where(has, layers.offsets[:-1] + level, 0)
    sources, nodes, edges = (
        np.where(has, field[at], 0).astype(np.int32) for field in (layers.sources, layers.nodes, layers.edges)
    )
    nothing = np.zeros(len(has), np.int32)
    return layers._replace(
        offsets=np.arange(len(has) + 1, dtype=np.int64),
        depth=has.astype(np.int32),
        sources=sources,
        nodes=nodes,
        edges=edges,
        updates=nothing,
        lookups=nothing,
        first=layers.first[at],
        spares=layers.spares if level == 0 else np.zeros_like(layers.spares),
    )
