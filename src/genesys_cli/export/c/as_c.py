"""A controller as one C99 header: no allocation, no library, tables that are constant."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from ..controller import Controller
from ..formats import Export
from . import fixed_point as c_fixed
from . import floats as c_float
from .about import about
from .choose import action_type, choose
from .text import SIZES, Tables, grid, named, number, unsigned_for

LONGEST = 40  # of 63 characters by which C tells names apart, some are ours
IDENTIFIER = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{LONGEST - 1}}}")


class Header(NamedTuple):
    """A header and the bytes of memory that it takes: tables are constant, a state is for each network that acts."""

    text: str
    table_bytes: int
    state_bytes: int


def write(controller: Controller, name: str | None, flash: str | None) -> Export:
    """Return the header; name, flash: as of :func:`header_of`, None: the environment's, and ``none``."""
    name, flash = name or default_name(controller), flash or "none"
    header = header_of(controller, name, flash)
    where = "; on an AVR, tables lie in flash" if flash == "progmem" else ""
    return Export(
        header.text.encode(),
        {"name": name, "table_bytes": header.table_bytes, "state_bytes": header.state_bytes, "flash": flash},
        {
            "memory": f"{header.table_bytes} bytes of constant tables, {header.state_bytes} bytes of state{where}",
            "check it": f"cc -std=c99 -D{name.upper()}_SELF_TEST -x c {{output}} -o self-test && ./self-test",
        },
    )


def default_name(controller: Controller) -> str:
    """Return the prefix of names that follows from the environment's."""
    name = re.sub(r"\W+", "_", controller.interface.environment.name.lower(), flags=re.ASCII).strip("_")
    return (name if name[:1].isalpha() else f"net_{name}")[:LONGEST].strip("_")


def header_of(controller: Controller, name: str | None = None, flash: str = "none") -> Header:
    """Return the header.

    name: prefix of all its names, None: that of the environment
    flash: ``progmem``: tables lie in the flash of an AVR; ``none``: where the compiler puts constants

    Raises UserError where the name is none of C, the chip's formats are too wide, or an AVR cannot hold the tables.
    """
    name = name or default_name(controller)
    if not IDENTIFIER.fullmatch(name):
        raise UserError(
            f"--name {name}: must be a name of C, of at most {LONGEST} letters, digits and _, that begins with a letter"
        )
    text, table_bytes, state_bytes = _Writer(controller, flash == "progmem").header()
    return Header(named(text, name), table_bytes, state_bytes)


class _Writer:
    """Writes with the prefixes ``nn_`` and ``NN_``."""

    def __init__(self, controller: Controller, flash: bool) -> None:
        self.c = controller
        self.flash = flash
        self.value = c_float.VALUE if controller.fixed is None else c_fixed.VALUE
        self.kind = action_type(controller.actions)

    def header(self) -> tuple[str, int, int]:
        c = self.c
        tables = Tables(self.flash)
        links = [len(node.sources) for node in c.nodes]
        first = np.concatenate([[0], np.cumsum(links)]).astype(int)
        sources = [source for node in c.nodes for source in node.sources]
        places = c.n_inputs + len(c.nodes)
        if (c.conditions.offset != 0).any():
            tables.add("offset", "float", c.conditions.offset, "Inputs are (observation - offset) * scale.")
        if (c.conditions.scale != 1).any():
            tables.add("scale", "float", c.conditions.scale)
        tables.add("first", unsigned_for(int(first[-1])), first, "Node k has the links first[k] .. first[k + 1] - 1.")
        tables.add("source", unsigned_for(places), sources, "Places that links read: inputs, then nodes.")
        functions, step = (c_float if c.fixed is None else c_fixed).network(c, tables)
        tables.add("place", unsigned_for(places), c.outputs, "Places of the outputs.")
        chosen = choose(c, tables)
        state, state_bytes = self._state()
        code = [
            functions,
            self._reset(),
            self._sense(),
            self._step(step),
            self._output(),
            chosen,
            self._act(),
        ]
        read = tables.reading("\n".join(part for part in code if part))
        parts = [
            about(c, tables.size, state_bytes),
            "#ifndef NN_H\n#define NN_H\n\n#include <stdint.h>\n",
            DOUBLE if "double" in functions + chosen else "",
            self._sizes(max(2, *links)),
            tables.text(read) + "\n",
            state,
            read,
            self._self_test(),
            "#endif",
        ]
        return "\n".join(part for part in parts if part) + "\n", tables.size, state_bytes

    @property
    def _one(self) -> bool:
        """Whether an action is a single number, which is returned."""
        return self.c.actions.kind == "discrete"

    def _sizes(self, most_links: int) -> str:
        c = self.c
        sizes = {
            "INPUTS": c.n_inputs,
            "NODES": len(c.nodes),
            "OUTPUTS": len(c.outputs),
            "ACTIONS": c.actions.rows,
            "REPEAT": c.conditions.action_repeat,
        }
        about = {"ACTIONS": "numbers of an action", "REPEAT": "steps of the environment that an action lasts"}
        if any(node.aggregation == "median" for node in c.nodes):
            sizes["MOST_LINKS"] = most_links
        ends = {key: f" /* {about[key]} */" if key in about else "" for key in sizes}
        return "".join(f"#define NN_{key} {value}{ends[key]}\n" for key, value in sizes.items())

    def _state(self) -> tuple[str, int]:
        c = self.c
        places = c.n_inputs + len(c.nodes)
        lines = [f"    {self.value} value[NN_INPUTS + NN_NODES]; /* of the inputs, then of the nodes */"]
        size = 4 * places
        if not c.feed_forward:
            lines.append(f"    {self.value} fresh[NN_NODES]; /* while a step is computed */")
            size += 4 * len(c.nodes)
        if c.conditions.action_repeat > 1:
            lines.insert(0, f"    {self.kind} action[NN_ACTIONS]; /* that goes on */")
            lines.append("    int32_t left; /* steps that it still lasts */")
            size += SIZES[self.kind] * c.actions.rows + 4
            size += -size % SIZES[self.kind]
        return "typedef struct {\n" + "\n".join(lines) + "\n} nn_state;\n", size

    def _reset(self) -> str:
        left = ""
        if self.c.conditions.action_repeat > 1:  # compilers warn of an action that nobody has written
            left = "    for (k = 0; k < NN_ACTIONS; k++)\n        state->action[k] = 0;\n    state->left = 0;\n"
        return (
            "/* Begin an episode. */\nstatic inline void nn_reset(nn_state *state)\n{\n    int k;\n"
            "    for (k = 0; k < NN_INPUTS + NN_NODES; k++)\n        state->value[k] = 0;\n" + left + "}\n"
        )

    def _sense(self) -> str:
        c = self.c
        body = "observation[k]"
        if (c.conditions.offset != 0).any():
            body = f"({body} - nn_offset[k])"
        if (c.conditions.scale != 1).any():
            body = f"{body} * nn_scale[k]"
        lines = [f"        float input = {body};"]
        if np.isfinite(c.conditions.clip):
            clip = number(c.conditions.clip, "float")
            lines += [
                f"        input = input < -{clip} ? -{clip} : input;",
                f"        input = input > {clip} ? {clip} : input;",
            ]
        lines.append((c_float if c.fixed is None else c_fixed).SENSE)
        return (
            "/* Write the inputs. */\nstatic inline void nn_sense(nn_state *state, const float *observation)\n{\n"
            "    int k;\n    for (k = 0; k < NN_INPUTS; k++) {\n" + "\n".join(lines) + "\n    }\n}\n"
        )

    def _step(self, body: str) -> str:
        copy = ""
        if not self.c.feed_forward:
            copy += "\n    for (node = 0; node < NN_NODES; node++)"
            copy += "\n        state->value[NN_INPUTS + node] = state->fresh[node];"
        return (
            "/* Compute every node from the inputs. */\nstatic inline void nn_step(nn_state *state)\n{\n    int node;\n"
            f"{body}{copy}\n}}\n"
        )

    def _output(self) -> str:
        body = c_float.OUTPUT if self.c.fixed is None else c_fixed.output(self.c.fixed)
        return (
            "/* Output k of the last step, before an action is made of it. */\n"
            f"static inline float nn_output(const nn_state *state, int k)\n{{\n{body}\n}}\n"
        )

    def _act(self) -> str:
        steps = ["nn_sense(state, observation);", "nn_step(state);"]
        chosen = "nn_choose(state)" if self._one else "nn_choose(state, {})"
        if self.c.conditions.action_repeat == 1:
            lines = [*steps, f"return {chosen};" if self._one else f"{chosen.format('action')};"]
        else:
            keep = f"state->action[0] = {chosen};" if self._one else f"{chosen.format('state->action')};"
            inside = [*steps, keep, "state->left = NN_REPEAT;"]
            lines = ["if (state->left == 0) {", *(f"    {line}" for line in inside), "}", "state->left--;"]
            if self._one:
                lines.append("return state->action[0];")
            else:
                lines = ["int k;", *lines, "for (k = 0; k < NN_ACTIONS; k++)", "    action[k] = state->action[k];"]
        body = "".join(f"    {line}\n" for line in lines)
        declared = f"{self.kind if self._one else 'void'} nn_act(nn_state *state, const float *observation"
        if not self._one:
            declared += f", {self.kind} *action"
        return f"/* The action that follows an observation. */\nstatic inline {declared})\n{{\n{body}}}\n"

    def _self_test(self) -> str:
        samples = self.c.samples
        steps = len(samples.observations)
        if steps == 0:
            return ""
        call = "action[0] = nn_act(&state, nn_observations[step]);"
        if not self._one:
            call = "nn_act(&state, nn_observations[step], action);"
        return SELF_TEST.format(
            observations=grid("nn_observations", "float", samples.observations),
            outputs=grid("nn_outputs", "float", samples.outputs),
            actions=grid("nn_actions", self.kind, samples.actions),
            steps=steps,
            kind=self.kind,
            call=call,
        )


DOUBLE = """\
#include <float.h>
#if DBL_MANT_DIG != 53
#error "This controller computes in double, which has to have 64 bits; avr-gcc has them with -mdouble=64"
#endif
typedef char nn_constants_have_to_be_double[sizeof(1.0) == sizeof(double) ? 1 : -1];
"""

SELF_TEST = """\
#ifdef NN_SELF_TEST
#include <stdio.h>

/* Steps of one episode: what is observed, what genesys computes of it, and what is done. */
{observations}
{outputs}
{actions}

int main(void)
{{
    static nn_state state;
    {kind} action[NN_ACTIONS];
    int step, k, turn, wrong = 0;
    nn_reset(&state);
    for (step = 0; step < {steps}; step++) {{
        for (turn = 0; turn < NN_REPEAT; turn++)
            {call}
        for (k = 0; k < NN_OUTPUTS; k++)
            if (nn_output(&state, k) != nn_outputs[step][k]) {{
                printf("step %d: output %d is %.9g, not %.9g\\n", step, k, (double)nn_output(&state, k),
                       (double)nn_outputs[step][k]);
                wrong++;
            }}
        for (k = 0; k < NN_ACTIONS; k++)
            if (action[k] != nn_actions[step][k]) {{
                printf("step %d: action %d is %g, not %g\\n", step, k, (double)action[k], (double)nn_actions[step][k]);
                wrong++;
            }}
    }}
    printf("%d steps, %d numbers other than those of genesys\\n", {steps}, wrong);
    return wrong != 0;
}}
#endif
"""
