"""What ``genesys export`` writes: a format, a champion in it, and what there is to say about the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError, nearest
from ..files.champion import StoredChampion
from .as_json import json_of
from .as_onnx import OPSET, onnx_of
from .as_torch import torch_of
from .c.as_c import default_name, header_of
from .controller import ARITHMETICS, Controller, controller_of


class Export(NamedTuple):
    """The contents of a file, and what is known of it."""

    data: bytes
    facts: dict[str, Any]


def _c(controller: Controller, name: str | None, flash: str | None) -> Export:
    header = header_of(controller, name, flash or "none")
    sizes = {"table_bytes": header.table_bytes, "state_bytes": header.state_bytes, "flash": flash or "none"}
    return Export(header.text.encode(), {"name": name or default_name(controller), **sizes})


class Format(NamedTuple):
    """A format of files.

    ending: of their names; write: gives a controller in it
    c: whether it is C, to which options belong: a name, flash, and the arithmetic of the chip
    """

    ending: str
    write: Callable[..., Export]
    c: bool = False


FORMATS = {
    "json": Format(".json", lambda controller: Export(json_of(controller), {})),
    "onnx": Format(".onnx", lambda controller: Export(onnx_of(controller), {"opset": OPSET})),
    "c": Format(".h", _c, c=True),
    "torch": Format(".py", lambda controller: Export(torch_of(controller), {})),
}
FLASH = ("none", "progmem")


def format_of(path: Path, wanted: str | None) -> str:
    """Return the format of a file; wanted: its name, None: it follows from the path's ending."""
    if wanted is not None:
        if wanted not in FORMATS:
            raise UserError(
                f"--format {wanted!r} is not known{nearest(wanted, FORMATS)}; there are: {', '.join(FORMATS)}"
            )
        return wanted
    for name, known in FORMATS.items():
        if path.suffix.lower() == known.ending:
            return name
    endings = " or ".join(known.ending for known in FORMATS.values())
    raise UserError(
        f"--output {path}: its ending does not say in which format; name it {endings}, or add "
        f"--format {', '.join(FORMATS)}"
    )


def export(
    stored: StoredChampion,
    file_format: str,
    *,
    arithmetic: str | None = None,
    name: str | None = None,
    flash: str | None = None,
) -> Export:
    """Return a champion in a format.

    file_format: one of :data:`FORMATS`
    arithmetic: of ``c``: ``float`` or ``fixed``, None: that of the run; the others are in float
    name: of ``c``: prefix of all names; None: that of the environment
    flash: of ``c``: one of :data:`FLASH`, where tables lie; None: ``none``
    """
    for option, value, allowed in (("arithmetic", arithmetic, ARITHMETICS), ("flash", flash, FLASH)):
        if value is not None and value not in allowed:
            raise UserError(f"--{option} {value!r} is not known; there are: {', '.join(allowed)}")
    form = FORMATS[file_format]
    options: dict[str, Any] = {"name": name, "flash": flash} if form.c else {}
    if not form.c:
        if arithmetic == "fixed":
            raise UserError(
                f"--arithmetic fixed: only a C header computes in fixed point; leave it out for {file_format}"
            )
        if name is not None:
            raise UserError(f"--name {name}: only the names of a C header have a prefix; leave it out")
        if flash is not None:
            raise UserError(f"--flash {flash}: only a C header has tables that lie somewhere; leave it out")
        arithmetic = "float"
    controller = controller_of(stored, arithmetic)
    written = form.write(controller, **options)
    facts = _facts(controller, stored, file_format) | written.facts | {"bytes": len(written.data)}
    return Export(written.data, facts)


def _facts(controller: Controller, stored: StoredChampion, file_format: str) -> dict[str, Any]:
    return {
        "env": controller.facts["environment"],
        "origin": str(stored.origin),
        "fitness": controller.facts["fitness"],
        "format": file_format,
        "backend": controller.facts["backend"],
        "arithmetic": controller.facts["arithmetic"],
        "evolved_in": controller.facts["evolved_in"],
        "inputs": controller.n_inputs,
        "outputs": len(controller.outputs),
        "action": controller.actions.kind,
        "feed_forward": controller.feed_forward,
        "nodes": len(controller.nodes),
        "connections": controller.n_connections,
        "links": controller.n_connections,  # its name in schema 1
        "action_repeat": controller.conditions.action_repeat,
    }
