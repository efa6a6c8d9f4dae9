"""Islands on a Ray cluster have the bits of islands on one machine, whatever becomes of actors and nodes."""

from __future__ import annotations

import json
import threading

import psutil
import pytest

from genesys_cli.runs import evolve as runs
from island_runs import FOUR, all_bits, migrations, on_islands
from small_runs import Watcher, start, tiny

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A run on four islands, in this process."""
    return start(on_islands(), tmp_path_factory.mktemp("islands") / "alone")


def on(address, *overrides):
    return [f'cluster.address="{address}"', "cluster.timeout=120", *overrides]


@pytest.mark.parametrize("actors", [1, 2, 3])
def test_a_cluster_of_this_machine(alone, tmp_path, actors):
    there = start(on_islands("CartPole", *on("local", f"cluster.actors={actors}")), tmp_path / "there")
    assert all_bits(there) == all_bits(alone)


def test_two_nodes(cluster, alone, tmp_path):
    watcher = Watcher()
    there = start(on_islands("CartPole", *on(cluster.address)), tmp_path / "there", watcher)
    assert all_bits(there) == all_bits(alone)
    assert sum(row["cluster_messages"] for row in watcher.rows) >= 8
    assert sum(row["cluster_sent_bytes"] for row in watcher.rows) > 1000
    assert watcher.summary["faults"] == {}


def test_the_chip_on_two_nodes(cluster, tmp_path):
    here = start(on_islands("CartPole", "run.backend=genesys"), tmp_path / "here")
    there = start(on_islands("CartPole", "run.backend=genesys", *on(cluster.address)), tmp_path / "there")
    assert all_bits(there) == all_bits(here)


def test_a_run_moves_to_a_cluster_and_back(cluster, alone, tmp_path):
    moved = start(on_islands("CartPole", "neat.generations=1"), tmp_path / "moved")
    there = {"cluster.address": cluster.address, "cluster.timeout": 120.0, "neat.generations": 3}
    runs.resume(moved, there, ["genesys"], Watcher())
    runs.resume(moved, {"cluster.address": None, "neat.generations": 5}, ["genesys"], Watcher())
    assert all_bits(moved) == all_bits(alone)


class Murderer(Watcher):
    """Kills an actor in the middle of the work."""

    def __init__(self):
        super().__init__()
        self.killed = 0

    def generation(self, row):
        super().generation(row)
        if row["generation"] in (1, 3):
            threading.Timer(0.05, self.kill).start()

    def kill(self):
        for process in psutil.process_iter(["cmdline"]):
            if "ray::Islander" in " ".join(process.info["cmdline"] or []):
                process.kill()
                self.killed += 1
                return


def test_actors_that_are_killed_change_no_bit(cluster, tmp_path):
    slow = ("LunarLander", *FOUR, "neat.population=20", "evaluation.validate_episodes=6")
    here = start(tiny(*slow), tmp_path / "here")
    watcher = Murderer()
    there = start(tiny(*slow, *on(cluster.address)), tmp_path / "there", watcher)
    assert watcher.killed
    assert all_bits(there) == all_bits(here)
    assert watcher.summary["faults"]["lost"]["count"] >= 1
    lines = (there / "faults.jsonl").read_text().splitlines()
    assert all(json.loads(line)["kind"] == "lost" for line in lines)
    assert any("was lost" in text for text in watcher.messages)


def test_an_asynchronous_run_is_carried_out_again(cluster, tmp_path):
    free = ("islands.mode=asynchronous", "neat.generations=8", "islands.topology=complete")
    there = start(on_islands("CartPole", *free, *on(cluster.address)), tmp_path / "there")
    assert migrations(there)
    again = start(on_islands("CartPole", *free, f'islands.repeat="{there / "migrations.jsonl"}"'), tmp_path / "again")
    found, expected = all_bits(again), all_bits(there)
    del found["migrations.jsonl"], expected["migrations.jsonl"]  # whose lines are in the order in which they came
    assert found == expected
    assert sorted(map(repr, migrations(again))) == sorted(map(repr, migrations(there)))
