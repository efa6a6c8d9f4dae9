"""The tables of docs/platforms.md, made from the profiles. ``python tests/energy/platform_tables.py`` prints them."""

from __future__ import annotations

from collections.abc import Iterator

from genesys_cli.energy.platforms import load_profile, platform_names, shipped_costs
from genesys_cli.energy.profile import Profile
from genesys_cli.measure.costs import Costs
from genesys_cli.ranges import Range


def number(value: float) -> str:
    if value == int(value) and value < 1e6:
        return str(int(value))
    if not 1e-2 <= value < 1e5:
        digits, _, power = f"{value:.3g}".partition("e")
        return f"{digits}e{int(power)}" if power else digits
    return f"{value:.4g}"


def shown(found: Range) -> str:
    """Return a range as its nominal value, with low and high where they differ from it."""
    text = number(found.nominal)
    return text if found.low == found.high else f"{text} ({number(found.low)}–{number(found.high)})"


def platforms() -> Iterator[str]:
    yield "| platform | machine | software | inference | evolution | idle, W | active, W | TDP, W |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in platform_names():
        found = load_profile(name)
        power, use = found.tables.power, found.use
        layers = " layers" if use.software != "interpreted" else ""
        software = f"{use.software}{f', {use.layers}{layers}' if layers else ''}"
        watts = " | ".join(shown(constant.value) for constant in (power.idle_w, power.active_w, power.tdp_w))
        yield f"| {name} | {found.tables.machine.name} | {software} | {use.inference} | {use.evolution} | {watts} |"


def constants() -> Iterator[str]:
    """One row for each constant; platforms that share value and source share the row."""
    yield "| constant | platforms | value | tag | source |"
    yield "|---|---|---|---|---|"
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    profiles: list[Profile] = [load_profile(name) for name in platform_names()]
    for profile in profiles:
        for key, constant in profile.constants().items():
            rows.setdefault((key, shown(constant.value), constant.tag, constant.source), []).append(profile.name)
    order = {key: place for place, key in enumerate(dict.fromkeys(key for key, *_ in rows))}
    for (key, value, tag, source), names in sorted(rows.items(), key=lambda row: order[row[0][0]]):
        yield f"| `{key}` | {', '.join(names)} | {value} | {tag} | {source} |"


def costs() -> Iterator[str]:
    found, _ = shipped_costs()
    yield "| cost | seconds |"
    yield "|---|---|"
    for key in Costs._fields:
        yield f"| `{key}` | {shown(getattr(found, key))} |"


if __name__ == "__main__":
    for table in (platforms, constants, costs):
        print("\n".join(table()), end="\n\n")
