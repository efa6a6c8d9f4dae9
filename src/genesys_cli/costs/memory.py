"""How much memory a run needs at least, and how much there is: a process that asks for too much is killed, untold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from ..compiled.lanes import LANES
from ..compiled.threads import CHUNKS_PER_THREAD, usable_cores
from ..config.backends import kind_of
from ..config.cluster import LOCAL
from ..config.schema import Settings
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import CONN_FIELDS, DTYPES, NODE_FIELDS, Population
from ..neat.initial import first_genes

NODE_BYTES: int = sum(np.dtype(DTYPES[name]).itemsize for name in NODE_FIELDS)
CONN_BYTES: int = sum(np.dtype(DTYPES[name]).itemsize for name in CONN_FIELDS)
GENOME_BYTES: int = sum(np.dtype(DTYPES[name]).itemsize for name in DTYPES if name.endswith("_offsets"))
# Populations at once (parents, children in the making, children, checkpoint), and bytes a genome beside.
LOOP = (4.0, 60)
COUNTED = (8.0, 350)  # the same where the chip's words are made of them
PROCESS = 100_000_000  # of Python, numba and the kernels
WORKER = 90_000_000  # of a worker process, without what it shares with the others
INSTANCE = 2_000_000  # of an environment in it; many need less, some far more
ACTOR = 150_000_000  # of a process of Ray's with the kernels, without what it shares with the others
JUDGED = 64  # bytes of an episode that the user's function judges
RACED = 24  # bytes of a training episode's return, in a race: of a round, of all, and of the differences
PLAYED = 40  # bytes of an episode that a worker plays


Genes = tuple[int, int]  # nodes and connections of a genome


class Part(NamedTuple):
    """A share of the memory. bytes: about; keys: settings that it grows with, the first the most"""

    bytes: int
    keys: tuple[str, ...]


def parts_of(
    settings: Settings, env: Environment, *, counting: bool | None = None, genes: Genes | None = None
) -> list[Part]:
    """Return what a run needs while its genomes are as large as in the first generation; they grow.

    counting: whether the chip's work is counted; None: as the backend does in every generation
    genes: of a genome of the first generation, where it is made of given ones
    """
    neat, evaluation = settings.neat, settings.evaluation
    nodes, conns = genes or first_genes(neat, env.n_inputs, env.n_outputs)
    first = generation_bytes(settings, env, genes)
    counting = kind_of(settings.run.backend).counts_itself if counting is None else counting
    times, beside = COUNTED if counting else LOOP
    grown = ("neat.num_hidden",) if neat.num_hidden else ()
    keys = ("neat.population", *grown)
    threads = settings.run.threads or usable_cores()
    items = neat.population * evaluation.episodes
    held_out = evaluation.validate_episodes * min(evaluation.validate_top, neat.population)
    found = [
        Part(PROCESS, ()),
        Part(int(times * first + beside * neat.population), keys),
        Part(3 * 8 * held_out, ("evaluation.validate_episodes", "evaluation.validate_top")),
    ]
    if evaluation.race is not None:
        found.append(Part(RACED * items, ("neat.population", "evaluation.episodes")))
    if settings.cluster.address == LOCAL:  # on this machine, all of them
        found.append(Part((settings.cluster.actors or usable_cores()) * ACTOR, ("cluster.actors",)))
    seen = 16 * env.n_inputs if evaluation.normalise_observations else 0
    if not env.in_workers:
        busy = min(threads, -(-neat.population // 4))
        found.append(Part(busy * _scratch(nodes, conns, env.n_inputs), ("run.threads", *grown)))
        each = JUDGED if evaluation.fitness is not None else 0
        chunk = evaluation.episodes if evaluation.episodes >= 4 else -(-items // CHUNKS_PER_THREAD)
        found.append(Part(each * items + chunk * (8 + seen), ("neat.population", "evaluation.episodes")))
    else:
        found.append(Part(threads * (WORKER + settings.run.instances * INSTANCE), ("run.threads", "run.instances")))
        found.append(Part(items * (PLAYED + seen), ("neat.population", "evaluation.episodes")))
        found.append(Part(PLAYED * held_out, ("evaluation.validate_episodes", "evaluation.validate_top")))
    return found


def _scratch(nodes: int, conns: int, n_inputs: int) -> int:
    """Return the bytes that a thread needs to play: plans for all lanes, and what goes through them."""
    edges = conns + 4 * nodes
    return LANES * (16 * edges + 40 * nodes) + 60 * (nodes + conns) + 8 * LANES * (1 + n_inputs + nodes)


def check_memory(
    settings: Settings,
    env: Environment,
    *,
    counting: bool | None = None,
    more: int = 0,
    genes: Genes | None = None,
) -> None:
    """Raise a :class:`UserError` where a run needs more memory than there is, with what to lower.

    counting, genes: see :func:`parts_of`; more: bytes beside, which grow with the population
    """
    free = available()
    parts = [*parts_of(settings, env, counting=counting, genes=genes), Part(more, ("neat.population",))]
    needed = sum(part.bytes for part in parts)
    if free is None or needed <= free:
        return
    largest = max(parts, key=lambda part: part.bytes)
    tables = settings.tables()
    keys = [(key, *key.split(".")) for key in largest.keys]
    shown = " or ".join(f"{key} = {tables[table][name]}" for key, table, name in keys)
    lower = f"lower {shown}, which takes {gigabytes(largest.bytes)} of it" if shown else "end other programs"
    raise UserError(
        f"the run needs about {gigabytes(needed)} of memory, and {gigabytes(free)} are free; {lower}, or take a "
        "machine with more"
    )


def generation_bytes(settings: Settings, env: Environment, genes: Genes | None = None) -> int:
    """Return the size of the first generation. genes: as of :func:`parts_of`"""
    nodes, conns = genes or first_genes(settings.neat, env.n_inputs, env.n_outputs)
    return settings.neat.population * (NODE_BYTES * nodes + CONN_BYTES * conns + GENOME_BYTES)


def no_room_to_count(population: Population) -> str:
    """Return why the chip's work for a generation that is in memory cannot be counted; empty where it can."""
    free = available()
    needed = (COUNTED[0] - LOOP[0]) * sum(array.nbytes for array in population.arrays().values())
    needed += (COUNTED[1] - LOOP[1]) * population.size
    if free is None or needed <= free:
        return ""
    return (
        f"counting its work for {population.size} genomes needs about {gigabytes(needed)} of memory more, and "
        f"{gigabytes(free)} are free; lower neat.population, or take a machine with more"
    )


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.{0 if size >= 1e11 else 1}f} GB"


def available(root: Path = Path("/")) -> int | None:
    """Return how many bytes this process may still take, without swap; None where the system does not say it."""
    found = list(_of_groups(root))
    with contextlib.suppress(OSError, RuntimeError):
        found.append(psutil.virtual_memory().available)
    return max(0, min(found)) if found else None


def _of_groups(root: Path) -> Iterator[int]:
    """Yield what is left to each control group that this process is in, of either version (Linux, containers)."""
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        base = root / "sys" / "fs" / "cgroup" / ("memory" if controllers else "")
        limit, used, cached = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
            if controllers
            else ("memory.max", "memory.current", ("inactive_file", "active_file"))
        )
        place = base / path.lstrip("/")
        for group in (place, *(parent for parent in place.parents if parent.is_relative_to(base))):
            most, now = _number(group / limit), _number(group / used)
            if most is not None and now is not None:
                statistics = dict(entry.split() for entry in _lines(group / "memory.stat"))
                yield most - now + sum(int(statistics.get(name, 0)) for name in cached)  # cached files make way


def _number(path: Path) -> int | None:
    return next((int(line) for line in _lines(path) if line.isdecimal()), None)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
