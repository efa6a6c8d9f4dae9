"""Where the genomes of a generation are made and held: each by one actor, near its parents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...neat.selection import MatingPlan

SLACK = 0.02  # by which an actor may hold more than its share, before children go to others


class Shards(NamedTuple):
    """Which of N actors holds each of P genomes.

    owner: (P,) int32; place: (P,) int32, index among those that its owner holds
    members: N arrays of int64, the genomes that each holds, ascending
    """

    owner: NDArray[np.int32]
    place: NDArray[np.int32]
    members: tuple[NDArray[np.int64], ...]


class Brood(NamedTuple):
    """What an actor is told of the children that it is to make.

    children: (C,) uint32, which of the generation they are, ascending
    plan: of these; its parents are places in a pool of genomes: those of actor 0, then of actor 1, and so on
    wanted: N arrays of int32, the places of these genomes at each actor
    """

    children: NDArray[np.uint32]
    plan: MatingPlan
    wanted: tuple[NDArray[np.int32], ...]


def shards_of(owner: NDArray[np.int32], actors: int) -> Shards:
    """Return the shards of genomes. owner: (P,) int32; actors: how many there are, N"""
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=actors)
    begins = np.cumsum(counts) - counts
    place = np.empty(len(owner), np.int32)
    place[order] = np.arange(len(owner)) - np.repeat(begins, counts)
    return Shards(owner, place, tuple(np.split(order, begins[1:])))


def in_portions(size: int, shares: Sequence[float]) -> NDArray[np.int32]:
    """Return the owners of genomes that are all here, (P,) int32: neighbours stay together. shares: of each actor"""
    ends = np.rint(np.cumsum(shares) / np.sum(shares) * size).astype(np.int64)
    return np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))


def near_parents(wanted: NDArray[np.int32], shares: Sequence[float]) -> NDArray[np.int32]:
    """Return who makes each child, (P,) int32: its wanted owner, as far as that one has no more than its share.

    wanted: (P,) int32, owner of each child's fitter parent; shares: of each actor, as large as they are fast
    """
    size, actors = len(wanted), len(shares)
    most = np.ceil(np.asarray(shares) / np.sum(shares) * size * (1 + SLACK)).astype(np.int64)
    counts = np.bincount(wanted, minlength=actors)
    room = np.maximum(most - counts, 0)
    owner = wanted.copy()
    moved = [np.flatnonzero(wanted == k)[most[k] :] for k in np.flatnonzero(counts > most)]
    if moved:
        leaving = np.concatenate(moved)
        owner[leaving] = np.repeat(np.arange(actors, dtype=np.int32), room)[: len(leaving)]
    return owner


def broods_of(plan: MatingPlan, parents: Shards, children: Shards) -> list[Brood]:
    """Return what each actor is told. plan: of a generation; parents, children: where these are, and are to be"""
    actors = len(children.members)
    is_wanted, at = np.zeros(len(parents.owner), np.bool_), np.empty(len(parents.owner), np.int32)
    broods = []
    for members in children.members:
        fitter, other = plan.fitter[members], plan.other[members]
        is_wanted[fitter] = is_wanted[other] = True
        pool = np.flatnonzero(is_wanted)
        is_wanted[pool] = False
        owner = parents.owner[pool]
        pool = pool[np.argsort(owner, kind="stable")]
        at[pool] = np.arange(len(pool), dtype=np.int32)
        ends = np.cumsum(np.bincount(owner, minlength=actors))[:-1]
        local = MatingPlan(at[fitter], at[other], plan.elite[members])
        broods.append(Brood(members.astype(np.uint32), local, tuple(np.split(parents.place[pool], ends))))
    return broods
