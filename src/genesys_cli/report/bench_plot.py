"""Pictures of ``genesys bench``: energy of each platform on a log axis, and a chip's time and energy along a sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..counts import SRAM_READS, lookup
from ..errors import UserError
from . import bench_tornado
from .bench import emulated
from .bench_chip import si
from .figure import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, plain, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

PHASES = ("inference", "evolution")
GENESYS, HOST = "GENESYS", "host"
# Colours by the beginning of a platform's name: the chip, this machine, processors, GPUs, today's.
FAMILIES = (
    ("GENESYS", (GREEN,)),
    ("host", ("#555555",)),
    ("Host", ("#9a9a9a",)),
    ("CPU", (BLUE, "#4f9bcb", SKY, "#a9d5f2")),
    ("GPU", (VERMILION, "#e58a4f", ORANGE, "#f3cd7c")),
    ("", (PURPLE, "#b07aa1", "#7b4f8a", "#d9a6c4", "#5b3566", "#ecd3e2")),
)
FUSED = ("#006d6d", "#2b9696", "#5fb8b8", "#97d3d3", "#004a4a")  # GPUs with whole episodes in one kernel
COLOURS = {"EvE": GREEN, "evolution": BLUE, "inference": VERMILION}
MARKS = "osD^v"
STYLES = ("-", "--", ":", "-.")
PANEL, BELOW, ABOVE = 2.4, 1.05, 0.7  # inches: of axes in a sweep, below and above them

Fields = Mapping[str, Any]


def draw(document: Fields, path: Path) -> None:
    """Draw what ``genesys bench --json`` prints: a sweep of the chip, or platforms. Raises UserError."""
    if document["sweep"]:
        _draw_sweep(document, path)
    else:
        _draw_platforms(document, path)


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each platform."""
    found: dict[str, str] = {}
    used: dict[tuple[str, ...], int] = {}
    for name in names:
        families = (("", FUSED),) if name.endswith("_Fused") else FAMILIES
        shades = next(shades for begin, shades in families if name.startswith(begin))
        found[name] = shades[used.get(shades, 0) % len(shades)]
        used[shades] = used.get(shades, 0) + 1
    return found


def _rows(document: Fields) -> list[Fields]:
    """Return one environment's rows of one workload, that of the chip where there is one, and this machine's."""
    rows = document["rows"]
    chosen = {row["env"]: row["backend"] for row in rows}
    for env in chosen:
        chosen[env] = next(iter(emulated(row for row in rows if row["env"] == env)), chosen[env])
    return [row for row in rows if row["backend"] == chosen[row["env"]] or row["platform"] == HOST]


def _draw_platforms(document: Fields, path: Path) -> None:
    rows = _rows(document)
    if not rows:
        raise UserError(f"--plot {path}: there is nothing to draw, since no platform has a row")
    envs = list(dict.fromkeys(row["env"] for row in rows))
    order = [GENESYS, HOST, *document["platforms"]]
    names = sorted({row["platform"] for row in rows}, key=order.index)
    if len(envs) == 1:
        chip = _chip_of(rows, document)
        height = 1.25 + 0.27 * len(names) + (bench_tornado.HEIGHT if chip else 0.0)
        write(path, 10.0, height, lambda figure: _one_environment(figure, height, rows, names, chip, document))
    else:
        width = max(10.0, 1.2 + 1.35 * len(envs))
        write(path, width, 7.4, lambda figure: _environments(figure, width, 7.4, rows, names, envs, document))


def _chip_of(rows: Sequence[Fields], document: Fields) -> Fields | None:
    """Return what is reported of the chip that one environment's rows are of, if its prices decide anything."""
    mine = [row for row in rows if row["platform"] == GENESYS]
    for chip in document["chip"] if mine else ():
        if (chip["env"], chip["backend"]) == (mine[0]["env"], mine[0]["backend"]) and chip["tornado"]["alone"]:
            return dict(chip)
    return None


def _one_environment(
    figure: Figure, height: float, rows: Sequence[Fields], names: Sequence[str], chip: Fields | None, d: Fields
) -> None:
    """Draw a bar for each platform, inference beside evolution, and below them the chip's tornado."""
    shades = colours(names)
    below = bench_tornado.HEIGHT if chip else 0.0
    lefts, width = [0.14 + 0.44 * k for k in range(len(PHASES))], 0.4
    for k, phase in enumerate(PHASES):
        axes = figure.add_axes((lefts[k], (0.55 + below) / height, width, 1 - (1.2 + below) / height))
        for y, name in enumerate(names):
            row = next((r for r in rows if r["platform"] == name and r["phase"] == phase), None)
            if row is not None:
                _bar(axes, y, row, shades[name], across=True)
        axes.set_xscale("log")
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), names if k == 0 else [])
        _in_joules(axes.xaxis)
        axes.set_xlabel("energy per generation", color=INK)
        axes.set_title(phase, fontsize=10, color=INK, loc="left")
        plain(axes, "x")
        axes.tick_params(axis="y", length=0)
    if chip:
        bench_tornado.panels(figure, height, chip, lefts, width)
    _title(figure, height, f"{rows[0]['env']} · energy of a generation, with bounds", d)


def _environments(
    figure: Figure,
    width: float,
    height: float,
    rows: Sequence[Fields],
    names: Sequence[str],
    envs: Sequence[str],
    document: Fields,
) -> None:
    """Draw bars side by side for each environment, inference above evolution."""
    shades = colours(names)
    thick = 0.86 / len(names)
    below, gap, above = 1.0, 0.5, 0.65
    each = (height - below - gap - above) / 2
    for k, phase in enumerate(PHASES):
        bottom = below + (1 - k) * (each + gap)
        axes = figure.add_axes((0.95 / width, bottom / height, 1 - 1.15 / width, each / height))
        for row in rows:
            if row["phase"] != phase:
                continue
            x = envs.index(row["env"]) - 0.43 + thick * (names.index(row["platform"]) + 0.5)
            _bar(axes, x, row, shades[row["platform"]], across=False, thick=thick)
        axes.set_yscale("log")
        axes.set_xlim(-0.5, len(envs) - 0.5)
        axes.set_xticks(range(len(envs)), envs)
        _in_joules(axes.yaxis)
        axes.set_ylabel("energy per generation", color=INK)
        axes.set_title(phase, fontsize=10, color=INK, loc="left")
        plain(axes)
    from matplotlib.patches import Patch

    figure.legend(
        [Patch(color=shades[name]) for name in names],
        names,
        loc="lower left",
        bbox_to_anchor=(0.6 / width, 0.0),
        ncol=min(-(-len(names) // 2), int(width / 1.4)),
        frameon=False,
        fontsize=9,
        handlelength=1.2,
        columnspacing=1.4,
    )
    _title(figure, height, "Energy of a generation, with bounds", document)


def _in_joules(axis: Axis) -> None:
    """Label a log axis in joules with prefixes: matplotlib's own labels are formulas, which are not parsed here."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    def label(value: float, _: int) -> str:
        return f"{value / 1e3:g} kJ" if value >= 1e3 else si(value * (1 + 1e-12), "J")  # 1e-6 may come as 9.9999e-7

    axis.set_major_formatter(FuncFormatter(label))
    axis.set_minor_formatter(NullFormatter())


def _bar(axes: Axes, place: float, row: Fields, colour: str, *, across: bool, thick: float = 0.72) -> None:
    low, nominal, high = (row[f"energy_j{side}"] for side in ("_low", "", "_high"))
    if not nominal > 0:
        return
    # On a log axis a bar begins wherever the axis does.
    error = [[nominal - max(low, nominal * 1e-6)], [high - nominal]]
    style = {"ecolor": FAINT, "elinewidth": 0.9, "capsize": 1.5 if thick > 0.2 else 0}
    if across:
        axes.barh(place, nominal, thick, color=colour, xerr=error, error_kw=style, zorder=2)
    else:
        axes.bar(place, nominal, thick, color=colour, yerr=error, error_kw=style, zorder=2)


def _draw_sweep(document: Fields, path: Path) -> None:
    chips = document["chip"]
    if not chips:
        raise UserError(
            f"--plot {path}: there is nothing to draw, since no chip could be emulated: "
            f"{document['missing'][0]['reason'] if document['missing'] else 'GENESYS has no rows'}"
        )
    backend = next(iter(emulated(chips)), chips[0]["backend"])
    chips = [chip for chip in chips if chip["backend"] == backend]
    envs = list(dict.fromkeys(chip["env"] for chip in chips))
    columns = 3 if "noc.kind" in document["sweep"] else 2
    each = PANEL + BELOW + 0.35
    height, width = each * len(envs) + ABOVE - 0.35, 4.3 * columns + 1.0

    def paint(figure: Figure) -> None:
        for k, env in enumerate(envs):
            mine = [chip for chip in chips if chip["env"] == env]
            bottom = BELOW + each * (len(envs) - 1 - k)
            _one_sweep(figure, width, height, bottom, columns, mine, document["sweep"], env if len(envs) > 1 else "")
        about = "" if len(envs) > 1 else f"{envs[0]} · "
        _title(figure, height, f"{about}GENESYS · evolved by {backend}", document)

    write(path, width, height, paint)


def _one_sweep(
    figure: Figure,
    width: float,
    height: float,
    bottom: float,
    columns: int,
    chips: Sequence[Fields],
    sweep: Mapping[str, Sequence[Any]],
    name: str,
) -> None:
    """Draw one environment's sweep: time, energy, and reads of the banks where networks are compared."""
    along = "eve.pes" if "eve.pes" in sweep else next((key for key in sweep if _numeric(sweep[key])), next(iter(sweep)))
    others = [key for key in sweep if key != along]
    lines: dict[str, list[Fields]] = {}
    for chip in chips:
        point = chip["point"]
        label = ", ".join(str(point[key]) if len(others) == 1 else f"{key}={point[key]}" for key in others)
        lines.setdefault(label, []).append(chip)
    each = (width - 0.2) / columns
    panels = [
        figure.add_axes(((0.75 + each * k) / width, bottom / height, (each - 0.95) / width, PANEL / height))
        for k in range(columns)
    ]
    most = 0.0
    for k, (label, found) in enumerate(lines.items()):
        xs = _places([chip["point"][along] for chip in found])
        # Lines often lie on one another: each further one has thinner strokes and larger, hollow marks.
        form: dict[str, Any] = {"marker": MARKS[k % len(MARKS)], "ms": 3.6 + 2.4 * k, "lw": max(0.8, 2.2 - 0.7 * k)}
        form |= {"ls": STYLES[k % len(STYLES)], "mfc": "none"} if k else {}
        suffix = f", {label}" if len(lines) > 1 else ""
        eve = [_seconds_of_eve(chip) * 1e6 for chip in found]
        panels[0].plot(xs, eve, color=COLOURS["EvE"], label=f"EvE alone{suffix}", **form)
        for phase in PHASES:
            colour = COLOURS[phase]
            times = [chip["seconds"][phase] * 1e6 for chip in found]
            panels[0].plot(xs, times, color=colour, label=phase + suffix, **form)
            low, nominal, high = zip(
                *(_each(chip["energy"]["bottom_up"]["by_phase"][phase], chip) for chip in found), strict=True
            )
            panels[1].plot(xs, nominal, color=colour, label=phase + suffix, **form)
            if len(lines) == 1:
                panels[1].fill_between(xs, low, high, color=colour, alpha=0.13, lw=0)
        if columns == 3:
            reads = [lookup(chip["counts"])(SRAM_READS) / chip["generations"] for chip in found]
            most = max(most, *reads)
            panels[2].plot(xs, reads, color=COLOURS["EvE"], label=label or along, **form)
    titles = ("time of a generation, µs", "energy of a generation, µJ", "reads of the banks by EvE, a generation")
    for axes, title in zip(panels, titles, strict=False):
        _dress(axes, f"{name} · {title}" if name else title, along, sweep[along], log=axes not in panels[2:])
    if columns == 3:
        panels[2].set_ylim(0, 1.06 * most)
        if len(lines) > 1:
            panels[2].legend(frameon=False, fontsize=8.5, loc="lower left")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.6 / width, (bottom - 0.95) / height),
        ncol=min(6, len(labels)),
        frameon=False,
        fontsize=8.5,
        columnspacing=1.4,
    )


def _each(joules: Sequence[float], chip: Fields) -> list[float]:
    """Return microjoules of one generation."""
    return [value * 1e6 / chip["generations"] for value in joules]


def _seconds_of_eve(chip: Fields) -> float:
    cycles: float = chip["cycles"]["EvE"] + chip["cycles"]["DRAM"]
    return cycles / float(chip["settings"]["clock"]["frequency_hz"])


def _dress(axes: Axes, title: str, along: str, values: Sequence[Any], *, log: bool) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xlabel(along, color=INK)
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    if _numeric(values):
        if min(values) > 0 and max(values) / min(values) >= 8:
            axes.set_xscale("log", base=2)
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.minorticks_off()
    else:
        axes.set_xticks(range(len(values)), [str(value) for value in values])
        axes.set_xlim(-0.5, len(values) - 0.5)
    if log:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        subs = (1.0, 2.0, 5.0) if high < 300 * low else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace(",", " ")))
    plain(axes)


def _places(values: Sequence[Any]) -> list[float]:
    """Return where values lie on the axis: numbers where they are, words one after the other."""
    return [float(value) for value in values] if _numeric(values) else list(map(float, range(len(values))))


def _numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)


def _title(figure: Figure, height: float, text: str, document: Fields) -> None:
    left = figure.axes[0].get_position().x0
    about = f"chip {document['chip_name']} · energy table {document['energy_table']['name']}, bottom-up"
    figure.text(left, 1 - 0.2 / height, text, fontsize=11.5, fontweight="bold", color=INK, va="center")
    figure.text(0.985, 1 - 0.2 / height, about, fontsize=8.5, color=FAINT, va="center", ha="right")
