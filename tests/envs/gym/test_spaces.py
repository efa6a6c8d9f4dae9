"""Spaces as flat numbers, against Gymnasium's own flattening and its own ``contains``."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_cli.envs.gym.spaces import flat_action, flat_observation
from genesys_cli.envs.spec import Box, Discrete, MultiBinary, MultiDiscrete
from genesys_cli.errors import UserError

shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)
sizes = st.integers(1, 5)
starts = st.integers(-3, 3)
dtypes = st.sampled_from([np.float32, np.float64, np.uint8, np.int16, np.int64])


@st.composite
def discretes(draw):
    return spaces.Discrete(draw(sizes), start=draw(starts))


@st.composite
def multi_discretes(draw):
    shape = draw(shapes.filter(len))
    count = int(np.prod(shape))
    nvec = np.array(draw(st.lists(sizes, min_size=count, max_size=count))).reshape(shape)
    start = np.array(draw(st.lists(starts, min_size=count, max_size=count))).reshape(shape)
    return spaces.MultiDiscrete(nvec, start=start)


@st.composite
def bounded_boxes(draw):
    """Bounds differ from number to number, and are none that float32 stretches exactly."""
    shape, dtype = draw(shapes), draw(dtypes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    limit = 100 if dtype == np.uint8 else 1000
    low = rng.uniform(0 if dtype == np.uint8 else -limit, limit, shape).astype(dtype)
    return spaces.Box(low, (low + rng.uniform(0, limit, shape)).astype(dtype), dtype=dtype)


boxes = st.builds(lambda shape, dtype: spaces.Box(0, 1, shape, dtype), shapes, dtypes) | bounded_boxes()
leaves = boxes | discretes() | multi_discretes() | shapes.filter(len).map(spaces.MultiBinary)
keys = st.text("abcd", min_size=1, max_size=3)
nested = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(spaces.Tuple)
        | st.dictionaries(keys, inner, min_size=1, max_size=3).map(spaces.Dict)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(nested, st.integers(0, 2**31))
def test_observations_are_flattened_as_gymnasium_does(space, seed):
    flat = flat_observation(space, "env")
    assert len(flat.names) == spaces.flatdim(space)
    assert len(set(flat.names)) == len(flat.names)
    space.seed(seed)
    sample = space.sample()
    out = np.full(len(flat.names), np.nan, np.float32)
    flat.flatten(sample, out)
    np.testing.assert_array_equal(out, spaces.flatten(space, sample).astype(np.float32))


@settings(max_examples=300, deadline=None)
@given(leaves, st.integers(0, 2**32))
def test_actions_are_always_within_the_space(space, seed):
    flat = flat_action(space, "env")
    rng = np.random.default_rng(seed)
    for k in range(10):
        if isinstance(flat.action, Box):  # as the kernels stretch outputs, in float32
            low, high = np.array(flat.action.low), np.array(flat.action.high)
            middle, half = ((high + low) / 2).astype(np.float32), ((high - low) / 2).astype(np.float32)
            output = np.full(len(low), [-1.0, 1.0][k], np.float32) if k < 2 else rng.uniform(-1, 1, len(low))
            row = middle + half * output.astype(np.float32)
        elif isinstance(flat.action, MultiDiscrete):
            row = rng.integers(flat.action.sizes).astype(np.int32)
        else:
            top = 2 if isinstance(flat.action, MultiBinary) else flat.action.n
            row = rng.integers(top, size=flat.action.n_rows).astype(np.int32)
        before = row.copy()
        action = flat.unflatten(row)
        assert space.contains(action), (row, action)
        assert isinstance(action, int if isinstance(space, spaces.Discrete) else np.ndarray)
        np.testing.assert_array_equal(row, before)
        assert not np.shares_memory(action, row)
    assert len(flat.names) == (flat.action.n if isinstance(flat.action, Discrete) else flat.action.n_rows)


@pytest.mark.parametrize(
    ("space", "names"),
    [
        (spaces.Box(0, 1, (2,)), ["obs[0]", "obs[1]"]),
        (spaces.Box(0, 1, ()), ["obs"]),
        (spaces.Box(0, 1, (2, 2)), ["obs[0,0]", "obs[0,1]", "obs[1,0]", "obs[1,1]"]),
        (spaces.Discrete(3, start=-1), ["obs=-1", "obs=0", "obs=1"]),
        (spaces.MultiDiscrete([2, 1], start=[0, 5]), ["obs[0]=0", "obs[0]=1", "obs[1]=5"]),
        (spaces.MultiBinary(2), ["obs[0]", "obs[1]"]),
        (spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, ())]), ["obs.0=0", "obs.0=1", "obs.1"]),
        (
            spaces.Dict(
                position=spaces.Tuple([spaces.Box(0, 1, ()), spaces.MultiBinary(1)]),
                camera=spaces.Box(0, 255, (1, 2), np.uint8),
                arm=spaces.Dict(angle=spaces.Box(0, 1, (1,))),
            ),
            ["position.0", "position.1[0]", "camera[0,0]", "camera[0,1]", "arm.angle[0]"],
        ),
    ],
)
def test_inputs_have_names(space, names):
    assert list(flat_observation(space, "env").names) == names


@pytest.mark.parametrize(
    ("space", "part"),
    [
        (spaces.Text(5), "the observation is of the space Text"),
        (spaces.Sequence(spaces.Discrete(2)), "the observation is of the space Sequence"),
        (spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)]), "the observation is of the space OneOf"),
        (spaces.Graph(spaces.Discrete(2), None), "the observation is of the space Graph"),
        (spaces.Dict(a=spaces.Discrete(2), b=spaces.Tuple([spaces.Text(5)])), "part 'b.0' of the observation"),
    ],
)
def test_what_has_no_fixed_width_is_refused(space, part):
    with pytest.raises(UserError, match=f"World-v0: {part}.*ObservationWrapper"):
        flat_observation(space, "World-v0")


def test_no_observation_is_refused():
    with pytest.raises(UserError, match="World-v0 observes nothing"):
        flat_observation(spaces.Dict(), "World-v0")


@pytest.mark.parametrize(
    ("space", "observation", "message"),
    [
        (spaces.Box(0, 1, (3,)), np.zeros(2, np.float32), r"'obs' has shape \(2,\), but .* shape \(3,\)"),
        (spaces.Box(0, 1, (3,)), np.float32(0), r"shape \(\)"),
        (spaces.Box(0, 1, (3,)), np.zeros((1, 3)), r"shape \(1, 3\)"),
        (spaces.Box(0, 1, (2, 2)), np.zeros(4), r"shape \(4,\)"),
        (spaces.Box(0, 1, (2,)), None, "the value None"),
        (spaces.Box(0, 1, (2,)), ["a", "b"], "the value"),
        (spaces.Discrete(3), 3, "'obs' is 3, but .* from 0 to 2"),
        (spaces.Discrete(3, start=1), 0, "from 1 to 3"),
        (spaces.MultiDiscrete([2, 2]), np.array([0, 2]), "does not contain"),
        (spaces.MultiDiscrete([2, 2]), np.array([0.0, 1.0]), "does not contain"),
        (spaces.Dict(a=spaces.Discrete(2), b=spaces.Discrete(2)), {"a": 1}, "lacks key 'b'"),
        (spaces.Tuple([spaces.Discrete(2), spaces.Discrete(2)]), (1,), "lacks element 1"),
        (spaces.Dict(a=spaces.Box(0, 1, (2,))), {"a": np.zeros(3)}, "'a' has shape"),
    ],
)
def test_an_observation_outside_its_space_raises(space, observation, message):
    flat = flat_observation(space, "env")
    with pytest.raises(ValueError, match=message):
        flat.flatten(observation, np.empty(len(flat.names), np.float32))


def test_lists_are_observations_too():
    flat, out = flat_observation(spaces.Box(0, 1, (2,)), "env"), np.empty(2, np.float32)
    flat.flatten([0.25, 0.5], out)
    np.testing.assert_array_equal(out, [0.25, 0.5])


def test_integer_ranges_are_rounded_to_the_nearest():
    flat = flat_action(spaces.Box(-2, 2, (5,), np.int64), "env")
    action = flat.unflatten(np.array([-2.4, -0.6, 0.4, 1.5, 9.0], np.float32))
    np.testing.assert_array_equal(action, [-2, -1, 0, 2, 2])
    assert action.dtype == np.int64


def test_bounds_that_no_float_holds_are_kept():
    top = 2**62 + 1
    flat = flat_action(spaces.Box(np.array([0]), np.array([top]), dtype=np.int64), "env")
    assert flat.unflatten(np.array([1e30], np.float32)) == top


@pytest.mark.parametrize(
    ("low", "high"),
    [(-np.inf, 1), (0, np.inf), (-np.inf, np.inf), (np.finfo(np.float32).min, np.finfo(np.float32).max)],
)
def test_a_range_without_bounds_is_refused(low, high):
    low, high = np.array([[-1, -1], [-1, low]], np.float32), np.array([[1, 1], [1, high]], np.float32)
    with pytest.raises(UserError, match=r"World-v0: action\[1,1\] reaches from .*RescaleAction.*ClipAction"):
        flat_action(spaces.Box(low, high), "World-v0")


def test_integers_without_bounds_are_refused():
    with pytest.raises(UserError, match=r"action\[0\] reaches from .* without bounds"):
        flat_action(spaces.Box(-np.inf, np.inf, (2,), np.int64), "env")


@pytest.mark.parametrize("space", [spaces.Dict(a=spaces.Discrete(2)), spaces.Tuple([spaces.Discrete(2)])])
def test_actions_of_several_parts_are_refused(space):
    with pytest.raises(UserError, match=r"World-v0: its actions .* several parts.*ActionWrapper"):
        flat_action(space, "World-v0")


def test_other_actions_are_refused():
    with pytest.raises(UserError, match=r"World-v0: its actions .*Text.*ActionWrapper"):
        flat_action(spaces.Text(3), "World-v0")


def test_the_advice_of_a_wrapper_works():
    class Unbounded(gymnasium.Env):
        observation_space = spaces.Box(0, 1, (1,))
        action_space = spaces.Box(-np.inf, np.inf, (2,))

    bounded = gymnasium.wrappers.TransformAction(Unbounded(), lambda action: action, spaces.Box(-3, 3, (2,)))
    assert flat_action(bounded.action_space, "env").action == Box((-3.0, -3.0), (3.0, 3.0))
    rescaled = gymnasium.wrappers.RescaleAction(bounded, np.float32(-1), np.float32(1))
    assert flat_action(rescaled.action_space, "env").action == Box((-1.0, -1.0), (1.0, 1.0))
    with pytest.raises(UserError, match="without bounds"):
        flat_action(gymnasium.wrappers.ClipAction(bounded).action_space, "env")


def test_bounds_that_float32_does_not_reach_are_refused():
    """Their middle is infinite in float32, so that no genome would ever have a finite action."""
    with pytest.raises(UserError, match=r"action\[0\] reaches from .* nor beyond those of float32"):
        flat_action(spaces.Box(np.full(2, 4e38), np.full(2, 5e38), dtype=np.float64), "env")


def test_choices_that_no_float64_holds():
    start = np.array([2**63 + 5, 0], np.uint64)
    space = spaces.MultiDiscrete([3, 4], dtype=np.uint64, start=start)
    action = flat_action(space, "env").unflatten(np.array([2, 3], np.int32))
    assert action.tolist() == [2**63 + 7, 3]
    assert action.dtype == np.uint64


@pytest.mark.parametrize("low", [-0.0, -3.5e-323])
def test_no_action_is_minus_zero(low):
    """0 and -0 are equal, so that which of them a limit gives depends on the machine."""
    from genesys_cli.backends.acting import acting_of
    from genesys_cli.config.schema import Settings
    from genesys_cli.envs.conditions import conditions_of
    from genesys_cli.envs.registry import find

    space = spaces.Box(np.array([[low]]), np.array([[-0.0]]), dtype=np.float64)
    flat = flat_action(space, "env")
    acting = acting_of(flat.action, conditions_of(Settings.from_tables({}), find("CartPole")))
    assert not np.signbit(acting.middle).any()
    assert not np.signbit(flat.unflatten(acting.middle)).any()
