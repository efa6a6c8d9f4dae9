"""What environments do to their processes: survived, named, counted, and the same with any number of workers."""

from __future__ import annotations

import os
import signal

import gymnasium
import numpy as np
import pytest

from backends.fault_envs import ID, Fault
from backends.workers.playing import Playing
from genesys_cli.backends.workers import supervisor
from genesys_cli.backends.workers.messages import Ready
from genesys_cli.errors import GenesysError, UserError

SURVIVED = {
    "raise": ("exception", "ValueError: the rover is stuck"),
    "leave": ("exception", "SystemExit: enough"),
    "nan observation": ("not finite", "observation obs[1] is nan"),
    "nan reward": ("not finite", "reward nan"),
    "inf reward": ("not finite", "reward inf"),
}
DEADLY = {
    "exit": ("crash", "its process exited with code 7: licence expired"),
    "segfault": ("crash", "its process was killed by SIGSEGV"),
}


@pytest.fixture
def once():
    """Backends for one test alone."""
    playing = Playing()
    yield playing
    playing.close()


@pytest.fixture
def sound(playing):
    return playing.evaluate(ID, workers=2)


def expect_equal(found, sound):
    np.testing.assert_array_equal(found.returns, sound.returns)
    np.testing.assert_array_equal(found.fitness, sound.fitness)
    assert found.counts == sound.counts


@pytest.mark.parametrize("kinds", [SURVIVED, DEADLY], ids=["survived", "deadly"])
def test_episodes_that_fail_once_are_played_again(once, playing, kinds, tmp_path):
    """Each in its own way. The other episodes that went on in a process that died are played again as well."""
    bad = list(range(6, 6 + len(kinds)))
    seeds = [5, *bad, 20]
    found = once.evaluate(ID, workers=2, seeds=seeds, kind=list(kinds), bad=bad, once=str(tmp_path))
    expect_equal(found, playing.evaluate(ID, workers=2, seeds=seeds))
    faults = sorted(found.faults, key=lambda fault: fault.seed)
    assert [(fault.seed, fault.step, fault.kind, fault.final) for fault in faults] == [
        (seed, 3, kind, False) for seed, (kind, _) in zip(bad, kinds.values(), strict=True)
    ]
    for fault, (_, message) in zip(faults, kinds.values(), strict=True):
        assert fault.message.startswith(message)
        assert "\n" not in fault.message
        assert 0 <= fault.genome < 10


def test_hangs_are_ended(once, sound, tmp_path):
    """One lets other threads run, the other does not."""
    trouble = {"kind": ["hang", "hang deaf"], "bad": [6, 7], "step": [0, 4], "once": str(tmp_path)}
    found = once.evaluate(ID, "run.step_timeout=2", workers=2, **trouble)
    expect_equal(found, sound)
    faults = sorted(fault[1:] for fault in found.faults)
    assert faults == [(seed, step, "hang", "no sign of life for 2 s", False) for seed, step in ((6, 0), (7, 4))]


@pytest.mark.parametrize("kind", ["raise", "exit"])
def test_an_episode_that_fails_twice_costs_the_genome_its_fitness(once, playing, kind):
    few = "neat.population=3"
    sound = playing.evaluate(ID, few)
    found = once.evaluate(ID, few, workers=2, kind=kind, bad=[6], first_action=1)
    failed = np.flatnonzero(np.isnan(found.fitness))
    assert 0 < len(failed) < 3
    expected = sound.returns.copy()
    expected[failed, 1] = np.nan
    np.testing.assert_array_equal(found.returns, expected)
    assert [fault[:3] for fault in found.faults] == [(g, 6, 3) for g in failed for _ in range(2)]
    assert [fault.final for fault in found.faults] == [False, True] * len(failed)
    assert found.counts["episodes_terminated"] == 9 - len(failed)
    assert found.env_steps == sound.env_steps - 12 * len(failed)


def test_faults_do_not_depend_on_the_number_of_workers(playing):
    alone, two = (
        playing.evaluate(ID, f"run.instances={4 // workers}", workers=workers, bad=[5, 7], first_action=0)
        for workers in (1, 2)
    )
    assert alone.faults == two.faults
    assert len(alone.faults) > 2
    expect_equal(alone, two)


@pytest.mark.parametrize(
    ("kind", "so"),
    [
        ("raise", "no episode .*seed 5, in step 3: .*stuck"),
        ("exit", "none of the first 1 .*step 3: .*code 7"),
    ],
)
def test_no_episode_can_be_played(once, monkeypatch, kind, so):
    monkeypatch.setattr(supervisor, "_HOPELESS", 1)
    with pytest.raises(GenesysError, match=f"Fault-v0: {so}"):
        once.evaluate(ID, "neat.population=4", workers=1, seeds=[5, 6], kind=kind, bad=[5, 6])


def test_an_environment_that_cannot_be_made_again(once, tmp_path):
    with pytest.raises(UserError, match="cannot be made in a worker process: .*the rover is stuck"):
        once.evaluate(ID, step=-1, once=str(tmp_path))


def test_an_environment_that_only_the_main_process_knows(once):
    gymnasium.register(id="Unheard-v0", entry_point=Fault)
    try:
        with pytest.raises(UserError, match="Unheard-v0 cannot .*: it is registered in the main process alone"):
            once.evaluate("Unheard-v0")
    finally:
        del gymnasium.registry["Unheard-v0"]


def test_workers_that_die_before_they_are_ready(once, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "_STARTS", 2)
    with pytest.raises(GenesysError, match=r"do not start: exited with code 7; they wrote:\n.*licence expired"):
        once.evaluate(ID, kind="exit", step=-1, once=str(tmp_path))


def test_workers_that_hang_before_they_are_ready(once, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "_STARTS", 1)
    with pytest.raises(GenesysError, match=r"do not start: hung for 1 s \(run.step_timeout\)"):
        once.evaluate(ID, "run.step_timeout=1", kind="hang", step=-1, once=str(tmp_path))


def test_a_worker_that_was_killed_while_nobody_played(playing, sound):
    pool = playing.backend(ID, workers=2)[2]._evaluator.pool
    before = pool.pids
    os.kill(before[1], signal.SIGKILL)
    found = playing.evaluate(ID, workers=2)
    expect_equal(found, sound)
    assert found.faults == ()
    assert pool.pids[0] == before[0]


def test_environments_that_print(playing, sound):
    found = playing.evaluate(ID, kind="print", bad=[5, 6, 7])
    expect_equal(found, sound)
    assert found.faults == ()


def test_workers_that_are_killed_while_nobody_can_be_blamed(once, sound, monkeypatch):
    """A worker that dies between the steps of its environments loses nothing; only if that goes on does a run end."""
    died = []

    def killed(self, worker, message):
        hear(self, worker, message)
        if isinstance(message, Ready) and len(died) < wanted:
            died.append(worker.pid)
            worker.kill()

    hear = supervisor.Supervisor._hear
    monkeypatch.setattr(supervisor.Supervisor, "_hear", killed)
    wanted = 1
    found = once.evaluate(ID, workers=2)
    assert len(died) == 1
    expect_equal(found, sound)
    assert found.faults == ()
    wanted = 99
    monkeypatch.setattr(supervisor, "_LOSSES", 2)
    with pytest.raises(GenesysError, match="die again and again: the last killed by SIGKILL; they wrote:"):
        once.evaluate(ID, "run.instances=1")
