"""What ``genesys export`` writes: a champion in a format, and what there is to say about the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError, nearest
from ..files.champion import StoredChampion
from .controller import Controller, controller_of
from .formats import ARITHMETICS, FLOAT, FORMATS, Export, titles


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


def export(stored: StoredChampion, file_format: str, *, arithmetic: str | None = None, **options: str | None) -> Export:
    """Return a champion in a format.

    file_format: one of :data:`FORMATS`
    arithmetic: ``float`` or ``fixed``; None: that of the run, where the format has it, else float
    options: of the format, None where one is not given; raises UserError where it has no such option
    """
    form = FORMATS[file_format]
    _check("arithmetic", arithmetic, ARITHMETICS)
    if arithmetic is not None and arithmetic not in form.arithmetics:
        others = titles(known for known in FORMATS.values() if arithmetic in known.arithmetics)
        raise UserError(f"--arithmetic {arithmetic}: only {others} computes so; leave it out for {file_format}")
    own = {option.name for option in form.options}
    every = {option.name: option for known in FORMATS.values() for option in known.options}
    if unknown := options.keys() - every:
        raise TypeError(f"no format has the option {', '.join(sorted(unknown))}")
    for option in every.values():
        value = options.get(option.name)
        _check(option.name, value, option.choices)
        if value is not None and option.name not in own:
            raise UserError(f"--{option.name} {value}: {option.only}; leave it out for {file_format}")
    controller = controller_of(stored, FLOAT if form.arithmetics == (FLOAT,) else arithmetic)
    written = form.write(controller, {name: options.get(name) for name in own})
    facts = {**_facts(controller, stored, file_format), **written.facts, "bytes": len(written.data)}
    return written._replace(facts=facts)


def _check(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and choices and value not in choices:
        raise UserError(f"--{name} {value!r} is not known; there are: {', '.join(choices)}")


def _facts(controller: Controller, stored: StoredChampion, file_format: str) -> Mapping[str, Any]:
    return {
        "env": controller.facts["environment"],
        "origin": str(stored.origin),
        "fitness": controller.facts["fitness"],
        "training_fitness": controller.facts["training_fitness"],
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
