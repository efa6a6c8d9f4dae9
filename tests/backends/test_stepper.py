"""The kernels that decide for environments stepped from Python, against plain Python, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.backends.acting import action_type
from genesys_cli.backends.arithmetic import FLOAT
from genesys_cli.backends.genesys import FIXED, FixedNetwork
from genesys_cli.backends.stepper import Stepper
from genesys_cli.compiled.lanes import LANES
from genesys_cli.config.chip import ChipSettings
from genesys_cli.envs.conditions import Conditions
from genesys_cli.envs.spec import Box, Discrete, MultiBinary, MultiDiscrete
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
        offset=rng.normal(size=INPUTS).astype(np.float32),
        scale=rng.normal(size=INPUTS).astype(np.float32),
        noise=0.3 if wild else 0.0,
        dropout=0.2 if wild else 0.0,
        clip=0.8 if wild else float("inf"),
        delay=int(rng.integers(1, 4)) if wild else 0,
        permutation=(rng.permutation(count) if wild else np.arange(count)).astype(np.int32),
        physics=np.empty(0),
        moments=wild,
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
    kinds = set()
    for turn in range(40):
        for lane in range(LANES):
            if turn == 0 or rng.random() < 0.05:
                g = int(rng.integers(population.size))
                if arithmetic == "fixed":
                    network = FixedNetwork(population.select(np.array([g])), CHIP, feed_forward=feed_forward)
                else:
                    network = Network(population, g, feed_forward=feed_forward)
                episode = int(rng.integers(1 << 62))
                player = Player(network, action, given, episode)
                players[lane : lane + 1] = [player]
                stepper.begin(population, g, lane, episode)
                assert (stepper.lanes.nodes[lane], stepper.lanes.edges[lane]) == (network.n_nodes, network.n_edges)
        observations[:] = rng.normal(size=observations.shape)
        active = (rng.random(LANES) < 0.9).astype(np.uint8)
        actions[:] = 77
        stepper.decide(active, observations, actions)
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
