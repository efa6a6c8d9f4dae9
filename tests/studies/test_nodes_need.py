"""What the runs of a study need on the nodes of a cluster, and what is said where they cannot have it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError
from genesys_cli.studies import study as studies
from small_clusters import every_file, evolve, on
from small_runs import start
from small_studies import StudyWatcher, small

pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


FATES = {
    "raises": ("raise ValueError('mine')", "ValueError: mine"),
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
        (('cluster.distribute="generation"',), "has no meaning for several runs"),
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
