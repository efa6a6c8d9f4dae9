"""Episodes that EnvPool plays: what a pool of a single episode gives, and never what champions are judged by."""

from __future__ import annotations

import builtins
import contextlib
import queue
import sys

import numpy as np
import pytest

from backends.workers.playing import SEEDS, population_of, settings_of
from genesys_cli.backends.numerics import numerics_of
from genesys_cli.backends.workers.banked import Banked
from genesys_cli.backends.workers.board import OwnBoard, sizes_of
from genesys_cli.backends.workers.lineup import Lineup
from genesys_cli.backends.workers.messages import Failed, Grant, Stop, Task
from genesys_cli.backends.workers.player import Player
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.engine import check_engine
from genesys_cli.envs.gym.bank import Bank
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.genome.population import DTYPES
from genesys_cli.network.network import Network
from reference.acting import Player as Reference
from reference.gym import play
from small_runs import Watcher, bits, resume, start, tiny

pytest.importorskip("envpool")

ENGINE = "environment.engine=envpool"
WILD = {"max_steps": 90, "action_repeat": 3, "noise": 0.2, "delay": 2, "moments": True, "patience": 40}
WILD |= {"action_cost": 0.2, "change_cost": 0.3}


def training(env, settings, **changes):
    given = conditions_of(settings, env, training=True)
    assert given.pooled
    return given._replace(**changes)


@pytest.mark.parametrize(("workers", "changes"), [(1, {"max_steps": 120}), (2, WILD)], ids=["plain", "wild"])
@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "LunarLander-v3", "Hopper-v5"])
def test_what_a_pool_of_one_episode_gives(playing, name, workers, changes):
    env, settings, backend = playing.backend(name, ENGINE, workers=workers)
    given = training(env, settings, **changes)
    population = population_of(env, settings)
    found = backend.evaluate(population, SEEDS, given, keep_returns=True)
    networks = [Network(population, g, feed_forward=True) for g in range(10)]
    episodes = [[play(env, network, given, seed) for seed in SEEDS] for network in networks]
    np.testing.assert_array_equal(found.returns, [[episode.total for episode in row] for row in episodes])
    assert found.env_steps == sum(episode.steps for row in episodes for episode in row)


def test_seeds_that_are_many_or_come_again(playing):
    """More of them than are made at a time; twice the same one; one that is too large for EnvPool."""
    env, settings, backend = playing.backend("CartPole-v1", ENGINE, workers=2)
    given = training(env, settings, max_steps=60)
    population = population_of(env, settings)
    seeds = [*range(150), 7, 7, 2**32 + 7]
    found = backend.evaluate(population, seeds, given, keep_returns=True).returns
    for k in (0, 63, 64, 65, 149):
        alone = backend.evaluate(population, [k], given, keep_returns=True).returns
        np.testing.assert_array_equal(found[:, k], alone[:, 0])
    np.testing.assert_array_equal(found[:, -3:], found[:, [7, 7, 7]])


def test_champions_are_judged_in_gymnasium(playing):
    env, settings, backend = playing.backend("CartPole-v1", ENGINE)
    plain, plain_settings, plain_backend = playing.backend("CartPole-v1")
    population = population_of(env, settings)
    judged = backend.evaluate(population, SEEDS, conditions_of(settings, env), keep_returns=True)
    expected = plain_backend.evaluate(population, SEEDS, conditions_of(plain_settings, plain), keep_returns=True)
    np.testing.assert_array_equal(judged.returns, expected.returns)
    trained = backend.evaluate(population, SEEDS, training(env, settings), keep_returns=True)
    assert (trained.returns != judged.returns).any()


def where(episode):
    return float(episode.info["x_position"])


def test_a_fitness_function_reads_what_the_environment_says(playing):
    env, settings, backend = playing.backend("Swimmer-v5", ENGINE, f"evaluation.fitness={__name__}:where")
    population = population_of(env, settings)
    given = training(env, settings, max_steps=20)
    found = backend.evaluate(population, [3], given, keep_returns=True).returns[:, 0]
    for g in range(10):
        player = Reference(Network(population, g, feed_forward=True), env.action, given, 3)
        bank = Bank(env, [3])
        seen = bank.first
        for _ in range(20):
            rows = np.array([player.decide(seen[0].astype(np.float32))], np.float32)
            stepped = bank.step(np.zeros(1, np.int32), rows)
            seen = stepped.observations
        assert found[g] == stepped.info_of(0)["x_position"] != 0


@pytest.mark.parametrize("name", ["LunarLander-v3", "Hopper-v5"])
def test_runs_have_the_same_bits_on_any_workers_and_resumed(tmp_path, name):
    given = [ENGINE, "neat.generations=3", "evaluation.validate_episodes=2", "environment.max_steps=40"]
    one = start(tiny(name, *given), tmp_path / "one")
    two = start(tiny(name, *given, "run.threads=2"), tmp_path / "two", Watcher(stops=[1]))
    assert not (two / "checkpoints" / "gen-000002.npz").exists()
    resume(two)
    assert bits(one) == bits(two)


def refused(env, *given):
    settings = load_settings(None, None, [f"environment.id={env}", ENGINE, *given])
    with pytest.raises(UserError) as error:
        check_engine(settings, environment_of(settings))
    return str(error.value)


def test_refused(monkeypatch):
    assert "CartPole-v1 has a kernel of its own, which is faster" in refused("CartPole")
    assert "environment.kwargs (gravity)" in refused("LunarLander", "environment.kwargs.gravity=-9")
    wrapper = "gymnasium.wrappers:NormalizeReward"
    assert "environment.wrappers (gymnasium.wrappers:NormalizeReward)" in refused(
        "LunarLander", f"environment.wrappers=['{wrapper}']"
    )
    assert "has no environment of the id Taxi-v4" in refused("Taxi")
    monkeypatch.setitem(sys.modules, "envpool", None)
    assert "pip install 'genesys-cli[fast]'" in refused("LunarLander")
    monkeypatch.setattr("builtins.__import__", _no_library(builtins.__import__))
    assert "cannot be loaded: ImportError: libfoo.so" in refused("LunarLander")


def _no_library(usual):
    def imported(name, *args, **kwargs):
        if name == "envpool":
            raise ImportError("libfoo.so: cannot open shared object file")
        return usual(name, *args, **kwargs)

    return imported


def test_a_worker_without_the_package_says_so(monkeypatch):
    """As on a node of a cluster that has none."""
    env, settings = describe_gym("CartPole-v1"), settings_of("CartPole-v1", ENGINE)
    numerics = numerics_of(settings)
    monkeypatch.setitem(sys.modules, "envpool", None)
    with contextlib.closing(OwnBoard(1)) as board, pytest.raises(UserError, match="needs 'envpool'"):
        Player(env, settings, numerics.arithmetic, numerics.formats, board, 0, print)


def test_a_step_that_raises_is_the_fault_of_all_who_play(monkeypatch):
    """A worker goes on after it, and says of each episode that it failed."""
    env, settings = describe_gym("CartPole-v1"), settings_of("CartPole-v1", ENGINE)
    population, numerics, lineup = population_of(env, settings), numerics_of(settings), Lineup(SEEDS)
    inbox, failed = queue.SimpleQueue(), []

    def send(message):
        if isinstance(message, Failed):
            failed.append((message.item, message.kind, message.message.partition(":")[0]))
            if len(failed) == len(SEEDS):
                inbox.put(Stop())

    with contextlib.closing(OwnBoard(1)) as board:
        sizes = sizes_of(population, lineup.items(population.size), 1, moments=False)
        board.make_room(sizes)
        for name in DTYPES:
            getattr(board.sheet(sizes).population, name)[:] = getattr(population, name)
        player = Player(env, settings, numerics.arithmetic, numerics.formats, board, 0, send)
        monkeypatch.setattr(Banked, "step", lambda self, lanes: 1 / 0)
        inbox.put(Task(1, board.size, sizes, (10, 50), lineup, training(env, settings)))
        inbox.put(Grant(range(len(SEEDS)), False, 16))
        player.run(inbox)
    assert sorted(failed) == [(item, "exception", "ZeroDivisionError") for item in range(len(SEEDS))]
