"""From what the command asks for to cases: one generation's cost of one backend, seed and point in one environment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from ..compiled.jit import cache_folder
from ..config.backends import SHIPPED, kind_of
from ..config.chip import CHIP_TABLES, ChipSettings
from ..config.load import load_settings
from ..config.memories import forgets
from ..config.schema import Settings
from ..envs.registry import environment_of, resolved
from ..envs.spec import NativeEnv
from ..errors import UserError
from ..files.identity import decisive
from .suite import Suite, find_suite, not_installed, unique
from .sweep import Point, only_timing, parse_sweeps, points

GENERATIONS = 10
MOST_SEEDS = 10_000
COUNTED_FROM = 1  # generation 0 is random
FEW = 4  # held-out episodes at most; champions change nothing of evolution


class Request(NamedTuple):
    """What the command line says, unchecked; None or empty: not given."""

    envs: Sequence[str] = ()
    suite: str | None = None
    backends: Sequence[str] = ()
    generations: int | None = None
    population: int | None = None
    seeds: int = 1
    chip: str | Path | None = None
    overrides: Sequence[str] = ()
    sweeps: Sequence[str] = ()
    threads: int = 0
    pace: float | str | None = None
    robots: str | None = None


class Case(NamedTuple):
    """What is computed once.

    env: short name. settings: of the run; with the chip whatever the backend, since chip figures are wanted of either
    source: digest of the user's files that define the environment; empty where none do
    """

    env: str
    backend: str
    seed: int
    point: Point
    settings: Settings
    source: str = ""

    @property
    def key(self) -> str:
        """Return a digest of all that decides the case's numbers."""
        return self._digest(_deciding(self.settings))

    @property
    def evolution(self) -> str:
        """Return a digest of all that decides what evolves: cases that share it need only one evolution."""
        tables = _deciding(self.settings)
        del tables["world"]
        for table in CHIP_TABLES:
            kept = {} if not kind_of(self.backend).emulates_chip else tables.get(table, {})
            tables[table] = {key: value for key, value in kept.items() if not only_timing(f"{table}.{key}")}
        return self._digest(tables)

    def _digest(self, tables: Any) -> str:
        return _digest([self.backend, tables, *([self.source] if self.source else [])])


class Missing(NamedTuple):
    """A row, or several, that could not be produced, and why. Fields that are empty mean: whichever."""

    env: str
    backend: str
    platform: str
    point: Point
    reason: str


class Plan(NamedTuple):
    """All cases, in the order of the output. sweeps: values by key; note: what a suite makes short, or empty"""

    cases: list[Case]
    missing: list[Missing]
    backends: list[str]
    sweeps: dict[str, list[Any]]
    suite: str | None
    note: str

    @property
    def digest(self) -> str:
        return _digest([case.key for case in self.cases])

    def evolutions(self) -> list[list[Case]]:
        """Return cases grouped by the evolution that they share."""
        groups: dict[str, list[Case]] = {}
        for case in self.cases:
            groups.setdefault(case.evolution, []).append(case)
        return list(groups.values())


def make_plan(request: Request) -> Plan:
    """Return the cases of a request; raises UserError where it cannot be met."""
    suite = find_suite(request.suite) if request.suite is not None else None
    if suite is not None and request.envs:
        raise UserError(f"--suite {request.suite} has its own environments, so it cannot be combined with --env")
    if not 1 <= request.seeds <= MOST_SEEDS:
        raise UserError(f"--seeds {request.seeds}: must be a whole number from 1 to {MOST_SEEDS}")
    if request.generations is not None and request.generations <= COUNTED_FROM:
        raise UserError(
            f"--generations {request.generations}: must be a whole number from {COUNTED_FROM + 1}, since the first "
            "generation is random and is not counted"
        )
    backends = unique(request.backends or [kind.name for kind in SHIPPED if not kind.same_as])
    for name in backends:
        kind_of(name)
    sweeps = parse_sweeps(request.sweeps)
    given = {
        "neat.population": ("--population", request.population),
        "world.pace_hz": ("--pace", request.pace),
        "world.robots": ("--robots", request.robots),
    }
    for key, (option, value) in given.items():
        if value is not None and key in sweeps:
            raise UserError(f"--sweep {key} cannot be combined with {option}; leave one out")
    envs = suite.envs if suite is not None else dict.fromkeys(unique(request.envs or ("CartPole",)), ())
    cases: list[Case] = []
    missing: list[Missing] = []
    for name, own in envs.items():
        reason = not_installed(name)
        if reason is not None and suite is None:
            raise UserError(reason)
        if reason is not None:
            missing.append(Missing(name, "", "", {}, reason))
            continue
        several = len(points(sweeps)) > 1
        for point in points(sweeps):
            if several and (line := _impossible(point)):
                missing.append(Missing(name, "", "", point, line))
            else:
                cases += _cases(request, suite, name, own, backends, [point])
    return Plan(cases, missing, backends, sweeps, request.suite, suite.note if suite is not None else "")


def _impossible(point: Point) -> str:
    """Return why no chip can be at a point of a sweep, though each of its values is allowed; empty where one can."""
    return forgets(str(point.get("power.policy", "")), str(point.get("buffer.memory", "sram")))


def _cases(
    request: Request, suite: Suite | None, name: str, own: Sequence[str], backends: Sequence[str], at: Iterable[Point]
) -> list[Case]:
    """Return the cases of one environment."""
    found = []
    overrides = [*(suite.overrides if suite else ()), *own, *request.overrides]
    given = {override.partition("=")[0].strip() for override in overrides}
    generations = request.generations or (suite.generations if suite else None)
    flags: dict[str, object] = {
        "run.stop_when_solved": False,
        "run.threads": request.threads,
        "evaluation.validate_top": 1,
        "world.pace_hz": request.pace,
        "world.robots": request.robots,
    }
    if "neat.generations" not in given or generations is not None:
        flags["neat.generations"] = generations or GENERATIONS
    for point in at:
        nothing = [f"{key}=none" for key, value in point.items() if value is None]  # which a flag cannot say
        values = flags | {"neat.population": request.population} | point
        settings = load_settings(None, name, [*overrides, *nothing], values, request.chip, with_chip=True)
        if settings.start.sources:
            raise UserError(
                "start.sources has no meaning for genesys bench, whose runs begin with new genomes; leave it out"
            )
        env = environment_of(settings)
        few = min(FEW, settings.evaluation.episodes)  # so that validation needs no kernel of its own
        judging = {"validate_episodes": few, "validation": None}
        settings = resolved(settings, env).model_copy(
            update={"evaluation": settings.evaluation.model_copy(update=judging)}
        )
        for backend in backends:
            for seed in range(request.seeds):
                run = settings.run.model_copy(update={"backend": backend, "seed": seed})
                chosen = settings.model_copy(update={"run": run})
                source = env.source if isinstance(env, NativeEnv) else ""
                found.append(Case(env.name, backend, seed, point, chosen, source))
    return found


def chip_of(case: Case) -> ChipSettings:
    return case.settings.target_chip


def _deciding(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what decides a case's numbers, table by table."""
    tables = decisive(settings)
    tables["neat"]["generations"] = settings.neat.generations
    tables.pop("power", None)  # it says what counts cost, and changes none
    return tables


def _digest(content: Any) -> str:
    """Return a short digest of plain values, of this version and of the sources of everything that is computed."""
    text = json.dumps([__version__, cache_folder().name, content], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
