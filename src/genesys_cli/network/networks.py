"""All networks of a population, which remember between calls what recurrent ones have to."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.jit import inline, kernel
from ..compiled.lanes import LANES, ROW
from ..compiled.plan import Plan, new_plan
from ..compiled.threads import Threads, sharing
from ..errors import UserError
from ..facts import CHUNK
from ..genome.access import largest
from ..genome.population import Population, check_arrays, check_shapes
from .activate import activate_lanes, advance_lanes
from .batch import least_worth, real_inputs, refuse_cycles, steps_of
from .network import Network
from .plan import build_plan, has_cycle


class Planned(NamedTuple):
    """The evaluation plans of P genomes with N node genes and C connection genes in all, end to end.

    Fields as in :class:`..compiled.plan.Plan`; genome g has its nodes from ``node_offsets[g]`` on.

    n_nodes: (P,) int64, how many of them are evaluated
    """

    row: NDArray[np.uint64]
    bias: NDArray[np.float32]
    response: NDArray[np.float32]
    activation: NDArray[np.uint8]
    aggregation: NDArray[np.uint8]
    conn_start: NDArray[np.int64]
    conn_count: NDArray[np.int64]
    conn_source: NDArray[np.uint64]
    conn_weight: NDArray[np.float32]
    n_nodes: NDArray[np.int64]


@kernel
def plan_range(population, lo, hi, planned, feed_forward):
    """Write the plans of genomes ``lo .. hi``; return the first that has a cycle and must not, or -1."""
    max_nodes, max_conns = largest(population, lo, hi)
    return _plan(population, lo, hi, planned, feed_forward, new_plan(1, max_nodes, max_conns))


@inline
def _plan(population, lo, hi, planned, feed_forward, scratch):
    """Do the work of :func:`plan_range`; by itself, since a function that allocates counts references of views."""
    plan = _plan_of(planned, scratch, 0, len(planned.row))
    for g in range(lo, hi):
        first = population.node_offsets[g]
        n_nodes, _ = build_plan(population, g, plan, first, population.conn_offsets[g] + CHUNK * first)
        planned.n_nodes[g] = n_nodes
        own = _plan_of(planned, scratch, first, first + n_nodes)
        if feed_forward and has_cycle(own, n_nodes, population.n_inputs):
            return g
    return -1


@inline
def _plan_of(planned, scratch, lo, hi):
    """Return nodes ``lo .. hi`` as a plan of their own."""
    return Plan(
        planned.row[lo:hi],
        planned.bias[lo:hi],
        planned.response[lo:hi],
        planned.activation[lo:hi],
        planned.aggregation[lo:hi],
        planned.conn_start[lo:hi],
        planned.conn_count[lo:hi],
        planned.conn_source,
        planned.conn_weight,
        scratch.in_start,
        scratch.in_next,
        scratch.in_source,
        scratch.in_weight,
        scratch.target,
        scratch.seen,
        scratch.stack,
    )


@kernel
def step_range(population, lo, hi, planned, feed_forward, lanes, inputs, memory, outputs):
    """Compute steps of genomes ``lo .. hi``, each in E copies.

    lanes: LANES, as a number that the compiler does not know, see ``compiled.lanes``
    inputs: (P, T, E, I) float32, or (1, T, E, I) where all genomes get the same; outputs: (P, T, E, O) float32. Rows of
        a feed-forward network are as many copies, which are computed side by side.
    memory: (N, E) float32, what each node holds; read and written where networks are recurrent
    """
    max_nodes, max_conns = largest(population, lo, hi)
    values = np.zeros((1 + inputs.shape[3] + max_nodes) * LANES, np.float32)
    fresh = values if feed_forward else np.zeros_like(values)
    total = np.empty(LANES, np.float32)
    terms = np.empty(max(max_conns, 1), np.float32)
    scratch = new_plan(1, 1, 1)
    _step(
        *(population, lo, hi, planned, scratch, feed_forward, lanes, inputs, memory, outputs),
        *(values, fresh, total, terms),
    )


@inline
def _step(
    population, lo, hi, planned, scratch, feed_forward, lanes, inputs, memory, outputs, values, fresh, total, terms
):
    """Do the work of :func:`step_range`; by itself, since a function that allocates counts references, slowly."""
    n_steps, copies, n_inputs = inputs.shape[1], inputs.shape[2], inputs.shape[3]
    shared = inputs.shape[0] == 1
    for g in range(lo, hi):
        own = 0 if shared else g
        begin, end = population.node_offsets[g], population.node_offsets[g + 1]
        plan, n_nodes = _plan_of(planned, scratch, begin, end), planned.n_nodes[g]
        for first in range(0, copies, lanes):
            used = min(lanes, copies - first)
            if not feed_forward:
                for node in range(end - begin):
                    row = np.uint64(1 + n_inputs + node) * ROW
                    for lane in range(used):
                        values[row + np.uint64(lane)] = memory[begin + node, first + lane]
            for t in range(n_steps):
                for i in range(n_inputs):
                    row = np.uint64(1 + i) * ROW
                    for lane in range(used):
                        values[row + np.uint64(lane)] = inputs[own, t, first + lane, i]
                activate_lanes(plan, n_nodes, values, fresh, total, terms, used)
                if not feed_forward:
                    advance_lanes(plan, n_nodes, values, fresh, used)
                for k in range(outputs.shape[3]):
                    row = np.uint64(1 + n_inputs + k) * ROW
                    for lane in range(used):
                        outputs[g, t, first + lane, k] = values[row + np.uint64(lane)]
            if not feed_forward:
                for node in range(end - begin):
                    row = np.uint64(1 + n_inputs + node) * ROW
                    for lane in range(used):
                        memory[begin + node, first + lane] = values[row + np.uint64(lane)]


class Networks(Sequence[Network]):
    """The networks of a population, in its order: ``networks[3]`` is one of them, ``len(networks)`` is P.

    Kernels compute them, all in one call, with the bits of ``genesys evolve``.

    Example:
        >>> from genesys_cli import neat
        >>> settings = neat.settings(population=50, feed_forward=False)
        >>> population, _ = neat.first_population(settings, n_inputs=2, n_outputs=1, seed=1)
        >>> networks = neat.Networks(population, feed_forward=False)
        >>> networks.activate([[0, 0], [0, 1], [1, 0]]).shape  # three steps, the same for all
        (50, 3, 1)
        >>> networks.reset()
        >>> networks.step([[0.5, 0.5]] * 50).shape  # one step, each on a row of its own
        (50, 1)

    Attributes:
        population: Their genomes, which are planned at the first step: what is written into them later is not seen.
        n_inputs: Inputs of each.
        n_outputs: Outputs of each.
        feed_forward: Whether they have no memory between steps.
        activations (NDArray[np.int64]): (P,), steps that each has computed, here or as ``networks[k]``.
    """

    def __init__(self, population: Population, *, feed_forward: bool, threads: Threads | None = None) -> None:
        """Take the networks of a population, of which nothing is computed yet.

        Args:
            population: P genomes, as the functions of ``genesys_cli.neat`` return them.
            feed_forward: False for networks that remember between steps.
            threads: That share the work; None: one for each core. Results do not depend on it.

        Raises:
            UserError: An array of the population has a wrong type or length.
        """
        check_arrays(population)
        check_shapes(population)
        self.population = population
        self.n_inputs = population.n_inputs
        self.n_outputs = population.n_outputs
        self.feed_forward = feed_forward
        self._threads = sharing(threads)
        self._single: list[Network | None] = [None] * population.size
        self._planned: Planned | None = None
        self._steps_of_all = 0
        self._memory = np.zeros((0, 0), np.float32)  # (N, E); of no copies before the first step

    def __repr__(self) -> str:
        kind = "feed-forward" if self.feed_forward else "recurrent"
        return f"<{len(self)} {kind} networks: {self.n_inputs} inputs, {self.n_outputs} outputs>"

    def __len__(self) -> int:
        return self.population.size

    @overload
    def __getitem__(self, index: int) -> Network: ...
    @overload
    def __getitem__(self, index: slice) -> list[Network]: ...
    def __getitem__(self, index: int | slice) -> Network | list[Network]:
        """Return a network, always the same one, which has a memory of its own; of a slice, a list."""
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        place = operator.index(index)
        found = self._single[place]  # raises IndexError
        if found is None:
            found = self._single[place] = self._network(place % len(self))
        return found

    def _network(self, genome: int) -> Network:
        return Network(self.population, genome, feed_forward=self.feed_forward)

    def __iter__(self) -> Iterator[Network]:
        return (self[k] for k in range(len(self)))

    @property
    def activations(self) -> NDArray[np.int64]:
        alone = [0 if one is None else one.activations for one in self._single]
        return np.array(alone, np.int64) + self._steps_of_all

    def sizes(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return how many nodes and connections of each network are evaluated, since they lead to an output.

        Returns:
            Both (P,) int32.
        """
        plans, starts = self._plans(), self.population.node_offsets[:-1]
        owner = np.repeat(np.arange(len(self)), np.diff(self.population.node_offsets))
        planned = np.arange(len(owner)) - starts[owner] < plans.n_nodes[owner]
        conns = np.bincount(owner[planned], plans.conn_count[planned], len(self))
        return plans.n_nodes.astype(np.int32), conns.astype(np.int32)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_threads": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _threads=sharing(None))

    def activate(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Compute the outputs of every network on N rows of inputs.

        A feed-forward network computes each row by itself. To a recurrent one rows are steps, one after the other; it
        goes on from what it remembers.

        Args:
            inputs: (N, I) real numbers, the same rows for every network, or (P, N, I), its own for each. They are
                rounded to float32.

        Returns:
            (P, N, O) float32. A number may be infinite or NaN where a network overflows.

        Raises:
            UserError: The inputs have another shape or are no numbers; or recurrent networks remember several episodes
                each, see ``step``.
        """
        rows = steps_of(inputs, self.population)
        return self._steps(rows[:, None])[:, 0] if self.feed_forward else self._steps(rows[:, :, None])[:, :, 0]

    def step(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Compute one step of every network on inputs of its own, as for a simulator of P worlds.

        Args:
            inputs: (P, I) real numbers, a row for each network; or (P, E, I), with E episodes of each network, which
                are remembered one by one.

        Returns:
            (P, O) float32, or (P, E, O).

        Raises:
            UserError: The inputs have another shape or are no numbers; or their number of episodes is another one than
                recurrent networks remember, see ``reset``.
        """
        size, width = len(self), self.n_inputs
        rows = real_inputs(inputs)
        if rows.ndim not in (2, 3) or rows.shape[0] != size or rows.shape[-1] != width:
            raise UserError(
                f"inputs have the shape {rows.shape}: give ({size}, {width}), a row for each network, or "
                f"({size}, E, {width}), a row for each of its E episodes"
            )
        found = self._steps(rows[:, None] if rows.ndim == 3 else rows[:, None, None])[:, 0]
        return found if rows.ndim == 3 else found[:, 0]

    def reset(self, which: ArrayLike | None = None) -> None:
        """Let networks forget what they remember of their steps, at the begin of episodes.

        ``networks[3]`` remembers for itself, and has a ``reset`` of its own.

        Args:
            which: (P,) booleans, True for the networks whose episodes begin; or (P, E), for single episodes of each.
                None: all, and the next step may have another number of episodes.

        Raises:
            UserError: They have another shape or are no booleans.
        """
        if which is None:
            self._memory = np.zeros((0, 0), np.float32)
            return
        mask, size, copies = np.asarray(which), len(self), self._memory.shape[1]
        fits = mask.shape[:1] == (size,) and mask.ndim <= 2 and (mask.ndim == 1 or copies in (0, mask.shape[1]))
        if mask.dtype != np.bool_ or not fits:
            episodes = f" or ({size}, {copies})" if copies else ""
            raise UserError(
                f"reset was given the shape {mask.shape} of {mask.dtype}: give ({size},){episodes} booleans, True "
                "where an episode begins"
            )
        if copies and mask.any():
            self._memory[np.repeat(mask, np.diff(self.population.node_offsets), axis=0)] = 0

    def _steps(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return outputs, (P, T, E, O), of inputs as of :func:`step_range`."""
        population, planned = self.population, self._plans()
        _, n_steps, copies, _ = inputs.shape
        self._begin(n_steps, copies)
        memory = self._memory
        outputs = np.empty((len(self), n_steps, copies, self.n_outputs), np.float32)
        lanes, feed_forward = LANES, self.feed_forward

        def work(_: int, lo: int, hi: int) -> None:
            step_range(population, lo, hi, planned, feed_forward, lanes, inputs, memory, outputs)

        self._threads.map(work, len(self), least_worth(population, n_steps * copies))
        return outputs

    def _begin(self, n_steps: int, copies: int) -> None:
        """Count steps of E copies of each network; raise UserError where it remembers another number of copies."""
        if not self.feed_forward:
            if not self._memory.shape[1]:
                self._memory = np.zeros((len(self.population.node_id), copies), np.float32)
            if copies != self._memory.shape[1]:
                raise UserError(
                    f"inputs are of {copies} episodes of each network, but it remembers {self._memory.shape[1]}: go on "
                    "with as many, or call reset() to begin others"
                )
        self._steps_of_all += n_steps * copies

    def _plans(self) -> Planned:
        if self._planned is None:
            population = self.population
            nodes, conns = len(population.node_id), len(population.conn_in) + CHUNK * len(population.node_id)
            planned = Planned(
                np.empty(nodes, np.uint64),
                np.empty(nodes, np.float32),
                np.empty(nodes, np.float32),
                np.empty(nodes, np.uint8),
                np.empty(nodes, np.uint8),
                np.empty(nodes, np.int64),
                np.empty(nodes, np.int64),
                np.empty(conns, np.uint64),
                np.empty(conns, np.float32),
                np.empty(len(self), np.int64),
            )
            cyclic = np.full(len(self._threads.ranges(len(self))), -1, np.int64)

            def work(k: int, lo: int, hi: int) -> None:
                cyclic[k] = plan_range(population, lo, hi, planned, self.feed_forward)

            self._threads.map(work, len(self))
            refuse_cycles(cyclic)
            self._planned = planned
        return self._planned
