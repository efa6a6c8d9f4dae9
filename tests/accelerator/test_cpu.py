"""The CPU's cycles, by hand, and where they are from."""

import json
from pathlib import Path

import pytest
from benchmarks.m0.results import toml as printed

from genesys_cli.accelerator.cpu import (
    Interface,
    check_cycles,
    distance_cycles,
    fitness_cycles,
    interface_operands,
    pad_words,
    step_cycles,
    vectorise_cycles,
)
from genesys_cli.backends.chip.model import interface_of
from genesys_cli.config import toml
from genesys_cli.config.chip import ChipSettings, CpuSettings
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of

CHIP = ChipSettings()
COUNTED = json.loads((Path(__file__).parents[2] / "benchmarks" / "m0" / "counts.json").read_text(encoding="utf-8"))


def test_a_step_of_cartpole_and_of_lunar_lander():
    assert step_cycles(Interface(4, 2), CHIP) == 152 + 4 * 41 + 2 * 12
    assert step_cycles(Interface(8, 4, normalised=True), CHIP) == 152 + 8 * 87 + 4 * 12
    assert step_cycles(Interface(3, 1, continuous=True), CHIP) == 152 + 3 * 41 + 85


def test_a_unit_takes_what_goes_in_and_out_in_place_of_the_cpu():
    unit = ChipSettings.model_validate({"adam": {"interface": "unit"}})
    assert step_cycles(Interface(4, 2), unit) == 0
    assert interface_operands(Interface(4, 2), unit) == 7
    assert interface_operands(Interface(4, 2), CHIP) == 0


def test_pads_carry_observations_the_reward_and_the_action():
    assert pad_words(Interface(4, 2)) == 4 + 1 + 1
    assert pad_words(Interface(24, 4, continuous=True)) == 24 + 1 + 4


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ("CartPole", Interface(4, 2, normalised=False, continuous=False)),
        ("Pendulum", Interface(3, 1, normalised=True, continuous=True)),
    ],
)
def test_what_the_cpu_has_to_do_follows_from_environment_and_settings(env, expected):
    settings = load_settings(env=env)
    assert interface_of(settings, environment_of(settings)) == expected


def test_the_rest_by_hand():
    assert vectorise_cycles(10, 140, 80, CHIP) == 10 * 1517 + 140 * 136 + 80 * 5
    assert fitness_cycles(10, 5, CHIP) == 10 * (223 + 5 * 8)
    row = {"distances": 3, "distance_genes": 40, "cycle_checks": 2, "cycle_check_genes": 9, "evolve_cycles": 1}
    assert distance_cycles(row, CHIP) == 3 * 715 + 40 * 20
    assert check_cycles(row, CHIP) == 2 * 272 + 9 * 181


def test_the_shipped_constants_are_those_that_were_counted():
    """``python -m benchmarks.m0 --toml`` prints them; its fitness is a fifth of five episodes, ours has both parts."""
    counted = toml.parse("\n".join(printed(COUNTED)))
    shared = [key for key in CpuSettings.model_fields if key in counted and "fitness" not in key]
    assert len(shared) > 10
    assert {key: getattr(CHIP.cpu, key) for key in shared} == {key: counted[key]["value"] for key in shared}
