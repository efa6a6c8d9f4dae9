"""How fast the emulation of EvE is: PE-cycles a second, and a generation of large genomes beside software's.

``python -m benchmarks.eve_speed`` makes generations of 150 fully connected 128→18 genomes (2450 genes each, as Alien's
first ones) on one core, chip and software in turns, with the same parents, and prints medians. The first turn of each
compiles and does not count. A PE-cycle is a cycle of one processing element that has a child: working, stalled, or
waiting for the wave to end; "working" counts only those in which it took a slot or sent a gene.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np

from genesys_cli.accelerator.eve.evolve import EveResult, evolve_generation
from genesys_cli.accelerator.eve.thresholds import thresholds
from genesys_cli.accelerator.layout import layout_of
from genesys_cli.accelerator.words import from_words, to_words
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.schema import NeatSettings
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.innovation import Counters
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import MatingPlan

INPUTS, OUTPUTS = 128, 18
KINDS = ("multicast", "unicast", "parent-multicast")


def parents(size: int, seed: int = 0) -> MatingPlan:
    """Return a plan as selection makes it: a fifth of the genomes are parents, a quarter of the children have one."""
    rng = np.random.default_rng(seed)
    fitter = rng.integers(0, size // 5, size).astype(np.int32)
    other = np.where(rng.random(size) < 0.25, fitter, rng.integers(0, size // 5, size)).astype(np.int32)
    elite = np.zeros(size, np.uint8)
    elite[:2] = 1
    return MatingPlan(fitter, other, elite)


def measure(size: int, turns: int) -> dict[str, list[Any]]:
    """Return for each side the seconds of each turn, and what the chip's last turns counted."""
    neat = NeatSettings(population=size)
    plan = parents(size)
    found: dict[str, list[Any]] = {name: [] for name in ("software", "conversion", *KINDS, "counts")}
    with Threads(1) as one:
        population, counters = first_population(neat, INPUTS, OUTPUTS, 0, one)
        chips = {kind: ChipSettings(noc={"kind": kind}) for kind in KINDS}  # type: ignore[arg-type]
        layout = layout_of(chips["multicast"])
        form = thresholds(neat, chips["multicast"], layout)
        words, _ = to_words(population, layout)

        def chip(kind: str, generation: int) -> EveResult:
            return evolve_generation(
                words, *plan, layout, form, fixed_nodes=INPUTS + OUTPUTS, seed=0, generation=generation,
                chip=chips[kind], threads=one,
            )  # fmt: skip

        def software(generation: int) -> tuple[Any, Counters, dict[str, int]]:
            return reproduce(population, plan, counters, neat, seed=0, generation=generation, threads=one)

        for turn in range(turns + 1):
            spent: dict[str, float] = {}
            begin = time.perf_counter()
            software(turn)
            spent["software"] = time.perf_counter() - begin
            counts = []
            for kind in KINDS:
                begin = time.perf_counter()
                counts.append(chip(kind, turn).counts)
                spent[kind] = time.perf_counter() - begin
            begin = time.perf_counter()
            to_words(from_words(words, layout, INPUTS, OUTPUTS), layout)
            spent["conversion"] = time.perf_counter() - begin
            if turn:
                for name, seconds in spent.items():
                    found[name].append(seconds)
                found["counts"] = counts
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--population", type=int, default=150)
    parser.add_argument("--turns", type=int, default=21)
    arguments = parser.parse_args()
    found = measure(arguments.population, arguments.turns)
    of_software = statistics.median(found["software"])
    genes = INPUTS + OUTPUTS + INPUTS * OUTPUTS
    print(f"{arguments.population} genomes of {genes} genes, one core, {arguments.turns} turns")
    print(f"software          {of_software * 1e3:7.1f} ms a generation")
    print(f"conversion        {statistics.median(found['conversion']) * 1e3:7.1f} ms: words to population and back")
    for kind, counts in zip(KINDS, found["counts"], strict=True):
        seconds = statistics.median(found[kind])
        on_pes = counts["evolve_cycles"] * arguments.population  # one wave: fewer children than elements
        if counts["waves"] > 1:
            on_pes = sum(counts[name] for name in ("pe_cycles", "insert_cycles", "idle_cycles")) + sum(
                counts[name] for name in counts if name.startswith("stall_")
            )
        print(
            f"{kind:<17} {seconds * 1e3:7.1f} ms a generation, {seconds / of_software:.2f} x software; "
            f"{on_pes / seconds / 1e6:.0f} million PE-cycles/s, "
            f"{counts['pe_cycles'] / seconds / 1e6:.1f} of them working"
        )


if __name__ == "__main__":
    main()
