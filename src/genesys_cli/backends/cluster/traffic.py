"""What an evaluation on a cluster asked of the network, counted where it leaves and where it comes in."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Traffic:
    """Of some evaluations.

    messages: to actors, each with its answer; sent, received: bytes of these
    exchanged: bytes of genomes that actors gave each other
    seconds: from the first message to the last answer; busy: seconds that actors computed
    actors: that had a tile; lost: actors that were lost
    """

    messages: int = 0
    sent: int = 0
    received: int = 0
    exchanged: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    actors: set[int] = field(default_factory=set)
    lost: int = 0

    def columns(self) -> dict[str, int | float]:
        """Return these as columns of metrics."""
        return {
            "cluster_actors": len(self.actors),
            "cluster_lost": self.lost,
            "cluster_messages": self.messages,
            "cluster_sent_bytes": self.sent,
            "cluster_received_bytes": self.received,
            "cluster_exchanged_bytes": self.exchanged,
            "cluster_s": self.seconds,
            "cluster_busy_s": self.busy,
        }


def size_of(value: Any) -> int:
    """Return the bytes of a value on its way: as Ray packs it, with arrays beside the rest, which are not copied."""
    arrays: list[pickle.PickleBuffer] = []
    packed = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
    return len(packed) + sum(array.raw().nbytes for array in arrays)
