"""What a case found: counts of work, counts of the chip, and what this machine needed. All of it is plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ..energy.workload import Workload, checked
from ..genome.document import Document
from ..ranges import Range


class Measured(NamedTuple):
    """This machine, a generation on average.

    inference_s, evolution_s: time on the clock
    power_w: while it did both; origin: of the power, ``measured`` or ``modelled``; source, notes: how it is known
    net_w: power above that of the idle machine; None: not known
    date: of the measurement, ISO 8601
    """

    inference_s: float
    evolution_s: float
    power_w: Range
    origin: str
    source: str
    notes: tuple[str, ...]
    net_w: float | None
    date: str


class Result(NamedTuple):
    """One case, or several that differ in nothing but the seed.

    generations: that everything is averaged or summed over
    workload: on average; env_steps: on average
    counts: of the chip, summed; None: it cannot be emulated, for the reason `no_chip`
    measured: of each seed; empty where nothing was measured
    layers: of ADAM's counts, layer by layer, summed; empty without counts
    """

    generations: int
    workload: Workload
    env_steps: float
    counts: dict[str, float] | None
    no_chip: str
    measured: tuple[Measured, ...]
    layers: tuple[dict[str, float], ...] = ()


Amount = Annotated[float, Field(ge=0, le=1e100)]


class MeasuredDocument(Document):
    inference_s: Amount
    evolution_s: Amount
    power_w: list[Amount] = Field(min_length=3, max_length=3)
    origin: str
    source: str
    notes: list[str]
    net_w: float | None
    date: str


class ResultDocument(Document):
    """A kept result: what says something else was not written by this version."""

    generations: int = Field(ge=1, le=1_000_000_000)
    workload: dict[str, Amount]
    env_steps: Amount
    counts: dict[str, Amount] | None
    no_chip: str
    measured: list[MeasuredDocument]
    layers: list[dict[str, Amount]]


def as_json(result: Result) -> dict[str, Any]:
    return {
        **result._asdict(),
        "workload": result.workload._asdict(),
        "measured": [{**one._asdict(), "power_w": list(one.power_w)} for one in result.measured],
        "layers": list(result.layers),
    }


def from_json(document: Mapping[str, Any]) -> Result:
    """Return the result that :func:`as_json` wrote; raises TypeError, ValueError or UserError for anything else."""
    ResultDocument.model_validate(document)
    fields = dict(document)
    fields["workload"] = checked(Workload(**{key: float(value) for key, value in fields["workload"].items()}))
    fields["measured"] = tuple(
        Measured(**{**one, "power_w": Range(*map(float, one["power_w"])), "notes": tuple(one["notes"])})
        for one in fields["measured"]
    )
    fields["layers"] = tuple(fields["layers"])
    return Result(**fields)


def pooled(results: Sequence[Result]) -> Result:
    """Return the results of several seeds as one: means over all generations, sums of the chip's counts."""
    generations = sum(result.generations for result in results)

    def mean(values: Sequence[float]) -> float:
        return math.fsum(v * r.generations for v, r in zip(values, results, strict=True)) / generations

    counts: dict[str, float] | None = {}
    reasons = [result.no_chip for result in results if result.counts is None]
    if reasons:
        counts = None
    else:
        for result in results:
            for name, value in (result.counts or {}).items():
                counts[name] = counts.get(name, 0) + value  # type: ignore[index,union-attr]
    return Result(
        generations,
        Workload(*(mean(column) for column in zip(*(result.workload for result in results), strict=True))),
        mean([result.env_steps for result in results]),
        counts,
        reasons[0] if reasons else "",
        tuple(one for result in results for one in result.measured),
        added(result.layers for result in results),
    )


def added(tables: Iterable[Sequence[Mapping[str, float]]]) -> tuple[dict[str, float], ...]:
    """Return the sum of several generations' layers; a generation may have fewer than another."""
    found: list[dict[str, float]] = []
    for layers in tables:
        found += [{} for _ in range(len(layers) - len(found))]
        for total, layer in zip(found, layers, strict=False):
            for name, value in layer.items():
                total[name] = total.get(name, 0) + value
    return tuple(found)
