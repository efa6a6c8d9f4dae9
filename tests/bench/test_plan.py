import pytest

from genesys_cli.bench import plan as plans
from genesys_cli.bench.plan import GENERATIONS, Request, make_plan
from genesys_cli.bench.suite import SUITES
from genesys_cli.errors import UserError


def test_cartpole_on_both_backends_is_the_default():
    plan = make_plan(Request())
    assert [(case.env, case.backend, case.seed) for case in plan.cases] == [
        ("CartPole", "software", 0),
        ("CartPole", "genesys", 0),
    ]
    software, genesys = (case.settings for case in plan.cases)
    assert (software.run.backend, genesys.run.backend) == ("software", "genesys")
    assert software.chip == genesys.chip is not None
    assert software.neat.generations == GENERATIONS
    assert not software.run.stop_when_solved


def test_what_is_given_wins_over_preset_and_suite():
    request = Request(
        suite="paper", generations=3, population=20, overrides=["evaluation.episodes=7"], backends=["software"]
    )
    settings = make_plan(request).cases[0].settings
    assert (settings.neat.generations, settings.neat.population, settings.evaluation.episodes) == (3, 20, 7)
    assert settings.neat.initial_connection == "full"


def test_generations_can_be_a_setting_too():
    assert make_plan(Request(overrides=["neat.generations=5"])).cases[0].settings.neat.generations == 5


def test_environments_and_backends_count_once():
    plan = make_plan(Request(envs=["cartpole", "CartPole"], backends=["software", "software"]))
    assert len(plan.cases) == 1


def test_a_sweep_that_changes_only_time_needs_one_evolution():
    sweeps = ["eve.pes=2,4,8", "buffer.banks=24,48", "adam.rows=16,32", "clock.voltage_v=0.8,1.0"]
    plan = make_plan(Request(sweeps=sweeps, seeds=2))
    assert len(plan.cases) == 3 * 2 * 2 * 2 * 2 * 2
    assert len(plan.evolutions()) == 2 * 2  # backends and seeds


def test_a_sweep_that_changes_children_needs_an_evolution_for_each_on_the_chip_alone():
    plan = make_plan(Request(sweeps=["eve.crossover_bias=64,128"]))
    assert sorted(group[0].backend for group in plan.evolutions()) == ["genesys", "genesys", "software"]
    assert len(make_plan(Request(sweeps=["neat.elitism=1,2,3"])).evolutions()) == 6


def test_threads_decide_nothing():
    one, many = (make_plan(Request(threads=n)) for n in (1, 8))
    assert one.digest == many.digest
    assert one.digest != make_plan(Request(population=20)).digest
    assert one.digest != make_plan(Request(generations=4)).digest


def test_what_is_not_installed_is_missing_from_a_suite_and_an_error_alone(monkeypatch):
    monkeypatch.setattr(plans, "not_installed", lambda name: "install it" if name == "Alien" else None)
    monkeypatch.setitem(
        SUITES, "paper", SUITES["paper"]._replace(envs={"CartPole": (), "Alien": SUITES["paper"].envs["Alien"]})
    )
    plan = make_plan(Request(suite="paper"))
    assert {case.env for case in plan.cases} == {"CartPole"}
    assert [(entry.env, entry.reason) for entry in plan.missing] == [("Alien", "install it")]
    with pytest.raises(UserError, match="install it"):
        make_plan(Request(envs=["Alien"]))


def test_the_suite_has_nine_environments():
    assert len(SUITES["paper"].envs) == 9


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"suite": "papr"}, "did you mean 'paper'?"),
        ({"suite": "paper", "envs": ["CartPole"]}, "cannot be combined with --env"),
        ({"backends": ["genesis"]}, "did you mean 'genesys'?"),
        ({"seeds": 0}, "--seeds 0"),
        ({"generations": 1}, "must be a whole number from 2"),
        ({"population": 20, "sweeps": ["neat.population=10,20"]}, "leave one out"),
        ({"chip": "genesys-15mn"}, "did you mean 'genesys-15nm'?"),
        ({"envs": ["CartPol"]}, "CartPole"),
        ({"overrides": ["eve.pse=3"]}, "eve.pes"),
        ({"sweeps": ["eve.pes=0,4"]}, "eve.pes = 0: must be a whole number from 1 to 4096"),
        ({"sweeps": ["noc.kind=ring"]}, "noc.kind = 'ring': must be one of multicast, unicast"),
    ],
)
def test_what_cannot_be(fields, message):
    with pytest.raises(UserError) as caught:
        make_plan(Request(**fields))
    assert message in str(caught.value)
