"""Running mean and variance of observations: against numpy, and through runs, checkpoints and champions."""

import numpy as np
import pytest

from genesys_cli.backends.evaluation import Moments
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.evolution.normaliser import Normaliser
from genesys_cli.files.checkpoint import load
from genesys_cli.files.target import find_target
from genesys_cli.playback.replay import replay
from small_runs import Watcher, bits, resume, start, tiny

ON = ("evaluation.normalise_observations=true", "evaluation.observation_scale=[]")  # Pendulum's preset has a scale
NORMALISED = (*ON, "neat.generations=5")


def moments(values, offset):
    apart = values - offset
    return Moments(len(values), apart.sum(axis=0), (apart**2).sum(axis=0))


def gathered(parts):
    """Merge the parts as a run does, each summed about the mean so far as float32; return the statistics."""
    normaliser = Normaliser.empty(parts[0].shape[1])
    for part in parts:
        offset, _ = normaliser.scaling()
        normaliser = normaliser.merged(moments(part, offset), offset)
    return normaliser


def test_merged_statistics_are_those_of_everything():
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    spread, middle = 10.0 ** rng.uniform(-3, 3, 6), rng.normal(size=6) * 10
    values = np.float32(rng.normal(size=(3000, 6)) * spread + middle).astype(np.float64)
    parts = np.split(values, np.sort(rng.choice(np.arange(1, 3000), 9, replace=False)))
    found = gathered(parts)
    assert found.samples == 3000
    np.testing.assert_allclose(found.mean, values.mean(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.m2 / 3000, values.var(axis=0), rtol=1e-7)
    offset, scale = found.scaling()
    assert offset.dtype == scale.dtype == np.float32
    scaled = (np.float32(values) - offset) * scale
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axis=0), spread / np.sqrt(spread**2 + 1e-8), rtol=1e-2)


def test_before_the_first_observation_nothing_is_scaled():
    offset, scale = Normaliser.empty(3).scaling()
    assert offset.tolist() == [0.0] * 3
    assert scale.tolist() == [1.0] * 3


@pytest.mark.parametrize("value", [0.0, 0.1, 255.0, -1e6, 1e-6, 16777216.0])
def test_an_input_that_never_changes_is_left_out(value):
    constant = np.full((1000, 1), np.float32(value), np.float64)
    found = gathered([constant, constant[:1], constant])
    assert found.scaling()[1].tolist() == [0.0]


def test_an_input_that_has_hardly_ever_changed_stays_bounded():
    byte = np.zeros((100_000, 1))
    byte[5] = 1.0
    scale = float(gathered([byte]).scaling()[1][0])
    assert 0 < scale < 1e4
    settings = load_settings(None, "CartPole", ON)
    assert conditions_of(settings, find("CartPole")).clip == 10
    clipped = load_settings(None, "CartPole", [*ON, "evaluation.observation_clip=3"])
    assert conditions_of(clipped, find("CartPole")).clip == 3
    assert conditions_of(load_settings(None, "CartPole"), find("CartPole")).clip == np.inf


def test_a_small_unit_is_no_constant():
    metres = np.random.default_rng(0).normal(size=(1000, 1)) * 1e-3
    assert float(gathered([metres]).scaling()[1][0]) == pytest.approx(1e3, rel=0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_left_out(bad):
    sound = gathered([np.arange(8.0).reshape(4, 2)])
    strange = Moments(3, np.array([1.0, bad]), np.array([1.0, 1.0]))
    assert sound.merged(strange, np.zeros(2, np.float32)) is sound
    assert sound.merged(None, np.zeros(2, np.float32)) is sound
    assert sound.merged(Moments(0, np.zeros(2), np.zeros(2)), np.zeros(2, np.float32)) is sound


@pytest.mark.parametrize("key", ["observation_offset", "observation_scale"])
def test_scaling_of_ones_own_and_normalisation_exclude_each_other(key):
    both = ["evaluation.normalise_observations=true", f"evaluation.{key}=[1,2,3,4]"]
    with pytest.raises(UserError, match=f"evaluation.{key} .* has no meaning with evaluation.normalise_observations"):
        load_settings(None, "CartPole", both)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("normalised")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("Pendulum", *NORMALISED), place / "run")


def states(folder):
    return [load(path)[0] for path in sorted((folder / "checkpoints").glob("gen-*.npz"))]


def test_a_run_gathers_every_generation(run):
    found = [state.normaliser for state in states(run)]
    steps = [state.env_steps for state in states(run)]
    assert [normaliser.samples for normaliser in found] == steps
    assert all((normaliser.scaling()[1] > 0).all() for normaliser in found)
    # Cosine, sine and speed of a pendulum.
    assert (np.abs(found[-1].mean[:2]) <= 1).all()
    assert (found[-1].m2 / found[-1].samples)[2] > 1


def test_a_champion_keeps_what_it_saw(run):
    """The statistics of a generation are those from before it, and stay with the champion."""
    known = states(run)
    for state in known:
        found = state.champion.generation
        wanted = (known[found - 1].normaliser if found else Normaliser.empty(3)).scaling()
        np.testing.assert_array_equal(state.champion.offset, wanted[0])
        np.testing.assert_array_equal(state.champion.scale, wanted[1])
    champion = find_target("champion", run).champion
    assert champion.offset.tobytes() == known[-1].champion.offset.tobytes()
    assert champion.scale.tobytes() == known[-1].champion.scale.tobytes()


def test_a_champion_scores_with_what_it_saw(run):
    result = replay("champion", run, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]
    shown = replay("champion", run, 3, None, "none", lambda frame: None)["returns"]
    np.testing.assert_allclose(shown, result["returns"][:3], rtol=0, atol=1e-3)


@pytest.mark.parametrize("stop", range(4))
def test_interrupted_and_resumed(run, stop):
    again = start(tiny("Pendulum", *NORMALISED), "again", Watcher([stop]))
    resume(again)
    assert bits(again) == bits(run)


def test_threads_change_nothing(run):
    many = (*ON, "neat.population=200", "neat.generations=3")
    assert bits(start(tiny("Pendulum", *many, "run.threads=3"), "many")) == bits(start(tiny("Pendulum", *many), "one"))


def test_only_training_is_summed(run):
    """The held-out episodes are not looked at; nor is anything where observations are not normalised."""
    assert states(start(tiny("Pendulum", "neat.generations=1"), "plain"))[0].normaliser is None
    assert len(episode_seeds(0, 3, generation=0)) == 3
    assert states(run)[0].normaliser.samples == 24 * 3 * 200


def test_the_chip_sees_normalised_observations():
    chip = start(tiny("Pendulum", *NORMALISED, "run.backend=genesys"), "chip")
    assert states(chip)[-1].normaliser.samples == 24 * 3 * 200 * 5
    result = replay("champion", chip, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]
