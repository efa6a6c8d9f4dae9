"""How many bytes and messages a generation takes, by what is distributed: formulas, without a cluster.

What is written here of messages is what the code beside this sends; tests hold one to the other. Populations are
described by their means, so that a hundred million genomes on 10 000 nodes take no longer than a hundred on two.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.neat import NeatSettings
from ...envs.conditions import Conditions
from ...genome.population import CONN_FIELDS, DTYPES, NODE_FIELDS, Population
from ...neat.assignment import Near
from ...neat.innovation import Inventions, Numbers
from ...neat.kernels.counts import ReproductionCounts
from ...neat.kernels.distance import Coefficients
from ...neat.selection import MatingPlan
from ..played import Played, Sums
from ..workers.supervisor import Patience
from .holding import Made
from .litters import Litters, foreign_parents, litters_of
from .tiles import PORTIONS, SHORTEST_S, Tiles
from .traffic import size_of

Mode = Literal["evaluation", "generation"]
EVALUATION: Mode = "evaluation"
GENERATION: Mode = "generation"

_SIZES = {name: np.dtype(dtype).itemsize for name, dtype in DTYPES.items()}
NODE_BYTES = sum(_SIZES[name] for name in NODE_FIELDS)
CONN_BYTES = sum(_SIZES[name] for name in CONN_FIELDS)
OFFSET_BYTES = _SIZES["node_offsets"] + _SIZES["conn_offsets"]
PLAYED_BYTES = 8 + 8 + 8 + 4 + 4  # of a genome: fitness, steps, decisions, nodes, edges, see Played
NUMBER_BYTES = 8  # of a return, or of a sum
PLACE_BYTES = 4  # of a genome that is asked for: where it is
PLAN_BYTES = 4 + 4 + 4 + 1  # of a child: its index, fitter, other, elite
MEMBER_BYTES = 4  # of a genome: its species
COUNT_BYTES = 4 + 4  # of a child: how many genes of each kind it has
SPLIT_BYTES = 8 + 4 + 4 + 4 + 8  # of a child that splits a connection, see Inventions, without its hidden nodes
ADDED_BYTES = 8 + 4 + 4 + 8  # of one that adds a connection
ID_BYTES = 4  # of a node or a connection
SAMPLE = 500  # genomes that a threshold is fitted to, where there is a target of species
COUNTED = 1000  # tiles at most that are counted one by one
GATHERED_EVERY = 16  # generations at most from one gathering of all genomes to the next


class Genomes(NamedTuple):
    """A population by its means. size: how many genomes; nodes, conns: genes of each"""

    size: int
    nodes: float
    conns: float

    @property
    def each(self) -> float:
        """Bytes of a genome on its way."""
        return NODE_BYTES * self.nodes + CONN_BYTES * self.conns + OFFSET_BYTES


class Task(NamedTuple):
    """What genomes play, and what that is told by.

    episodes: of each; parted: whether those of a genome may be in several tiles; returns: whether each is kept
    sums: numbers that come back beside, of a genome; asked, told: bytes of a message and of an answer without genomes
    """

    episodes: int
    parted: bool
    returns: bool
    sums: int
    asked: int
    told: int


class Bytes(NamedTuple):
    """Of a generation, or of a part of it.

    messages: calls of actors by the driver; sent, received: bytes to actors and from them, at the driver
    between: bytes from actor to actor; fetches: messages for these
    """

    messages: float = 0.0
    sent: float = 0.0
    received: float = 0.0
    between: float = 0.0
    fetches: float = 0.0

    def __add__(self, other: Bytes) -> Bytes:  # type: ignore[override]
        return Bytes(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def total(self) -> float:
        """Bytes that cross the network; what goes from actor to actor crosses it once."""
        return self.sent + self.received + self.between


def task_of(
    conditions: Conditions | None, seeds: list[int], *, parted: bool, returns: bool, by_episode: bool = False
) -> Task:
    """Return what an evaluation is, for :func:`evaluation`: messages without genomes are packed to be measured.

    by_episode: whether sums of observations have a row for each episode, as those of workers, and not for each genome
    """
    nobody = Population(1, 1, **{name: _nothing(name) for name in DTYPES})
    inputs = len(conditions.offset) if conditions is not None and conditions.moments else 0
    sums = Sums(1, np.zeros((0, 2, inputs))) if inputs else None
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    counted = np.zeros(0, np.int32)
    played = Played(none, np.zeros((0, 0)), whole, whole, counted, counted, (1000, 1000), sums)
    return Task(
        len(seeds),
        parted and not inputs,
        returns,
        2 * inputs * (len(seeds) if by_episode else 1),
        size_of([nobody, seeds, conditions, returns, Patience.PART]),
        size_of(played),
    )


def _nothing(name: str) -> NDArray[Any]:
    return np.zeros(1 if name.endswith("_offsets") else 0, DTYPES[name])


class Cut(NamedTuple):
    """tiles: of an evaluation; carried: genomes that lie in them, one whose episodes are parted several times"""

    tiles: float
    carried: float


def cut(count: int, episodes: int, actors: int, rate: float, *, parted: bool) -> Cut:
    """Return how :class:`.tiles.Tiles` cuts an evaluation for actors that are equally fast: counted, or if many, about.

    rate: episodes that an actor does in a second
    """
    found = about(count, episodes, actors, rate, parted=parted)
    if found.tiles > COUNTED:
        return found
    tiles, number, carried = Tiles(count, episodes, across=parted), 0, 0
    while (tile := tiles.take(1 / actors, rate)) is not None:
        number, carried = number + 1, carried + tile.hi - tile.lo
    return Cut(number, carried)


def about(count: int, episodes: int, actors: int, rate: float, *, parted: bool) -> Cut:
    """Return what :func:`cut` does by a formula, which takes as long for any numbers."""
    left, part = float(count * episodes), float(PORTIONS * actors)
    least = max(1.0, rate * SHORTEST_S)
    whole = max(1.0, round(max(least, episodes) / episodes)) * episodes  # of the smallest tile of whole genomes
    if least >= episodes or not parted:
        return Cut(max(1.0, _shrinking(left, part, whole) + math.ceil(min(left, part * whole) / whole)), count)
    tiles = _shrinking(left, part, whole)
    rest = min(float(count), part)  # genomes whose episodes are parted, fewer and fewer at a time
    places = np.arange(int(rest))
    columns = np.maximum(round(least), np.rint((rest - places) * episodes / part))
    pieces = float(np.ceil(episodes / np.minimum(columns, episodes)).sum())
    return Cut(tiles + pieces, count - int(rest) + pieces)


def _shrinking(left: float, part: float, whole: float) -> float:
    """Return the tiles that are larger than `whole`: each takes the same part of what is left."""
    end = part * whole
    return 0.0 if left <= end else math.log(left / end) / -math.log1p(-1 / part)


def evaluation(genomes: Genomes, task: Task, actors: int, rate: float) -> Bytes:
    """Return what an evaluation takes where the driver holds the genomes. rate: episodes a second of an actor"""
    tiles, carried = cut(genomes.size, task.episodes, actors, rate, parted=task.parted)
    several = carried > genomes.size  # then each piece brings its returns
    back = PLAYED_BYTES * carried + NUMBER_BYTES * task.sums * genomes.size
    if task.returns:
        back += NUMBER_BYTES * task.episodes * genomes.size
    elif several:
        parted = min(genomes.size, PORTIONS * actors)
        back += NUMBER_BYTES * task.episodes * parted
    return Bytes(tiles, carried * genomes.each + tiles * task.asked, tiles * task.told + back)


class Breeding(NamedTuple):
    """What the driver of a distributed generation knows of parents and innovations.

    litters: of species; founders: genomes in a generation that fit no species; crossover: of children, have two parents
    split, added: of children that split a connection, or gain one; hidden: hidden nodes of a genome
    sampled: genomes that the driver fetches to fit the threshold
    checked: genomes that challenge the champion, in each round
    every: generations from one gathering of all genomes to the next
    """

    litters: Litters
    founders: float
    crossover: float
    split: float
    added: float
    hidden: float
    sampled: int
    checked: tuple[float, ...]
    every: int


def breeding_of(
    neat: NeatSettings,
    genomes: Genomes,
    outputs: int,
    species: int,
    *,
    founders: float,
    checked: Sequence[float],
    every: int,
) -> Breeding:
    """Return what the settings say of a population. founders: as measured; every: ``run.checkpoint_every``"""
    return Breeding(
        litters_of(neat, genomes.size, species),
        founders,
        neat.crossover_prob,
        neat.node_add_prob,
        neat.conn_add_prob,
        max(0.0, genomes.nodes - outputs),
        min(SAMPLE, genomes.size) if neat.target_species else 0,
        tuple(checked),
        min(every, GATHERED_EVERY),
    )


def generation(genomes: Genomes, task: Task, breeding: Breeding, actors: int) -> Bytes:
    """Return what a generation takes where each actor holds genomes, and makes their children.

    Founding a species, fitting the threshold, judging the champion and gathering all genomes take them to the driver.
    """
    count, each, parents = genomes.size, genomes.each, breeding.litters.parents
    bare = _envelopes()
    back = count * (PLAYED_BYTES + NUMBER_BYTES * (task.sums + (task.episodes if task.returns else 0)))
    played = Bytes(actors, actors * (task.asked - bare.nobody), actors * task.told + back)
    compared = actors * (bare.near + len(parents) * each), actors * bare.nearest + count * MEMBER_BYTES
    foreign = foreign_parents(breeding.litters, breeding.crossover, actors)
    fetches = min(float(actors * (actors - 1)), foreign)
    lent = PLACE_BYTES * foreign + bare.places * fetches
    invented = breeding.split * (SPLIT_BYTES + ID_BYTES * breeding.hidden) + breeding.added * ADDED_BYTES
    numbers = ID_BYTES * (3 * breeding.split + breeding.added)
    bred = Bytes(
        (2 if actors == 1 else 3) * actors,
        actors * (bare.breed + bare.number)
        + lent
        + PLACE_BYTES * float(parents.sum())
        + count * (PLAN_BYTES + numbers),
        actors * bare.made + count * (COUNT_BYTES + invented),
        foreign * each + OFFSET_BYTES * fetches,
        fetches,
    )
    found = played + Bytes(actors, *compared) + bred
    for wanted in gathered(breeding):
        found += _fetched(wanted, each, actors)
    whole = _fetched(count, each, actors)
    return found + Bytes(*(part / breeding.every for part in whole))


def gathered(breeding: Breeding) -> list[float]:
    """Return how many genomes the driver fetches in a generation, one after the other."""
    wanted = [breeding.founders, float(len(breeding.litters.parents)), float(breeding.sampled), *breeding.checked]
    return [each for each in wanted if each > 0]


def _fetched(wanted: float, each: float, actors: int) -> Bytes:
    """Return what it takes to fetch genomes, of `each` bytes, that any actors have."""
    bare = _envelopes()
    asked = actors * -math.expm1(wanted * math.log1p(-1 / actors)) if actors > 1 else min(1.0, wanted)
    return Bytes(asked, asked * bare.select + PLACE_BYTES * wanted, asked * bare.nobody + wanted * each)


class _Envelopes(NamedTuple):
    """Bytes of messages without what there is of each genome, and of answers.

    nobody: a population of none; places: an array more of places; the others: see :class:`.holding.Holding`
    """

    nobody: int
    places: int
    near: int
    nearest: int
    breed: int
    made: int
    number: int
    select: int


@functools.cache
def _envelopes() -> _Envelopes:
    nobody = Population(1, 1, **{name: _nothing(name) for name in DTYPES})
    i4, i8, u1 = np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    inventions = Inventions(i8, i4, i4, i4, np.zeros(1, np.int64), i4, i8, i4, i4, i8)
    counts = dict.fromkeys(ReproductionCounts._fields, 10_000)
    return _Envelopes(
        size_of(nobody),
        size_of([i4, np.zeros(0, np.int32)]) - size_of([i4]),
        size_of(["near", 100, nobody, Coefficients(1.0, 1.0, 0.5, False), 3.0]),
        size_of(Near(i4, 10_000, 100_000)),
        size_of(["breed", (100, 101), i4.astype(np.uint32), MatingPlan(i4, i4, u1), (1, i4), (0, 100)]),
        size_of(Made(inventions, i4, i4, counts, 100_000)),
        size_of(["number", 101, Numbers(i4, i4, i4, i4)]),
        size_of(["select", 100, i4]),
    )
