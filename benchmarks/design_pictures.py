"""The pictures of docs/design-space.md, drawn from what ``benchmarks.design_space`` has run; a panel for each task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.design_space import NOCS, PACES, PES, POLICIES, SIZES, Fields, chips, joules, watts
from genesys_cli.report.figure import BLUE, FAINT, GREEN, INK, ORANGE, VERMILION, plain, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, VERMILION, GREEN, ORANGE)
WIDTH, HEIGHT = 2.9, 2.5  # inches of a panel
LEFT, BELOW, ABOVE, GAP = 0.75, 1.25, 0.75, 0.55
IDLE = {"CPU_a": "desktop CPU, idle", "CPU_c": "Jetson TX2, idle"}

Found = Mapping[str, Mapping[str, Fields]]
Line = tuple[str, list[float | None], dict[str, Any]]


def draw(found: Found, folder: Path) -> None:
    """Write ``design-power.svg``, ``design-array.svg`` and ``design-pes.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    tasks = list(found["waiting"])
    short = {"off-between-generations": "off betw.\ngenerations", "off-between-steps": "off betw.\nsteps"}
    _panels(
        folder / "design-power.svg",
        "Average power in the world, nominal",
        ("power.policy", "mW"),
        tasks,
        [short.get(policy, policy) for policy in POLICIES],
        lambda env: _power(found, env),
    )
    _panels(
        folder / "design-array.svg",
        "Energy of a generation, computing alone, nominal",
        ("MAC units", "mJ"),
        tasks,
        [f"{size}×{size}" for size in SIZES],
        lambda env: _array(found["array"][env]),
    )
    _panels(
        folder / "design-pes.svg",
        "EvE's time for a generation, and energy of the whole chip, computing alone, nominal",
        ("processing elements", "µs or mJ"),
        tasks,
        [str(pes) for pes in PES],
        lambda env: _eve(found["eve"][env]),
    )


def _power(found: Found, env: str) -> list[Line]:
    find = chips(found["waiting"][env])
    lines: list[Line] = []
    for colour, hz in zip(COLOURS, PACES, strict=False):
        for memory, style in (("sram", "-"), ("stt-mram", ":")):
            point = {"world__pace_hz": hz, "buffer__memory": memory}
            chosen = [find(**point, power__policy=policy) for policy in POLICIES]
            values = [None if one is None or watts(one) is None else 1e3 * (watts(one) or 0.0) for one in chosen]
            lines.append((f"{hz} Hz, {memory}", values, {"color": colour, "ls": style, "marker": "o"}))
    for name, label in IDLE.items():
        totals = found["platforms"][env]["totals"]
        total = next(t for t in totals if t["platform"] == name and t["point"]["world.pace_hz"] == PACES[0])
        power = 1e3 * total["world"]["energy_j"] / total["world"]["seconds"]
        lines.append((label, [power] * len(POLICIES), {"color": FAINT, "lw": 1.0 if name == "CPU_a" else 2.0}))
    return lines


def _array(document: Fields) -> list[Line]:
    find = chips(document)
    lines: list[Line] = []
    for colour, interface in zip(COLOURS, ("cpu", "unit"), strict=False):
        for tiles, style in (("serial", "-"), ("pipelined", ":")):
            kind = {"adam__interface": interface, "adam__tiles": tiles}
            chosen = [find(**kind, adam__rows=size, adam__cols=size) for size in SIZES]
            values = [None if one is None else 1e3 * joules(one) for one in chosen]
            lines.append((f"{interface}, {tiles}", values, {"color": colour, "ls": style, "marker": "o"}))
    return lines


def _eve(document: Fields) -> list[Line]:
    find = chips(document)
    lines: list[Line] = []
    for colour, kind in zip(COLOURS, NOCS, strict=False):
        chosen = [find(eve__pes=pes, noc__kind=kind) for pes in PES]
        times = [None if one is None else 1e6 * one["eve_alone"]["bottom_up"]["seconds"] for one in chosen]
        lines.append((f"EvE µs, {kind}", times, {"color": colour, "marker": "o"}))
    chosen = [find(eve__pes=pes, noc__kind=NOCS[0]) for pes in PES]
    energy = [None if one is None else 1e3 * joules(one) for one in chosen]
    lines.append(("mJ of the chip", energy, {"color": INK, "ls": "--", "marker": "s"}))
    return lines


def _log(axes: Axes) -> None:
    """Make the upright axis one of 1, 2, 5, 10, in plain numbers: matplotlib's own are formulas, not parsed here."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 500 * low else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace(",", " ")))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _panels(
    path: Path,
    title: str,
    axes_of: tuple[str, str],
    tasks: Sequence[str],
    names: Sequence[str],
    of: Callable[[str], list[Line]],
) -> None:
    """Draw a panel for each task. axes_of: what lies along the axes; names: of the places along the first"""
    width, height = LEFT + len(tasks) * (WIDTH + GAP), BELOW + HEIGHT + ABOVE

    def paint(figure: Figure) -> None:
        for k, env in enumerate(tasks):
            left = LEFT + k * (WIDTH + GAP)
            axes: Axes = figure.add_axes((left / width, BELOW / height, WIDTH / width, HEIGHT / height))
            for label, values, form in of(env):
                known = [(x, y) for x, y in enumerate(values) if y is not None]
                axes.plot([x for x, _ in known], [y for _, y in known], label=label, ms=4, **form)
            _log(axes)
            axes.set_xticks(range(len(names)), names, fontsize=7 if len(max(names, key=len)) > 6 else 9)
            axes.set_title(env, loc="left", fontsize=10, color=INK)
            axes.set_xlabel(axes_of[0])
            axes.set_ylabel(axes_of[1] if k == 0 else "")
            plain(axes)
        figure.text(LEFT / width, 1 - 0.22 / height, title, fontsize=11.5, fontweight="bold", color=INK, va="center")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(LEFT / width, 0.0),
            ncol=4,
            frameon=False,
            fontsize=9,
        )

    write(path, width, height, paint)
