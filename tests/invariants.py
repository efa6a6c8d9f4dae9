"""What must hold of every finished run, whatever its settings: each function yields a sentence for what does not.

Used by the property-based tests of all settings and by ``python -m benchmarks.corners``.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from genesys_cli.accelerator.eve import pe
from genesys_cli.config.backends import kind_of
from genesys_cli.config.schema import Settings
from genesys_cli.counts import COUNTS
from genesys_cli.energy.chip import Pricing
from genesys_cli.energy.table import load_table
from genesys_cli.energy.timeline import PLAYED
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.evolution.state import RunState
from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.folder import RunFolder, read_metrics
from genesys_cli.genome.population import Population, problems
from genesys_cli.neat.selection import select

Row = Mapping[str, Any]

ALMOST = 1e-9  # relative: sums of float64 in another order


def found(run: Path) -> list[str]:
    """Return all that is wrong with a finished run; nothing for a sound one."""
    folder = RunFolder.open(run)
    settings = folder.settings()
    summary = json.loads(folder.summary.read_text())
    rows = read_metrics(folder.metrics)
    states = [load(path)[0] for path in reversed(checkpoints(folder.checkpoints))]
    wrong: list[str] = []
    for row in rows:
        wrong += [f"generation {row['generation']}: {text}" for text in row_problems(row, settings)]
    for before, row in zip([None, *rows], rows, strict=False):
        wrong += [f"generation {row['generation']}: {text}" for text in growth_problems(before, row)]
    by_generation = {state.generation: state for state in states}
    for row in rows:
        if (state := by_generation.get(row["generation"])) is not None:
            before = by_generation.get(row["generation"] - 1)
            wrong += [
                f"checkpoint {row['generation']}: {text}" for text in state_problems(state, before, row, settings)
            ]
    wrong += [f"summary: {text}" for text in summary_problems(summary, rows, settings)]
    wrong += [f"species.csv: {text}" for text in _species_problems(folder.species, rows, settings)]
    return wrong


def row_problems(row: Row, settings: Settings) -> Iterator[str]:
    """Yield what is wrong with a row of metrics on its own."""
    population, evaluation = settings.neat.population, settings.evaluation
    yield from _not_numbers(row, COUNTS)
    n = _counts(row)
    env = environment_of(settings)
    steps = conditions_of(settings, env, training=True).max_steps
    least, episodes = (population * count for count in (evaluation.rounds[0], evaluation.episodes))  # of a race, or all
    if row.get("episodes_terminated") is not None:
        ended = n("episodes_terminated") + n("episodes_truncated")
        yield from _ordered("episodes terminated and truncated", least, ended, episodes)
    yield from _ordered("env_steps", least, n("env_steps"), episodes * steps)
    repeat = settings.environment.action_repeat
    yield from _ordered("decisions", -(-n("env_steps") // repeat), n("decisions"), n("env_steps"))
    yield from _ordered("longest_decisions", -(-n("decisions") // population), n("longest_decisions"), n("decisions"))
    yield from _ordered("species", 1, row["species"], population)
    yield from _ordered("invalid_fitness", 0, n("invalid_fitness"), population)
    genes = population * (row["nodes_mean"] + row["conns_mean"])
    if kind_of(settings.run.backend).emulates_chip:
        yield from _chip_problems(row, settings, genes + population * env.n_inputs)
    elif row["generation"]:
        if not row.get("immigrants") and not row.get("refine_env_steps"):  # who come in the place of children
            yield from _equal("genes_written and the population's genes", n("genes_written"), genes)
        yield from _ordered(
            "genes_crossed", 0, n("genes_crossed"), n("genes_written") + n("nodes_deleted") + n("conns_deleted")
        )
        yield from _ordered("genes_perturbed", 0, n("genes_perturbed"), n("genes_read"))


def growth_problems(before: Row | None, row: Row) -> Iterator[str]:
    """Yield what is wrong between a row of metrics and the one before it."""
    steps = 0 if before is None else before["total_env_steps"]
    yield from _equal(
        "total_env_steps", row["total_env_steps"], steps + row["env_steps"] + row.get("refine_env_steps", 0)
    )
    held_out = 0 if before is None else before["total_validation_steps"]
    if row["total_validation_steps"] < held_out:
        yield "total_validation_steps became less"
    yield from _equal("generation", row["generation"], 0 if before is None else before["generation"] + 1)


def state_problems(state: RunState, before: RunState | None, row: Row, settings: Settings) -> Iterator[str]:
    """Yield what is wrong with a checkpoint, and with the children that it holds of the one before it."""
    population, species = state.population, state.species
    yield from problems(population, feed_forward=settings.neat.feed_forward)
    yield from _equal("genomes", population.size, settings.neat.population)
    sizes = species.sizes()
    yield from _equal("sizes of species", int(sizes.sum()), population.size)
    yield from _equal("species of the row", row["species"], species.n_species)
    if (sizes < 1).any():
        yield f"a species without members: {sizes.tolist()}"
    if not np.isfinite(state.fitness).all() or not np.isfinite(species.threshold):
        yield "fitness or threshold of species is not finite"
    if not kind_of(settings.run.backend).emulates_chip:
        yield from _beyond(population, settings)
    for champion in (state.champion, state.frozen):
        if champion is not None:
            yield from problems(champion.genome, feed_forward=settings.neat.feed_forward)
            numbers = champion.statistics()
            if not all(math.isfinite(number) for number in numbers.values()):
                yield f"a champion's numbers are not finite: {numbers}"
    if before is not None:
        plan = select(
            before.population,
            before.fitness,
            before.species,
            settings.neat,
            seed=settings.run.seed,
            generation=before.generation,
        )
        yield from _equal("children", len(plan.fitter), population.size)
        read = _genes(before.population)
        fitter, other = read[plan.fitter], read[plan.other]
        crossed = (plan.elite == 0) & (plan.fitter != plan.other)
        n = _counts(row)
        if kind_of(settings.run.backend).emulates_chip:
            inputs = before.population.n_inputs
            wanted = fitter.sum() + other[crossed].sum() + inputs * (len(fitter) + crossed.sum())
            yield from _equal("genes_in", n("genes_in"), int(wanted))
        else:
            yield from _equal("genes_read", n("genes_read"), int(fitter.sum() + other[crossed].sum()))
            gained = n("nodes_added") + n("conns_added") - n("nodes_deleted") - n("conns_deleted")
            yield from _equal(
                "genes of the fitter parents and those gained", int(fitter.sum()) + gained, n("genes_written")
            )
        yield from _equal("crossed_children", n("crossed_children"), int(crossed.sum()))
        elites = np.flatnonzero(plan.elite)
        if not population.select(elites).equals(before.population.select(plan.fitter[elites])):
            yield "an elite is not the copy of its parent"


def summary_problems(summary: Row, rows: list[dict[str, Any]], settings: Settings) -> Iterator[str]:
    """Yield what is wrong with ``summary.json``."""
    yield from _not_numbers({key: value for key, value in summary.items() if not isinstance(value, list | dict)}, set())
    yield from _equal("generations", summary["generations"], len(rows))
    yield from _equal("env_steps", summary["env_steps"], rows[-1]["total_env_steps"])
    yield from estimate_problems(summary["estimates"])


def estimate_problems(estimates: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the estimates that end a run."""
    for one in estimates:
        where = one["platform"]
        for name in ("inference_s", "evolution_s", "energy_j", "energy_vs_genesys", "energy_calibrated_j"):
            values = [one.get(key) for key in (f"{name}_low", name, f"{name}_high")]
            if one.get("energy_j") is None:
                if not one["note"]:
                    yield f"{where}: no joules, and no reason"
                continue
            yield from _range(f"{where}.{name}", values)


def bench_problems(document: Row) -> Iterator[str]:
    """Yield what is wrong with the document of ``genesys bench``."""
    for row in [*document["rows"], *document["totals"]]:
        for name in ("time_s", "energy_j", "power_w", "energy_calibrated_j", "energy_vs_genesys"):
            values = [row.get(key) for key in (f"{name}_low", name, f"{name}_high")]
            if None not in values:
                yield from _range(f"{row['platform']}.{name}", values)
    for report in document["chip"]:
        yield from _finite_throughout("chip", report)
        if not 0 <= report["roofline"]["share"] <= 1 + ALMOST:
            yield f"the roofline's share is {report['roofline']['share']}"
        for kind in ("bottom_up", "calibrated"):
            energy = report["energy"][kind]
            for parts in ("by_component", "by_phase", "by_kind"):
                for side in range(3):
                    total = math.fsum(part[side] for part in energy[parts].values())
                    yield from _equal(f"chip's joules {parts}", total, energy["joules"][side])


def _chip_problems(row: Row, settings: Settings, words: float) -> Iterator[str]:
    chip = settings.chip
    assert chip is not None
    population = settings.neat.population
    n = _counts(row)
    slots = n("adam_cycles") * chip.adam.rows * chip.adam.cols
    yield from _equal("adam_mac_slots", n("adam_mac_slots"), slots)
    products = n("useful_macs") + n("padded_macs") + n("adam_crossed_slots")
    yield from _ordered("products", 0, products, n("adam_mac_slots"))
    yield from _equal("macs", n("macs"), n("useful_macs"))
    yield from _equal("adam_cycles", n("adam_cycles"), n("adam_stream_cycles") + n("adam_fill_cycles"))
    yield from _ordered("table_lookups", 0, n("table_lookups"), n("node_updates"))
    yield from _equal("vectorise_reads", n("vectorise_reads"), words)
    for part, whole in (
        ("vectorise_dram_reads", n("vectorise_reads")),
        ("vectorise_dram_writes", n("vectorise_writes")),
        ("distance_dram_reads", n("distance_genes")),
        ("adam_dram_reads", n("adam_word_reads")),
        ("decisions", n("pad_words")),
        ("round_cycles", sum(n(each.name) for each in PLAYED)),
    ):
        yield from _ordered(part, 0, n(part), whole)
    cpu = sum(n(f"cpu_{what}_cycles") for what in ("vectorise", "fitness", "speciate", "select", "step", "check"))
    serial = cpu + n("evolve_cycles") + n("dram_cycles") + n("adam_cycles") + n("interface_operands")
    serial += sum(n(f"adam_stall_{what}") for what in ("banks", "tables", "dram", "results"))
    yield from _equal("serial_cycles", n("serial_cycles"), serial)
    yield from _equal("cycles and overlap", n("generation_cycles") + n("overlapped_cycles"), n("serial_cycles"))
    if row["generation"]:
        lost = sum(n(name) for name in ("bubbles", "deleted_nodes", "deleted_conns", "dangling_conns", "split_conns"))
        yield from _equal("genes_in", n("genes_in"), n("slots") + n("crossovers"))
        yield from _equal("slots", n("slots"), n("genes_out") + lost - n("added_nodes") - n("added_conns"))
        if not row.get("immigrants"):
            yield from _equal("genes_out", n("genes_out"), words)
        yield from _equal("sram_writes", n("sram_writes"), n("genes_out") + n("merge_moves"))
        delivered = n("sram_reads") - n("merge_moves")
        if chip.noc.kind == "unicast":
            yield from _equal("sram_reads", delivered, n("genes_in"))
        else:
            yield from _ordered("sram_reads", 0, delivered, n("genes_in"))
        yield from _equal("noc_bits", n("noc_bits"), 64 * (n("sram_reads") + n("sram_writes")))
        yield from _equal("pe_cycles", n("pe_cycles"), n("slots") + 2 * n("split_conns") + pe.FILL * population)
        yield from _equal("waves", n("waves"), -(-population // chip.eve.pes))
        least = max(n("pe_bound_cycles"), n("bank_bound_cycles"))
        yield from _ordered("evolve_cycles", least, n("evolve_cycles"), math.inf)
        stalls = sum(n(f"stall_{what}") for what in ("read", "write", "sibling", "drain"))
        spent = n("pe_cycles") + n("insert_cycles") + stalls + n("idle_cycles")
        if population % chip.eve.pes == 0 or population <= chip.eve.pes:
            yield from _equal("elements' cycles", spent, n("evolve_cycles") * min(chip.eve.pes, population))
        cycles = n("dram_words") / chip.buffer.dram_words_per_cycle
        yield from _ordered("dram_cycles", cycles, n("dram_cycles"), cycles + 1)
    yield from _energy_problems(row, settings)


def _energy_problems(row: Row, settings: Settings) -> Iterator[str]:
    assert settings.chip is not None
    try:
        pricing = Pricing(settings.chip, load_table())
    except UserError:
        if row.get("energy_j") is not None:
            yield "there are joules, but no prices"
        return
    try:
        energy = pricing.estimate(row)
    except UserError as error:
        yield str(error)
        return
    yield from _equal("energy_j", row["energy_j"], energy.total().nominal)
    yield from _equal("energy of phases", row["energy_inference_j"] + row["energy_evolution_j"], row["energy_j"])
    for calibrated in (False, True):
        total = energy.total(calibrated=calibrated)
        yield from _range("energy", total)
        for by in (energy.by_component, energy.by_phase, energy.by_kind):
            parts = by(calibrated=calibrated)
            for name, part in parts.items():
                yield from _range(f"energy of {name}", part)
            for side in range(3):
                yield from _equal(by.__name__, math.fsum(part[side] for part in parts.values()), total[side])
    for line in energy.lines:
        if not 0 <= line.times < math.inf:
            yield f"{line.component}.{line.action} happens {line.times} times"
    for name, seconds in energy.seconds.items():
        if not 0 <= seconds < math.inf:
            yield f"{name} takes {seconds} s"
    whole = row["generation_cycles"] / settings.chip.clock.frequency_hz
    yield from _equal("seconds of phases", energy.all_seconds, whole)


def _species_problems(path: Path, rows: list[dict[str, Any]], settings: Settings) -> Iterator[str]:
    sizes: dict[int, int] = {}
    with open(path, newline="") as file:
        for line in csv.DictReader(file):
            generation, size = int(line["generation"]), int(line["size"])
            sizes[generation] = sizes.get(generation, 0) + size
            if size < 1:
                yield f"a species of generation {generation} has {size} genomes"
    for row in rows:
        yield from _equal(
            f"genomes of generation {row['generation']}", sizes.get(row["generation"]), settings.neat.population
        )


def _beyond(population: Population, settings: Settings) -> Iterator[str]:
    """Yield which attributes lie outside of their settings' ranges, which are exact in float32 to 7 digits."""
    for name, values in (
        ("weight", population.conn_weight),
        ("bias", population.node_bias),
        ("response", population.node_response),
    ):
        low, high = (np.float32(getattr(settings.neat, f"{name}_{end}")) for end in ("min", "max"))
        fresh = (0.0, 1.0)  # of a connection that was split, and of its node
        inside = (values >= low) & (values <= high) | np.isin(values, fresh)
        if not inside.all():
            yield f"{name} {values[~inside][0]} is outside of {low} to {high}"


def _genes(population: Population) -> np.ndarray[Any, Any]:
    return np.diff(population.node_offsets) + np.diff(population.conn_offsets)


def _counts(row: Row) -> Any:
    return lambda name: row.get(name) or 0


def _not_numbers(row: Row, counts: set[str]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{name} is {value}"
        if name in counts and value is not None and (not isinstance(value, int) or value < 0):
            yield f"the count {name} is {value!r}"


def _finite_throughout(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _finite_throughout(f"{name}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _finite_throughout(name, inner)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{name} is {value}"


def _range(name: str, values: Any) -> Iterator[str]:
    if None in values:
        if list(values) != [None, None, None]:
            yield f"{name} is known in part: {list(values)}"
        return
    low, nominal, high = values
    if not 0 <= low <= nominal * (1 + ALMOST) or not nominal <= high * (1 + ALMOST) or not math.isfinite(high):
        yield f"{name}: low {low}, nominal {nominal}, high {high}"


def _equal(name: str, one: Any, other: Any) -> Iterator[str]:
    exact = isinstance(one, int) and isinstance(other, int)
    if one != other if exact else not math.isclose(one, other, rel_tol=ALMOST, abs_tol=1e-300):
        yield f"{name}: {one} is not {other}"


def _ordered(name: str, low: float, value: float, high: float) -> Iterator[str]:
    if not low <= value <= high:
        yield f"{name}: {value} is not from {low} to {high}"
