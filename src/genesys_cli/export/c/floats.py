"""A network's step in C, in float."""

from __future__ import annotations

from ..controller import Controller
from .functions import ACTIVATION, AGGREGATION, HELPERS
from .text import Tables, switch

VALUE = "float"

SENSE = """\
        state->value[k] = input;"""

OUTPUT = """\
    return state->value[nn_place[k]];"""

STEP = """\
    for (node = 0; node < NN_NODES; node++) {{
        float total = nn_aggregated({aggregation}state->value, (int)nn_first[node], (int)nn_first[node + 1]);
        float z = nn_bias[node] + {response}total;
        {target} = nn_activated({activation}z);
    }}"""


def network(controller: Controller, tables: Tables) -> tuple[str, str]:
    """Return the functions that a step needs, and its body; what it reads goes into the tables."""
    nodes = controller.nodes
    tables.add("bias", "float", [node.bias for node in nodes])
    plain = all(node.response == 1 for node in nodes)
    if not plain:
        tables.add("response", "float", [node.response for node in nodes])
    tables.add("weight", "float", [weight for node in nodes for weight in node.weights])
    activations = list(dict.fromkeys(node.activation for node in nodes))
    aggregations = list(dict.fromkeys(node.aggregation for node in nodes))
    for name, used, kinds in (
        ("activation", activations, [node.activation for node in nodes]),
        ("aggregation", aggregations, [node.aggregation for node in nodes]),
    ):
        if len(used) > 1:
            tables.add(name, "uint8_t", [used.index(kind) for kind in kinds])
    wanted = {helper for name in activations for helper in ACTIVATION[name][0]}
    bodies = [ACTIVATION[name][1] for name in activations]
    sums = [f"nn_{name}(value, link, end)" for name in aggregations]
    functions = [
        *(text for name, text in HELPERS.items() if name in wanted),
        switch(activations, "static inline float nn_activated(int kind, float z)", bodies),
        *(AGGREGATION[name] for name in aggregations),
        switch(
            aggregations, "static inline float nn_aggregated(int kind, const float *value, int link, int end)", sums
        ),
    ]
    step = STEP.format(
        aggregation="nn_aggregation[node], " if len(aggregations) > 1 else "",
        activation="nn_activation[node], " if len(activations) > 1 else "",
        response="" if plain else "nn_response[node] * ",
        target="state->value[NN_INPUTS + node]" if controller.feed_forward else "state->fresh[node]",
    )
    return "\n".join(functions), step
