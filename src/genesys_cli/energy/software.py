"""Time and energy of one generation on another machine, from counts of work and the machine's profile.

Pure functions. Each of the three figures of a :class:`Range` is computed on its own from one side of every constant:
the low time from low costs and high rates, the low energy from the low time and the low power. Uncertainties so add up
as if all constants erred to the same side; the true range is narrower. Time of the environment belongs to no platform.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..ranges import Range
from .block import INFERENCE, PHASES
from .profile import CompiledTable, Constant, LaunchTable, Profile
from .timeline import Pace
from .workload import Workload

SIDES = (0, 1, 2)  # low, nominal, high, as indices of a Range


class Estimate(NamedTuple):
    """One phase of one generation."""

    time_s: Range
    energy_j: Range
    power_w: Range


def estimate(workload: Workload, profile: Profile) -> dict[str, Estimate]:
    """Return time, energy and power of each phase; the power is that of the machine during the phase."""
    return {phase: _phase(workload, profile, phase) for phase in PHASES}


class InWorld(NamedTuple):
    """One generation of a machine that waits for the world between its steps.

    computing: by phase; waiting_s: of all waits; energy_j: of everything
    late_s: nominal seconds that a step takes longer than the world's; 0: the pace is kept
    """

    computing: dict[str, Estimate]
    waiting_s: Range
    energy_j: Range
    late_s: float


def in_world(workload: Workload, profile: Profile, pace: Pace) -> InWorld:
    """Return a generation in the world. While the machine waits it idles, or sleeps where it wakes up soon enough.

    On one robot a decision is a round of its own, so that nothing can be done side by side.
    """
    if pace.robots == "one":
        workload = workload._replace(rounds=workload.steps, lanes=1.0)
    computing = estimate(workload, profile)
    needed = workload.rounds / pace.hz
    waits = [max(0.0, needed - time) for time in computing[INFERENCE].time_s]
    each = 1 / workload.rounds if workload.rounds else 0.0
    power = profile.tables.power
    asleep = power.sleep_w is not None and power.wake_s is not None and power.wake_s.value.nominal < waits[1] * each
    watts = power.sleep_w.value if asleep and power.sleep_w is not None else power.idle_w.value
    joules = [sum(one.energy_j[side] for one in computing.values()) + waits[side] * watts[side] for side in SIDES]
    late = max(0.0, computing[INFERENCE].time_s.nominal - needed) * each
    return InWorld(computing, Range(*sorted(waits)), Range(*joules), late)


def _phase(workload: Workload, profile: Profile, phase: str) -> Estimate:
    times = [_seconds(workload, profile, phase, side) for side in SIDES]
    powers = [power_w(profile, _busy_share(workload, profile, phase, side), side) for side in SIDES]
    joules = [time * power for time, power in zip(times, powers, strict=True)]
    return Estimate(Range(*times), Range(*joules), Range(*powers))


def power_w(profile: Profile, busy: float, side: int) -> float:
    """Return the machine's power with a share `busy` of it at work, 0 to 1."""
    power = profile.tables.power
    idle = power.idle_w.value[side]
    return idle + busy * (power.active_w.value[side] - idle)


def _seconds(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    if profile.use.software == "interpreted":
        return _interpreted(workload, profile, phase, side)
    if profile.tables.machine.kind == "gpu":
        return _on_gpu(workload, profile, phase, side)
    return _on_cpu(workload, profile, phase, side)


def _busy_cores(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    """Return how many cores a phase keeps busy: one, or all that there is separate work for."""
    if getattr(profile.use, phase) == "serial" or profile.tables.cores is None:
        return 1.0
    work = workload.lanes if phase == "inference" else workload.genomes
    return max(1.0, min(profile.tables.cores.count.value[side], work))


def _busy_share(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    if profile.tables.cores is None:
        return 1.0
    return _busy_cores(workload, profile, phase, side) / profile.tables.cores.count.value[side]


def _speedup(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    """Return the speed of the busy cores over that of one."""
    cores = _busy_cores(workload, profile, phase, side)
    if cores == 1.0 or profile.tables.cores is None:
        return 1.0
    return max(1.0, cores * _rate(profile.tables.cores.parallel_efficiency, side))


def _interpreted(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    table = profile.tables.interpreted
    assert table is not None  # the profile's form sees to it
    cost = [amount[side] for amount in profile.costs]
    step, input_, connection, node, built, genome, crossed, copied, mutated, distance = cost
    if phase == "inference":
        seconds = (
            workload.steps * step
            + workload.steps * workload.inputs * input_
            + workload.macs * connection
            + workload.node_updates * node
            + workload.genes_written * built
        )
    else:
        seconds = (
            workload.genomes * genome
            + workload.genes_crossed * crossed
            + max(0.0, workload.genes_written - workload.genes_crossed) * copied
            + workload.genes_perturbed * mutated
            + workload.distance_genes * distance
        ) * table.library.value[side]
    slower = table.slowdown.value[side] * table.interpreter.value[side]
    return seconds * slower / _speedup(workload, profile, phase, side)


def _on_cpu(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    table, cores = profile.tables.compiled, profile.tables.cores
    assert table is not None
    assert cores is not None
    speedup = _speedup(workload, profile, phase, side)
    flops, moved = _work(workload, profile, table, phase, side)
    rate = _rate(table.peak_flops, side) * _rate(table.achieved_flops, side) * speedup / cores.count.value[side]
    bandwidth = _rate(table.bandwidth_bytes_s, side) * _rate(table.achieved_bandwidth, side)
    besides = table.generation_s.value[side]
    if phase == "inference":
        besides = workload.steps * table.step_s.value[side] / speedup
    return besides + max(flops / rate, moved / bandwidth)


def _on_gpu(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    table, launch = profile.tables.compiled, profile.tables.launch
    assert table is not None
    assert launch is not None
    flops, moved = _work(workload, profile, table, phase, side)
    rate = _rate(table.peak_flops, side) * _rate(table.achieved_flops, side)
    bandwidth = _rate(table.bandwidth_bytes_s, side) * _rate(table.achieved_bandwidth, side)
    besides = _waits(workload, profile, table, launch, phase, side)
    return besides + max(flops / rate, moved / bandwidth)


def _waits(
    workload: Workload, profile: Profile, table: CompiledTable, launch: LaunchTable, phase: str, side: int
) -> float:
    """Return the seconds in which a GPU waits: for launches, for copies, for memory in the longest thread."""
    parallel = getattr(profile.use, phase) == "population"
    if phase == "inference":
        batches = workload.rounds if parallel else workload.steps
        launches = launch.launches_per_step.value[side] * launch.launch_s.value[side]
        copies = launch.copies_per_step.value[side] * launch.copy_s.value[side]
        crossing = workload.steps * (workload.inputs + workload.outputs) * table.weight_bytes.value[side]
        return batches * (launches + copies) + crossing / _rate(launch.link_bytes_s, side)
    waves = math.ceil(workload.genomes / _rate(launch.threads, side)) if parallel else workload.genomes
    walked = workload.genes_read + workload.genes_written + workload.distance_genes
    chain = walked / max(1.0, workload.genomes) * launch.gene_latency_s.value[side]
    return launch.launches_per_generation.value[side] * launch.launch_s.value[side] + waves * chain


def _work(workload: Workload, profile: Profile, table: CompiledTable, phase: str, side: int) -> tuple[float, float]:
    """Return operations and bytes of a phase. Each genome has weights of its own, so none is read for two of them."""
    if phase == "inference":
        macs = workload.dense_macs if profile.use.layers == "dense" else workload.macs
        flops = 2 * macs + workload.node_updates * table.node_flops.value[side]
        return flops, macs * table.weight_bytes.value[side]
    flops = workload.genes_written * table.gene_flops.value[side]
    flops += workload.distance_genes * table.distance_flops.value[side]
    genes = workload.genes_read + workload.genes_written + workload.distance_genes
    return flops, genes * table.gene_bytes.value[side]


def _rate(constant: Constant, side: int) -> float:
    """Return a constant that divides: the low time comes from its high side."""
    return constant.value[2 - side]
