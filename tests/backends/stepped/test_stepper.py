"""The kernels that decide for environments stepped from Python, against plain Python, to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from backends.bench import DISTURBED, SEEDS, Bench, all_conditions
from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.backends.acting import action_type
from genesys_cli.backends.arithmetic import FLOAT
from genesys_cli.backends.chip.network import FixedNetwork
from genesys_cli.backends.chip.numerics import FIXED
from genesys_cli.backends.stepped.stepper import Stepper
from genesys_cli.compiled.lanes import LANES
from genesys_cli.config.chip import ChipSettings
from genesys_cli.envs.conditions import Conditions
from genesys_cli.envs.registry import episode_starts
from genesys_cli.envs.spec import Box, Discrete, MultiBinary, MultiDiscrete, Real
from genesys_cli.genome.access import largest
from genesys_cli.network.network import Network
from reference.acting import Player
from reference.grow import FUNCTIONS, Scene, grow

INPUTS = 6
ACTIONS = {
    "one of": Discrete(5),
    "several": MultiDiscrete((2, 4, 3)),
    "switches": MultiBinary(4),
    "numbers": Box((-1.0, -2.0, 0.0), (1.0, 6.0, 0.5)),
    "reals": Real((0.0, 2.0, -30.0), (1.0, 0.1, 70.0)),
}
CHIP = fixed_point_of(ChipSettings())
ARITHMETICS = {"float": (FLOAT, 0), "fixed": (FIXED, CHIP)}


def conditions(action, rng, *, wild):
    """Return conditions in which nothing is disturbed, or everything."""
    count = action.n if isinstance(action, Discrete) else action.n_rows
    return Conditions(
        max_steps=1000,
        patience=0,
        action_repeat=1,
        reward_min=-np.inf,
        offset=rng.normal(size=INPUTS).astype(np.float32),
        scale=rng.normal(size=INPUTS).astype(np.float32),
        noise=0.3 if wild else 0.0,
        dropout=0.2 if wild else 0.0,
        clip=0.8 if wild else float("inf"),
        delay=int(rng.integers(1, 4)) if wild else 0,
        permutation=(rng.permutation(count) if wild else np.arange(count)).astype(np.int32),
        physics=np.empty(0),
        moments=wild,
        action_cost=0.7 if wild else 0.0,
        change_cost=0.3 if wild else 0.0,
    )


def genomes(action, feed_forward, arithmetic):
    functions = {} if arithmetic == "fixed" else FUNCTIONS
    changes = {"population": 20, "feed_forward": feed_forward, **functions}
    return grow(Scene(INPUTS, action.n_outputs, 5, changes, 8))[-1].children


@pytest.fixture(params=[True, False], ids=["feed-forward", "recurrent"])
def feed_forward(request):
    return request.param


@pytest.mark.parametrize("wild", [False, True], ids=["plain", "wild"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("kind", ACTIONS)
def test_decisions_are_those_of_plain_python(kind, arithmetic, feed_forward, wild):
    """Episodes come and go in the lanes; some genomes play two of them, and lanes rest now and then."""
    action = ACTIONS[kind]
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    population = genomes(action, feed_forward, arithmetic)
    given = conditions(action, rng, wild=wild)
    blocks, number = ARITHMETICS[arithmetic]
    sizes = largest(population, 0, population.size)
    stepper = Stepper(action, INPUTS, *sizes, given, blocks, number, feed_forward=feed_forward)
    players: list[Player] = []
    observations = np.zeros((LANES, INPUTS), np.float32)
    actions = np.zeros((LANES, action.n_rows), action_type(action))
    active = np.ones(LANES, np.uint8)
    decide = stepper.decider(active, observations, actions)
    kinds = set()
    for turn in range(40):
        for lane in range(LANES):
            if turn == 0 or rng.random() < 0.05:
                g = int(rng.integers(population.size))
                if arithmetic == "fixed":
                    network = FixedNetwork(CHIP, population.select(np.array([g])), feed_forward=feed_forward)
                else:
                    network = Network(population, g, feed_forward=feed_forward)
                episode = int(rng.integers(1 << 62))
                player = Player(network, action, given, episode)
                players[lane : lane + 1] = [player]
                stepper.begin(population, g, lane, episode)
                assert (stepper.lanes.nodes[lane], stepper.lanes.edges[lane]) == (
                    network.n_nodes,
                    network.n_connections,
                )
        observations[:] = rng.normal(size=observations.shape)
        active[:] = rng.random(LANES) < 0.9
        actions[:] = 77
        assert decide() == 0 if turn % 2 else stepper.decide(active, observations, actions) == 0
        for lane in range(LANES):
            if not active[lane]:
                assert (actions[lane] == 77).all()
                continue
            expected = players[lane].decide(observations[lane])
            np.testing.assert_array_equal(actions[lane], np.array(expected, actions.dtype), f"turn {turn}, lane {lane}")
            kinds.add(tuple(expected))
            assert stepper.lanes.decision[lane] == players[lane].decisions
            np.testing.assert_array_equal(stepper.lanes.moments[lane], players[lane].moments)
    assert len(kinds) > 2


def test_what_is_not_finite_is_told():
    """One lane sees no number, one chooses none, one lies idle with both."""
    action = ACTIONS["numbers"]
    population = genomes(action, True, "float").select(np.array([0, 1, 2]))
    population.node_bias[population.node_offsets[1] : population.node_offsets[2]] = np.nan
    given = conditions(action, np.random.default_rng(0), wild=False)
    stepper = Stepper(action, INPUTS, *largest(population, 0, 3), given, FLOAT, 0, feed_forward=True)
    observations = np.zeros((LANES, INPUTS), np.float32)
    observations[[3, 15], 2] = np.nan
    active = np.ones(LANES, np.uint8)
    active[15] = 0
    for lane in range(LANES):
        stepper.begin(population, 1 if lane in (7, 15) else 0, lane, lane)
    actions = np.zeros((LANES, action.n_rows), np.float32)
    assert stepper.decide(active, observations, actions) == 1 << 3 | 1 << 7


@pytest.mark.parametrize(("backend", "env"), DISTURBED)
def test_playing_from_python_gives_the_kernels_returns(env, backend, feed_forward):
    """Physics in plain Python, decisions by the stepper, against the kernel that fuses both; to the bit."""
    with closing(Bench(env, backend, feed_forward=feed_forward)) as bench:
        changes = all_conditions(bench.env) | {"action_repeat": 1, "patience": 0}
        found = bench.evaluate(changes, SEEDS[:2])
        blocks, number = ARITHMETICS["fixed" if backend == "genesys" else "float"]
        sizes = largest(bench.population, 0, bench.population.size)
        given = bench.conditions(changes)
        action, inputs = bench.env.action, bench.env.n_inputs
        stepper = Stepper(action, inputs, *sizes, given, blocks, number, feed_forward=feed_forward)
        items = [(g, k) for g in range(bench.population.size) for k in range(2)]
        states = np.zeros((bench.env.state_size, LANES))
        for lane, (g, k) in enumerate(items):
            states[:, lane] = episode_starts(bench.env, SEEDS[k : k + 1])[0]
            stepper.begin(bench.population, g, lane, SEEDS[k])
        flat = states.reshape(-1)
        seen = np.zeros(inputs * LANES, np.float32)
        actions = np.zeros((LANES, action.n_rows), action_type(action))
        active = np.array([lane < len(items) for lane in range(LANES)], np.uint8)
        returns = np.zeros(len(items))
        for _ in range(given.max_steps):
            for lane in np.flatnonzero(active):
                bench.env.observe(flat, np.uint64(lane), seen, given.physics)
            stepper.decide(active, np.ascontiguousarray(seen.reshape(inputs, LANES).T), actions)
            rows = np.ascontiguousarray(actions.T).reshape(-1)
            for lane in np.flatnonzero(active):
                reward, terminated = bench.env.step(flat, np.uint64(lane), rows, given.physics)
                returns[lane] = returns[lane] - stepper.lanes.cost[lane] + max(reward, given.reward_min)
                active[lane] = not terminated
        np.testing.assert_array_equal(returns.reshape(-1, 2), found.returns)


def test_gymnasiums_cartpole_gives_the_kernels_returns(feed_forward):
    """Its physics differs from the kernel's by last bits, which its episodes do not show in so few steps."""
    gymnasium = pytest.importorskip("gymnasium")
    with closing(Bench("CartPole", "software", feed_forward=feed_forward)) as bench:
        found = bench.evaluate({"noise": 0.1, "delay": 1}, SEEDS[:1])
        given = bench.conditions({"noise": 0.1, "delay": 1})
        sizes = largest(bench.population, 0, bench.population.size)
        stepper = Stepper(bench.env.action, 4, *sizes, given, FLOAT, 0, feed_forward=feed_forward)
        world = gymnasium.make("CartPole-v1", max_episode_steps=given.max_steps)
        active = np.zeros(LANES, np.uint8)
        active[5] = 1
        observations, actions = np.zeros((LANES, 4), np.float32), np.zeros((LANES, 1), np.int32)
        for g in range(bench.population.size):
            stepper.begin(bench.population, g, 5, SEEDS[0])
            observations[5], _ = world.reset(seed=SEEDS[0])
            total, over = 0.0, False
            while not over:
                stepper.decide(active, observations, actions)
                observations[5], reward, terminated, truncated, _ = world.step(int(actions[5, 0]))
                total += float(reward)
                over = terminated or truncated
            assert total == found.returns[g, 0]
        world.close()


def test_without_a_compiler():
    """Kernels are Python, so they can be debugged and covered as such; what they decide is the same."""
    script = "\n".join(
        [
            "import numpy as np",
            "from backends.bench import Bench, all_conditions",
            "from genesys_cli.backends.numerics import FLOAT32",
            "from genesys_cli.backends.stepped.actor import Actor",
            "bench = Bench('Acrobot', 'software')",
            "given = bench.conditions(all_conditions(bench.env))",
            "actor = Actor(FLOAT32, bench.env, bench.population, given, feed_forward=True)",
            "actor.begin(5)",
            "seen = np.random.default_rng(1).normal(size=(30, 6)).astype(np.float32)",
            "print([(actor.decide(row), int(actor.row[0])) for row in seen])",
        ]
    )
    tests = str(Path(__file__).resolve().parents[2])
    found = []
    for disabled in ("0", "1"):
        path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "NUMBA_DISABLE_JIT": disabled}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        found.append(run.stdout)
    assert found[0] == found[1]
    assert all(f"(True, {k})" in found[0] for k in range(3))
