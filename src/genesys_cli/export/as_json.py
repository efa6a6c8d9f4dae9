"""A controller as JSON, with the field names of neat-python's networks; ``docs/export.md`` describes it."""

from __future__ import annotations

import json
import math
from typing import Any

from .. import __version__
from ..backends.acting import acting_of
from ..genome.document import shortest
from .controller import Controller
from .formats import Export

FORMAT_VERSION = "1.0"
"""Of neat-python's format, which fields are named after."""


def write(controller: Controller) -> Export:
    return Export(json_of(controller))


def json_of(controller: Controller) -> bytes:
    """Return the document; numbers read back as the same float32."""
    parts = [f"{json.dumps(key)}: {_laid_out(value)}" for key, value in document_of(controller).items()]
    return ("{\n " + ",\n ".join(parts) + "\n}\n").encode()


def _laid_out(value: Any) -> str:
    """Return a value of the document with a line for each of its own elements."""
    if isinstance(value, dict):
        brackets, lines = "{}", [f"{json.dumps(key)}: {_text(inner)}" for key, inner in value.items()]
    elif isinstance(value, list):
        brackets, lines = "[]", [_text(inner) for inner in value]
    else:
        return _text(value)
    return brackets[0] + "\n  " + ",\n  ".join(lines) + "\n " + brackets[1] if lines else brackets


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def document_of(controller: Controller) -> dict[str, Any]:
    """Return the document as JSON's types."""
    inputs = controller.n_inputs
    ids = [*range(inputs), *(node.id for node in controller.nodes)]
    outputs = [ids[place] for place in controller.outputs]
    env = controller.interface.environment
    return {
        "format_version": FORMAT_VERSION,
        "network_type": "feedforward" if controller.feed_forward else "recurrent",
        "metadata": {"written_by": f"genesys {__version__}", **controller.facts},
        "topology": {
            "num_inputs": inputs,
            "num_outputs": len(outputs),
            "input_keys": ids[:inputs],
            "output_keys": outputs,
        },
        "nodes": [
            *(
                {"id": k, "type": "input", **_functions("identity", "none"), "bias": 0.0, "response": 1.0}
                for k in range(inputs)
            ),
            *(
                {
                    "id": node.id,
                    "type": "output" if node.id in outputs else "hidden",
                    **_functions(node.activation, node.aggregation),
                    "bias": shortest(node.bias),
                    "response": shortest(node.response),
                }
                for node in controller.nodes
            ),
        ],
        "connections": [
            {"from": ids[source], "to": node.id, "weight": shortest(weight), "enabled": True}
            for node in controller.nodes
            for source, weight in zip(node.sources, node.weights, strict=True)
        ],
        "controller": {
            "observation": {
                "names": list(env.observation_names),
                "offset": [shortest(value) for value in controller.conditions.offset],
                "scale": [shortest(value) for value in controller.conditions.scale],
                "clip": controller.conditions.clip if math.isfinite(controller.conditions.clip) else None,
            },
            "action": _action(controller),
            "action_repeat": controller.conditions.action_repeat,
        },
        "samples": [
            {
                "observation": [shortest(value) for value in observation],
                "outputs": [shortest(value) for value in outputs_k],
                "action": [_number(value) for value in action.tolist()],
            }
            for observation, outputs_k, action in zip(*controller.samples, strict=True)
        ],
    }


def _functions(activation: str, aggregation: str) -> dict[str, Any]:
    return {
        "activation": {"name": activation, "custom": False},
        "aggregation": {"name": aggregation, "custom": False},
    }


def _action(controller: Controller) -> dict[str, Any]:
    """Return the action space, without what its kind does not have."""
    actions = controller.actions
    found: dict[str, Any] = {
        "kind": actions.kind,
        "names": list(controller.interface.environment.action_names),
        "shape": list(actions.shape),
        "dtype": actions.dtype,
    }
    if actions.sizes:
        found |= {"sizes": list(actions.sizes), "start": list(actions.start)}
    if actions.kind in ("box", "real"):
        acting = acting_of(controller.interface.environment.action, controller.conditions)
        found |= {name: list(map(shortest, getattr(acting, name))) for name in ("middle", "half")}
    if actions.kind == "box":
        found |= {name: list(map(_number, getattr(actions, name))) for name in ("low", "high")}
    return found


def _number(value: Any) -> Any:
    """Return a number of an action, exactly: a float64 is none of float32 with few digits."""
    return float(value) if isinstance(value, float) else int(value)
