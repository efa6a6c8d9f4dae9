"""ADAM's fixed point, and genomes as the genome buffer holds them."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...accelerator.adam.fixed import activate_lane_fixed, activate_lanes_fixed, from_value, to_value
from ...accelerator.adam.numbers import fix_plan, fixed_point_of, new_fixed_plan
from ...accelerator.layout import layout_of
from ...accelerator.words import quantise, renumbered
from ...config.chip import ChipSettings
from ...genome.population import Population
from ..arithmetic import Arithmetic
from ..numerics import Numerics
from .network import FixedNetwork

FIXED = Arithmetic(np.int32, new_fixed_plan, fix_plan, to_value, from_value, activate_lanes_fixed, activate_lane_fixed)
"""ADAM's fixed point."""


def fixed_point(chip: ChipSettings) -> Numerics:
    """Return how a chip computes, and what it makes of genomes that were evolved in software."""
    formats, layout = fixed_point_of(chip), layout_of(chip)

    def adopt(population: Population) -> Population:
        return quantise(renumbered(population), layout)

    return Numerics("fixed", FIXED, formats, adopt, partial(FixedNetwork, formats))
