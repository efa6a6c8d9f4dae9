"""Games of PettingZoo, played by networks: each move against a plain loop."""

from __future__ import annotations

import sys

import numpy as np
import pytest

zoo = pytest.importorskip("pettingzoo")
pytest.importorskip("pygame")

from genesys_cli import UserError  # noqa: E402
from genesys_cli.config import trust  # noqa: E402
from genesys_cli.config.load import load_settings, settings_from_toml, to_toml  # noqa: E402
from genesys_cli.envs.registry import environment_of, find, resolved  # noqa: E402
from genesys_cli.envs.spec import Box, Discrete, MultiBinary, MultiDiscrete  # noqa: E402
from genesys_cli.envs.zoo.game import Game, choose  # noqa: E402
from genesys_cli.envs.zoo.making import made  # noqa: E402

TICTACTOE, RPS, AUCTION = "pettingzoo:classic/tictactoe-v3", "pettingzoo:classic/rps-v2", "pettingzoo:zoo_games"


class Fixed:
    """A network whose outputs are always the same, which notes what it sees."""

    def __init__(self, *outputs):
        self.outputs, self.seen = np.array(outputs, np.float32), []

    def activate(self, inputs):
        self.seen.append(np.array(inputs))
        return self.outputs


class Linear:
    """A network with random weights."""

    def __init__(self, inputs, outputs, seed):
        self.weights = np.random.default_rng(seed).normal(size=(outputs, inputs)).astype(np.float32)

    def activate(self, inputs):
        return np.tanh(self.weights @ np.asarray(inputs, np.float32))


def test_only_what_is_allowed_is_played():
    """The first wants the fields in their order, the second backwards; taken ones are skipped."""
    game = Game(TICTACTOE, {}, 100)
    assert (game.masked, game.agents, len(game.seen.names)) == (True, ["player_1", "player_2"], 18)
    assert game.seen.names[:2] == ("obs[0,0,0]", "obs[0,0,1]")
    players = Fixed(*range(9, 0, -1)), Fixed(*range(9))
    assert game.play(players, seed=1) == [1.0, -1.0]  # 0 8 1 7 2: the first has a line
    assert [len(player.seen) for player in players] == [3, 2]
    assert players[1].seen[0].sum() == 1
    assert game.play(players[::-1], seed=1) == [1.0, -1.0]


def test_moves_at_once_are_those_of_a_plain_loop():
    game = Game(RPS, {"max_cycles": 9}, 100)
    players = [Linear(4, 3, seed) for seed in (1, 2)]
    expected = [0.0, 0.0]
    last = [3, 3]
    for _ in range(9):
        moves = [int(np.argmax(one.activate(np.eye(4)[seen]))) for one, seen in zip(players, last, strict=True)]
        last = moves[::-1]
        expected[0] += ((moves[0] - moves[1] + 1) % 3) - 1
    expected[1] = -expected[0]
    assert game.play(players, seed=3) == expected
    assert expected[0] != 0


def test_a_game_of_ones_own_with_three(monkeypatch):
    game = Game(AUCTION, {"rounds": 3}, 100)
    players = [Linear(2, 1, seed) for seed in range(3)]
    found = game.play(players, seed=5)
    world = made(AUCTION, {"rounds": 3})
    seen, _ = world.reset(seed=5)
    total = dict.fromkeys(world.possible_agents, 0.0)
    while world.agents:
        bids = {
            agent: 1 + np.clip(player.activate(seen[agent]), -1, 1)
            for agent, player in zip(world.possible_agents, players, strict=True)
        }
        seen, rewards, *_ = world.step(bids)
        total = {agent: total[agent] + reward for agent, reward in rewards.items()}
    np.testing.assert_allclose(found, list(total.values()), rtol=1e-6)
    assert game.play(players, seed=5) == found
    assert Game(AUCTION, {"rounds": 3}, 1).play(players, seed=5) != found  # cut off after a move


def test_a_game_in_turn_that_is_cut_off():
    players = Fixed(*range(9, 0, -1)), Fixed(*range(9))
    assert Game(TICTACTOE, {}, 3).play(players, seed=1) == [0.0, 0.0]


def test_an_environment_that_raised_is_made_anew():
    game = Game(AUCTION, {"odd": "raise"}, 100)
    for _ in range(2):
        with pytest.raises(ValueError, match="the hammer broke"):
            game.play([Fixed(0.0)] * 3, seed=1)
        assert game._world is None


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ("blind", r"pettingzoo:zoo_games: observation obs\[1\] is nan"),
        ("unpaid", "the reward of agent 'bidder 0' is None instead of a number"),
    ],
)
def test_what_is_no_number_is_named(odd, message):
    with pytest.raises(ValueError, match=message):
        Game(AUCTION, {"odd": odd}, 100).play([Fixed(0.0)] * 3, seed=1)


def test_no_environment_is_given_an_action_that_is_not_finite():
    with pytest.raises(ValueError, match=r"pettingzoo:zoo_games: the action of a network is not finite: \[nan\]"):
        Game(AUCTION, {}, 100).play([Fixed(0.0), Fixed(np.nan), Fixed(0.0)], seed=1)


@pytest.mark.parametrize(
    ("action", "outputs", "mask", "row"),
    [
        (Discrete(3), [0.1, 0.5, 0.5], None, [1]),
        (Discrete(3), [0.1, 0.5, 0.5], [1, 0, 1], [2]),
        (Discrete(3), [0.9, 0.5, 0.1], np.array([0, 0, 1], np.int8), [2]),
        (Discrete(3), [0.9, 0.5, 0.1], [0, 0, 0], [0]),  # nothing is allowed: nothing can be chosen from
        (Discrete(3), [0.1, np.nan, 0.5], None, [2]),  # as the kernels compare them
        (Discrete(3), [np.nan, 0.9, 0.5], None, [0]),
        (Discrete(3), [0.9, np.nan, 0.5], [0, 1, 1], [1]),
        (Discrete(3), [np.inf, -np.inf, -np.inf], [0, 1, 1], [1]),
        (MultiDiscrete((2, 3)), [0.1, 0.2, 0.5, 0.1, 0.5], None, [1, 0]),
        (MultiBinary(3), [0.1, -0.2, 0.0], None, [1, 0, 0]),
        (Box((-1.0, 0.0), (3.0, 10.0)), [0.5, -2.0], None, [2.0, 0.0]),
    ],
)
def test_outputs_become_actions(action, outputs, mask, row):
    assert choose(action, np.array(outputs, np.float32), mask).tolist() == row


def test_settings_are_those_of_matches():
    given = load_settings(env="pettingzoo:classic/tictactoe_v3", overrides=["problem.matches=3"])
    env = environment_of(given)
    assert (env.players, env.seeded, env.name) == (2, True, "classic-tictactoe_v3")
    assert (env.n_inputs, env.action) == (18, Discrete(9))
    settings = resolved(given, env)
    assert (settings.problem.call, settings.problem.players, settings.problem.matches) == ("match", 2, 3)
    assert (settings.evaluation.episodes, settings.world.pace_hz) == (1, 0)
    kept = settings_from_toml(to_toml(settings))
    assert kept == settings
    assert environment_of(kept).problem == env.problem
    assert trust.modules_of(settings) == ()


def test_arguments_and_limits_are_kept():
    given = load_settings(
        env=AUCTION, overrides=["environment.kwargs={agents = 4, rounds = 1}", "environment.max_steps=7"]
    )
    env = environment_of(given)
    settings = resolved(given, env)
    assert (env.players, env.kwargs, env.limit) == (4, {"agents": 4, "rounds": 1}, 7)
    assert settings.environment.kwargs == {"agents": 4, "rounds": 1}
    assert settings.environment.max_steps == 7
    assert trust.modules_of(settings) == ("zoo_games",)
    assert "sha256" in env.origin()


@pytest.mark.parametrize(
    ("env", "overrides", "message"),
    [
        ("pettingzoo:classic/tictactoe-v9", (), "PettingZoo has no"),
        ("pettingzoo:", (), "must be the family, name and version of an environment of PettingZoo"),
        ("pettingzoo:classic/", (), "must be the family, name and version of an environment of PettingZoo, such as"),
        ("pettingzoo:json", (), "module json has neither env() nor parallel_env()"),
        ("pettingzoo:nowhere_at_all", (), "there is no module 'nowhere_at_all'"),
        (AUCTION, ("environment.kwargs={agents = 1}",), "has 1 agents, and matches take two or more"),
        (AUCTION, ('environment.kwargs={odd = "bidder 1"}',), "its agents see or do different kinds of things"),
        (AUCTION, ("environment.kwargs={colour = 1}",), "making it raised TypeError"),
        (RPS, ("problem.players=3",), "has 2 agents; leave it out"),
        (RPS, ("problem.call=one",), "whose games are matches; leave them out"),
        (RPS, ("evaluation.patience=3",), "evaluation.patience has no meaning"),
    ],
)
def test_what_cannot_be_played(env, overrides, message):
    settings = load_settings(env=env, overrides=overrides)
    with pytest.raises(UserError) as caught:
        resolved(settings, environment_of(settings))
    assert message in str(caught.value)


def test_other_commands_say_what_it_is():
    with pytest.raises(UserError, match="is played by several networks together: genesys evolve --env pettingzoo:x"):
        find("pettingzoo:x")


def test_without_pettingzoo(monkeypatch):
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    with pytest.raises(UserError, match=r"needs 'pettingzoo', which is not installed; install it with: pip install '"):
        made(RPS, {})
