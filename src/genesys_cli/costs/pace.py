"""The pace of a run's world: a rate of the settings, or the environment's own, timed here."""

from __future__ import annotations

import time
from typing import Any

from ..accelerator.cpu import interface_operands, step_cycles
from ..backends.chip.model import interface_of
from ..config.chip import ChipSettings
from ..config.schema import Settings
from ..config.world import MEASURED
from ..energy.chip import Pricing
from ..energy.states import SLEEPS_BETWEEN_STEPS
from ..energy.table import load_table
from ..energy.timeline import Pace
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..errors import UserError

TIMED_S = 0.5  # of steps with random actions
STEPS = 100_000  # at most


def pace_of(settings: Settings, env: Environment) -> Pace | None:
    """Return the pace at which the world's steps follow one another; None: nothing waits for a world.

    Raises :class:`UserError` where it is to be measured and the environment cannot be stepped by itself.
    """
    world = settings.world
    if world.pace_hz == MEASURED:
        return Pace(1 / _step_s(env), world.robots)
    return Pace(float(world.pace_hz), world.robots) if world.pace_hz else None


def check_pace(settings: Settings, env: Environment) -> None:
    """Raise :class:`UserError` where the pace of the world is to be measured and cannot be."""
    if settings.world.pace_hz == MEASURED and not isinstance(env, GymEnv):
        _gymnasium_id(env)


def too_fast(settings: Settings, env: Environment) -> str:
    """Return what to say, before a run, of a pace that the chip cannot keep whatever evolves; empty where it may.

    The time of a step is at least what the CPU, or the unit in its place, takes for observations and actions, and what
    blocks that sleep between steps take to wake up.
    """
    chip, world = settings.target_chip, settings.world
    if not world.pace_hz or world.pace_hz == MEASURED:
        return ""
    io = interface_of(settings, env)
    robots = 1 if world.robots == "one" else settings.neat.population
    each = step_cycles(io, chip) / chip.cpu_frequency_hz + interface_operands(io, chip) / chip.clock.frequency_hz
    wake_s = _wake_s(chip)
    late = robots * each + wake_s - 1 / float(world.pace_hz)
    if late <= 0:
        return ""
    whom = "one genome" if robots == 1 else f"{robots} genomes in lockstep"
    woken = f", and {wake_s:.3g} s to wake up" if wake_s else ""
    return (
        f"warning: the chip cannot keep {world.pace_hz:g} Hz: observations and actions of {whom} alone take "
        f"{robots * each:.3g} s a step{woken}, {late:.3g} s more than there is, so it will be missing from the table "
        "in the world; choose a lower world.pace_hz, a smaller neat.population, world.robots = one, a faster clock or "
        "another power.policy"
    )


def _wake_s(chip: ChipSettings) -> float:
    """Return how long blocks take to wake up for a step; 0 where none sleeps, or the chip has no prices."""
    if chip.power.policy not in SLEEPS_BETWEEN_STEPS:
        return 0.0
    try:
        return Pricing(chip, load_table()).wake_s()
    except UserError:  # such as of a technology that the scaling does not reach; the run does not need it
        return 0.0


def _step_s(env: Environment) -> float:
    """Return the seconds of a step of the environment, in Gymnasium's own code, on one core."""
    if isinstance(env, GymEnv):
        return _timed(env)
    from ..envs.gym.describe import describe_gym

    described: Any = describe_gym(_gymnasium_id(env), {})
    return _timed(described)


def _gymnasium_id(env: Environment) -> str:
    if not isinstance(env, NativeEnv) or env.gymnasium_id is None:
        what = "runs only inside kernels" if isinstance(env, NativeEnv) else "is no environment that could be stepped"
        raise UserError(
            f"world.pace_hz = measured: {env.name} {what}, so its steps have no time of their own; "
            "give a number of steps per second, or 0"
        )
    return env.gymnasium_id


_TIMES: dict[str, float] = {}  # of this process, by what an environment is made of


def _timed(env: GymEnv) -> float:
    key = repr((env.make_id, env.kwargs, env.wrappers))
    if key not in _TIMES:
        _TIMES[key] = _time(env)
    return _TIMES[key]


def _time(env: GymEnv) -> float:
    from ..envs.gym.making import make_described

    made = make_described(env)
    try:
        made.action_space.seed(0)
        made.reset(seed=0)
        steps, began, ended = 0, time.perf_counter(), False
        while time.perf_counter() - began < TIMED_S and steps < STEPS:
            if ended:
                made.reset()
            _, _, terminated, truncated, _ = made.step(made.action_space.sample())
            ended = terminated or truncated
            steps += 1
        return (time.perf_counter() - began) / steps
    finally:
        made.close()
