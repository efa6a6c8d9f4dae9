"""Every action space and every bound: what is exported gives the environment what ``act`` and replay give it."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from gymnasium.spaces import Box

from export.exact import CHEAP, INPUTS, random_case, told
from export.exporting import STRICT, compiled, needs_compiler, run_c
from export.reader import Reader
from export.test_as_onnx import session
from genesys_cli.export.as_json import json_of
from genesys_cli.export.as_onnx import onnx_of
from genesys_cli.export.as_torch import torch_of
from genesys_cli.export.c.as_c import header_of

CASES = 32


@pytest.fixture(scope="module")
def cases():
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        found = [random_case(rng, fixed=k % 4 == 3) for k in range(CASES)]
    return [case._replace(it=f"seed {seed}, case {k}: {case.it}") for k, case in enumerate(found)]


@needs_compiler
def test_c(cases, tmp_path):
    headers = {
        f"it{k}": (header_of(case.made, f"it{k}", ("none", "progmem")[k % 2]).text, case.made.actions)
        for k, case in enumerate(cases)
    }
    for level in ("-O0", "-O2"):
        (tmp_path / level).mkdir()
        library = compiled(tmp_path / level, headers, level)
        for k, case in enumerate(cases):
            actions, _ = run_c(library, f"it{k}", case.made, case.seen)
            for action, expected in zip(actions, case.done, strict=True):
                assert told(action) == told(expected), case.it
    if shutil.which("g++"):
        text = "".join(f'#include "it{k}.h"\n' for k in range(len(cases)))
        (tmp_path / "-O2" / "all.cpp").write_text(text + "int main() { return 0; }\n")
        command = ["g++", "-std=c++11", *STRICT, "-Wno-unused-function", "-fsyntax-only", "all.cpp"]
        subprocess.run(command, cwd=tmp_path / "-O2", check=True)


def by_onnx(case):
    """Yield the action of the ONNX model in each step, and that of the program."""
    model, state = session(onnx_of(case.made)), np.zeros((1, len(case.made.nodes)), np.float32)
    for step, (observation, expected) in enumerate(case.steps):
        if step % case.made.conditions.action_repeat == 0:
            given = {"observation": observation[None]} | ({} if case.made.feed_forward else {"state": state})
            found = dict(zip((one.name for one in model.get_outputs()), model.run(None, given), strict=True))
            state = found.get("next_state")
        yield found["action"], expected


def test_onnx(cases):
    for case in cases:
        if case.made.fixed is not None:
            continue
        for action, expected in by_onnx(case):
            assert told(action) == told(expected), case.it
            assert action.shape == (1, *np.shape(expected)), case.it
            if isinstance(expected, np.ndarray):
                assert action.dtype == expected.dtype, case.it


@pytest.mark.parametrize("reach", [1e-45, 1e-44, 1.0])
def test_onnx_around_zero(reach):
    """Half a range times an output may be -0, and middle 0 plus that is 0, whatever a runtime leaves out."""
    rng = np.random.default_rng(seed := int(np.random.default_rng().integers(1 << 31)))
    space = Box(np.float32(-reach), np.float32(reach), ())
    with np.errstate(all="ignore"):
        found = [random_case(rng, space=space) for _ in range(8)]
    zeros = 0
    for k, case in enumerate(found):
        for action, expected in by_onnx(case):
            assert told(action) == told(expected), f"seed {seed}, case {k}: {case.it}"
            zeros += not np.any(expected)
    assert zeros or reach > 1e-45, f"seed {seed}"  # of a wider range, chance may have none


def test_json_says_what_becomes_of_outputs(cases):
    """A reader that has the outputs of the kernels has their actions; in plain Python, its own differ in last bits."""
    for case in cases:
        if case.made.fixed is not None or len(case.made.samples.actions) == 0:
            continue
        reader = Reader(json_of(case.made))
        for sample, action in zip(reader.document["samples"], case.made.samples.actions, strict=True):
            assert repr(np.ravel(np.array(sample["action"], dtype=object)).tolist()) == told(action), case.it
            reader.outputs = sample["outputs"]
            chosen = np.ravel(np.array(reader.chosen(**reader.document["controller"]["action"]), dtype=object))
            assert told(np.array(chosen.tolist(), case.made.actions.dtype)) == told(action), case.it


def test_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed := int(np.random.default_rng().integers(1 << 31)))
    for k in range(CASES):
        case = random_case(rng, activations=CHEAP)
        known = {}
        exec(torch_of(case.made).decode(), known)
        controller, memory = known["Controller"](), ()
        for step, (observation, expected) in enumerate(case.steps):
            if step % case.made.conditions.action_repeat == 0:
                action, _, *memory = controller(torch.from_numpy(observation[None]), *memory)
            it = f"seed {seed}, case {k}: {case.it}"
            assert told(action.numpy()) == told(expected), it
            assert tuple(action.shape) == (1, *np.shape(expected)), it
            if isinstance(expected, np.ndarray):
                assert action.numpy().dtype == expected.dtype, it


def test_many_lines_of_a_batch_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    case = random_case(rng)
    while case.made.feed_forward or not len(case.done):
        case = random_case(rng)
    known = {}
    exec(torch_of(case.made).decode(), known)
    seen = torch.from_numpy(rng.normal(size=(6, INPUTS)).astype(np.float32))
    state = torch.from_numpy(rng.normal(size=(6, len(case.made.nodes))).astype(np.float32))
    together = known["Controller"]()(seen, state)
    for k in range(6):
        for one, all_of_them in zip(known["Controller"]()(seen[k : k + 1], state[k : k + 1]), together, strict=True):
            assert torch.equal(one[0], all_of_them[k])
