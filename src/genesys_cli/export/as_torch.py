"""A controller as one Python file for PyTorch: a module with plain tensors, in the order of sums of the kernels.

Nothing is written into it but numbers, names of our own functions, and remarks without quotes or backslashes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import __version__
from ..backends.acting import acting_of
from ..genome.document import shortest
from .actions import wrapped
from .c.text import remark
from .controller import Controller
from .formats import Export
from .torch_functions import ACTIVATIONS, AGGREGATIONS, FUNCTIONS

FILE = """\
\"\"\"A controller for {env}, evolved by genesys {version}: what an environment observes to its actions.

    controller = Controller()
    {call}

observation: (batch, {inputs}) float32, flat, one line for each episode{about_state}
action: {dtype}, {shape}; outputs: of the network, (batch, {outputs}){repeat}

On a CPU the actions are those of genesys, to the bit where all activations are polynomials (tanh, sigmoid, relu and so
on); the others differ in the last bit of float32 where PyTorch's exp, log and sin do so in float64.
\"\"\"

import functools

import torch

# In the order of evaluation: activation, aggregation, and the places that are read, which are inputs, then nodes.
NODES = [
{nodes}
]
OUTPUTS = [
{places}
]


{functions}
ACTIVATIONS = {{
{activations}
}}
AGGREGATIONS = {{
{aggregations}
}}


class Controller(torch.nn.Module):
    def __init__(self):
        super().__init__()
{buffers}

    def forward(self, observation{state}):
        values = list({sensed}.unbind(1))
{before}        link = 0
        for node, (activation, aggregation, sources) in enumerate(NODES):
            terms = [self.weight[link + k] * {read}[source] for k, source in enumerate(sources)]
            empty = torch.full_like(values[0], float(aggregation == "product"))
            total = AGGREGATIONS[aggregation](terms) if terms else empty
            values.append(ACTIVATIONS[activation](total * self.response[node] + self.bias[node]))
            link += len(sources)
        outputs = torch.stack([values[place] for place in OUTPUTS], 1)
        return self.act(outputs), outputs{after}

    def act(self, outputs):
{act}
        return action.to(torch.{dtype}).reshape({reshape})
"""


def write(controller: Controller) -> Export:
    return Export(torch_of(controller))


def torch_of(controller: Controller) -> bytes:
    """Return the file."""
    c, actions = controller, controller.actions
    recurrent = not c.feed_forward
    memory = ", state" if recurrent else ""
    tensors: dict[str, tuple[Any, str]] = {
        "offset": (c.conditions.offset, "float32"),
        "scale": (c.conditions.scale, "float32"),
        "weight": ([weight for node in c.nodes for weight in node.weights], "float32"),
        "response": ([node.response for node in c.nodes], "float32"),
        "bias": ([node.bias for node in c.nodes], "float32"),
    }
    act = _act(c, tensors)
    clip = f".clamp(-{c.conditions.clip!r}, {c.conditions.clip!r})" if np.isfinite(c.conditions.clip) else ""
    used = [dict.fromkeys(getattr(node, part) for node in c.nodes) for part in ("activation", "aggregation")]
    functions = [text for text, users in FUNCTIONS if users & {*used[0], *used[1]}]
    shape = "" if actions.kind == "discrete" else "".join(f", {size}" for size in actions.shape)
    repeat = c.conditions.action_repeat
    text = FILE.format(
        env=remark(c.interface.environment.id),
        version=__version__,
        call=f"action, outputs{memory} = controller(observation{memory})",
        about_state=f"; state: (batch, {len(c.nodes)}), None: an episode begins" if recurrent else "",
        inputs=c.n_inputs,
        outputs=len(c.outputs),
        dtype=actions.dtype,
        shape=f"(batch{shape})",
        repeat=f"; each action lasts {repeat} steps of the environment" if repeat > 1 else "",
        nodes="\n".join(
            f"    ({node.activation!r}, {node.aggregation!r}, {list(node.sources)})," for node in c.nodes
        ).replace("'", '"'),
        places=_wrapped(c.outputs, 4),
        functions="".join(f"{text}\n\n" for text in functions)[:-1],
        activations=_table(used[0], {name: f"lambda z: {text}" for name, text in ACTIVATIONS.items()}),
        aggregations=_table(used[1], AGGREGATIONS),
        buffers="\n".join(_buffer(name, *tensor) for name, tensor in tensors.items()),
        state=", state=None" if recurrent else "",
        sensed=f"((observation - self.offset) * self.scale){clip}",
        before=BEFORE if recurrent else "",
        read="known" if recurrent else "values",
        after=", torch.stack(values[observation.shape[1]:], 1)" if recurrent else "",
        act=textwrap.indent(act, " " * 8).rstrip(),
        reshape=f"-1{shape}",
    )
    return text.encode()


BEFORE = """\
        state = values[0].new_zeros(len(observation), len(NODES)) if state is None else state
        known = values + list(state.unbind(1))
"""

WHOLE = """\
row = (self.middle + self.half_width * outputs.clamp(-1, 1)).round()
action = {number}.to(torch.int64)  # of uint64: modulo 2 ** 64
action = torch.where(row < self.above, action, self.high)
action = torch.where(row > self.below, action, self.low)
"""


def _act(c: Controller, tensors: dict[str, tuple[Any, str]]) -> str:
    """Return how outputs become an action; what that needs goes into the tensors."""
    actions = c.actions
    if actions.kind == "multi_binary":
        return "action = outputs > 0"
    if actions.sizes:
        tensors["start"] = wrapped(actions.start), "int64"
        if actions.kind == "discrete":
            return "action = outputs.argmax(1) + self.start"
        groups = f"outputs.split({list(actions.sizes)}, 1)"
        return f"action = torch.stack([group.argmax(1) for group in {groups}], 1) + self.start"
    acting = acting_of(c.interface.environment.action, c.conditions)
    tensors |= {"middle": (acting.middle, "float32"), "half_width": (acting.half, "float32")}
    if actions.kind == "real":
        return "action = self.middle + self.half_width * outputs"
    if actions.whole:
        bounds = actions.whole_bounds()
        tensors |= {name: (getattr(bounds, name), "float32") for name in ("above", "below")}
        tensors |= {name: (getattr(bounds, name), "int64") for name in ("high", "low")}
        wide = max(actions.high) >= 1 << 63
        return WHOLE.format(number="torch.where(row < 2.0**63, row, row - 2.0**64)" if wide else "row")
    double = actions.dtype == "float64"
    kind = "float64" if double else "float32"
    tensors |= {"low": (actions.low, kind), "high": (actions.high, kind)}
    row = "self.middle + self.half_width * outputs.clamp(-1, 1)"
    row = f"({row}).double()" if double else row
    return f"action = torch.minimum(torch.maximum({row}, self.low), self.high)"


def _table(used: Sequence[str] | dict[str, None], texts: dict[str, str]) -> str:
    return "\n".join(f'    "{name}": {texts[name]},' for name in used)


def _wrapped(numbers: Sequence[Any], indent: int) -> str:
    blanks = " " * indent
    text = "".join(f"{number}, " for number in numbers).strip()
    return textwrap.fill(text, 118, initial_indent=blanks, subsequent_indent=blanks, break_on_hyphens=False)


def _buffer(name: str, values: Sequence[Any], kind: str) -> str:
    texts = [repr(shortest(value)) if kind == "float32" else str(value) for value in np.asarray(values, kind).tolist()]
    return (
        f'        self.register_buffer("{name}", torch.tensor([\n{_wrapped(texts, 12)}\n        ], dtype=torch.{kind}))'
    )
