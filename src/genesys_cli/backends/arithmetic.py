"""How networks compute: what an evaluation kernel is built with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import allocating, inline
from ..compiled.plan import new_plan
from ..network.activate import activate_lane, activate_lanes


class Arithmetic(NamedTuple):
    """Building blocks, plain functions for inlining (see ``compiled.jit``), in the order that the kernel takes.

    value_type: dtype of the lane arrays that hold a network's values
    new_plan: ``(count, max_nodes, max_conns, formats) -> plan``; formats: what its numerics have
    finish_plan: ``(plan, first_node, n_nodes)``, called after ``build_plan``
    to_value, from_value: ``(x, formats)``, between float32 and a value
    activate_lanes, activate_lane: as in ``network.activate``
    """

    value_type: Any
    new_plan: Callable[..., Any]
    finish_plan: Callable[..., Any]
    to_value: Callable[..., Any]
    from_value: Callable[..., Any]
    activate_lanes: Callable[..., Any]
    activate_lane: Callable[..., Any]


@allocating
def _new_plan(count, max_nodes, max_conns, formats):
    return new_plan(count, max_nodes, max_conns)


@inline
def _nothing(plan, first_node, n_nodes):
    pass


@inline
def _same(x, formats):
    return x


FLOAT = Arithmetic(np.float32, _new_plan, _nothing, _same, _same, activate_lanes, activate_lane)
"""float32, as ``network`` computes."""
