"""Counts what the CPU does in every environment step, and with the returns of episodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genesys_cli.accelerator.adam.fixed import from_value, to_value
from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.config.chip import ChipSettings
from genesys_cli.facts import GUARD_BITS

from . import reference
from .device import Device
from .inputs import SEED, Recording, corners, recordings
from .samples import Sample, equal

FORMATS = fixed_point_of(ChipSettings())
CLIP = 10.0  # of normalised observations, unless set
SCALING = np.dtype([("mean", "<i4"), ("limit", "<i4"), ("exponent", "<u2"), ("unused", "<u2"), ("scale", "<u4")])
STRANGE = (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-40, 0.0, 100.0)
ROWS = (1, 2, 4)  # steps whose observations are handed over in one call
OUTPUTS = (2, 3, 4, 6, 18)
DECISIONS = 8  # of each number of outputs
EPISODES = (1, 2, 3, 5, 10, 30)
RETURNS = 8  # genomes of each number of episodes


class Near(NamedTuple):
    """How the CPU's normalised observations compare with those of software: how many are equal, and the others' error.

    largest: in units of the operand, 1/1024
    """

    observations: int
    equal: int
    largest: int


def software(values: NDArray[np.float32]) -> list[int]:
    """Return the operands that this project's chip makes of inputs."""
    return [int(to_value(value, FORMATS)) >> GUARD_BITS for value in values]


def in_calls(rows: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield (N, I) float32, rows for one call of some, so that the cost of a call is told from that of observations."""
    for at in range(0, len(rows) - max(ROWS) + 1, max(ROWS)):
        for count in ROWS:
            yield rows[at : at + count]


def observed(device: Device) -> Iterator[Sample]:
    """Round observations; units: calls, observations."""
    kinds = {name: list(in_calls(recording.observations)) for name, recording in recordings().items()}
    for name, calls in {**kinds, "corners": [corners()[None]]}.items():
        for values in map(np.ravel, calls):
            device.clear()
            out = device.room(2 * len(values))
            _, cycles = device.call("sense", device.put(values), len(values), out)
            operands = device.get(out, "<i2", len(values)).tolist()
            equal("operands", operands, software(values))
            equal("operands in Python", operands, [reference.operand(float(value)) for value in values])
            if name != "corners":
                yield Sample(name, cycles, (1, len(values)))


def normalised_inputs() -> dict[str, Recording]:
    """Return what is normalised: recorded steps, and bytes as the presets of Atari games scale them."""
    rng = np.random.default_rng(SEED)
    memory = rng.integers(0, 256, (8, 128)).astype(np.float32)
    offset, scale = np.full(128, 127.5, np.float32), np.full(128, 0.0078125, np.float32)
    return {**recordings(), "bytes": Recording(memory, np.zeros(8, np.float32), offset, scale)}


def normalised(device: Device, routine: str) -> Iterator[tuple[Sample, Near]]:
    """Normalise and round observations, by the routine in whole numbers or the one in float32; units as above."""
    clip = round(CLIP * reference.ONE)
    for name, recording in normalised_inputs().items():
        inputs = zip(recording.offset.tolist(), recording.scale.tolist(), strict=True)
        scalings = [reference.scaling(offset, scale, CLIP) for offset, scale in inputs]
        table = np.zeros(len(scalings), SCALING)
        for field in ("mean", "limit", "scale"):
            table[field] = [getattr(scaling, field) for scaling in scalings]
        table["exponent"] = [150 - scaling.fraction for scaling in scalings]  # a mantissa of 1 has exponent 150
        pairs = np.stack([recording.offset, recording.scale], 1)
        strange = np.resize(np.array(STRANGE, np.float32), (1, len(scalings)))
        for rows in [*in_calls(recording.observations), strange]:
            with np.errstate(invalid="ignore", over="ignore"):
                scaled = ((rows - recording.offset) * recording.scale).ravel()
                project = software(np.clip(scaled, np.float32(-CLIP), np.float32(CLIP)))
            device.clear()
            given, out = device.put(rows), device.room(2 * rows.size)
            if routine == "sense_normalised":
                rest = device.put(np.tile(table, len(rows))), clip
                expected = [
                    reference.normalised(value, by, clip)
                    for row in rows.tolist()
                    for value, by in zip(row, scalings, strict=True)
                ]
            else:
                rest = device.put(np.tile(pairs, (len(rows), 1))), int(np.float32(CLIP).view(np.uint32))
                expected = project
            _, cycles = device.call(routine, given, rows.size, out, *rest)
            found = device.get(out, "<i2", rows.size).tolist()
            equal(f"operands of {routine}", found, expected)
            apart = [abs(mine - theirs) for mine, theirs in zip(found, project, strict=True)]
            if rows is not strange:
                yield Sample(name, cycles, (1, rows.size)), Near(rows.size, apart.count(0), max(apart))


def actions(device: Device) -> Iterator[tuple[str, Sample]]:
    """Choose actions of random registers; yields the routine's name. Units: calls, outputs."""
    rng = np.random.default_rng(SEED)
    for count in OUTPUTS:
        for turn in range(DECISIONS):
            registers = rng.integers(-(1 << 26), 1 << 26, count, dtype=np.int32)
            if turn % 4 == 0:  # equals, as where outputs saturate; for act beyond its range, too
                registers[rng.integers(0, count, 2)] = rng.choice([1 << 26, 3 << 28, -(3 << 28), 1 << 15, -7])
            device.clear()
            given, out = device.put(registers), device.room(4 * count)
            found, cycles = device.call("choose", given, count)
            equal("choice", found, int(np.argmax(registers)))
            yield "choose", Sample(str(count), cycles, (1, count))
            _, cycles = device.call("act", given, count, out)
            values = [from_value(register, FORMATS) for register in registers]
            limited = np.clip(np.array(values, np.float32), np.float32(-1), np.float32(1))
            equal("actions", device.get(out, "<f4", count).tolist(), limited.tolist())
            yield "act", Sample(str(count), cycles, (1, count))


def rewards(device: Device) -> Iterator[Sample]:
    """Sum rewards; units: rewards."""
    for name, values in {**{n: r.rewards for n, r in recordings().items()}, "corners": corners()}.items():
        device.clear()
        total, expected = device.room(8), 0
        for value in values:
            _, cycles = device.call("add_reward", int(value.view(np.uint32)), total)
            expected += reference.reward(float(value))
            equal("sum of rewards", int(device.get(total, "<i8", 1)[0]), expected)
            if name != "corners":
                yield Sample(name, cycles, (1,))


def fitness(device: Device) -> Iterator[Sample]:
    """Average returns; units: genomes, episodes."""
    rng = np.random.default_rng(SEED)
    for episodes in EPISODES:
        for turn in range(RETURNS):
            large = turn == 0  # beyond what 32 bits hold: checked, but too rare to count
            size = 1 << (48 if large else 24 + turn)  # from 2^4 to 2^11
            returns = rng.integers(-size, size, episodes)
            device.clear()
            found, cycles = device.call("mean_return", device.put(returns.astype("<i8")), episodes)
            signed = found - (found >> 31 << 32)
            equal("fitness", signed, reference.mean_return(returns.tolist()))
            if not large:
                yield Sample(str(episodes), cycles, (1, episodes))
