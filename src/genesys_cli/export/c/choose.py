"""How a C header makes an action of a network's outputs."""

from __future__ import annotations

import numpy as np

from ...backends.acting import acting_of
from ..actions import Actions
from ..controller import Controller
from .text import Tables, integer_for, unsigned_for, whole

DISCRETE = """\
/* The action whose output is the largest, the first of equals. */
static inline {kind} nn_choose(const nn_state *state)
{{
    int32_t k, best = 0;
    for (k = 1; k < NN_OUTPUTS; k++)
        best = state->value[nn_place[k]] > state->value[nn_place[best]] ? k : best;
    return {cast}best{start};
}}
"""

MULTI_BINARY = """\
/* Switches are on where their output is above 0. */
static inline void nn_choose(const nn_state *state, int32_t *action)
{
    int k;
    for (k = 0; k < NN_ACTIONS; k++)
        action[k] = nn_output(state, k) > 0.0f;
}
"""

MULTI_DISCRETE = """\
/* Of each group of outputs the largest, the first of equals. */
static inline void nn_choose(const nn_state *state, {kind} *action)
{{
    int k, first = 0;
    for (k = 0; k < NN_ACTIONS; k++) {{
        int32_t choice, best = 0;
        for (choice = 1; choice < (int32_t)nn_choices[k]; choice++)
            best = state->value[nn_place[first + choice]] > state->value[nn_place[first + best]] ? choice : best;
        action[k] = {cast}best{start};
        first += (int)nn_choices[k];
    }}
}}
"""

BOX = """\
/* Outputs of -1 .. 1 are stretched to the range of each number. */
static inline void nn_choose(const nn_state *state, {kind} *action)
{{
    int k;
    for (k = 0; k < NN_ACTIONS; k++) {{
        float output = nn_output(state, k);
        {kind} number;
        output = output < -1.0f ? -1.0f : output;
        output = output > 1.0f ? 1.0f : output;
        number = {cast}(nn_middle[k] + nn_half[k] * output);
        number = number < nn_low[k] ? nn_low[k] : number;
        number = number > nn_high[k] ? nn_high[k] : number;
        action[k] = {rounded};
    }}
}}
"""

OUTPUTS = """\
/* The outputs as they are. */
static inline void nn_choose(const nn_state *state, float *action)
{
    int k;
    for (k = 0; k < NN_ACTIONS; k++)
        action[k] = nn_output(state, k) + 0.0f; /* never -0 */
}
"""

REAL = """\
/* Outputs are moved and stretched, without bounds. */
static inline void nn_choose(const nn_state *state, float *action)
{
    int k;
    for (k = 0; k < NN_ACTIONS; k++)
        action[k] = nn_middle[k] + nn_half[k] * nn_output(state, k);
}
"""

FLOAT16 = """\
/* The nearest number of 16 bits, ties to even. */
static inline float nn_float16(float number)
{
    union { float value; uint32_t bits; } part;
    part.value = number;
    if ((part.bits & 0x7FFFFFFFu) < 0x38800000u) { /* these are multiples of 2 to the -24 */
        part.value = ((number < 0.0f ? -number : number) + 0.5f) - 0.5f;
        return number < 0.0f ? -part.value : part.value;
    }
    part.bits += 0x0FFFu + (part.bits >> 13 & 1u);
    part.bits &= 0xFFFFE000u;
    return part.value;
}

"""

WHOLE_BOX = """\
/* The nearest whole number, ties to even. */
static inline float nn_whole(float number)
{{
    float size = number < 0.0f ? -number : number;
    if (size >= 8388608.0f)
        return number; /* which has no fraction */
    size = (size + 8388608.0f) - 8388608.0f;
    return number < 0.0f ? -size : size;
}}

/* Outputs of -1 .. 1 are stretched to the range of each number, and rounded. */
static inline void nn_choose(const nn_state *state, {kind} *action)
{{
    int k;
    for (k = 0; k < NN_ACTIONS; k++) {{
        float output = nn_output(state, k);
        {kind} number;
        output = output < -1.0f ? -1.0f : output;
        output = output > 1.0f ? 1.0f : output;
        output = nn_whole(nn_middle[k] + nn_half[k] * output);
        number = output >= {above} ? nn_high[k] : output > {below} ? ({kind})output : nn_low[k];
        number = number < nn_low[k] ? nn_low[k] : number;
        action[k] = number > nn_high[k] ? nn_high[k] : number;
    }}
}}
"""

LIMITS = {
    "int32_t": {"above": "2147483648.0f", "below": "-2147483648.0f"},
    "int64_t": {"above": "9223372036854775808.0f", "below": "-9223372036854775808.0f"},
    "uint64_t": {"above": "18446744073709551616.0f", "below": "0.0f"},
}
"""Of each type of whole numbers; the floats between can be converted."""


def action_type(actions: Actions) -> str:
    """Return C's type of an action's numbers; ``float`` where it holds all that the space's dtype is given."""
    if actions.kind == "multi_binary":
        return "int32_t"
    if actions.sizes:
        highest = max(start + size - 1 for start, size in zip(actions.start, actions.sizes, strict=True))
        return integer_for(min(actions.start), highest)
    if actions.whole:
        return integer_for(min(actions.low), max(actions.high))
    exact = all(float(np.float32(bound)) == bound for bound in (*actions.low, *actions.high))
    return "float" if exact else "double"


def choose(controller: Controller, tables: Tables) -> str:
    """Return the function ``nn_choose``; what it reads goes into the tables."""
    actions = controller.actions
    kind = action_type(actions)
    cast = "" if kind == "int32_t" else f"({kind})"
    if actions.kind == "discrete":
        start = actions.start[0]
        return DISCRETE.format(kind=kind, cast=cast, start=f" + {whole(start)}" if start else "")
    if actions.kind == "multi_binary":
        return MULTI_BINARY
    if actions.kind == "multi_discrete":
        tables.add("choices", unsigned_for(max(actions.sizes)), actions.sizes, "Choices of each number of an action.")
        if any(actions.start):
            tables.add("start", kind, actions.start)
        return MULTI_DISCRETE.format(kind=kind, cast=cast, start=" + nn_start[k]" if any(actions.start) else "")
    acting = acting_of(controller.interface.environment.action, controller.conditions)
    if actions.kind == "real" and not acting.middle.any() and (acting.half == 1).all():
        return OUTPUTS
    bounds = "" if actions.kind == "real" else ", and its bounds"
    tables.add("middle", "float", acting.middle, f"Middle and half width of each number of an action{bounds}.")
    tables.add("half", "float", acting.half)
    if actions.kind == "real":
        return REAL
    tables.add("low", kind, actions.low)
    tables.add("high", kind, actions.high)
    if actions.whole:
        return WHOLE_BOX.format(kind=kind, **LIMITS[kind])
    short = actions.dtype == "float16"
    text = BOX.format(
        kind=kind, cast="" if kind == "float" else cast, rounded="nn_float16(number)" if short else "number"
    )
    return FLOAT16 + text if short else text
