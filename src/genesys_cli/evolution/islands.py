"""Islands: who sends genomes to whom, which ones, and in whose place they come.

A migrant joins the generation that is bred after the one it was chosen from, in the place of a child of the least fit
parents, and is evaluated with that generation: islands have other episodes, so that its fitness at home says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..compiled.philox import EMIGRANTS, ISLAND_SEEDS, fill_words
from ..config.islands import RING, IslandsSettings
from ..config.schema import Settings
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.rescaling import Scaling, rescaled
from ..neat.migration import Emigrants, emigrants, immigrants
from .generations import Born, places
from .state import RunState


class Offer(NamedTuple):
    """What an island offers to its neighbours.

    island, generation: whose, and after which of its generations
    chosen: (K,) int64, indices of the genomes in that generation
    travellers: these genomes; where genes have no innovation numbers, `travellers.splits` is empty
    scaling: of the inputs that they see; None: observations are not normalised
    """

    island: int
    generation: int
    chosen: NDArray[np.int64]
    travellers: Emigrants
    scaling: Scaling | None = None


class Arrivals(NamedTuple):
    """Genomes of a generation that came from other islands; all (K,) int64.

    genomes: indices in the generation; islands, generations, indices: where each comes from
    """

    genomes: NDArray[np.int64]
    islands: NDArray[np.int64]
    generations: NDArray[np.int64]
    indices: NDArray[np.int64]


def seed_of(seed: int, island: int) -> int:
    """Return the seed of an island of a run; neither depends on how many there are."""
    words = np.empty(2, np.uint64)
    fill_words(seed, island, 0, ISLAND_SEEDS, words)
    return int(words[0]) << 31 | int(words[1]) >> 1


def of_island(settings: Settings, island: int) -> Settings:
    """Return the settings of one island of a run."""
    run = settings.run.model_copy(update={"seed": seed_of(settings.run.seed, island)})
    own = settings.islands.model_copy(update={"number": island, "repeat": None})
    return settings.model_copy(update={"run": run, "islands": own})


def sources_of(islands: IslandsSettings, island: int) -> list[int]:
    """Return the islands that one gets genomes from, ascending."""
    if islands.topology == RING:
        return [(island - 1) % islands.count]
    return [other for other in range(islands.count) if other != island]


def is_migration(islands: IslandsSettings, generation: int) -> bool:
    """Say whether genomes of a generation are offered, and the next one takes some in."""
    return (generation + 1) % islands.migrate_every == 0


def offered(settings: Settings, state: RunState, *, numbered: bool) -> Offer:
    """Return what an island offers after a generation; where too few genomes have a fitness, fewer.

    settings: of the island; numbered: whether its genes have innovation numbers
    """
    islands = settings.islands
    assert islands.number is not None
    able = np.setdiff1d(np.arange(state.population.size), state.without)
    if islands.choose == "fitness":
        order = np.argsort(-state.fitness[able], kind="stable")
    else:
        words = np.empty(state.population.size, np.uint64)
        fill_words(settings.run.seed, 0, state.generation, EMIGRANTS, words)
        order = np.argsort(words[able], kind="stable")
    chosen = able[order[: islands.migrants]]
    if numbered:
        travellers = emigrants(state.population, state.counters, chosen)
    else:
        travellers = Emigrants(state.population.select(chosen), np.zeros((0, 4), np.int64))
    scaling = Scaling(*state.normaliser.scaling()) if state.normaliser is not None else None
    return Offer(islands.number, state.generation, chosen, travellers, scaling)


def joined(born: Born, before: RunState, offers: Sequence[Offer], backend: Backend) -> tuple[Born, Arrivals]:
    """Return a generation with genomes of other islands in the place of some, and which these are.

    before: the generation before. Where observations are normalised, weights and biases take up the other scaling.
    """
    counters, guests = born.counters, []
    for offer in offers:
        genomes = offer.travellers.genomes
        if backend.kind.numbers_connections:
            genomes, counters = immigrants(offer.travellers, born.population, counters)
        if offer.scaling is not None and before.normaliser is not None:
            here = Scaling(*before.normaliser.scaling())
            genomes = backend.adopt(rescaled(genomes, offer.scaling, here).genomes)
        guests.append(genomes)
    count = sum(genomes.size for genomes in guests)
    where = places(born, before, count)
    everybody, source = born.population, np.arange(born.population.size)
    source[where] = born.population.size + np.arange(count)
    for genomes in guests:
        everybody = everybody.with_more(genomes)
    arrivals = Arrivals(
        where,
        np.concatenate([np.full(len(offer.chosen), offer.island) for offer in offers]),
        np.concatenate([np.full(len(offer.chosen), offer.generation) for offer in offers]),
        np.concatenate([offer.chosen for offer in offers]),
    )
    return born._replace(genomes=everybody.select(source), counters=counters), arrivals


def check_islands(settings: Settings, env: Environment) -> None:
    """Raise a UserError where islands cannot exchange genomes."""
    islands, population = settings.islands, settings.neat.population
    if not islands.several:
        return
    if isinstance(env, ProblemEnv) and env.players is not None:
        raise UserError(
            f"{env.id} plays matches, whose results depend on who else is on an island, so that champions of islands "
            "cannot be compared; leave islands.count out"
        )
    if settings.cluster.distribute != "auto":
        raise UserError(
            f"cluster.distribute = {settings.cluster.distribute!r} has no meaning with islands, each of which an actor "
            "breeds and evaluates alone; leave it out"
        )
    coming = islands.migrants * islands.neighbours
    if coming > population // 2:
        each = f" from each of {islands.neighbours} islands" if islands.neighbours > 1 else ""
        raise UserError(
            f"islands.migrants = {islands.migrants}{each}: at most half of neat.population = {population} can come "
            f"from elsewhere; give fewer, or a larger --population"
        )
