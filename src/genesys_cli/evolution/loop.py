"""The generation loop: evaluate, validate, speciate, select, reproduce. A generation is one trip with no way back."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ..backends.base import Backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..costs.chip import joules_of, pricing_of
from ..costs.host import HostMeter
from ..costs.work import breeding_counts
from ..counts import FAULTS, INVALID_FITNESS, named
from ..envs.conditions import conditions_of
from ..envs.drift import Drift
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment
from ..envs.trials import needed_in
from ..genome.population import Population
from ..measure.meters.meter import Reading
from ..neat.pareto import fronts
from ..neat.selection import finite_fitness
from .distribution import FUNCTION_RACE_FROM, Distributor
from .drift import ShiftRecord, begun
from .episodes import held_out_episodes, training_episodes
from .faults import Record, records
from .generations import Born, Generations
from .goal import goal_of, judge_of, turned
from .islands import Arrivals, Offer, joined
from .lap import Lap, Speciated, Trained, Validated, World, state_of, work_of
from .matches import hall as halls
from .matches.play import MatchContest, opponents_of, train
from .normaliser import Normaliser
from .objectives import objectives_of
from .playoff import Contest, PlayOff
from .racing import raced
from .refining import Refined, Refining
from .rows import Row, describe, score_of, scores
from .start import Start
from .state import Champion, Hall, RunState
from .trials import Trials, TrialValidation
from .validation import Known, Validation, judged_before


class Loop:
    """Carries a run from one generation to the next. It keeps nothing itself: all is in the :class:`RunState`."""

    def __init__(
        self, settings: Settings, env: Environment, backend: Backend, threads: Threads, start: Start | None = None
    ) -> None:
        """start: genomes to begin with; None: new ones"""
        self.settings = settings
        self.env = env
        self.backend = backend
        self.threads = threads
        self.start = start
        self.drift = Drift(settings, env)
        self.host = HostMeter(backend.processes)
        self._generations = Generations(settings, env, backend, threads, start)
        self._distributor = Distributor(settings, env, backend, threads)
        self.pricing = pricing_of(backend)
        self.goal = goal_of(settings.evaluation, needed_in(env, settings.evaluation))
        self._minimise = self.goal.minimise
        self._judge = judge_of(backend, minimise=self._minimise)
        self.objectives = objectives_of(settings, env)
        self._refining = Refining(settings, env, backend, self._judge) if settings.refine.acts else None
        self._training = conditions_of(settings, env, training=True)
        self._validation = conditions_of(settings, env)
        self._held_out = held_out_episodes(settings, env)
        self._trials: Trials | None = None
        if settings.evaluation.validation is not None:
            self._trials = Trials(settings, env, settings.evaluation.validation, threads)

    @property
    def solved_at(self) -> float | None:
        """The threshold, in the user's own numbers."""
        return self.goal.threshold

    def first(self) -> Lap:
        """Return generation 0, evaluated."""
        with self.host.meter() as meter:
            born = self._generations.first()
        return self._complete(born, meter.reading, None)

    def next(self, state: RunState, offers: Sequence[Offer] = ()) -> Lap:
        """Return the generation after `state`, evaluated: its offspring, or new genomes where no species has any.

        offers: of other islands, whose genomes join it
        """
        arrivals = None
        with self.host.meter() as meter:
            born = self._generations.next(state)
            if offers:
                born, arrivals = joined(born, state, offers, self.backend)
        if born.plan is not None:
            born = born._replace(counts=born.counts | breeding_counts(state.genomes, born.plan))
        lap = self._complete(born, meter.reading, state, arrivals)
        if self.settings.islands.several:
            lap.row["immigrants"] = 0 if arrivals is None else len(arrivals.genomes)
        return lap._replace(arrivals=arrivals)

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

    def _complete(self, born: Born, making: Reading, before: RunState | None, arrivals: Arrivals | None = None) -> Lap:
        """Carry a generation from its genomes to what is known at its end. making: time and energy of making them"""
        world = self._world(born.generation, before)
        begin = time.perf_counter()
        refined = self._refine(born, before, world, arrivals)
        born = refined.born
        times = [time.perf_counter()]
        trained = self._train(born, world)
        times.append(time.perf_counter())
        validated = self._validate(born, before, world, trained, refined)
        times.append(time.perf_counter())
        speciated = self._speciate(born, before, world, trained)
        times.append(time.perf_counter())
        counts = born.counts | trained.evaluation.counts | speciated.counts | named({INVALID_FITNESS: trained.invalid})
        costs = self._costs(counts, born.genomes.size)
        state = state_of(born, before, world, trained, validated, speciated, refined, costs)
        faults = [*refined.faults, *records(trained.evaluation.faults, born.generation, "training")]
        faults += validated.faults
        took = self._took(times, making, trained.reading, speciated.reading)
        took |= self._of_refinement(refined, times[0] - begin)
        row = counts | self._of_environments(faults) | self._of_drift(state) | took | self.backend.traffic() | costs
        if state.objectives is not None:
            row["front"] = int(np.count_nonzero(fronts(state.objectives) == 0))
        row = describe(state, row, minimise=self._minimise)
        if born.plan is not None:
            self._distributor.see(row)
        return Lap(state, row, faults, work_of(born, before, trained, speciated))

    def _world(self, generation: int, before: RunState | None) -> World:
        """Return what a generation plays in."""
        training = self.drift.world(self._training, generation)
        held_out = self.drift.world(self._validation, generation)
        normaliser = before.normaliser if before else None
        if self.settings.evaluation.normalise_observations:
            if normaliser is None:
                normaliser = self.start.normaliser() if self.start else Normaliser.empty(self.env.n_inputs)
            offset, scale = normaliser.scaling()
            training = training._replace(offset=offset, scale=scale)
            held_out = held_out._replace(offset=offset, scale=scale)
        return World(training, held_out, normaliser, self._changed(generation), self._hall(before))

    def _train(self, born: Born, world: World) -> Trained:
        """Let every genome play the generation's episodes."""
        settings = self.settings
        seeds = training_episodes(settings, self.env, born.generation)
        each = len(seeds)
        with self.host.meter() as meter:
            if world.hall is not None:
                assert isinstance(self.env, ProblemEnv)
                where = born.population, world.hall, seeds, born.generation
                evaluation, each = train(settings, self.env, self.backend, *where)
            elif settings.evaluation.race is not None:
                evaluation, each = raced(self._judge, born.genomes, seeds, world.training, settings)
                if isinstance(born.genomes, Population):  # a chip has laid them out once, whatever the rounds
                    further = self.backend.inference_counts(born.genomes, evaluation.decisions, each)
                    evaluation = evaluation._replace(counts=evaluation.counts | further)
            else:
                keep = self.objectives is not None and self.objectives.needs_returns
                evaluation = self._judge.evaluate(born.genomes, seeds, world.training, keep_returns=keep)
        fitness, invalid = finite_fitness(evaluation.fitness)
        normaliser = world.normaliser
        if normaliser is not None:
            normaliser = normaliser.merged(evaluation.moments, world.training.offset)
        objectives = None
        if self.objectives is not None:
            objectives = self.objectives.of(born.population, fitness, evaluation.returns)
        return Trained(evaluation, fitness, invalid, normaliser, each, meter.reading, objectives)

    def _refine(self, born: Born, before: RunState | None, world: World, arrivals: Arrivals | None) -> Refined:
        """Let a refinement join a generation, where one is due. arrivals: who has joined it before"""
        if self._refining is None:
            return Refined(born, None)
        taken = np.empty(0, np.int64) if arrivals is None else arrivals.genomes
        return self._refining.join(born, before, world.training, taken)

    def _validate(
        self, born: Born, before: RunState | None, world: World, trained: Trained, refined: Refined
    ) -> Validated:
        """Let the best genomes challenge the champion on the held-out episodes, or in the environment's own trials."""
        validation = self._validation_of(born, before, world, trained)
        standing, frozen, events = self._drifted(born.generation, before, world, validation)
        top = self.settings.evaluation.validate_top
        judged = None
        if before is not None and trained.normaliser is None and not world.changed:
            judged = judged_before(born.plan, before.fitness, top)
        fitness, also = trained.evaluation.fitness, refined.joined
        if self.objectives is not None and born.plan is not None:  # survivors would be among the best for ever
            fitness = np.where(born.plan.elite == 1, np.nan, fitness)
        champion = validation.challenge(born.genomes, fitness, top, standing, judged, also)
        return Validated(standing, champion, frozen, events, validation.steps, validation.faults)

    def _validation_of(
        self, born: Born, before: RunState | None, world: World, trained: Trained
    ) -> Validation | TrialValidation | Contest:
        """Return how champions are judged in a generation's world."""
        generation, held_out = born.generation, world.held_out
        if self._trials is not None:
            return TrialValidation(self._trials, held_out, generation)
        if not isinstance(self.env, ProblemEnv):
            return Validation(self._judge, self._held_out, held_out, generation)
        if world.hall is not None:
            fitness, top = trained.evaluation.fitness, self.settings.evaluation.validate_top
            opponents = opponents_of(born.population, fitness, world.hall, top)
            standing = before.champion if before else None
            known = standing is not None and standing.opponents is not None and standing.opponents.equals(opponents)
            where = opponents, self._held_out, held_out, generation
            return MatchContest(self.settings, self.env, self.backend, *where, changed=not known)
        if self.env.at_once:
            return PlayOff(self._judge, self._held_out, held_out, generation)
        if not self.env.seeded:
            return Known(trained.evaluation.fitness, held_out, generation)
        return Validation(self._judge, self._held_out, held_out, generation, race_from=FUNCTION_RACE_FROM)

    def _hall(self, before: RunState | None) -> Hall | None:
        """Return the earlier champions that a generation meets; None where networks play no matches."""
        if not isinstance(self.env, ProblemEnv) or self.env.players is None:
            return None
        if before is None:
            return halls.nobody(self.env.n_inputs, self.env.n_outputs)
        return halls.following(before, self.settings.problem.hall_of_fame, self.settings.run.seed)

    def _speciate(self, born: Born, before: RunState | None, world: World, trained: Trained) -> Speciated:
        """Divide the generation into species."""
        previous = before.species if before else None
        if previous is not None and (world.changed or world.hall is not None):
            # What a species reached in another world, or against others, is no measure of whether it still improves.
            previous = previous._replace(best=np.full(previous.n_species, -np.inf))
        with self.host.meter() as meter:
            species, counts = self._generations.species(born, trained.fitness, previous)
        return Speciated(species, counts, meter.reading)

    def _costs(self, counts: Row, population: int) -> Row:
        """Return cycles and joules of the chip, where there is one, from a generation's counts."""
        cycles = self.backend.phase_cycles(counts, population)
        return cycles | joules_of(counts | cycles, self.pricing)

    def _took(self, times: Sequence[float], *readings: Reading) -> Row:
        """Return seconds and joules of this machine.

        times: at the begin, and after training, validation and speciation; readings: the first is that of reproduction
        """
        begin, trained, validated, speciated = times
        return {
            "reproduce_s": readings[0].wall_s,
            "evaluate_s": validated - begin,
            "validate_s": validated - trained,
            "speciate_s": speciated - validated,
            "host_energy_j": self.host.joules(*readings),
        }

    def _of_refinement(self, refined: Refined, seconds: float) -> Row:
        """Return what there is to say of refinement, in a run that has it."""
        if self._refining is None:
            return {}
        now = refined.refinement
        row: Row = {"refine_env_steps": refined.env_steps, "refine_s": seconds}
        row["refine_step"] = None if now is None else now.distribution.step
        row["refine_episodes"] = None if now is None else now.episodes
        return row

    def _of_environments(self, faults: Sequence[Record]) -> Row:
        """Return how many faults of each kind there were; only worker processes have any."""
        if not self.env.in_workers:
            return {}
        return named({count: sum(fault.kind == kind for fault in faults) for kind, count in FAULTS.items()})

    def _of_drift(self, state: RunState) -> Row:
        """Return what there is to say of a world that changes."""
        if not self.drift:
            return {}
        values = {f"drift_{name}": value for name, value in self.drift.values(state.generation).items()}
        frozen = turned(score_of(state.frozen), self._minimise)
        return {"frozen_fitness": frozen, "world_changes": len(state.events), **values}

    def _changed(self, generation: int) -> bool:
        """Say whether the world is another one than in the generation before."""
        return generation > 0 and self.drift.values(generation) != self.drift.values(generation - 1)

    def _drifted(
        self, generation: int, before: RunState | None, world: World, validation: Validation | TrialValidation | Contest
    ) -> tuple[Champion | None, Champion | None, tuple[ShiftRecord, ...]]:
        """Return the champion and the frozen champion as they are in this generation's world, and all events."""
        if before is None:
            return None, None, ()
        champion, frozen, events = before.champion, before.frozen, before.events
        if shifts := self.drift.shifts(generation):
            events = (*events, begun(shifts, score_of(champion), events[-1].settled if events else 0))
            frozen = champion
        if world.changed:
            same = frozen is not None and champion is not None and frozen.found == champion.found
            champion = validation.again(champion) if champion is not None else None
            frozen = champion if same else validation.again(frozen) if frozen is not None else None
            if events and generation <= events[-1].settled:
                events = (*events[:-1], events[-1]._replace(frozen=score_of(frozen)))
        return champion, frozen, events
