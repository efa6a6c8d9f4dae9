"""A study on a cluster has the files of one on a single machine, whatever becomes of actors and nodes meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.config.load import to_toml
from genesys_cli.files.study import StudyFolder
from genesys_cli.report.study import lost_text
from genesys_cli.studies import node, nodes
from genesys_cli.studies import study as studies
from small_clusters import every_file, evolve, on, processes
from small_runs import generations, rows, tiny
from small_studies import StudyWatcher, small

pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
COMMAND = ["genesys", "evolve"]


@pytest.mark.parametrize("actors", [0, 1])
def test_two_nodes_give_the_files_of_one_machine(cluster, actors):
    watcher = StudyWatcher()
    logs = ("jsonl",)
    there = evolve((0, 1, 4), "there", small(*on(cluster.address, f"cluster.actors={actors}")), watcher, logs)
    evolve((0, 1, 4), "alone", small(), logs=logs)
    assert every_file("there") == every_file("alone")
    assert watcher.side_by_side == (actors or 2)
    assert (there["finished"], there["failed"], there["lost"]) == (3, [], [])


def long(*overrides):
    """Return settings of runs that take a second or two."""
    return tiny("CartPole", "neat.generations=100", "evaluation.episodes=1", *overrides)


@pytest.fixture(scope="module")
def long_alone(tmp_path_factory):
    place = tmp_path_factory.mktemp("long") / "alone"
    evolve((0, 1, 2), place, long())
    return every_file(place)


def actors():
    """Return the processes of actors."""
    return processes("ray::Node")


class Once(StudyWatcher):
    """Does something when a run has come so far."""

    def __init__(self, generation, do):
        super().__init__()
        self._generation, self._do = generation, do

    def generation(self, seed, row):
        super().generation(seed, row)
        if row["generation"] >= self._generation and self._do is not None:
            do, self._do = self._do, None
            do()


def test_actors_that_are_killed_change_no_file(cluster, long_alone):
    def kill():
        for actor in actors():
            actor.kill()

    watcher = Once(5, kill)
    summary = evolve((0, 1, 2), "there", long(*on(cluster.address)), watcher)
    assert every_file("there") == long_alone
    assert 1 <= len(summary["lost"]) <= 2
    for lost in summary["lost"]:
        assert "was lost" in lost["message"]
        assert f"seed {lost['seed']}: {lost['message']}" in watcher.told
    assert any("goes on elsewhere after generation" in lost["message"] for lost in summary["lost"])
    assert [one.seed for one in StudyFolder(Path("there")).losses()] == [one["seed"] for one in summary["lost"]]
    assert [what for what, _ in watcher.notes].count("began") == 3
    assert CliRunner().invoke(main, ["report", "there", "--quiet"]).exit_code == 0
    page = Path("there/report.html").read_text()
    assert "Lost on the cluster" in page
    assert summary["lost"][0]["message"] in page
    assert "at runs of" in lost_text(summary)


def test_an_actor_that_hangs_is_replaced(cluster, long_alone, monkeypatch):
    monkeypatch.setattr(nodes, "_HUNG_S", 3.0)
    watcher = Once(3, lambda: actors()[0].suspend())
    summary = evolve((0, 1, 2), "there", long(*on(cluster.address)), watcher)
    assert every_file("there") == long_alone
    assert len(summary["lost"]) >= 1


def test_nodes_go_and_come(cluster, long_alone):
    third = cluster.add_node(num_cpus=1)

    def move():
        cluster.remove_node(third, allow_graceful=False)
        cluster.add_node(num_cpus=1)

    watcher = Once(3, move)
    summary = evolve((0, 1, 2), "there", long(*on(cluster.address)), watcher)
    assert watcher.side_by_side == 3
    assert every_file("there") == long_alone
    assert summary["finished"] == 3


def test_a_run_that_no_actor_survives_fails_alone(cluster, monkeypatch):
    monkeypatch.setattr(nodes, "_MOST_LOST", 2)
    settings = long(*on(cluster.address, "cluster.actors=1", "neat.generations=500"))  # to be heard of on its way
    real = nodes.Nodes._hear

    def hear(self, actor, waiting, hears):
        job = actor.job
        real(self, actor, waiting, hears)
        if job.seed == 1 and actor.job is not None:
            self._ray.kill(actor.handle, no_restart=False)

    monkeypatch.setattr(nodes.Nodes, "_hear", hear)
    summary = evolve((0, 1, 2), "there", settings)
    assert summary["failed"] == [1]
    assert "as were 1 before it at the same point of the run" in summary["runs"][1]["failure"]
    assert summary["finished"] == 2


def test_it_is_broken_off_and_goes_on_alone_and_there_again(cluster, long_alone):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve((0, 1, 2), "there", long(*on(cluster.address)), Once(5, interrupt))
    assert not Path("there/study.json").exists()
    known = {path.parent: len(rows(path.parent)) for path in Path("there").glob("seed-*/metrics.csv")}
    assert max(known.values()) > 5
    for run, count in known.items():  # all have been saved, and nothing of it has been lost on its way
        assert generations(run)[-1:] == ([count - 1] if count else [])  # one that has only begun has no generation yet
    with pytest.raises(KeyboardInterrupt):  # at the first that is heard: others may have come to their end before
        studies.resume(Path("there"), {"cluster.address": None}, COMMAND, Once(0, interrupt))
    watcher = StudyWatcher()
    again = {"cluster.address": cluster.address, "cluster.timeout": 120.0}
    summary = studies.resume(Path("there"), again, COMMAND, watcher)
    assert summary["finished"] == 3
    assert every_file("there") == long_alone
    assert any("continuing there/seed-000" in text for text in watcher.told)


def test_no_actor_and_no_folder_is_left(cluster, temporary, monkeypatch):
    def folders():
        return set(temporary.glob("genesys~*"))

    seen = set()
    watcher = StudyWatcher()
    monkeypatch.setattr(watcher, "generation", lambda seed, row: seen.update(folders()))
    monkeypatch.setattr(nodes, "_CLOSE_S", 60.0)
    before = folders()  # of actors that were killed
    evolve((0, 1), "there", small(*on(cluster.address)), watcher)
    assert seen - before
    assert folders() <= before
    _, alive = psutil.wait_procs(actors(), timeout=60)
    assert not alive


def test_what_a_killed_actor_has_left_goes_with_the_next(monkeypatch):
    monkeypatch.setattr(node.tempfile, "gettempdir", lambda: ".")
    mine, left = node._Place(), node._Place()
    os.close(left._lock)  # as when its process has died
    kept = node._Place()
    assert len(list(Path().glob("genesys~*"))) == 3  # it is young: somebody may be about to lock it
    monkeypatch.setattr(node, "_NEW_S", -1.0)
    kept.close()
    other = node._Place()
    assert not left.study.exists()
    assert mine.study.is_dir()
    for place in (mine, other):
        place.close()
    assert not list(Path().glob("genesys~*"))


def test_a_study_that_is_killed_leaves_no_actor_and_goes_on(cluster, long_alone):
    Path("preset.toml").write_text(to_toml(long()))
    words = ["evolve", "--preset", "preset.toml", "--seeds", "0-2", "-o", "there", "--cluster", cluster.address]
    code = "from genesys_cli.cli.main import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 300
    while (
        time.monotonic() < deadline
        and process.poll() is None
        and not list(Path("there").glob("seed-*/checkpoints/gen-00005.npz"))
    ):
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    runs = processes("genesys_cli.studies.child")
    _, alive = psutil.wait_procs([*actors(), *runs], timeout=60)
    assert not alive
    summary = studies.resume(Path("there"), {}, COMMAND, StudyWatcher())
    assert summary["finished"] == 3
    assert every_file("there") == long_alone


def test_a_node_that_joins_gets_runs(cluster, long_alone):
    watcher = Once(3, lambda: cluster.add_node(num_cpus=1))
    evolve(range(24), "there", long(*on(cluster.address)), watcher)  # so many that some wait when it has started
    assert any(f"the cluster: {watcher.side_by_side + 1} actors" in text for text in watcher.told)
    assert {name: found for name, found in every_file("there").items() if name in long_alone} == long_alone
