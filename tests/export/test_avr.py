"""Headers on an AVR, whose int has 16 bits, whose double has 32, and whose tables lie in another address space.

Compiled with avr-gcc, run in simavr: the actions are those of ``act``, to the bit. Skipped where these are missing.
"""

from __future__ import annotations

import re
import shutil
import subprocess

import gymnasium
import numpy as np
import pytest

from export.exact import CHEAP, random_case
from export.exporting import SPACES, STRICT, TYPES, genomes, outputs_of, random_controller
from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.config.chip import ChipSettings
from genesys_cli.errors import UserError
from genesys_cli.export.c.as_c import header_of
from genesys_cli.export.c.choose import action_type

needs_avr_gcc = pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="avr-gcc is not installed")
needs_simavr = pytest.mark.skipif(shutil.which("simavr") is None, reason="simavr is not installed")
MCU = "atmega1284p"
CASES = 9

PROGRAM = """\
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
{headers}

static void put(uint8_t letter)
{{
    while ((UCSR0A & _BV(UDRE0)) == 0)
        continue;
    UDR0 = letter;
}}

static void tell(const void *place, uint8_t size)
{{
    const uint8_t *byte = (const uint8_t *)place;
    for (; size > 0; size--, byte++) {{
        put((uint8_t)"0123456789abcdef"[*byte >> 4]);
        put((uint8_t)"0123456789abcdef"[*byte & 15]);
    }}
}}

{functions}

int main(void)
{{
    UCSR0B = _BV(TXEN0);
{calls}
    cli();
    sleep_mode();
    return 0;
}}
"""

FUNCTION = """\
static const float {name}_seen[] PROGMEM = {{ {seen} }};
static {name}_state {name}_at;
static void {name}_run(void)
{{
    float seen[{NAME}_INPUTS];
    {kind} action[{NAME}_ACTIONS];
    int step;
    {name}_reset(&{name}_at);
    for (step = 0; step < {steps}; step++) {{
        memcpy_P(seen, {name}_seen + step * {NAME}_INPUTS, sizeof seen);
        {call};
        tell(action, sizeof action);
    }}
    put('\\n');
}}
"""


def program(cases):
    """Return C that tells the bytes of all actions, a line for each case, and the headers by their names of files."""
    headers, functions = {}, []
    for k, case in enumerate(cases):
        name = f"it{k}"
        headers[f"{name}.h"] = header_of(case.made, name, "progmem").text
        call = f"{name}_act(&{name}_at, seen"
        call = f"action[0] = {call})" if case.made.actions.kind == "discrete" else f"{call}, action)"
        seen = ", ".join(float(value).hex() + "f" for value in case.seen.ravel())
        kind = action_type(case.made.actions)
        functions.append(
            FUNCTION.format(name=name, NAME=name.upper(), kind=kind, steps=len(case.done), call=call, seen=seen)
        )
    text = PROGRAM.format(
        headers="".join(f'#include "{name}"\n' for name in headers),
        functions="\n".join(functions),
        calls="".join(f"    it{k}_run();\n" for k in range(len(cases))),
    )
    return text, headers


@needs_avr_gcc
@needs_simavr
def test_the_bits_are_those_of_genesys(tmp_path):
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    cases = []
    while len(cases) < CASES:
        with np.errstate(all="ignore"):
            case = random_case(rng, fixed=len(cases) % 3 == 2, steps=6, activations=CHEAP)
        if case.done and action_type(case.made.actions) != "double":
            cases.append(case)
    text, headers = program(cases)
    for name, header in headers.items():
        (tmp_path / name).write_text(header)
    (tmp_path / "all.c").write_text(text)
    command = ["avr-gcc", f"-mmcu={MCU}", "-std=c99", *STRICT, "-Os", "all.c", "-o", "all.elf"]
    subprocess.run(command, cwd=tmp_path, check=True)
    command = ["simavr", "-m", MCU, "-f", "16000000", "all.elf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=300)
    told = b"".join(re.findall(rb"\x1b\[32m([0-9a-f]*)", done.stdout + done.stderr)).decode()
    for k, case in enumerate(cases):
        expected = np.array([np.ravel(action) for action in case.done]).astype(TYPES[action_type(case.made.actions)])
        bits = expected.tobytes().hex()
        assert told[: len(bits)] == bits, f"seed {seed}, case {k}: {case.it}"
        told = told[len(bits) :]
    assert told == ""


@needs_avr_gcc
@pytest.mark.parametrize("language", ["c", "c++"])
def test_every_kind_of_action_compiles_and_takes_no_ram(tmp_path, language):
    """Also as Arduino does it, in C++. Tables are in flash, and what is in RAM is the state alone."""
    rng = np.random.default_rng(11)
    for fixed in (False, True):
        text = ""
        for k, kind in enumerate(SPACES):
            population = genomes(outputs_of(kind), feed_forward=False, fixed=fixed, seed=3)
            made = random_controller(kind, population, 4, rng, feed_forward=False, fixed=fixed, repeat=2)
            nodes = tuple(node._replace(activation="tanh") for node in made.nodes)
            header = header_of(made._replace(nodes=nodes), f"it{k}", "progmem")
            (tmp_path / f"it{k}.h").write_text(header.text)
            call = f"it{k}_act(&state{k}, seen{k}"
            call = f"action{k}[0] = {call})" if kind == "one of" else f"{call}, action{k})"
            text += f"""\
#include "it{k}.h"
it{k}_state state{k};
float seen{k}[IT{k}_INPUTS];
{action_type(made.actions)} action{k}[IT{k}_ACTIONS];
void act{k}(void);
void act{k}(void) {{ {call}; }}
"""
        (tmp_path / "all.c").write_text(text)
        gcc = ["avr-gcc", "-std=c99"] if language == "c" else ["avr-g++", "-std=c++11"]
        command = [*gcc, "-mmcu=atmega328p", *STRICT, "-Os", "-x", language, "-c", "all.c", "-o", "all.o"]
        subprocess.run(command, cwd=tmp_path, check=True)
        sizes = subprocess.run(["avr-size", "-A", "all.o"], cwd=tmp_path, capture_output=True, text=True, check=True)
        lines = [line.split() for line in sizes.stdout.splitlines() if line.startswith(".")]
        taken = {line[0]: int(line[1]) for line in lines}
        assert sum(taken.get(name, 0) for name in (".data", ".rodata")) == 0, taken
        assert taken[".progmem.data"] > 100


@needs_avr_gcc
def test_what_needs_a_double_says_so(tmp_path):
    space = gymnasium.spaces.Box(np.float64(0.1), np.float64(0.7), (2,), np.float64)
    case = random_case(np.random.default_rng(1), space=space, activations=CHEAP)
    (tmp_path / "it.h").write_text(header_of(case.made, "it").text)
    command = ["avr-gcc", "-mmcu=atmega328p", "-std=c99", "-c", "-x", "c", "it.h", "-o", "it.o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "This controller computes in double, which has to have 64 bits" in done.stderr


def test_tables_that_an_avr_does_not_hold():
    rng = np.random.default_rng(5)
    population = genomes(4, feed_forward=True, fixed=True, seed=3)
    chip = ChipSettings.model_validate({"adam": {"table_bits": 14}})
    made = random_controller("switches", population, 1, rng, feed_forward=True, fixed=True, chip=chip)
    made = made._replace(nodes=tuple(node._replace(activation="tanh") for node in made.nodes))
    with pytest.raises(UserError, match=r"--flash progmem: .* table_tanh .* Smaller adam.table_bits"):
        header_of(made, "it", "progmem")
    header_of(made, "it")


def test_every_table_in_flash_is_read_by_a_function():
    """A plain read compiles, and gives whatever lies at that place in RAM."""
    rng = np.random.default_rng(5)
    for fixed in (False, True):
        for kind in SPACES:
            population = genomes(outputs_of(kind), feed_forward=True, fixed=fixed, seed=3)
            for genome in range(0, population.size, 20):
                made = random_controller(kind, population, genome, rng, feed_forward=True, fixed=fixed)
                chip = ChipSettings.model_validate({"adam": {"table_bits": 6}})
                made = made._replace(fixed=fixed_point_of(chip)) if fixed else made
                text = header_of(made, "it", "progmem").text.partition("#ifdef IT_SELF_TEST")[0]
                tables = re.findall(r"^static const \w+ (\w+)\[", text, re.MULTILINE)
                assert len(tables) > 4
                for table in [*tables, "table"]:
                    uses = re.findall(rf"(.)\b{table}\[", re.sub(r"static const \w+ ", "", text))
                    assert set(uses) <= {"&", "\n"}, table
