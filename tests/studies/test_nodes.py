"""A study on a cluster has the files of one on a single machine, whatever becomes of actors and nodes meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest

from genesys_cli.errors import GenesysError, UserError
from genesys_cli.files.study import StudyFolder
from genesys_cli.studies import study as studies
from small_runs import bits, rows, start, tiny
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


def every_file(study, *but):
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
    alone = evolve((0, 1, 4), "alone", small(), logs=logs)
    assert every_file("there") == every_file("alone")
    assert watcher.side_by_side == actors or 2
    assert (there["finished"], there["failed"], there["lost"]) == (3, [], [])
