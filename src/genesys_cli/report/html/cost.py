"""Sections on what a run cost: seconds by phase, joules by platform, and what the emulated chip counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ... import counts as count
from ...counts import bred
from ...evolution.distribution import bytes_of
from ...inspection.overview import Overview
from .. import estimates as words
from ..results import number, quantity
from .curves import joules, shares
from .markup import Markup, joined, table, tag
from .page import facts, note, section

PHASES = (
    ("evaluation", "b0"),
    ("validation", "b2"),
    ("speciation", "b4"),
    ("reproduction", "b1"),
    ("files", "b3"),
    ("the rest", "b5"),
)
FAMILIES = (("GENESYS", "b2"), ("host", "b5"), ("CPU", "b0"), ("GPU", "b1"), ("", "b3"))
BAR, GAP, TOP, BOTTOM = 14, 12, 6, 30  # px of the picture of platforms
COUNTED = (
    count.GENERATION_CYCLES,
    count.EVOLVE_CYCLES,
    count.ADAM_CYCLES,
    count.GENES_IN,
    count.GENES_OUT,
    count.CROSSOVERS,
    count.PERTURBATIONS,
    count.SATURATIONS,
    count.SRAM_READS,
    count.SRAM_WRITES,
    count.DRAM_WORDS,
    count.USEFUL_MACS,
    count.PADDED_MACS,
)
"""Counts of the chip that are shown."""

Row = Mapping[str, float | None]


def time_split(rows: Sequence[Row]) -> dict[str, float]:
    """Return seconds of an average generation by phase, without those in which kernels were compiled.

    A generation that compiled has no joules of this machine; runs that were not measured for joules keep all.
    """
    warm = [row for row in rows if row.get("host_energy_j") is not None] or list(rows)

    def mean(name: str) -> float:
        return math.fsum(row.get(name) or 0.0 for row in warm) / len(warm)

    validation = mean("validate_s")
    found = {
        "evaluation": max(0.0, mean("evaluate_s") - validation),
        "validation": validation,
        "speciation": mean("speciate_s"),
        "reproduction": mean("reproduce_s"),
        "files": mean("checkpoint_s"),
    }
    return found | {"the rest": max(0.0, mean("generation_s") - math.fsum(found.values()))}


def time(run: Overview) -> Markup:
    """Return where the time of a generation went."""
    split = time_split(run.rows)
    apart = any("validate_s" in row for row in run.rows)
    if not apart:
        del split["validation"]
    total = math.fsum(split.values())
    warm = sum(row.get("host_energy_j") is not None for row in run.rows)
    left = f", without {len(run.rows) - warm} that compiled kernels" if 0 < warm < len(run.rows) else ""
    parts = [(name, style, split[name], quantity(split[name], "s")) for name, style in PHASES if name in split]
    rows = [(name, quantity(seconds, "s"), f"{seconds / (total or 1):.1%}") for name, seconds in split.items()]
    about = f"A generation took {quantity(total, 's')} on this machine: the mean of {len(run.rows)}{left}."
    if not apart:
        about += " This run did not record validation separately; it is part of evaluation."
    body = [shares(parts), table(("phase", "time", "share"), rows, numeric=(1, 2))]
    return section("Where the time went", *body, about=about)


def network(run: Overview) -> Markup | None:
    """Return what evaluation on a cluster took; None: this machine did it all."""
    rows = [row for row in run.rows if row.get("cluster_messages")]
    if not rows:
        return None

    def mean(name: str) -> float:
        return math.fsum(row.get(name) or 0.0 for row in rows) / len(rows)

    actors = mean("cluster_actors")
    busy = mean("cluster_busy_s") / (actors * mean("cluster_s") or 1)
    lost = sum(int(row.get("cluster_lost") or 0) for row in rows)
    pairs = [
        ("actors", number(actors)),
        ("messages", number(mean("cluster_messages"))),
        ("sent to actors", quantity(mean("cluster_sent_bytes"), "B")),
        ("received from them", quantity(mean("cluster_received_bytes"), "B")),
        ("given by one to another", quantity(mean("cluster_exchanged_bytes"), "B")),
        *_predicted(run, rows),
        ("from a message to the last answer", quantity(mean("cluster_s"), "s")),
        ("of which an actor computed", f"{busy:.0%}".replace("%", " %")),
        ("actors lost, in the whole run", str(lost)),
    ]
    about = "Means of a generation. What was lost was evaluated elsewhere, to the same bits."
    return section("On the cluster", facts(pairs), about=about)


def _predicted(run: Overview, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what the model says of the bytes of these generations, beside which measured ones stand."""
    found = [bytes_of(run.settings, row) for row in rows]
    if None in found:
        return []
    mean = math.fsum(one.sent + one.received for one in found if one is not None) / len(found)
    measured = math.fsum((row["cluster_sent_bytes"] or 0) + (row["cluster_received_bytes"] or 0) for row in rows)
    error = mean * len(found) / (measured or 1) - 1
    return [("both, as predicted", f"{quantity(mean, 'B')} ({error:+.1%})".replace("%", " %"))]


def energy(run: Overview) -> Markup:
    """Return time and energy of a generation on each platform; where there are none, why."""
    found: Sequence[Mapping[str, Any]] = run.summary.get("estimates", ())
    if not found:
        if not run.facts["ended"]:
            why = "The table of platforms is made when a run ends, and this one has not."
        elif "estimates" in run.summary:
            why = "They could not be made when the run ended."
        else:
            why = "The version of genesys that evolved this run made none."
        return section("Energy", note(f"No estimates of time and energy. {why}"), wide=True)
    about = words.title(found, run.summary["generations"])[:-1] + ". Low and high are bounds."
    header = (
        "platform",
        "inference",
        "evolution",
        "energy (low–high)",
        "× GENESYS (low–high)",
        "energy is",
        "time is",
    )
    rows = [
        (
            one["platform"],
            quantity(one["inference_s"], "s"),
            quantity(one["evolution_s"], "s"),
            words.spread(one, "energy_j", "J").replace("-", "–"),
            words.spread(one, "energy_vs_genesys", "").replace("-", "–"),
            one["origin"],
            one["time_origin"],
        )
        for one in found
    ]
    said = [tag("p", line, class_="about") for line in words.legend(found)]
    body = [_platforms(found), table(header, rows, numeric=(1, 2, 3, 4)), said]
    return section("Energy", *body, wide=True, about=about)


def world(run: Overview) -> Markup | None:
    """Return the same in a world with steps of its own; None where the run had none."""
    placed = words.in_world(run.summary.get("estimates", ()))
    if not placed:
        return None
    rows = [[cell.replace("-", "–") for cell in words.world_row(one)] for one in placed]
    joules = [one["world"] | {key: one[key] for key in ("platform", "origin")} for one in placed]
    said = [tag("p", line, class_="about") for line in words.world_legend(placed)]
    body = [_platforms(joules), table(words.WORLD_HEADER, rows, numeric=(1, 2, 3, 4)), said]
    about = words.world_title(placed)[:-1] + "."
    return section("Energy in the world", *body, wide=True, about=about)


def _platforms(found: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw joules of each platform with bounds, on a log axis."""
    known = [one for one in found if (one["energy_j"] or 0) > 0]
    if not known:
        return Markup("")
    low = math.floor(math.log10(min(one["energy_j_low"] or one["energy_j"] for one in known)) - 0.05)
    high = math.ceil(math.log10(max(one["energy_j_high"] or one["energy_j"] for one in known)) + 0.05)

    def place(value: float) -> str:
        return f"{(math.log10(value) - low) / (high - low):.2%}"

    bottom = TOP + len(known) * (BAR + GAP)
    parts = []
    for power in range(low, high + 1, 1 if high - low <= 5 else 2 if high - low <= 10 else 3):
        at = place(10.0**power)
        parts.append(tag("line", class_="grid", x1=at, x2=at, y1=0, y2=bottom))
        label = quantity(10.0**power, "J")
        parts.append(tag("text", label, class_="tick", x=at, y=bottom + 16, text_anchor="middle"))
    for k, one in enumerate(known):
        y = TOP + k * (BAR + GAP)
        style = next(style for name, style in FAMILIES if one["platform"].startswith(name))
        nominal, least, most = (one[f"energy_j{end}"] or one["energy_j"] for end in ("", "_low", "_high"))
        about = f"{one['platform']}: {words.spread(one, 'energy_j', 'J')}, {one['origin']}"
        bar = tag("rect", tag("title", about), class_=style, x=0, y=y, width=place(nominal), height=BAR, rx=2)
        whisker = tag("line", class_="whisker", x1=place(least), x2=place(most), y1=y + BAR / 2, y2=y + BAR / 2)
        name = tag("text", one["platform"], class_="name", x="-10", y=y + BAR - 3, text_anchor="end")
        parts += [bar, whisker, name]
    title = "Energy per generation: " + ", ".join(
        f"{one['platform']} {quantity(one['energy_j'], 'J')}" for one in known
    )
    drawing = tag("svg", parts, class_="plot", role="img", aria_label=title, width="100%", height=bottom + BOTTOM)
    return tag("figure", tag("div", drawing, class_="platforms"), class_="chart")


def chip(run: Overview) -> Markup | None:
    """Return what the emulated chip did; None where the run counted nothing of it."""
    if all(row.get("generation_cycles") is None for row in run.rows):
        return None
    rows = [row for row in run.rows if bred(row) or len(run.rows) == 1]
    body: list[object] = []
    if any(row.get("energy_j") is not None for row in run.rows):
        body.append(joules(run))
    else:
        body.append(note("The metrics of this run lack the chip's energy."))
    counted = []
    for shown in COUNTED:
        values = [value for row in rows if (value := row.get(shown.name)) is not None]
        if values:
            mean = number(math.fsum(values) / len(values))
            counted.append((shown.name, mean, number(values[-1]), shown.unit, shown.meaning))
    if counted:
        body.append(table(("count", "mean", "last", "unit", "meaning"), counted, numeric=(1, 2)))
    about = "Counted by the emulation, a generation at a time. metrics.csv has all counts."
    return section("The chip", joined(body), wide=True, about=about)
