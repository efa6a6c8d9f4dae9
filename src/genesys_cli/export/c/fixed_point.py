"""A network's step in C, in the chip's fixed point: whole numbers of 32 bits, and of 64 behind the sums.

A real number z = bias + response * sum is held exactly, in units of ``2 ** -point``. The kernels of ``accelerator``
hold it in float64, which makes no difference, since it has no more bits than that holds.
"""

from __future__ import annotations

import math

from ...accelerator.adam.numbers import HALF, NO_TABLE, TABLE, FixedPoint, raw_of
from ...accelerator.layout import Fixed
from ...errors import UserError
from ...facts import GUARD_BITS
from ...names import ACTIVATIONS
from ..controller import Controller, Node
from .text import Tables, switch, whole

VALUE = "int32_t"
EXACT_BITS = 53  # of a float64

SENSE = """\
        state->value[k] = nn_operand(input) * 65536;"""

OPERAND = """\
/* The operand that holds a number: to the nearest, ties to even; what is out of range saturates. */
static inline int32_t nn_operand(float number)
{{
    int32_t whole;
    number *= {scale}.0f;
    number = number > {low}.0f ? number : {low}.0f;
    number = number < {high}.0f ? number : {high}.0f;
    whole = (int32_t)number;
    number -= (float)whole;
    if (number > 0.5f || (number == 0.5f && whole % 2 != 0))
        return whole + 1;
    return whole - (number < -0.5f || (number == -0.5f && whole % 2 != 0));
}}
"""

OUTPUT = """\
    return (float)((int64_t)state->value[nn_place[k]] - 32768) / {scale}.0f;"""

STEP = """\
    for (node = 0; node < NN_NODES; node++) {{
        int32_t total = nn_sum(state->value, (int)nn_first[node], (int)nn_first[node + 1]);
        int64_t z = (int64_t)nn_bias[node] * {bias_unit} + (int64_t){response} * total{sum_unit};
        {target} = nn_activated({activation}z);
    }}"""

PLAIN_SUM = """\
/* Sum of weights times operands. An operand is the upper half of a register; right shifts keep the sign. */
static inline int32_t nn_sum(const int32_t *value, int link, int end)
{
    int32_t total = 0;
    for (; link < end; link++)
        total += (int32_t)nn_weight[link] * (value[nn_source[link]] >> 16);
    return total;
}
"""

LIMITED_SUM = """\
/* Sum of weights times operands, limited at each addition. An operand is the upper half of a register; right shifts
   keep the sign. */
static inline int32_t nn_sum(const int32_t *value, int link, int end)
{{
    int64_t total = 0;
    for (; link < end; link++) {{
        total += (int32_t)nn_weight[link] * (value[nn_source[link]] >> 16);
        total = total > {high} ? {high} : total;
        total = total < {low} ? {low} : total;
    }}
    return (int32_t)total;
}}
"""

ROUNDED = """\
/* A number divided by 2 to the `shift`, to the nearest, ties to even. */
static inline int64_t nn_rounded(int64_t number, int shift)
{
    int64_t down, rest, half;
    if (shift == 0)
        return number;
    down = number >> shift;
    rest = number - down * ((int64_t)1 << shift);
    half = (int64_t)1 << (shift - 1);
    return down + (rest > half || (rest == half && (down & 1) != 0));
}
"""

LOOKED_UP = """\
/* The entry of a table that is nearest to where `number` points, in units of 2 to the -`shift`. */
static inline int32_t nn_looked_up(const int32_t *table, int64_t number, int shift)
{{
    int64_t entry = nn_rounded(number, shift);
    entry = entry < 0 ? 0 : entry;
    return table[entry > {last} ? {last} : entry];
}}
"""

LIMITED = """\
static inline int32_t nn_limited(int64_t number)
{{
    number = number < {low} ? {low} : number;
    return (int32_t)(number > {high} ? {high} : number);
}}
"""

REGISTER = """\
/* The register that holds a real number: rounded, limited, with half an operand's unit added. */
static inline int32_t nn_register(int64_t z)
{{
    return nn_limited({rounded} + 32768);
}}
"""

TAIL = """\
/* The register that holds a real number times a constant. */
static inline int32_t nn_scaled(int64_t z, double factor)
{{
    return nn_limited((int64_t)(((double)z * factor * {unit} + 6755399441055744.0) - 6755399441055744.0) + 32768);
}}
"""


def network(controller: Controller, tables: Tables) -> tuple[str, str]:
    """Return the functions that a step needs, and its body; what it reads goes into the tables.

    Raises UserError where the formats are so wide that 64 bits do not hold what comes of them.
    """
    assert controller.fixed is not None
    formats = controller.fixed
    nodes = controller.nodes
    weights = [int(raw_of(weight, formats.weight)) for node in nodes for weight in node.weights]
    responses = [int(raw_of(node.response, formats.response)) for node in nodes]
    tables.add("bias", _kind(formats.bias), [int(raw_of(node.bias, formats.bias)) for node in nodes])
    alike = len(set(responses)) == 1
    if not alike:
        tables.add("response", _kind(formats.response), responses)
    tables.add("weight", _kind(formats.weight), weights)
    activations = list(dict.fromkeys(node.activation for node in nodes))
    if len(activations) > 1:
        tables.add("activation", "uint8_t", [activations.index(node.activation) for node in nodes])
    behind_sum = _point(formats.response) + _point(formats.weight) + _point(formats.operand)
    point = max(_point(formats.bias), behind_sum)
    _check(formats, point, behind_sum)
    for name in activations:
        kind = ACTIVATIONS.index(name)
        if formats.table_kind[kind] != NO_TABLE:
            base = int(formats.base[kind])
            tables.add(f"table_{name}", "int32_t", formats.tables[base : base + int(formats.last) + 1])
    bodies = [_activation(name, formats, point) for name in activations]
    text = "\n".join(bodies)
    operand = formats.operand
    functions = [
        OPERAND.format(scale=int(operand.scale), low=int(operand.low), high=int(operand.high)),
        LIMITED_SUM.format(low=int(formats.sum_low), high=int(formats.sum_high))
        if any(_may_saturate(node, formats) for node in nodes)
        else PLAIN_SUM,
        ROUNDED,
    ]
    if "nn_looked_up" in text:
        functions.append(LOOKED_UP.format(last=int(formats.last)))
    if "nn_register" in text or "nn_scaled" in text:
        functions.append(LIMITED.format(low=whole(int(formats.register_low)), high=whole(int(formats.register_high))))
    if "nn_register" in text:
        functions.append(REGISTER.format(rounded=_shifted("z", point - _register_point(formats))))
    if "nn_scaled" in text:
        functions.append(TAIL.format(unit=repr(2.0 ** (_register_point(formats) - point))))
    functions.append(switch(activations, "static inline int32_t nn_activated(int kind, int64_t z)", bodies))
    step = STEP.format(
        bias_unit=1 << (point - _point(formats.bias)),
        sum_unit=f" * {1 << (point - behind_sum)}" if point > behind_sum else "",
        response=responses[0] if alike else "nn_response[node]",
        activation="nn_activation[node], " if len(activations) > 1 else "",
        target="state->value[NN_INPUTS + node]" if controller.feed_forward else "state->fresh[node]",
    )
    return "\n".join(functions), step


def output(formats: FixedPoint) -> str:
    return OUTPUT.format(scale=int(formats.register_scale))


def _point(fmt: Fixed) -> int:
    """Return how many bits a format has after the point."""
    return int(math.log2(fmt.scale))


def _register_point(formats: FixedPoint) -> int:
    return _point(formats.operand) + GUARD_BITS


def _kind(fmt: Fixed) -> str:
    return "int8_t" if fmt.high < 1 << 7 else "int16_t"


def _check(formats: FixedPoint, point: int, behind_sum: int) -> None:
    """Raise a UserError where z has more bits than float64 and the 64 of its unit hold."""
    product = int(-formats.response.low) * (int(formats.sum_high) + 1) << (point - behind_sum)
    bits = (product + (int(-formats.bias.low) << (point - _point(formats.bias)))).bit_length()
    widest = max(
        0, _register_point(formats) - point, *(_steps(formats, kind) - point for kind in range(len(formats.low)))
    )
    if bits > EXACT_BITS or bits + widest > 62:
        raise UserError(
            f"bias + response * sum has {bits} bits in this chip's formats, and {bits + widest} where it is looked up; "
            f"a header holds {EXACT_BITS} and 62. Choose narrower formats, or --arithmetic float"
        )


def _may_saturate(node: Node, formats: FixedPoint) -> bool:
    total = sum(abs(int(raw_of(weight, formats.weight))) for weight in node.weights)
    return bool(total * -int(formats.operand.low) > formats.sum_high)


def _steps(formats: FixedPoint, kind: int) -> int:
    """Return the power of two that is the number of a table's entries in 1; 0 where there is no table."""
    return int(math.log2(formats.per_unit[kind])) if formats.per_unit[kind] else 0


def _shifted(text: str, shift: int) -> str:
    """Return C for a number divided by ``2 ** shift`` and rounded."""
    return f"nn_rounded({text}, {shift})" if shift >= 0 else f"{text} * {1 << -shift}"


def _activation(name: str, formats: FixedPoint, point: int) -> str:
    """Return C for the register that holds an activation of z, in units of ``2 ** -point``."""
    kind = ACTIVATIONS.index(name)
    one = f"(int64_t){1 << point}"
    if formats.table_kind[kind] == NO_TABLE:
        return {
            "identity": "nn_register(z)",
            "relu": "nn_register(z > 0 ? z : 0)",
            "abs": "nn_register(z < 0 ? -z : z)",
            "clamped": f"nn_register(z < -{one} ? -{one} : z > {one} ? {one} : z)",
            "hat": f"nn_register((z < 0 ? -z : z) > {one} ? 0 : {one} - (z < 0 ? -z : z))",
        }[name]
    low, shift = int(formats.low[kind] * 2.0**point), point - _steps(formats, kind)
    from_low = f"z - ({low})" if low < 0 else "z"
    where = f"{from_low}, {shift}" if shift >= 0 else f"({from_low}) * {1 << -shift}, 0"
    looked_up = f"nn_looked_up(nn_table_{name}, {where})"
    if formats.table_kind[kind] == TABLE:
        return looked_up
    assert formats.edge[kind] == 0
    tail = float(formats.tail[kind])
    beyond = "nn_register(z)" if tail == 1 else f"nn_scaled(z, {tail!r})"
    return f"z < 0 ? {looked_up} : {beyond}"


assert HALF == 32768  # as the texts above have it
