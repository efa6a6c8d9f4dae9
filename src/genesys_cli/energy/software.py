"""Time and energy of one generation on another machine, from counts of work and the machine's profile.

Pure functions. Each of the three figures of a :class:`Range` is computed on its own from one side of every constant:
the low time from low costs and high rates, the low energy from the low time and the low power. Uncertainties so add up
as if all constants erred to the same side; ``uncertainty.py`` says how much narrower the likely range is. It evaluates
these formulas with arrays in place of numbers, which is why they compare by ``elementwise.py``. Time of the environment
belongs to no platform.
"""

from __future__ import annotations

from typing import NamedTuple

from ..ranges import Range
from .block import INFERENCE, PHASES
from .elementwise import ceiling, chosen, larger, share, smaller
from .profile import CompiledTable, Constant, FusedTable, LaunchTable, Profile
from .workload import Workload

SIDES = (0, 1, 2)  # low, nominal, high, as indices of a Range
WARP = 32  # threads of a GPU that execute one instruction together


class Estimate(NamedTuple):
    """One phase of one generation."""

    time_s: Range
    energy_j: Range
    power_w: Range


def estimate(workload: Workload, profile: Profile) -> dict[str, Estimate]:
    """Return time, energy and power of each phase; the power is that of the machine during the phase."""
    return {phase: _phase(workload, profile, phase) for phase in PHASES}


def _phase(workload: Workload, profile: Profile, phase: str) -> Estimate:
    times = [_seconds(workload, profile, phase, side) for side in SIDES]
    powers = [_watts(workload, profile, phase, side) for side in SIDES]
    joules = [time * power for time, power in zip(times, powers, strict=True)]
    return Estimate(Range(*times), Range(*joules), Range(*powers))


def _watts(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    """Return the machine's power during a phase."""
    if profile.use.software == "fused" and phase == INFERENCE:
        active, tdp = profile.tables.power.active_w.value[side], profile.tables.power.tdp_w.value[side]
        return active + _fused(workload, profile, side).busy * larger(0.0, tdp - active)
    return power_w(profile, _busy_share(workload, profile, phase, side), side)


def power_w(profile: Profile, busy: float, side: int) -> float:
    """Return the machine's power with a share `busy` of it at work, 0 to 1."""
    power = profile.tables.power
    idle = power.idle_w.value[side]
    return idle + busy * (power.active_w.value[side] - idle)


def _seconds(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    if profile.use.software == "interpreted":
        return _interpreted(workload, profile, phase, side)
    if profile.use.software == "fused" and phase == INFERENCE:
        return _fused(workload, profile, side).seconds
    if profile.tables.machine.kind == "gpu":
        return _on_gpu(workload, profile, phase, side)
    return _on_cpu(workload, profile, phase, side)


def _busy_cores(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    """Return how many cores a phase keeps busy: one, or all that there is separate work for."""
    if getattr(profile.use, phase) == "serial" or profile.tables.cores is None:
        return 1.0
    work = workload.lanes if phase == "inference" else workload.genomes
    return larger(1.0, smaller(profile.tables.cores.count.value[side], work))


def _busy_share(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    if profile.tables.cores is None:
        return 1.0
    return _busy_cores(workload, profile, phase, side) / profile.tables.cores.count.value[side]


def _speedup(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    """Return the speed of the busy cores over that of one."""
    if profile.tables.cores is None:
        return 1.0
    efficiency = _rate(profile.tables.cores.parallel_efficiency, side)  # at most 1
    return larger(1.0, _busy_cores(workload, profile, phase, side) * efficiency)


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
    return besides + larger(flops / rate, moved / bandwidth)


def _on_gpu(workload: Workload, profile: Profile, phase: str, side: int) -> float:
    table, launch = profile.tables.compiled, profile.tables.launch
    assert table is not None
    assert launch is not None
    flops, moved = _work(workload, profile, table, phase, side)
    rate = _rate(table.peak_flops, side) * _rate(table.achieved_flops, side)
    bandwidth = _rate(table.bandwidth_bytes_s, side) * _rate(table.achieved_bandwidth, side)
    besides = _waits(workload, profile, table, launch, phase, side)
    return besides + larger(flops / rate, moved / bandwidth)


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
    waves = ceiling(workload.genomes / _rate(launch.threads, side)) if parallel else workload.genomes
    walked = workload.genes_read + workload.genes_written + workload.distance_genes
    chain = walked / max(1.0, workload.genomes) * launch.gene_latency_s.value[side]
    return launch.launches_per_generation.value[side] * launch.launch_s.value[side] + waves * chain


class Fused(NamedTuple):
    """Episodes in one kernel. seconds: of all; busy: share of the threads in flight that play, on average"""

    seconds: float
    busy: float


def _fused(workload: Workload, profile: Profile, side: int) -> Fused:
    """Return the time of all episodes in one kernel: the longest of four, and the way there and back.

    An episode cannot be faster than its own chain of results, those in flight not faster than all of them together,
    arithmetic not faster than its share of the peak, weights and ids not faster than caches give them.
    """
    table, launch, fused = profile.tables.compiled, profile.tables.launch, profile.tables.fused
    assert table is not None
    assert launch is not None
    assert fused is not None
    threads = _rate(launch.threads, side) * _rate(fused.occupancy, side)
    flops, moved = _work(workload, profile, table, INFERENCE, side)

    def played(team: int) -> tuple[float, float]:
        """Return how long episodes take of which each is played by so many threads, and the seconds of all threads."""
        step = _step_s(workload, profile, fused, team, side)
        together = workload.steps * step * team / threads
        return larger(_longest_episode(workload, side) * step, together), together

    (alone, together), (in_warps, in_all) = played(1), played(WARP)
    by_one = (alone < in_warps) | ((alone == in_warps) & (together <= in_all))
    episodes, together = chosen(by_one, alone, in_warps), chosen(by_one, together, in_all)
    seconds = fused.launches.value[side] * launch.launch_s.value[side]
    seconds += fused.copies.value[side] * launch.copy_s.value[side]
    computed = flops / (_rate(table.peak_flops, side) * _rate(fused.achieved_flops, side))
    fetched = 2 * moved / (_rate(fused.cache_bytes_s, side) * _rate(table.achieved_bandwidth, side))
    seconds += larger(episodes, larger(computed, fetched))
    return Fused(seconds, share(together, seconds))


def _step_s(workload: Workload, profile: Profile, fused: FusedTable, team: int, side: int) -> float:
    """Return the seconds of a decision of the average network that a team of threads computes."""
    steps = max(1.0, workload.steps)
    macs = workload.dense_macs if profile.use.layers == "dense" else workload.macs
    cycles = fused.step_cycles.value[side] + max(1.0, macs / steps / team) * fused.connection_cycles.value[side]
    cycles += max(1.0, workload.node_updates / steps / team) * fused.node_cycles.value[side]
    if team > 1:
        cycles += fused.warp_cycles.value[side]
    return cycles / _rate(fused.clock_hz, side)


def _longest_episode(workload: Workload, side: int) -> float:
    """Return the decisions of the longest episode, of which only bounds are counted.

    A workload knows the genome with the most decisions. Its average episode is the least that the longest of all can
    have, all its episodes together are the most.
    """
    if side == SIDES[-1]:
        return workload.rounds
    return workload.rounds * workload.genomes / max(1.0, workload.lanes)


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
