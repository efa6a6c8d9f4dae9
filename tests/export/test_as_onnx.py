"""ONNX Runtime computes an exported model as the kernels do, to the bit."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from export.exporting import INPUTS, SPACES, genomes, outputs_of, played, random_controller
from genesys_cli import load_champion
from genesys_cli.errors import UserError
from genesys_cli.export.as_onnx import OPSET, onnx_of

STEPS = 40


def session(data):
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run_onnx(model, made, observations):
    """Return what a model does and computes in steps of one episode."""
    actions, outputs = [], []
    state = np.zeros((1, len(made.nodes)), np.float32)
    for observation in observations:
        given = {"observation": observation[None]}
        if not made.feed_forward:
            given["state"] = state
        found = dict(zip((one.name for one in model.get_outputs()), model.run(None, given), strict=True))
        actions.append(found["action"][0])
        outputs.append(found["outputs"][0])
        state = found.get("next_state")
    return np.array(actions), np.array(outputs)


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize("kind", SPACES)
def test_random_genomes_act_as_the_kernels_do(kind, feed_forward):
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    population = genomes(outputs_of(kind), feed_forward=feed_forward, fixed=False, seed=9)
    functions = set()
    for g in rng.permutation(population.size)[:6]:
        made = random_controller(kind, population, g, rng, feed_forward=feed_forward)
        model = session(onnx_of(made))
        observations = rng.normal(size=(STEPS, INPUTS), scale=2).astype(np.float32)
        with np.errstate(all="ignore"):
            expected, outputs = played(made, population, g, observations)
        actions, computed = run_onnx(model, made, observations)
        np.testing.assert_array_equal(computed, outputs, f"genome {g}")
        np.testing.assert_array_equal(actions, expected.reshape(actions.shape), f"genome {g}")
        assert actions.dtype == made.actions.dtype
        assert actions.shape[1:] == made.actions.shape
        functions |= {node.activation for node in made.nodes} | {node.aggregation for node in made.nodes}
    assert len(functions) > 5


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
def test_many_observations_at_once(feed_forward):
    """Each line of a batch is an episode of its own."""
    rng = np.random.default_rng(5)
    population = genomes(4, feed_forward=feed_forward, fixed=False, seed=9)
    made = random_controller("one of", population, 2, rng, feed_forward=feed_forward)
    model = session(onnx_of(made))
    observations = rng.normal(size=(7, INPUTS)).astype(np.float32)
    given = {"observation": observations}
    if not feed_forward:
        given["state"] = rng.normal(size=(7, len(made.nodes))).astype(np.float32)
    together = model.run(None, given)
    for k in range(7):
        alone = model.run(None, {name: array[k : k + 1] for name, array in given.items()})
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[k])


def test_what_a_model_says_of_itself():
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(5)
    population = genomes(4, feed_forward=False, fixed=False, seed=9)
    made = random_controller("one of", population, 2, rng, feed_forward=False, repeat=3)
    model = onnx.load_from_string(onnx_of(made))
    assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
    assert {prop.key: prop.value for prop in model.metadata_props} == {
        "environment": "Test-one of-v0",
        "action_repeat": "3",
    }
    assert [value.name for value in model.graph.input] == ["observation", "state"]
    assert {value.name for value in model.graph.output} == {"outputs", "next_state", "action"}


def test_without_onnx(monkeypatch):
    rng = np.random.default_rng(5)
    made = random_controller("one of", genomes(4, feed_forward=True, fixed=False, seed=9), 2, rng, feed_forward=True)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"needs onnx .* pip install 'genesys-cli\[onnx\]'"):
        onnx_of(made)


def test_the_handbook_s_program():
    pytest.importorskip("onnxruntime")
    pytest.importorskip("Box2D")
    from genesys_cli.export.files import export
    from genesys_cli.files.target import find_target

    handbook = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text()
    program = handbook.partition("```python\n")[2].partition("```")[0]
    Path("lander.onnx").write_bytes(export(find_target("LunarLander", None), "onnx").data)
    champion = load_champion("LunarLander")
    env = champion.make_env()
    observation, _ = env.reset(seed=3)
    known = {"observation": observation}
    exec(program, known)
    assert known["action"][0] == champion.act(observation)
