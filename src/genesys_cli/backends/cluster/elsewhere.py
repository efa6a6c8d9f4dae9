"""Genomes that actors hold: the driver knows who has which, and how large each is, and asks for those that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.neat import NeatSettings
from ...envs.conditions import Conditions
from ...errors import GenesysError
from ...genome.population import Population
from ...neat.assignment import Near
from ...neat.innovation import Counters, Inventions, Numbers, links_of, number_innovations
from ...neat.kernels.distance import Coefficients
from ...neat.reproduction import reproduce
from ...neat.selection import MatingPlan
from ..played import Played
from ..workers.supervisor import Patience
from .actors import failing
from .crew import Player
from .holding import Made
from .merge import interleaved, woven
from .shards import Brood, Shards, broods_of, in_portions, near_parents, shards_of
from .together import LostError, Together

_LONGEST = 16  # generations that would have to be bred again, before the driver asks for all genomes
_TRIES = 10  # of one thing, with an actor lost in each

_Found = TypeVar("_Found")


class Step(NamedTuple):
    """One generation's reproduction, so that it can be done again. generation: of the parents"""

    plan: MatingPlan
    seed: int
    generation: int


class Origin(NamedTuple):
    """Genomes that the driver has, and what has become of them since.

    counters: that came with them; steps: from these genomes to those that are meant
    """

    population: Population
    counters: Counters
    steps: tuple[Step, ...] = ()


class Yard(NamedTuple):
    """What all generations of a run have in common.

    crew: the actors; neat: settings; threads: of the driver, which are used after a loss; keys: names for generations
    """

    crew: Together
    neat: NeatSettings
    threads: Threads
    keys: Iterator[int]


class Held(NamedTuple):
    """Who has the genomes of a generation. key: their name there; actors: N of them; shards: which has which"""

    key: int
    actors: list[Player]
    shards: Shards


class Elsewhere:
    """The P genomes of a generation, on actors. It stands for a ``Population`` where few of them are asked for.

    node_offsets, conn_offsets: (P + 1,) int64, as of a ``Population``

    Where an actor is lost, the driver breeds from the last genomes that it has, by the mating plans since, and gives
    them out again: what is asked for is asked for once more, and the answer is the same.
    """

    def __init__(
        self,
        yard: Yard,
        origin: Origin,
        counters: Counters,
        offsets: tuple[NDArray[np.int64], NDArray[np.int64]],
        held: Held | None,
    ) -> None:
        """counters: after these genomes; held: None: the driver alone has them"""
        self._yard, self._origin, self._counters, self._held = yard, origin, counters, held
        self.n_inputs, self.n_outputs = origin.population.n_inputs, origin.population.n_outputs
        self.node_offsets, self.conn_offsets = offsets

    @classmethod
    def of(cls, yard: Yard, population: Population, counters: Counters) -> Elsewhere:
        """Return genomes that no actor has yet."""
        offsets = population.node_offsets, population.conn_offsets
        return cls(yard, Origin(population, counters), counters, offsets, None)

    @property
    def size(self) -> int:
        """How many genomes there are, P."""
        return len(self.node_offsets) - 1

    def whole(self) -> Population:
        """Return all genomes, which the driver has from then on."""
        if self._origin.steps:
            try:
                self._has(self._gathered(np.arange(self.size)))
            except LostError:
                self._breed_again()
        return self._origin.population

    def select(self, genomes: NDArray[np.integer[Any]]) -> Population:
        """Return copies of some genomes. genomes: (K,) indices, in the order that is wanted"""

        def ask() -> Population:
            if not self._origin.steps:
                return self._origin.population.select(genomes)
            return self._gathered(np.asarray(genomes, np.int64))

        return self._surely(ask)

    def near(self, representatives: Population, coefficients: Coefficients, threshold: float) -> Near:
        """Return the first species that each genome is near to, see ``Genomes.near``."""

        def ask() -> Near:
            found = self._all_of("near", representatives, coefficients, threshold)
            member_of = np.empty(self.size, np.int32)
            for members, near in found:
                member_of[members] = near.member_of
            return Near(member_of, sum(near.distances for _, near in found), sum(near.genes for _, near in found))

        return self._surely(ask)

    def play(self, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool) -> Played:
        """Let all genomes play where they are; see ``Backend.evaluate``."""

        def ask() -> Played:
            return interleaved(self._played(list(seeds), conditions, keep_returns), self.size)

        return self._surely(ask)

    def bred(
        self, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Elsewhere, Counters, dict[str, int]]:
        """Have the actors make children; see ``neat.reproduce``."""
        if len(self._origin.steps) >= _LONGEST:
            self.whole()
        step = Step(plan, seed, generation)
        return self._surely(lambda: self._bred(step, counters))

    # --- what actors are asked for ------------------------------------------------------------------------------

    def _all_of(self, method: str, *arguments: Any) -> list[tuple[NDArray[np.int64], Any]]:
        """Ask every actor about what it holds; return its genomes and its answer."""
        held = self._spread()
        asked = [(actor, members) for actor, members in zip(held.actors, held.shards.members) if len(members)]
        calls = [(actor, "held", (method, held.key, *arguments)) for actor, _ in asked]
        return [(members, found) for (_, members), found in zip(asked, self._yard.crew.together(calls))]

    def _played(self, *arguments: Any) -> list[tuple[NDArray[np.int64], Played]]:
        """Return what actors found; what seems hopeless to one of them once more in the end, if others were not."""
        held, crew = self._spread(), self._yard.crew
        asked = [(actor, members) for actor, members in zip(held.actors, held.shards.members) if len(members)]

        def play(some: Sequence[int], patience: Patience) -> list[Any]:
            calls = [(asked[k][0], "play_held", (held.key, *arguments, patience)) for k in some]
            return crew.together(calls, [len(asked[k][1]) for k in some])

        found = play(range(len(asked)), Patience.PART)
        hopeless = [k for k, each in enumerate(found) if isinstance(each, GenesysError)]
        if hopeless:
            if not any(isinstance(each, Played) and np.any(each.ended) for each in found):
                raise found[hopeless[0]]
            for k, each in zip(hopeless, play(hopeless, Patience.ENDLESS), strict=True):
                found[k] = each
        return [(members, each) for (_, members), each in zip(asked, found, strict=True)]

    def _gathered(self, genomes: NDArray[np.int64]) -> Population:
        """Return genomes that actors have."""
        held = self._spread()
        owner, place = held.shards.owner[genomes], held.shards.place[genomes]
        wanted = [(k, np.flatnonzero(owner == k)) for k in np.unique(owner).tolist()]
        calls = [(held.actors[k], "held", ("select", held.key, place[at])) for k, at in wanted]
        return woven(self._yard.crew.together(calls), [at for _, at in wanted])

    def _bred(self, step: Step, counters: Counters) -> tuple[Elsewhere, Counters, dict[str, int]]:
        crew, before = self._yard.crew, self._spread()
        joined = [actor for actor in crew.ready() if actor not in before.actors]
        actors = before.actors + joined
        parents = before.shards._replace(members=(*before.shards.members, *[np.empty(0, np.int64)] * len(joined)))
        owner = near_parents(parents.owner[step.plan.fitter], crew.shares(actors))
        now = Held(next(self._yard.keys), actors, shards_of(owner, len(actors)))
        broods = broods_of(step.plan, parents, now.shards)
        made = self._made(before, now, broods, step)
        inventions = together_of([each.inventions for each in made])
        links = links_of(self.whole()) if counters.links is None else counters.links
        numbers, after = number_innovations(inventions, counters, links)
        self._number(now, made, numbers)
        origin = self._origin._replace(steps=(*self._origin.steps, step))
        counts = {name: sum(each.counts[name] for each in made) for name in made[0].counts}
        offsets = []
        for kind in ("nodes", "conns"):
            lengths = np.empty(len(owner), np.int64)
            for members, each in zip(_some(now.shards.members), made, strict=True):
                lengths[members] = getattr(each, kind)
            offsets.append(np.concatenate(([0], np.cumsum(lengths))))
        return Elsewhere(self._yard, origin, after, (offsets[0], offsets[1]), now), after, counts

    def _made(self, before: Held, now: Held, broods: Sequence[Brood], step: Step) -> list[Made]:
        """Have actors give each other the parents that are lacking, and make children."""
        crew, actors = self._yard.crew, now.actors
        lent: dict[tuple[int, int], Any] = {}
        for k, giver in enumerate(before.actors):
            takers = [j for j, brood in enumerate(broods) if j != k and len(brood.wanted[k])]
            places = [broods[j].wanted[k] for j in takers]
            for j, reference in zip(takers, crew.lend(giver, before.key, places), strict=True):
                lent[j, k] = reference
        calls = []
        for j, brood in enumerate(broods):
            if not len(brood.children):
                continue
            others = [k for k in range(len(actors)) if (j, k) in lent]
            own = sum(k < j for k in others), brood.wanted[j]
            told = (before.key, now.key), brood.children, brood.plan, own, (step.seed, step.generation)
            calls.append((actors[j], "held", ("breed", *told, *[lent[j, k] for k in others])))
        made: list[Made] = crew.together(calls)
        crew.traffic.exchanged += sum(each.received for each in made)
        return made

    def _number(self, now: Held, made: Sequence[Made], numbers: Numbers) -> None:
        """Tell actors the numbers of what their children invented. They answer to what is asked next."""
        splits, joins = 0, 0
        at_work = [actor for actor, members in zip(now.actors, now.shards.members, strict=True) if len(members)]
        for actor, each in zip(at_work, made, strict=True):
            found = each.inventions
            split, join = slice(splits, splits + len(found.splitters)), slice(joins, joins + len(found.joiners))
            own = Numbers(numbers.node[split], numbers.into[split], numbers.out_of[split], numbers.added[join])
            self._yard.crew.tell(actor, "held", ("number", now.key, own))
            splits, joins = split.stop, join.stop

    # --- who has the genomes ------------------------------------------------------------------------------------

    def _spread(self) -> Held:
        """Give genomes that the driver has to the actors, in neighbourhoods."""
        if self._held is None:
            crew, population = self._yard.crew, self.whole()
            actors = crew.ready()
            shards = shards_of(in_portions(population.size, crew.shares(actors)), len(actors))
            key = next(self._yard.keys)
            calls = [
                (actor, "held", ("hold", key, population.select(members)))
                for actor, members in zip(actors, shards.members, strict=True)
            ]
            crew.together(calls)
            self._held = Held(key, actors, shards)
        return self._held

    def _surely(self, ask: Callable[[], _Found]) -> _Found:
        """Return what is asked for, whoever is lost meanwhile."""
        for _ in range(_TRIES):
            try:
                with failing():
                    return ask()
            except LostError as error:
                why = error
                self._breed_again()
        raise GenesysError(f"{_TRIES} times in a row, actors of the cluster were lost: {why}; the run can be resumed")

    def _breed_again(self) -> None:
        """Make the genomes from the last ones that the driver has."""
        population, counters = self._origin.population, self._origin.counters
        for plan, seed, generation in self._origin.steps:
            where = {"seed": seed, "generation": generation}
            population, counters, _ = reproduce(
                population, plan, counters, self._yard.neat, **where, threads=self._yard.threads
            )
        self._has(population)
        self._held = None

    def _has(self, population: Population) -> None:
        """Note that the driver has all genomes."""
        self._origin = Origin(population, self._counters)


def _some(members: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return the shards that have genomes."""
    return [each for each in members if len(each)]


def together_of(parts: Sequence[Inventions]) -> Inventions:
    """Return what all children invented. Places of children are those of the part that they are in."""
    splits = np.cumsum([0, *[len(each.splitters) for each in parts]])
    genes = np.cumsum([0, *[len(each.hidden) for each in parts]])
    joined = Inventions(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    offsets = [each.offsets[1:] + first for each, first in zip(parts, genes, strict=False)]
    made_in = [each.made_in + first for each, first in zip(parts, splits, strict=False)]
    return joined._replace(offsets=np.concatenate(([0], *offsets)), made_in=np.concatenate(made_in))
