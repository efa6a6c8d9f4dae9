"""A study on a cluster has the files of one on a single machine, whatever becomes of actors and nodes meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings, to_toml
from genesys_cli.errors import UserError
from genesys_cli.files.study import StudyFolder
from genesys_cli.report.study import lost_text
from genesys_cli.studies import node, nodes
from genesys_cli.studies import study as studies
from small_runs import bits, generations, rows, start, tiny
from small_studies import StudyWatcher, small

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.xdist_group("ray"),
]
COMMAND = ["genesys", "evolve"]


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()


def on(address, *overrides):
    return [f'cluster.address="{address}"', "cluster.timeout=120", *overrides]


def every_file(study):
    """Return all that must not depend on who carried out the runs: bits, rows, and the names of all files."""
    found = {}
    for run in sorted(Path(study).glob("seed-*")):
        names = sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())
        found[run.name] = bits(run), rows(run), names
    return found


def evolve(seeds, folder, settings, watcher=None, logs=()):
    return studies.evolve(settings, tuple(seeds), Path(folder), COMMAND, watcher or StudyWatcher(), logs)


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
    """Return the processes of actors, in the order of their ids."""
    found = [one for one in psutil.process_iter(["cmdline"]) if "ray::Node" in " ".join(one.info["cmdline"] or [])]
    return sorted(found, key=lambda one: one.pid)


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
    settings = long(*on(cluster.address, "cluster.actors=1"))
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
        assert generations(run)[-1] == count - 1
    with pytest.raises(KeyboardInterrupt):
        studies.resume(Path("there"), {"cluster.address": None}, COMMAND, Once(max(known.values()) + 5, interrupt))
    watcher = StudyWatcher()
    again = {"cluster.address": cluster.address, "cluster.timeout": 120.0}
    summary = studies.resume(Path("there"), again, COMMAND, watcher)
    assert summary["finished"] == 3
    assert every_file("there") == long_alone
    assert any("continuing there/seed-000" in text for text in watcher.told)


def folders():
    """Return the folders of actors on this machine."""
    return set(Path(tempfile.gettempdir()).glob("genesys~*"))


def test_no_actor_and_no_folder_is_left(cluster):
    before = folders()
    evolve((0, 1), "there", small(*on(cluster.address)))
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
    runs = [
        one
        for one in psutil.process_iter(["cmdline"])
        if "genesys_cli.studies.child" in " ".join(one.info["cmdline"] or [])
    ]
    _, alive = psutil.wait_procs([*actors(), *runs], timeout=60)
    assert not alive
    summary = studies.resume(Path("there"), {}, COMMAND, StudyWatcher())
    assert summary["finished"] == 3
    assert every_file("there") == long_alone


FATES = {
    "raises": ("raise ValueError('mine')", "no genome could be evaluated|every|mine"),
    "crashes": ("end()", "its process was killed by SIGKILL"),
}


@pytest.mark.parametrize("fate", FATES)
def test_what_is_wrong_with_a_run_is_not_taken_for_the_loss_of_a_node(cluster, monkeypatch, fate):
    code, said = FATES[fate]
    Path("mine").mkdir()
    Path(f"mine/fate_{fate}.py").write_text(
        "import os, psutil\n"
        "INPUTS, OUTPUTS = 2, 1\n"
        "def end():\n"
        "    parent = psutil.Process(os.getppid())\n"
        "    if 'genesys_cli.studies.child' in ' '.join(parent.cmdline()):\n"
        "        parent.kill()\n"
        "def evaluate(network):\n"
        f"    {code}\n"
        "    return 1.0\n"
    )
    place = Path("mine").resolve()
    monkeypatch.syspath_prepend(str(place))
    few = ["neat.population=10", "neat.generations=2", *on(cluster.address, f'cluster.files="{place}"')]
    settings = load_settings(None, None, few, {"problem.function": f"fate_{fate}:evaluate"})
    summary = evolve((0, 1), "there", settings)
    assert (summary["failed"], summary["lost"]) == ([0, 1], [])
    for run in summary["runs"]:
        assert re.search(said, run["failure"])


EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_table_travels_with_the_study(cluster, monkeypatch):
    shutil.copy(EXAMPLES / "iris.csv", "mine.csv")
    table = {"data.file": "mine.csv", "data.target": "species"}
    few = ["neat.population=20", "neat.generations=3"]
    evolve((0, 1), "alone", load_settings(None, None, few, table))

    class Hider(StudyWatcher):
        """Takes the table away once the study has begun."""

        def start(self, *given):
            super().start(*given)
            Path("mine.csv").rename("elsewhere.csv")

    evolve((0, 1), "there", load_settings(None, None, [*few, *on(cluster.address)], table), Hider())
    assert every_file("there") == every_file("alone")


def test_runs_begin_there_with_what_is_given(cluster, monkeypatch):
    start(small("run.seed=9"), "given")
    begun = ('start.sources=["given/champion.json"]',)
    evolve((0, 1), "alone", small(*begun))

    class Hider(StudyWatcher):
        def start(self, study, *given):
            super().start(study, *given)
            shutil.rmtree("given")

    evolve((0, 1), "there", small(*begun, *on(cluster.address)), Hider())
    assert every_file("there") == every_file("alone")
    for seed in (0, 1):
        there, alone = (Path(study) / f"seed-{seed:04d}" / "start.npz" for study in ("there", "alone"))
        with zipfile.ZipFile(there) as one, zipfile.ZipFile(alone) as other:
            assert sorted(one.namelist()) == sorted(other.namelist())


def test_a_module_that_a_node_lacks_is_named_before_there_is_a_folder(cluster, tmp_path, monkeypatch):
    Path("mine").mkdir()
    Path("mine/only_here_too.py").write_text(
        "INPUTS, OUTPUTS = 2, 1\ndef evaluate(network):\n    return network.activate([1.0, 2.0])[0]\n"
    )
    monkeypatch.syspath_prepend(str(Path("mine").resolve()))
    problem = {"problem.function": "only_here_too:evaluate"}
    few = ["neat.population=10", "neat.generations=2", *on(cluster.address)]
    with pytest.raises(UserError, match="on node .*only_here_too"):
        evolve((0, 1), "there", load_settings(None, None, few, problem))
    assert not Path("there").exists()
    sent = [*few, f'cluster.files="{Path("mine").resolve()}"']
    assert evolve((0, 1), "there", load_settings(None, None, sent, problem))["finished"] == 2


def test_the_summary_of_a_run_names_the_folder_that_it_lies_in(cluster, tmp_path):
    place = tmp_path / "it's mine"
    never = ("evaluation.solved_at=1000000", "neat.generations=12")  # unsolved runs get hints, which name the study
    evolve((0, 1), place / "there", small(*never, *on(cluster.address)))
    evolve((0, 1), place / "alone", small(*never))
    texts = []
    for study in ("there", "alone"):
        found = json.loads((place / study / "seed-0001" / "summary.json").read_text())
        assert found["run_dir"] == str(place / study / "seed-0001")
        texts.append([found[key] for key in ("hints", "run_dir", "champion_nodes")])
        assert "genesys~" not in json.dumps(found)
    assert texts[0] == json.loads(json.dumps(texts[1]).replace("alone", "there"))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("cluster.actors=50",), "cluster.actors = 50 of 1 cores each do not have room in the cluster, which takes"),
        (("cluster.cores=4000",), "no actor of 4000 cores (cluster.cores) has room in the cluster"),
        (('cluster.files="nowhere"',), "which is no folder"),
    ],
)
def test_what_cannot_be_is_said_before_there_is_a_folder(cluster, overrides, said):
    with pytest.raises(UserError, match=re.escape(said)):
        evolve((0, 1), "there", small(*on(cluster.address, *overrides)))
    assert not Path("there").exists()


def test_nobody_at_the_address():
    with pytest.raises(UserError, match="127.0.0.1:1 cannot be reached"):
        evolve((0, 1), "there", small(*on("127.0.0.1:1")))
    assert not Path("there").exists()


def test_a_dry_run_says_how_many_and_where(cluster):
    found = studies.dry_run(small(*on(cluster.address)), range(20))
    assert (found["runs"], found["threads_of_each"]) == (20, 1)
    assert 2 <= found["side_by_side"] <= 4
    assert (
        found["where"]
        == f"Ray cluster {cluster.address}, {found['side_by_side']} nodes with "
        + ", ".join(["1"] * found["side_by_side"])
        + " cores"
    )
    assert studies.dry_run(small(*on(cluster.address)), range(2))["side_by_side"] == 2
    here = studies.dry_run(small(*on("local", "cluster.actors=3")), range(20))
    assert (here["side_by_side"], here["where"]) == (3, "Ray cluster local, 1 node with 3 cores")
    with pytest.raises(UserError, match="does not have room|do not have room"):
        studies.dry_run(small(*on(cluster.address, "cluster.actors=50")), range(20))
