"""A stored network scores in Gymnasium what evolution said it scores."""

import sys
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.drift import conditions_in
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.errors import UserError
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.files.checkpoint import load
from genesys_cli.files.target import find_target
from genesys_cli.playback.replay import replay
from small_runs import generations, start, tiny

# Return of an episode, native against Gymnasium. The last bits of sine and cosine differ, and in a few hundred steps of
# Pendulum they grow to this. Acrobot is chaotic: single episodes end at other steps, so only their mean is compared.
TOLERANCE = {
    "CartPole": 0.0,
    "MountainCar": 0.0,
    "MountainCarContinuous": 1e-6,
    "Pendulum": 1e-3,
}
# Everything else that can be unusual about a world.
WORLD = (
    "drift.observation_noise={at=1,to=0.1}",
    "drift.observation_dropout={at=1,to=0.1}",
    "drift.action_delay={at=1,to=2}",
    "environment.action_repeat=3",
    "evaluation.observation_clip=1.5",
)
CASES = [
    ("CartPole",),
    ("CartPole", "neat.feed_forward=false", "neat.num_hidden=2"),
    ("CartPole-v0",),
    ("CartPole", "environment.max_steps=37", "evaluation.observation_scale=[1, 2, 3, 4]"),
    ("MountainCar",),
    ("MountainCarContinuous",),
    ("Pendulum",),
    ("Pendulum", "neat.feed_forward=false"),
    ("Acrobot",),
    ("CartPole", *WORLD, "drift.length={at=1,to=0.7}", "drift.action_permutation={at=1,to=1}"),
    ("CartPole", *WORLD, "run.backend=genesys", "neat.feed_forward=false"),
    ("MountainCarContinuous", *WORLD, "drift.power={at=1,to=0.002}", "environment.max_steps=301"),
    ("Pendulum", *WORLD, "drift.mass={at=1,to=1.2}", "drift.max_torque={at=1,to=1.5}"),
]


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def run(request, tmp_path_factory):
    """A run of this environment, and its settings."""
    place = tmp_path_factory.mktemp("replay")
    settings = tiny(*request.param, "evaluation.validate_episodes=30")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(settings, place / "run"), settings


def base(settings):
    return settings.environment.id.partition("-")[0]


def test_the_champion_scores_what_is_stored(run):
    folder, _ = run
    result = replay("champion", folder, None, None, "none")
    assert result["same_episodes_as_stored"]
    assert result["episodes"] == 30
    assert result["mean_return"] == result["stored_fitness"]


def test_each_episode_returns_in_gymnasium_what_the_backend_found(run):
    folder, settings = run
    champion = find_target("champion", folder).champion
    seeds = episode_seeds(settings.run.seed, 30, generation=None)
    env = find(settings.environment.id)
    world = conditions_in(settings, env, champion.validated_in)
    with Threads(1) as threads:
        evaluation = make_backend(settings, env, threads).evaluate(champion.genome, seeds, world, keep_returns=True)
    returns = evaluation.returns[0]
    assert evaluation.fitness[0] == champion.validated_fitness == pytest.approx(returns.mean(), rel=1e-12)
    assert replay("champion", folder, None, None, "none")["returns"] == returns.tolist()
    played = np.array(replay("champion", folder, 30, None, "none", lambda frame: None)["returns"])
    if base(settings) == "Acrobot":  # long before its end, an episode is the same: short ones end alike
        alike = np.abs(played - returns) <= 1
        assert alike.mean() >= 0.5
    else:
        np.testing.assert_allclose(played, returns, rtol=0, atol=TOLERANCE[base(settings)])


def test_every_native_environment_is_replayed():
    assert {case[0] for case in CASES} >= {env.name for env in NATIVE.values() if env.gymnasium_id is not None}


@pytest.mark.parametrize("name", [env.name for env in NATIVE.values() if env.gymnasium_id is None])
def test_what_gymnasium_has_not_is_shown_with_the_bits_of_the_kernels(name, tmp_path):
    small = ["neat.population=24", "neat.generations=2", "run.threads=1", "run.seed=3"]
    small += ["evaluation.validation=none", "evaluation.validate_episodes=1"]  # trials would need kernels of their own
    folder = start(load_settings(None, name, small), tmp_path / "run")
    frames = []
    played = replay(str(folder), None, 1, None, "film", frames.append)
    assert played["returns"] == replay(str(folder), None, 1, None, "none")["returns"]
    pictures = [frame.picture() for frame in (frames[0], frames[-1])]
    assert len(frames) == played["steps"] + 1
    assert (pictures[0] == pictures[1]).all()  # a frame's picture is drawn when it is called: that of the end
    assert frames[-1].over
    assert frames[0].rate == NATIVE[f"{name}-v0"].render_fps


def test_the_best_of_a_generation_has_no_stored_score(cartpole):
    result = replay("gen:0", cartpole, 3, None, "none")
    assert result["stored_fitness"] is None
    assert not result["same_episodes_as_stored"]
    assert result["generation"] == 0


def test_episodes_and_seed(cartpole):
    starts = []

    def show(frame):
        if frame.steps == 0:
            starts.append(tuple(frame.state))

    one = replay("champion", cartpole, 4, None, "none", show)
    other = replay("champion", cartpole, 4, 99, "none", show)
    assert len(set(starts)) == 8
    assert (one["episodes"], len(one["returns"])) == (4, 4)
    assert one["returns"] == replay("champion", cartpole, None, None, "none")["returns"][:4]
    assert one["mean_return"] == np.mean(one["returns"])
    assert not other["same_episodes_as_stored"]


def test_what_a_show_sees(cartpole):
    seen = []
    result = replay(
        "champion", cartpole, 2, None, "terminal", lambda frame: seen.append((frame.env.id, frame.steps, frame.total))
    )
    steps = [step for _, step, _ in seen]
    first = steps.index(0, 1)
    assert steps == [*range(first), *range(len(steps) - first)]
    assert [seen[first - 1][2], seen[-1][2]] == result["returns"]
    assert len(seen) == result["steps"] + 2
    assert seen[0][0] == "CartPole-v1"


def test_a_window_that_nobody_sees_may_be_asked_for(cartpole, monkeypatch):
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert replay("champion", cartpole, None, None, "window")["episodes"] == 1


def test_a_window_without_pygame(cartpole, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(UserError, match=r"needs pygame .* pip install 'genesys-cli\[window\]'"):
        replay("champion", cartpole, 1, None, "window")


def test_a_window_without_a_display(cartpole, monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    with pytest.raises(UserError, match="there is no display; use --render terminal"):
        replay("champion", cartpole, 1, None, "window")

    def fail(*_):
        raise pygame.error("No available video device")

    monkeypatch.setattr(pygame.display, "set_mode", fail)
    with pytest.raises(UserError, match=r"no window can be opened here \(No available video device\)"):
        replay("champion", cartpole, 1, None, "window")


def test_a_network_is_replayed_in_the_world_that_judged_it():
    """The champion of a run whose last world differs from that in which it was found."""
    run = start(tiny("CartPole", "drift.force.at=5", "drift.force.to=-10", "neat.generations=6"), "run")
    for number in generations(run):
        champion = load(run / "checkpoints" / f"gen-{number:05d}.npz")[0].champion
        assert champion.validated_in == (5 if number == 5 else champion.generation)
    result = replay("champion", run, None, None, "none")
    assert result["world_generation"] == 5
    assert result["mean_return"] == result["stored_fitness"]
    assert replay("gen:4", run, 2, None, "none")["world_generation"] == 4


def test_a_world_that_gymnasium_cannot_show():
    run = start(tiny("Acrobot", "drift.gravity.at=0", "drift.gravity.to=8", "neat.generations=1"), "run")
    result = replay("champion", run, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]
    with pytest.raises(UserError, match="Acrobot-v1 with gravity = 8, .* shown: in Gymnasium it is fixed at 9.8"):
        replay("champion", run, 1, None, "none", lambda frame: None)


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """A run of an environment that Gymnasium steps in worker processes."""
    place = tmp_path_factory.mktemp("workers")
    kwargs = ("environment.kwargs.sutton_barto_reward=true", "drift.observation_noise={at=1,to=0.1}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", *kwargs, "neat.generations=3", "neat.population=8"), place / "run")


def test_gymnasiums_environments_are_replayed(workers):
    result = replay("champion", workers, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]
    seen = []
    shown = replay("champion", workers, 9, None, "none", seen.append)
    assert shown["returns"] == result["returns"]
    assert shown["steps"] == result["steps"]
    assert all(frame.state is None for frame in seen)
    assert seen[0].observation.shape == (4,)
    assert set(seen[0].action.tolist()) <= {0, 1}


def test_a_fitness_of_ones_own_is_what_replay_reports(monkeypatch):
    Path("mine.py").write_text("def score(episode):\n    return -2.0 * episode.steps\n")
    monkeypatch.syspath_prepend(".")
    run = start(tiny("CartPole", "evaluation.fitness=mine:score", "neat.generations=2"), "run")
    result = replay("champion", run, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]
    assert replay("champion", run, 9, None, "none", lambda frame: None)["returns"] == result["returns"]


def test_another_backend_can_compute_it(cartpole):
    software = replay("champion", cartpole, None, None, "none", backend="software")
    chip = replay("champion", cartpole, None, None, "none", backend="genesys")
    assert software["mean_return"] == software["stored_fitness"]
    assert (software["backend"], chip["backend"]) == ("software", "genesys")
    shown = replay("champion", cartpole, 9, None, "none", lambda frame: None, "genesys")
    assert shown["returns"] == chip["returns"]


def test_a_shipped_champion_solves_its_task():
    pytest.importorskip("Box2D")
    result = replay("LunarLander", None, None, None, "none")
    assert result["mean_return"] > 200 < result["stored_fitness"]


def test_a_window_of_mujoco_without_a_display(monkeypatch):
    """Its library would end the process, so it is not asked."""
    pytest.importorskip("mujoco")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(UserError, match="no window can be opened here, since there is no display; use --render term"):
        replay("InvertedDoublePendulum", None, 1, None, "window")


@pytest.mark.parametrize("env", ["CartPole", "MountainCar"])
def test_episodes_are_listed_alike_by_backend_and_gymnasium(env):
    run = start(tiny(env, "environment.max_steps=40"), "run")
    hidden = replay("champion", run, 12, None, "none")["episode_list"]
    assert hidden == replay("champion", run, 12, None, "none", lambda frame: None)["episode_list"]
    assert [entry["episode"] for entry in hidden] == list(range(1, 13))
    assert [entry["return"] for entry in hidden] == replay("champion", run, 12, None, "none")["returns"]
    for entry in hidden:
        assert entry["ended"] == ("terminated" if entry["steps"] < 40 else "cut off")
        assert abs(entry["return"]) == entry["steps"]
    assert len({entry["seed"] for entry in hidden}) == 12
    assert replay("champion", run, 21, None, "none")["episode_list"] == []
