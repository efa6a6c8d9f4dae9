"""Estimates against sums done by hand, with round constants."""

import math

import pytest

from genesys_cli.energy.platforms import interpreted_host, load_profile, platform_names
from genesys_cli.energy.profile import Profile, ProfileTable
from genesys_cli.energy.software import PHASES, estimate
from genesys_cli.energy.workload import Workload
from genesys_cli.measure.calibration import Calibration
from genesys_cli.measure.costs import Costs
from genesys_cli.measure.meters.host import Host
from genesys_cli.ranges import Range

WORK = Workload(
    genomes=10,
    steps=1000,
    rounds=200,
    lanes=20,
    macs=8000,
    node_updates=2000,
    dense_macs=9000,
    genes_read=280,
    genes_written=140,
    genes_crossed=130,
    genes_perturbed=135,
    distance_genes=56,
    inputs=4,
    outputs=2,
)
COSTS = Costs(
    *(Range(seconds / 2, seconds, 2 * seconds) for seconds in (1e-3, 2e-4, 3e-4, 4e-4, 5e-3, 6e-2, 7, 8, 9, 1))
)


def given(value):
    return {"value": value, "tag": "own", "source": "made up"}


def profile(tables, **use):
    table = ProfileTable.model_validate(
        {
            "machine": {"name": "made up", "kind": "cpu"},
            "power": {"idle_w": given(10), "active_w": given([50, 90, 130]), "tdp_w": given(130)},
            **tables,
            "platforms": {"X": {"inference": "serial", "evolution": "serial", **use}},
        }
    )
    return Profile("X", table.platforms["X"], table, COSTS, "made up")


CORES = {"cores": {"count": given(4), "parallel_efficiency": given([0.25, 0.5, 1.0])}}
INTERPRETED = {
    **CORES,
    "interpreted": {"slowdown": given(2), "interpreter": given([1, 1.5, 2]), "library": given([1, 2, 4])},
}
COMPILED = {
    "peak_flops": given([1e6, 2e6, 4e6]),
    "achieved_flops": given(0.5),
    "bandwidth_bytes_s": given(1e9),
    "achieved_bandwidth": given(0.5),
    "step_s": given(1e-3),
    "generation_s": given(0.25),
    "node_flops": given(10),
    "gene_flops": given(100),
    "distance_flops": given(5),
    "weight_bytes": given(4),
    "gene_bytes": given(32),
}
LAUNCH = {
    "launch_s": given(1e-3),
    "launches_per_step": given([1, 2, 4]),
    "launches_per_generation": given(20),
    "copy_s": given(2e-3),
    "copies_per_step": given(2),
    "link_bytes_s": given(1e5),
    "gene_latency_s": given(1e-2),
    "threads": given(4),
}
FUSED = {
    "clock_hz": given([1e6, 2e6, 4e6]),
    "launches": given(2),
    "copies": given(3),
    "step_cycles": given(40),
    "connection_cycles": given(20),
    "node_cycles": given(100),
    "warp_cycles": given(1000),
    "occupancy": given(0.5),
    "achieved_flops": given(1),
    "cache_bytes_s": given(1e9),
}
GPU = {"machine": {"name": "made up", "kind": "gpu"}, "compiled": COMPILED, "launch": LAUNCH}


def test_interpreted_and_serial():
    found = estimate(WORK, profile(INTERPRETED, software="interpreted"))
    inference = 1000 * 1e-3 + 1000 * 4 * 2e-4 + 8000 * 3e-4 + 2000 * 4e-4 + 140 * 5e-3
    evolution = (10 * 6e-2 + 130 * 7 + 10 * 8 + 135 * 9 + 56 * 1) * 2
    assert found["inference"].time_s == pytest.approx((inference / 2 * 2, inference * 3, 2 * inference * 4))
    assert found["evolution"].time_s.nominal == pytest.approx(evolution * 3)
    assert found["inference"].power_w == pytest.approx((20, 30, 40))  # idle and a quarter of what all cores add
    assert found["inference"].energy_j == pytest.approx((inference * 20, inference * 3 * 30, inference * 8 * 40))


def test_interpreted_and_parallel():
    serial = estimate(WORK, profile(INTERPRETED, software="interpreted"))
    parallel = estimate(WORK, profile(INTERPRETED, software="interpreted", inference="population"))
    assert parallel["evolution"] == serial["evolution"]
    low, nominal, high = serial["inference"].time_s
    assert parallel["inference"].time_s == pytest.approx((low / 4, nominal / 2, high / 1))
    assert parallel["inference"].power_w == pytest.approx((50, 90, 130))


def test_no_more_cores_are_busy_than_there_is_work_for():
    few = WORK._replace(lanes=2)
    found = estimate(few, profile(INTERPRETED, software="interpreted", inference="population"))["inference"]
    alone = estimate(few, profile(INTERPRETED, software="interpreted"))["inference"]
    assert found.time_s == pytest.approx((alone.time_s.low / 2, alone.time_s.nominal, alone.time_s.high))
    assert found.power_w.nominal == pytest.approx(10 + 2 / 4 * 80)


def test_compiled_on_one_core():
    found = estimate(WORK, profile({**CORES, "compiled": COMPILED}, software="compiled"))
    inference = 1000 * 1e-3 + (2 * 8000 + 2000 * 10) / (2e6 * 0.5 / 4)
    assert found["inference"].time_s.nominal == pytest.approx(inference)
    assert found["evolution"].time_s.nominal == pytest.approx(0.25 + (140 * 100 + 56 * 5) / (2e6 * 0.5 / 4))
    assert found["inference"].time_s.low == pytest.approx(1 + 36000 / (4e6 * 0.5 / 4))


def test_compiled_on_all_cores_with_dense_layers():
    tables = {**CORES, "compiled": COMPILED}
    found = estimate(WORK, profile(tables, software="compiled", inference="population", layers="dense"))["inference"]
    speedup = 4 * 0.5
    wanted = 1000 * 1e-3 / speedup + (2 * 9000 + 2000 * 10) / (2e6 * 0.5 / 4 * speedup)
    assert found.time_s.nominal == pytest.approx(wanted)


def test_memory_limits_what_arithmetic_does_not():
    slow = {**COMPILED, "bandwidth_bytes_s": given(1000)}
    found = estimate(WORK, profile({**CORES, "compiled": slow}, software="compiled"))
    assert found["inference"].time_s.nominal == pytest.approx(1 + 8000 * 4 / 500)
    assert found["evolution"].time_s.nominal == pytest.approx(0.25 + (280 + 140 + 56) * 32 / 500)


def test_a_gpu_waits_for_each_step_of_one_genome_or_of_all():
    crossing = 1000 * 6 * 4 / 1e5
    compute = 36000 / 1e6
    one = estimate(WORK, profile(GPU, software="compiled"))["inference"]
    assert one.time_s.nominal == pytest.approx(1000 * (2 * 1e-3 + 2 * 2e-3) + crossing + compute)
    all_ = estimate(WORK, profile(GPU, software="compiled", inference="population"))["inference"]
    assert all_.time_s.nominal == pytest.approx(200 * (2 * 1e-3 + 2 * 2e-3) + crossing + compute)
    assert all_.power_w == (50, 90, 130)


def test_a_gpu_makes_children_in_waves_of_its_threads():
    compute = (140 * 100 + 56 * 5) / 1e6
    walked = (280 + 140 + 56) / 10 * 1e-2
    waves = estimate(WORK, profile(GPU, software="compiled", evolution="population"))["evolution"]
    assert waves.time_s.nominal == pytest.approx(20 * 1e-3 + math.ceil(10 / 4) * walked + compute)
    serial = estimate(WORK, profile(GPU, software="compiled"))["evolution"]
    assert serial.time_s.nominal == pytest.approx(20 * 1e-3 + 10 * walked + compute)


def fused(tables=FUSED, threads=80, **power):
    power = {"idle_w": given(10), "active_w": given([50, 90, 130]), "tdp_w": given(130), **power}
    gpu = {**GPU, "power": power, "launch": {**LAUNCH, "threads": given(threads)}, "fused": tables}
    return profile(gpu, software="fused", inference="population", evolution="population")


AROUND = 2 * 1e-3 + 3 * 2e-3  # launches and copies
STEP_CYCLES = 40 + 8 * 20 + 2 * 100  # of one thread, in WORK


def test_whole_episodes_in_one_kernel_wait_for_the_longest_of_them():
    """Of the longest episode only bounds are known: 200 rounds are two episodes of one genome."""
    found = estimate(WORK, fused())["inference"]
    low, nominal, high = (rounds * STEP_CYCLES / clock for rounds, clock in ((100, 4e6), (100, 2e6), (200, 1e6)))
    assert found.time_s == pytest.approx((AROUND + low, AROUND + nominal, AROUND + high))


def test_a_warp_plays_an_episode_where_it_is_faster():
    """A warp computes 32 connections, or nodes, in the time of one, and exchanges what comes of it."""
    tables = {**FUSED, "warp_cycles": given(100), "clock_hz": given(2e4)}
    found = estimate(WORK, fused(tables, threads=1e6))["inference"]
    assert found.time_s.nominal == pytest.approx(AROUND + 100 * (40 + 20 + 100 + 100) / 2e4)
    large = WORK._replace(macs=64_000, dense_macs=64_000)
    found = estimate(large, fused(tables, threads=1e6))["inference"]
    assert found.time_s.nominal == pytest.approx(AROUND + 100 * (40 + 2 * 20 + 100 + 100) / 2e4)
    crowded = estimate(WORK, fused(tables, threads=80))["inference"]  # a warp each would wait for the others
    assert crowded.time_s.nominal == pytest.approx(AROUND + 100 * STEP_CYCLES / 2e4)


def test_whole_episodes_in_one_kernel_wait_for_threads_arithmetic_or_caches():
    few = estimate(WORK, fused(threads=4))["inference"]
    assert few.time_s.nominal == pytest.approx(AROUND + 1000 * STEP_CYCLES / 2e6 / 2)
    slow = estimate(WORK, fused({**FUSED, "achieved_flops": given(1e-3)}))["inference"]
    assert slow.time_s.nominal == pytest.approx(AROUND + (2 * 8000 + 2000 * 10) / (2e6 * 1e-3))
    narrow = estimate(WORK, fused({**FUSED, "cache_bytes_s": given(1e3)}))["inference"]
    assert narrow.time_s.nominal == pytest.approx(AROUND + 8000 * 2 * 4 / 500)


def test_a_gpu_full_of_threads_draws_what_it_is_cooled_for():
    tdp = {"tdp_w": given(200)}
    found = estimate(WORK, fused(threads=80, **tdp))
    seconds = AROUND + 100 * STEP_CYCLES / 2e6
    busy = 1000 * STEP_CYCLES / 2e6 / 40 / seconds  # of 40 threads in flight, on average
    assert found["inference"].power_w.nominal == pytest.approx(90 + busy * 110)
    assert found["evolution"].power_w == (50, 90, 130)
    full = estimate(WORK._replace(steps=1e9, macs=8e9, dense_macs=8e9, node_updates=2e9), fused(threads=1, **tdp))
    assert full["inference"].power_w == pytest.approx((200, 200, 200), rel=1e-4)


def test_one_kernel_is_faster_than_a_kernel_a_step():
    for many, one in (
        ("GPU_b", "GTX_1080_Fused"),
        ("GPU_d", "TX2_Fused"),
        ("H100", "H100_Fused"),
        ("H200", "H200_Fused"),
    ):
        before, after = (estimate(WORK, load_profile(name)) for name in (many, one))
        assert after["inference"].time_s.high < before["inference"].time_s.nominal
        assert after["evolution"] == before["evolution"]


@pytest.mark.parametrize("name", platform_names())
def test_every_shipped_platform_obeys_the_laws(name):
    shipped = load_profile(name)
    once = estimate(WORK, shipped)
    twice = estimate(Workload(*(2 * count for count in WORK[:-2]), *WORK[-2:]), shipped)
    assert set(once) == set(PHASES)
    for phase in PHASES:
        for low, nominal, high in once[phase]:
            assert 0 < low <= nominal <= high < math.inf
        assert once[phase].energy_j.nominal == pytest.approx(once[phase].time_s.nominal * once[phase].power_w.nominal)
        assert all(more >= less for more, less in zip(twice[phase].time_s, once[phase].time_s, strict=True))


def test_no_work_takes_no_time_where_nothing_is_called():
    nothing = Workload(*([0] * len(WORK)))
    for name in ("CPU_a", "CPU_d", "Desktop_Python"):
        assert all(found.energy_j == (0, 0, 0) for found in estimate(nothing, load_profile(name)).values())
    assert estimate(nothing, load_profile("Desktop"))["inference"].energy_j == (0, 0, 0)


def test_more_parallel_platforms_are_not_slower():
    for serial, parallel in (("CPU_a", "CPU_b"), ("CPU_c", "CPU_d"), ("GPU_a", "GPU_b"), ("GPU_c", "GPU_d")):
        before = estimate(WORK, load_profile(serial))["inference"].time_s
        after = estimate(WORK, load_profile(parallel))["inference"].time_s
        assert after.nominal < before.nominal


def test_plain_python_on_this_machine_has_its_own_costs_and_power():
    own = Calibration("m", "c", "3.12.1", "2026-01-01", COSTS)
    shown = interpreted_host(Host("a processor", 8, Range(40.0, 80.0, 160.0), "made up", False), own)
    found = estimate(WORK, shown)
    seconds = 10 * 6e-2 + 130 * 7 + 10 * 8 + 135 * 9 + 56 * 1
    assert found["evolution"].time_s == pytest.approx((seconds / 2, seconds, 2 * seconds))
    assert found["evolution"].power_w == pytest.approx((5, 10, 20))
    assert shown.costs_source == own.source
