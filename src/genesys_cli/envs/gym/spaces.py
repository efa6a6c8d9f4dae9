"""Gymnasium's spaces as flat numbers: observations to network inputs, rows of actions to Gymnasium actions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ...errors import UserError, cut
from ..spec import Action, Box, Discrete, MultiBinary, MultiDiscrete

MOST_ACTIONS = 100_000

Flatten = Callable[[Any, NDArray[np.float32]], None]


class FlatObservation(NamedTuple):
    """An observation space as I numbers.

    names: (I,) such as ``obs[3]``, ``camera[3,4]``, ``arm.0`` (part 0 of a tuple) or ``state=2`` (one-hot)
    flatten: ``(observation, out)`` writes an observation into ``out``, (I,) float32, in the order of
        ``gymnasium.spaces.flatten``; raises TypeError or ValueError where it does not belong to the space
    """

    names: tuple[str, ...]
    flatten: Flatten


class FlatAction(NamedTuple):
    """An action space as a row of R numbers.

    action: how network outputs become such a row
    names: one for each discrete action or row
    unflatten: from a row, (R,) int32 or of :class:`Box` float32, to an action of the space, newly made each time
    """

    action: Action
    names: tuple[str, ...]
    unflatten: Callable[[NDArray[Any]], Any]


def flat_observation(space: spaces.Space[Any] | None, env: str) -> FlatObservation:
    """Return how observations of environment `env` become numbers; raises UserError where their number varies."""
    flat = _observation(space, "", env)
    if not flat.names:
        raise UserError(f"{env} observes nothing: its observation space is {space}; there is nothing to evolve")
    return flat


def _observation(space: spaces.Space[Any] | None, path: str, env: str) -> FlatObservation:
    """path: of the part of a Dict or Tuple, such as ``arm.0``; empty for the whole."""
    name = path or "obs"
    if isinstance(space, spaces.Box | spaces.MultiBinary):
        return FlatObservation(_indexed(name, space.shape), _array_flattener(space, name))
    if isinstance(space, spaces.Discrete):
        start = int(space.start)
        return FlatObservation(
            tuple(f"{name}={start + k}" for k in range(int(space.n))), _one_hot_flattener(space, name)
        )
    if isinstance(space, spaces.MultiDiscrete):
        names = tuple(
            f"{part}={start + k}"
            for part, size, start in zip(_indexed(name, space.shape), space.nvec.flat, space.start.flat, strict=True)
            for k in range(size)
        )
        return FlatObservation(names, _one_hots_flattener(space, name))
    if isinstance(space, spaces.Dict):
        inside = f"{path}." if path else ""
        return _joined(
            [(key, _observation(part, f"{inside}{key}", env)) for key, part in space.spaces.items()], name, "key"
        )
    if isinstance(space, spaces.Tuple):
        return _joined(
            [(k, _observation(part, f"{name}.{k}", env)) for k, part in enumerate(space.spaces)], name, "element"
        )
    if space is None:
        raise UserError(f"{env} has no observation_space; its class must set one")
    where = f"part {path!r} of the observation" if path else "the observation"
    raise UserError(
        f"{env}: {where} is of the space {space}, which has no fixed number of numbers or none that a network could "
        "read; put a gymnasium.ObservationWrapper around it (environment.wrappers) that turns it into Box, Discrete, "
        "MultiDiscrete, MultiBinary, or a Dict or Tuple of these"
    )


def _indexed(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return ``name`` for no dimension, else ``name[i]``, ``name[i,j]`` ... in C order."""
    if shape == ():
        return (name,)
    return tuple(f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*shape))


def _array_flattener(space: spaces.Box | spaces.MultiBinary, name: str) -> Flatten:
    shape = space.shape
    ndarray = np.ndarray

    def flatten_row(value: Any, out: NDArray[np.float32]) -> None:
        if type(value) is not ndarray or value.shape != shape:
            value = _as_array(value, shape, name)
        out[:] = value

    def flatten(value: Any, out: NDArray[np.float32]) -> None:
        if type(value) is not ndarray or value.shape != shape:
            value = _as_array(value, shape, name)
        out[:] = value.reshape(-1)

    return flatten_row if len(shape) == 1 else flatten


def _as_array(value: Any, shape: tuple[int, ...], name: str) -> NDArray[Any]:
    """Return a list, a number or an array of another class as an array; raises ValueError where the shape is wrong."""
    array = np.asarray(value)
    if array.shape != shape or array.dtype.kind not in "biuf":
        got = f"shape {array.shape}" if array.dtype.kind in "biuf" else f"the value {cut(repr(value))}"
        raise ValueError(f"observation {name!r} has {got}, but the observation space promises numbers of shape {shape}")
    return array


def _one_hot_flattener(space: spaces.Discrete[Any], name: str) -> Flatten:
    n, start = int(space.n), int(space.start)

    def flatten(value: Any, out: NDArray[np.float32]) -> None:
        index = operator.index(value) - start
        if not 0 <= index < n:
            raise ValueError(f"observation {name!r} is {value}, but {space} reaches from {start} to {start + n - 1}")
        out[:] = 0.0
        out[index] = 1.0

    return flatten


def _one_hots_flattener(space: spaces.MultiDiscrete[Any], name: str) -> Flatten:
    sizes = space.nvec.ravel().astype(np.int64)
    start = space.start.ravel().astype(np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    shape = space.shape

    def flatten(value: Any, out: NDArray[np.float32]) -> None:
        array = _as_array(value, shape, name)
        index = array.reshape(-1) - start
        if array.dtype.kind not in "iu" or (index < 0).any() or (index >= sizes).any():
            raise ValueError(f"observation {name!r} is {cut(repr(value))}, which {space} does not contain")
        out[:] = 0.0
        out[first + index] = 1.0

    return flatten


def _joined(parts: list[tuple[Any, FlatObservation]], name: str, kind: str) -> FlatObservation:
    """Return the parts of a Dict or Tuple, by key, one after the other."""
    pieces: list[tuple[Any, Flatten, slice]] = []
    end = 0
    for key, part in parts:
        pieces.append((key, part.flatten, slice(end, end + len(part.names))))
        end += len(part.names)

    def flatten(value: Any, out: NDArray[np.float32]) -> None:
        for key, flatten_part, where in pieces:
            try:
                part = value[key]
            except (KeyError, IndexError):
                raise ValueError(f"observation {name!r} is {cut(repr(value))}, which lacks {kind} {key!r}") from None
            flatten_part(part, out[where])

    return FlatObservation(tuple(part_name for _, part in parts for part_name in part.names), flatten)


def flat_action(space: spaces.Space[Any] | None, env: str) -> FlatAction:
    """Return how rows of numbers become actions of environment `env`; raises UserError where outputs could not."""
    if isinstance(space, spaces.Discrete):
        return _discrete(space, env)
    if isinstance(space, spaces.MultiDiscrete):
        return _multi_discrete(space)
    if isinstance(space, spaces.MultiBinary):
        return _multi_binary(space)
    if isinstance(space, spaces.Box):
        return _box(space, env)
    if space is None:
        raise UserError(f"{env} has no action_space; its class must set one")
    if isinstance(space, spaces.Dict | spaces.Tuple):
        raise UserError(
            f"{env}: its actions are of the space {space}, of several parts, which is not supported; put "
            "a gymnasium.ActionWrapper around it (environment.wrappers) that has one Box or MultiDiscrete space for "
            "all parts"
        )
    raise UserError(
        f"{env}: its actions are of the space {space}, which network outputs cannot fill; put a "
        "gymnasium.ActionWrapper around it (environment.wrappers) whose space is Discrete, MultiDiscrete, MultiBinary "
        "or Box"
    )


def _discrete(space: spaces.Discrete[Any], env: str) -> FlatAction:
    if not (isinstance(space.n, int | np.integer) and 1 <= space.n <= MOST_ACTIONS):
        raise UserError(
            f"{env}: its action space has n = {space.n!r}, but each action is an output: it must be a whole number "
            f"from 1 to {MOST_ACTIONS}"
        )
    # Python's integers: contains(), which many environments call in each step, takes 2 us longer for one of numpy
    actions = tuple(range(int(space.start), int(space.start) + int(space.n)))
    return FlatAction(
        Discrete(len(actions)), tuple(f"action {action}" for action in actions), lambda row: actions[row.item(0)]
    )


def _multi_discrete(space: spaces.MultiDiscrete[Any]) -> FlatAction:
    sizes = tuple(int(size) for size in space.nvec.flat)
    start, shape, dtype = space.start.ravel(), space.shape, space.dtype
    return FlatAction(
        MultiDiscrete(sizes),
        _indexed("action", shape),
        lambda row: (row.astype(dtype) + start).reshape(shape),
    )


def _multi_binary(space: spaces.MultiBinary) -> FlatAction:
    shape, dtype = space.shape, space.dtype
    names = _indexed("action", shape)
    return FlatAction(MultiBinary(len(names)), names, lambda row: row.astype(dtype).reshape(shape))


def _box(space: spaces.Box, env: str) -> FlatAction:
    names, shape = _indexed("action", space.shape), space.shape
    zero = space.low.dtype.type(0)  # added, it leaves no -0, which is as large as 0, so that a limit might be either
    low, high = space.low.ravel() + zero, space.high.ravel() + zero
    bounded = (space.bounded_below & space.bounded_above).ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        width = (high.astype(np.float64) - low.astype(np.float64)).astype(np.float32)
        middle = ((high.astype(np.float64) + low.astype(np.float64)) / 2).astype(np.float32)
    for name, low_k, high_k, sound in zip(
        names, low, high, bounded & np.isfinite(width) & np.isfinite(middle), strict=True
    ):
        if not sound:
            raise UserError(
                f"{env}: {name} reaches from {low_k:g} to {high_k:g}, and outputs cannot be stretched over a range "
                "without bounds, nor beyond those of float32; give the action space finite bounds, such as with "
                "gymnasium.wrappers.TransformAction (gymnasium.wrappers.RescaleAction then sets the range; "
                "gymnasium.wrappers.ClipAction would take the bounds away again)"
            )
    action = Box(tuple(map(float, low)), tuple(map(float, high)))
    if space.dtype.kind != "f":
        return FlatAction(action, names, _integers(low, high, shape, space.dtype))
    if space.dtype == np.float32 and len(shape) == 1 and _stretches_exactly(low, high):
        return FlatAction(action, names, np.ndarray.copy)
    # A stretched output may lie a rounding outside the bounds. The bounds' dtype becomes the action's.
    if np.result_type(np.float32, space.dtype) != space.dtype:
        return FlatAction(action, names, lambda row: np.clip(row.astype(low.dtype), low, high).reshape(shape))
    if len(shape) == 1:
        return FlatAction(action, names, lambda row: np.minimum(np.maximum(row, low), high))
    return FlatAction(action, names, lambda row: np.minimum(np.maximum(row, low), high).reshape(shape))


def _stretches_exactly(low: NDArray[Any], high: NDArray[Any]) -> bool:
    """Say whether float32 outputs of [-1, 1], stretched in float32, stay within bounds, which are the same for all."""
    a, b = low.astype(np.float64), high.astype(np.float64)
    middle, half = ((b + a) / 2).astype(np.float32), ((b - a) / 2).astype(np.float32)
    within = (middle + half <= high) & (middle - half >= low)
    return bool(within.all() and (low == low[:1]).all() and (high == high[:1]).all())


def _integers(
    low: NDArray[Any], high: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Callable[[NDArray[Any]], Any]:
    """Return the function that rounds a row to integers within the bounds, halves to the even one."""
    lowest, highest = [int(value) for value in low], [int(value) for value in high]

    def unflatten(row: NDArray[Any]) -> Any:
        # Python's integers: a float64 cannot hold every bound of int64.
        values = [min(max(round(value), a), b) for value, a, b in zip(row.tolist(), lowest, highest, strict=True)]
        return np.array(values, dtype).reshape(shape)

    return unflatten
