"""Settings of the algorithm: flat, under neat-python's names where it has them.

The schema is the only place that states a default, a range and a meaning; help, docs, presets and checks read it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ..names import ACTIVATIONS, AGGREGATIONS
from .base import CheckedTable

if TYPE_CHECKING:
    Activation = str
    Aggregation = str
else:
    Activation = Literal[ACTIVATIONS]
    Aggregation = Literal[AGGREGATIONS]

Probability = Annotated[float, Field(ge=0, le=1)]
Coefficient = Annotated[float, Field(ge=0, le=1e6)]
Real = Annotated[float, Field(ge=-1e6, le=1e6)]  # well inside float32, in which genes are kept
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class NeatSettings(CheckedTable):
    """How a population starts, is grouped into species, selected and varied."""

    population: int = Field(
        150,
        ge=2,
        le=100_000_000,
        description="Genomes in each generation.",
        json_schema_extra={"why": "crossover and species need at least 2 genomes"},
    )
    generations: int = Field(300, ge=1, le=1_000_000_000, description="Maximum number of generations.")

    feed_forward: bool = Field(
        True, description="Whether networks must be acyclic; false allows recurrent connections."
    )
    initial_connection: Literal["full", "partial", "one_input", "none"] = Field(
        "full",
        description="Initial topology: fully connected, a random fraction, one random input, or unconnected.",
    )
    connection_fraction: Probability = Field(
        0.5, description="Fraction of the possible connections in a partially connected first generation."
    )
    num_hidden: int = Field(0, ge=0, le=1000, description="Hidden nodes of each genome of the first generation.")
    initial_direct: bool = Field(
        False, description="Whether initial genomes with hidden nodes also connect inputs directly to outputs."
    )

    conn_add_prob: Probability = Field(0.2, description="Chance that a child gains a connection.")
    conn_delete_prob: Probability = Field(0.1, description="Chance that a child loses a connection.")
    node_add_prob: Probability = Field(0.1, description="Chance that a child gains a node, which splits a connection.")
    node_delete_prob: Probability = Field(0.05, description="Chance that a child loses a hidden node.")
    crossover_prob: Probability = Field(0.75, description="Chance that a child has two parents rather than one.")
    interspecies_prob: Probability = Field(
        0.001, description="Chance that the second parent comes from any species rather than the first parent's."
    )
    disable_prob: Probability = Field(
        0.75, description="Chance that a gene disabled in either parent is disabled in the child."
    )

    attribute_mutate_prob: Probability = Field(
        1.0,
        description="Chance that a child's weights, biases, responses and functions mutate at all, each at its own "
        "rate.",
    )
    mutate_distribution: Literal["normal", "uniform"] = Field(
        "normal", description="Distribution of perturbations and new values, with the standard deviations given."
    )
    weight_init_mean: Real = Field(0.0, description="Mean of a new connection's weight.")
    weight_init_stdev: Coefficient = Field(1.0, description="Standard deviation of a new connection's weight.")
    weight_min: Real = Field(-30.0, description="Smallest weight.")
    weight_max: Real = Field(30.0, description="Largest weight.")
    weight_mutate_rate: Probability = Field(0.8, description="Chance that a weight is perturbed, per gene and child.")
    weight_mutate_power: Coefficient = Field(0.5, description="Standard deviation of a weight's perturbation.")
    weight_replace_rate: Probability = Field(
        0.02, description="Chance that a weight is drawn anew, per gene and child."
    )

    bias_init_mean: Real = Field(0.0, description="Mean of a new node's bias.")
    bias_init_stdev: Coefficient = Field(1.0, description="Standard deviation of a new node's bias.")
    bias_min: Real = Field(-30.0, description="Smallest bias.")
    bias_max: Real = Field(30.0, description="Largest bias.")
    bias_mutate_rate: Probability = Field(0.7, description="Chance that a bias is perturbed, per gene and child.")
    bias_mutate_power: Coefficient = Field(0.5, description="Standard deviation of a bias's perturbation.")
    bias_replace_rate: Probability = Field(0.02, description="Chance that a bias is drawn anew, per gene and child.")

    response_init_mean: Real = Field(1.0, description="Mean of a new node's response, the factor on its input sum.")
    response_init_stdev: Coefficient = Field(0.0, description="Standard deviation of a new node's response.")
    response_min: Real = Field(-30.0, description="Smallest response.")
    response_max: Real = Field(30.0, description="Largest response.")
    response_mutate_rate: Probability = Field(
        0.0, description="Chance that a response is perturbed, per gene and child."
    )
    response_mutate_power: Coefficient = Field(0.0, description="Standard deviation of a response's perturbation.")
    response_replace_rate: Probability = Field(
        0.0, description="Chance that a response is drawn anew, per gene and child."
    )

    enabled_mutate_rate: Probability = Field(
        0.01, description="Chance that a connection is enabled or disabled, per gene and child."
    )

    activation_default: Activation = Field("tanh", description="Activation function of new nodes.")
    output_activation: Activation | None = Field(
        None,
        description="Activation function of output nodes, never mutated; none: as that of other nodes.",
    )
    activation_options: list[Activation] = Field(
        ["tanh"], min_length=1, description="Activation functions that a mutation chooses from."
    )
    activation_mutate_rate: Probability = Field(
        0.0, description="Chance that a node's activation function is chosen anew, per gene and child."
    )
    aggregation_default: Aggregation = Field(
        "sum", description="Aggregation function of new nodes, which combines a node's inputs."
    )
    aggregation_options: list[Aggregation] = Field(
        ["sum"], min_length=1, description="Aggregation functions that a mutation chooses from."
    )
    aggregation_mutate_rate: Probability = Field(
        0.0, description="Chance that a node's aggregation function is chosen anew, per gene and child."
    )

    compatibility_distance: Literal["paper", "neat-python"] = Field(
        "neat-python",
        description="Compatibility distance: of the 2002 paper, whose excess and disjoint genes are not divided by the "
        "genome's size below 20 connections, or neat-python's, which always divides.",
    )
    compatibility_threshold: float = Field(
        3.0, gt=0, le=1e6, description="Compatibility distance from which two genomes belong to different species."
    )
    target_species: Count = Field(
        0,
        description="Number of species that the threshold is fitted to in each generation; 0: it is fixed.",
    )
    compatibility_adjust: float = Field(
        3.0,
        ge=0,
        le=100,
        description="Largest relative change of the threshold per generation towards target_species; 3: to four times "
        "or a quarter.",
    )
    compatibility_excess_coefficient: Coefficient = Field(
        1.0, description="Weight of excess genes in the compatibility distance."
    )
    compatibility_disjoint_coefficient: Coefficient = Field(
        1.0, description="Weight of disjoint genes in the compatibility distance."
    )
    compatibility_weight_coefficient: Coefficient = Field(
        0.5, description="Weight of attribute differences of matching genes in the compatibility distance."
    )

    elitism: Count = Field(2, description="Number of best genomes of each species copied unchanged.")
    survival_threshold: float = Field(
        0.1, gt=0, le=1, description="Fraction of each species, best first, eligible as parents."
    )
    fitness_sharing: Literal["above_worst", "rank", "raw"] = Field(
        "above_worst",
        description="What a species' share of the offspring is in proportion to: mean fitness above the worst genome, "
        "mean rank, or mean fitness.",
    )
    share_step: float = Field(
        0.5, gt=0, le=1, description="Part of the way that a species' size moves to its share in each generation."
    )
    ties: Literal["smaller", "newer"] = Field(
        "smaller",
        description="Which of equally fit genomes ranks first: the one with fewer connections, or the newer one, where "
        "either of two parents may then count as the fitter.",
    )
    min_species_size: int = Field(
        2, ge=1, le=1_000_000, description="Minimum number of offspring of each surviving species."
    )
    max_stagnation: int = Field(
        20, ge=1, le=1_000_000_000, description="Generations without improvement after which a species is removed."
    )
    species_elitism: Count = Field(2, description="Number of best species protected from removal by stagnation.")
    reset_on_extinction: bool = Field(
        False,
        description="Whether a new first generation begins when every species has stagnated; else the best two go on.",
    )
    species_fitness: Literal["max", "mean"] = Field(
        "max", description="Which fitness of its members a species is judged by for stagnation."
    )

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name in ("weight", "bias", "response"):
            low, high = sound.get(f"{name}_min"), sound.get(f"{name}_max")
            if low is not None and high is not None and low > high:
                yield f"{name}_min", f"must not be above neat.{name}_max, which is {high!r}"
            mutate, replace = sound.get(f"{name}_mutate_rate"), sound.get(f"{name}_replace_rate")
            if mutate is not None and replace is not None and mutate + replace > 1 + 1e-9:
                yield (
                    f"{name}_mutate_rate",
                    f"with neat.{name}_replace_rate = {replace!r} must not come to more than 1",
                )
        for name in ("activation", "aggregation"):
            default, options = sound.get(f"{name}_default"), sound.get(f"{name}_options")
            if default is not None and options is not None and default not in options:
                yield f"{name}_default", f"must be one of neat.{name}_options, which are {', '.join(options)}"
        elitism, population = sound.get("elitism"), sound.get("population")
        if elitism is not None and population is not None and elitism >= population:
            yield "elitism", f"must be below neat.population, which is {population!r}"
        target = sound.get("target_species")
        if target is not None and population is not None and target > population:
            yield (
                "target_species",
                f"must be at most neat.population, which is {population!r}; each species has a member",
            )
