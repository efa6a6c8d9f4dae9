"""Populations that play Gymnasium's environments in worker processes."""

from __future__ import annotations

from typing import Any

import numpy as np

from genesys_cli.backends.base import Backend, make_backend
from genesys_cli.backends.numerics import numerics_of
from genesys_cli.backends.stepped.actor import Actor
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import Settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.spec import GymEnv
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population

SEEDS = [5, 6, 7]


def settings_of(env: str, *overrides: str) -> Settings:
    return load_settings(env="CartPole", overrides=[f"environment.id={env}", "neat.population=10", *overrides])


def population_of(env: GymEnv, settings: Settings, seed: int = 3) -> Population:
    """Return a first generation."""
    return first_population(settings.neat, env.n_inputs, env.n_outputs, seed, Threads(1))[0]


def compile_here(env: GymEnv, settings: Settings) -> None:
    """Compile what a pool needs in this process, since each of its workers would compile it for itself."""
    population = population_of(env, settings)
    actor = Actor(numerics_of(settings), env, population, conditions_of(settings, env), feed_forward=True)
    actor.begin(0)
    actor.decide(np.zeros(env.n_inputs, np.float32))


class Playing:
    """Backends for environments, kept until :meth:`close`."""

    def __init__(self) -> None:
        self._backends: dict[str, tuple[GymEnv, Settings, Backend]] = {}

    def backend(self, env: str, *overrides: str, workers: int = 1, **kwargs: Any) -> tuple[GymEnv, Settings, Backend]:
        """Return an environment, settings, and a backend whose pool has so many workers."""
        key = repr((env, overrides, workers, kwargs))
        if key not in self._backends:
            settings = settings_of(env, *overrides)
            found = describe_gym(env, kwargs)
            compile_here(found, settings)
            self._backends[key] = found, settings, make_backend(settings, found, Threads(workers))
        return self._backends[key]

    def evaluate(self, env: str, *overrides: str, workers: int = 1, seeds: Any = SEEDS, **kwargs: Any) -> Any:
        """Return the evaluation of a first generation, with returns."""
        found, settings, backend = self.backend(env, *overrides, workers=workers, **kwargs)
        population = backend.adopt(population_of(found, settings))
        return backend.evaluate(population, seeds, keep_returns=True)

    def close(self) -> None:
        for _, _, backend in self._backends.values():
            backend.close()
