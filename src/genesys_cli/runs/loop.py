"""The generation loop: evaluate, validate, speciate, select, reproduce. A generation is one trip with no way back."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..compiled.philox import TRAINING_EPISODES, VALIDATION_EPISODES, fill_words
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import conditions_of
from ..envs.spec import Environment
from ..genome.population import Population
from ..neat.initial import first_population
from ..neat.innovation import Counters
from ..neat.selection import mating_plan, sound_fitness
from ..neat.speciation import speciate
from .state import Champion, RunState

Row = dict[str, Any]


def episode_seeds(seed: int, count: int, *, generation: int | None) -> list[int]:
    """Return Gymnasium reset seeds: those of a generation's training, or (None) the held-out ones of the run."""
    words = np.empty(count, np.uint64)
    purpose = VALIDATION_EPISODES if generation is None else TRAINING_EPISODES
    fill_words(seed, 0, generation or 0, purpose, words)
    return [int(word) >> 1 for word in words]  # 31 bits, so that any interface takes them


class Evolution:
    """Carries a run from one generation to the next. It keeps nothing itself: all is in the :class:`RunState`."""

    def __init__(self, settings: Settings, env: Environment, backend: Backend, threads: Threads) -> None:
        self.settings = settings
        self.env = env
        self.backend = backend
        self.threads = threads
        solved_at = settings.evaluation.solved_at
        self.solved_at = env.solved_at if solved_at is None else solved_at
        self._training = conditions_of(settings, env, training=True)
        self._validation = conditions_of(settings, env)
        self._held_out = episode_seeds(settings.run.seed, settings.evaluation.validate_episodes, generation=None)

    def first(self) -> tuple[RunState, Row]:
        """Return generation 0, evaluated, and its row of metrics."""
        begin = time.perf_counter()
        population, counters = first_population(
            self.settings.neat, self.env.n_inputs, self.env.n_outputs, self.settings.run.seed, self.threads
        )
        population = self.backend.adopt(population)
        row: Row = {"reproduce_s": time.perf_counter() - begin}
        return self._complete(0, population, counters, None, row)

    def next(self, state: RunState) -> tuple[RunState, Row]:
        """Return the generation after `state`, evaluated, and its row of metrics."""
        begin = time.perf_counter()
        where = {"seed": self.settings.run.seed, "generation": state.generation}
        plan = mating_plan(state.population, state.fitness, state.species, self.settings.neat, **where)
        children, counters, counts = self.backend.reproduce(state.population, plan, state.counters, **where)
        row: Row = {"reproduce_s": time.perf_counter() - begin, **counts}
        return self._complete(state.generation + 1, children, counters, state, row)

    def solved(self, state: RunState) -> bool:
        """Say whether the champion reaches the threshold on the held-out episodes."""
        champion = state.champion
        return champion is not None and self.solved_at is not None and champion.validated_fitness >= self.solved_at

    def _complete(
        self, generation: int, population: Population, counters: Counters, before: RunState | None, row: Row
    ) -> tuple[RunState, Row]:
        seed = self.settings.run.seed
        begin = time.perf_counter()
        episodes = self.settings.evaluation.episodes
        seeds = episode_seeds(seed, episodes, generation=generation)
        evaluation = self.backend.evaluate(population, seeds, self._training)
        fitness, invalid = sound_fitness(evaluation.fitness)
        champion, validation_steps = self._validate(
            generation, population, evaluation.fitness, before.champion if before else None
        )
        evaluated = time.perf_counter()
        species, counts = speciate(
            population,
            fitness,
            before.species if before else None,
            self.settings.neat,
            seed=seed,
            generation=generation,
            threads=self.threads,
        )
        speciated = time.perf_counter()
        state = RunState(
            generation,
            population,
            fitness,
            species,
            counters,
            champion,
            evaluation.env_steps + (before.env_steps if before else 0),
            validation_steps + (before.validation_steps if before else 0),
        )
        row |= evaluation.counts
        row |= {**counts, "invalid_fitness": invalid}
        row |= {"evaluate_s": evaluated - begin, "speciate_s": speciated - evaluated}
        row |= self.backend.account(row, population.size)
        return state, describe(state, row)

    def _validate(
        self, generation: int, population: Population, fitness: NDArray[np.float64], champion: Champion | None
    ) -> tuple[Champion | None, int]:
        """Let the best genomes play the held-out episodes; return the better of them and `champion`, and the steps.

        fitness: (P,) float64, as evaluated: what is not finite is no candidate
        """
        sound = np.flatnonzero(np.isfinite(fitness))
        if not len(sound):
            return champion, 0
        best = sound[np.argsort(-fitness[sound], kind="stable")[: self.settings.evaluation.validate_top]]
        judged = self.backend.evaluate(population.select(best), self._held_out, self._validation, keep_returns=True)
        validated = np.where(np.isfinite(judged.fitness), judged.fitness, -np.inf)
        winner = int(np.argmax(validated))
        if not validated[winner] > (champion.validated_fitness if champion is not None else -np.inf):
            return champion, judged.env_steps
        index = int(best[winner])
        found = Champion(
            population.select(np.array([index])),
            generation,
            index,
            float(fitness[index]),
            float(validated[winner]),
            float(np.std(judged.returns[winner])),
        )
        return found, judged.env_steps


def describe(state: RunState, row: Row) -> Row:
    """Return the metrics of a generation: what the state says, then what `row` measured."""
    population, fitness, champion = state.population, state.fitness, state.champion
    best = int(np.argmax(fitness))
    nodes = np.diff(population.node_offsets)
    conns = np.diff(population.conn_offsets)
    return {
        "generation": state.generation,
        "best_fitness": float(fitness[best]),
        "mean_fitness": float(fitness.mean()),
        "std_fitness": float(fitness.std()),
        "champion_fitness": champion.validated_fitness if champion else None,
        "champion_generation": champion.generation if champion else None,
        "species": state.species.number,
        "compatibility_threshold": state.species.threshold,
        "nodes_mean": float(nodes.mean()),
        "conns_mean": float(conns.mean()),
        "best_nodes": int(nodes[best]),
        "best_conns": int(conns[best]),
        "total_env_steps": state.env_steps,
        "total_validation_steps": state.validation_steps,
        **row,
    }
