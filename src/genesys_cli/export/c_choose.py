"""How a C header makes an action of a network's outputs."""

from __future__ import annotations

import numpy as np

from ..backends.acting import acting_of
from ..errors import UserError
from .actions import Actions
from .c_text import Tables, unsigned_for
from .controller import Controller

DISCRETE = """\
/* The action whose output is the largest, the first of equals. */
static inline int32_t nn_choose(const nn_state *state)
{{
    int32_t k, best = 0;
    for (k = 1; k < NN_OUTPUTS; k++)
        best = state->value[nn_place[k]] > state->value[nn_place[best]] ? k : best;
    return best{start};
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
static inline void nn_choose(const nn_state *state, int32_t *action)
{{
    int k, first = 0;
    for (k = 0; k < NN_ACTIONS; k++) {{
        int32_t choice, best = 0;
        for (choice = 1; choice < (int32_t)nn_choices[k]; choice++)
            best = state->value[nn_place[first + choice]] > state->value[nn_place[first + best]] ? choice : best;
        action[k] = best{start};
        first += (int)nn_choices[k];
    }}
}}
"""

BOX = """\
/* Outputs of -1 .. 1 are stretched to the range of each number. */
static inline void nn_choose(const nn_state *state, float *action)
{
    int k;
    for (k = 0; k < NN_ACTIONS; k++) {
        float output = nn_output(state, k);
        output = output < -1.0f ? -1.0f : output;
        output = output > 1.0f ? 1.0f : output;
        output = nn_middle[k] + nn_half[k] * output;
        output = output < nn_low[k] ? nn_low[k] : output;
        action[k] = output > nn_high[k] ? nn_high[k] : output;
    }
}
"""

WHOLE_BOX = """\
/* Outputs of -1 .. 1 are stretched to the range of each number, and rounded, halves to the even one. */
static inline void nn_choose(const nn_state *state, int32_t *action)
{
    int k;
    for (k = 0; k < NN_ACTIONS; k++) {
        float output = nn_output(state, k);
        double whole;
        output = output < -1.0f ? -1.0f : output;
        output = output > 1.0f ? 1.0f : output;
        whole = (double)(nn_middle[k] + nn_half[k] * output);
        whole = whole < nn_low[k] ? nn_low[k] : whole;
        whole = whole > nn_high[k] ? nn_high[k] : whole;
        action[k] = (int32_t)((whole + 6755399441055744.0) - 6755399441055744.0);
    }
}
"""


def action_type(actions: Actions) -> str:
    """Return C's type of an action's numbers; raises UserError where it has none."""
    if actions.kind != "box" or not actions.whole:
        return "int32_t" if actions.kind != "box" else "float"
    if max(map(abs, (*actions.low, *actions.high))) >= 1 << 31:
        raise UserError(f"actions are whole numbers beyond 32 bits (of {actions.dtype}), which a C header has not")
    return "int32_t"


def choose(controller: Controller, tables: Tables) -> str:
    """Return the function ``nn_choose``; what it reads goes into the tables."""
    actions = controller.actions
    if actions.kind == "discrete":
        return DISCRETE.format(start=f" + {actions.start[0]}" if actions.start[0] else "")
    if actions.kind == "multi_binary":
        return MULTI_BINARY
    if actions.kind == "multi_discrete":
        tables.add("choices", unsigned_for(max(actions.sizes)), actions.sizes, "Choices of each number of an action.")
        if any(actions.start):
            tables.add("start", "int32_t", actions.start)
        return MULTI_DISCRETE.format(start=" + nn_start[k]" if any(actions.start) else "")
    acting = acting_of(controller.interface.environment.action, controller.conditions)
    tables.add("middle", "float", acting.middle, "Middle and half width of each number of an action, and its bounds.")
    tables.add("half", "float", acting.half)
    kind = action_type(actions)
    for name, bounds in (("low", actions.low), ("high", actions.high)):
        tables.add(name, kind, [int(bound) if actions.whole else np.float32(bound) for bound in bounds])
    return WHOLE_BOX if actions.whole else BOX
