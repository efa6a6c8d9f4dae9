"""The pace of the world: a rate, none, or the environment's own."""

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.costs.pace import check_pace, pace_of, too_fast
from genesys_cli.energy.timeline import Pace
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError


def pace(env, *overrides):
    settings = load_settings(env=env, overrides=overrides)
    return pace_of(settings, environment_of(settings))


def test_a_rate_is_taken_as_it_is_and_0_is_no_world():
    assert pace("CartPole") == Pace(50.0, "population")
    assert pace("CartPole", "world.pace_hz=7", "world.robots=one") == Pace(7.0, "one")
    assert pace("CartPole", "world.pace_hz=0") is None


def test_an_environments_own_pace_is_timed_once():
    found = pace("CartPole", "world.pace_hz=measured")
    assert 100 < found.hz < 1e8
    assert pace("CartPole", "world.pace_hz=measured") == found


def test_what_runs_only_in_kernels_has_no_pace_of_its_own():
    with pytest.raises(UserError, match="world.pace_hz = measured: XOR runs only inside kernels"):
        pace("XOR", "world.pace_hz=measured")


@pytest.mark.parametrize("value", ["-1", "fast", "inf", "true"])
def test_an_impossible_pace_is_refused(value):
    with pytest.raises(UserError, match="world.pace_hz"):
        pace("CartPole", f"world.pace_hz={value}")


def test_what_cannot_be_measured_is_refused_before_a_run():
    for env, refused in (("XOR", True), ("CartPole", False)):
        settings = load_settings(env=env, overrides=["world.pace_hz=measured"])
        if refused:
            with pytest.raises(UserError, match="XOR runs only inside kernels"):
                check_pace(settings, environment_of(settings))
        else:
            check_pace(settings, environment_of(settings))


@pytest.mark.parametrize(
    ("overrides", "fastest"),
    [
        ([], 200e6 / (150 * 340)),
        (["world.robots=one"], 200e6 / 340),
        (["adam.interface=unit"], 200e6 / (150 * 7)),
        (["cpu.frequency_hz=50e6", "neat.population=300"], 50e6 / (300 * 340)),
        (["evaluation.normalise_observations=true"], 200e6 / (150 * (340 + 4 * (87 - 41)))),
    ],
)
def test_a_pace_that_observations_and_actions_alone_exceed_is_known_before_a_run(overrides, fastest):
    def said(hertz):
        settings = load_settings(
            env="CartPole", overrides=["run.backend=genesys", *overrides, f"world.pace_hz={hertz}"]
        )
        return too_fast(settings, environment_of(settings))

    assert said(fastest * 0.999) == ""
    assert said(0) == said("measured") == ""
    late = 1 / fastest - 1 / (fastest * 1.25)
    assert f"{late:.3g} s more than there is" in said(fastest * 1.25)


def test_waking_up_is_part_of_the_step():
    """ADAM is off between steps and takes half a microsecond, the others less."""
    step = 150 * 340 / 200e6

    def said(*overrides):
        chosen = ["run.backend=genesys", f"world.pace_hz={1 / (step + 2.5e-7)}", *overrides]
        settings = load_settings(env="CartPole", overrides=chosen)
        return too_fast(settings, environment_of(settings))

    assert said() == said("power.policy=off-between-generations") == ""
    assert "and 5e-07 s to wake up, 2.5e-07 s more than there is" in said("power.policy=retention")
    assert said("power.policy=retention", "clock.technology_nm=200") == ""  # it has no prices
