"""Who waits for kernels to be compiled is told so, and nobody else."""

import pytest

from genesys_cli.runs import ahead, kernels
from small_runs import Watcher, start, tiny


@pytest.fixture
def noted(monkeypatch):
    """Kernels that are on disk, by name; none at first, and nobody compiles ahead."""
    found = set()
    monkeypatch.setattr(kernels, "compiled_before", lambda what: what in found)
    monkeypatch.setattr(kernels, "note_compiled", found.add)
    monkeypatch.setattr(ahead, "usable_cores", lambda: 1)
    return found


def told(generations, folder, env="CartPole", *overrides):
    watcher = Watcher()
    start(tiny(env, f"neat.generations={generations}", *overrides), folder, watcher)
    return [text for text in watcher.messages if text.startswith("compiling")]


def test_each_kind_of_kernels_is_told_of_once(noted):
    assert [text.partition(" for this")[0] for text in told(1, "a")] == [
        "compiling kernels",
        "compiling the kernels that count the chip's actions",
    ]
    assert told(1, "b") == []
    assert [text for text in told(2, "c") if "breed" in text]  # children need more kernels
    assert told(3, "d") == []
    assert noted == {"software-CartPole", "software-breeding", "chip-counts", "chip-counts-bred"}


def test_another_environment_needs_nothing_but_its_own_kernels(noted):
    told(3, "a")
    assert told(3, "b", "MountainCar") == ["compiling kernels for this machine, once; this takes 10 to 20 seconds"]


def test_the_chip_counts_with_the_kernels_that_breed(noted):
    assert len(told(3, "a", "CartPole", "run.backend=genesys")) == 2
    assert noted == {"genesys-CartPole", "chip-counts-bred"}
    assert len(told(3, "b")) == 2


def test_what_is_compiled_ahead_is_not_waited_for_twice(noted, monkeypatch):
    """What the other process has done when it is needed is no reason to say anything."""
    monkeypatch.setattr(kernels.Ahead, "done", lambda self, name: True)
    assert told(3, "a") == []
