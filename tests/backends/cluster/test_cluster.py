"""A run on a Ray cluster has the bits of one that is not, whatever becomes of actors and nodes meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from genesys_cli.backends.cluster import actors, crew
from genesys_cli.backends.cluster.same import versions
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.errors import GenesysError, UserError
from genesys_cli.runs import evolve as runs
from small_clusters import on, processes
from small_runs import Watcher, bits, start, tiny

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
FEW = ("neat.generations=4", "neat.population=20", "evaluation.validate_episodes=6", "evaluation.episodes=2")


@pytest.fixture
def functions(monkeypatch, tmp_path):
    """The user's own functions, in the folder from which everything is started."""
    for name in ("crane.py", "nim.py"):
        shutil.copy(Path(__file__).parents[3] / "examples" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


CHIP = ("run.backend=genesys",)
IRIS = str(Path(__file__).parents[3] / "examples" / "iris.csv")


def of_iris(*overrides):
    table = {"data.file": IRIS, "data.target": "species"}
    return load_settings(None, None, ["neat.population=20", "neat.generations=3", *overrides], table)


def of_function(*overrides):
    alone = ["neat.population=20", "neat.generations=3", "run.stop_when_solved=false"]
    return load_settings(None, None, [*alone, *overrides], {"problem.function": "crane:evaluate"})


WORLDS = {
    "native": lambda *more: tiny("CartPole", *FEW, *more),
    "chip": lambda *more: tiny("CartPole", *FEW, *CHIP, *more),
    "normalised": lambda *more: tiny("LunarLander", *FEW, "neat.generations=3", *more),
    "table": of_iris,
    "function": of_function,
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.usefixtures("functions")
def test_two_nodes_give_the_bits_of_none(cluster, tmp_path, world):
    alone = start(WORLDS[world](), tmp_path / "alone")
    watcher = Watcher()
    there = start(WORLDS[world](*on(cluster.address)), tmp_path / "there", watcher)
    assert bits(there) == bits(alone)
    assert any("connecting to the Ray cluster at" in text for text in watcher.messages)
    assert watcher.summary is not None
    for row in watcher.rows:
        assert 1 <= row["cluster_actors"] <= row["cluster_messages"]
        assert row["cluster_sent_bytes"] > 20 * row["cluster_messages"]
        assert row["cluster_received_bytes"] > 20 * row["cluster_messages"]
        assert 0 < row["cluster_busy_s"] < 2 * row["cluster_s"] + 0.1
        assert row["cluster_lost"] == 0


def test_a_run_moves_to_a_cluster_and_back(cluster, tmp_path):
    alone = start(tiny("CartPole", "neat.generations=6"), tmp_path / "alone")
    moved = start(tiny("CartPole", "neat.generations=2"), tmp_path / "moved")
    there = {"cluster.address": cluster.address, "cluster.timeout": 120.0, "neat.generations": 4}
    runs.resume(moved, there, ["genesys"], Watcher())
    runs.resume(moved, {"cluster.address": None, "neat.generations": 6}, ["genesys"], Watcher())
    assert bits(moved) == bits(alone)


class Murderer(Watcher):
    """Kills an actor in the middle of each generation but the first."""

    def __init__(self):
        super().__init__()
        self.killed = 0

    def generation(self, row):
        super().generation(row)
        threading.Timer(0.05, self.kill).start()

    def kill(self):
        for process in processes("ray::Member")[:1]:
            with contextlib.suppress(psutil.Error):
                process.kill()
                self.killed += 1


class Wrecker(Murderer):
    """Kills an actor in each generation, takes a node away, and adds another one."""

    def __init__(self, cluster, node):
        super().__init__()
        self.cluster, self.node = cluster, node

    def generation(self, row):
        super().generation(row)
        if row["generation"] == 3:
            self.cluster.remove_node(self.node, allow_graceful=False)
        if row["generation"] == 5:
            self.cluster.add_node(num_cpus=1)


@pytest.mark.parametrize("generations", [6, pytest.param(11, marks=pytest.mark.soak)])
def test_generations_with_a_loss_in_each(cluster, tmp_path, capfd, generations):
    world = ("LunarLander", *FEW, "neat.population=40", f"neat.generations={generations}")
    alone = start(tiny(*world), tmp_path / "alone")
    capfd.readouterr()
    watcher = Wrecker(cluster, cluster.add_node(num_cpus=1))
    there = start(tiny(*world, *on(cluster.address)), tmp_path / "there", watcher)
    assert watcher.summary is not None
    assert bits(there) == bits(alone)
    assert watcher.killed >= generations // 2  # where an actor was not yet there again, another one was killed, or none
    lost = watcher.summary["faults"]["lost"]["count"]
    assert lost >= generations // 5
    assert sum(row["cluster_lost"] for row in watcher.rows) == lost
    assert any("was lost" in text for text in watcher.messages)
    assert capfd.readouterr().out == ""  # Ray says something of it, which belongs into no output of ours
    assert CliRunner().invoke(main, ["report", str(there), "--quiet"]).exit_code == 0
    page = (there / "report.html").read_text()
    assert "On the cluster" in page
    assert "actors lost, in the whole run" in page
    assert "was lost" in page


def test_an_only_actor_that_hangs_is_replaced(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "HUNG_S", 1.0)
    world = ("LunarLander", *FEW, "neat.population=40", "neat.generations=3")
    alone = start(tiny(*world), tmp_path / "alone")

    class Stopper(Murderer):
        def generation(self, row):
            Watcher.generation(self, row)
            if row["generation"] == 1:
                (member,) = processes("ray::Member")
                member.suspend()

    watcher = Stopper()
    there = start(tiny(*world, *on(cluster.address, "cluster.actors=1")), tmp_path / "there", watcher)
    assert bits(there) == bits(alone)
    assert watcher.summary is not None
    assert watcher.summary["faults"]["lost"]["count"] >= 1


def test_a_head_that_is_gone_ends_a_run(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(actors, "_GROW_S", 0.05)
    monkeypatch.setattr(actors, "_HEAD_S", 0.1)

    class Beheader(Watcher):
        def generation(self, row):
            super().generation(row)
            if row["generation"] == 1:
                monkeypatch.setattr(actors, "listens", lambda address: False)

    settings = tiny("LunarLander", *FEW, "neat.population=40", "neat.generations=20", *on(cluster.address))
    with pytest.raises(GenesysError, match="has not answered for .* the run can be resumed, there or elsewhere"):
        runs.evolve(settings, tmp_path / "run", ["genesys"], Beheader())
    monkeypatch.undo()
    runs.resume(tmp_path / "run", {"cluster.address": None, "neat.generations": 4}, ["genesys"], Watcher())


def test_a_plan_of_a_cluster(cluster):
    said = []
    _, plan = runs.dry_run(tiny("CartPole", *on(cluster.address)), said.append)
    assert said == [f"connecting to the Ray cluster at {cluster.address}"]
    found = plan["cluster"]["nodes"]
    assert len(found) >= 2
    assert all(node == {"node": socket.gethostname(), "cores": 1, "actors": 1} for node in found)
    assert not ray.is_initialized()


def refused(tmp_path, *overrides, env="CartPole"):
    with pytest.raises(UserError) as error:
        runs.evolve(tiny(env, *overrides), tmp_path / "run", ["genesys"], Watcher())
    assert not (tmp_path / "run").exists()
    return str(error.value)


def test_what_has_no_room_is_named(cluster, tmp_path):
    assert "cluster.actors = 50" in refused(tmp_path, *on(cluster.address, "cluster.actors=50"))
    assert "cluster.cores" in refused(tmp_path, *on(cluster.address, "cluster.cores=4000"))


def test_a_module_that_a_node_lacks(cluster, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "only_here.py").write_text("INPUTS, OUTPUTS = 2, 1\ndef evaluate(network):\n    return 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path / "mine"))
    settings = ["neat.population=10", *on(cluster.address)]
    chosen = load_settings(None, None, settings, {"problem.function": "only_here:evaluate"})
    with pytest.raises(UserError, match=f"on node {socket.gethostname()}: .*only_here"):
        runs.evolve(chosen, tmp_path / "run", ["genesys"], Watcher())
    sent = [*settings, f'cluster.files="{tmp_path / "mine"}"', "neat.generations=2"]
    chosen = load_settings(None, None, sent, {"problem.function": "only_here:evaluate"})
    assert start(chosen, tmp_path / "run").is_dir()


def test_a_node_with_other_versions(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(actors, "versions", lambda: versions()._replace(numba="0.1"))
    said = refused(tmp_path, *on(cluster.address))
    assert f"node {socket.gethostname()} has numba {versions().numba} (here 0.1)" in said


def test_a_node_with_another_file_of_the_user(cluster, tmp_path, monkeypatch):
    for place, found in (("here", 1.0), ("there", 2.0)):
        (tmp_path / place).mkdir()
        (tmp_path / place / "other.py").write_text(
            f"INPUTS, OUTPUTS = 2, 1\ndef evaluate(network):\n    return {found}\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path / "here"))
    sent = [*on(cluster.address), f'cluster.files="{tmp_path / "there"}"']
    with pytest.raises(UserError, match=r"there is the file of other:evaluate \w+ \(here \w+\); all nodes"):
        runs.evolve(
            load_settings(None, None, sent, {"problem.function": "other:evaluate"}), tmp_path / "run", [], Watcher()
        )
    assert not (tmp_path / "run").exists()


def test_nobody_at_the_address(tmp_path):
    assert "127.0.0.1:1 cannot be reached" in refused(tmp_path, *on("127.0.0.1:1"))
    assert "no folder" in refused(tmp_path, *on("127.0.0.1:1", 'cluster.files="nowhere"'))


def test_without_ray(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert "pip install 'genesys-cli[cluster]'" in refused(tmp_path, *on("local"))


@pytest.mark.usefixtures("functions")
def test_a_full_object_store_is_named(cluster, tmp_path, monkeypatch):
    def put(value):
        raise ray.exceptions.ObjectStoreFullError("2 GB are wanted, and 1 GB is there")

    monkeypatch.setattr(ray, "put", put)
    settings = ["neat.population=10", *on(cluster.address)]
    chosen = load_settings(None, None, settings, {"problem.function": "nim:match"})
    with pytest.raises(
        GenesysError, match="the object store of this node is full: give it more.*; the run can be resumed"
    ):
        runs.evolve(chosen, tmp_path / "run", ["genesys"], Watcher())
    assert (tmp_path / "run" / "config.toml").is_file()
