"""What reproduction counts: a row of int64, and where in it each count lies."""

from __future__ import annotations

from typing import NamedTuple

from ...counts import positions


class ReproductionCounts(NamedTuple):
    """Counters of a thread, by the names of ``genesys_cli.counts``."""

    genes_read: int
    genes_written: int
    genes_crossed: int
    genes_perturbed: int
    nodes_added: int
    conns_added: int
    nodes_deleted: int
    conns_deleted: int


AT = positions(ReproductionCounts)
