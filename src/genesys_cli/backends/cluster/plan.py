"""What would go where on a cluster, found out without starting an actor."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, NamedTuple

from ...compiled.threads import usable_cores
from ...config.cluster import LOCAL, ClusterSettings
from ...config.schema import Settings
from ...config.trust import modules_of
from ...envs.data.env import DataEnv
from ...envs.spec import Environment
from ...neat.initial import first_population
from .connection import connected, ray_module
from .evaluator import setup_of
from .places import Node, nodes, places
from .same import code_of, versions
from .traffic import size_of


class Plan(NamedTuple):
    """Of a run that has not begun.

    nodes: each with the number of its actors; start_bytes: to every actor, once; table: file whose rows are in these
    generation_bytes: of all genomes of the first generation, which later ones outgrow
    modules: of the user's, that every node has to find; same: by name, what every node has to have
    """

    cluster: ClusterSettings
    nodes: list[tuple[Node, int]]
    start_bytes: int
    table: str | None
    generation_bytes: int
    modules: tuple[str, ...]
    same: dict[str, str]

    def document(self) -> dict[str, Any]:
        """Return it as what ``--dry-run --json`` prints."""
        return {
            "address": self.cluster.address,
            "distribute": self.cluster.distribute,
            "nodes": [{"node": node.name, "cores": node.cores, "actors": actors} for node, actors in self.nodes],
            "cores_of_an_actor": self.cluster.cores,
            "start_bytes": self.start_bytes,
            "table": self.table,
            "generation_bytes_about": self.generation_bytes,
            "modules": list(self.modules),
            "files": self.cluster.files,
            "same": self.same,
        }


def plan_of(settings: Settings, env: Environment, tell: Callable[[str], object]) -> Plan:
    """Return the plan of a run, for a cluster that the settings name; raises UserError where that does not take it.

    tell: hears of the way to the cluster
    """
    cluster = settings.cluster
    ray_module()
    if cluster.address == LOCAL:  # not started for this
        found = [Node(socket.gethostname(), cluster.actors * cluster.cores or usable_cores())]
    else:
        with connected(cluster, tell):
            found = nodes(ray_module())
    taken = places(cluster, [node.cores for node in found])
    table = settings.data.file if isinstance(env, DataEnv) else None
    population = first_population(settings.neat, env.n_inputs, env.n_outputs, settings.run.seed)
    same = {**versions()._asdict(), "ray": ray_module().__version__, **code_of(env)}
    return Plan(
        cluster,
        [(node, taken.count(place)) for place, node in enumerate(found)],
        size_of(setup_of(settings, env)),
        table,
        size_of(population),
        modules_of(settings),
        same,
    )
