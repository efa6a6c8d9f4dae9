"""Compatibility distance between two genomes, and the assignment of genomes to species by it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import inline, kernel
from ...genome.access import genes_of

SMALL = 20  # connection genes below which the paper's distance does not divide by their number


class Coefficients(NamedTuple):
    """Of the compatibility distance: of excess genes, of disjoint genes, of differences between matching genes.

    paper: whether they are combined as in the 2002 paper
    """

    excess: float
    disjoint: float
    weight: float
    paper: bool = False


@inline
def distance(first, a, second, b, coefficients):
    """Return the compatibility distance of genome `a` of `first` and genome `b` of `second` (populations), float64."""
    if coefficients.paper:
        return paper_distance(first, a, second, b, coefficients)
    return normalised_distance(first, a, second, b, coefficients)


@inline
def paper_distance(first, a, second, b, coefficients):
    """Return the distance of Stanley & Miikkulainen 2002, equation 1: ``(E c_excess + D c_disjoint) / N + W c_weight``.

    E and D count excess and disjoint connection genes. N is the larger number of connection genes, or 1 where both
    genomes have fewer than SMALL. W is the mean difference of matching genes: of the weights of connections and, since
    a bias is a connection in the paper, of the attributes of nodes as in :func:`normalised_distance`.
    """
    i, i_end = first.conn_offsets[a], first.conn_offsets[a + 1]
    j, j_end = second.conn_offsets[b], second.conn_offsets[b + 1]
    longer = max(i_end - i, j_end - j)
    unmatched = 0
    matching = 0
    difference = 0.0
    while i < i_end and j < j_end:
        if first.conn_innovation[i] == second.conn_innovation[j]:
            difference += abs(np.float64(first.conn_weight[i]) - np.float64(second.conn_weight[j]))
            matching += 1
            i += 1
            j += 1
        else:
            unmatched += 1
            if first.conn_innovation[i] < second.conn_innovation[j]:
                i += 1
            else:
                j += 1
    beyond = (i_end - i) + (j_end - j)
    structure = coefficients.disjoint * unmatched + coefficients.excess * beyond
    if longer >= SMALL:
        structure /= longer

    i, i_end = first.node_offsets[a], first.node_offsets[a + 1]
    j, j_end = second.node_offsets[b], second.node_offsets[b + 1]
    while i < i_end and j < j_end:
        if first.node_id[i] == second.node_id[j]:
            difference += _between_nodes(first, i, second, j)
            matching += 1
            i += 1
            j += 1
        elif first.node_id[i] < second.node_id[j]:
            i += 1
        else:
            j += 1
    return structure + coefficients.weight * difference / matching


@inline
def _between_nodes(first, i, second, j):
    """Return the difference of two node genes' attributes."""
    difference = abs(np.float64(first.node_bias[i]) - np.float64(second.node_bias[j]))
    difference += abs(np.float64(first.node_response[i]) - np.float64(second.node_response[j]))
    difference += 1.0 if first.node_activation[i] != second.node_activation[j] else 0.0
    difference += 1.0 if first.node_aggregation[i] != second.node_aggregation[j] else 0.0
    return difference


@inline
def normalised_distance(first, a, second, b, coefficients):
    """Return neat-python's distance: ``(E c_excess + D c_disjoint + W c_weight) / N`` for each kind of genes, summed.

    For connection genes and for node genes: E and D count excess and disjoint ones, N is the larger number of genes,
    and W sums the differences of matching genes: of weight and enabled flag; of bias and response, plus 1 for another
    activation or aggregation. Equal to neat-python's when both structural coefficients are equal (it tells no excess
    from disjoint genes).
    """
    excess, disjoint, weight = coefficients.excess, coefficients.disjoint, coefficients.weight
    i, i_end = first.node_offsets[a], first.node_offsets[a + 1]
    j, j_end = second.node_offsets[b], second.node_offsets[b + 1]
    longer = max(i_end - i, j_end - j)
    unmatched = 0
    difference = 0.0
    while i < i_end and j < j_end:
        if first.node_id[i] == second.node_id[j]:
            difference += _between_nodes(first, i, second, j)
            i += 1
            j += 1
        else:
            unmatched += 1
            if first.node_id[i] < second.node_id[j]:
                i += 1
            else:
                j += 1
    beyond = (i_end - i) + (j_end - j)
    result = (weight * difference + disjoint * unmatched + excess * beyond) / longer

    i, i_end = first.conn_offsets[a], first.conn_offsets[a + 1]
    j, j_end = second.conn_offsets[b], second.conn_offsets[b + 1]
    longer = max(i_end - i, j_end - j)
    if longer == 0:
        return result
    unmatched = 0
    difference = 0.0
    while i < i_end and j < j_end:
        if first.conn_innovation[i] == second.conn_innovation[j]:
            difference += abs(np.float64(first.conn_weight[i]) - np.float64(second.conn_weight[j]))
            difference += 1.0 if first.conn_enabled[i] != second.conn_enabled[j] else 0.0
            i += 1
            j += 1
        else:
            unmatched += 1
            if first.conn_innovation[i] < second.conn_innovation[j]:
                i += 1
            else:
                j += 1
    beyond = (i_end - i) + (j_end - j)
    return result + (weight * difference + disjoint * unmatched + excess * beyond) / longer


@kernel
def assign_species(population, lo, hi, representatives, coefficients, threshold, member_of):
    """Write to ``member_of[lo:hi]`` (int32) the first species whose representative is nearer than `threshold`, or -1.

    representatives: a population whose genome s represents species s. Returns how many distances were computed, and how
    many genes were read for them.
    """
    n_species = len(representatives.node_offsets) - 1
    compared = 0
    read = 0
    for g in range(lo, hi):
        member_of[g] = -1
        for s in range(n_species):
            compared += 1
            read += genes_of(population, g) + genes_of(representatives, s)
            if distance(population, g, representatives, s, coefficients) < threshold:
                member_of[g] = s
                break
    return compared, read


@kernel
def found_species(population, unassigned, n_species, coefficients, threshold, member_of, founders):
    """Give each `unassigned` genome (int64, ascending) the first new species that fits, or found one.

    n_species: how many species exist already; member_of: (P,) int32, written; founders: int64, room for each unassigned
    genome, receives the genome that founded each new species. Returns the number of new species, of distances computed
    and of genes read for them.
    """
    new = 0
    compared = 0
    read = 0
    for g in unassigned:
        fits = -1
        for s in range(new):
            compared += 1
            read += genes_of(population, g) + genes_of(population, founders[s])
            if distance(population, g, population, founders[s], coefficients) < threshold:
                fits = s
                break
        if fits < 0:
            fits = new
            founders[new] = g
            new += 1
        member_of[g] = n_species + fits
    return new, compared, read


@kernel
def pair_distances(first, firsts, second, seconds, coefficients, out):
    """Write to `out` (float64) the distance of each pair ``(firsts[k], seconds[k])``; for analysis and tests."""
    for k in range(len(firsts)):
        out[k] = distance(first, firsts[k], second, seconds[k], coefficients)
