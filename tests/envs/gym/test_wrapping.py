"""What is put around an environment: its limit, the wrappers it is registered with, and those of the settings."""

from __future__ import annotations

import copy
import sys
import warnings
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from genesys_cli.config.wrappers import Wrapper
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.making import DEFAULT_MAX_STEPS, make, make_described
from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.spec import Box
from genesys_cli.errors import UserError

WALK = """
import gymnasium, numpy as np
from gymnasium.envs.registration import WrapperSpec

class Walk(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9, 9, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    made = closed = 0

    def __init__(self):
        Walk.made += 1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-1, 1)
        return self.see(), {}

    def see(self):
        return np.array([self.x, self.spec.max_episode_steps / 1000], np.float32)

    def step(self, action):
        self.x += self.np_random.normal()
        return self.see(), self.x, abs(self.x) > 9, False, {}

    def close(self):
        Walk.closed += 1

class Drawn(Walk):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 30}

    def __init__(self, render_mode=None):
        super().__init__()
        self.render_mode = render_mode

    def render(self):
        return np.zeros((8, 8, 3), np.uint8)

class Doubled(gymnasium.ObservationWrapper):
    def __init__(self, env, by=2, *, fail=False):
        super().__init__(env)
        if fail:
            raise ArithmeticError("not today")
        self.by = by

    def observation(self, observation):
        return observation * self.by

def doubled(env, by):
    return Doubled(env, by)

def nothing(env):
    return 3

def prewrapped():
    return Doubled(Walk(), 1)

TIME = WrapperSpec("TimeAware", "gymnasium.wrappers:TimeAwareObservation", {"flatten": True})
gymnasium.register("Walk-v0", Walk, max_episode_steps=20, reward_threshold=3.0, kwargs={})
gymnasium.register("Free-v0", Walk)
gymnasium.register("Drawn-v0", Drawn, max_episode_steps=20)
gymnasium.register("Aware-v0", Walk, max_episode_steps=20, additional_wrappers=(TIME,))
gymnasium.register("Prewrapped-v0", prewrapped, max_episode_steps=20)
gymnasium.register("Norm-v0", Walk, max_episode_steps=20, additional_wrappers=(
    WrapperSpec("Norm", "gymnasium.wrappers:NormalizeObservation", {}),))
gymnasium.register("Vague-v0", Walk, additional_wrappers=(WrapperSpec("Doubled", "walk:Doubled", None),))
gymnasium.register("Broken-v0", Walk, additional_wrappers=(WrapperSpec("Doubled", "walk:Doubled", {"fail": True}),))
"""

G = "gymnasium.wrappers:"


@pytest.fixture
def walk(module):
    return module("walk", WALK)


def described(name, *wrappers, max_steps=None, kwargs=None):
    return describe_gym(name, kwargs, tuple(Wrapper(entry, given) for entry, given in wrappers), max_steps)


def play(world, env, seed):
    """Return all that an episode of one constant action shows, as bytes, and its steps."""
    out = np.zeros(env.n_inputs, np.float32)
    world.reset(seed, out)
    row = np.zeros(env.action.n_rows, np.float32 if isinstance(env.action, Box) else np.int32)
    shown, steps = [out.tobytes()], 0
    for steps in range(1, env.max_steps + 1):  # noqa: B007
        reward, terminated, truncated, _ = world.step(row, out)
        shown.append(out.tobytes() + np.array([reward, terminated, truncated]).tobytes())
        if terminated or truncated:
            break
    return b"".join(shown), steps


@pytest.mark.parametrize(
    ("name", "max_steps", "limit"),
    [("Walk-v0", None, 20), ("Walk-v0", 7, 7), ("Free-v0", None, DEFAULT_MAX_STEPS), ("Free-v0", 7, 7)],
)
def test_an_environment_is_told_its_limit(walk, name, max_steps, limit):
    env = described(f"{walk}:{name}", max_steps=max_steps)
    before = copy.deepcopy(gymnasium.registry[name])
    assert env.max_steps == limit
    out = np.zeros(2, np.float32)
    with GymWorld(env) as world:
        world.reset(0, out)
        assert out[1] == np.float32(limit / 1000)
        spec = world.env.spec
        assert (spec.id, spec.max_episode_steps, spec.reward_threshold) == (name, limit, before.reward_threshold)
        assert type(world.env).__name__ == "Walk"  # nothing is around it, so that nothing slows its steps
    assert gymnasium.registry[name] == before


def test_wrappers_stand_in_gymnasium_s_order(walk):
    env = described(f"{walk}:Aware-v0", (f"{walk}:Doubled", {"by": 3}), (G + "FlattenObservation", {}), max_steps=5)
    made = make_described(env)
    chain = []
    while isinstance(made, gymnasium.Wrapper):
        chain.append(type(made).__name__)
        made = made.env
    assert chain == ["FlattenObservation", "Doubled", "TimeAwareObservation", "TimeLimit"]
    with GymWorld(env) as world:
        _, steps = play(world, env, 0)
        assert steps == 5
        assert world.env.spec.max_episode_steps == 5
        names = [one.name for one in world.env.spec.additional_wrappers]
        assert names == ["TimeAwareObservation", "Doubled", "FlattenObservation"]
    guarded = make(env.make_id, {}, wrappers=env.wrappers, max_steps=5, guarded=True)
    assert "TimeLimit<OrderEnforcing<PassiveEnvChecker<Walk" in str(guarded)
    guarded.close()


def test_episodes_are_gymnasium_s(walk):
    """With the limit that Gymnasium leaves unsaid."""
    env = described(f"{walk}:Aware-v0")
    plain = gymnasium.make(env.make_id)
    plain.unwrapped.spec.max_episode_steps = 20
    out = np.zeros(env.n_inputs, np.float32)
    with GymWorld(env) as world:
        for seed in (3, 4):
            world.reset(seed, out)
            np.testing.assert_array_equal(out, np.float32(plain.reset(seed=seed)[0]))
            truncated = False
            while not truncated:
                observation, reward, terminated, truncated, _ = plain.step(0)
                assert world.step(np.zeros(1, np.int32), out)[:3] == (reward, terminated, truncated)
                np.testing.assert_array_equal(out, np.float32(observation))
                if terminated:
                    break


def test_what_an_entry_point_has_wrapped_itself(walk):
    env = described(f"{walk}:Prewrapped-v0")
    with GymWorld(env) as world:
        assert world.env.spec.max_episode_steps == world.env.unwrapped.spec.max_episode_steps == 20
        assert play(world, env, 1)[1] <= 20


def test_a_limit_counts_the_steps_inside(walk):
    env = described(f"{walk}:Walk-v0", (G + "MaxAndSkipObservation", {"skip": 4}))
    with GymWorld(env) as world:
        assert play(world, env, 1)[1] <= 5


ARGUMENTS = {
    "ClipReward": {"max_reward": 0.5},
    "DelayObservation": {"delay": 2},
    "DiscretizeAction": {"bins": 3},
    "DiscretizeObservation": {"bins": 2},
    "DtypeObservation": {"dtype": "float64"},
    "FilterObservation": {"filter_keys": ["obs"]},
    "FrameStackObservation": {"stack_size": 2},
    "MaxAndSkipObservation": {"skip": 2},
    "ObstructView": {"obstructed_pixels_ratio": 0.1, "obstruction_width": 2},
    "AddWhiteNoise": {"probability_of_noise_per_pixel": 0.1},
    "RecordVideo": {"video_folder": "films"},
    "RepeatAction": {"num_repeats": 2},
    "RescaleAction": {"min_action": -1.0, "max_action": 1.0},
    "RescaleObservation": {"min_obs": -1.0, "max_obs": 1.0},
    "ReshapeObservation": {"shape": (3, 1)},
    "ResizeObservation": {"shape": (4, 4)},
    "StickyAction": {"repeat_action_probability": 0.3},
    "TimeLimit": {"max_episode_steps": 7},
    "TransformAction": {"func": "walk:f", "action_space": None},
    "TransformObservation": {"func": "walk:f", "observation_space": None},
    "TransformReward": {"func": "walk:f"},
}
WORK = {
    *("DelayObservation", "DtypeObservation", "DiscretizeObservation", "FlattenObservation", "FrameStackObservation"),
    *("MaxAndSkipObservation", "NormalizeObservation", "ReshapeObservation", "RescaleObservation", "RescaleAction"),
    *("TimeAwareObservation", "StickyAction", "ClipReward", "NormalizeReward", "TimeLimit", "Autoreset"),
    *("PassiveEnvChecker", "OrderEnforcing", "RecordEpisodeStatistics", "RepeatAction", "DiscretizeAction"),
}
REASONS = {
    "vector": "is no wrapper",
    "AtariPreprocessing": "",
    "FilterObservation": "only usable with|spaces|Dict",
    "GrayscaleObservation": "",
    "ResizeObservation": "",
    "TransformObservation": "its func is a function",
    "TransformAction": "its func is a function",
    "TransformReward": "its func is a function",
    "ClipAction": "finite bounds",
    "AddRenderObservation": "in a run nothing is drawn",
    "RenderCollection": "in a run nothing is drawn",
    "RecordVideo": "in a run nothing is drawn",
    "HumanRendering": "in a run nothing is drawn",
}


@pytest.mark.parametrize("wrapper", gymnasium.wrappers.__all__)
def test_every_wrapper_of_gymnasium_works_or_says_why_not(wrapper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused, episodes = "", []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Gymnasium's
        try:
            env = described("Pendulum-v1", (G + wrapper, ARGUMENTS.get(wrapper, {})), max_steps=25)
            with GymWorld(env) as world:
                episodes = [play(world, env, seed) for seed in (1, 2, 1)]
        except UserError as error:
            refused = str(error)
    if refused:
        assert wrapper not in WORK
        assert "\n" not in refused
        assert any(part in refused for part in REASONS.get(wrapper, "").split("|"))
        return
    assert not REASONS.get(wrapper)
    assert episodes[0] == episodes[2] != episodes[1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "wrappers", "rebuild"),
    [
        ("Walk-v0", [], False),
        ("Walk-v0", [(G + "NormalizeObservation", {})], True),
        ("Walk-v0", [(G + "NormalizeReward", {}), (G + "FlattenObservation", {})], True),
        ("Norm-v0", [], True),
    ],
)
def test_statistics_that_go_on_are_begun_anew(walk, name, wrappers, rebuild):
    env = described(f"{walk}:{name}", *wrappers)
    assert env.rebuild is rebuild
    with GymWorld(env) as world:
        first, _, again = (play(world, env, seed) for seed in (1, 2, 1))
        assert first == again
    if rebuild:
        with GymWorld(replace(env, rebuild=False)) as world:
            first, _, again = (play(world, env, seed) for seed in (1, 2, 1))
            assert first != again


def test_a_function_may_wrap(walk):
    env = described(f"{walk}:Walk-v0", (f"{walk}:doubled", {"by": 5}))
    plain = described(f"{walk}:Walk-v0")
    with GymWorld(env) as world, GymWorld(plain) as other:
        one, two = np.frombuffer(play(world, env, 1)[0][:8], "f4"), np.frombuffer(play(other, plain, 1)[0][:8], "f4")
    np.testing.assert_allclose(one, 5 * two)


@pytest.mark.parametrize(
    ("entry", "kwargs", "message"),
    [
        ("nowhere:Wrapper", {}, "environment.wrappers: nowhere:Wrapper: there is no module 'nowhere'"),
        (G + "FrameStackObservatio", {}, "has no 'FrameStackObservatio'; did you mean 'FrameStackObservation'?"),
        (G + "vector.ClipReward", {}, "is for vectors of environments"),
        ("gymnasium:Env", {}, "is no wrapper, that is, not derived from gymnasium.Wrapper"),
        ("walk:WALK", {}, "module 'walk' has no 'WALK'"),
        ("walk:np", {}, "is no wrapper, but a module"),
        ("walk:nothing", {}, "it gives int, which is no environment"),
        (
            "walk:Doubled",
            {"fail": True},
            "walk:Doubled cannot be put around it with fail = True: ArithmeticError: not today",
        ),
        ("walk:Doubled", {"bi": 3}, "give its arguments as kwargs = {NAME = VALUE}; it takes by, fail"),
        (G + "FrameStackObservation", {}, "it takes stack_size, padding_type"),
        ("__main__:Doubled", {}, "worker processes do not run the program itself"),
    ],
)
def test_wrappers_that_cannot_be(walk, entry, kwargs, message):
    with pytest.raises(UserError) as caught:
        described(f"{walk}:Walk-v0", (entry, kwargs))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    made = sys.modules["walk"].Walk
    assert made.made == made.closed == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Vague-v0", "is registered with the wrapper Doubled without its kwargs"),
        (
            "Broken-v0",
            "the wrapper walk:Doubled, with which it is registered, cannot be put around it with fail = True: A",
        ),
    ],
)
def test_registered_wrappers_that_cannot_be(walk, name, message):
    with pytest.raises(UserError) as caught:
        described(f"{walk}:{name}")
    assert message in str(caught.value)
    made = sys.modules["walk"].Walk
    assert made.made == made.closed == 1


def test_everything_that_is_made_is_closed_once(walk):
    env = described(f"{walk}:Walk-v0", (f"{walk}:Doubled", {}))
    made = sys.modules["walk"].Walk
    with GymWorld(replace(env, rebuild=True)) as world:
        for seed in range(3):
            play(world, env, seed)
    world.close()
    with pytest.raises(ValueError, match="other spaces"):
        GymWorld(replace(env, observation_names=("x",)))
    assert made.made == made.closed == 5


def test_names_that_are_known_are_those_of_the_bare_environment():
    assert described("CartPole-v1", kwargs={"sutton_barto_reward": True}).observation_names[0] == "cart position"
    assert described("CartPole-v1", (G + "FlattenObservation", {})).observation_names[0] == "obs[0]"


def test_how_it_is_drawn_is_told_only_where_that_is_wanted_and_taken(walk):
    plain, drawn = described(f"{walk}:Walk-v0"), described(f"{walk}:Drawn-v0", (f"{walk}:Doubled", {}))
    for mode in ("human", "rgb_array"):
        with pytest.raises(UserError, match="Walk-v0 cannot be drawn: Walk takes no render_mode; add that argument"):
            make_described(plain, mode)
    with GymWorld(drawn, "rgb_array") as world:
        world.reset(0, np.zeros(2, np.float32))
        assert world.env.render().shape == (8, 8, 3)
    shown = make_described(drawn, "human")  # which it cannot do itself
    assert type(shown).__name__ == "HumanRendering"
    assert type(shown.env).__name__ == "Doubled"
    assert isinstance(shown.env.env, TimeLimit)
    shown.close()
