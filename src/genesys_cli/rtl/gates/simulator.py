"""What switches in a netlist: an event-driven simulation with a delay for each way through each cell.

It counts hazards, which a simulation without delays cannot see and which are a large part of what a multiplier
switches. A pulse that is shorter than a cell's delay is swallowed by it, as in any simulator with inertial delay. One
kernel, whose arguments are plain arrays; ``activity.py`` makes them.

Time is in whole picoseconds. Of each net at most one change is pending, in a wheel of buckets, one for each ps, each a
list that is linked both ways.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import inline, kernel

WHEEL = 4096
"""Buckets of the wheel: a delay has to be shorter, in ps."""

PINS = 8
"""Most pins of a cell."""

LOGIC, REGISTER, GATE = 0, 1, 2
"""What an instance is."""


class Circuit(NamedTuple):
    """A netlist as arrays. I instances, N nets, T types of cells, P = PINS; a pin's number is its place in its cell.

    kind (I,) uint8: LOGIC, REGISTER or GATE; type (I,) int32; nets (I, P) int32: by pin, inputs first; -1: no pin
    n_in, n_out (T,) int32; tables (T, 2) uint64: truth table of each output over the inputs; of a register, over its
    state and its complement: 2 or 1
    data, clock (T,) int32: pins of a register or gate, the data of a gate being its enable
    first_sink (N + 1,), sink_of, sink_pin int32: what reads each net
    delays (I, 2, P, 2) int32: ps, by output, input and edge of the output
    quiet (T, P, 2, 2 ** P) int16: which energy of its type an edge of an input takes at a state of all pins, or -1
    moving (T, 2, P, 2, 2 ** 6) int16: which one an edge of an output takes, by its cause and the state of the inputs
    first_energy (I,) int32: where an instance's energies begin; one type's are alike
    """

    kind: np.ndarray
    type: np.ndarray
    nets: np.ndarray
    n_in: np.ndarray
    n_out: np.ndarray
    tables: np.ndarray
    data: np.ndarray
    clock: np.ndarray
    first_sink: np.ndarray
    sink_of: np.ndarray
    sink_pin: np.ndarray
    delays: np.ndarray
    quiet: np.ndarray
    moving: np.ndarray
    first_energy: np.ndarray


class Wheel(NamedTuple):
    """Pending changes. heads (WHEEL,), after, before (N,) int32: nets, or -1; due (N,) int64: when, or -1

    energy (N,) int32: which energy the change takes, or -1; pending (1,) int64: how many there are
    """

    heads: np.ndarray
    after: np.ndarray
    before: np.ndarray
    due: np.ndarray
    energy: np.ndarray
    pending: np.ndarray


class State(NamedTuple):
    """values (N,) uint8: of the nets; held (I,) uint8: what a register or the latch of a clock gate holds"""

    values: np.ndarray
    held: np.ndarray


class Counts(NamedTuple):
    """toggles (L, N) int64: changes of each net; energies (L, E) int64: how often each was taken; by label of a cycle

    late (1,) int64: cycles at whose end something was still pending
    """

    toggles: np.ndarray
    energies: np.ndarray
    late: np.ndarray


@inline
def _link(wheel, net, when):
    bucket = when % WHEEL
    head = wheel.heads[bucket]
    wheel.due[net] = when
    wheel.after[net] = head
    wheel.before[net] = -1
    if head >= 0:
        wheel.before[head] = net
    wheel.heads[bucket] = net
    wheel.pending[0] += 1


@inline
def _unlink(wheel, net):
    after, before = wheel.after[net], wheel.before[net]
    if before >= 0:
        wheel.after[before] = after
    else:
        wheel.heads[wheel.due[net] % WHEEL] = after
    if after >= 0:
        wheel.before[after] = before
    wheel.due[net] = -1
    wheel.pending[0] -= 1


@inline
def _inputs(circuit, state, i):
    """Return the values of an instance's inputs, the first pin's lowest."""
    found = 0
    for pin in range(circuit.n_in[circuit.type[i]]):
        found |= state.values[circuit.nets[i, pin]] << pin
    return found


@inline
def _count_quiet(circuit, state, counts, label, i, pin, edge):
    """Count what an edge of an input takes by itself; its net may have changed already, the outputs have not."""
    t = circuit.type[i]
    found = 0
    for other in range(circuit.n_in[t] + circuit.n_out[t]):
        found |= state.values[circuit.nets[i, other]] << other
    taken = circuit.quiet[t, pin, edge, found]
    if taken >= 0:
        counts.energies[label, circuit.first_energy[i] + taken] += 1


@inline
def _drive(circuit, state, wheel, i, output, cause, value, now):
    """Let an output follow: schedule its change, or take back one that is pending."""
    t = circuit.type[i]
    net = circuit.nets[i, circuit.n_in[t] + output]
    if wheel.due[net] >= 0:
        if state.values[net] == value:
            _unlink(wheel, net)
    elif state.values[net] != value:
        taken = circuit.moving[t, output, cause, value, _inputs(circuit, state, i)]
        wheel.energy[net] = -1 if taken < 0 else circuit.first_energy[i] + taken
        _link(wheel, net, now + circuit.delays[i, output, cause, value])


@inline
def _evaluate(circuit, state, wheel, i, cause, now):
    t = circuit.type[i]
    inputs = _inputs(circuit, state, i)
    for output in range(circuit.n_out[t]):
        value = np.uint8((circuit.tables[t, output] >> np.uint64(inputs)) & np.uint64(1))
        _drive(circuit, state, wheel, i, output, cause, value, now)


@inline
def _change(circuit, state, wheel, counts, label, net, now, clock_high):
    """Change a net that is no clock, and let what reads it follow."""
    value = np.uint8(1 - state.values[net])
    state.values[net] = value
    counts.toggles[label, net] += 1
    for at in range(circuit.first_sink[net], circuit.first_sink[net + 1]):
        i, pin = circuit.sink_of[at], circuit.sink_pin[at]
        if circuit.kind[i] == LOGIC:
            _evaluate(circuit, state, wheel, i, pin, now)
        else:
            _count_quiet(circuit, state, counts, label, i, pin, value)
            if circuit.kind[i] == GATE and not clock_high:
                state.held[i] = value


@inline
def _turn(circuit, state, wheel, counts, label, start, end, clock_high):
    """Let everything happen that is due from `start` on, before `end`, in its order."""
    now = start
    while now < end and wheel.pending[0] > 0:
        bucket = now % WHEEL
        net = wheel.heads[bucket]
        while net >= 0:
            _unlink(wheel, net)
            if wheel.energy[net] >= 0:
                counts.energies[label, wheel.energy[net]] += 1
            _change(circuit, state, wheel, counts, label, net, now, clock_high)
            net = wheel.heads[bucket]
        now += 1


@inline
def _clock(circuit, state, wheel, counts, label, clocks, value, now):
    """Move the clock and those behind its gates; registers take what their inputs were before.

    clocks (C,) int32: nets, each after the one that its gate reads
    """
    for place in range(clocks.size):
        net = clocks[place]
        if place > 0 and wheel.due[net] != -2 - int(value):
            continue  # its gate is closed
        wheel.due[net] = -1
        for at in range(circuit.first_sink[net], circuit.first_sink[net + 1]):
            i, pin = circuit.sink_of[at], circuit.sink_pin[at]
            t = circuit.type[i]
            if circuit.kind[i] == GATE:
                output = circuit.nets[i, circuit.n_in[t]]
                if (value == 1 and state.held[i] == 1) or (value == 0 and state.values[output] == 1):
                    taken = circuit.moving[t, 0, pin, value, _inputs(circuit, state, i)]
                    if taken >= 0:
                        counts.energies[label, circuit.first_energy[i] + taken] += 1
                    wheel.due[output] = -2 - int(value)
                else:
                    _count_quiet(circuit, state, counts, label, i, pin, value)
            else:
                _count_quiet(circuit, state, counts, label, i, pin, value)
                if value == 1:
                    state.held[i] = state.values[circuit.nets[i, circuit.data[t]]]
                    for output in range(circuit.n_out[t]):
                        new = np.uint8((circuit.tables[t, output] >> np.uint64(state.held[i])) & np.uint64(1))
                        _drive(circuit, state, wheel, i, output, pin, new, now)
        state.values[net] = value
        counts.toggles[label, net] += 1
    if value == 0:
        for i in range(circuit.kind.size):
            if circuit.kind[i] == GATE:
                state.held[i] = state.values[circuit.nets[i, circuit.data[circuit.type[i]]]]


@kernel
def simulate(circuit, state, wheel, counts, clocks, ports, stimulus, labels, watched, seen, period, input_delay):
    """Simulate some cycles, each from a rising edge of the clock to the next.

    clocks: see :func:`_clock`; ports (S,) int32: nets of inputs; stimulus (C, S) uint8: what they get in each cycle,
    `input_delay` ps after its beginning; labels (C,) int32: under which a cycle is counted
    watched (W,) int32: nets; seen (C, W) uint8: their values at the end of each cycle, filled in
    period: ps
    """
    now = np.int64(0)
    half = period // 2
    for cycle in range(stimulus.shape[0]):
        label = labels[cycle]
        _clock(circuit, state, wheel, counts, label, clocks, np.uint8(1), now)
        for place in range(ports.size):
            net = ports[place]
            if wheel.due[net] < 0 and state.values[net] != stimulus[cycle, place]:
                wheel.energy[net] = -1
                _link(wheel, net, now + input_delay)
        _turn(circuit, state, wheel, counts, label, now, now + half, True)
        _clock(circuit, state, wheel, counts, label, clocks, np.uint8(0), now + half)
        _turn(circuit, state, wheel, counts, label, now + half, now + period, False)
        counts.late[0] += wheel.pending[0] > 0
        for place in range(watched.size):
            seen[cycle, place] = state.values[watched[place]]
        now += period
