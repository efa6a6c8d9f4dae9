"""The genome buffer in other memories: its prices, and how long it lives."""

import math

import pytest

from genesys_cli.config.chips import load_chip
from genesys_cli.config.memories import FORGETFUL, MEMORIES, load_memory
from genesys_cli.energy.chip import estimate
from genesys_cli.energy.memories import YEAR_S, lifetime
from genesys_cli.energy.table import ENERGY
from genesys_cli.energy.timeline import Pace


def chip(*overrides):
    return load_chip(None, overrides).settings


@pytest.mark.parametrize("name", [name for name in MEMORIES if name != "sram"])
def test_words_are_paid_at_the_price_of_the_memory(counts, table, name):
    figure = load_memory(name).figures["read_pj"]
    point = [f"clock.technology_nm={figure.technology_nm}", f"clock.voltage_v={figure.voltage_v}"]
    found = estimate(counts, chip(f"buffer.memory={name}", *point), table)
    lines = {line.action: line for line in found.lines if line.component == "sram" and line.kind == ENERGY}
    assert lines["read"].price == pytest.approx(figure.value)
    assert lines["write"].price == pytest.approx(load_memory(name).figures["write_pj"].value)
    plain = estimate(counts, chip(*point), table)
    for block in ("eve", "adam", "cpu", "dram"):
        assert found.by_component()[block] == plain.by_component()[block]


@pytest.mark.parametrize("name", [name for name in MEMORIES if name not in FORGETFUL])
def test_a_buffer_that_keeps_its_contents_may_be_switched_off_between_steps(counts, table, name):
    pace = Pace(1.0)
    awake, off = (
        estimate(counts, chip(f"buffer.memory={name}", f"power.policy={policy}"), table, pace)
        for policy in ("clock", "off-between-steps")
    )
    assert off.total().nominal < awake.total().nominal / 5


def test_a_lifetime_by_hand(counts):
    """A word that is written every 4 ms lasts 40 s at an endurance of 1e4, and 46 days at 1e9."""
    steps = {**counts, "longest_decisions": 250}
    found = lifetime(steps, chip("buffer.memory=reram"), generation_s=1.0)
    low, _, high = load_memory("reram").figures["endurance_writes"].value
    assert (low, high) == (1e4, 1e9)
    assert found.years.low * YEAR_S == pytest.approx(40)
    assert found.years.high * YEAR_S / 86400 == pytest.approx(46.3, abs=0.1)


def test_rotating_the_image_spreads_all_writes_over_all_words(counts):
    settings = chip("buffer.memory=stt-mram")
    found = lifetime(counts, settings, generation_s=2.0, generations=7)
    writes = (counts["sram_writes"] + counts["vectorise_writes"] + counts["adam_word_writes"]) / 7
    assert found.writes == pytest.approx(writes)
    assert found.hottest == pytest.approx(counts["longest_decisions"] / 7)
    nominal = load_memory("stt-mram").figures["endurance_writes"].value.nominal
    assert found.rotated_years.nominal == pytest.approx(nominal * 2.0 / (writes / settings.buffer.words) / YEAR_S)
    assert found.rotated_years.nominal > found.years.nominal


def test_sram_does_not_wear(counts):
    assert math.isinf(lifetime(counts, chip(), generation_s=1.0).years.low)
