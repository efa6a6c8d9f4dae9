"""Settings of the emulated chip. The defaults are those of the preset ``genesys-15nm``, where their sources stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from ..names import ACTIVATIONS
from .base import Table
from .layout import LayoutSettings, layout_names, shipped_layout, unknown_layout

if TYPE_CHECKING:
    Activation = str
else:
    Activation = Literal[ACTIVATIONS]

Cycles = Annotated[int, Field(ge=0, le=1_000_000_000)]


class ClockSettings(Table):
    """The chip's clock and the technology that it is made in."""

    frequency_hz: float = Field(200e6, ge=1e3, le=1e11, description="Clock of EvE, ADAM and the buffer, in hertz.")
    voltage_v: float = Field(1.0, ge=0.1, le=5, description="Supply voltage, in volts.")
    temperature_k: float | None = Field(
        None, ge=250, le=400, description="Temperature of the die, in kelvins; none: that of the energy table."
    )
    technology_nm: float = Field(15.0, ge=1, le=1000, description="Feature size of the technology, in nanometres.")


class EveSettings(Table):
    """EvE, which makes the children."""

    pes: int = Field(
        256,
        ge=1,
        le=4096,
        description="Processing elements (PEs); each produces one child at a time.",
        json_schema_extra={"why": "a chip without processing elements makes no children"},
    )
    crossover_bias: int = Field(
        128,
        ge=0,
        le=256,
        description="Of 256, how often an attribute comes from the fitter parent: its draw is below this number.",
    )
    max_deleted_nodes: int = Field(
        8, ge=0, le=255, description="Hidden nodes that one child may lose: entries of the deleted-node register file."
    )
    clock_gating: bool = Field(
        True, description="Whether a PE that waits has its clock gated; its registers are clocked where it has not."
    )


class NocSettings(Table):
    """The network that takes genes from the buffer to the processing elements."""

    kind: Literal["multicast", "unicast", "parent-multicast"] = Field(
        "multicast",
        description="Whether a parent's gene is read once for all children of a pair in a wave, once per PE, or once "
        "for all PEs of a wave that need it, whatever the other parent.",
    )


class BufferSettings(Table):
    """The banks that hold the genomes, and the DRAM behind them."""

    banks: int = Field(
        48, ge=1, le=4096, description="Single-ported banks of 64-bit words; each serves a read or a write at a time."
    )
    words_per_bank: int = Field(4096, ge=1, le=2**30, description="Depth of a bank, in 64-bit words.")
    memory: Literal["sram", "stt-mram", "sot-mram", "reram", "edram", "fefet"] = Field(
        "sram", description="What the banks are made of."
    )
    read_cycles: int | None = Field(
        None, ge=1, le=1_000_000, description="Cycles for which a read occupies its bank; none: the memory's latency."
    )
    write_cycles: int | None = Field(
        None, ge=1, le=1_000_000, description="Cycles for which a write occupies its bank; none: the memory's latency."
    )
    dram_words_per_cycle: float = Field(
        8.0,
        ge=1e-6,
        le=1e4,
        description="DRAM bandwidth, in 64-bit words per cycle; DRAM holds what exceeds the banks.",
    )

    @property
    def words(self) -> int:
        """How many genes the buffer holds."""
        return self.banks * self.words_per_bank


class AdamSettings(Table):
    """ADAM, the systolic array that runs the networks."""

    rows: int = Field(32, ge=1, le=4096, description="Rows of the array of MAC units.")
    cols: int = Field(32, ge=1, le=4096, description="Columns of the array of MAC units.")
    dataflow: Literal["output_stationary", "weight_stationary"] = Field(
        "output_stationary", description="Dataflow of the array: which operand stays in place."
    )
    packing: Literal["population", "single"] = Field(
        "population",
        description="Whether the layers of many genomes are packed onto the array together, or one genome at a time.",
    )
    tiles: Literal["serial", "pipelined"] = Field(
        "serial",
        description="Whether a tile begins when the one before has left the array, or directly behind it.",
    )
    interface: Literal["cpu", "unit"] = Field(
        "cpu",
        description="What turns observations into operands and outputs into actions: the CPU, or a unit of the array, "
        "an operand a cycle.",
    )
    function_unit: Literal["table", "piecewise"] = Field(
        "table",
        description="How activations are computed: looked up, or interpolated between the ends of segments.",
    )
    segment_bits: int = Field(
        8, ge=1, le=16, description="Segments of a piecewise activation, as a power of two; at most table_bits."
    )
    table_bits: int = Field(12, ge=4, le=16, description="Address bits of each activation's lookup table.")
    table_ports: int = Field(1, ge=1, le=4096, description="Reads a cycle of each activation's lookup table.")
    activations: list[Activation] = Field(
        list(ACTIVATIONS), min_length=1, description="Activation functions that have a lookup table."
    )


class CpuSettings(Table):
    """The small processor that does the irregular rest."""

    frequency_hz: float | None = Field(
        None, ge=1e3, le=1e11, description="Clock of the CPU, in hertz; none: the chip's."
    )
    cycles_per_distance: Cycles = Field(715, description="CPU cycles per compatibility distance, in speciation.")
    cycles_per_distance_gene: Cycles = Field(20, description="CPU cycles per gene that such a distance reads.")
    cycles_per_selection_genome: Cycles = Field(
        629, description="CPU cycles per genome for fitness sharing, ranking and parent selection."
    )
    cycles_per_cycle_check: Cycles = Field(272, description="CPU cycles per search for a cycle in a genome.")
    cycles_per_cycle_check_gene: Cycles = Field(181, description="CPU cycles per gene that such a search reads.")
    cycles_per_vectorise_genome: Cycles = Field(
        1517, description="CPU cycles per genome to arrange its connections as dense layers for ADAM."
    )
    cycles_per_vectorise_gene: Cycles = Field(136, description="CPU cycles per gene of it.")
    cycles_per_vectorise_weight: Cycles = Field(5, description="CPU cycles per weight of these layers.")
    cycles_per_fitness_genome: Cycles = Field(223, description="CPU cycles per genome to store its fitness.")
    cycles_per_fitness_episode: Cycles = Field(8, description="CPU cycles per episode of a genome for that.")
    cycles_per_step: Cycles = Field(
        152, description="CPU cycles per step of a network: its calls, and the reward that is added."
    )
    cycles_per_observation: Cycles = Field(
        41, description="CPU cycles per observation and step, which becomes a fixed-point operand."
    )
    cycles_per_normalised_observation: Cycles = Field(
        87, description="CPU cycles for the same where observations are shifted and scaled."
    )
    cycles_per_output: Cycles = Field(12, description="CPU cycles per output and step, to find the largest.")
    cycles_per_continuous_output: Cycles = Field(
        85, description="CPU cycles per output and step, where outputs are numbers that act."
    )


class PowerSettings(Table):
    """What happens to blocks of the chip that have nothing to do."""

    policy: Literal["none", "clock", "off-between-generations", "retention", "off-between-steps"] = Field(
        "clock",
        description="What idle blocks save: nothing; their clock; all power while another phase runs; that, and all "
        "but what keeps contents while waiting for the world; or everything while waiting.",
    )


def _form(layout: object) -> str:
    return "as-name" if isinstance(layout, str) else "as-table"


class GeneSettings(Table):
    """How a gene is written in a 64-bit word."""

    layout: Annotated[
        Annotated[str, Tag("as-name")] | Annotated[LayoutSettings, Tag("as-table")],
        Discriminator(_form),
    ] = Field("wide16", description="Name of a shipped layout of gene words, or a table that describes one.")

    @field_validator("layout")
    @classmethod
    def _shipped(cls, layout: str | LayoutSettings) -> str | LayoutSettings:
        if isinstance(layout, str) and layout not in layout_names():
            raise unknown_layout(layout)
        return layout

    def resolved(self) -> LayoutSettings:
        """Return the layout itself where it is given by name."""
        return shipped_layout(self.layout) if isinstance(self.layout, str) else self.layout


class ChipSettings(Table):
    """The whole chip."""

    clock: ClockSettings = ClockSettings()
    eve: EveSettings = EveSettings()
    noc: NocSettings = NocSettings()
    buffer: BufferSettings = BufferSettings()
    adam: AdamSettings = AdamSettings()
    cpu: CpuSettings = CpuSettings()
    genes: GeneSettings = GeneSettings()
    power: PowerSettings = PowerSettings()

    @property
    def cpu_frequency_hz(self) -> float:
        return self.cpu.frequency_hz or self.clock.frequency_hz


CHIP_TABLES: dict[str, type[Table]] = {
    "clock": ClockSettings,
    "eve": EveSettings,
    "noc": NocSettings,
    "buffer": BufferSettings,
    "adam": AdamSettings,
    "cpu": CpuSettings,
    "genes": GeneSettings,
    "power": PowerSettings,
}
