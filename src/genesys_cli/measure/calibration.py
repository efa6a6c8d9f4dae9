"""Timing the plain-Python NEAT of :mod:`.reference` on this machine, and keeping the result.

Ten probes, each a known amount of several kinds of work, give ten equations for ten costs. A round times every probe;
the range of a cost is its least, median and greatest over the rounds.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import cache_folder
from ..errors import DamagedFileError, GenesysError, UserError
from ..ranges import Range
from .costs import Costs
from .meters.host import cpu_model
from .reference import Genome, Network, layered

SCHEMA = 1
Clock = Callable[[], float]


class Probe(NamedTuple):
    """work: for each kind of cost, how much of it one call does"""

    work: Mapping[str, float]
    call: Callable[[], object]


class Calibration(NamedTuple):
    """Costs of interpreted software, measured on one machine.

    machine: its name on the network; cpu: its processor; date: of the measurement, ISO 8601
    relative_speed: speed of its core over that of the core that shipped figures are from; None: not known
    """

    machine: str
    cpu: str
    python: str
    date: str
    costs: Costs
    relative_speed: Range | None = None

    @property
    def source(self) -> str:
        return f"measured on {self.machine} ({self.cpu}), Python {self.python}, {self.date}"

    def on_reference_core(self) -> Costs:
        """Return the costs as they would be on the reference core."""
        if self.relative_speed is None:
            raise ValueError("the calibration does not say how fast its machine is")
        speed = self.relative_speed
        return Costs(*(Range(*(cost[i] * speed[i] for i in range(3))) for cost in self.costs))


def calibration_folder() -> Path:
    """Return where calibrations are kept: beside the compiled kernels, which ``GENESYS_CACHE_DIR`` moves."""
    return cache_folder().parent


def calibration_path(folder: Path | None = None) -> Path:
    """Return the file of this machine's calibration."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in platform.node()) or "machine"
    return (folder or calibration_folder()) / f"calibration-{name}.json"


def calibrate(
    folder: Path | None = None, *, relative_speed: Range | None = None, rounds: int = 7, batch_s: float = 0.01
) -> Calibration:
    """Measure this machine, keep the result in `folder` and return it."""
    costs = measure_interpreted(rounds=rounds, batch_s=batch_s)
    today = datetime.date.today().isoformat()
    found = Calibration(platform.node(), cpu_model(), platform.python_version(), today, costs, relative_speed)
    path = calibration_path(folder)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(as_json(found), indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise GenesysError(f"the calibration cannot be kept in {str(path)!r}: {error.strerror}") from None
    return found


def load_calibration(folder: Path | None = None) -> Calibration | None:
    """Return what :func:`calibrate` kept for this machine, or None; raises :class:`DamagedFileError`."""
    path = calibration_path(folder)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"the calibration {str(path)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _damaged(path) from None
    try:
        return from_json(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(path) from None


def as_json(found: Calibration) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        **found._asdict(),
        "costs": {key: list(cost) for key, cost in found.costs._asdict().items()},
        "relative_speed": None if found.relative_speed is None else list(found.relative_speed),
    }


def from_json(document: Mapping[str, Any]) -> Calibration:
    """Return the calibration that :func:`as_json` wrote; raises ValueError, TypeError or KeyError for anything else."""
    if document["schema_version"] != SCHEMA:
        raise ValueError("another schema")
    texts = [document[key] for key in ("machine", "cpu", "python", "date")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("not text")
    costs = Costs(**{key: _range(value) for key, value in document["costs"].items()})
    speed = document["relative_speed"]
    machine, cpu, python, date = texts
    return Calibration(machine, cpu, python, date, costs, None if speed is None else _range(speed))


def measure_interpreted(*, rounds: int = 7, batch_s: float = 0.01, clock: Clock | None = None) -> Costs:
    """Return the costs of this machine's Python.

    rounds: times that every probe is timed
    batch_s: a probe is repeated for about so long, three times in each round
    clock: seconds of this process's own work, so that a busy machine does little to them
    """
    clock = clock or _process_clock()
    probes = make_probes()
    calls = [_calls(probe, batch_s, clock) for probe in probes]
    found = []
    for _ in range(rounds):
        found.append(solve(probes, [_seconds(probe, n, clock) for probe, n in zip(probes, calls, strict=True)]))
    sound = [costs for costs in found if all(cost > 0 for cost in costs.values())]
    if len(sound) <= rounds // 2:
        raise GenesysError("this machine is too busy to be calibrated: times of small and large networks are alike")
    columns = {key: [costs[key] for costs in sound] for key in Costs._fields}
    return Costs(**{key: Range(min(c), statistics.median(c), max(c)) for key, c in columns.items()})


def solve(probes: Sequence[Probe], seconds: Sequence[float]) -> dict[str, float]:
    """Return seconds per unit of each kind of work, from what one call of each probe took."""
    amounts = np.array([[probe.work.get(key, 0.0) for key in Costs._fields] for probe in probes])
    return dict(zip(Costs._fields, np.linalg.solve(amounts, np.asarray(seconds)).tolist(), strict=True))


def make_probes() -> list[Probe]:
    """Return as many probes as there are costs, each telling one of them from the others."""
    rng = random.Random(1)
    made = [_acting(layered(*shape, rng, links=links)) for shape, links in ACTING]
    small, large = layered(1, 0, 1, rng), layered(32, 16, 8, rng)  # in the small one the child itself shows
    mate = large.child(layered(32, 16, 8, rng), rng)  # the same structure, other attributes
    stranger = Genome(32, 8)
    subject = large.child(mate, rng)
    n = float(large.genes)
    return [
        *made,
        Probe({"built_s": n}, lambda: Network(large)),
        Probe({"genome_s": 1, "crossed_s": small.genes}, lambda: small.child(small, rng)),
        Probe({"genome_s": 1, "crossed_s": n}, lambda: large.child(mate, rng)),
        Probe({"genome_s": 1, "copied_s": n}, lambda: large.child(stranger, rng)),
        Probe({"mutated_s": n}, lambda: subject.mutate(rng)),
        Probe({"distance_s": 2 * n}, lambda: large.distance(mate)),
    ]


# (inputs, hidden, outputs), and connections into a node: each differs from the first in one kind of work.
ACTING: tuple[tuple[tuple[int, int, int], int | None], ...] = (
    ((1, 0, 1), 1),
    ((128, 0, 1), 1),
    ((128, 0, 1), None),
    ((1, 64, 1), 1),
)


def _acting(genome: Genome) -> Probe:
    network = Network(genome)
    observation = [0.1] * genome.inputs
    work = {
        "step_s": 1.0,
        "input_s": float(genome.inputs),
        "connection_s": float(len(genome.connections)),
        "node_s": float(len(genome.nodes)),
    }
    return Probe(work, lambda: network.activate(observation))


def _seconds(probe: Probe, calls: int, clock: Clock) -> float:
    """Return the seconds of a call: the least of three turns, since whatever else the machine does only adds."""
    call = probe.call
    least = math.inf
    for _ in range(3):
        begin = clock()
        for _ in range(calls):
            call()
        least = min(least, clock() - begin)
    return least / calls


def _calls(probe: Probe, batch_s: float, clock: Clock) -> int:
    """Return how many calls take about `batch_s`, a third of what a round spends on them."""
    calls = 1
    while calls < 1 << 24:
        taken = _seconds(probe, calls, clock) * calls
        if taken >= batch_s:
            break
        calls *= 2 if taken <= 0 else max(2, min(16, math.ceil(batch_s / taken)))
    return calls


def _process_clock() -> Clock:
    # Windows counts a process's time in steps of 15 ms.
    fine = time.get_clock_info("process_time").resolution < 1e-4
    return time.process_time if fine else time.perf_counter


def _range(value: Any) -> Range:
    low, nominal, high = (float(part) for part in value)
    if not (0 < low <= nominal <= high and math.isfinite(high)):
        raise ValueError("not a range")
    return Range(low, nominal, high)


def _damaged(path: Path) -> DamagedFileError:
    return DamagedFileError(
        f"the calibration {str(path)!r} is cut off, altered or of another version; delete it, or calibrate again"
    )
