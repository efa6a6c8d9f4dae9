"""A world that changes: the champion is judged again, every change is followed until it is made up for."""

import math
from itertools import pairwise

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.drift import Shift, conditions_in
from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from genesys_cli.evolution.drift import ShiftRecord, begun, recovered_level
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.files.checkpoint import load
from meddler import Meddler
from small_runs import Watcher, bits, newest, resume, rows, start, tiny

# Two steps, a ramp, and a second thing that changes while the ramp is under way.
DRIFT = (
    "drift.force.at=[3,9]",
    "drift.force.to=[-10,10]",
    "drift.length.schedule=ramp",
    "drift.length.at=6",
    "drift.length.to=1.5",
    "drift.length.over=2",
    "neat.generations=14",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with drift: its folder, its watcher, and the state after each generation."""
    place = tmp_path_factory.mktemp("drift")
    watcher = Watcher()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        folder = start(tiny("CartPole", *DRIFT), place / "run", watcher)
    states = [load(folder / "checkpoints" / f"gen-{k:05d}.npz")[0] for k in range(14)]
    return folder, watcher, states


def judged(champion, generation):
    """Return a champion's held-out fitness in the world of a generation, by another way."""
    settings = tiny("CartPole", *DRIFT)
    env = find("CartPole")
    seeds = episode_seeds(settings.run.seed, settings.evaluation.validate_episodes, generation=None)
    world = conditions_in(settings, env, generation)
    world = world._replace(offset=champion.offset, scale=champion.scale)
    with Threads(1) as threads:
        return float(make_backend(settings, env, threads).evaluate(champion.genome, seeds, world).fitness[0])


def test_the_champion_is_always_worth_what_is_stored(run):
    _, watcher, states = run
    for state, row in zip(states, watcher.rows, strict=True):
        champion = state.champion
        assert champion.validated_fitness == judged(champion, state.generation) == row["champion_fitness"]
        assert champion.validated_fitness == judged(champion, champion.validated_in)


def test_a_champion_is_judged_again_where_the_world_changes(run):
    _, _, states = run
    for generation in (3, 6, 7, 9):
        assert states[generation].champion.validated_in == generation
    for before, after in pairwise(states):
        if after.champion.genome.equals(before.champion.genome) and after.generation not in (3, 6, 7, 9):
            assert after.champion.statistics() == before.champion.statistics()


def test_the_champion_before_a_change_is_frozen(run):
    _, watcher, states = run
    assert [state.frozen for state in states[:3]] == [None] * 3
    for state, row in zip(states[3:], watcher.rows[3:], strict=True):
        (event,) = state.events[-1:]
        frozen = states[event.generation - 1].champion
        assert state.frozen.genome.equals(frozen.genome)
        assert event.before == frozen.validated_fitness
        assert row["frozen_fitness"] == judged(frozen, state.generation) == state.frozen.validated_fitness
        if state.generation >= event.settled:
            assert event.frozen == judged(frozen, event.settled)


def test_the_events(run):
    folder, watcher, states = run
    events = watcher.summary["drift"]
    assert [(event["generation"], event["settled"]) for event in events] == [(3, 3), (6, 7), (9, 9)]
    assert [event["changes"] for event in events] == [
        [{"name": "force", "from": 10.0, "to": -10.0}],
        [{"name": "length", "from": 0.5, "to": 1.5}],
        [{"name": "force", "from": -10.0, "to": 10.0}],
    ]
    for event, following in zip(events, [*events[1:], {"generation": 14}], strict=True):
        worth = [state.champion.validated_fitness for state in states]
        span = range(event["settled"], following["generation"])
        assert event["after"] == worth[span[-1]]
        assert event["recovered_level"] == pytest.approx(0.95 * event["before"])
        reached = [k for k in span if worth[k] >= event["recovered_level"]]
        assert event["recovered_generation"] == (reached[0] if reached else None)
    assert [row["world_changes"] for row in watcher.rows] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 5
    assert [row["drift_force"] for row in watcher.rows] == [10.0] * 3 + [-10.0] * 6 + [10.0] * 5
    assert [row["drift_length"] for row in watcher.rows] == [0.5] * 6 + [1.0] + [1.5] * 7
    assert rows(folder)[0]["frozen_fitness"] == ""


def test_what_recovery_took(run):
    _, watcher, states = run
    recovered = [event for event in watcher.summary["drift"] if event["recovered_generation"] is not None]
    assert recovered, "choose other changes: this run never recovers"
    for event in recovered:
        took = event["recovery_generations"]
        if took == 0:
            assert event["recovery_env_steps"] == 0
        else:
            assert took == event["recovered_generation"] - event["settled"] + 1
            steps = [state.env_steps for state in states]
            assert event["recovery_env_steps"] == steps[event["recovered_generation"]] - steps[event["settled"] - 1]


def test_joules_until_recovered(run):
    """On the chip they are those of the generations that recovery took; in software there are none."""
    assert {event["recovery_energy_j"] for event in run[1].summary["drift"]} == {None}
    overrides = (*DRIFT, "run.backend=genesys", "run.seed=1")
    watcher = Watcher()
    folder = start(tiny("CartPole", *overrides), "chip", watcher)
    recovered = [event for event in watcher.summary["drift"] if event["recovered_generation"] is not None]
    assert any(event["recovery_generations"] for event in recovered), "choose other changes"
    for event in watcher.summary["drift"]:
        if event["recovered_generation"] is None:
            assert event["recovery_energy_j"] is None
            continue
        took = watcher.rows[event["settled"] : event["settled"] + event["recovery_generations"]]
        assert event["recovery_energy_j"] == pytest.approx(sum(row["energy_j"] for row in took))
    for stop in {max(0, recovered[-1]["recovered_generation"] - 1), 7}:
        again = start(tiny("CartPole", *overrides), f"again-{stop}", Watcher([stop]))
        resumed = Watcher()
        resume(again, resumed)
        assert resumed.summary["drift"] == watcher.summary["drift"]
        assert bits(again) == bits(folder)


def test_a_species_is_not_measured_by_another_world(run):
    """Its best fitness before a change counts no more: it has improved, and none dies of stagnation for that."""
    _, _, states = run
    for generation in (3, 6, 7, 9):
        species = states[generation].species
        assert (species.improved == generation).all()
        best = [states[generation].fitness[species.member_of == s].max() for s in range(species.n_species)]
        assert species.best.tolist() == best


@pytest.mark.parametrize("stop", [2, 3, 5, 6, 7, 9, 12])
def test_interrupted_and_resumed(run, stop):
    again = start(tiny("CartPole", *DRIFT), "again", Watcher([stop]))
    watcher = Watcher()
    resume(again, watcher)
    assert bits(again) == bits(run[0])
    assert rows(again) == rows(run[0])
    assert watcher.summary["drift"] == run[1].summary["drift"]


def test_threads_change_nothing(run):
    assert bits(start(tiny("CartPole", *DRIFT, "run.threads=2"), "many")) == bits(run[0])


@pytest.mark.parametrize("schedule", ["square", "sine"])
def test_a_periodic_world_never_settles(schedule):
    watcher = Watcher()
    keys = {"schedule": schedule, "at": 2, "to": 0.2, "period": 4}
    periodic = [f"drift.length.{key}={value}" for key, value in keys.items()]
    easy = ("evaluation.solved_at=9", "run.stop_when_solved=true", "neat.generations=9")
    run = start(tiny("CartPole", *periodic, *easy), "run", watcher)
    assert len(watcher.rows) == 9
    assert watcher.summary["solved"]
    assert [event["generation"] for event in watcher.summary["drift"]] == [2, 4, 6, 8]
    settled = [2, 4, 6, 8] if schedule == "square" else [3, 5, 7, 9]
    assert [event["settled"] for event in watcher.summary["drift"]] == settled
    assert not any("warning" in message for message in watcher.messages)
    again = start(tiny("CartPole", *periodic, *easy), "again", Watcher([5]))
    resume(again)
    assert bits(again) == bits(run)


def test_a_run_is_solved_in_the_last_world_only():
    watcher = Watcher()
    late = ("drift.force.at=[2,4]", "drift.force.to=[-10,10]", "neat.generations=9")
    start(tiny("CartPole", *late, "evaluation.solved_at=8", "run.stop_when_solved=true"), "run", watcher)
    assert [row["generation"] for row in watcher.rows] == [0, 1, 2, 3, 4]
    assert watcher.summary["solved"]


def test_a_change_beyond_the_end():
    watcher = Watcher()
    late = ("drift.force.at=[2,9]", "drift.force.to=[-10,10]", "evaluation.solved_at=8", "neat.generations=4")
    start(tiny("CartPole", *late), "run", watcher)
    assert "the environment shifts until generation 9, but the run ends with generation 3" in "\n".join(
        watcher.messages
    )
    assert not watcher.summary["solved"]
    assert resume("run", generations=10)["solved"]


def test_without_a_threshold_recovery_is_what_counts(monkeypatch):
    from dataclasses import replace

    import genesys_cli.runs.evolve as runs

    real = runs.environment_of
    monkeypatch.setattr(runs, "environment_of", lambda settings: replace(real(settings), solved_at=None))
    watcher = Watcher()
    start(tiny("CartPole", "drift.force.at=1", "drift.force.to=9.9", "neat.generations=3"), "run", watcher)
    (event,) = watcher.summary["drift"]
    assert watcher.summary["solved_at"] is None
    assert watcher.summary["solved"] == (event["recovered_generation"] is not None)
    start(tiny("CartPole", "neat.generations=2"), "still", watcher)
    assert not watcher.summary["solved"]


def test_wrong_names_leave_no_folder(tmp_path):
    with pytest.raises(UserError, match="did you mean 'length'"):
        start(tiny("CartPole", "drift.lenght.at=1", "drift.lenght.to=1"), "run")
    assert not (tmp_path / "run").exists()


def test_without_drift_nothing_is_said_of_it():
    watcher = Watcher()
    run = start(tiny("CartPole", "neat.generations=2"), "run", watcher)
    assert watcher.summary["drift"] == []
    assert not [name for name in watcher.rows[1] if "drift" in name or "frozen" in name or "world" in name]
    assert load(newest(run))[0].events == ()


def test_the_shipped_preset_breaks_and_recovers_four_times():
    watcher = Watcher()
    start(load_settings("CartPole-drift", "CartPole", ["run.checkpoint_every=1000"]), "run", watcher)
    assert watcher.summary["solved"]
    events = watcher.summary["drift"]
    assert len(events) == 4
    for found in events:
        assert found["before"] >= 475
        assert found["frozen"] < 0.2 * found["before"]
        assert found["recovery_generations"] > 0


# The rules of an event, one by one.


@pytest.mark.parametrize(
    ("before", "level"),
    [(500.0, 475.0), (-200.0, -210.0), (0.0, 0.0), (None, None), (-math.inf, None), (math.nan, None)],
)
def test_the_level_of_recovery(before, level):
    assert recovered_level(before) == (None if level is None else pytest.approx(level))


def event(settled=4, before=100.0):
    return ShiftRecord(3, settled, ({"name": "x", "from": 0.0, "to": 1.0},), before, 10.0, recovered_level(before))


def test_recovery_counts_from_where_the_change_is_complete():
    now = event().judged(3, 99.0, 99.0, (1000, 1100))  # still under way
    assert (now.recovered_generation, now.after) == (None, 99.0)
    now = now.judged(4, 20.0, 30.0, (1100, 1200))
    assert (now.recovered_generation, now.steps_before) == (None, 1100)
    now = now.judged(5, 30.0, 95.0, (1200, 1300))
    assert (now.recovered_generation, now.recovery_generations, now.recovery_env_steps) == (5, 2, 200)
    later = now.judged(6, 95.0, 97.0, (1300, 1400))
    assert later == now._replace(after=97.0)


@pytest.mark.parametrize(("standing", "champion", "took"), [(95.0, 99.0, 0), (94.0, 99.0, 1), (94.0, 94.9, None)])
def test_what_was_there_before_may_do(standing, champion, took):
    now = event(settled=3).judged(3, standing, champion, (1000, 1100))
    assert now.recovery_generations == took
    assert now.recovery_env_steps == {0: 0, 1: 100, None: None}[took]


@pytest.mark.parametrize("champion", [None, 99.0])
def test_without_a_champion_before_there_is_nothing_to_recover(champion):
    now = event(settled=3, before=None).judged(3, None, champion, (0, 10))
    assert (now.recovered_generation, now.after) == (None, champion)


def test_changes_that_meet_are_complete_together():
    shifts = [Shift("a", 5, 5, 0.0, 1.0), Shift("b", 5, 8, 2.0, 3.0)]
    assert begun(shifts, 1.0, 0).settled == 8
    assert begun(shifts, 1.0, 20).settled == 20
    assert [change["name"] for change in begun(shifts, 1.0, 0).changes] == ["a", "b"]


def test_an_event_reads_back_the_same():
    now = event().judged(4, 20.0, 30.0, (1100, 1200))
    assert ShiftRecord.from_document(now.document()) == now
    assert "steps_before" not in now.summary()
    with pytest.raises(TypeError):
        ShiftRecord.from_document({**now.document(), "unheard_of": 1})


def test_nobody_has_a_fitness_in_the_new_world(monkeypatch):
    """A champion that cannot be judged there is one no more; the run goes on and finds another."""
    from genesys_cli.runs import evolve as runs

    def meddle(found, phase):
        return np.full_like(found, np.nan) if phase == "held out" and len(found) == 1 else found

    make = runs.make_backend
    monkeypatch.setattr(runs, "make_backend", lambda *args: Meddler(make(*args), meddle))
    watcher = Watcher()
    start(tiny("CartPole", "drift.force.at=2", "drift.force.to=-10", "neat.generations=4"), "run", watcher)
    (found,) = watcher.summary["drift"]
    assert found["frozen"] is None
    assert found["before"] is not None
    assert watcher.rows[2]["frozen_fitness"] is None
    assert watcher.summary["champion"] is not None
