"""What a run would do on a cluster, as lines for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .results import quantity


def plan_lines(plan: Mapping[str, Any] | None) -> list[str]:
    """Return a line for each node, and for each kind of thing that travels or must be the same; None: no cluster."""
    if plan is None:
        return []
    each = _many(plan["cores_of_an_actor"], "core")
    lines = [f"cluster {plan['address']}: {_many(sum(node['actors'] for node in plan['nodes']), 'actor')} of {each}"]
    for node in plan["nodes"]:
        lines.append(f"node {node['node']}: {_many(node['cores'], 'core')}, {_many(node['actors'], 'actor')}")
    table = f", with the rows of {plan['table']}" if plan["table"] else ""
    lines.append(f"to each actor at the start: {quantity(plan['start_bytes'], 'B')}{table}")
    how = "less what actors breed themselves" if plan["distribute"] == "generation" else "more as they grow"
    lines.append(f"genomes, in each generation: about {quantity(plan['generation_bytes_about'], 'B')}, {how}")
    if plan["modules"]:
        sent = f"from {plan['files']}, which every node gets" if plan["files"] else "which every node has to find"
        lines.append(f"modules: {', '.join(plan['modules'])}, {sent}")
    lines.append("the same on every node: " + ", ".join(f"{name} {value}" for name, value in plan["same"].items()))
    return lines


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
