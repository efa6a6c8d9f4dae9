"""How fast the chip's RTL is simulated: clock cycles a second of EvE and of ADAM, beside the emulated EvE.

``python -m benchmarks.rtl_speed`` breeds genomes on the emulated chip for some generations, and then takes turns: EvE's
RTL makes a generation's children, the emulated EvE makes the same, ADAM's RTL takes a step of all networks. Seconds are
of a processor, not of a clock on the wall, but for building. Clock cycles are all that the model simulates: those in
which the CPU writes registers or words are among them, since they cost the same. ``--fresh`` builds both models in a
folder of their own, and prints what that took.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np

GENERATIONS = 6


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.rtl_speed", description=__doc__)
    arguments.add_argument("--chip", default="genesys-edge")
    arguments.add_argument("--turns", type=int, default=11)
    arguments.add_argument("--fresh", action="store_true", help="build both models anew, and say how long that takes")
    return arguments


def measure(name: str, turns: int) -> None:
    """Print what was built, and the median of the turns of each side."""
    from benchmarks.eve_speed import parents
    from genesys_cli.accelerator.eve.evolve import EveResult, evolve_generation
    from genesys_cli.accelerator.eve.thresholds import thresholds
    from genesys_cli.accelerator.layout import layout_of
    from genesys_cli.accelerator.words import from_words, to_words
    from genesys_cli.compiled.threads import Threads
    from genesys_cli.config.chips import load_chip
    from genesys_cli.config.load import load_settings
    from genesys_cli.neat.initial import first_population
    from genesys_cli.rtl.adam import Adam
    from genesys_cli.rtl.eve import EveModel

    chip, neat = load_chip(name).settings, load_settings(None, "CartPole").neat
    layout = layout_of(chip)
    form = thresholds(neat, chip, layout)
    inputs, outputs = 4, 2
    built = {}
    begin = time.perf_counter()
    model = EveModel(chip)
    built["EvE"] = time.perf_counter() - begin
    begin = time.perf_counter()
    adam = Adam(chip)
    built["ADAM"] = time.perf_counter() - begin
    for part, seconds in built.items():
        print(f"{part:<18} {seconds:8.1f} s to build or load the model")
    rng = np.random.default_rng(0)
    with Threads(1) as one:
        population, _ = first_population(neat, inputs, outputs, 0, one)
        words, _ = to_words(population, layout)
        size = population.size

        def by(evolve: Callable[..., EveResult], generation: int) -> EveResult:
            plan = parents(size, generation)
            return evolve(
                words, *plan, layout, form, fixed_nodes=inputs + outputs, seed=0, generation=generation, chip=chip,
                threads=one,
            )  # fmt: skip

        for generation in range(GENERATIONS):
            words = by(evolve_generation, generation).words
        adam.load(from_words(words, layout, inputs, outputs), feed_forward=neat.feed_forward)
        observed = rng.normal(size=(size, inputs)).astype(np.float32)
        rates: dict[str, list[float]] = {"EvE": [], "waves": [], "ADAM": []}
        ratios = []
        for turn in range(turns + 1):
            begin, clocks = time.process_time(), model.clocks
            result = by(model.evolve, GENERATIONS)
            spent = time.process_time() - begin
            clocks = model.clocks - clocks
            waves = int(result.cycles.sum())
            begin = time.process_time()
            by(evolve_generation, GENERATIONS)
            ratio = spent / (time.process_time() - begin)
            begin, before = time.process_time(), adam.step_cycles + adam.processor_cycles
            adam.step(observed)
            taken = (adam.step_cycles + adam.processor_cycles - before) / (time.process_time() - begin)
            if turn:
                rates["EvE"].append(clocks / spent)
                rates["waves"].append(waves / spent)
                rates["ADAM"].append(taken)
                ratios.append(ratio)
    print(f"{chip.eve.pes} elements, {size} children of {len(words.words) / size:.1f} genes, {turns} turns")
    print(f"EvE's RTL          {statistics.median(rates['EvE']):10,.0f} clock cycles/s")
    print(f"of them in waves   {statistics.median(rates['waves']):10,.0f} clock cycles/s")
    print(f"a generation       {statistics.median(ratios):10.1f} x the time of the emulated EvE")
    print(f"ADAM's RTL         {statistics.median(rates['ADAM']):10,.0f} clock cycles/s")


def main() -> None:
    asked = parser().parse_args()
    if not asked.fresh:
        measure(asked.chip, asked.turns)
        return
    with tempfile.TemporaryDirectory(prefix="genesys-rtl-") as folder:
        os.environ["GENESYS_CACHE_DIR"] = folder
        measure(asked.chip, asked.turns)


if __name__ == "__main__":
    main()
