"""What callers give to the functions of this package, looked at before a kernel reads it: kernels look at no bounds."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError

from ..config.neat import NeatSettings
from ..config.problems import as_user_error
from ..config.schema import Settings
from ..config.values import setting
from ..errors import UserError
from ..genome.population import Population, problems
from .kernels.rates import Draws

if TYPE_CHECKING:
    from .innovation import Counters
    from .selection import MatingPlan
    from .speciation import Species

LARGEST = 1e300
"""Size of a fitness beyond which a larger one makes no difference: sums over a population stay finite."""

_MOST_NODES = 2**31 - 1  # ids are int32, and the last one stands for a node that is yet to be numbered
_SHOWN = 5  # problems of a population that a message lists


def settings(**values: Any) -> NeatSettings:
    """Return the settings of NEAT: those given, and the defaults of the others.

    Args:
        **values: Settings by name, such as ``population=300`` or ``feed_forward=False``. ``genesys presets show
            CartPole`` lists and explains all of them, under ``[neat]``.

    Returns:
        Settings that cannot be changed; ``model_copy(update=...)`` does not check what it is given.

    Raises:
        UserError: A name is unknown, a value is out of its range, or two of them contradict each other; one message
            lists all that is wrong.

    Example:
        >>> from genesys_cli import neat
        >>> neat.settings(population=300, activation_default="sigmoid", activation_options=["sigmoid"]).population
        300
    """
    try:
        return Settings.model_validate({"neat": {name: setting(value) for name, value in values.items()}}).neat
    except ValidationError as error:
        raise as_user_error(error, {}) from None


def check(population: Population, *, feed_forward: bool) -> None:
    """Raise a UserError where a population is not one that the functions of this package can work on.

    Those that they return always are. One that was put together, or changed, by hand is to be checked once: the
    functions only look at the types and lengths of its arrays, and compiled code reads whatever a wrong id points to.

    Args:
        population: P genomes.
        feed_forward: Whether cycles are wrong, too.

    Raises:
        UserError: With the first few things that are wrong.

    Example:
        >>> from genesys_cli import neat
        >>> population, _ = neat.first_population(neat.settings(), 2, 1, seed=0)
        >>> population.conn_weight[:] = 0.5
        >>> neat.check(population, feed_forward=True)
    """
    check_kind("population", population, Population, "give one that first_population returned")
    found = list(problems(population, feed_forward=feed_forward))
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise UserError(f"the population is not valid: {'; '.join(found[:_SHOWN])}{more}")


def check_kind(name: str, value: object, kind: type, remedy: str) -> None:
    """Raise a UserError where an argument is not what one of the functions of this package returns."""
    if not isinstance(value, kind):
        raise UserError(f"{name} is of type {type(value).__name__}, not {kind.__name__}: {remedy}")


def check_settings(given: NeatSettings) -> None:
    """Raise a UserError where settings are not those of NEAT."""
    check_kind("settings", given, NeatSettings, "make them with neat.settings(...)")


def real_numbers(fitness: ArrayLike) -> NDArray[Any]:
    """Return fitness as an array; raises UserError where it is not one of real numbers."""
    try:
        given = np.asarray(fitness)
    except ValueError as error:
        raise UserError(f"fitness is no array: {error}") from None
    if given.dtype.kind not in "biuf":
        raise UserError(f"fitness has the type {given.dtype}: give an array of real numbers, one of each genome")
    return given


def fitness_of(fitness: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return the fitness of `size` genomes, (P,) float64; raises UserError where one is missing or not finite."""
    given = real_numbers(fitness)
    if given.shape != (size,):
        raise UserError(f"fitness has the shape {given.shape}: give ({size},), one number of each genome")
    values = np.ascontiguousarray(given, np.float64)
    if not np.abs(values).max() <= LARGEST:  # true of NaN, too
        wrong = np.flatnonzero(~(np.abs(values) <= LARGEST))
        raise UserError(
            f"the fitness of genome {wrong[0]} is {values[wrong[0]]:g}"
            f"{f', and {len(wrong)} genomes have such a fitness' if len(wrong) > 1 else ''}: it must be finite and at "
            f"most {LARGEST:g} in size; finite_fitness(fitness) gives such genomes that of the worst"
        )
    return values


def draws_of(seed: int, generation: int = 0) -> Draws:
    """Return what addresses the random words of a generation; raises UserError where a number is out of range."""
    for name, value in (("seed", seed), ("generation", generation)):
        try:
            number = operator.index(value)
        except TypeError:
            number = -1
        if not 0 <= number < 2**63:
            raise UserError(f"{name} is {value!r}: must be a whole number from 0 to {2**63 - 1}")
    return Draws(np.uint64(seed), np.uint64(generation))


def check_shape(n_inputs: int, n_outputs: int, n_hidden: int) -> None:
    """Raise a UserError where networks cannot have so many inputs and outputs."""
    for name, value in (("n_inputs", n_inputs), ("n_outputs", n_outputs)):
        if not isinstance(value, int | np.integer) or not 1 <= value < _MOST_NODES:
            raise UserError(f"{name} is {value!r}: must be a whole number of at least 1")
    if n_inputs + n_outputs + n_hidden >= _MOST_NODES:
        raise UserError(f"networks of {n_inputs} inputs, {n_outputs} outputs and {n_hidden} hidden nodes are too large")


def check_species(species: Species, population: Population, *, previous: bool) -> None:
    """Raise a UserError where species cannot be of a population. previous: or of the generation before it"""
    others = species.representatives
    if (others.n_inputs, others.n_outputs) != (population.n_inputs, population.n_outputs):
        raise UserError(
            f"the species are of networks with {others.n_inputs} inputs and {others.n_outputs} outputs, those of the "
            f"population have {population.n_inputs} and {population.n_outputs}"
        )
    if not previous and len(species.member_of) != population.size:
        raise UserError(
            f"the species have {len(species.member_of)} members, and the population {population.size} genomes: give "
            "what speciate returned for this population"
        )


def check_plan(plan: MatingPlan, population: Population) -> None:
    """Raise a UserError where a mating plan names parents that a population does not have."""
    for name, dtype in (("fitter", np.int32), ("other", np.int32), ("elite", np.uint8)):
        array = getattr(plan, name)
        if array.dtype != dtype or array.shape != (len(plan.fitter),):
            raise UserError(
                f"plan.{name} has the type {array.dtype} and the shape {array.shape}: must be {np.dtype(dtype)} and "
                f"({len(plan.fitter)},)"
            )
    if not len(plan.fitter):
        raise UserError("the mating plan has no children")
    for name in ("fitter", "other"):
        parents = getattr(plan, name)
        if parents.view(np.uint32).max() >= population.size:  # true of a negative one, too
            raise UserError(
                f"plan.{name} names genomes from {parents.min()} to {parents.max()}: must be from 0 to "
                f"{population.size - 1}, as many as the population has"
            )


def check_counters(counters: Counters, population: Population) -> None:
    """Raise a UserError where counters would give numbers again that genes of a population have."""
    last = max(population.n_inputs - 1, int(population.node_id.max(initial=-1)))
    newest = int(population.conn_innovation.max(initial=-1))
    if counters.next_node <= last or counters.next_innovation <= newest:
        raise UserError(
            f"counters go on with node {counters.next_node} and innovation {counters.next_innovation}, but the "
            f"population has node {last} and innovation {newest} already: give those that came with the population"
        )
