"""Kernels that play an episode up to where a network is to be computed, and on from there: a lane for each genome.

They are put together from the same blocks as those of the native environments, so that what surrounds a network is the
same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ...compiled.jit import kernel
from ...compiled.lanes import LANES
from ...facts import GUARD_BITS
from ..arithmetic import Arithmetic
from ..native.disturbed import disturbed_blocks
from ..native.episode import Dynamics, new_lanes, plain_blocks
from ..native.tally import add_up


class Rounds(NamedTuple):
    """What to do with sixteen lanes.

    room: ``(acting) -> LaneArrays``
    begin: ``(game, at, lane, episode)``, an episode in a lane
    sense: ``(game, at, formats, lanes, operands)``, write inputs as operands, (16, I) int32
    act: ``(game, at, formats, lanes, registers, left)``, act on outputs, (16, O) int32, advance all lanes, and write
        how many steps the episode in each may still have, (16,) int64
    close: ``(at, lane, g, finished, place, tally)``
    add_up: see ``native.tally``
    """

    room: Callable[..., Any]
    begin: Callable[..., None]
    sense: Callable[..., None]
    act: Callable[..., None]
    close: Callable[..., None]
    add_up: Callable[..., None]


@cache
def rounds_of(dynamics: Dynamics, arithmetic: Arithmetic, *, disturbed: bool) -> Rounds:
    """Return the kernels of an environment; disturbed: honour all conditions, see ``episode.is_plain``."""
    blocks = (disturbed_blocks if disturbed else plain_blocks)(dynamics, arithmetic)
    begin, sense, act, steps_left, close = blocks.begin, blocks.sense, blocks.act, blocks.steps_left, blocks.close
    n_inputs, n_outputs, state_size = dynamics.n_inputs, dynamics.n_outputs, dynamics.state_size
    row_type, value_type, source = dynamics.row_type, arithmetic.value_type, dynamics.source

    @kernel
    def room(acting):
        return new_lanes(state_size, n_inputs, n_outputs, 0, acting, row_type, value_type, True)

    @kernel
    def begin_lane(game, at, lane, episode):
        begin(game, at, lane, episode, 1.0)

    @kernel
    def sense_lanes(game, at, formats, lanes, operands):
        _ = source
        sense(game, at, formats, lanes)
        for i in range(n_inputs):
            for lane in range(lanes):
                operands[lane, i] = at.values[(1 + i) * LANES + lane] >> np.int32(GUARD_BITS)

    @kernel
    def act_lanes(game, at, formats, lanes, registers, left):
        _ = source
        for k in range(n_outputs):
            for lane in range(lanes):
                at.values[(1 + n_inputs + k) * LANES + lane] = registers[lane, k]
        act(game, at, formats, lanes)
        for lane in range(lanes):
            left[lane] = steps_left(game, at, lane)

    @kernel
    def close_lane(at, lane, g, finished, place, tally):
        close(at, lane, g, finished, place, tally)

    @kernel
    def add(finished, first, g, n_episodes, tally):
        add_up(finished, first, g, n_episodes, tally)

    return Rounds(room, begin_lane, sense_lanes, act_lanes, close_lane, add)
