"""The stages of a processing element: crossover, perturbation, delete gene, add gene; each for nodes and connections.

Each takes a gene word (uint64) and the slot's random words, and returns the gene as it leaves; what it counts is added
to the PE's counters. ``docs/accelerator-eve.md`` says what each does and which draw it uses.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline
from ..layout import HIDDEN, INPUT, OUTPUT, get, get_raw, put
from ..xorwow import DRAWS, xorwow
from .draws import B0, B1, B2, B3, byte, happens, mutated, noise, other_noise
from .registers import AT, CANDIDATES, DESTINATION, NO_END, SOURCE, Draws, Offered
from .thresholds import CONN_DELETE, NODE_ADD, NODE_DELETE

_ONE = np.uint64(1)


@inline
def draws_of(state):
    """Return the generator's next four words as a slot's Draws, and its state behind them."""
    r0, state = xorwow(state)
    r1, state = xorwow(state)
    r2, state = xorwow(state)
    r3, state = xorwow(state)
    return Draws(r0, r1, r2, r3), state


@inline
def crossover_node(slot, draws, thresholds, layout):
    gene = slot.gene
    if get(gene, layout.kind) != np.uint64(INPUT):
        bias = get(gene if byte(draws.crossover, B0) < thresholds.crossover else slot.mate, layout.bias)
        response = get(gene if byte(draws.crossover, B1) < thresholds.crossover else slot.mate, layout.response)
        function = get(gene if byte(draws.crossover, B2) < thresholds.crossover else slot.mate, layout.activation)
        gene = put(put(put(gene, layout.bias, bias), layout.response, response), layout.activation, function)
    return gene


@inline
def perturb_node(gene, draws, mutates, thresholds, layout, counts):
    """Perturb a node where the child's attributes mutate; an output keeps the activation that the settings fix."""
    kind = get(gene, layout.kind)
    if mutates and kind != np.uint64(INPUT):
        bias, touched, outside = mutated(
            get_raw(gene, layout.bias),
            thresholds.bias,
            layout.bias,
            byte(draws.perturb, B0),
            noise(draws.noise, thresholds.uniform),
        )
        response, touched_too, outside_too = mutated(
            get_raw(gene, layout.response),
            thresholds.response,
            layout.response,
            byte(draws.perturb, B1),
            other_noise(draws.noise, thresholds.uniform),
        )
        gene = put(put(gene, layout.bias, bias), layout.response, response)
        counts[AT.saturations] += outside + outside_too
        fixed = thresholds.output_fixed and kind == np.uint64(OUTPUT)
        chosen = byte(draws.perturb, B2) < thresholds.activation and not fixed
        if chosen:
            options = thresholds.activations
            gene = put(gene, layout.activation, options[(byte(draws.perturb, B3) * len(options)) >> 8])
        counts[AT.perturbations] += touched + touched_too + chosen
    return gene


@inline
def delete_node(gene, draws, events, thresholds, layout, n_deleted, scratch):
    """Say whether a node is deleted, and how many are in the file of deleted nodes then."""
    gone = False
    if get(gene, layout.kind) == np.uint64(HIDDEN) and happens(draws.events, B0, B1, events[NODE_DELETE]):
        if n_deleted < thresholds.max_deleted:
            scratch.deleted[n_deleted] = get(gene, layout.id)
            n_deleted += 1
            gone = True
        else:
            scratch.counts[AT.kept_nodes] += 1
    return gone, n_deleted


@inline
def crossover_conn(slot, draws, thresholds, layout):
    gene = slot.gene
    weight = get(gene if byte(draws.crossover, B0) < thresholds.crossover else slot.mate, layout.weight)
    enabled = get(gene, layout.enable)
    if slot.other and (enabled & get(slot.mate, layout.enable)) == np.uint64(0):
        enabled = np.uint64(0) if byte(draws.crossover, B1) < thresholds.disable else np.uint64(1)
    return put(put(gene, layout.weight, weight), layout.enable, enabled)


@inline
def perturb_conn(gene, draws, mutates, thresholds, layout, counts):
    """Perturb a connection's weight where the child's attributes mutate; the enabled flag is toggled in any child."""
    decision = byte(draws.perturb, B0) if mutates else np.int64(DRAWS)
    weight, touched, outside = mutated(
        get_raw(gene, layout.weight),
        thresholds.weight,
        layout.weight,
        decision,
        noise(draws.noise, thresholds.uniform),
    )
    toggled = byte(draws.crossover, B2) < thresholds.toggle
    counts[AT.saturations] += outside
    counts[AT.perturbations] += touched + toggled
    return put(put(gene, layout.weight, weight), layout.enable, get(gene, layout.enable) ^ np.uint64(toggled))


@inline
def delete_conn(gene, draws, events, layout, n_deleted, scratch):
    """Say whether a connection is deleted, or dangles since one of its ends was."""
    dangles = False
    for k in range(n_deleted):
        dangles |= scratch.deleted[k] == get(gene, layout.id) or scratch.deleted[k] == get(gene, layout.destination)
    if dangles:
        scratch.counts[AT.dangling_conns] += 1
        return True
    deleted = happens(draws.events, B0, B1, events[CONN_DELETE])
    scratch.counts[AT.deleted_conns] += deleted
    return deleted


@inline
def offer_node(gene, draws, offered, thresholds, layout, ends):
    """Add stage: take a node as an end of a new connection, if it can be one that is wanted."""
    kind = get(gene, layout.kind)
    may_be_source = kind != np.uint64(OUTPUT) or not thresholds.feed_forward
    may_be_destination = kind != np.uint64(INPUT)
    role = _wanted(offered, draws.crossover)
    if offered.role == NO_END and not may_be_source:
        role = np.int64(DESTINATION)
    if offered.role == NO_END and not may_be_destination:
        role = np.int64(SOURCE)
    if (role == SOURCE and may_be_source) or (role == DESTINATION and may_be_destination):
        offered = _take(offered, role, get(gene, layout.id), ends)
    return offered


@inline
def offer_conn(gene, draws, offered, layout, ends):
    """Add stage: take that end of a connection as an end of a new one that is wanted."""
    role = _wanted(offered, draws.crossover)
    return _take(offered, role, get(gene, layout.id) if role == SOURCE else get(gene, layout.destination), ends)


@inline
def _wanted(offered, draws):
    """Return the role that completes the end which waits; where none does, the one that a draw chooses."""
    return SOURCE + DESTINATION - offered.role if offered.role != NO_END else SOURCE + (byte(draws, B3) & 1)


@inline
def _take(offered, role, end, ends):
    """Hold one end of a new connection, or complete a candidate with the end that waits; return what is held then."""
    if offered.role == NO_END:
        return Offered(np.int64(role), end, offered.candidates)
    n = offered.candidates
    if n < CANDIDATES:
        ends[n, 0] = end if role == SOURCE else offered.id
        ends[n, 1] = offered.id if role == SOURCE else end
        n += 1
    return Offered(np.int64(NO_END), offered.id, n)


@inline
def splits(gene, draws, events, layout, largest, counts):
    """Say whether a connection is split: it is enabled, its event happens, and an id is free."""
    split = get(gene, layout.enable) != np.uint64(0) and happens(draws.perturb, B1, B2, events[NODE_ADD])
    if split and largest + _ONE >= np.uint64(layout.max_nodes):
        counts[AT.refused_nodes] += 1
        return False
    return split


@inline
def split_conn(gene, number, thresholds, layout, late):
    """Write the node `number` that splits a connection, the connection into it and the one out of it to `late`."""
    node = put(put(np.uint64(0), layout.id, number), layout.kind, np.uint64(HIDDEN))
    node = put(put(node, layout.bias, thresholds.bias_new), layout.response, thresholds.response_new)
    node = put(node, layout.activation, thresholds.activation_default)
    late[0] = put(node, layout.genome, get(gene, layout.genome))
    into = put(put(gene, layout.destination, number), layout.enable, np.uint64(1))
    late[1] = put(into, layout.weight, thresholds.weight_new)
    late[2] = put(gene, layout.id, number)
