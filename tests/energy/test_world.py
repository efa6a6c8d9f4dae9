"""Time in the world, and what blocks save while the chip waits for it."""

import itertools
import math
import sys

import pytest

from genesys_cli.config.chip import ChipSettings, PowerSettings
from genesys_cli.config.chips import load_chip
from genesys_cli.energy.block import EVOLUTION, INFERENCE, SPANS, WAITING
from genesys_cli.energy.blocks import BLOCKS
from genesys_cli.energy.chip import Pricing, estimate
from genesys_cli.energy.leakage import process_factor, temperature_factor, voltage_factor
from genesys_cli.energy.states import OFF, RETENTION, STATES, state_of
from genesys_cli.energy.table import ENERGY, LEAKAGE, load_table, parse_table, table_folder
from genesys_cli.energy.timeline import Pace, timeline
from genesys_cli.errors import UserError
from reference.energy import joules
from reference.waiting import static_joules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHIP = ChipSettings()
FILE = table_folder() / "genesys-15nm.toml"
POLICIES = PowerSettings.model_fields["policy"].annotation.__args__
FOR_SRAM = [policy for policy in POLICIES if policy != "off-between-steps"]


def chip(*overrides):
    return load_chip(None, overrides).settings


def nominal(energy, kind):
    return energy.by_kind()[kind].nominal


def test_without_a_world_and_with_gated_clocks_nothing_has_changed(counts, table):
    found = estimate(counts, CHIP, table)
    assert list(found.seconds) == [INFERENCE, EVOLUTION]
    assert found.total()._asdict() == pytest.approx(joules(FILE, counts), rel=1e-12)
    assert found == Pricing(CHIP, table).estimate(counts, None)


@pytest.mark.parametrize("robots", ["population", "one"])
@pytest.mark.parametrize("policy", [policy for policy in FOR_SRAM if policy != "none"])
def test_a_generation_in_the_world_is_what_plain_code_makes_of_it(counts, table, policy, robots):
    found = estimate(counts, chip(f"power.policy={policy}"), table, Pace(50.0, robots))
    alone = estimate(counts, CHIP, table)
    expected = static_joules(FILE, counts, policy, 50.0, robots) + nominal(alone, ENERGY)
    assert found.total().nominal == pytest.approx(expected, rel=1e-12)
    rounds = counts["decisions" if robots == "one" else "longest_decisions"]
    played = timeline(counts, CHIP).seconds["playing"]
    assert found.all_seconds == pytest.approx(alone.all_seconds + rounds / 50 - played)


def test_phases_components_and_kinds_sum_to_the_total(counts, table):
    for policy in FOR_SRAM:
        found = estimate(counts, chip(f"power.policy={policy}"), table, Pace(50.0))
        for parts in (found.by_phase(), found.by_component(), found.by_kind()):
            for at in range(3):
                assert math.fsum(part[at] for part in parts.values()) == pytest.approx(found.total()[at], rel=1e-13)
        assert list(found.by_phase()) == [INFERENCE, EVOLUTION, WAITING]


@pytest.mark.parametrize("policy", FOR_SRAM)
def test_a_slower_pace_never_costs_less(counts, table, policy):
    pricing = Pricing(chip(f"power.policy={policy}"), table)
    energies = [pricing.estimate(counts, Pace(hz)).total() for hz in (1000, 200, 50, 10, 1, 0.1)]
    for faster, slower in itertools.pairwise(energies):
        assert all(more > less for more, less in zip(slower, faster, strict=True))


def test_a_deeper_policy_never_costs_more_where_waits_are_longer_than_break_even(counts, table):
    for hz in (50, 10, 1):
        totals = [estimate(counts, chip(f"power.policy={p}"), table, Pace(hz)).total().nominal for p in FOR_SRAM]
        assert totals == sorted(totals, reverse=True), hz


@pytest.mark.parametrize(("of_break_even", "cheaper"), [(0.9, False), (1.1, True)])
def test_a_block_saves_energy_exactly_where_it_sleeps_for_longer_than_its_break_even(
    counts, table, of_break_even, cheaper
):
    """Each block alone: awake for the wait, or asleep and then woken up."""
    retention, awake = Pricing(chip("power.policy=retention"), table), Pricing(CHIP, table)
    playing, rounds = timeline(counts, CHIP).seconds["playing"], counts["decisions"]
    for row in retention.sleeps():
        if row["component"] in ("eve", "prng"):  # they sleep once a generation
            continue
        wait = of_break_even * row["break_even_s"]
        if wait < retention.wake_s():
            continue
        pace = Pace(rounds / (playing + rounds * wait), "one")

        def waited(pricing, pace=pace, row=row):
            lines = [line for line in pricing.estimate(counts, pace).lines if line.component == row["component"]]
            lines = [line for line in lines if "wake" in line.action or line.phase == WAITING]
            return math.fsum(line.joules.nominal for line in lines if line.action != "timer")

        assert (waited(retention) < waited(awake)) == cheaper, row["component"]


def test_a_clock_that_runs_on_is_paid_for_and_a_gated_one_is_not(counts, table):
    found = estimate(counts, chip("power.policy=none"), table, Pace(50.0))
    clocks = {line.component: line for line in found.lines if line.action == "clock" and line.phase == WAITING}
    assert set(clocks) == {"eve", "prng", "adam", "cpu"}
    waited = found.seconds[WAITING]
    assert clocks["eve"].joules.nominal == pytest.approx(256 * 1664 * 0.0019e-12 * 1.25**2 * waited * 200e6)
    assert clocks["adam"].joules.nominal == pytest.approx(1024 * 64 * 0.0019e-12 * 1.25**2 * waited * 200e6)
    assert not [line for line in estimate(counts, CHIP, table, Pace(50.0)).lines if line.action == "clock"]


def test_every_block_is_active_where_it_works_and_loses_nothing_that_it_needs():
    for policy in POLICIES:
        settings = ChipSettings(power=PowerSettings(policy=policy))
        for block in BLOCKS:
            for span in SPANS:
                state = state_of(block, span, settings, non_volatile=False)
                assert (state is None) == (span in block.works)
                assert state in (None, *STATES)
                assert state != OFF or not block.keeps
                kept = state_of(block, span, settings, non_volatile=True)
                off = policy == "off-between-steps" and state == RETENTION and block.stores
                assert kept == (OFF if off else state)


def test_a_pace_that_the_chip_cannot_keep_is_refused_with_the_missing_time(counts, table):
    """In lockstep the step counts in which everybody plays, though the mean of all is a fifth of it."""
    longest = counts["round_cycles"] / 7 / 200e6
    mean = (counts["adam_cycles"] + counts["cpu_step_cycles"]) / 200e6 / counts["longest_decisions"]
    assert longest > 4 * mean
    with pytest.raises(UserError, match=r"the chip cannot keep 200000 Hz: a step takes 4.15e-05 s, 3.65e-05 s more"):
        estimate(counts, CHIP, table, Pace(2e5), generations=7)
    assert longest - 1 / 2e5 == pytest.approx(3.65e-5, abs=1e-7)
    with pytest.raises(UserError, match="the chip cannot keep"):
        estimate(counts, CHIP, table, Pace(1.001 / longest), generations=7)
    estimate(counts, CHIP, table, Pace(0.999 / longest), generations=7)


def test_one_robot_has_the_mean_step(counts, table):
    mean = (counts["adam_cycles"] + counts["cpu_step_cycles"] + counts["interface_operands"]) / 200e6
    mean /= counts["decisions"]
    estimate(counts, CHIP, table, Pace(0.99 / mean, "one"), generations=7)
    with pytest.raises(UserError, match="the chip cannot keep"):
        estimate(counts, CHIP, table, Pace(1.01 / mean, "one"), generations=7)


def test_a_wake_up_that_is_longer_than_the_step_is_refused(counts, table):
    longest = counts["round_cycles"] / 7 / 200e6
    tight = Pace(1 / (longest + 1e-7))
    estimate(counts, CHIP, table, tight, generations=7)
    with pytest.raises(UserError, match="to wake up"):
        estimate(counts, chip("power.policy=retention"), table, tight, generations=7)


@pytest.mark.parametrize("policy", ["clock", "retention"])
def test_edram_is_refreshed_awake_and_asleep(counts, table, policy):
    """Each of 48 banks has 4096 words, which are read once in 100 us, for as long as there is power."""
    settings = chip("buffer.memory=edram", f"power.policy={policy}")
    found = estimate(counts, settings, table, Pace(50.0), generations=7)
    lines = [line for line in found.lines if line.action == "refresh"]
    assert {line.phase for line in lines} == {INFERENCE, EVOLUTION, WAITING}
    read = next(line.price for line in found.lines if (line.component, line.action) == ("sram", "read"))
    expected = 48 * 4096 * found.all_seconds / 1e-4 * read.nominal * 1e-12
    assert sum(line.joules.nominal for line in lines) == pytest.approx(expected)
    assert sum(line.joules.high for line in lines) == pytest.approx(expected * 2.5 * read.high / read.nominal)
    assert not [line for line in estimate(counts, CHIP, table).lines if line.action == "refresh"]
    mram = estimate(counts, chip("buffer.memory=stt-mram"), table, Pace(50.0))
    assert not [line for line in mram.lines if line.action == "refresh"]


def test_the_old_corner_with_no_world_gives_what_it_gave(counts):
    """Before corners, leakage was linear in voltage and SRAM's nominal was the mean of two flavours."""
    old = load_table("genesys-15nm-mixed")
    found = estimate(counts, CHIP, old)
    assert found.total()._asdict() == pytest.approx(joules(FILE.with_stem("genesys-15nm-mixed"), counts), rel=1e-12)
    banks = next(line for line in found.lines if (line.component, line.kind) == ("sram", LEAKAGE))
    assert banks.price == (0.005 * 1.25, 2.0525 * 1.25, 4.1 * 1.25)
    assert estimate(counts, chip("clock.temperature_k=350"), old).total() == found.total()


def test_a_warmer_die_leaks_more_and_computes_for_the_same(counts, table):
    base, warm = (estimate(counts, chip(f"clock.temperature_k={k}"), table) for k in (330, 350))
    assert base.total() == estimate(counts, CHIP, table).total()
    assert nominal(warm, ENERGY) == nominal(base, ENERGY)
    assert nominal(warm, LEAKAGE) == pytest.approx(nominal(base, LEAKAGE) * temperature_factor(330, 350))


def test_logic_leaks_by_the_law_from_the_temperature_of_its_source(table):
    stated = {("eve", "pe"): 0.14, ("adam", "mac_8"): 0.005, ("adam", "mac_16"): 0.0098, ("cpu", "core"): 0.1}
    stated |= {("eve", "split"): 0.0, ("eve", "merge"): 0.14 * 1471 / 3477, ("prng", "generator"): 0.14 * 972 / 3477}
    stated |= {("activation", "multiplier"): 0.0098, ("activation", "segment"): 0.000129}
    for key, at_298 in stated.items():
        cold = at_298 * temperature_factor(298, 300) * process_factor(-0.03, 300)
        hot = at_298 * temperature_factor(298, 350) * process_factor(0.03, 350)
        expected = (cold, at_298 * temperature_factor(298, 330), hot)
        assert table.prices[(LEAKAGE, *key)].value == pytest.approx(expected, rel=1e-3), key


def test_memory_that_forgets_cannot_be_off_between_steps(counts, table):
    with pytest.raises(UserError, match=r"power\.policy = off-between-steps: .* would lose the genomes"):
        Pricing(chip("power.policy=off-between-steps"), table)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[states.off]", "[states.of]", "states.of: there is no such state"),
        ("timer_mw = { low = 0.0002", "timer_mw = { low = 0.2", "states.timer_mw: low, nominal and high must ascend"),
        ("leakage = { low = 0.02", "leakage = { low = -0.02", "states.off.leakage: low = -0.02 must be"),
        ("high = 0.1, tag", "high = 1.1, tag", "states.off.leakage: is a share, so it cannot be above 1"),
        ("wake_s = { low = 1e-7", "awake_s = { low = 1e-7", "states.off.awake_s: there is no such constant"),
    ],
)
def test_a_wrong_state_is_one_message(old, new, message):
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    document = tomllib.loads(text.replace(old, new, 1))
    with pytest.raises(UserError) as error:
        parse_table(document, "mine.toml")
    assert message in str(error.value)


def test_leaks_of_states_are_lines_of_their_own(counts, table):
    found = estimate(counts, chip("power.policy=retention"), table, Pace(50.0))
    lines = {(line.component, line.action, line.phase): line for line in found.lines}
    asleep = lines["sram", "bank in retention", WAITING]
    assert asleep.kind == LEAKAGE
    assert asleep.price.nominal == pytest.approx(0.4297 * voltage_factor(0.8, 1, 330) * 0.15)
    assert asleep.times == pytest.approx(48 * (found.seconds[WAITING] - 17100 * 2e-8))
    assert lines["sram", "wake from retention", INFERENCE].times == 17100
    assert lines["eve", "wake from off", EVOLUTION].times == 1
    assert lines["adam", "wake from off", INFERENCE].times == 17100
