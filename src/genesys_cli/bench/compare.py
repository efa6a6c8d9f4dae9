"""``genesys bench``: from a request to one document with rows, the chip's report, and what could not be produced."""

from __future__ import annotations

import csv
import io
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

from .. import __version__
from ..compiled.threads import usable_cores
from ..config.chip import ChipSettings
from ..config.chips import DEFAULT_CHIP
from ..config.schema import Settings
from ..costs.estimates import GENESYS, HOST, chip_world
from ..costs.pace import pace_of
from ..energy import scaling
from ..energy.chip import Pricing
from ..energy.peak import calibration
from ..energy.table import EnergyTable, load_table
from ..envs.registry import environment_of
from ..errors import GenesysError, UserError
from ..files.storage import write_atomically
from ..measure.meters.host import host_profile
from .chip import chip_report
from .plan import COUNTED_FROM, Case, Missing, Plan, Request, chip_of, make_plan
from .platforms import Platforms, choose_platforms
from .play import Evolved, on_chip, play
from .results import Result, as_json, from_json, pooled
from .rows import PUBLISHED_ORDERS, Group, Row, costs_of, flat, in_world, orders_of, rows_of, totals_of
from .store import Store
from .tables import write_tables
from .uncertain import Drawing

SCHEMA = 1
Results = dict[str, Result]  # by the key of the case


class Observer(Protocol):
    """Hears how far a comparison has come; ``report.progress`` has some that show it."""

    def message(self, text: str) -> None: ...
    def step(self, done: int, total: int, text: str) -> None: ...


def compare(
    request: Request,
    platforms: Sequence[str],
    table: str | None,
    command: Sequence[str],
    observer: Observer,
    *,
    fresh: bool = False,
    ert: Path | None = None,
) -> dict[str, Any]:
    """Return the document that ``genesys bench --json`` prints; raises UserError where a request cannot be met.

    platforms, table: names or files; none: all platforms, the shipped table
    fresh: compute again what is kept of an earlier sweep or suite
    ert: a folder that gets each chip's tables and reports for other tools, see ``tables.py``
    """
    prices = load_table(table)
    chosen = choose_platforms(platforms)
    plan = make_plan(request)
    for case in plan.cases:
        clock = chip_of(case).clock
        scaling.check_point(clock.technology_nm, clock.voltage_v)
    results, failed = _results(plan, observer, fresh=fresh)
    if plan.cases and not results:
        raise UserError(failed[0].reason)
    document, priced = _document(request, plan, plan.missing + failed, results, chosen, prices, command)
    if ert is not None:
        write_tables(ert, priced, prices)
    return document


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Write rows, without their counts."""
    lines = [flat(row) for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for line in lines for key in line)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_atomically(
        path, text.getvalue().encode(), "choose another file with --csv", "free some disk space, and run this again"
    )


def _results(plan: Plan, observer: Observer, *, fresh: bool) -> tuple[Results, list[Missing]]:
    """Return what each case found, computed or kept from before, and the cases that could not be computed."""
    store = Store(plan.digest, fresh=fresh) if plan.sweeps or plan.suite is not None else None
    results: Results = {}
    if store is not None:
        for case in plan.cases:
            if (kept := _kept(store, case)) is not None:
                results[case.key] = kept
        if results:
            observer.message(
                f"{len(results)} of {len(plan.cases)} results are taken from {store.path}; --fresh computes them again"
            )
    groups = [
        list({case.key: case for case in group if case.key not in results}.values()) for group in plan.evolutions()
    ]
    groups = [group for group in groups if group]
    total = sum(group[0].settings.neat.generations + len(group) for group in groups)
    missing: list[Missing] = []
    done = 0

    def step(text: str) -> None:
        nonlocal done
        done += 1
        observer.step(done, total, text)

    for group, after in zip_longest(groups, groups[1:]):
        begun = done
        try:
            then = _played_with(after) if after is not None and after[0].env == group[0].env else None
            played = play(_played_with(group), observer.message, step, then)
        except GenesysError as error:
            missing += [Missing(case.env, case.backend, "", case.point, str(error)) for case in group]
            done = begun + group[0].settings.neat.generations + len(group)
            continue
        _count(group, played, results, store, step)
    return results, missing


def _played_with(group: list[Case]) -> Settings:
    """Return the settings that stand for cases of one evolution.

    What the largest buffer cannot hold, none of the others can; the rest changes no result.
    """
    return max(group, key=lambda case: chip_of(case).buffer.words).settings


def _count(group: list[Case], played: Evolved, results: Results, store: Store | None, step: Any) -> None:
    """Count each case's chip, on threads, which the kernels let run side by side."""
    threads = group[0].settings.run.threads or usable_cores()
    with ThreadPoolExecutor(threads) as pool:
        waiting = {pool.submit(on_chip, played, chip_of(case)): case for case in group}
        try:
            for future in as_completed(waiting):
                case, result = waiting[future], future.result()
                results[case.key] = result
                if store is not None:
                    store.put(case.key, as_json(result))
                step(f"{case.env} on {case.backend}, the chip's counts")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _kept(store: Store, case: Case) -> Result | None:
    document = store.get(case.key)
    try:
        return None if document is None else from_json(document)
    except (TypeError, ValueError, UserError):
        return None


def _document(
    request: Request,
    plan: Plan,
    missing: list[Missing],
    results: Results,
    platforms: Platforms,
    table: EnergyTable,
    command: Sequence[str],
) -> tuple[dict[str, Any], list[tuple[Group, ChipSettings]]]:
    """Return the document, and the groups that have a chip's energy, each with its chip."""
    priced: list[tuple[Group, ChipSettings]] = []
    rows: list[Row] = []
    totals: list[Row] = []
    chips: list[Row] = []
    drawing = Drawing()
    for cases in _by_seed(plan.cases):
        first = cases[0]
        found = [results[case.key] for case in cases if case.key in results]
        if not found:
            continue
        result = pooled(found)
        seeds = tuple(case.seed for case in cases if case.key in results)
        chip = chip_of(first)
        pace = pace_of(first.settings, environment_of(first.settings))
        energy = world = None
        if result.counts is not None:
            pricing = Pricing(chip, table)
            energy = pricing.estimate(result.counts, generations=result.generations)
            if pace is not None:
                world = chip_world([result.counts], pricing, pace, result.generations)
        group = Group(first.env, first.backend, first.point, seeds, result, energy, pace, world)
        costs = costs_of(group, platforms)
        rows += rows_of(group, platforms, costs)
        totals += totals_of(group, platforms, costs, drawing.likely(group, platforms, costs))
        if energy is not None:
            chips.append(chip_report(group, chip, table, lines=not plan.sweeps))
            priced.append((group, chip))
        missing += _missing(group, platforms)
    document = {
        "schema": SCHEMA,
        "rows": rows,
        "totals": totals,
        "orders_of_magnitude": {
            "published": list(PUBLISHED_ORDERS),
            "platforms": orders_of(totals),
            "world": orders_of(in_world(totals)),
        },
        "chip": chips,
        "missing": [entry._asdict() for entry in missing],
        "suite": plan.suite,
        "note": plan.note,
        "sweep": plan.sweeps,
        "counted_from": COUNTED_FROM,
        "chip_name": Path(request.chip or DEFAULT_CHIP).stem,
        "energy_table": {
            "name": table.name,
            "description": table.description,
            "calibration_factor": calibration(table),
        },
        "platforms": {
            profile.name: {
                "description": profile.use.description,
                "machine": profile.tables.machine.name,
                "software": profile.use.software,
                "costs": profile.costs_source if profile.use.software == "interpreted" else None,
            }
            for profile in platforms.profiles
        },
        "measured": [
            {"env": case.env, "seed": case.seed, **one}
            for case in _measured_cases(plan, results)
            for one in as_json(results[case.key])["measured"]
        ],
        "settings": [_shown(case) for case in _measured_cases(plan, results, every=True)],
        "versions": _versions(),
        "host": _host(),
        "command": list(command),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    return document, priced


def _by_seed(cases: Sequence[Case]) -> list[list[Case]]:
    """Return cases that differ in nothing but the seed, together."""
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.env, case.backend, repr(case.point)), []).append(case)
    return list(groups.values())


def _missing(group: Group, platforms: Platforms) -> list[Missing]:
    """Return the platforms that a group has no rows of, with the reasons."""
    found = []
    if group.chip is None:
        found.append(Missing(group.env, group.backend, GENESYS, group.point, group.result.no_chip))
    if platforms.host and not group.result.measured:
        reason = "this machine is measured where it runs the software backend; here it emulates the chip"
        found.append(Missing(group.env, group.backend, HOST, group.point, reason))
    return found


def _measured_cases(plan: Plan, results: Results, *, every: bool = False) -> list[Case]:
    """Return one case of each evolution: those that were measured, or every one."""
    firsts = [next((case for case in group if case.key in results), None) for group in plan.evolutions()]
    return [case for case in firsts if case is not None and (every or results[case.key].measured)]


def _shown(case: Case) -> dict[str, Any]:
    tables = case.settings.tables()
    return {"env": case.env, "backend": case.backend, "seed": case.seed, "settings": tables}


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("gymnasium", "numba", "numpy")}
    return {"genesys": __version__, "python": platform.python_version(), **packages}


def _host() -> dict[str, Any]:
    host = host_profile()
    return {
        "name": platform.node(),
        "system": platform.platform(),
        "cpu": host.cpu,
        "cores": host.cores,
        "usable_cores": usable_cores(),
        "tdp_w": list(host.tdp_w),
        "tdp_source": host.tdp_source,
    }
