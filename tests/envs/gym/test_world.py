"""Environments stepped with plain numbers, against the same environments stepped by hand."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import gymnasium
import numpy as np
import pytest

from genesys_cli.envs.gym.atari import forget_starts
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.spec import Box

STEPS = 120


def needs(name):
    pytest.importorskip(
        {"BipedalWalker": "Box2D", "LunarLander": "Box2D", "Hopper": "mujoco"}.get(name, "ale_py"),
        exc_type=ImportError,
    )


@pytest.fixture(autouse=True)
def _nothing_played_yet():
    forget_starts()


def rows(env, seed, steps=STEPS):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        if isinstance(env.action, Box):
            yield rng.uniform(-1, 1, env.action.n_rows).astype(np.float32)
        else:
            yield rng.integers(env.action.n, size=1).astype(np.int32)


def episode(world, env, seed, steps=STEPS):
    """Return a digest of all that an episode under random actions shows."""
    out = np.full(env.n_inputs, np.nan, np.float32)
    world.reset(seed, out)
    shown = [out.tobytes()]
    for row in rows(env, seed, steps):
        reward, terminated, truncated, _ = world.step(row, out)
        shown.append(out.tobytes() + np.array([reward, terminated, truncated]).tobytes())
        if terminated or truncated:
            break
    return hashlib.sha256(b"".join(shown)).hexdigest()


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "LunarLander", "BipedalWalker", "Hopper", "Asterix"])
def test_steps_are_those_of_gymnasium(name):
    if "-v" not in name:
        needs(name)
    env = describe_gym(name)
    plain = gymnasium.make(env.make_id, **env.kwargs)
    out = np.full(env.n_inputs, np.nan, np.float32)
    with GymWorld(env) as world:
        for seed in (3, 4, 3):
            world.reset(seed, out)
            if env.rebuild:
                plain = gymnasium.make(env.make_id, **env.kwargs)
            np.testing.assert_array_equal(out, plain.reset(seed=seed)[0].astype(np.float32))
            for row in rows(env, seed):
                if isinstance(env.action, Box):
                    low, high = np.float32(env.action.low), np.float32(env.action.high)
                    row = (low + high) / 2 + (high - low) / 2 * row
                action = row if isinstance(env.action, Box) else int(row[0])
                observation, reward, terminated, truncated, _ = plain.step(action)
                got = world.step(row, out)
                np.testing.assert_array_equal(out, observation.astype(np.float32))
                assert got[:3] == (reward, terminated, truncated)
                assert [type(part) for part in got] == [float, bool, bool, dict]
                if terminated or truncated:
                    break


@pytest.mark.parametrize("name", ["LunarLander", "BipedalWalker", "Hopper", "Asterix", "Alien"])
def test_an_episode_does_not_depend_on_what_was_played_before_or_beside_it(name):
    needs(name)
    env = describe_gym(name)
    seeds = range(8) if name == "BipedalWalker" else range(3)
    steps = 300 if name == "BipedalWalker" else STEPS
    alone = []
    for seed in seeds:
        forget_starts()
        with GymWorld(env) as world:
            alone.append(episode(world, env, seed, steps))
    with GymWorld(env) as world, GymWorld(env) as other:
        for seed in [*seeds, *reversed(seeds)]:
            assert episode(world, env, seed, steps) == alone[seed]
        out = np.empty(env.n_inputs, np.float32)
        for seed in seeds[:2]:  # in turns with another living instance
            other.reset(seed + 1, out)
            for row in rows(env, seed, 30):
                other.step(row, out)
            assert episode(world, env, seed, steps) == alone[seed]
    with GymWorld(env) as newcomer:
        assert [episode(newcomer, env, seed, steps) for seed in seeds] == alone


def test_what_bipedal_walker_remembers_is_why_it_is_made_anew():
    needs("BipedalWalker")
    env = describe_gym("BipedalWalker")
    assert env.rebuild
    with GymWorld(env) as anew, GymWorld(replace(env, rebuild=False)) as again:
        digests = [[episode(world, env, seed, 300) for seed in range(8)] for world in (anew, again)]
    assert digests[0] != digests[1]


def test_rebuild_is_honoured(module):
    name = module(
        "countdown",
        """
        import gymnasium, numpy as np

        class Countdown(gymnasium.Env):
            made = 0
            observation_space = gymnasium.spaces.Box(0, 100, (1,))
            action_space = gymnasium.spaces.Discrete(2)
            open = 0

            def __init__(self):
                Countdown.made += 1
                Countdown.open += 1

            def reset(self, *, seed=None, options=None):
                return np.full(1, Countdown.made, np.float32), {}

            def close(self):
                Countdown.open -= 1

        gymnasium.register("Countdown-v0", Countdown)
        """,
    )
    env = describe_gym(f"{name}:Countdown-v0")
    counting = sys.modules[name].Countdown
    assert (counting.made, counting.open) == (1, 0)
    out = np.empty(1, np.float32)
    for rebuild, seen in ((False, [2, 2, 2]), (True, [3, 4, 5])):
        with GymWorld(replace(env, rebuild=rebuild)) as world:
            for made in seen:
                world.reset(0, out)
                assert out == made
            assert counting.open == 1
        assert counting.open == 0


def test_limits_are_not_its_own():
    env = describe_gym("MountainCar-v0")
    out = np.empty(2, np.float32)
    with GymWorld(env) as world:
        world.reset(0, out)
        ends = [world.step(np.array([1], np.int32), out)[1:3] for _ in range(2 * env.max_steps)]
        assert not np.array(ends).any()
        assert not isinstance(world.env, gymnasium.wrappers.TimeLimit)


WRONG = {
    "reset gives no tuple": ("return OBS", "return GOOD", TypeError, "reset must return .observation, info., not"),
    "reset gives three": ("return OBS, {}, 1", "return GOOD", TypeError, "reset must return"),
    "old interface": ("return OBS, {}", "return OBS, 0.0, False, {}", TypeError, "step must return .* not .ndarray, "),
    "no reward": ("return OBS, {}", "return OBS, None, False, False, {}", TypeError, "number as reward"),
    "wrong shape": ("return np.zeros(3), {}", "return GOOD", ValueError, "shape .3,., but"),
    "wrong shape later": ("return OBS, {}", "return np.zeros(1), 0.0, False, False, {}", ValueError, "shape .1,., but"),
    "numpy's numbers": ("return OBS, {}", "return OBS, np.float32(1), np.True_, np.False_, {}", None, ""),
    "whole numbers": ("return list(OBS), {}", "return list(OBS), 1, 1, 0, {}", None, ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_returned_is_checked(module, case):
    reset, step, error, message = WRONG[case]
    name = module(
        "returning",
        f"""
        import gymnasium, numpy as np
        OBS = np.zeros(2, np.float32)
        GOOD = OBS, 0.0, False, False, {{}}

        class Returning(gymnasium.Env):
            observation_space = gymnasium.spaces.Box(0, 1, (2,))
            action_space = gymnasium.spaces.Discrete(2)

            def reset(self, *, seed=None, options=None):
                {reset}

            def step(self, action):
                {step}

        gymnasium.register("Returning-v0", Returning)
        """,
    )
    out = np.ones(2, np.float32)
    with GymWorld(describe_gym(f"{name}:Returning-v0")) as world:

        def play():
            world.reset(0, out)
            return world.step(np.zeros(1, np.int32), out)

        if error is None:
            reward, terminated, truncated, info = play()
            assert (reward, terminated, truncated, info) == (1.0, True, False, {})
            assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
        else:
            with pytest.raises(error, match=message):
                play()


def test_spaces_that_change_are_refused(module):
    name = module(
        "changing",
        """
        import gymnasium, numpy as np

        class Changing(gymnasium.Env):
            action_space = gymnasium.spaces.Discrete(2)
            size = 1

            def __init__(self):
                Changing.size += 1
                self.observation_space = gymnasium.spaces.Box(0, 1, (Changing.size,))

        gymnasium.register("Changing-v0", Changing)
        """,
    )
    env = describe_gym(f"{name}:Changing-v0")
    with pytest.raises(ValueError, match="other spaces each time it is made: 3 observations .* now, 2 and"):
        GymWorld(env)


@pytest.mark.parametrize("where", ["reset", "step"])
def test_an_exception_of_the_environment_comes_through(module, where):
    name = module(
        "raising",
        f"""
        import gymnasium, numpy as np

        class Raising(gymnasium.Env):
            observation_space = gymnasium.spaces.Box(0, 1, (1,))
            action_space = gymnasium.spaces.Discrete(2)

            def reset(self, *, seed=None, options=None):
                if {where!r} == "reset":
                    raise ArithmeticError("of the reset")
                return np.zeros(1, np.float32), {{}}

            def step(self, action):
                raise ValueError("of the step")

        gymnasium.register("Raising-v0", Raising)
        """,
    )
    out = np.empty(1, np.float32)
    with GymWorld(describe_gym(f"{name}:Raising-v0")) as world:
        if where == "reset":
            with pytest.raises(ArithmeticError, match="^of the reset$"):
                world.reset(0, out)
        else:
            world.reset(0, out)
            with pytest.raises(ValueError, match="^of the step$"):
                world.step(np.zeros(1, np.int32), out)


def test_nothing_is_written_to_the_terminal_or_the_folder(tmp_path):
    """Emulator and physics engine would greet, warn, and leave a log behind."""
    needs("Hopper")
    needs("Alien")
    code = """
import json, numpy as np
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.world import GymWorld
for name in ("HalfCheetah", "InvertedDoublePendulum", "Alien"):
    env = describe_gym(name)
    with GymWorld(env) as world:
        world.reset(0, np.empty(env.n_inputs, np.float32))
print(json.dumps("done"))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (json.loads(run.stdout), run.stderr) == ("done", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["steady", "jerky", "reaching", "strange"])
def test_the_fast_walker_is_gymnasiums_bit_for_bit(kind):
    """Whole episodes, under actions beyond their range too: BipedalWalker clips them itself."""
    needs("BipedalWalker")
    from genesys_cli.envs.gym.walker import WalkerStep

    rng = np.random.default_rng(5)
    for seed in range(6):
        plain, fast = (gymnasium.make("BipedalWalker-v3", disable_env_checker=True).unwrapped for _ in range(2))
        stepper = WalkerStep(fast)
        observation = plain.reset(seed=seed)[0]
        fast.reset(seed=seed)
        assert stepper.begin() or sys.platform != "linux"
        weights = rng.normal(0, 0.5, (4, 24))
        for _ in range(600):
            action = {
                "steady": np.tanh(weights @ observation),
                "jerky": rng.normal(0, 2, 4) * (rng.random(4) < 0.5),
                "reaching": 0.3 * np.sin(np.arange(4) + 3 * observation[0]),
                "strange": rng.choice([0.0, -0.0, 1.0, -1.0, 3.0], 4),
            }[kind].astype(np.float32)
            observation, *others, _ = plain.step(action)
            got, *ours, _ = stepper.step(action)
            assert (got.dtype, got.tobytes()) == (observation.dtype, observation.tobytes())
            assert [float(part) for part in ours] == [float(part) for part in others]
            if others[1]:
                break


@pytest.mark.parametrize("where", ["start", "middle"])
def test_a_walker_whose_rays_end_elsewhere_is_left_to_gymnasium(monkeypatch, where):
    needs("BipedalWalker")
    from genesys_cli.envs.gym import walker

    env = describe_gym("BipedalWalker")
    with GymWorld(env) as world:
        known = episode(world, env, 3)
    if where == "start":
        monkeypatch.setattr(walker, "_ACROSS", walker._ACROSS * 1.5)
    else:
        monkeypatch.setattr(walker.WalkerStep, "_cast_by_box2d", lambda *_: [0.25] * walker.RAYS)
    with GymWorld(env) as world:
        world.reset(3, np.empty(env.n_inputs, np.float32))
        assert world._step == world.env.step
        assert episode(world, env, 3) == known
