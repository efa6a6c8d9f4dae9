"""Who may touch the board when: a worker that is late reads nothing of it, and nobody writes after the end."""

from __future__ import annotations

import os
import random
import signal
from contextlib import closing

import numpy as np
import pytest
from benchmarks.worker_soak import Fouled, soak

from backends.fault_envs import ID
from backends.workers.playing import SEEDS, Playing, population_of
from genesys_cli.backends.workers.messages import Grant, Wants
from genesys_cli.backends.workers.process import WorkerProcess

ENV = "Blackjack-v1"


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot stop a process")
def test_a_worker_that_is_late_by_evaluations_meets_garbage_and_does_not_mind():
    """It is stopped before it hears of seven evaluations of many sizes, and goes on amid random bytes."""
    with closing(Playing()) as playing:
        backend = playing.backend(ENV, workers=2)[2]
        expected = [evaluated(playing, size) for size in (40, 3, 17)]
        evaluated(playing, 40)
        pool = backend._evaluator.pool
        Fouled(pool, np.random.default_rng(1))
        late = pool._crew[0]
        while not late.ready:
            evaluated(playing, 3)
        os.kill(late.pid, signal.SIGSTOP)
        found = [evaluated(playing, size) for size in (3, 40, 17, 3, 40, 3, 17)]
        os.kill(late.pid, signal.SIGCONT)
        os.kill(pool._crew[1].pid, signal.SIGSTOP)  # so that the late one has to play alone
        try:
            found.append(evaluated(playing, 40))
        finally:
            os.kill(pool._crew[1].pid, signal.SIGCONT)
        assert found == [expected[k] for k in (1, 0, 2, 1, 0, 1, 2, 0)]
        assert pool._crew[0] is late


def evaluated(playing, size):
    env, settings, backend = playing.backend(ENV, workers=2)
    population = population_of(env, settings).select(np.arange(size) % 10)
    found = backend.evaluate(population, SEEDS, keep_returns=True)
    assert found.faults == ()
    return found.returns.tobytes(), found.counts


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot stop a process")
@pytest.mark.parametrize("backend", ["software", pytest.param("genesys", marks=pytest.mark.soak)])
def test_workers_that_are_stopped_and_continued_at_random(backend):
    """``python -m benchmarks.worker_soak`` is a longer one."""
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    soak(ENV, backend, workers=3, evaluations=40, seed=seed)


class Unheard(WorkerProcess):
    """A worker without a process."""

    def __init__(self):
        self.begin_evaluation()

    def send(self, message):
        pass


def test_an_answer_that_crossed_a_grant_is_not_the_end():
    """The worker said that it had nothing to do before it heard of the second grant."""
    worker = Unheard()
    assert not worker.holds_grant
    worker.give(Grant((1, 2), False, 4))
    assert worker.holds_grant
    worker.answered(Wants(1, 1, 1))
    assert (worker.holds_grant, worker.wants) == (True, 1)
    worker.give(Grant((3,), False, 4))
    worker.answered(Wants(1, 1, 0))
    assert (worker.holds_grant, worker.wants) == (True, None)
    worker.answered(Wants(1, 2, 0))
    assert (worker.holds_grant, worker.wants) == (False, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_death_is_noticed_though_a_forked_process_holds_the_pipe(tmp_path, monkeypatch):
    """What an environment has forked keeps the pipe open for as long as it lives; nobody waits for its end."""
    forked = tmp_path / "forked"
    monkeypatch.setenv("FORKED", str(forked))
    with closing(Playing()) as playing:
        expected = playing.evaluate(ID)
        found = playing.evaluate(ID, workers=2, kind="fork and exit", bad=[6], once=str(tmp_path))
    np.testing.assert_array_equal(found.returns, expected.returns)
    assert [(fault.seed, fault.kind) for fault in found.faults] == [(6, "crash")]
    os.kill(int(forked.read_text()), signal.SIGKILL)  # it is still there
