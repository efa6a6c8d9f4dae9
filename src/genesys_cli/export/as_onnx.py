"""A controller as an ONNX model that computes the bits of the kernels, in operators of opset 11.

Nodes that can be computed at once make a layer. A sum is built of the same additions in the same order as in
``network.activate``, and tanh of the same polynomials; a runtime's own MatMul and Tanh would give other last bits, and
the action of a network whose outputs are all near 1 depends on these. The other activations are, as in
``network.functions``, computed in double and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import __version__
from ..backends.acting import acting_of
from ..errors import UserError
from ..facts import CHUNK, SELU_ALPHA, SELU_SCALE
from .actions import wrapped
from .controller import Controller, Node
from .formats import Export

OPSET = 11
"""The first that has Round, and a Clip whose bounds are inputs."""

IR_VERSION = 6


def write(controller: Controller) -> Export:
    return Export(onnx_of(controller), {"opset": OPSET}, {"opset": str(OPSET)})


def onnx_of(controller: Controller) -> bytes:
    """Return the model, checked; raises UserError without the package onnx."""
    try:
        import onnx
    except ImportError as error:
        raise UserError(
            f"--format onnx needs onnx ({error}); install it with: pip install 'genesys-cli[onnx]'"
        ) from error
    model = _Graph(controller).model()
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


class _Graph:
    """Collects operators and constants. Names of values are ``v1``, ``v2`` ... but for inputs and outputs."""

    def __init__(self, controller: Controller) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self.c = controller
        self.types = TensorProto
        self.helper = helper
        self.numpy_helper = numpy_helper
        self.nodes: list[Any] = []
        self.constants: dict[tuple[str, bytes, tuple[int, ...]], tuple[str, Any]] = {}

    def op(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add an operator; return the name of what it computes."""
        name = name or f"v{len(self.nodes) + 1}"
        self.nodes.append(self.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        """Return the name of a constant; equal ones are stored once."""
        array = np.asarray(value, kind)
        key = (array.dtype.str, array.tobytes(), array.shape)
        if key not in self.constants:
            name = f"c{len(self.constants) + 1}"
            self.constants[key] = (name, self.numpy_helper.from_array(array, name))
        return self.constants[key][0]

    def model(self) -> Any:
        c, types, helper = self.c, self.types, self.helper
        info = helper.make_tensor_value_info
        inputs = [info("observation", types.FLOAT, ["batch", c.n_inputs])]
        outputs = [info("outputs", types.FLOAT, ["batch", len(c.outputs)])]
        seen = self._sense()
        if c.feed_forward:
            known = self._forward(seen)
        else:
            inputs.append(info("state", types.FLOAT, ["batch", len(c.nodes)]))
            outputs.append(info("next_state", types.FLOAT, ["batch", len(c.nodes)]))
            places = list(range(len(c.nodes)))
            new = self._layer(self.op("Concat", self._zero(seen), seen, "state", axis=1), places)
            new = self.op("Identity", new, name="next_state")
            known = self.op("Concat", self._zero(seen), seen, new, axis=1)
        self.op("Gather", known, self.constant([place + 1 for place in c.outputs], np.int64), name="outputs", axis=1)
        kind = self._act()
        shape = ["batch"] if c.actions.kind == "discrete" else ["batch", *c.actions.shape]
        outputs.append(info("action", kind, shape))
        graph = helper.make_graph(
            self.nodes, "controller", inputs, outputs, [tensor for _, tensor in self.constants.values()]
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_operatorsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="genesys",
            producer_version=__version__,
        )
        facts = {**c.facts, "action_repeat": c.conditions.action_repeat}
        helper.set_model_props(model, {key: str(value) for key, value in facts.items() if value is not None})
        return model

    def _sense(self) -> str:
        """Return inputs, (batch, I)."""
        conditions = self.c.conditions
        seen = self.op("Sub", "observation", self.constant(conditions.offset))
        seen = self.op("Mul", seen, self.constant(conditions.scale))
        if np.isfinite(conditions.clip):
            seen = self.op("Clip", seen, self.constant(-conditions.clip), self.constant(conditions.clip))
        return seen

    def _zero(self, seen: str) -> str:
        """Return (batch, 1) zeros: what links read that only fill up a group of four."""
        first = self.op("Gather", seen, self.constant([0], np.int64), axis=1)
        return self.op("Where", self.op("Equal", first, first), self.constant(0), self.constant(0))

    def _forward(self, seen: str) -> str:
        """Return everything that is known in the end, (batch, 1 + I + N): zero, inputs and nodes."""
        known = self.op("Concat", self._zero(seen), seen, axis=1)
        inputs, nodes = self.c.n_inputs, self.c.nodes
        depth: dict[int, int] = dict.fromkeys(range(inputs), 0)
        for k, node in enumerate(nodes):
            depth[inputs + k] = 1 + max((depth[source] for source in node.sources), default=0)
        layers = [
            [k for k in range(len(nodes)) if depth[inputs + k] == level] for level in range(1, 1 + max(depth.values()))
        ]
        order: list[int] = []
        for layer in layers:  # columns are the nodes layer after layer; `known` is read in the order of places
            new = self._layer(known, layer, [*range(inputs), *(inputs + k for k in order)])
            order += layer
            known = self.op("Concat", known, new, axis=1)
        column = np.argsort(order)
        back = [0, *range(1, inputs + 1), *(1 + inputs + int(k) for k in column)]
        return self.op("Gather", known, self.constant(back, np.int64), axis=1)

    def _layer(self, known: str, layer: Sequence[int], places: Sequence[int] | None = None) -> str:
        """Return what the nodes of a layer compute, (batch, K).

        places: that the columns of `known` hold, after the zero; None: all, in order
        """
        columns = {place: 1 + k for k, place in enumerate(places)} if places is not None else None
        groups: dict[tuple[str, str], list[int]] = {}
        for k in layer:
            groups.setdefault((self.c.nodes[k].aggregation, self.c.nodes[k].activation), []).append(k)
        parts, order = [], []
        for (aggregation, activation), group in groups.items():
            nodes = [self.c.nodes[k] for k in group]
            read = [[columns[s] if columns else 1 + s for s in node.sources] for node in nodes]
            total = self._aggregated(aggregation, known, nodes, read)
            z = self.op("Mul", total, self.constant([node.response for node in nodes]))
            z = self.op("Add", z, self.constant([node.bias for node in nodes]))
            parts.append(self._activated(activation, z))
            order += group
        joined = parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=1)
        if order == list(layer):
            return joined
        back = np.argsort([list(layer).index(k) for k in order])
        return self.op("Gather", joined, self.constant(back, np.int64), axis=1)

    def _terms(self, known: str, nodes: Sequence[Node], read: Sequence[Sequence[int]], k: int) -> str:
        """Return the product of weight and value of the k-th link of each node, (batch, K); 0 where it has none."""
        source = [columns[k] if k < len(columns) else 0 for columns in read]
        weight = [node.weights[k] if k < len(columns) else 0.0 for node, columns in zip(nodes, read, strict=True)]
        values = self.op("Gather", known, self.constant(source, np.int64), axis=1)
        return self.op("Mul", values, self.constant(weight))

    def _aggregated(self, name: str, known: str, nodes: Sequence[Node], read: Sequence[Sequence[int]]) -> str:
        """Return the aggregations of nodes, (batch, K)."""
        most = max(map(len, read))
        if name == "sum":
            total = ""
            for first in range(0, max(most, 1), CHUNK):
                a, b, c, d = (self._terms(known, nodes, read, first + k) for k in range(CHUNK))
                group = self.op("Add", self.op("Add", a, b), self.op("Add", c, d))
                total = self.op("Add", total, group) if total else group
            return total
        # The others are made node by node, since their numbers of links differ.
        columns = [self._one(name, known, node, links) for node, links in zip(nodes, read, strict=True)]
        return columns[0] if len(columns) == 1 else self.op("Concat", *columns, axis=1)

    def _one(self, name: str, known: str, node: Node, read: Sequence[int]) -> str:
        """Return the aggregation of one node, (batch, 1)."""
        terms = [self._terms(known, [node], [read], k) for k in range(len(read))]
        if not terms:
            zero = self._terms(known, [node], [read], 0)
            return self.op("Add", zero, self.constant(1)) if name == "product" else zero
        if name == "median":
            return self._median(terms)
        total = terms[0]
        for term in terms[1:]:
            if name in ("product", "mean"):
                total = self.op("Mul" if name == "product" else "Add", total, term)
            else:
                mine, best = (term, total) if name in ("max", "maxabs") else (total, term)
                if name == "maxabs":
                    mine, best = self.op("Abs", term), self.op("Abs", total)
                total = self.op("Where", self.op("Greater", mine, best), term, total)
        return self.op("Div", total, self.constant(len(terms))) if name == "mean" else total

    def _median(self, terms: list[str]) -> str:
        """Return the median of (batch, 1) terms, sorted by comparing neighbours."""
        count = len(terms)
        for end in range(count - 1, 0, -1):
            for k in range(end):
                low, high = self.op("Min", *terms[k : k + 2]), self.op("Max", *terms[k : k + 2])
                terms[k : k + 2] = low, high
        if count % 2:
            return terms[count // 2]
        return self.op("Mul", self.constant(0.5), self.op("Add", *terms[count // 2 - 1 : count // 2 + 1]))

    def _tanh(self, z: str) -> str:
        """Return tanh(2.5 z) in float32 by the polynomials of ``compiled.mathf``."""
        bound = 7.90531110763549805
        x = self.op("Mul", self.constant(2.5), z)
        x = self.op("Clip", x, self.constant(-bound), self.constant(bound))
        square = self.op("Mul", x, x)

        def polynomial(*coefficients: float) -> str:
            p = self.constant(coefficients[0])
            for coefficient in coefficients[1:]:
                p = self.op("Add", self.op("Mul", p, square), self.constant(coefficient))
            return p

        p = polynomial(
            *(-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08),
            *(1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03),
        )
        q = polynomial(1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
        return self.op("Div", self.op("Mul", x, p), q)

    def _activated(self, name: str, z: str) -> str:
        if name == "tanh":
            return self._tanh(z)
        if name == "identity":
            return z
        if name == "relu":
            return self.op("Relu", z)
        if name == "abs":
            return self.op("Abs", z)
        if name == "sigmoid":
            half = self.constant(0.5)
            return self.op("Add", half, self.op("Mul", half, self._tanh(z)))
        return self.cast(self._in_double(name, self.cast(z, self.types.DOUBLE)), self.types.FLOAT)

    def _in_double(self, name: str, x: str) -> str:
        op = self.op

        def number(value: float) -> str:
            return self.constant(value, np.float64)

        def limited(value: str, limit: float) -> str:
            return op("Min", op("Max", value, number(-limit)), number(limit))

        def below_exp(above: str, factor: float = 1.0) -> str:
            """Return `above` where x is positive, else ``factor * (e ** x - 1)``."""
            less = op("Sub", op("Exp", x), number(1.0))
            less = less if factor == 1 else op("Mul", number(factor), less)
            return op("Where", op("Greater", x, number(0.0)), above, less)

        def gauss() -> str:
            c = limited(x, 3.4)
            return op("Exp", op("Mul", op("Mul", number(-5.0), c), c))

        def softplus() -> str:
            power = op("Exp", limited(op("Mul", number(5.0), x), 60.0))
            return op("Mul", number(0.2), op("Log", op("Add", number(1.0), power)))

        found: dict[str, Callable[[], str]] = {
            "sin": lambda: op("Sin", limited(op("Mul", number(5.0), x), 60.0)),
            "gauss": gauss,
            "elu": lambda: below_exp(x),
            "lelu": lambda: op("Where", op("Greater", x, number(0.0)), x, op("Mul", number(0.005), x)),
            "selu": lambda: below_exp(op("Mul", number(SELU_SCALE), x), SELU_SCALE * SELU_ALPHA),
            "softplus": softplus,
            "clamped": lambda: limited(x, 1.0),
            "inv": lambda: op("Where", op("Equal", x, number(0.0)), number(0.0), op("Div", number(1.0), x)),
            "log": lambda: op("Log", op("Max", x, number(1e-7))),
            "exp": lambda: op("Exp", limited(x, 60.0)),
            "hat": lambda: op("Max", op("Sub", number(1.0), op("Abs", x)), number(0.0)),
            "square": lambda: op("Mul", x, x),
            "cube": lambda: op("Mul", op("Mul", x, x), x),
        }
        return found[name]()

    def _act(self) -> int:
        """Add what makes an action of the outputs; return its type."""
        actions, op = self.c.actions, self.op
        kind: int = self.helper.np_dtype_to_tensor_dtype(np.dtype(actions.dtype))
        if actions.kind == "discrete":
            row = op("ArgMax", "outputs", axis=1, keepdims=0)
            if actions.start[0]:
                row = op("Add", row, self.constant(wrapped(actions.start)[0], np.int64))
            self.cast(row, kind, "action")
            return kind
        if actions.kind == "multi_binary":
            row = op("Greater", "outputs", self.constant(0))
        elif actions.kind == "multi_discrete":
            ends = np.cumsum(actions.sizes)
            groups = [np.arange(end - size, end) for end, size in zip(ends, actions.sizes, strict=True)]
            found = [op("Gather", "outputs", self.constant(group, np.int64), axis=1) for group in groups]
            chosen = [op("ArgMax", group, axis=1, keepdims=1) for group in found]
            row = chosen[0] if len(chosen) == 1 else op("Concat", *chosen, axis=1)
            row = op("Add", row, self.constant(wrapped(actions.start), np.int64))
        else:
            row = self._stretched(kind)
        row = self.cast(row, kind)
        op("Reshape", row, self.constant([-1, *actions.shape], np.int64), name="action")
        return kind

    def _stretched(self, kind: int) -> str:
        """Return the numbers of a box or real ones, (batch, R)."""
        actions, env, op = self.c.actions, self.c.interface.environment, self.op
        acting = acting_of(env.action, self.c.conditions)
        row = "outputs"
        if np.isfinite(acting.reach):
            row = op("Clip", row, self.constant(-acting.reach), self.constant(acting.reach))
        row = op("Mul", self.constant(acting.half), row)
        if np.array_equal(acting.middle, [0.0]):  # a runtime may leave out an addition of 0, which makes 0 of -0
            row = op("Where", op("Equal", row, self.constant(0)), self.constant(0), row)
        else:
            row = op("Add", self.constant(acting.middle), row)
        if actions.kind == "real":
            return row
        if actions.whole:
            return self._whole(op("Round", row))
        wide = np.float64 if kind == self.types.DOUBLE else np.float32
        row = self.cast(row, kind) if kind == self.types.DOUBLE else row
        return op("Min", op("Max", row, self.constant(actions.low, wide)), self.constant(actions.high, wide))

    def _whole(self, row: str) -> str:
        """Return whole floats, (batch, R), as int64 within bounds; those of uint64 are modulo 2 ** 64."""
        bounds, op = self.c.actions.whole_bounds(), self.op
        number = row
        if max(self.c.actions.high) >= 1 << 63:
            wrapped = op("Sub", row, self.constant(2.0**64))
            number = op("Where", op("Less", row, self.constant(2.0**63)), row, wrapped)
        number = self.cast(number, self.types.INT64)
        above, below = self.constant(bounds.above), self.constant(bounds.below)
        number = op("Where", op("Less", row, above), number, self.constant(bounds.high, np.int64))
        return op("Where", op("Greater", row, below), number, self.constant(bounds.low, np.int64))

    def cast(self, value: str, kind: int, name: str | None = None) -> str:
        return self.op("Cast", value, name=name, to=kind)
