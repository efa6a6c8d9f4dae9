"""Which nodes there are, and how many actors each takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...config.cluster import ClusterSettings
from ...errors import UserError


class Node(NamedTuple):
    """A machine, or a share of one. name: as it calls itself; cores: as Ray counts them"""

    name: str
    cores: int


def nodes(ray: Any) -> list[Node]:
    """Return those that belong to the cluster now."""
    found = [
        Node(str(node.get("NodeManagerHostname", "")), int(node["Resources"].get("CPU", 0)))
        for node in ray.nodes()
        if node["Alive"]
    ]
    return sorted(found)


def room(cluster: ClusterSettings, cores: Sequence[int]) -> int:
    """Return how many actors nodes have room for, where nobody else uses them. cores: of each node"""
    return sum(each // cluster.cores for each in cores)


def places(cluster: ClusterSettings, cores: Sequence[int]) -> list[int]:
    """Return the node of each actor, in turns as Ray spreads them; raises :class:`UserError` where they have no room.

    cores: of each node
    """
    takes = room(cluster, cores)
    if takes == 0:
        raise UserError(
            f"no actor of {cluster.cores} cores (cluster.cores) has room in the cluster, whose largest node has "
            f"{max(cores, default=0)}; make it less"
        )
    if cluster.actors > takes:
        raise UserError(
            f"cluster.actors = {cluster.actors} of {cluster.cores} cores each do not have room in the cluster, "
            f"which takes {takes}; give at most that, or 0 for as many as there is room for"
        )
    turns = max(each // cluster.cores for each in cores)
    order = [node for turn in range(turns) for node, each in enumerate(cores) if each // cluster.cores > turn]
    return order[: cluster.actors or takes]
