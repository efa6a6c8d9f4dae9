"""All counts in one structure: what ``counts.json`` holds, what is printed, and lines for a chip's preset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import evolution, steps
from .build import SHOWN_FLAGS, Program
from .device import Device
from .inputs import POPULATIONS, SEED, SHAPES, grown
from .samples import Sample, each, fit

ASSUMED = "no wait states, one-cycle multiplier, DDI 0432C section 3.3"
UNITS = {
    "distance": ("distance", "gene"),
    "vectorise": ("genome", "gene", "weight"),
    "cycle_check": ("search", "gene"),
    "rank": ("genome", "genome and round"),
    "share": ("genome", "species"),
    "draw": ("genome",),
    "sense": ("step", "observation"),
    "sense_normalised": ("step", "observation"),
    "sense_float": ("step", "observation"),
    "choose": ("step", "output"),
    "act": ("step", "output"),
    "reward": ("step",),
    "fitness": ("genome", "episode"),
}
"""What the cycles of each routine are a sum of. A round of ranking merges all runs in pairs: ceil(log2(genomes))."""

TYPICAL_GENOMES, TYPICAL_EPISODES = "150", "5"


def measure(program: Program) -> dict[str, Any]:
    """Run and check every routine, and return all counts."""
    device = Device(program)
    worlds = [grown(shape) for shape in SHAPES]
    samples: dict[str, list[Sample]] = {name: [] for name in UNITS}
    samples["distance"] += evolution.distances(device, worlds)
    samples["vectorise"] += evolution.vectorised(device, worlds)
    samples["cycle_check"] += evolution.searches(device, worlds)
    for name, sample in evolution.selections(device, [grown(SHAPES[0], size) for size in POPULATIONS]):
        samples[name].append(sample._replace(units=sample.units[: len(UNITS[name])]))
    samples["sense"] += steps.observed(device)
    near = {}
    for name in ("sense_normalised", "sense_float"):
        found = list(steps.normalised(device, name))
        samples[name] += [sample for sample, _ in found]
        near[name] = {
            "observations": sum(close.observations for _, close in found),
            "equal": sum(close.equal for _, close in found),
            "largest": max(close.largest for _, close in found),
        }
    for name, sample in steps.actions(device):
        samples[name].append(sample)
    samples["reward"] += steps.rewards(device)
    samples["fitness"] += steps.fitness(device)
    routines = {name: _summary(found, UNITS[name]) for name, found in samples.items()}
    return {
        "compiler": program.compiler,
        "flags": SHOWN_FLAGS,
        "assumed": ASSUMED,
        "seed": SEED,
        "code_bytes": program.size,
        "routines": routines,
        "beside_software": near,
        "keys": _keys(routines),
    }


def _summary(samples: list[Sample], units: tuple[str, ...]) -> dict[str, Any]:
    """Return what is kept of a routine's samples."""
    found = fit(samples)
    groups = {}
    for group in dict.fromkeys(sample.group for sample in samples):
        own = [sample for sample in samples if sample.group == group]
        groups[group] = {
            "calls": len(own),
            "cycles": sum(sample.cycles for sample in own),
            "per": {unit: list(each(own, k)) for k, unit in enumerate(units) if any(sample.units[k] for sample in own)},
        }
    return {"cycles": dict(zip(units, found.factors, strict=True)), "error": found.error, "groups": groups}


def _keys(routines: dict[str, Any]) -> dict[str, int]:
    """Return the cycles of a chip's ``[cpu]`` table, whole numbers."""

    def cycles(routine: str, unit: str) -> float:
        return float(routines[routine]["cycles"][unit])

    def all_of(routine: str, group: str, unit: str) -> float:
        return float(routines[routine]["groups"][group]["per"][unit][0])

    selection = sum(all_of(name, TYPICAL_GENOMES, "genome") for name in ("rank", "share", "draw"))
    found = {
        "cycles_per_distance": cycles("distance", "distance"),
        "cycles_per_distance_gene": cycles("distance", "gene"),
        "cycles_per_selection_genome": selection,
        "cycles_per_vectorise_genome": cycles("vectorise", "genome"),
        "cycles_per_vectorise_gene": cycles("vectorise", "gene"),
        "cycles_per_vectorise_weight": cycles("vectorise", "weight"),
        "cycles_per_fitness_genome": all_of("fitness", TYPICAL_EPISODES, "episode"),
        "cycles_per_cycle_check": cycles("cycle_check", "search"),
        "cycles_per_cycle_check_gene": cycles("cycle_check", "gene"),
        "cycles_per_observation": cycles("sense", "observation"),
        "cycles_per_normalised_observation": cycles("sense_normalised", "observation"),
        "cycles_per_output": cycles("choose", "output"),
        "cycles_per_continuous_output": cycles("act", "output"),
        "cycles_per_step": cycles("sense", "step") + cycles("choose", "step") + cycles("reward", "step"),
    }
    return {key: round(value) for key, value in found.items()}


SAID = {
    "cycles_per_distance": "two divisions, call and ends",
    "cycles_per_distance_gene": "merge of two streams of genes",
    "cycles_per_selection_genome": f"merge sort, sharing, two or three draws; {TYPICAL_GENOMES} genomes in 10 species",
    "cycles_per_vectorise_genome": "set-up of a genome's layers",
    "cycles_per_vectorise_gene": "five passes: ids, order, needed nodes, rows, weights",
    "cycles_per_vectorise_weight": "blocks are cleared",
    "cycles_per_fitness_genome": f"64-bit sum, division and rounding; a fifth of {TYPICAL_EPISODES} episodes",
    "cycles_per_cycle_check": "set-up and a binary search",
    "cycles_per_cycle_check_gene": "mostly the binary search for where the next node's connections begin",
    "cycles_per_observation": "float32 to operand",
    "cycles_per_normalised_observation": "float32 to fixed point, less mean, times scale, clipped",
    "cycles_per_output": "largest so far",
    "cycles_per_continuous_output": "register to float32, limited to -1 to 1",
    "cycles_per_step": "two calls, and a reward added in 64-bit fixed point",
}


def toml(counts: dict[str, Any]) -> Iterable[str]:
    """Yield the lines of a chip's ``[cpu]`` table."""
    how = f"benchmarks/m0, gcc {counts['compiler']} {counts['flags']}"
    for key, value in counts["keys"].items():
        yield f'{key} = {{ value = {value}, tag = "C", source = "{SAID[key]}; {how}" }}'


def table(counts: dict[str, Any]) -> Iterable[str]:
    """Yield the lines of a table in Markdown."""
    yield "| routine | cycles, least squares | worst error | inputs | per unit, all included: mean (least to most) |"
    yield "|---|---|---|---|---|"
    for name, routine in counts["routines"].items():
        parts = " + ".join(f"{factor:g} per {unit}" for unit, factor in routine["cycles"].items())
        first = f"| {name} | {parts} | {100 * routine['error']:.0f} % |"
        for group, found in routine["groups"].items():
            per = "; ".join(f"{unit} {m:.0f} ({lo:.0f} to {hi:.0f})" for unit, (m, lo, hi) in found["per"].items())
            yield f"{first} {group} | {per} |"
            first = "| | | |"
    yield ""
    yield "Code, bytes: " + ", ".join(f"{name} {size}" for name, size in counts["code_bytes"].items())
    for name, near in counts["beside_software"].items():
        yield (
            f"{name}: {near['equal']} of {near['observations']} operands are software's, "
            f"the others differ by at most {near['largest']}/1024"
        )
