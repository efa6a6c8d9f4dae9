"""Who carries out the runs of a study: processes on this machine, or actors on the nodes of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, Protocol

from ..backends.cluster.connection import connected, ray_module
from ..backends.cluster.evaluator import setup_of
from ..backends.cluster.places import nodes as nodes_of
from ..backends.cluster.places import places
from ..compiled.threads import usable_cores
from ..config.cluster import LOCAL, ClusterSettings
from ..config.schema import Settings
from ..costs.memory import available, parts_of
from ..envs.spec import Environment
from ..errors import UserError
from ..files.identity import changed
from . import crew
from .messages import Job, Setup
from .node import NodeSetup
from .nodes import Nodes


class CarriesOut(Protocol):
    def carry_out(self, jobs: Iterable[Job], hears: crew.Hears) -> None: ...


class Hands(NamedTuple):
    """Who carries out runs. side_by_side: how many at once; threads: of each, or workers"""

    crew: CarriesOut
    side_by_side: int
    threads: int


@contextmanager
def hired(
    settings: Settings, env: Environment, runs: int, setup: Setup, tell: Callable[[str], object]
) -> Iterator[Hands]:
    """Have somebody to carry out runs; raises UserError where there is nobody, before anything is begun.

    settings: of the study; runs: how many there are, at most; tell: hears what is done meanwhile
    """
    cluster = settings.cluster
    if cluster.address is None:
        side_by_side, threads = shares(settings, env, runs)
        with closing(crew.Crew(setup, side_by_side)) as processes:
            yield Hands(processes, side_by_side, threads)
        return
    _check_distribute(cluster)
    alone = setup_of(settings, env)
    setup = setup._replace(env=alone.env)
    with connected(cluster, tell), closing(Nodes(cluster, NodeSetup(setup, alone), runs)) as nodes:
        nodes.gather()
        yield Hands(nodes, nodes.side_by_side, cluster.cores)
        if nodes.traffic.messages:
            tell(_traffic_words(nodes))


def alone_of(settings: Settings, threads: int) -> Settings:
    """Return settings of a run that one machine carries out. threads: of it, or workers"""
    run = settings.run.model_copy(update={"threads": threads})
    return settings.model_copy(update={"cluster": ClusterSettings(), "run": run})


def shares(settings: Settings, env: Environment, runs: int) -> tuple[int, int]:
    """Return how many runs this machine carries out side by side, and on how many threads, or workers, each.

    One thread for each of many runs leaves no core idle while another is at work: neither in the parts of a generation
    that are not shared, nor at the end of an evaluation. Fewer are carried out where memory holds no more.
    """
    cores = settings.run.threads or usable_cores()
    side_by_side = max(1, min(cores, runs))
    threads = cores // side_by_side
    needed = sum(part.bytes for part in parts_of(changed(settings, {"run.threads": threads}), env))
    free = available()
    return side_by_side if free is None else max(1, min(side_by_side, free // needed)), threads


def plan_of(settings: Settings, env: Environment, runs: int) -> dict[str, Any]:
    """Return how runs would be carried out, and where; nothing is started but a connection to a cluster."""
    cluster = settings.cluster
    if cluster.address is None:
        side_by_side, threads = shares(settings, env, runs)
        return {"runs": runs, "side_by_side": side_by_side, "threads_of_each": threads}
    _check_distribute(cluster)
    if cluster.address == LOCAL:
        cores = [cluster.actors * cluster.cores or usable_cores()]
    else:
        with connected(cluster, lambda _: None):
            cores = [node.cores for node in nodes_of(ray_module())]
    nodes = f"{len(cores)} node{'s'[: len(cores) != 1]} with {', '.join(map(str, cores))} cores"
    return {
        "runs": runs,
        "side_by_side": min(len(places(cluster, cores)), runs),
        "threads_of_each": cluster.cores,
        "where": f"Ray cluster {cluster.address}, {nodes}",
    }


def _check_distribute(cluster: ClusterSettings) -> None:
    if cluster.distribute == "generation":
        raise UserError(
            "cluster.distribute = 'generation' (--distribute) has no meaning for several runs, each of which one actor "
            "carries out; leave it out, or let a run of one seed have a cluster"
        )


def _traffic_words(nodes: Nodes) -> str:
    found = nodes.traffic
    lost = f", {found.lost} lost" if found.lost else ""
    return (
        f"the cluster: {len(found.actors)} actor{'s'[: len(found.actors) != 1]}{lost}; {found.sent / 1e6:.2f} MB sent, "
        f"{found.received / 1e6:.2f} MB received"
    )
