"""Episodes with ADAM's RTL are those of the emulated chip, to the bit: fitness, returns, steps, counts, moments."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.backends.chip.model import ChipModel, interface_of
from genesys_cli.backends.chip.numerics import FIXED, fixed_point
from genesys_cli.backends.native.evaluator import Evaluator
from genesys_cli.backends.rtl.evaluator import RtlEvaluator
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chips import load_chip
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.rtl.verilator import missing_tool
from reference.grow import Scene, grow

if why := missing_tool():
    pytest.skip(why, allow_module_level=True)

EDGE = load_chip("genesys-edge").settings

DISTURBED = {"noise": 0.05, "dropout": 0.1, "delay": 1, "action_repeat": 2, "moments": True}


@pytest.mark.parametrize(
    ("env", "io", "changes", "disturbed", "seeds"),
    [
        ("CartPole", (4, 2), {}, {}, (3,)),
        ("CartPole", (4, 2), {"feed_forward": False}, {}, (3, 4, 5)),
        ("MountainCarContinuous", (2, 1), {}, {"max_steps": 60}, (1, 2)),
        ("CartPole", (4, 2), {}, DISTURBED, (1, 2, 3, 4, 5)),
    ],
    ids=["plain", "recurrent", "numbers", "disturbed"],
)
def test_equals_the_emulated_chip(env, io, changes, disturbed, seeds):
    forward = changes.get("feed_forward", True)
    settings = load_settings(None, env, [f"neat.feed_forward={str(forward).lower()}"])
    settings = settings.model_copy(update={"chip": EDGE})
    world = environment_of(settings)
    chip = settings.target_chip
    population = fixed_point(chip).adopt(grow(Scene(*io, 5, {"population": 40, **changes}))[-1].children)
    conditions = conditions_of(settings, world)._replace(**disturbed)
    threads = Threads(1)
    emulated = Evaluator(settings, world, threads, FIXED, fixed_point(chip).formats)
    built = RtlEvaluator(settings, world, threads, chip)
    expected, found = (one.play(population, seeds, conditions, True) for one in (emulated, built))
    for name in ("fitness", "returns", "steps", "decisions", "nodes", "edges"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.ended == expected.ended
    assert (found.sums is None) == (expected.sums is None) == (not conditions.moments)
    if found.sums is not None:
        assert found.sums.observed == expected.sums.observed
        np.testing.assert_array_equal(found.sums.rows, expected.sums.rows)
    assert len(set(found.fitness.tolist())) > 3  # they play differently
    model = ChipModel(settings.neat, chip, interface_of(settings, world))
    counted = model.inference(population, found.decisions, len(seeds))
    assert built.adam.array_cycles == counted["adam_cycles"]
