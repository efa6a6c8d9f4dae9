"""One network at a time, from Python: for replay and for users of the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.held import Held, bound
from ..compiled.jit import inline, kernel
from ..compiled.lanes import LANES, ROW
from ..compiled.plan import Plan, new_plan
from ..errors import UserError
from ..genome.population import Population
from .activate import activate_lane, advance_lane
from .plan import build_plan


@kernel
def plan_one(population, g, plan):
    """Plan genome `g`; see ``build_plan``."""
    return build_plan(population, g, plan, 0, 0)


@kernel
def new_one(max_nodes, max_conns):
    """Allocate a plan; see ``new_plan``."""
    return new_plan(1, max_nodes, max_conns)


class Stage(NamedTuple):
    """All that a kernel needs to step a network.

    n_nodes: of the plan; formats: what the arithmetic is told of its numbers; values, fresh, terms: as in ``activate``
    steps: (1,) int64, how many have been computed
    """

    plan: Plan
    n_nodes: int
    feed_forward: bool
    formats: Any
    values: NDArray[Any]
    fresh: NDArray[Any]
    terms: NDArray[np.float32]
    steps: NDArray[np.int64]


@kernel
def _hold(plan, n_nodes, feed_forward, formats, values, fresh, terms, steps):
    return Held(Stage(plan, n_nodes, feed_forward, formats, values, fresh, terms, steps))


def stepping(to_value: Callable[..., Any], from_value: Callable[..., Any], activate: Callable[..., Any]) -> Any:
    """Return a kernel that steps one network in an arithmetic, given by its building blocks for inlining.

    to_value, from_value: ``(x, formats)``, between float32 and what the arithmetic computes with; activate: as
    ``activate_lane``
    """

    @kernel
    def step_many(held, inputs, outputs):
        """Compute ``outputs[t]`` from ``inputs[t]`` for every t in turn; a recurrent network remembers in between.

        held: a :class:`Stage`; inputs: (T, I) float32; outputs: (T, O) float32, written
        """
        stage = held.content
        plan, n_nodes, feed_forward = stage.plan, stage.n_nodes, stage.feed_forward
        values, terms, formats = stage.values, stage.terms, stage.formats
        fresh = values if feed_forward else stage.fresh
        lane = np.uint64(0)
        n_inputs = inputs.shape[1]
        stage.steps[0] += inputs.shape[0]
        for t in range(inputs.shape[0]):
            for i in range(n_inputs):
                values[np.uint64(1 + i) * ROW] = to_value(inputs[t, i], formats)
            activate(plan, 0, n_nodes, values, fresh, terms, lane)
            if not feed_forward:
                advance_lane(plan, 0, n_nodes, values, fresh, lane)
            for k in range(outputs.shape[1]):
                outputs[t, k] = from_value(values[np.uint64(1 + n_inputs + k) * ROW], formats)

    return step_many


@inline
def _same(x, formats):
    return x


_step_many = stepping(_same, _same, activate_lane)


_BOUND = ("_held", "_step", "_input", "_output")  # of a network: what no other process can be handed


class Network:
    """The network of one genome, computing exactly what the evaluation kernels compute.

    Attributes:
        n_inputs: Inputs.
        n_outputs: Outputs.
        feed_forward: Whether it has no memory between steps.
        n_nodes: Nodes that are evaluated, since they lead to an output.
        n_connections: Connections that are evaluated.
        activations (int): Steps that have been computed since it was made.
    """

    _value_type: type = np.float32
    _step_many: Any = staticmethod(_step_many)
    _formats: Any = 0  # what the arithmetic is told of its numbers

    def __init__(self, population: Population, genome: int = 0, *, feed_forward: bool) -> None:
        """Plan the evaluation of a genome.

        Args:
            population: Any population.
            genome: Index of the genome that is meant.
            feed_forward: False for a network that remembers between steps.

        Raises:
            UserError: There is no such genome.
        """
        if not 0 <= genome < population.size:
            raise UserError(f"genome is {genome!r}: must be from 0 to {population.size - 1}, one that there is")
        nodes = int(population.node_offsets[genome + 1] - population.node_offsets[genome])
        conns = int(population.conn_offsets[genome + 1] - population.conn_offsets[genome])
        self.n_inputs = population.n_inputs
        self.n_outputs = population.n_outputs
        self.feed_forward = feed_forward
        self._plan, self.n_nodes, self.n_connections = self._planned(population, genome, nodes, conns)
        self._values: NDArray[Any] = np.zeros((1 + self.n_inputs + nodes) * LANES, self._value_type)
        self._fresh = np.zeros_like(self._values)
        self._terms = np.empty(max(conns, 1), np.float32)
        self._steps = np.zeros(1, np.int64)
        self._inputs = np.zeros((1, self.n_inputs), np.float32)
        self._outputs = np.zeros((1, self.n_outputs), np.float32)
        self._get_ready()

    def _get_ready(self) -> None:
        """Bind the kernel to the arrays, so that a step of a small network takes a microsecond."""
        scratch = self._values, self._fresh, self._terms, self._steps
        self._held = _hold(self._plan, self.n_nodes, self.feed_forward, self._formats, *scratch)
        self._step = bound(self._step_many, self._held, self._inputs, self._outputs)
        self._input, self._output = self._inputs[0], self._outputs[0]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _BOUND}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._get_ready()

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = new_one(nodes, conns)
        return plan, *plan_one(population, genome, plan)

    @property
    def activations(self) -> int:
        return int(self._steps[0])

    def reset(self) -> None:
        """Forget everything; call it at the start of an episode."""
        self._values[:] = 0

    def activate(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Compute one step.

        Args:
            inputs: (I,) numbers; an array of as many in another shape is read row by row.

        Returns:
            The outputs, (O,) float32.

        Raises:
            ValueError: There are not as many inputs.
        """
        try:
            if len(inputs) == self.n_inputs:  # type: ignore[arg-type]  # what has no length goes the other way
                self._input[:] = inputs
                self._step()
                return self._output.copy()
        except (TypeError, ValueError):
            pass
        row = np.asarray(inputs, np.float32)
        if inputs is None or row.size != self.n_inputs:  # None would be NaN
            shape = "are None" if inputs is None else f"have the shape {row.shape}"
            raise ValueError(f"inputs {shape}: give ({self.n_inputs},), a number for each input")
        return self.activate_many(row.reshape(1, -1))[0]

    def activate_many(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Compute T steps one after the other.

        Args:
            inputs: (T, I) numbers.

        Returns:
            The outputs, (T, O) float32.

        Raises:
            ValueError: The inputs have another shape.
        """
        steps = np.ascontiguousarray(inputs, np.float32)
        if steps.ndim != 2 or steps.shape[1] != self.n_inputs:
            raise ValueError(
                f"inputs have the shape {steps.shape}: give (T, {self.n_inputs}), a row of numbers for each step"
            )
        outputs = np.empty((len(steps), self.n_outputs), np.float32)
        self._step_many(self._held, steps, outputs)
        return outputs

    def activate_batch(self, inputs: ArrayLike) -> NDArray[np.float32]:
        """Compute N rows: :meth:`activate_many` under the name that says what steps are to a network without memory.

        Args:
            inputs: (N, I) numbers.

        Returns:
            The outputs, (N, O) float32.

        Raises:
            ValueError: The inputs have another shape.
        """
        return self.activate_many(inputs)
