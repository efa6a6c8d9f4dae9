"""Numbers without bounds: what is exported gives them as the kernels do, in every format."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from export.exporting import COMPILER, INPUTS, compiled, outputs_of, random_controller, run_c
from export.test_as_onnx import session
from genesys_cli.export.as_json import json_of
from genesys_cli.export.as_onnx import onnx_of
from genesys_cli.export.as_torch import torch_of
from genesys_cli.export.c.as_c import header_of
from genesys_cli.names import ACTIVATIONS
from reference.genome import Conn, Genome, Node, population_of


@pytest.mark.parametrize("kind", ["outputs", "reals"])
def test_numbers_without_bounds(kind, tmp_path):
    """Beyond -1 and 1, and 0 of -0."""
    rows = outputs_of(kind)
    genome = Genome(INPUTS, rows)
    for k in range(rows):  # the last one is 0 * -1 + -0
        bias, response = (-0.0, -1.0) if k == rows - 1 else (0.5, 1.0)
        genome.nodes[INPUTS + k] = Node(np.float32(bias), np.float32(response), ACTIVATIONS.index("identity"), 0)
        if k < rows - 1:
            genome.conns[k] = Conn(k, INPUTS + k, np.float32(1000), True)
    population = population_of([genome])
    made = random_controller(kind, population, 0, np.random.default_rng(0), feed_forward=True)
    assert made.samples.outputs[0, -1] == 0
    assert np.signbit(made.samples.outputs[0, -1])
    observations, expected = made.samples.observations, made.samples.actions
    assert not np.signbit(expected[:, -1]).any()
    assert np.abs(expected).max() > 100
    document = json.loads(json_of(made))
    found = {"json": [sample["action"] for sample in document["samples"]]}
    found["onnx"] = session(onnx_of(made)).run(["action"], {"observation": observations})[0]
    if COMPILER:
        library = compiled(tmp_path, {"it": (header_of(made, "it").text, made.actions)})
        found["c"], _ = run_c(library, "it", made, observations)
    if find_spec("torch"):
        import torch

        known = {}
        exec(torch_of(made).decode(), known)
        found["torch"] = known["Controller"]()(torch.from_numpy(observations))[0].numpy()
    for name, actions in found.items():
        assert np.float32(actions).tobytes() == expected.tobytes(), name
