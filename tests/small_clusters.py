"""A Ray cluster of two small nodes, and studies on it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import psutil
import pytest

from genesys_cli.studies import study as studies
from small_runs import bits, rows
from small_studies import StudyWatcher


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """The folder of temporary files of the nodes; another file of tests may have a cluster at the same time."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def cluster(temporary):
    """Two nodes of one core each."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", os.environ.get("RAY_TMPDIR") or tempfile.gettempdir())  # paths of sockets are short
        patch.setenv("TMPDIR", str(temporary))
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        made.add_node(num_cpus=1)
    yield made
    made.shutdown()


def processes(words):
    """Return the processes of the cluster that have words in their command, the oldest first."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if words in " ".join(one.cmdline()):
                found.append(one)
    return sorted(found, key=lambda one: one.pid)


def on(address, *overrides):
    """Return settings of a cluster; nodes of a slow machine may take their time."""
    return [f'cluster.address="{address}"', "cluster.timeout=120", *overrides]


def every_file(study):
    """Return all that must not depend on who carried out the runs: bits, rows, and the names of all files."""
    found = {}
    for run in sorted(Path(study).glob("seed-*")):
        names = sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())
        found[run.name] = bits(run), rows(run), names
    return found


def evolve(seeds, folder, settings, watcher=None, logs=()):
    return studies.evolve(settings, tuple(seeds), Path(folder), ["genesys", "evolve"], watcher or StudyWatcher(), logs)
