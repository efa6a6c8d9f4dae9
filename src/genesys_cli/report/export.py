"""What ``genesys export`` says of the file that it has written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from .results import number, print_lines, quantity

ARITHMETICS = {"float": "float32", "fixed": "the chip's fixed point"}


def print_export(facts: Mapping[str, Any], remarks: Mapping[str, str]) -> None:
    """Write what was exported, how large it is, and how it is tried; remarks: of its format."""
    output = str(facts["output"])
    training = f"{number(facts['training_fitness'])} in training; not known on held-out episodes"
    lines = {
        "written": f"{output}, {quantity(facts['bytes'], 'B')}",
        "env": facts["env"],
        "origin": facts["origin"],
        "fitness": number(facts["fitness"]) if facts["fitness"] is not None else training,
        "network": f"{'feed-forward' if facts['feed_forward'] else 'recurrent'}, {_count(facts['inputs'], 'input')}, "
        f"{_count(facts['nodes'], 'node')}, {_count(facts['connections'], 'connection')}",
        "arithmetic": ARITHMETICS[facts["arithmetic"]],
    }
    if facts["arithmetic"] != facts["evolved_in"]:
        own = ARITHMETICS.get(facts["evolved_in"], facts["evolved_in"])
        lines["arithmetic"] += f"; the run's own is {own}, so actions may differ"
    if facts["action_repeat"] > 1:
        lines["action"] = f"each lasts {facts['action_repeat']} steps of the environment"
    for label, remark in remarks.items():
        lines[label] = remark.replace("{output}", shlex.quote(output))
    print_lines(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
