"""What the world is in each generation: values against the schedules written out, names and ranges."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.drift import OF_ANY, Drift, Shift, conditions_in, nth_permutation
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.errors import UserError


def table(name, **keys):
    return [f"drift.{name}.{key}={value}" for key, value in keys.items()]


def settings_of(*tables, env="CartPole"):
    return load_settings(None, env, [override for table in tables for override in table])


def drift_of(*tables, env="CartPole"):
    return Drift(settings_of(*tables, env=env), find(env))


def values(drift, name, count):
    return [drift.values(generation)[name] for generation in range(count)]


def shifts(drift, count):
    """Return the changes of a drift, generation by generation, after checking them against its values."""
    found = [shift for generation in range(count) for shift in drift.shifts(generation)]
    for name, begin, settled, old, new in found:
        assert drift.values(begin - 1)[name] == old != drift.values(begin)[name]
        assert drift.values(settled)[name] == new
    return [shift[1:] for shift in found]


def test_a_step():
    drift = drift_of(table("length", at=[2, 5], to=[1.0, 0.25]))
    assert values(drift, "length", 7) == [0.5, 0.5, 1.0, 1.0, 1.0, 0.25, 0.25]
    assert shifts(drift, 9) == [(2, 2, 0.5, 1.0), (5, 5, 1.0, 0.25)]
    assert drift.settled == 5


def test_a_ramp():
    drift = drift_of(table("length", schedule="ramp", at=[1, 5], to=[1.5, 0.5], over=4))
    assert values(drift, "length", 10) == [0.5, 0.75, 1.0, 1.25, 1.5, 1.25, 1.0, 0.75, 0.5, 0.5]
    assert shifts(drift, 9) == [(1, 4, 0.5, 1.5), (5, 8, 1.5, 0.5)]
    assert drift.settled == 8


def test_a_ramp_of_one_generation_is_a_step():
    ramp = drift_of(table("length", schedule="ramp", at=3, to=2, over=1))
    step = drift_of(table("length", at=3, to=2))
    assert values(ramp, "length", 6) == values(step, "length", 6)
    assert shifts(ramp, 6) == shifts(step, 6)


def test_a_square():
    drift = drift_of(table("length", schedule="square", at=2, to=1, period=6))
    assert values(drift, "length", 10) == [0.5, 0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0, 1.0]
    assert shifts(drift, 9) == [(2, 2, 0.5, 1.0), (5, 5, 1.0, 0.5), (8, 8, 0.5, 1.0)]
    assert drift.settled is None


def test_a_sine():
    drift = drift_of(table("length", schedule="sine", at=3, to=1, period=8))
    wanted = [0.5] * 3 + [0.5 + 0.5 * (1 - math.cos(2 * math.pi * k / 8)) / 2 for k in range(1, 20)]
    np.testing.assert_allclose(values(drift, "length", 22), wanted, rtol=1e-15)
    assert values(drift, "length", 11)[6] == 1.0
    assert shifts(drift, 14) == [(3, 6, 0.5, 1.0), (7, 10, 1.0, 0.5), (11, 14, 0.5, 1.0)]
    assert drift.settled is None


def test_whole_numbers_stay_whole():
    drift = drift_of(table("action_delay", schedule="ramp", at=1, to=2, over=4))
    assert values(drift, "action_delay", 6) == [0.0, 0.0, 1.0, 2.0, 2.0, 2.0]
    assert conditions_in(settings_of(table("action_delay", at=1, to=2)), find("CartPole"), 1).delay == 2


def test_a_step_to_what_is_there_already_is_no_change():
    assert shifts(drift_of(table("length", at=[1, 3, 5], to=[0.5, 1.0, 1.0])), 9) == [(3, 3, 0.5, 1.0)]


def test_a_step_at_the_beginning_is_no_change():
    drift = drift_of(table("length", at=[0, 2], to=[1, 2]))
    assert values(drift, "length", 3) == [1.0, 1.0, 2.0]
    assert shifts(drift, 3) == [(2, 2, 1.0, 2.0)]


def test_several_things_at_once():
    drift = drift_of(table("length", at=3, to=1), table("force", at=[3, 4], to=[-10, 10]))
    assert drift.shifts(3) == [Shift("length", 3, 3, 0.5, 1.0), Shift("force", 3, 3, 10.0, -10.0)]
    assert drift.settled == 4
    assert drift.names == ("length", "force")


def test_nothing_changes():
    settings, env = settings_of(), find("CartPole")
    drift = Drift(settings, env)
    assert not drift
    assert (drift.settled, drift.values(7), drift.shifts(7)) == (0, {}, [])
    still = conditions_of(settings, env)
    assert drift.world(still, 7) is still


def test_the_world_of_a_generation():
    env = find("CartPole")
    settings = settings_of(
        table("gravity", at=2, to=3.5),
        table("observation_noise", at=2, to=0.25),
        table("observation_dropout", at=2, to=0.125),
        table("action_delay", at=2, to=3),
        table("action_permutation", at=2, to=1),
    )
    before, after = (conditions_in(settings, env, generation) for generation in (1, 2))
    still = conditions_of(settings, env)
    for name, value in still._asdict().items():
        np.testing.assert_array_equal(getattr(before, name), value)
    assert (after.noise, after.dropout, after.delay) == (0.25, 0.125, 3)
    assert after.permutation.tolist() == [1, 0]
    assert after.permutation.dtype == np.int32
    assert after.physics == still.physics._replace(gravity=3.5)
    assert (after.max_steps, after.clip, after.moments) == (still.max_steps, still.clip, still.moments)
    training = conditions_in(settings, env, 2, training=True)
    assert (training.noise, training.patience) == (0.25, settings.evaluation.patience)


@pytest.mark.parametrize("count", range(1, 6))
def test_permutations_in_their_order(count):
    wanted = list(itertools.permutations(range(count)))
    assert [tuple(nth_permutation(k, count)) for k in range(len(wanted))] == wanted
    assert nth_permutation(len(wanted) + 1, count).tolist() == nth_permutation(1, count).tolist()


def test_permutations_of_many():
    for number in (0, 1, 2**53):
        assert sorted(nth_permutation(number, 30).tolist()) == list(range(30))


@pytest.mark.parametrize("env", NATIVE.values(), ids=lambda env: env.name)
def test_every_constant_can_change(env):
    for name, value in env.physics._asdict().items():
        drift = drift_of(table(name, at=1, to=value * 1.5), env=env.name)
        world = conditions_in(settings_of(table(name, at=1, to=value * 1.5), env=env.name), env, 1)
        assert drift.values(1) == {name: value * 1.5}
        assert world.physics == env.physics._replace(**{name: value * 1.5})


@pytest.mark.parametrize(
    ("env", "given", "message"),
    [
        (
            "CartPole",
            table("lenght", at=1, to=1),
            "nothing of this name that can change; did you mean 'length'?",
        ),
        ("CartPole", table("zzz", at=1, to=1), ", ".join(["force", *OF_ANY])),
        ("Pendulum", table("mass_cart", at=1, to=1), "drift.mass_cart: Pendulum-v1 has nothing of this name"),
        ("CartPole", table("length", at=[1, 2], to=[0, -1]), "drift.length.to = -1: must be above 0"),
        (
            "CartPole",
            table("observation_dropout", at=1, to=1.1),
            "drift.observation_dropout.to = 1.1: must be from",
        ),
        ("CartPole", table("observation_noise", at=1, to=-0.1), "must be from 0 to"),
        ("CartPole", table("action_delay", at=1, to=-1), "drift.action_delay.to = -1: must be from 0 to 1000"),
        ("CartPole", table("action_delay", at=1, to=1.5), "drift.action_delay.to = 1.5: must be a whole number"),
        ("CartPole", table("action_permutation", schedule="ramp", at=1, to=1, over=3), "use step or square"),
        ("Pendulum", table("action_permutation", at=1, to=1), "Pendulum-v1 has one action only"),
    ],
)
def test_messages(env, given, message):
    with pytest.raises(UserError) as caught:
        drift_of(given, env=env)
    assert message in str(caught.value)


def test_all_problems_come_at_once():
    with pytest.raises(UserError, match="3 settings cannot be used"):
        drift_of(table("lenght", at=1, to=1), table("length", at=[1, 2], to=[0, -1]))


def test_what_may_be_negative():
    assert drift_of(table("force", at=1, to=-10), table("gravity", at=1, to=-1))


def test_gymnasiums_environments_change_in_what_any_can():
    env = find("CartPole", {"sutton_barto_reward": True})
    settings = settings_of(table("observation_noise", at=1, to=1))
    assert conditions_in(settings, env, 1).noise == 1
    assert len(conditions_in(settings, env, 1).physics) == 0
    with pytest.raises(UserError, match="it has: observation_noise, observation_dropout, action_delay, action_perm"):
        Drift(settings_of(table("length", at=1, to=1)), env)


def test_the_handbook_names_everything_that_can_change():
    """Each environment has rows of its own in the table: its name in the first cell, then what it has."""
    text = (Path(__file__).parents[2] / "docs" / "drift.md").read_text(encoding="utf-8")
    assert [name for name in OF_ANY if f"| `{name}` |" not in text] == []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    owner, found = "", {}
    for row in (row for row in rows if len(row) == 4):
        owner = row[0] or owner
        names, usual = row[1].replace("`", "").split(", "), row[3].split(", ")
        for one in owner.split(", "):
            found.setdefault(one, {}).update(zip(names, usual, strict=len(names) == len(usual)))
    for env in NATIVE.values():
        assert found.get(env.name, {}) == {name: f"{value:g}" for name, value in env.physics._asdict().items()}, (
            env.name
        )
