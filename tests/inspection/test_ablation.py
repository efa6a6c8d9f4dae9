"""A network without one of its inputs scores what it scores in Gymnasium with that input held still."""

import json
import math

import gymnasium
import numpy as np
import pytest

from genesys_cli.backends.numerics import numerics_of
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import GenesysError
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ablation import ablate, hold_still
from small_runs import start, tiny

EPISODES = 5
CASES = {
    "software": ("CartPole", "evaluation.observation_scale=[1, 2, 3, 4]", "evaluation.observation_offset=[0.1]"),
    "recurrent": ("CartPole", "neat.feed_forward=false"),
    "genesys": ("CartPole", "run.backend=genesys"),
    "gymnasium": ("CartPole", "environment.kwargs={sutton_barto_reward=false}"),
}


@pytest.fixture(scope="module", params=CASES)
def stored(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("ablation")
    env, *overrides = CASES[request.param]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        run = start(tiny(env, *overrides, "neat.num_hidden=1", "run.seed=3"), place / "run")
    return find_target("champion", run)


def played(stored, seeds, held=None):
    """Return what the network gets in Gymnasium, and all that it observed. held: (input, observation), or None"""
    champion, settings = stored.champion, stored.settings
    numerics = numerics_of(settings)
    network = numerics.network(numerics.adopt(champion.genome), feed_forward=settings.neat.feed_forward)
    returns, observed = [], []
    world = gymnasium.make("CartPole-v1")
    for seed in seeds:
        observation, _ = world.reset(seed=seed)
        network.reset()
        total, over = 0.0, False
        while not over:
            observed.append(observation.copy())
            seen = observation.astype(np.float32)
            if held is not None:
                seen[held[0]] = held[1]
            outputs = network.activate((seen - champion.offset) * champion.scale)
            observation, reward, terminated, truncated, _ = world.step(int(np.argmax(outputs)))
            total += reward
            over = terminated or truncated
        returns.append(total)
    world.close()
    return np.array(returns), np.array(observed)


def test_every_input_against_gymnasium(stored):
    seeds = episode_seeds(stored.settings.run.seed, EPISODES, generation=None)
    intact, observed = played(stored, seeds)
    heard = []
    found = ablate(stored, EPISODES, lambda *step: heard.append(step[:2]))
    assert (found.episodes, found.intact) == (EPISODES, intact.mean())
    connected = sum(row.connected for row in found.inputs)
    assert heard[-1] == (connected + 1, connected + 1)
    for row in found.inputs:
        assert row.held_at == pytest.approx(observed[:, row.input].astype(float).mean(), rel=1e-4, abs=1e-6)
        without, _ = played(stored, seeds, (row.input, row.held_at))
        assert row.mean_return == without.mean()
        assert row.loss == (intact - without).mean()
        assert row.loss_error == pytest.approx((intact - without).std(ddof=1) / math.sqrt(EPISODES))
    losses = [row.loss for row in found.inputs]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 0
    assert sorted(row.input for row in found.inputs) == [0, 1, 2, 3]
    assert json.loads(json.dumps(found.document()))["inputs"][0]["name"] == found.inputs[0].name


def test_an_input_without_a_way_to_an_output_is_not_played(stored):
    genome = stored.champion.genome
    others = {row.name for row in ablate(stored, 1).inputs if row.connected} - {"pole angle"}
    deaf = stored._replace(champion=stored.champion._replace(genome=genome._replace(
        conn_enabled=np.where(genome.conn_in == 2, 0, genome.conn_enabled).astype(np.uint8)
    )))  # fmt: skip
    heard = []
    found = ablate(deaf, EPISODES, lambda *step: heard.append(step[1]))
    assert {row.name for row in found.inputs if row.connected} == others
    assert {(row.loss, row.mean_return) for row in found.inputs if not row.connected} == {(0.0, found.intact)}
    assert set(heard) == {len(others) + 1}


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 0.1, -3.7e4, 1e-7, 123.456, 1e-30, 2.0**40])
@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (0.25, 2.0), (-300.0, 0.001)])
def test_what_is_held_still_is_exact(value, offset, scale):
    """The arithmetic of ``senses.sense_plainly``, on observations of every size."""
    settings = tiny("CartPole")
    world = conditions_of(settings, environment_of(settings))
    world = world._replace(offset=np.full(4, offset, np.float32), scale=np.full(4, scale, np.float32))
    held = hold_still(world, 2, value)
    with np.errstate(over="ignore"):
        wanted = (np.float32(value) - world.offset[2]) * world.scale[2]
    rng = np.random.default_rng(7)
    raw = np.concatenate([[0.0], rng.normal(size=200) * 10.0 ** rng.uniform(-30, 15, 200)]).astype(np.float32)
    found = (raw - held.offset[2]) * held.scale[2]
    assert np.isfinite([held.offset[2], held.scale[2]]).all()
    assert (found == (wanted if abs(wanted) >= 2.0**-40 else 0)).all()
    for k in (0, 1, 3):
        assert (held.offset[k], held.scale[k]) == (world.offset[k], world.scale[k])
    assert world.scale[2] == np.float32(scale)


def test_a_network_that_fails_has_nothing_to_compare_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored = find_target("champion", start(tiny("Pendulum", "neat.generations=2"), "run"))
    broken = stored._replace(champion=stored.champion._replace(scale=np.full(3, np.nan, np.float32)))
    with pytest.raises(GenesysError, match="fails in these episodes"):
        ablate(broken, 2)
