"""Seconds that a plain-Python NEAT takes for each kind of work, on the core that the shipped figures are from."""

from __future__ import annotations

from typing import NamedTuple

from ..ranges import Range


class Costs(NamedTuple):
    """Seconds each, of one core.

    step_s: a decision, beside what follows
    input_s: a number of the observation
    connection_s: a multiply-accumulate
    node_s: a node computed, beside its connections
    built_s: a gene, when a genome is made into a network, once a generation
    genome_s: a child, beside its genes
    crossed_s: a gene that both parents have
    copied_s: a gene that only the fitter parent has
    mutated_s: a gene that mutation visits
    distance_s: a gene that a compatibility distance reads, counted in both genomes
    """

    step_s: Range
    input_s: Range
    connection_s: Range
    node_s: Range
    built_s: Range
    genome_s: Range
    crossed_s: Range
    copied_s: Range
    mutated_s: Range
    distance_s: Range
