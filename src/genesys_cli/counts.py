"""What is counted: name, unit, phase and meaning of every count, once.

Rows of counters in kernels, columns of ``metrics.csv``, the energy model, reports and the tables of the docs all take
their names from here. A count is written and read through its constant, such as :data:`GENES_IN`, so that a misspelt
one is found by mypy or at import; what a row lacks is an error, never a silent zero (:func:`lookup`). A new count is a
new constant; a backend outside this package registers its own with :func:`register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import UserError

REPRODUCTION, INFERENCE, SPECIATION = "reproduction", "inference", "speciation"
ENVIRONMENT, GENERATION = "environment", "generation"
PHASES = (ENVIRONMENT, INFERENCE, SPECIATION, REPRODUCTION, GENERATION)
"""Parts of a generation in which something is counted; the last: what follows from all the others."""

ANY, SOFTWARE, EVE, ADAM, SOC, GYMNASIUM = "any run", "software", "EvE", "ADAM", "chip", "Gymnasium"
COUNTERS = (ANY, SOFTWARE, EVE, ADAM, SOC, GYMNASIUM)
"""Who counts: any run, one of software, one on the chip (a block or all of it), one in Gymnasium's environments."""
ON_CHIP = (EVE, ADAM, SOC)

_T = TypeVar("_T")
_Row = TypeVar("_Row", bound=tuple[Any, ...])
Row = Mapping[str, float | None]


@dataclass(frozen=True)
class Count:
    """Something that is counted in each generation, and adds up over generations.

    name: its column; unit: of what; phase: one of PHASES; by: one of COUNTERS
    meaning: completes "how many", in Markdown
    """

    name: str
    unit: str
    phase: str
    by: str
    meaning: str

    def __post_init__(self) -> None:
        if self.phase not in PHASES or self.by not in COUNTERS:
            raise ValueError(f"{self.name}: {self.phase!r} is no phase, or {self.by!r} counts nothing")


COUNTS: dict[str, Count] = {}
"""All counts by name, in the order in which docs list them."""


def register(count: Count) -> Count:
    """Add a count to :data:`COUNTS` and return it; raises ValueError where the name stands for something else."""
    if COUNTS.setdefault(count.name, count) != count:
        raise ValueError(f"{count.name} is counted already: {COUNTS[count.name].meaning}")
    return count


def _counts(phase: str, by: str) -> Callable[[str, str, str], Count]:
    return lambda name, unit, meaning: register(Count(name, unit, phase, by, meaning))


_count = _counts(ENVIRONMENT, ANY)
ENV_STEPS = _count("env_steps", "steps", "environment steps of the training episodes")
EPISODES_TERMINATED = _count("episodes_terminated", "episodes", "training episodes that the environment terminated")
EPISODES_TRUNCATED = _count(
    "episodes_truncated",
    "episodes",
    "training episodes that were truncated; see [conditions](environments.md#conditions)",
)
INVALID_FITNESS = _count(
    "invalid_fitness",
    "genomes",
    "genomes whose fitness is not finite; selection treats them as the worst of the generation, see "
    "[below](#no-fitness)",
)

_count = _counts(ENVIRONMENT, GYMNASIUM)
FAULTS = {
    kind: _count(
        f"faults_{kind.replace(' ', '_')}",
        "faults",
        f"environment faults of the kind `{kind}`; only with environments from Gymnasium, see `faults.jsonl`",
    )
    for kind in ("exception", "hang", "crash", "not finite")
}
"""Counts of faults by kind."""

_count = _counts(INFERENCE, ANY)
DECISIONS = _count("decisions", "inference steps", "inference steps of all networks in training")
LONGEST_DECISIONS = _count(
    "longest_decisions", "inference steps", "inference steps of the genome with the most, over all its episodes"
)
MACS = _count(
    "macs",
    "MACs",
    "multiply-accumulates of all networks in training; a network is evaluated once per inference step",
)
NODE_UPDATES = _count("node_updates", "nodes", "nodes evaluated in training")

_count = _counts(SPECIATION, ANY)
DISTANCES = _count("distances", "pairs", "compatibility distances computed by speciation")
DISTANCE_GENES = _count("distance_genes", "genes", "genes read to compute them")

_count = _counts(REPRODUCTION, ANY)
CROSSED_CHILDREN = _count("crossed_children", "offspring", "offspring with two parents")
ELITE_GENES = _count("elite_genes", "genes", "genes of elites, which are copied unchanged")

_count = _counts(REPRODUCTION, SOFTWARE)
GENES_READ = _count("genes_read", "genes", "parents' genes that reproduction read")
GENES_WRITTEN = _count("genes_written", "genes", "genes of offspring that it wrote")
GENES_CROSSED = _count("genes_crossed", "genes", "matching genes of two parents, combined by crossover")
GENES_PERTURBED = _count("genes_perturbed", "genes", "genes whose weight, bias or response was perturbed or replaced")
NODES_ADDED = _count("nodes_added", "nodes", "nodes added by mutation")
CONNS_ADDED = _count("conns_added", "connections", "connections added by mutation")
NODES_DELETED = _count("nodes_deleted", "nodes", "nodes deleted by mutation")
CONNS_DELETED = _count(
    "conns_deleted", "connections", "connections deleted by mutation, by themselves or along with a node"
)

_count = _counts(REPRODUCTION, EVE)
GENES_IN = _count("genes_in", "words", "genes that went into PEs, of both parents")
GENES_OUT = _count("genes_out", "words", "genes that make up the offspring")
SLOTS = _count("slots", "slots", "slots of all offspring")
BUBBLES = _count("bubbles", "slots", "slots of genes that only the other parent has")
CROSSOVERS = _count("crossovers", "slots", "slots with a gene of both parents")
PERTURBATIONS = _count("perturbations", "attributes", "attributes changed by the perturbation stage")
SATURATIONS = _count(
    "saturations", "attributes", "those among them (weight, bias or response) that left their field's range"
)
DELETED_NODES = _count("deleted_nodes", "nodes", "nodes deleted by the delete stage")
DELETED_CONNS = _count("deleted_conns", "connections", "connections deleted by it")
DANGLING_CONNS = _count("dangling_conns", "connections", "connections dropped by it since an end was deleted")
KEPT_NODES = _count("kept_nodes", "nodes", "nodes kept by it because its file of deleted nodes was full")
SPLIT_CONNS = _count("split_conns", "connections", "connections split by the add stage")
ADDED_NODES = _count("added_nodes", "nodes", "nodes that it added, one a split")
ADDED_CONNS = _count("added_conns", "connections", "connections that splits and gene merge added")
REFUSED_NODES = _count("refused_nodes", "nodes", "splits refused for want of a free id")
REFUSED_CONNS = _count("refused_conns", "connections", "candidates that gene merge refused")
PRNG_WORDS = _count("prng_words", "words of 32 bits", "random words of xorwow")
CYCLE_CHECKS = _count("cycle_checks", "searches", "searches for a cycle by the CPU")
CYCLE_CHECK_GENES = _count("cycle_check_genes", "words", "genes that these read")
MERGE_MOVES = _count("merge_moves", "words", "words moved to make room for a new connection")
SRAM_READS = _count("sram_reads", "words", "words that EvE read from the banks")
SRAM_WRITES = _count("sram_writes", "words", "words that it wrote to them")
NOC_BITS = _count("noc_bits", "bits", "bits that it moved: 64 for each of these words")
EVOLVE_CYCLES = _count("evolve_cycles", "cycles", "cycles from the first gene read to the last one written")
WAVES = _count("waves", "waves", "waves of children")
STREAMS = _count("streams", "streams", "pairs of streams that were aligned, one for each group of children")
STREAM_WORDS = _count("stream_words", "words", "words that gene splits took, one for each group that a word went to")
SKEW_WORDS = _count("skew_words", "words", "buffers for groups that lag behind on a shared stream, each wave's largest")
SKEW_WORD_CYCLES = _count("skew_word_cycles", "word cycles", "these, times the cycles of their wave")
PE_CYCLES = _count(
    "pe_cycles", "PE cycles", "a cycle a slot, two more for a split, four to fill the pipeline, summed over children"
)
INSERT_CYCLES = _count(
    "insert_cycles",
    "PE cycles",
    "a new connection: three cycles to draw it, and one for each word that is written",
)
STALL_READ = _count("stall_read", "PE cycles", "a PE waits for genes")
STALL_WRITE = _count(
    "stall_write", "PE cycles", "it waits for room in a queue, its own or of one that shares its stream"
)
STALL_DRAIN = _count("stall_drain", "PE cycles", "it waits for the banks after its last slot")
IDLE_CYCLES = _count("idle_cycles", "PE cycles", "from a PE's end to its wave's")
PE_BOUND_CYCLES = _count("pe_bound_cycles", "cycles", "what the waves would take if only PEs were a limit")
BANK_BOUND_CYCLES = _count("bank_bound_cycles", "cycles", "what they would take if only banks were")
DRAM_WORDS = _count(
    "dram_words", "words", "what does not fit the buffer with both generations in it goes out and comes back"
)
DRAM_CYCLES = _count("dram_cycles", "cycles", "cycles that this takes; not in `evolve_cycles`")
SELECTION_CYCLES = _count("selection_cycles", "CPU cycles", "the CPU chooses parents")

_count = _counts(INFERENCE, ADAM)
USEFUL_MACS = _count("useful_macs", "MACs", "MACs on connections")
PADDED_MACS = _count("padded_macs", "MACs", "MACs on the zeros of dense blocks")
TABLE_LOOKUPS = _count("table_lookups", "activations", "activations that read a table")
ADAM_CYCLES = _count("adam_cycles", "cycles", "cycles in which the array runs")
ADAM_STREAM_CYCLES = _count(
    "adam_stream_cycles", "cycles", "those among them in which operands stream through a full tile"
)
ADAM_FILL_CYCLES = _count("adam_fill_cycles", "cycles", "the others, in which the array fills and drains")
ADAM_MAC_SLOTS = _count(
    "adam_mac_slots", "MACs", "MACs that the array could have performed: `adam_cycles` × its MAC units"
)
ADAM_CROSSED_SLOTS = _count(
    "adam_crossed_slots", "MACs", "those among them in which an operand of one genome meets a weight of another"
)
ADAM_TILES = _count("adam_tiles", "tiles", "tiles that were run")
ADAM_WEIGHT_READS = _count("adam_weight_reads", "operands", "weights that the array takes")
ADAM_INPUT_READS = _count("adam_input_reads", "operands", "values that it takes")
ADAM_OUTPUT_WRITES = _count("adam_output_writes", "operands", "values that it gives")
ADAM_WORD_READS = _count(
    "adam_word_reads", "words", "words read from the buffer: lines, headers of tiles, nodes and destinations"
)
ADAM_WORD_WRITES = _count(
    "adam_word_writes", "words", "words in which an operand is written, one for each line that reads it"
)
VECTORISE_CYCLES = _count("vectorise_cycles", "CPU cycles", "the CPU lays out connections as dense layers")
VECTORISE_READS = _count("vectorise_reads", "words", "genes that it reads for that")
VECTORISE_WRITES = _count(
    "vectorise_writes", "words", "words of dense layers that it writes, each layer from a new word on"
)
VECTORISE_DRAM_READS = _count("vectorise_dram_reads", "words", "those among `vectorise_reads` that exceed the buffer")
VECTORISE_DRAM_WRITES = _count("vectorise_dram_writes", "words", "those among `vectorise_writes` that exceed it")
ADAM_DRAM_READS = _count("adam_dram_reads", "words", "words of weights that are read from DRAM in place of the buffer")
ADAM_STALL_BANKS = _count(
    "adam_stall_banks", "cycles", "the array waits for operands of the banks; not in `adam_cycles`"
)
ADAM_STALL_TABLES = _count("adam_stall_tables", "cycles", "it waits for ports of lookup tables, likewise")
ADAM_STALL_DRAM = _count("adam_stall_dram", "cycles", "it waits for DRAM, likewise")
ADAM_STALL_RESULTS = _count(
    "adam_stall_results", "cycles", "it waits until results have become operands, and for a step to begin, likewise"
)
INTERFACE_OPERANDS = _count(
    "interface_operands",
    "operands",
    "observations, outputs and rewards that a unit takes in place of the CPU, one a cycle",
)
PAD_WORDS = _count("pad_words", "words", "float32 words that cross the pads: observations, rewards and actions")
ROUND_CYCLES = _count(
    "round_cycles",
    "cycles",
    "a step in which every genome plays, from observations to actions; the longest of all steps",
)
FITNESS_CYCLES = _count("fitness_cycles", "CPU cycles", "the CPU makes fitness of returns")
STEP_CYCLES = _count(
    "step_cycles", "CPU cycles", "the CPU turns observations into operands, finds actions and adds rewards"
)

_count = _counts(GENERATION, SOC)
CPU_VECTORISE_CYCLES = _count(
    "cpu_vectorise_cycles", "cycles", "`vectorise_cycles` in cycles of the chip, or what DRAM takes for it"
)
CPU_FITNESS_CYCLES = _count("cpu_fitness_cycles", "cycles", "`fitness_cycles`, likewise")
CPU_SPECIATE_CYCLES = _count("cpu_speciate_cycles", "cycles", "the CPU compares genomes, likewise")
CPU_SELECT_CYCLES = _count("cpu_select_cycles", "cycles", "`selection_cycles`, likewise")
CPU_STEP_CYCLES = _count("cpu_step_cycles", "cycles", "`step_cycles`, likewise")
CPU_CHECK_CYCLES = _count("cpu_check_cycles", "cycles", "the CPU searches for cycles in genomes, likewise")
DISTANCE_DRAM_READS = _count("distance_dram_reads", "words", "those among `distance_genes` that exceed the buffer")
SERIAL_CYCLES = _count("serial_cycles", "cycles", "all phases one after the other")
GENERATION_CYCLES = _count("generation_cycles", "cycles", "the whole generation, with what overlaps")
OVERLAPPED_CYCLES = _count("overlapped_cycles", "cycles", "what the overlap saves")


class MissingCountError(UserError):
    """A row has no value for a count that it ought to have."""


def bred(row: Row) -> bool:
    """Say whether a row of ``metrics.csv``, or a sum of rows, has counts of reproduction: generation 0 has none."""
    return any(row.get(count.name) is not None for count in COUNTS.values() if count.phase == REPRODUCTION)


def missing(row: Row, wanted: Iterable[Count]) -> list[Count]:
    """Return what a row lacks of some counts. Where nothing was bred it need not have those of reproduction."""
    without = () if bred(row) else (REPRODUCTION,)
    return [count for count in wanted if row.get(count.name) is None and count.phase not in without]


def lookup(row: Row) -> Callable[[Count], float]:
    """Return a function that says what a row of ``metrics.csv``, or a sum of rows, counted.

    Where nothing was bred, all counts of reproduction are 0. Whatever else a row lacks raises
    :class:`MissingCountError`: another backend wrote it, or another version.
    """
    without = () if bred(row) else (REPRODUCTION,)

    def number(count: Count) -> float:
        value = row.get(count.name)
        if value is not None:
            return float(value)
        if count.phase in without:
            return 0.0
        raise MissingCountError(
            f"this row of metrics has no {count.name}: it is of another backend, or was written by another version of "
            "genesys; evolve again"
        )

    return number


def nothing(counts: Iterable[Count]) -> dict[str, float]:
    """Return a row in which none of these happened."""
    return {count.name: 0.0 for count in counts}


def named(counted: Mapping[Count, _T]) -> dict[str, _T]:
    """Return counts as the columns of a row."""
    return {count.name: value for count, value in counted.items()}


def positions(row: type[_Row]) -> _Row:
    """Return where each counter lies in a row of a kernel's counters.

    row: a named tuple whose fields are names of :data:`COUNTS`. What is returned has in each field its position;
    kernels read it as a global constant: ``counts[AT.genes_in] += 1``.
    """
    names = getattr(row, "_fields", ())
    if unknown := [name for name in names if name not in COUNTS]:
        raise ValueError(f"{row.__name__} has counters that are not in genesys_cli/counts.py: {', '.join(unknown)}")
    return row(*range(len(names)))
