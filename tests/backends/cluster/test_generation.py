"""Actors that breed what they evaluate give the bits of one process, whatever becomes of them meanwhile."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

import small_clusters
from genesys_cli.backends import base
from genesys_cli.backends.cluster import elsewhere, evaluator, mode, together
from genesys_cli.backends.software import SoftwareBackend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.evolution import distribution
from genesys_cli.runs import evolve as runs
from small_clusters import processes
from small_runs import Watcher, bits, rows, start, tiny

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
EXAMPLES = Path(__file__).parents[3] / "examples"
FEW = ("neat.generations=5", "neat.population=60", "evaluation.validate_episodes=6", "evaluation.episodes=2")
GROWING = ("neat.node_add_prob=0.4", "neat.conn_add_prob=0.5", "neat.node_delete_prob=0.1")


@pytest.fixture
def functions(monkeypatch, tmp_path):
    """The user's own functions, in the folder from which everything is started."""
    for name in ("crane.py", "nim.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def of_function(*overrides, function="crane:evaluate"):
    alone = ["neat.population=40", "neat.generations=5", "run.stop_when_solved=false"]
    return load_settings(None, None, [*alone, *overrides], {"problem.function": function})


def of_iris(*overrides):
    table = {"data.file": str(EXAMPLES / "iris.csv"), "data.target": "species"}
    return load_settings(None, None, ["neat.population=40", "neat.generations=4", *overrides], table)


WORLDS = {
    "native": lambda *more: tiny("CartPole", *FEW, *GROWING, *more),
    "many species": lambda *more: tiny(
        "CartPole", *FEW, *GROWING, "neat.compatibility_threshold=0.3", "neat.interspecies_prob=0.2", *more
    ),
    "a race": lambda *more: tiny("CartPole", *FEW, *GROWING, "evaluation.episodes=5", "evaluation.race=1", *more),
    "a number of species": lambda *more: tiny("CartPole", *FEW, *GROWING, "neat.target_species=4", *more),
    "loops": lambda *more: tiny("CartPole", *FEW, *GROWING, "neat.feed_forward=false", *more),
    "seldom a checkpoint": lambda *more: tiny("CartPole", *FEW, *GROWING, "run.checkpoint_every=4", *more),
    "normalised": lambda *more: tiny(
        "LunarLander", *FEW, "neat.generations=3", "evaluation.normalise_observations=true", *more
    ),
    "trials of its own": lambda *more: load_settings(
        None, "DoublePoleNoVelocity", ["neat.population=60", "neat.generations=4", *more]
    ),
    "table": of_iris,
    "function": of_function,
}


def on(address, *overrides):
    return small_clusters.on(address, 'cluster.distribute="generation"', *overrides)


def counted(run):
    """Return the metrics of a run without those that say how long something took, or what went over a network."""
    return [{key: value for key, value in row.items() if not key.startswith("cluster_")} for row in rows(run)]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.usefixtures("functions")
def test_actors_breed_the_bits_of_one_process(cluster, tmp_path, world):
    alone = start(WORLDS[world](), tmp_path / "alone")
    watcher = Watcher()
    there = start(WORLDS[world](*on(cluster.address)), tmp_path / "there", watcher)
    assert bits(there) == bits(alone)
    assert counted(there) == counted(alone)
    assert watcher.summary is not None
    first, *others = watcher.rows
    assert first["cluster_exchanged_bytes"] == 0
    assert all(row["cluster_messages"] > first["cluster_actors"] * 4 for row in others)
    assert all(row["cluster_actors"] == 2 and row["cluster_lost"] == 0 for row in others)


def test_a_run_moves_from_one_way_to_the_other(cluster, tmp_path):
    alone = start(tiny("CartPole", *GROWING, "neat.generations=8"), tmp_path / "alone")
    moved = start(tiny("CartPole", *GROWING, "neat.generations=2"), tmp_path / "moved")
    there = {"cluster.address": cluster.address, "cluster.timeout": 120.0}
    runs.resume(moved, there | {"neat.generations": 4, "cluster.distribute": "generation"}, ["genesys"], Watcher())
    runs.resume(moved, {"neat.generations": 6, "cluster.distribute": "evaluation"}, ["genesys"], Watcher())
    home = {"cluster.address": None, "cluster.timeout": 30.0, "cluster.distribute": "auto", "neat.generations": 8}
    runs.resume(moved, home, ["genesys"], Watcher())
    assert bits(moved) == bits(alone)


class Murderer(Watcher):
    """Kills an actor after each generation but the first, so that its genomes are lost."""

    def __init__(self, after):
        super().__init__()
        self.killed = 0
        self._after = after

    def generation(self, row):
        super().generation(row)
        if self._after is None:
            self.kill()
        else:
            threading.Timer(self._after, self.kill).start()

    def kill(self):
        for process in processes("ray::Member")[:1]:
            process.kill()
            self.killed += 1


@pytest.mark.parametrize("generations", [6, pytest.param(10, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("after", "every"), [(None, 4), (0.03, 1)])
def test_genomes_that_are_lost_are_bred_again(cluster, tmp_path, every, after, generations):
    world = ("CartPole", *FEW, *GROWING, f"neat.generations={generations}", f"run.checkpoint_every={every}")
    alone = start(tiny(*world), tmp_path / "alone")
    watcher = Murderer(after)
    there = start(tiny(*world, *on(cluster.address)), tmp_path / "there", watcher)
    assert bits(there) == bits(alone)
    assert counted(there) == counted(alone)
    assert watcher.killed >= generations - 2
    assert watcher.summary is not None
    assert watcher.summary["faults"]["lost"]["count"] >= generations // 2
    assert any("was lost" in text for text in watcher.messages)


def test_nodes_go_and_come(cluster, tmp_path):
    world = ("CartPole", *FEW, *GROWING, "neat.generations=8", "run.checkpoint_every=3")
    alone = start(tiny(*world), tmp_path / "alone")
    third = cluster.add_node(num_cpus=1)

    class Mover(Watcher):
        def generation(self, row):
            super().generation(row)
            if row["generation"] == 1:
                cluster.remove_node(third, allow_graceful=False)
            if row["generation"] == 3:
                cluster.add_node(num_cpus=1)

    watcher = Mover()
    there = start(tiny(*world, *on(cluster.address)), tmp_path / "there", watcher)
    assert watcher.summary is not None
    assert bits(there) == bits(alone)


@pytest.mark.parametrize("actors", [1, 2])
def test_an_actor_that_hangs_is_replaced(cluster, tmp_path, monkeypatch, actors):
    monkeypatch.setattr(together, "HUNG_S", 0.5)
    world = ("CartPole", *FEW, *GROWING)
    alone = start(tiny(*world), tmp_path / "alone")

    class Hypnotist(Watcher):
        def generation(self, row):
            super().generation(row)
            if row["generation"] == 2:
                processes("ray::Member")[0].suspend()

    watcher = Hypnotist()
    there = start(tiny(*world, *on(cluster.address, f"cluster.actors={actors}")), tmp_path / "there", watcher)
    assert watcher.summary is not None
    assert bits(there) == bits(alone)
    assert watcher.summary["faults"]["lost"]["count"] >= 1


def test_generations_that_would_have_to_be_bred_again_stay_few(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "_LONGEST", 2)
    gathered = []
    whole = elsewhere.Elsewhere.whole
    monkeypatch.setattr(elsewhere.Elsewhere, "whole", lambda self: gathered.append(self) or whole(self))
    world = ("CartPole", *FEW, *GROWING, "neat.generations=8", "run.checkpoint_every=100")
    alone = start(tiny(*world), tmp_path / "alone")
    there = start(tiny(*world, *on(cluster.address)), tmp_path / "there")
    assert bits(there) == bits(alone)
    assert len({id(each) for each in gathered}) >= 3


def test_a_backend_that_derives_from_one_that_spreads_breeds_at_home(monkeypatch):
    class Other(SoftwareBackend):
        pass

    asked = []
    monkeypatch.setattr(base, "is_connected", lambda cluster: True)
    monkeypatch.setattr(mode, "breeds_there", lambda settings, env, *, spreads: asked.append(spreads))
    monkeypatch.setattr(evaluator, "ClusterEvaluator", lambda *_: None)
    settings = tiny("CartPole")
    for kind in (SoftwareBackend, Other):
        kind(settings, environment_of(settings), Threads(1)).start()
    assert asked == [True, False]


@pytest.mark.usefixtures("functions")
def test_genomes_that_meet_stay_with_the_driver(cluster, tmp_path):
    with pytest.raises(UserError, match="cluster.distribute is 'generation', but networks that play matches"):
        runs.evolve(of_function(*on(cluster.address), function="nim:match"), tmp_path / "a", ["genesys"], Watcher())
    chip = tiny("CartPole", *FEW, "run.backend=genesys", *on(cluster.address))
    with pytest.raises(UserError, match="cluster.distribute is 'generation', but .*genesys"):
        runs.evolve(chip, tmp_path / "b", ["genesys"], Watcher())


@pytest.mark.parametrize("faster", ["evaluation", "generation"])
def test_by_itself_a_run_takes_what_is_faster(cluster, tmp_path, monkeypatch, faster):
    asked, parents = [], []
    monkeypatch.setattr(distribution, "choose", lambda wanted, *_, **__: asked.append(wanted) or faster)
    bred = elsewhere.Elsewhere.bred

    def noted(self, *given, **where):
        parents.append(where["generation"])
        return bred(self, *given, **where)

    monkeypatch.setattr(elsewhere.Elsewhere, "bred", noted)
    world = ("CartPole", *FEW, *GROWING, "neat.generations=8")
    alone = start(tiny(*world), tmp_path / "alone")
    assert asked == []
    watcher = Watcher()
    there = start(tiny(*world, *on(cluster.address, 'cluster.distribute="auto"')), tmp_path / "there", watcher)
    assert asked == ["auto"]
    assert bits(there) == bits(alone)
    assert watcher.summary is not None
    assert parents == ([3, 4, 5, 6] if faster == "generation" else [])


def test_one_process_is_not_asked_what_it_distributes(tmp_path, monkeypatch):
    monkeypatch.setattr(distribution, "choose", lambda *_, **__: pytest.fail("asked"))
    start(tiny("CartPole", *FEW, "neat.generations=6"), tmp_path / "alone")
