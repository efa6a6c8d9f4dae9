"""A backend that nobody ships: the reference code of these tests, in plain Python, behind the protocol."""

from __future__ import annotations

import numpy as np

from genesys_cli.backends.base import Backend
from genesys_cli.backends.played import Played, mean_of
from genesys_cli.config.backends import BackendKind
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.spec import NativeEnv
from genesys_cli.neat.kernels.counts import ReproductionCounts
from reference import rollout
from reference.breed import breed
from reference.genome import genomes_of, population_of
from reference.numbers import Innovations, number
from reference.selection import Pair

KIND = BackendKind("slow", "slow_backend:SlowBackend", "the reference code of the tests", kernels=())


class SlowBackend(Backend):
    """NEAT one genome, one gene and one step at a time."""

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        if not isinstance(self._env, NativeEnv):
            return super().evaluate(population, seeds, conditions, keep_returns=keep_returns)
        given = conditions or conditions_of(self._settings, self._env)
        networks = [self.network(population.select(np.array([g]))) for g in range(population.size)]
        found = rollout.evaluate(self._env, networks, seeds, given)
        terminated = int(found.terminated.sum())
        return Played(
            mean_of(found.returns),
            found.returns if keep_returns else np.empty((0, 0)),
            found.steps.sum(axis=1),
            found.decisions.sum(axis=1),
            found.nodes,
            found.edges,
            (terminated, found.terminated.size - terminated),
        ).evaluation()

    def reproduce(self, population, plan, counters, *, seed, generation):
        genomes = genomes_of(population)
        parents = zip(plan.fitter.tolist(), plan.other.tolist(), (plan.elite != 0).tolist(), strict=True)
        children = [
            breed(genomes, Pair(*pair), self._settings.neat, seed=seed, generation=generation, individual=k)
            for k, pair in enumerate(parents)
        ]
        numbered, known = number(children, Innovations.of(counters, genomes))
        counts = {name: sum(child.counts[name] for child in children) for name in ReproductionCounts._fields}
        return population_of(numbered), known.counters(), counts


class Lacking(Backend):
    """Says nothing of children."""
