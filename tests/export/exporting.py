"""Controllers of random genomes, and other programs that run what was exported of them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from gymnasium import spaces

from genesys_cli.backends.chip.numerics import fixed_point
from genesys_cli.backends.numerics import FLOAT32
from genesys_cli.config.schema import Settings
from genesys_cli.envs.gym.spaces import flat_action
from genesys_cli.envs.spec import Environment, Real
from genesys_cli.export.actions import Actions, Interface
from genesys_cli.export.c.as_c import header_of
from genesys_cli.export.c.choose import action_type
from genesys_cli.export.controller import controller
from genesys_cli.network.network import Network
from reference.acting import Player
from reference.grow import FUNCTIONS, RESPONSE, Scene, grow

INPUTS = 5
SPACES = {
    "one of": spaces.Discrete(4, start=-1),
    "several": spaces.MultiDiscrete([2, 4, 3], start=[0, 5, -2]),
    "switches": spaces.MultiBinary([2, 2]),
    "numbers": spaces.Box(np.array([-1, -2, 0.1], np.float32), np.array([1, 6, 0.5], np.float32)),
    "outputs": spaces.Box(-np.inf, np.inf, (2,), np.float32),
    "reals": spaces.Box(-np.inf, np.inf, (3,), np.float32),
    "whole": spaces.Box(np.array([[-3], [0]], np.int16), np.array([[4], [255]], np.int16), dtype=np.int16),
}
REALS = {"outputs": Real((0.0,) * 2, (1.0,) * 2), "reals": Real((0.25, -30.0, 0.0), (0.1, 5.0, 1.0))}
TYPES = {"int32_t": np.int32, "int64_t": np.int64, "uint64_t": np.uint64, "float": np.float32, "double": np.float64}

STRICT = ["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wdouble-promotion"]
FLAGS = ["-std=c99", *STRICT, "-O2"]
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")

DRIVER = """
#include "{name}.h"
void {name}_run(int steps, const float *observations, {kind} *actions, float *outputs);
void {name}_run(int steps, const float *observations, {kind} *actions, float *outputs)
{{
    {name}_state state;
    int step, k;
    {name}_reset(&state);
    for (step = 0; step < steps; step++) {{
        {call}
        for (k = 0; k < {NAME}_OUTPUTS; k++)
            outputs[step * {NAME}_OUTPUTS + k] = {name}_output(&state, k);
    }}
}}
"""


def settings_with(**tables):
    return Settings.from_tables({name: table for name, table in tables.items() if table})


def outputs_of(kind):
    return action_of(kind).n_outputs


def action_of(kind):
    return REALS.get(kind) or flat_action(SPACES[kind], kind).action


def genomes(outputs, *, feed_forward, fixed, seed, count=20):
    functions = RESPONSE if fixed else {**FUNCTIONS, **RESPONSE}
    changes = {"population": count, "feed_forward": feed_forward, **functions}
    if fixed:
        changes["activation_options"] = FUNCTIONS["activation_options"][:16]  # as many as a narrow layout has room for
        changes["activation_mutate_rate"] = 0.3
    return grow(Scene(INPUTS, outputs, seed, changes, 8))[-1].children


def random_controller(kind, population, genome, rng, *, feed_forward, fixed=False, repeat=1, chip=None):
    """Return a genome of a population as a controller with random scaling, for actions of one of SPACES."""
    action, actions = action_of(kind), Actions(SPACES[kind])
    names = tuple(f"row {k}" for k in range(actions.rows))
    if kind == "one of":
        names = tuple(f"choice {k}" for k in range(action.n))
    env = Environment(f"Test-{kind}-v0", "Test", tuple(f"seen {k}" for k in range(INPUTS)), names, action, 100, None)
    clip = float(rng.choice([0.75, 2.0, np.inf]))
    tables = {
        "environment": {"action_repeat": repeat},
        "evaluation": {} if np.isinf(clip) else {"observation_clip": clip},
        "neat": {"feed_forward": feed_forward},
    }
    settings = settings_with(**tables)
    if chip is not None:
        settings = settings.model_copy(update={"chip": chip})
    scaled = rng.random() < 0.8
    offset = (rng.normal(size=INPUTS) if scaled else np.zeros(INPUTS)).astype(np.float32)
    scale = (rng.normal(size=INPUTS) if scaled else np.ones(INPUTS)).astype(np.float32)
    one = population.select(np.array([genome]))
    numerics = fixed_point(settings.target_chip) if fixed else FLOAT32
    return controller(one, settings, Interface(env, actions), offset, scale, {"environment": env.id}, numerics)


def played(made, population, genome, observations, chip=None):
    """Return what the kernels decide and compute in steps of one episode, put together in plain Python.

    chip: whose arithmetic it is; None: float
    """
    one = population.select(np.array([genome]))
    if chip is None:
        network = Network(one, feed_forward=made.feed_forward)
    else:
        numerics = fixed_point(chip)
        network = numerics.network(numerics.adopt(one), feed_forward=made.feed_forward)
    computed = []
    activate = network.activate
    network.activate = lambda inputs: computed.append(activate(inputs)) or computed[-1]
    player = Player(network, made.interface.environment.action, made.conditions, 0)
    dtype = np.float32 if made.actions.kind in ("box", "real") else np.int32
    actions, outputs = [], []
    for step, observation in enumerate(observations):
        if step % made.conditions.action_repeat == 0:
            actions.append(made.actions.of_row(np.array(player.decide(observation), dtype)))
        else:
            actions.append(actions[-1])
        outputs.append(computed[-1])
    return np.array(actions), np.array(outputs)


def compiled(folder, headers, *flags):
    """Compile headers, by name, into a library, with further flags; return it."""
    sources = []
    for name, (text, actions) in headers.items():
        kind = action_type(actions)
        (folder / f"{name}.h").write_text(text)
        call = f"{name}_act(&state, observations + step * {name.upper()}_INPUTS"
        if actions.kind == "discrete":
            call = f"actions[step] = {call});"
        else:
            call = f"{call}, actions + step * {name.upper()}_ACTIONS);"
        sources.append(DRIVER.format(name=name, NAME=name.upper(), kind=kind, call=call))
    (folder / "all.c").write_text("".join(sources))
    library = folder / "all.so"
    subprocess.run([COMPILER, *FLAGS, *flags, "-shared", "-fPIC", "all.c", "-o", library], cwd=folder, check=True)
    return ctypes.CDLL(str(library))


def run_c(library, name, made, observations):
    """Return what a compiled controller does and computes in steps of one episode: actions and outputs."""
    steps, rows = len(observations), made.actions.rows
    actions = np.empty((steps, rows), TYPES[action_type(made.actions)])
    outputs = np.empty((steps, len(made.outputs)), np.float32)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (observations, actions, outputs)]
    getattr(library, f"{name}_run")(ctypes.c_int(steps), *pointers)
    return actions, outputs


def self_test(folder, made, name, *flags):
    """Compile a header's own test and run it; return what it printed."""
    header = header_of(made, name)
    (folder / f"{name}.h").write_text(header.text)
    command = [COMPILER, *FLAGS, *flags, f"-D{name.upper()}_SELF_TEST", "-x", "c", f"{name}.h", "-o", name]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([folder / name], capture_output=True, text=True, check=False)
