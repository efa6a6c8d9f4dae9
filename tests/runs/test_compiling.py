"""Who waits for kernels to be compiled is told so, and nobody else."""

import pytest

from genesys_cli.runs import evolve as runs
from small_runs import Watcher, start, tiny


@pytest.fixture
def noted(monkeypatch):
    """Kernels that are on disk, by name; none at first."""
    found = set()
    monkeypatch.setattr(runs, "compiled_before", lambda what: what in found)
    monkeypatch.setattr(runs, "note_compiled", found.add)
    return found


def told(generations, folder):
    watcher = Watcher()
    start(tiny("CartPole", f"neat.generations={generations}"), folder, watcher)
    return [text for text in watcher.messages if text.startswith("compiling")]


def test_a_run_of_one_generation_is_told_once(noted):
    assert len(told(1, "a")) == 1
    assert told(1, "b") == []
    assert [text for text in told(2, "c") if "breed" in text]  # children need more kernels
    assert told(3, "d") == []
    assert noted == {"software-CartPole-first", "software-CartPole"}


def test_a_longer_run_is_told_of_both(noted):
    assert len(told(3, "a")) == 2
    assert told(3, "b") == []


def test_what_a_comparison_has_compiled_is_known(noted):
    noted.add("software-CartPole")
    assert told(2, "a") == []
