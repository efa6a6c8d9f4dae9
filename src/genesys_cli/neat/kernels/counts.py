"""What reproduction counts: a row of int64, and the name of each of its places."""

from __future__ import annotations

COUNTS = (
    "genes_read",
    "genes_written",
    "genes_crossed",
    "genes_perturbed",
    "nodes_added",
    "conns_added",
    "nodes_deleted",
    "conns_deleted",
)
"""Names of the counts, in the order of a row."""

(
    GENES_READ,
    GENES_WRITTEN,
    GENES_CROSSED,
    GENES_PERTURBED,
    NODES_ADDED,
    CONNS_ADDED,
    NODES_DELETED,
    CONNS_DELETED,
) = range(len(COUNTS))
