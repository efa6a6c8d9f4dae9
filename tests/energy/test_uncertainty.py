"""Draws of prices against formulas and against plain loops; the tornado against the lines that it is of."""

import math

import numpy as np
import pytest

from genesys_cli.config.chips import load_chip
from genesys_cli.energy.block import INFERENCE, PHASES
from genesys_cli.energy.chip import CORNER, Pricing, estimate
from genesys_cli.energy.platforms import load_profile, platform_names
from genesys_cli.energy.prices import Line, Unknown
from genesys_cli.energy.software import estimate as modelled
from genesys_cli.energy.table import ENERGY, LEAKAGE, load_table
from genesys_cli.energy.timeline import Pace
from genesys_cli.energy.uncertainty import (
    EXACT,
    PLATFORM_DRAWS,
    drawn,
    joules_of,
    platform_joules,
    positions,
    spread_of,
    tornado,
    total,
    valued,
)
from genesys_cli.energy.waiting import in_world
from genesys_cli.energy.workload import Workload
from genesys_cli.ranges import Range

PACE = Pace(50.0)
CASES = [((), None), ((), PACE), (("power.policy=none",), PACE), (("power.policy=retention",), PACE)]
WORK = Workload(24, 1e4, 500, 48, 8e4, 2e4, 9e4, 400, 200, 150, 180, 1e3, 4, 2)
FEW = 40


def lines_of(counts, table, overrides=(), pace=None):
    return estimate(counts, load_chip(None, overrides).settings, table, pace).lines


def one_line(value, times=1e12, name="sram.read"):
    return Line(
        ENERGY,
        *name.split("."),
        INFERENCE,
        times,
        "",
        value,
        value.scaled(1e-12 * times),
        1.0,
        "",
        (Unknown(name, value),),
    )


def plain_value(value, x):
    """Return what a price is at a position, written out."""
    low, nominal, high = value
    if low > 0 and high > 10 * low:
        return nominal * (nominal / low) ** x if x < 0 else nominal * (high / nominal) ** x
    return nominal + x * (nominal - low) if x < 0 else nominal + x * (high - nominal)


def plain_total(lines, x):
    """Return the joules of lines with each unknown at the position of its name."""
    joules = 0.0
    for line in lines:
        price = 1.0
        for unknown in line.unknowns:
            price *= plain_value(unknown.value, x(unknown.name))
        joules += price * line.times * (1e-12 if line.kind == ENERGY else 1e-3)
    return joules


def test_positions_have_a_symmetric_triangular_density():
    x = np.sort(positions("sram.read", 10_000))
    expected = np.where(x < 0, (1 + x) ** 2 / 2, 1 - (1 - x) ** 2 / 2)  # its distribution function
    assert np.abs(expected - (np.arange(10_000) + 0.5) / 10_000).max() < 1.63 / 100  # Kolmogorov, 1 %
    assert -1 <= x[0] < -0.97
    assert 0.97 < x[-1] <= 1


def test_positions_follow_from_seed_and_name_alone():
    first = positions("sram.read", 50)
    assert (positions("sram.read", 200)[:50] == first).all()
    assert (positions("sram.write", 50) != first).all()
    assert (positions("sram.read", 50, seed=1) != first).all()
    assert abs(np.corrcoef(positions("sram.read", 10_000), positions("sram.write", 10_000))[0, 1]) < 0.04


@pytest.mark.parametrize(
    "value", [Range(1.0, 2.0, 5.0), Range(0.0, 0.0, 0.5), Range(1.0, 3.0, 3.0), Range(0.01, 0.2, 1.0), Range(2, 2, 2)]
)
def test_the_quantiles_of_one_price_are_those_of_its_distribution(value):
    """A share p below is the position sqrt(2 p) - 1, a share p above 1 - sqrt(2 p)."""
    found = spread_of(total(joules_of([one_line(value)], 100_000)))
    edge = 1 - math.sqrt(2 * 0.05)
    width = max(value.high - value.low, 1e-300)
    for quantile, x in zip(found, (0.0, -edge, edge), strict=True):
        assert abs(quantile - plain_value(value, x)) / width < 0.01


def test_quantiles_are_linear_between_draws():
    for draws in (positions("any", 1), positions("any", 2), positions("any", 999), positions("any", 1000)):
        assert spread_of(draws) == pytest.approx(tuple(np.quantile(draws, (0.5, 0.05, 0.95))), rel=1e-12)


def test_prices_stay_within_their_bounds_and_reach_them():
    x = np.array([-1.0, 0.0, 1.0])
    for value in (Range(1.0, 2.0, 5.0), Range(0.05487, 0.447, 1.999), Range(0.0, 0.3, 1.7)):
        assert valued(value, x) == pytest.approx(tuple(value))
        many = valued(value, positions("any", 1000))
        assert many.min() >= value.low
        assert many.max() <= value.high
        assert (np.diff(valued(value, np.linspace(-1, 1, 50))) > 0).all()


def test_ranges_without_width_have_intervals_without_width(counts, table):
    exact = [
        line._replace(unknowns=tuple(Unknown(one.name, Range.exactly(one.value.nominal)) for one in line.unknowns))
        for line in lines_of(counts, table, ("power.policy=retention",), PACE)
    ]
    found = spread_of(total(joules_of(exact)))
    assert found.low_90 == found.median == found.high_90
    assert found.median == pytest.approx(math.fsum(line.joules.nominal for line in exact), rel=1e-12)
    assert tornado(exact) == []


@pytest.mark.parametrize(("overrides", "pace"), CASES)
def test_unknowns_multiply_to_the_price_of_their_line(counts, table, overrides, pace):
    for line in lines_of(counts, table, overrides, pace):
        product = Range.exactly(1.0)
        for unknown in line.unknowns:
            product = product.times(unknown.value)
        assert tuple(product) == pytest.approx(tuple(line.price), rel=1e-15)
        assert tuple(line.price.scaled(line.scale)) == pytest.approx(tuple(line.joules), rel=1e-12)


@pytest.mark.parametrize(("overrides", "pace"), CASES)
def test_the_interval_lies_within_the_bounds_that_add(counts, table, overrides, pace):
    energy = estimate(counts, load_chip(None, overrides).settings, table, pace)
    parts = joules_of(energy.lines)
    for found, bounds in [
        (spread_of(total(parts)), energy.total()),
        *((spread_of(parts[phase]), value) for phase, value in energy.by_phase().items()),
    ]:
        assert bounds.low < found.low_90 < found.median < found.high_90 < bounds.high


@pytest.mark.parametrize(("overrides", "pace"), CASES)
def test_arrays_are_a_plain_loop_over_the_same_draws(counts, table, overrides, pace):
    lines = lines_of(counts, table, overrides, pace)
    found = total(joules_of(lines, FEW))
    for draw in range(FEW):
        expected = plain_total(lines, lambda name, draw=draw: float(positions(name, FEW)[draw]))
        assert found[draw] == pytest.approx(expected, rel=1e-12)


def test_a_seed_gives_the_same_numbers_again(counts, table):
    lines = lines_of(counts, table)
    once, again, other = (total(joules_of(lines, 1000, seed)) for seed in (0, 0, 1))
    assert (once == again).all()
    assert (once != other).any()
    assert spread_of(other).low_90 == pytest.approx(spread_of(once).low_90, rel=0.1)


def test_all_leakage_moves_together_where_its_bounds_are_corners(counts, table):
    leaks = [line for line in lines_of(counts, table) if line.kind == LEAKAGE]
    assert {unknown.name for line in leaks for unknown in line.unknowns} == {CORNER}
    joules = [joules_of([line], 500)[line.phase] for line in leaks if line.phase == INFERENCE]
    order = np.argsort(joules[0])
    assert all((np.diff(one[order]) >= 0).all() for one in joules)


def test_leakage_of_a_table_without_corners_is_drawn_part_by_part(counts):
    mixed = load_table("genesys-15nm-mixed")
    assert mixed.corner is None
    names = {u.name for line in lines_of(counts, mixed) if line.kind == LEAKAGE for u in line.unknowns}
    assert {"leakage of eve.pe", "leakage of sram.bank", "leakage of adam.mac_16"} <= names


@pytest.mark.parametrize(("overrides", "pace"), CASES)
def test_each_entry_of_a_tornado_follows_from_the_lines(counts, table, overrides, pace):
    lines = lines_of(counts, table, overrides, pace)
    found = tornado(lines)
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    for one in found:
        for side, joules in ((-1.0, one.low), (1.0, one.high)):
            expected = plain_total(lines, lambda name, one=one, side=side: side if name == one.name else 0.0)
            assert joules == pytest.approx(expected, rel=1e-12)
    named = {one.name for one in found}
    for line in lines:
        for unknown in line.unknowns:
            if line.times and unknown.value.low < unknown.value.high:
                assert unknown.name in named


def test_what_unknowns_do_alone_sums_to_the_bounds_where_prices_only_add(counts, table):
    energy = estimate(counts, load_chip(None, ()).settings, table)
    nominal, found = energy.total(), tornado(energy.lines)
    assert math.fsum(one.high - nominal.nominal for one in found) == pytest.approx(nominal.high - nominal.nominal)
    assert math.fsum(nominal.nominal - one.low for one in found) == pytest.approx(nominal.nominal - nominal.low)


def test_constants_of_power_states_are_in_the_tornado_of_the_world(counts, table):
    names = [one.name for one in tornado(lines_of(counts, table, ("power.policy=retention",), PACE))]
    states = {f"states.{state}.{key}" for state in ("retention", "off") for key in ("leakage", "rail_nf_mm2")}
    assert states | {"states.timer_mw"} <= set(names)
    assert names[0] == CORNER


def test_a_line_of_json_names_its_unknowns(counts, table):
    energy = Pricing(load_chip(None, ("power.policy=retention",)).settings, table).estimate(counts, PACE)
    lines = {(line["component"], line["action"], line["phase"]): line for line in energy.as_json()["lines"]}
    assert lines["sram", "bank in retention", "waiting"]["unknowns"] == [CORNER, "states.retention.leakage"]
    assert lines["sram", "read", "evolution"]["unknowns"] == ["sram.read"]


@pytest.mark.parametrize("name", platform_names())
def test_a_drawn_platform_is_the_formula_at_each_draw(name):
    """As a profile with plain numbers, one draw after another."""
    profile = load_profile(name)
    pace = None if profile.use.software == "fused" else PACE
    alone, world = platform_joules(WORK, profile, pace, FEW)
    exact = drawn(profile, FEW)
    x = positions(f"{name} longest episode", FEW)
    for draw in range(0, FEW, 7):
        plain = _at(exact, draw)
        phases = modelled(WORK, plain)
        joules = Range.total(phases[phase].energy_j for phase in PHASES)
        assert alone[draw] == pytest.approx(plain_value(joules, x[draw]), rel=1e-9)
        if pace is not None:
            assert world[draw] == pytest.approx(in_world(WORK, plain, pace).energy_j.nominal, rel=1e-12)


def _at(exact, draw):
    """Return a profile with the numbers of one draw."""

    def number(value):
        return Range.exactly(float(value.nominal[draw]) if isinstance(value.nominal, np.ndarray) else value.nominal)

    update = {}
    for name, constant in exact.constants().items():
        table, key = name.split(".")
        if name not in EXACT:
            update.setdefault(table, {})[key] = constant.model_copy(update={"value": number(constant.value)})
    tables = exact.tables.model_copy(
        update={table: getattr(exact.tables, table).model_copy(update=keys) for table, keys in update.items()}
    )
    return exact._replace(tables=tables, costs=type(exact.costs)(*map(number, exact.costs)))


@pytest.mark.parametrize("name", platform_names())
def test_a_platforms_interval_lies_within_its_bounds(name):
    profile = load_profile(name)
    pace = None if profile.use.software == "fused" else PACE
    alone, world = platform_joules(WORK, profile, pace)
    assert len(alone) == PLATFORM_DRAWS
    bounds = Range.total(one.energy_j for one in modelled(WORK, profile).values())
    assert bounds.low <= alone.min() < alone.max() <= bounds.high
    if world is not None:
        bounds = in_world(WORK, profile, pace).energy_j
        assert bounds.low <= world.min() < world.max() <= bounds.high


def test_drawing_leaves_a_profile_as_it_was():
    profile = load_profile("Orin_Nano_Fused")
    before = modelled(WORK, profile)
    drawn(profile)
    platform_joules(WORK, profile)
    assert modelled(WORK, profile) == before
