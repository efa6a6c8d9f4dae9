"""A champion as data: what it makes of an observation, its network in the order of evaluation, and its actions.

Numbered places hold the values of a step: inputs first, then the nodes in the order in which they are computed. Nodes
from which no enabled path leads to an output are left out. A recurrent network's nodes read the inputs of this step and
the nodes of the step before, which are 0 at the start of an episode.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..accelerator.adam.numbers import FixedPoint
from ..accelerator.adam.tables import check_activations, check_aggregations
from ..backends.chip.numerics import fixed_point
from ..backends.numerics import FLOAT32, Numerics, numerics_of
from ..backends.stepped.actor import Actor
from ..compiled.lanes import LANES
from ..config.schema import ChipSettings, Settings
from ..envs.conditions import Conditions, conditions_of
from ..envs.registry import validation_starts
from ..errors import UserError
from ..files.champion import StoredChampion
from ..genome.population import Population
from ..names import ACTIVATIONS, AGGREGATIONS
from ..network.network import new_one, plan_one
from .actions import Actions, Interface, interface_of
from .formats import ARITHMETICS

SAMPLES = 8  # observations whose actions an export carries along


class Node(NamedTuple):
    """A node computes ``activation(bias + response * aggregation(weight * value ...))``.

    id: as in the genome; sources: numbers of the places that it reads, in the order in which they are added
    """

    id: int
    activation: str
    aggregation: str
    bias: np.float32
    response: np.float32
    sources: tuple[int, ...]
    weights: tuple[np.float32, ...]


class Samples(NamedTuple):
    """Steps of one episode, one after the other.

    observations: (T, I) float32; outputs: (T, O) float32, of the network; actions: (T, R), in the space's dtype
    """

    observations: NDArray[np.float32]
    outputs: NDArray[np.float32]
    actions: NDArray[Any]


class Controller(NamedTuple):
    """Everything that an export says.

    conditions: how observations become inputs, and how long an action lasts; of a world that has not changed
    nodes: in the order of evaluation; outputs: (O,) places of the network's outputs
    fixed: formats and tables of the chip; None: float32
    facts: environment, generation and so on, for people
    """

    interface: Interface
    conditions: Conditions
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    feed_forward: bool
    fixed: FixedPoint | None
    samples: Samples
    facts: dict[str, Any]

    @property
    def n_inputs(self) -> int:
        return len(self.conditions.offset)

    @property
    def n_connections(self) -> int:
        return sum(len(node.sources) for node in self.nodes)

    @property
    def actions(self) -> Actions:
        return self.interface.actions


def controller_of(stored: StoredChampion, arithmetic: str | None = None) -> Controller:
    """Return a stored champion as a controller.

    arithmetic: ``float``, ``fixed``, or None: that of the backend of its run. Raises UserError where the chip has no
    such function, or the environment is not known.
    """
    champion, settings = stored.champion, stored.settings
    own = numerics_of(settings)
    numerics = _numerics(arithmetic or own.name, own, settings)
    genome = champion.genome
    interface = interface_of(settings, genome.n_inputs, genome.n_outputs)
    known = np.isfinite(champion.validated_fitness)
    validation = settings.evaluation.validation
    if validation is not None:
        episodes = validation_starts(settings)
    else:
        seedless = settings.problem.function is not None and not settings.problem.seeded
        episodes = None if seedless else len(champion.returns) or settings.evaluation.validate_episodes
    facts = {
        "environment": interface.environment.id,
        "generation": champion.generation,
        "training_fitness": champion.training_fitness,
        "fitness": champion.validated_fitness if known else None,
        **({} if validation is None else {"validation": validation}),
        "episodes": episodes if known else None,
        "backend": settings.run.backend,
        "arithmetic": numerics.name,
        "evolved_in": own.name,
        **({} if settings.data.file is None else {"loss": settings.data.loss}),
        **({"classes": list(settings.data.classes)} if settings.data.classes else {}),
    }
    return controller(genome, settings, interface, champion.offset, champion.scale, facts, numerics)


def controller(
    genome: Population,
    settings: Settings,
    interface: Interface,
    offset: NDArray[np.float32],
    scale: NDArray[np.float32],
    facts: dict[str, Any],
    numerics: Numerics,
) -> Controller:
    """Return the first genome of a population as a controller that computes so; the others as its fields say."""
    if not (np.isfinite(offset).all() and np.isfinite(scale).all()):
        raise UserError(
            "the offset or scale of its inputs holds a number that is not finite, so that nothing follows from what it "
            "observes; it cannot be exported"
        )
    conditions = conditions_of(settings, interface.environment)._replace(offset=offset, scale=scale)
    fixed = isinstance(numerics.formats, FixedPoint)
    if fixed:
        _check_functions(genome, settings.target_chip)
    genome = numerics.adopt(genome.select(np.array([0])))
    nodes, outputs = _nodes(genome)
    return Controller(
        interface,
        conditions,
        nodes,
        outputs,
        settings.neat.feed_forward,
        numerics.formats if fixed else None,
        _samples(genome, interface, conditions, numerics, feed_forward=settings.neat.feed_forward),
        facts,
    )


def _numerics(arithmetic: str, own: Numerics, settings: Settings) -> Numerics:
    """Return an arithmetic by its name; raises UserError where exports do not know it."""
    if arithmetic == FLOAT32.name:
        return FLOAT32
    if arithmetic == "fixed":
        return own if own.name == arithmetic else fixed_point(settings.target_chip)
    raise UserError(
        f"the run's backend, {settings.run.backend}, computes in {arithmetic}, which no export repeats; choose "
        f"--arithmetic {' or '.join(ARITHMETICS)}"
    )


def _check_functions(genome: Population, chip: ChipSettings) -> None:
    """Complain of functions of a genome's nodes that the chip has not."""
    try:
        check_activations([ACTIVATIONS[kind] for kind in np.unique(genome.node_activation)], chip.adam.activations)
        check_aggregations([AGGREGATIONS[kind] for kind in np.unique(genome.node_aggregation)])
    except UserError as error:
        raise UserError(f"the network cannot be exported in fixed point: {error}") from None


def _nodes(genome: Population) -> tuple[tuple[Node, ...], tuple[int, ...]]:
    """Return the nodes of a genome in the order of evaluation, and the places of the outputs."""
    plan = new_one(len(genome.node_id), len(genome.conn_in))
    count, _ = plan_one(genome, 0, plan)
    inputs = genome.n_inputs
    local = [int(row) // LANES - 1 - inputs for row in plan.row[:count]]
    place = {1 + k: k for k in range(inputs)} | {1 + inputs + node: inputs + j for j, node in enumerate(local)}
    nodes = []
    for j, node in enumerate(local):
        start, end = plan.conn_start[j], plan.conn_start[j] + plan.conn_count[j]
        nodes.append(
            Node(
                int(genome.node_id[node]),
                ACTIVATIONS[plan.activation[j]],
                AGGREGATIONS[plan.aggregation[j]],
                np.float32(plan.bias[j]),
                np.float32(plan.response[j]),
                tuple(place[int(row) // LANES] for row in plan.conn_source[start:end]),
                tuple(map(np.float32, plan.conn_weight[start:end])),
            )
        )
    return tuple(nodes), tuple(place[1 + inputs + k] for k in range(genome.n_outputs))


def _samples(
    genome: Population, interface: Interface, conditions: Conditions, numerics: Numerics, *, feed_forward: bool
) -> Samples:
    """Return what the kernels decide in some steps. Observations are random, and equal for equal champions."""
    rng = np.random.default_rng(0)
    offset, scale = conditions.offset, conditions.scale
    spread = np.divide(1.0, scale, out=np.ones_like(scale), where=scale != 0)
    with np.errstate(over="ignore"):
        observations = (offset + spread * rng.normal(size=(SAMPLES, len(offset)))).astype(np.float32)
        observations = (np.round(observations * 64) / 64 + 0).astype(np.float32)  # few digits, and no negative zero
    inputs = np.clip((observations - offset) * scale, np.float32(-conditions.clip), np.float32(conditions.clip))
    outputs = numerics.network(genome, feed_forward=feed_forward).activate_many(inputs)
    finite = np.isfinite(outputs).all(axis=1) & np.isfinite(observations).all(axis=1)
    sound = int(np.argmin(np.append(finite, False)))  # until something overflows
    actor = Actor(numerics, interface.environment, genome, conditions, feed_forward=feed_forward)
    actor.begin(0)
    actions = np.empty((sound, interface.actions.rows), interface.actions.dtype)
    for observation, row in zip(observations[:sound], actions, strict=True):
        actor.decide(observation)
        row[:] = interface.actions.of_row(actor.row)
    return Samples(observations[:sound], outputs[:sound], actions)
