"""A Ray cluster of two small nodes, and studies on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys_cli.studies import study as studies
from small_runs import bits, rows
from small_studies import StudyWatcher


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()


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
