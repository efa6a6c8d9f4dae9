"""How long a generation takes on a cluster, by what is distributed, and which of both is faster there.

What is computed is shared by the actors; what only the driver can do is not, and neither is what passes its link. That
is all there is to the model, so that what it leaves out (slow nodes, other users, collisions) makes it too fast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .model import EVALUATION, GENERATION, Breeding, Bytes, Genomes, Mode, Task, evaluation, gathered, generation
from .tiles import SHORTEST_S

MODES: tuple[Mode, ...] = (EVALUATION, GENERATION)


class Network(NamedTuple):
    """Of a cluster. latency_s: from node to node; bandwidth: bytes a second of a node's link, each way

    What is assumed where nothing is said is 10 Gb/s Ethernet in one room.
    """

    latency_s: float = 1e-4
    bandwidth: float = 1.25e9


class Rates(NamedTuple):
    """Seconds of a core. Those without a value depend on the environment, and are measured.

    episode_s: of a genome in an episode; validate_s: of a generation's challengers, in all
    breed_s, speciate_s: of a genome; select_s: of its place in the mating plan, which only the driver makes
    pack_s: of cutting a genome out and putting together what it did; number_s: of an innovation
    message_s, answer_s: of a call of an actor, at the driver and at the actor; byte_s: of a byte that is packed; these
        three are seconds of Ray 2.60, as ``benchmarks/cluster_pace.py`` times them
    """

    episode_s: float
    validate_s: float
    breed_s: float
    speciate_s: float
    select_s: float = 2e-7
    pack_s: float = 2e-7
    number_s: float = 3e-7
    message_s: float = 3.5e-4
    answer_s: float = 3.5e-4
    byte_s: float = 1e-9


class Nodes(NamedTuple):
    """Who computes. actors, cores: of each; driver: cores of the driver's machine

    shared: cores that all of them have together, because they are on one machine; None: each has its own
    """

    actors: int
    cores: int = 1
    driver: int = 1
    shared: int | None = None

    def spent(self, each: float, driver: float) -> float:
        """Return how long actors and driver take that work side by side.

        each: seconds of a core, of all actors together; driver: of one core of the driver's
        """
        longest = max(each / (self.actors * self.cores), driver)
        return longest if self.shared is None else max(longest, (each + driver) / self.shared)


class Generation(NamedTuple):
    """What a generation is predicted to take.

    bytes: all of it; the others: seconds of each phase, of which evaluation has validation in it
    """

    bytes: Bytes
    evaluate_s: float
    speciate_s: float
    reproduce_s: float

    @property
    def seconds(self) -> float:
        return self.evaluate_s + self.speciate_s + self.reproduce_s


class Case(NamedTuple):
    """A generation, wherever it is computed. task: of training; validation: rounds of it, each genomes and a task"""

    genomes: Genomes
    task: Task
    validation: Sequence[tuple[float, Task]]
    breeding: Breeding


def predict(mode: Mode, case: Case, rates: Rates, nodes: Nodes, network: Network | None = None) -> Generation:
    """Return what a generation takes on some nodes."""
    network = network or Network()
    return (_evaluation if mode == EVALUATION else _generation)(case, rates, nodes, network)


def _evaluation(case: Case, rates: Rates, nodes: Nodes, network: Network) -> Generation:
    count = case.genomes.size
    asked = evaluation(case.genomes, case.task, nodes.actors, nodes.cores / rates.episode_s)
    validated, validate_s = _validated(case, rates, nodes, network)
    computed = count * case.task.episodes * rates.episode_s + asked.messages * rates.answer_s
    driver = _handled(asked, rates) + count * rates.pack_s
    on_link = max(asked.sent, asked.received) / network.bandwidth  # both ways at once
    evaluate_s = max(nodes.spent(computed, driver), on_link) + _round(rates, network) + _ending(case, rates, nodes)
    alone = nodes.driver if nodes.shared is None else min(nodes.driver, nodes.shared)
    return Generation(
        asked + validated,
        evaluate_s + validate_s,
        count * rates.speciate_s / alone,
        count * (rates.select_s + rates.breed_s / alone) + _innovations(case) * rates.number_s,
    )


def _generation(case: Case, rates: Rates, nodes: Nodes, network: Network) -> Generation:
    count = case.genomes.size
    taken = generation(case.genomes, case.task, case.breeding, nodes.actors)
    validated, validate_s = _validated(case, rates, nodes, network)
    asked = taken.messages * rates.message_s  # everybody is told, one after the other
    link = max(taken.sent, taken.received) / network.bandwidth + _handled(taken._replace(messages=0.0), rates)
    turn = _round(rates, network)
    evaluated = nodes.spent(count * case.task.episodes * rates.episode_s, 0.0) + turn + count * rates.pack_s
    speciated = nodes.spent(count * rates.speciate_s, 0.0) + (1 + len(gathered(case.breeding))) * turn
    exchanged = taken.between / (nodes.actors * network.bandwidth) + taken.between * rates.byte_s / _at_once(nodes)
    fetched = taken.fetches / nodes.actors * (network.latency_s + rates.answer_s)
    chosen = count * rates.select_s + _innovations(case) * rates.number_s
    bred = nodes.spent(count * rates.breed_s, 0.0) + chosen + exchanged + fetched + 2 * turn
    return Generation(taken + validated, evaluated + validate_s, speciated, bred + link + asked)


def _at_once(nodes: Nodes) -> int:
    return nodes.actors if nodes.shared is None else min(nodes.actors, nodes.shared)


def _handled(taken: Bytes, rates: Rates) -> float:
    """Return what calls and their bytes take of the driver."""
    return taken.messages * rates.message_s + (taken.sent + taken.received) * rates.byte_s


def _round(rates: Rates, network: Network) -> float:
    """Return what passes from a question to its answer if nobody has anything to do."""
    return 2 * network.latency_s + rates.message_s + rates.answer_s


def _ending(case: Case, rates: Rates, nodes: Nodes) -> float:
    """Return what the last actor is at when the others have nothing left: half of a small tile."""
    least = rates.episode_s * (1 if case.task.parted else case.task.episodes) / nodes.cores
    return 0.0 if nodes.actors == 1 else max(SHORTEST_S, least) / 2


def _innovations(case: Case) -> float:
    return case.genomes.size * (case.breeding.split + case.breeding.added)


def _validated(case: Case, rates: Rates, nodes: Nodes, network: Network) -> tuple[Bytes, float]:
    """Return what the rounds of validation take, one after the other."""
    taken, seconds = Bytes(), 0.0
    episodes = sum(count * task.episodes for count, task in case.validation)
    if not episodes:
        return taken, seconds
    each = rates.validate_s / episodes
    for count, task in case.validation:
        genomes = case.genomes._replace(size=max(1, round(count)))
        asked = evaluation(genomes, task, nodes.actors, nodes.cores / max(each, 1e-9))
        share = count / genomes.size  # of generations that have such a round
        busy = nodes._replace(actors=min(nodes.actors, max(1, math.floor(asked.messages))))
        taken += Bytes(*(share * part for part in asked))
        computed = busy.spent(genomes.size * task.episodes * each, _handled(asked, rates))
        seconds += share * (computed + _round(rates, network))
    return taken, seconds


def choose(
    wanted: str, case: Case, rates: Rates, nodes: Nodes, network: Network | None = None, among: Sequence[Mode] = MODES
) -> Mode:
    """Return what is distributed: what is wanted, or with ``auto`` what takes less time.

    wanted: ``cluster.distribute``; among: modes that there are for the run
    """
    modes = [mode for mode in MODES if mode in among]
    for mode in modes:
        if mode == wanted:
            return mode
    return min(modes, key=lambda mode: predict(mode, case, rates, nodes, network).seconds)
