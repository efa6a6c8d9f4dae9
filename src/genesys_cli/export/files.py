"""What ``genesys export`` writes: a format, a champion in it, and what there is to say about the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError, nearest
from ..runs.files.champion import StoredChampion
from .as_c import default_name, header_of
from .as_json import json_of
from .as_onnx import OPSET, onnx_of
from .controller import ARITHMETICS, Controller, controller_of

FORMATS = {"json": ".json", "onnx": ".onnx", "c": ".h"}
"""By name, the ending of such files."""


class Export(NamedTuple):
    """The contents of a file, and what is known of it."""

    data: bytes
    facts: dict[str, Any]


def format_of(path: Path, wanted: str | None) -> str:
    """Return the format of a file; wanted: its name, None: it follows from the path's ending."""
    if wanted is not None:
        if wanted not in FORMATS:
            raise UserError(
                f"--format {wanted!r} is not known{nearest(wanted, FORMATS)}; there are: {', '.join(FORMATS)}"
            )
        return wanted
    for name, ending in FORMATS.items():
        if path.suffix.lower() == ending:
            return name
    raise UserError(
        f"--output {path}: its ending does not say in which format; name it {' or '.join(FORMATS.values())}, or add "
        f"--format {', '.join(FORMATS)}"
    )


def export(
    stored: StoredChampion, file_format: str, *, arithmetic: str | None = None, name: str | None = None
) -> Export:
    """Return a champion in a format.

    file_format: one of :data:`FORMATS`
    arithmetic: of ``c``: ``float`` or ``fixed``, None: that of the run; the others are in float
    name: of ``c``: prefix of all names; None: that of the environment
    """
    if arithmetic is not None and arithmetic not in ARITHMETICS:
        raise UserError(f"--arithmetic {arithmetic!r} is not known; there are: {', '.join(ARITHMETICS)}")
    if file_format != "c":
        if arithmetic == "fixed":
            raise UserError(
                f"--arithmetic fixed: only a C header computes in fixed point; leave it out for {file_format}"
            )
        if name is not None:
            raise UserError(f"--name {name}: only the names of a C header have a prefix; leave it out")
        arithmetic = "float"
    controller = controller_of(stored, arithmetic)
    facts = _facts(controller, stored, file_format)
    if file_format == "c":
        header = header_of(controller, name)
        data = header.text.encode()
        facts |= {
            "name": name or default_name(controller),
            "table_bytes": header.table_bytes,
            "state_bytes": header.state_bytes,
        }
    elif file_format == "onnx":
        data = onnx_of(controller)
        facts["opset"] = OPSET
    else:
        data = json_of(controller)
    return Export(data, facts | {"bytes": len(data)})


def _facts(controller: Controller, stored: StoredChampion, file_format: str) -> dict[str, Any]:
    return {
        "env": controller.facts["environment"],
        "origin": str(stored.origin),
        "fitness": controller.facts["fitness"],
        "format": file_format,
        "backend": controller.facts["backend"],
        "arithmetic": controller.facts["arithmetic"],
        "inputs": controller.n_inputs,
        "outputs": len(controller.outputs),
        "action": controller.actions.kind,
        "feed_forward": controller.feed_forward,
        "nodes": len(controller.nodes),
        "links": controller.n_links,
        "action_repeat": controller.conditions.action_repeat,
    }
