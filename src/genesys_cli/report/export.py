"""What ``genesys export`` says of the file that it has written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from .results import number, print_lines, quantity

ARITHMETICS = {"float": "float32", "fixed": "the chip's fixed point"}


def print_export(facts: Mapping[str, Any]) -> None:
    """Write what was exported, how large it is, and how it is tried."""
    output = str(facts["output"])
    lines = {
        "written": f"{output}, {quantity(facts['bytes'], 'B')}",
        "env": facts["env"],
        "origin": facts["origin"],
        "fitness": number(facts["fitness"]) if facts["fitness"] is not None else "not known on held-out episodes",
        "network": f"{'feed-forward' if facts['feed_forward'] else 'recurrent'}, {_count(facts['inputs'], 'input')}, "
        f"{_count(facts['nodes'], 'node')}, {_count(facts['links'], 'connection')}",
        "arithmetic": ARITHMETICS[facts["arithmetic"]],
    }
    if facts["arithmetic"] != facts["evolved_in"]:
        own = ARITHMETICS.get(facts["evolved_in"], facts["evolved_in"])
        lines["arithmetic"] += f"; the run's own is {own}, so actions may differ"
    if facts["action_repeat"] > 1:
        lines["action"] = f"each lasts {facts['action_repeat']} steps of the environment"
    if facts["format"] == "c":
        lines["memory"] = f"{facts['table_bytes']} bytes of constant tables, {facts['state_bytes']} bytes of state"
        if facts["flash"] == "progmem":
            lines["memory"] += "; on an AVR, tables lie in flash"
        name = facts["name"].upper()
        lines["check it"] = f"cc -std=c99 -D{name}_SELF_TEST -x c {shlex.quote(output)} -o self-test && ./self-test"
    elif facts["format"] == "onnx":
        lines["opset"] = str(facts["opset"])
    print_lines(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
