"""What is said where no genome has a fitness: the same words everywhere, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.schema import Settings

NO_FITNESS = "no genome had a finite fitness"


def advice(settings: Settings, faults: bool) -> str:
    """Return what to do about it, as the end of a sentence. faults: whether environments failed in the run"""
    found = []
    if (name := settings.evaluation.fitness) is not None:
        found.append(f"have evaluation.fitness, {name}, return a finite number for every episode (neither nan nor inf)")
    if faults:
        function = settings.problem.function
        how = "the environment failed in their episodes" if function is None else f"{function} failed"
        found.append(f"see in the run's faults.jsonl how {how}")
    return ", and ".join(found) or (
        "their networks gave actions that are not finite: keep weights small (neat.weight_max) or take "
        "activations that are bounded (neat.activation_options)"
    )


def on_held_out(evaluated: bool) -> str:
    """Return the words for a run without a champion. evaluated: whether genomes had a fitness in training"""
    return f"{NO_FITNESS} on the held-out episodes" if evaluated else NO_FITNESS
