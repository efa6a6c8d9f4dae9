"""A backend with some genomes, and conditions for them to play under, for tests that compare with plain Python."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.backends.native.rollout import ALONE_FROM
from genesys_cli.compiled.lanes import LANES
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.backends import SHIPPED
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of, n_permuted
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.rtl.verilator import missing_tool
from reference import rollout
from reference.grow import Scene, grow

GENOMES = 5
FEW = ALONE_FROM - 1  # genomes share the lanes
MANY = LANES + 2  # each has them for itself, twice
SEEDS = [7 + 1000 * k for k in range(MANY)]
STEPS = 61  # no multiple of the repeats below

BACKENDS = [kind.name for kind in SHIPPED]
CHIPS = {kind.name: "genesys-edge" for kind in SHIPPED if kind.simulates_rtl}  # a small one, which is soon built
WHY_NOT = missing_tool()
NEEDS = {name: pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "") for name in CHIPS}


def pairs(always: Container[tuple[str, str]]) -> list[Any]:
    """Return every backend with every native environment, as parameters; what is not `always` tested soaks."""
    return [
        pytest.param(
            backend,
            env,
            marks=[
                *([] if (backend, env) in always else [pytest.mark.soak]),
                *([NEEDS[backend]] if backend in NEEDS else []),
            ],
        )
        for backend in BACKENDS
        for env in NATIVE
    ]


KERNELS = [
    name for name in BACKENDS if name not in CHIPS
]  # the simulated chip is held to one of these, in backends/rtl
DISTURBED = pairs([(backend, env) for backend in KERNELS for env in ("CartPole-v1", "Pendulum-v1")])
"""Backends and environments whose disturbed kernels are compared with plain Python.

Each costs seconds to compile. Both backends disturb both kinds of actions; the plain kernels of all environments are
held by ``test_software``, and those of the chip by ``test_conformance``.
"""


def one_condition(env, name):
    """Return what one condition changes."""
    moved = np.roll(np.arange(n_permuted(env)), 1).astype(np.int32)
    return {
        "noise": {"noise": 0.2},
        "dropout": {"dropout": 0.3},
        "clip": {"clip": 0.05},
        "delay": {"delay": 2},
        "permutation": {"permutation": moved},
        "action_repeat": {"action_repeat": 4},
        "patience": {"patience": 1},
        "reward_min": {"reward_min": {"CartPole-v1": 1.5, "Acrobot-v1": -0.5}.get(env.id, -0.05)},
        "action_cost": {"action_cost": 0.3},
        "change_cost": {"change_cost": 0.7},
        "moments": {"moments": True},
    }[name]


ONE = [
    *("noise", "dropout", "clip", "delay", "permutation", "action_repeat", "patience", "reward_min", "action_cost"),
    *("change_cost", "moments"),
]


def all_conditions(env):
    """Return changes of everything at once; less gravity, so that nobody falls before late actions arrive."""
    factor = {"gravity": 0.2, "half_length": 2.0}
    return {
        **one_condition(env, "noise"),
        **one_condition(env, "permutation"),
        "dropout": 0.1,
        "clip": 1.7,
        "delay": 2,
        "action_repeat": 3,
        "patience": 40,
        **one_condition(env, "reward_min"),
        "action_cost": 0.11,
        "change_cost": 0.13,
        "moments": True,
        "physics": type(env.physics)(*(v * factor.get(name, 1.1) for name, v in env.physics._asdict().items())),
    }


class Bench:
    """A backend with genomes that have a history, and what plain Python makes of the same genomes."""

    def __init__(self, env, backend, *, feed_forward=True, threads=1):
        self.env = find(env)
        overrides = (f"run.backend={backend}", f"neat.feed_forward={str(feed_forward).lower()}")
        scale = f"evaluation.observation_scale={[1.5] * self.env.n_inputs}"
        offset = f"evaluation.observation_offset={[0.1] * self.env.n_inputs}"
        self.settings = load_settings(
            env=env,
            overrides=[*overrides, scale, offset, "neat.population=70", f"environment.max_steps={STEPS}"],
            chip=CHIPS.get(backend),
        )
        self.threads = Threads(threads)
        self.backend = make_backend(self.settings, self.env, self.threads)
        changes = {"population": 20, "feed_forward": feed_forward, "num_hidden": 2, "initial_direct": True}
        changes |= {"conn_delete_prob": 0.05, "node_delete_prob": 0.05, "weight_init_stdev": 3.0}
        grown = grow(Scene(self.env.n_inputs, self.env.n_outputs, 9, changes, 6))[-1].children
        self.population = self.backend.adopt(grown.select(np.arange(GENOMES)))

    def conditions(self, changes):
        return conditions_of(self.settings, self.env)._replace(**changes)

    def evaluate(self, changes, seeds):
        return self.backend.evaluate(self.population, seeds, self.conditions(changes), keep_returns=True)

    def expected(self, changes, seeds):
        networks = [self.backend.network(self.population.select(np.array([g]))) for g in range(GENOMES)]
        return rollout.evaluate(self.env, networks, seeds, self.conditions(changes))

    def close(self):
        self.backend.close()
        self.threads.close()
