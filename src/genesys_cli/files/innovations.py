"""The innovations of a run in a checkpoint: two tables, whose numbers must not clash with those of the genomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..genome.population import Population
from ..neat.innovation import Counters, Table

TABLES = ("links", "splits")
ARRAYS = tuple(f"{name}.{part}" for name in TABLES for part in Table._fields)


def arrays_of(counters: Counters) -> dict[str, NDArray[Any]]:
    """Return the arrays of the tables that there are, by name."""
    tables = {name: getattr(counters, name) for name in TABLES}
    return {
        f"{name}.{part}": getattr(table, part)
        for name, table in tables.items()
        if table is not None
        for part in Table._fields
    }


def table_problems(name: str, table: Table, first: int, following: int) -> Iterator[str]:
    """Say what is wrong with a table: keys must ascend, values differ and be from `first` to below `following`."""
    keys, values = table
    if (keys[1:] <= keys[:-1]).any() or keys.min(initial=0) < 0:
        yield f"{name}.keys do not ascend from 0 or more"
    if len(values) and not first <= values.min() <= values.max() < following:
        yield f"{name}.values are not from {first} to below {following}"
    if len(np.unique(values)) < len(values):
        yield f"{name}.values has a number twice"


def contradictions(links: Table, population: Population) -> Iterator[str]:
    """Say which connections of a population have other ends than those that a table knows by their number."""
    if not len(links.keys):
        return
    by_number = np.argsort(links.values)
    numbers, ends = links.values[by_number], links.keys[by_number]
    at = np.minimum(np.searchsorted(numbers, population.conn_innovation), len(numbers) - 1)
    other = ends[at] != population.conn_in.astype(np.int64) << 32 | population.conn_out
    for number in population.conn_innovation[(numbers[at] == population.conn_innovation) & other]:
        yield f"links has other ends for connection {number} than the population"
