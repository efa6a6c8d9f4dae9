"""Components that read their figures from genesys-cli's energy table when they are made.

Units are those of hwcomponents: J, s, W, m^2 and m. The table has pJ, mW and um^2. Technology and voltage are scaled by
the table's own rules (``genesys_cli.energy.scaling``), not by those of hwcomponents, so that figures are the same as in
genesys-cli.
"""

from __future__ import annotations

from functools import cache

from hwcomponents import ActionCost, ComponentModel, action

from genesys_cli.config.chip import ChipSettings
from genesys_cli.energy.blocks import WIDTHS
from genesys_cli.energy.data_blocks import BANK_WORDS
from genesys_cli.energy.prices import price_of
from genesys_cli.energy.table import AREA, ENERGY, LEAKAGE, EnergyTable, load_table

BOUNDS = ("low", "nominal", "high")


@cache
def _table(name: str | None) -> EnergyTable:
    return load_table(name)


class _Block(ComponentModel):
    """What all have in common.

    block: component of the energy table; parts: what it leaks, and how many of each one instance has
    tech_node: m; voltage: V; cycle_period: s, of an action; bound: one of BOUNDS; table: name or file
    words_per_bank: of the buffer
    """

    block: str
    priority = 0.5

    def __init__(
        self,
        parts: dict[str, float],
        tech_node: float = 15e-9,
        voltage: float = 1.0,
        cycle_period: float = 5e-9,
        bound: str = "nominal",
        table: str | None = None,
        words_per_bank: int = BANK_WORDS,
    ) -> None:
        if bound not in BOUNDS:
            raise ValueError(f"bound = {bound!r}: must be one of {', '.join(BOUNDS)}")
        self.tech_node, self.voltage, self.cycle_period, self.bound = tech_node, voltage, cycle_period, bound
        self.energies = _table(table)
        clock = {"technology_nm": tech_node * 1e9, "voltage_v": voltage, "frequency_hz": 1 / cycle_period}
        self.chip = ChipSettings.model_validate({"clock": clock, "buffer": {"words_per_bank": words_per_bank}})
        leak_power = sum(1e-3 * number * self._price(LEAKAGE, part) for part, number in parts.items())
        area = sum(1e-12 * number * self._price(AREA, part) for part, number in parts.items())
        super().__init__(leak_power=leak_power, area=area)

    def _price(self, kind: str, action: str) -> float:
        """Return an entry as it is for this technology and voltage, in the table's unit."""
        return float(getattr(price_of(self.energies, kind, self.block, action, self.chip), self.bound))

    def _paid(self, entry: str, times: float = 1.0) -> ActionCost:
        """Return the cost of `times` actions of the table in a cycle."""
        energy = 1e-12 * times * self._price(ENERGY, entry)
        return ActionCost(energy=energy, latency=self.cycle_period, throughput=1 / self.cycle_period)


class PE(_Block):
    """A processing element of EvE; a cycle in which it stalls or idles is clock-gated, ``wait``."""

    component_name = "genesys_eve_pe"
    block = "eve"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"pe": 1}, tech_node, voltage, cycle_period, bound, table)

    @action
    def cycle(self) -> ActionCost:
        return self._paid("cycle")

    @action
    def wait(self) -> ActionCost:
        return self._paid("wait")

    @action
    def register_bit(self, bits: float = 1) -> ActionCost:
        return self._paid("register_bit", bits)


class GeneSplit(_Block):
    """What aligns the genes of a PE's parents; it leaks, and its energy is the hop of a word."""

    component_name = "genesys_gene_split"
    block = "eve"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"split": 1}, tech_node, voltage, cycle_period, bound, table)


class GeneMerge(_Block):
    """What takes a PE's genes to the buffer; it leaks, and its energy is the hop of a word."""

    component_name = "genesys_gene_merge"
    block = "eve"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"merge": 1}, tech_node, voltage, cycle_period, bound, table)


class Prng(_Block):
    """The random number generator of a PE."""

    component_name = "genesys_prng"
    block = "prng"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"generator": 1}, tech_node, voltage, cycle_period, bound, table)

    @action
    def word(self) -> ActionCost:
        return self._paid("word")


class SramBank(_Block):
    """A bank of the genome buffer; a word has 64 bits. Deeper banks cost more by the table's exponent."""

    component_name = "genesys_sram_bank"
    block = "sram"

    def __init__(
        self, words_per_bank=BANK_WORDS, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None
    ):
        depth = words_per_bank / BANK_WORDS
        super().__init__({"bank": depth}, tech_node, voltage, cycle_period, bound, table, words_per_bank)

    @action(bits_per_action=64)
    def read(self) -> ActionCost:
        return self._paid("read")

    @action(bits_per_action=64)
    def write(self) -> ActionCost:
        return self._paid("write")


class Noc(_Block):
    """Wires and hops; their area is not known."""

    component_name = "genesys_noc"
    block = "noc"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({}, tech_node, voltage, cycle_period, bound, table)

    @action
    def transfer(self, bits: float = 64, mm: float = 1.0) -> ActionCost:
        return self._paid("bit_mm", bits * mm)

    @action(bits_per_action=64)
    def hop(self) -> ActionCost:
        return self._paid("hop")


class Mac(_Block):
    """A MAC unit of ADAM. width: bits of the wider operand, 8, 16 or 32; ``idle`` is one that holds no connection."""

    component_name = "genesys_mac"
    block = "adam"

    def __init__(self, width=16, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        if width not in WIDTHS:
            raise ValueError(f"width = {width!r}: must be one of {', '.join(map(str, WIDTHS))}")
        self.width = int(width)
        super().__init__({f"mac_{self.width}": 1}, tech_node, voltage, cycle_period, bound, table)

    @action
    def compute(self) -> ActionCost:
        return self._paid(f"mac_{self.width}")

    @action
    def idle(self) -> ActionCost:
        return self._paid(f"beside_{self.width}")

    @action
    def register_bit(self, bits: float = 1) -> ActionCost:
        return self._paid("register_bit", bits)


class NodeUpdate(_Block):
    """Bias and response of a node behind ADAM; area and leakage are the array's."""

    component_name = "genesys_node_update"
    block = "adam"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({}, tech_node, voltage, cycle_period, bound, table)

    @action
    def compute(self) -> ActionCost:
        return self._paid("node_update")


class ActivationTable(_Block):
    """The lookup table of an activation. kib: its size; a chip with ``table_bits = 12`` has 12 to 16"""

    component_name = "genesys_activation_table"
    block = "activation"

    def __init__(self, kib=16, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"kib": kib}, tech_node, voltage, cycle_period, bound, table)

    @action
    def read(self) -> ActionCost:
        return self._paid("lookup")


class PiecewiseActivation(_Block):
    """A unit that interpolates an activation between the ends of segments. segments: how many"""

    component_name = "genesys_piecewise_activation"
    block = "activation"

    def __init__(self, segments=256, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"multiplier": 1, "segment": segments}, tech_node, voltage, cycle_period, bound, table)

    @action
    def interpolate(self) -> ActionCost:
        return self._paid("interpolation")


class Cpu(_Block):
    """The small processor with its memory."""

    component_name = "genesys_cpu"
    block = "cpu"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({"core": 1, "memory": 1}, tech_node, voltage, cycle_period, bound, table)

    @action
    def cycle(self) -> ActionCost:
        return self._paid("cycle")

    @action
    def fetch(self) -> ActionCost:
        return self._paid("fetch")


class Dram(_Block):
    """Memory off the chip: neither its standby power nor its area is modelled."""

    component_name = "genesys_dram"
    block = "dram"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({}, tech_node, voltage, cycle_period, bound, table)

    @action(bits_per_action=64)
    def word(self) -> ActionCost:
        return self._paid("word")


class Pads(_Block):
    """What drives bits across the edge of the chip, from a supply of its own; its area is not known."""

    component_name = "genesys_pads"
    block = "pads"

    def __init__(self, tech_node=15e-9, voltage=1.0, cycle_period=5e-9, bound="nominal", table=None):
        super().__init__({}, tech_node, voltage, cycle_period, bound, table)

    @action(bits_per_action=1)
    def transfer(self) -> ActionCost:
        return self._paid("bit")
