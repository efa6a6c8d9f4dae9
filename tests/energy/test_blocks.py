"""Every block says of itself what the rest of the model asks: what it does is priced, and what is priced exists."""

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.chips import chip_names, load_chip
from genesys_cli.counts import lookup
from genesys_cli.energy.block import Block, Ledger, merged
from genesys_cli.energy.blocks import BLOCKS
from genesys_cli.energy.events import READ, geometry
from genesys_cli.energy.table import AREA, ENERGY, KNOWN, LAWS

CHIPS = [load_chip(name).settings for name in chip_names()] + [load_chip(None, ["genes.layout=rtl8"]).settings]


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_what_a_block_does_is_priced(block, counts, table):
    for chip in CHIPS:
        ledger = Ledger(lookup(counts), chip, geometry(chip, table))
        block.record(ledger)
        for event in ledger.events:
            assert event.action in KNOWN[ENERGY][event.component]
            assert event.times >= 0
        assert block.instances(chip).keys() <= set(KNOWN[AREA].get(block.name, ()))
        assert bool(block.instances(chip)) == bool(block.parts)
        laws = {name: law.value for name, law in table.laws.items()}
        assert block.full_cycle(chip, laws).keys() <= READ.keys()
        assert block.energy_factor(chip, laws) > 0


def test_what_a_block_reads_is_what_it_says(counts, table):
    chip = ChipSettings()
    for block in BLOCKS:
        said = {count.name: counts[count.name] for count in block.paid}
        block.record(Ledger(lookup(said | {"slots": 1}), chip, geometry(chip, table)))  # else it would be missing


def test_names_of_blocks_and_laws_are_their_own():
    assert len({block.name for block in BLOCKS}) == len(BLOCKS)
    assert len(set(LAWS)) == len(LAWS)


def test_a_block_that_says_nothing_costs_nothing(counts, table):
    ledger = Ledger(lookup(counts), ChipSettings(), geometry(ChipSettings(), table))
    block = Block()
    block.record(ledger)
    assert ledger.events == []
    assert block.instances(ChipSettings()) == {}
    assert block.energy_factor(ChipSettings(), {}) == 1.0


def test_counts_that_two_blocks_are_paid_for_say_both():
    one, other = list(READ)[:2]
    assert merged([{one: "a"}, {one: "b", other: "c"}]) == {one: "a; b", other: "c"}
