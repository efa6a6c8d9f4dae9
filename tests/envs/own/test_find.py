"""``module:NAME`` in a user's module, and what is said where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.envs.listing import details
from genesys_cli.envs.registry import episode_starts, find
from genesys_cli.envs.spec import Box, GymEnv, NativeEnv
from genesys_cli.errors import UserError
from own_envs import EXAMPLES


def test_it_is_found_under_the_name_that_the_user_gave(write):
    write("my_puck")
    env = find("my_puck:ENV")
    assert isinstance(env, NativeEnv)
    assert (env.id, env.name, env.make_id, env.gymnasium_id) == ("my_puck:ENV", "Puck", "Puck-v0", None)
    assert (env.state_size, env.n_inputs, env.action, env.max_steps) == (2, 2, Box((-1.0,), (1.0,)), 100)
    assert env.physics._asdict() == {"mass": 2.0, "power": 1.0}
    assert len(env.source) == 64
    assert find("my_puck:ENV") is env, "it is tried once in a process"


def test_its_starts_are_those_of_its_generator(write):
    write("my_puck")
    starts = episode_starts(find("my_puck:ENV"), [7, 8])
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(8)))
    np.testing.assert_array_equal(starts[1], rng.uniform(-1.0, 1.0, 2))


def test_a_start_that_goes_wrong_later_is_named(write):
    """Four seeds are tried beforehand; this one fails in the first generation."""
    write("my_puck", ("return rng.uniform(-1.0, 1.0, 2)", "x = rng.uniform(-1.0, 1.0, 2)\n    return x / (x[0] < 0.9)"))
    env = find("my_puck:ENV")
    with pytest.raises(UserError, match=r"reset \(.*my_puck.py, line \d+\) returns inf for seed \d+ as position"):
        episode_starts(env, range(200))


def test_the_same_physics_in_gymnasium(write):
    """``puck_gym.py`` beside it, step by step; the only difference is float32 of the observation."""
    write("my_puck")
    env = find("my_puck:ENV")
    (EXAMPLES / "puck_gym.py").read_text(encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "puck_gym_for_a_test"}
    exec((EXAMPLES / "puck_gym.py").read_text(encoding="utf-8").partition("gymnasium.register")[0], namespace)
    world = namespace["Puck"]()  # type: ignore[operator]
    rng = np.random.default_rng(4)
    state = np.zeros(env.state_size * 16)
    state[::16] = episode_starts(env, [3])[0]
    observation, _ = world.reset(seed=3)
    np.testing.assert_array_equal(observation, state[::16].astype(np.float32))
    for _ in range(100):
        action = rng.uniform(-1, 1, 1).astype(np.float32)
        reward, terminated = env.step(state, np.uint64(0), np.repeat(action, 16), env.physics)
        observation, expected, ended, _, _ = world.step(action)
        assert (reward, bool(terminated)) == (expected, ended), "seed 4"
        np.testing.assert_array_equal(observation, state[::16].astype(np.float32))


def test_details(write):
    write("my_puck")
    about = details("my_puck:ENV")
    assert (about["id"], about["runs"], about["preset"]) == ("my_puck:ENV", "native", None)
    assert about["physics"] == {"mass": 2.0, "power": 1.0}
    assert about["observations"] == ["position", "velocity"]
    assert "observation_space" not in about, "Gymnasium has no such environment"


def test_one_that_gymnasium_has_too(write):
    setter = "    set_gymnasium=lambda world, physics: None,\n)"
    write("my_puck", ("    scene=scene,\n)", f"    scene=scene,\n{setter}"), ('id="Puck-v0"', 'id="Pendulum-v1"'))
    assert find("my_puck:ENV").gymnasium_id == "Pendulum-v1"
    assert details("my_puck:ENV")["action_space"] == "Box(-2.0, 2.0, (1,), float32)"


def test_an_id_that_the_module_registers_is_gymnasiums(write, tmp_path):
    path = tmp_path / "both.py"
    write("my_puck")
    text = (EXAMPLES / "puck_gym.py").read_text(encoding="utf-8").replace("Puck-v0", "PuckOfATest-v0")
    path.write_text("from my_puck import ENV\n" + text, encoding="utf-8")
    assert isinstance(find("both:ENV"), NativeEnv)
    assert isinstance(find("both:PuckOfATest-v0"), GymEnv)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("nowhere:ENV", [], "there is no module 'nowhere'"),
        ("my_puck.py:ENV", [], "before the colon stands a module, not a file: give my_puck:ENV"),
        ("__main__:ENV", [], "put the environment into a module of its own"),
        ("my_puck:EMV", [], "no native environment of that name; did you mean 'ENV'?"),
        ("my_puck:RINK", [], "RINK in 'my_puck' is no NativeEnv but float.*there is: ENV"),
        ("my_puck:step", [], "only a class or function of that name"),
        ("my_puck:ENV", [("TAU = 0.1", "TAU = 1 / 0")], r"cannot be imported: ZeroDivisionError.*my_puck.py, line \d+"),
        ("my_puck:ENV", [("TAU = 0.1", "TAU = ")], "cannot be imported: SyntaxError"),
        ("my_puck:ENV", [("import numpy", "import no_such_module, numpy")], "needs 'no_such_module'"),
        ("my_puck:ENV", [("ENV = NativeEnv", "PUCK = NativeEnv")], "there is: PUCK"),
    ],
)
def test_what_is_said_where_there_is_none(write, name, changes, message):
    write("my_puck", *changes)
    with pytest.raises(UserError, match=message):
        find(name)


@pytest.mark.parametrize("given", [{"kwargs": {"mass": 3}}, {"wrappers": ("gymnasium.wrappers:FlattenObservation",)}])
def test_it_takes_no_arguments(write, given):
    write("my_puck")
    with pytest.raises(UserError, match="neither arguments nor wrappers; its constants .*`drift` .*: mass, power"):
        find("my_puck:ENV", **given)
