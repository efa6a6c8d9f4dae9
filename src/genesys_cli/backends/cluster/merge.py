"""Puts the tiles of an evaluation together again, to the bits of one that was never cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...genome.population import CONN_FIELDS, NODE_FIELDS, Population, empty_genes
from ..evaluation import Fault
from ..played import Met, Played, Sums, mean_of
from .tiles import Tile

_Done = TypeVar("_Done")


def in_order(parts: Sequence[tuple[Tile, _Done]]) -> list[tuple[Tile, _Done]]:
    """Return tiles in the order of genomes and episodes."""
    return sorted(parts, key=lambda part: (part[0].lo, part[0].first))


def joined(parts: Sequence[tuple[Tile, Played]], *, keep_returns: bool) -> Played:
    """Return what all genomes did. parts: tiles that cover the evaluation, and what came of each"""
    strips = [
        (lo, _across([played for _, played in group]))
        for (lo, _), group in groupby(in_order(parts), key=lambda part: (part[0].lo, part[0].hi))
    ]
    all_of = [played for _, played in strips]
    sums = [played.sums for played in all_of if played.sums is not None]
    return Played(
        np.concatenate([played.fitness for played in all_of]),
        np.concatenate([played.returns for played in all_of]) if keep_returns else np.empty((0, 0)),
        np.concatenate([played.steps for played in all_of]),
        np.concatenate([played.decisions for played in all_of]),
        np.concatenate([played.nodes for played in all_of]),
        np.concatenate([played.edges for played in all_of]),
        _ended(all_of),
        Sums(sum(each.observed for each in sums), np.concatenate([each.rows for each in sums])) if sums else None,
        tuple(fault for lo, played in strips for fault in moved(played.faults, lo)),
    )


def _across(pieces: Sequence[Played]) -> Played:
    """Return what genomes did in all their episodes, which lie in several tiles; these have kept their returns."""
    first, *others = pieces
    if not others:
        return first
    returns = np.concatenate([piece.returns for piece in pieces], axis=1)
    return Played(
        mean_of(returns),
        returns,
        np.sum([piece.steps for piece in pieces], axis=0),
        np.sum([piece.decisions for piece in pieces], axis=0),
        np.max([piece.nodes for piece in pieces], axis=0),  # 0 where a tile's episodes all failed
        np.max([piece.edges for piece in pieces], axis=0),
        _ended(pieces),
        None,  # sums of a genome's episodes are not those of its tiles, so that these are never cut across then
        tuple(fault for piece in pieces for fault in piece.faults),
    )


def _ended(pieces: Sequence[Played]) -> tuple[int, int] | None:
    ended = [piece.ended for piece in pieces if piece.ended is not None]
    return (sum(one for one, _ in ended), sum(other for _, other in ended)) if ended else None


def interleaved(parts: Sequence[tuple[NDArray[np.int64], Played]], size: int) -> Played:
    """Return what `size` genomes did, of which some played together. parts: which they are, (K,), and what they did"""
    members = np.concatenate([genomes for genomes, _ in parts])
    order = np.empty(size, np.int64)
    order[members] = np.arange(size)
    all_of = [played for _, played in parts]
    sums = None
    if all(played.sums is not None for played in all_of):
        found = [played.sums for played in all_of if played.sums is not None]
        # Of each genome a row, or one for each of its episodes.
        rows = np.concatenate([each.rows for each in found])
        rows = rows.reshape(size, -1, *rows.shape[1:])[order].reshape(rows.shape)
        sums = Sums(sum(each.observed for each in found), rows)
    faults = [
        fault if fault.genome is None else fault._replace(genome=int(genomes[fault.genome]))
        for genomes, played in parts
        for fault in played.faults
    ]

    def column(name: str) -> NDArray[Any]:
        joined: NDArray[Any] = np.concatenate([getattr(played, name) for played in all_of])
        return joined[order] if len(joined) == size else joined  # returns are empty where nobody asked for them

    columns = {name: column(name) for name in ("fitness", "returns", "steps", "decisions", "nodes", "edges")}
    ordered = sorted(faults, key=lambda fault: -1 if fault.genome is None else fault.genome)
    return Played(**columns, ended=_ended(all_of), sums=sums, faults=tuple(ordered))


def woven(parts: Sequence[Population], places: Sequence[NDArray[np.int64]]) -> Population:
    """Return a population that is made of several. places: (K,) of each part's genomes, where they are in it"""
    size = sum(part.size for part in parts)
    offsets = []
    for name in ("node_offsets", "conn_offsets"):
        lengths = np.empty(size, np.int64)
        for part, at in zip(parts, places, strict=True):
            lengths[at] = np.diff(getattr(part, name))
        offsets.append(np.concatenate(([0], np.cumsum(lengths))))
    fields: dict[str, Any] = empty_genes(offsets[0], offsets[1])
    for part, at in zip(parts, places, strict=True):
        for name, names, ends in (("node_offsets", NODE_FIELDS, offsets[0]), ("conn_offsets", CONN_FIELDS, offsets[1])):
            begins: NDArray[np.int64] = getattr(part, name)
            genes = np.arange(begins[-1]) + np.repeat(ends[at] - begins[:-1], np.diff(begins))
            for field in names:
                fields[field][genes] = getattr(part, field)
    return parts[0]._replace(**fields)


def moved(faults: Sequence[Fault], by: int) -> list[Fault]:
    """Return faults of a tile with the genomes that they have in the evaluation; by: the tile's first genome"""
    return [fault if fault.genome is None else fault._replace(genome=fault.genome + by) for fault in faults]


def met(parts: Sequence[tuple[Tile, Met]]) -> Met:
    """Return what became of all matches."""
    ordered = [found for _, found in in_order(parts)]
    used: NDArray[np.int64] = np.sum([found.used for found in ordered], axis=0)
    return Met(
        np.concatenate([found.scores for found in ordered]),
        used,
        np.max([found.nodes for found in ordered], axis=0),  # 0 for who is in none of the tile's matches
        np.max([found.edges for found in ordered], axis=0),
        sum(found.ended for found in ordered),
        tuple(fault for found in ordered for fault in found.faults),
    )
