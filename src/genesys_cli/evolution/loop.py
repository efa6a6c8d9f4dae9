"""The generation loop: evaluate, validate, speciate, select, reproduce. A generation is one trip with no way back."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from ..backends.base import Backend
from ..backends.played import deviation_of
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..costs.chip import joules_of, pricing_of
from ..costs.host import HostMeter
from ..costs.work import Work, breeding_counts
from ..counts import DISTANCE_GENES, FAULTS, INVALID_FITNESS, named
from ..envs.conditions import conditions_of
from ..envs.drift import Drift
from ..envs.spec import Environment, NativeEnv
from ..genome.population import Population
from ..measure.meters.meter import Reading
from ..neat.initial import first_population
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan, mating_plan, sound_fitness
from ..neat.speciation import speciate
from .columns import check
from .drift import Event, begun
from .faults import Record, records
from .goal import goal_of, judge_of, turned
from .normaliser import Normaliser
from .state import Champion, RunState
from .validation import Validation, episode_seeds, judged_before

Row = dict[str, Any]


class Lap(NamedTuple):
    """A generation that was evaluated.

    state: after it; row: of metrics; faults: what went wrong in environments; work: what it asked of a machine
    """

    state: RunState
    row: Row
    faults: list[Record]
    work: Work


class Evolution:
    """Carries a run from one generation to the next. It keeps nothing itself: all is in the :class:`RunState`."""

    def __init__(self, settings: Settings, env: Environment, backend: Backend, threads: Threads) -> None:
        self.settings = settings
        self.env = env
        self.backend = backend
        self.threads = threads
        self.drift = Drift(settings, env)
        self.host = HostMeter(backend.processes)
        self.pricing = pricing_of(backend)
        self.goal = goal_of(settings.evaluation, env.solved_at)
        self._minimise = self.goal.minimise
        self._judge = judge_of(backend, minimise=self._minimise)
        self._training = conditions_of(settings, env, training=True)
        self._validation = conditions_of(settings, env)
        self._held_out = episode_seeds(settings.run.seed, settings.evaluation.validate_episodes, generation=None)

    @property
    def solved_at(self) -> float | None:
        """The threshold, in the user's own numbers."""
        return self.goal.threshold

    def first(self) -> Lap:
        """Return generation 0, evaluated."""
        with self.host.meter() as meter:
            population, counters = first_population(
                self.settings.neat, self.env.n_inputs, self.env.n_outputs, self.settings.run.seed, self.threads
            )
            population = self.backend.adopt(population)
        return self._complete(0, population, counters, None, meter.reading, {})

    def next(self, state: RunState) -> Lap:
        """Return the generation after `state`, evaluated."""
        where = {"seed": self.settings.run.seed, "generation": state.generation}
        with self.host.meter() as meter:
            plan = mating_plan(state.population, state.fitness, state.species, self.settings.neat, **where)
            children, counters, counts = self.backend.reproduce(state.population, plan, state.counters, **where)
        row = counts | breeding_counts(state.population, plan)
        return self._complete(state.generation + 1, children, counters, state, meter.reading, row, plan)

    def solved(self, state: RunState) -> bool:
        """Say whether the threshold is reached, in the world that is the last, by whom the goal says.

        Without a threshold, a run whose world changes is solved when the champion has recovered from every change.
        """
        settled = self.drift.settled
        if state.generation < (self.settings.neat.generations - 1 if settled is None else settled):
            return False
        if self.solved_at is None:
            return bool(state.events) and all(event.recovered_generation is not None for event in state.events)
        return self.goal.reached(scores(state, self._minimise)[self.goal.column])

    def _complete(
        self,
        generation: int,
        population: Population,
        counters: Counters,
        before: RunState | None,
        reproduced: Reading,
        row: Row,
        plan: MatingPlan | None = None,
    ) -> Lap:
        settings = self.settings
        seed = settings.run.seed
        begin = time.perf_counter()
        world = self.drift.world(self._training, generation)
        held_out = self.drift.world(self._validation, generation)
        normaliser = before.normaliser if before else None
        if settings.evaluation.normalise_observations:
            normaliser = normaliser or Normaliser.empty(self.env.n_inputs)
            offset, scale = normaliser.scaling()
            world, held_out = (given._replace(offset=offset, scale=scale) for given in (world, held_out))
        seeds = episode_seeds(seed, settings.evaluation.episodes, generation=generation)
        with self.host.meter() as meter:
            evaluation = self._judge.evaluate(population, seeds, world)
        trained = time.perf_counter()
        fitness, invalid = sound_fitness(evaluation.fitness)
        if normaliser is not None:
            normaliser = normaliser.merged(evaluation.moments, world.offset)
        validation = Validation(self._judge, self._held_out, held_out, generation)
        standing, frozen, events = self._drifted(generation, before, validation)
        top = settings.evaluation.validate_top
        judged = None
        if before is not None and normaliser is None and not self._changed(generation):
            judged = judged_before(plan, before.fitness, top)
        champion = validation.challenge(population, evaluation.fitness, top, standing, judged)
        steps = before.env_steps if before else 0
        evaluated = time.perf_counter()
        species = before.species if before else None
        if species is not None and self._changed(generation):
            # What a species reached in another world is no measure of whether it still improves.
            species = species._replace(best=np.full(species.number, -np.inf))
        with self.host.meter() as sorting:
            species, counts = speciate(
                population, fitness, species, settings.neat, seed=seed, generation=generation, threads=self.threads
            )
        speciated = time.perf_counter()
        row |= evaluation.counts
        row |= counts | named({INVALID_FITNESS: invalid})
        cycles = self.backend.phase_cycles(row, population.size)
        joules = joules_of(row | cycles, self.pricing)
        if events:
            now = (steps, steps + evaluation.env_steps)
            last = events[-1].judged(generation, _score(standing), _score(champion), now, joules.get("energy_j"))
            events = (*events[:-1], last)
        state = RunState(
            generation,
            population,
            fitness,
            species,
            counters,
            champion,
            steps + evaluation.env_steps,
            validation.steps + (before.validation_steps if before else 0),
            normaliser,
            events,
            frozen,
            np.flatnonzero(~np.isfinite(evaluation.fitness)),
        )
        faults = records(evaluation.faults, generation, "training") + validation.faults
        if not isinstance(self.env, NativeEnv):
            row |= named({count: sum(f.kind == kind for f in faults) for kind, count in FAULTS.items()})
        if self.drift:
            row |= {"frozen_fitness": turned(_score(frozen), self._minimise), "world_changes": len(events)}
            row |= {f"drift_{name}": value for name, value in self.drift.values(generation).items()}
        row |= {
            "reproduce_s": reproduced.wall_s,
            "evaluate_s": evaluated - begin,
            "validate_s": evaluated - trained,
            "speciate_s": speciated - evaluated,
            "host_energy_j": self.host.joules(reproduced, meter.reading, sorting.reading),
        }
        row |= cycles | joules
        work = Work(
            generation,
            population,
            evaluation.decisions,
            len(seeds),
            counts[DISTANCE_GENES.name],
            before.population if before else None,
            plan,
        )
        return Lap(state, describe(state, row, minimise=self._minimise), faults, work)

    def _changed(self, generation: int) -> bool:
        """Say whether the world is another one than in the generation before."""
        return generation > 0 and self.drift.values(generation) != self.drift.values(generation - 1)

    def _drifted(
        self, generation: int, before: RunState | None, validation: Validation
    ) -> tuple[Champion | None, Champion | None, tuple[Event, ...]]:
        """Return the champion and the frozen champion as they are in this generation's world, and all events."""
        if before is None:
            return None, None, ()
        champion, frozen, events = before.champion, before.frozen, before.events
        if shifts := self.drift.shifts(generation):
            events = (*events, begun(shifts, _score(champion), events[-1].settled if events else 0))
            frozen = champion
        if self._changed(generation):
            same = frozen is not None and champion is not None and frozen.found == champion.found
            champion = validation.again(champion) if champion is not None else None
            frozen = champion if same else validation.again(frozen) if frozen is not None else None
            if events and generation <= events[-1].settled:
                events = (*events[:-1], events[-1]._replace(frozen=_score(frozen)))
        return champion, frozen, events


def _score(champion: Champion | None) -> float | None:
    return champion.validated_fitness if champion is not None else None


def scores(state: RunState, minimise: bool) -> dict[str, float | None]:
    """Return how good a generation and the champion are, in the user's own numbers; None: nobody has a fitness.

    Mean and deviation are of the genomes that have one.
    """
    own, best, champion = state.own_fitness(minimise), state.best(), state.champion
    if len(state.without):
        own = np.delete(own, state.without)
    return {
        "best_fitness": None if best is None else turned(float(state.fitness[best]), minimise),
        "mean_fitness": None if best is None else float(own.mean()),
        "std_fitness": None if best is None else deviation_of(own),
        "champion_fitness": turned(_score(champion), minimise),
    }


def describe(state: RunState, row: Row, *, minimise: bool) -> Row:
    """Return the metrics of a generation: what the state says, then what `row` counted and measured."""
    check(row)
    population, champion = state.population, state.champion
    best = state.best()
    nodes = np.diff(population.node_offsets)
    conns = np.diff(population.conn_offsets)
    return {
        "generation": state.generation,
        **scores(state, minimise),
        "champion_generation": champion.generation if champion else None,
        "species": state.species.number,
        "compatibility_threshold": state.species.threshold,
        "nodes_mean": float(nodes.mean()),
        "conns_mean": float(conns.mean()),
        "best_nodes": None if best is None else int(nodes[best]),
        "best_conns": None if best is None else int(conns[best]),
        "total_env_steps": state.env_steps,
        "total_validation_steps": state.validation_steps,
        **row,
    }
