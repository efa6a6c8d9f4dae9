"""Whether an environment repeats: the same episode again, in instances that are new, used, or stepped beside others.

One episode is recorded, with the actions that a network chose. Elsewhere the same actions are taken, and the first step
in which anything is another number is the answer. Nothing of that needs more than some hundreds of steps.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..conditions import Conditions
from ..spec import GymEnv
from .world import GymWorld

STEPS = 200
"""Steps of an episode that are looked at."""

SECONDS = 2.0
"""Of work after which no further step is begun."""

WAITING = 2.5
"""Times as many seconds may pass on the clock, where an environment waits or the machine is busy with others."""

_AGAIN = 8  # how often a used instance plays again, as long as all of these are no longer than one long episode
_SHARES = 9  # long episodes that there have to be time for
_KEPT = 1024  # numbers of an observation up to which they are kept; of larger ones a digest

FRESH, BESIDE, ELSEWHERE = "fresh", "beside", "elsewhere"
"""Where an episode differs though its instance is newly made: in this process, while another instance is stepped, or in
another process."""


class Acts(Protocol):
    """A network that plays; ``backends.stepped.actor`` has one."""

    row: NDArray[Any]

    def begin(self, seed: int) -> None: ...
    def decide(self, observation: NDArray[np.float32]) -> bool: ...


class Limit:
    """A number of seconds, from now on."""

    def __init__(self, seconds: float) -> None:
        self._work = time.process_time() + seconds
        self._clock = time.perf_counter() + seconds * WAITING

    @property
    def over(self) -> bool:
        return time.process_time() >= self._work or time.perf_counter() >= self._clock


class Trace(NamedTuple):
    """The beginning of an episode of T steps.

    seed: of its reset; seen: T + 1 observations, (I,) float32 as bytes, or digests of 16 bytes
    actions: T rows; rewards: T; ends: T texts, what each step said of the end
    """

    seed: int
    seen: list[bytes]
    actions: list[NDArray[Any]]
    rewards: list[float]
    ends: list[str]


class Difference(NamedTuple):
    """Where an episode was another one the second time.

    seed: of it; step: the first step that differs, 0: its reset
    what: ``reward``, ``end``, or ``observation`` and which; first, second: as texts, empty where they are not known
    """

    seed: int
    step: int
    what: str
    first: str
    second: str


class Rehearsal(NamedTuple):
    """What was found in one process.

    trace: of an episode in a newly made instance, for :func:`first_difference` in another process
    used: an episode was another one in an instance that had played before (second) than in a new one (first)
    kind, lasting: what newly made instances do not mend: :data:`FRESH` or :data:`BESIDE`, and where it differs
    complete: whether there was time for all of it
    """

    trace: Trace
    used: Difference | None
    kind: str | None
    lasting: Difference | None
    complete: bool


def rehearse(
    env: GymEnv,
    actor: Acts,
    seeds: tuple[int, int],
    conditions: Conditions,
    *,
    beside: bool,
    steps: int = STEPS,
    seconds: float = SECONDS,
) -> Rehearsal:
    """Play two episodes in new and used instances; whatever the environment raises comes through.

    beside: also while another instance is stepped in turn, as workers do; steps: of an episode, at most
    """
    limit = Limit(seconds)
    with undisturbed(), contextlib.ExitStack() as stack:

        def new() -> GymWorld:
            world = GymWorld(env)
            stack.callback(_close, world)
            return world

        used, second = new(), new()
        one, other = (
            record(world, env, actor, seed, conditions, steps=steps, limit=Limit(seconds / _SHARES))
            for world, seed in zip((used, second), seeds, strict=True)
        )

        def differs(world: GymWorld, trace: Trace) -> Difference | None:
            return first_difference(world, env, trace, limit)

        if found := differs(new(), one):
            return Rehearsal(other, None, FRESH, found, True)
        played = differs(used, other)
        for _ in range(_AGAIN if _AGAIN * len(one.actions) <= steps else 1):
            played = played or differs(used, one)
        if played:
            if not limit.over and (found := differs(new(), one)):
                return Rehearsal(other, None, FRESH, found, True)
            used, second = new(), new()
        if beside and (found := _beside(env, (used, one), (second, other), limit=limit)):
            return Rehearsal(other, played, BESIDE, found, True)
        return Rehearsal(other, played, None, None, not limit.over)


def differs_here(env: GymEnv, trace: Trace, *, seconds: float = SECONDS / 4) -> Difference | None:
    """Return where the episode of a trace from another process is another one in a new instance of this process."""
    limit = Limit(seconds)
    with undisturbed(), contextlib.ExitStack() as stack:
        world = GymWorld(env)
        stack.callback(_close, world)
        return first_difference(world, env, trace, limit)


def _close(world: GymWorld) -> None:
    with contextlib.suppress(Exception):
        world.close()


def record(
    world: GymWorld, env: GymEnv, actor: Acts, seed: int, conditions: Conditions, *, steps: int, limit: Limit
) -> Trace:
    """Let a network play an episode, or as much of it as there are steps and time."""
    steps = min(steps, conditions.max_steps)
    observation = np.zeros(env.n_inputs, np.float32)
    world.reset(seed, observation)
    actor.begin(seed)
    row = np.zeros_like(actor.row)
    step = world.bound(row, observation)
    trace = Trace(seed, [_seen(observation)], [], [], [])
    ended = ""
    while len(trace.actions) < steps and not ended and not limit.over and actor.decide(observation):
        for _ in range(min(conditions.action_repeat, steps - len(trace.actions))):
            row[...] = actor.row
            reward, terminated, truncated, _ = step()
            ended = _ended(terminated, truncated)
            trace.actions.append(actor.row.copy())
            trace.seen.append(_seen(observation))
            trace.rewards.append(reward)
            trace.ends.append(ended)
            if ended:
                break
    return trace


def first_difference(world: GymWorld, env: GymEnv, trace: Trace, limit: Limit) -> Difference | None:
    """Return where the episode of a trace is another one in `world`; None: nowhere, or there was no time."""
    for found in _again(world, env, trace):
        if found is not None or limit.over:
            return found
    return None


def _beside(env: GymEnv, *pairs: tuple[GymWorld, Trace], limit: Limit) -> Difference | None:
    """Return where one of the episodes is another one if they are stepped in turn."""
    playing = [_again(world, env, trace) for world, trace in pairs]
    while playing and not limit.over:
        for one in list(playing):
            try:
                if found := next(one):
                    return found
            except StopIteration:
                playing.remove(one)
    return None


def _again(world: GymWorld, env: GymEnv, trace: Trace) -> Iterator[Difference | None]:
    """Take the actions of a trace, and say after each step whether it differs; the last that is said is the first."""
    observation = np.zeros(env.n_inputs, np.float32)
    world.reset(trace.seed, observation)
    found = _observed(env, trace, 0, observation)
    yield found
    if not trace.actions:
        return
    row = np.zeros_like(trace.actions[0])
    step = world.bound(row, observation)
    for k, action in enumerate(trace.actions):
        row[...] = action
        reward, terminated, truncated, _ = step()
        found = _observed(env, trace, k + 1, observation)
        if found is None and not _same(reward, trace.rewards[k]):
            found = Difference(trace.seed, k + 1, "reward", _text(trace.rewards[k]), _text(reward))
        if found is None and (ended := _ended(terminated, truncated)) != trace.ends[k]:
            found = Difference(trace.seed, k + 1, "end", trace.ends[k] or "goes on", ended or "goes on")
        yield found


def _observed(env: GymEnv, trace: Trace, step: int, observation: NDArray[np.float32]) -> Difference | None:
    seen = trace.seen[step]
    if _seen(observation) == seen:
        return None
    if len(observation) > _KEPT:
        return Difference(trace.seed, step, "observation", "", "")
    before = np.frombuffer(seen, np.float32)
    k = int(np.flatnonzero(before.view(np.uint32) != observation.view(np.uint32))[0])
    return Difference(
        trace.seed, step, f"observation {env.observation_names[k]}", _text(before[k]), _text(observation[k])
    )


def _seen(observation: NDArray[np.float32]) -> bytes:
    raw = observation.tobytes()
    return raw if len(observation) <= _KEPT else hashlib.blake2b(raw, digest_size=16).digest()


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)


def _ended(terminated: Any, truncated: Any) -> str:
    return "terminated" if terminated else "truncated" if truncated else ""


def _text(value: Any) -> str:
    return f"{value:.9g}"


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Give Python's and numpy's global generators back as they were, and let the environment write nothing."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
