"""What went wrong in environments, and where in the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..backends.evaluation import Fault


class Record(NamedTuple):
    """A fault and where in the run it happened.

    generation: which was being evaluated; phase: ``training``, ``validation`` or ``refinement``
    genome: index in that generation; None: the champion of an earlier one, a sample of a refinement, or all that a
        function was called with
    seed, step: of the episode; kind: one of ``backends.evaluation.FAULTS``
    message: one line; final: whether the episode was given up, so that the genome has no fitness
    """

    generation: int
    phase: str
    genome: int | None
    seed: int
    step: int
    kind: str
    message: str
    final: bool


def records(
    faults: Iterable[Fault], generation: int, phase: str, genomes: Sequence[int | None] | None = None
) -> list[Record]:
    """Return the records of an evaluation's faults.

    genomes: for each genome that was evaluated its index in the generation, None: it is no part of that; None: they
        were the generation
    """
    return [
        Record(
            generation=generation,
            phase=phase,
            genome=fault.genome if genomes is None or fault.genome is None else genomes[fault.genome],
            seed=fault.seed,
            step=fault.step,
            kind=fault.kind,
            message=fault.message,
            final=fault.final,
        )
        for fault in faults
    ]
