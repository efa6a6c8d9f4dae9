"""Generations on local Ray nodes of one core each, beside what the model predicts: ``docs/cluster.md`` has the table.

    python -m benchmarks.cluster_pace CartPole -p 2000 --nodes 1,2,4 --json build/cluster.json

Nodes of one machine share its cores; the model is told how many there are. Cases take turns. Of each generation, whose
bits are the same every time, the least seconds count: what else the machine does would be taken for a node's effect.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, get_args

import numpy as np

from genesys_cli.backends.base import make_backend
from genesys_cli.backends.cluster.connection import connected, ray_module
from genesys_cli.backends.cluster.model import Genomes, Mode
from genesys_cli.backends.cluster.pace import MODES, Generation, Network, Nodes, Rates, predict
from genesys_cli.bench.cluster import Timed, timed
from genesys_cli.compiled.threads import Threads, usable_cores
from genesys_cli.config.cluster import ClusterSettings
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import Settings
from genesys_cli.envs.registry import environment_of, resolved
from genesys_cli.evolution.distribution import case_of, rates_of
from genesys_cli.evolution.loop import Loop
from genesys_cli.report.bench_cluster import draw_cluster

Row = dict[str, Any]
NEVER = 10**9  # are all genomes gathered: there are no checkpoints, and few generations
BANDWIDTH = 1e12  # of memory: what a byte takes is in the driver's seconds of it
PHASES = ("evaluate_s", "validate_s", "speciate_s", "reproduce_s")
CARRIED = ("cluster_sent_bytes", "cluster_received_bytes", "cluster_exchanged_bytes")
CALLS = 300
BYTES = 20_000_000


class Pinged:
    """An actor that does nothing."""

    def ping(self, what: object) -> int:
        return 0

    def spent(self) -> float:
        return time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("env")
    parser.add_argument("-p", "--population", default="2000", help="several, with commas")
    parser.add_argument("-g", "--generations", type=int, default=8)
    parser.add_argument("--nodes", default="1,2,4")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="of the generations, in each turn")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    words = parser.parse_args()
    counts = [int(count) for count in words.nodes.split(",")]
    found = []
    for population in map(int, words.population.split(",")):
        settings = settings_of(words.env, population, words.generations, words.set)
        found += measured(settings, counts, words.turns, words.repeats)
        print("\n".join(lines(found)), flush=True)
    if words.plot is not None:
        draw_cluster([drawn(found, size) for size in dict.fromkeys(row["population"] for row in found)], words.plot)
    if words.json is not None:
        words.json.parent.mkdir(parents=True, exist_ok=True)
        words.json.write_text(json.dumps(found, indent=1) + "\n")


def settings_of(env: str, population: int, generations: int, overrides: Sequence[str]) -> Settings:
    flags = {"neat.population": population, "neat.generations": generations, "run.stop_when_solved": False}
    settings = load_settings(None, env, list(overrides), flags)
    return resolved(settings, environment_of(settings))


def measured(settings: Settings, counts: Sequence[int], turns: int, repeats: int) -> list[dict[str, Any]]:
    """Return a row for each mode and number of nodes: what was measured, and what was predicted."""
    alone: list[Timed] = []
    runs: dict[tuple[Mode, int], list[list[Row]]] = {(mode, count): [] for mode in modes() for count in counts}
    calls = []
    for _ in range(turns):
        for (mode, count), rows in runs.items():
            alone += [timed(settings, lambda _: None) for _ in range(repeats)]
            found, took = on_nodes(settings, mode, count, repeats)
            rows += found
            calls.append(took)
    call = Call(*(min(each) for each in zip(*calls, strict=True)))
    network = Network(max(0.0, call.passed_s - call.message_s - call.answer_s) / 2, BANDWIDTH)
    ours = quickest([one.rows for one in alone])
    select_s = min(one.rates.select_s for one in alone) * settings.neat.population
    rates = [
        rates_of([row], settings, select_s)._replace(
            message_s=call.message_s, answer_s=call.answer_s, byte_s=call.byte_s
        )
        for row in ours
    ]
    return [
        compared(settings, mode, count, quickest(rows), rates, network, alone[0].species)
        for (mode, count), rows in runs.items()
    ]


def modes() -> list[Mode]:
    """Return what may be distributed."""
    there = get_args(ClusterSettings.model_fields["distribute"].annotation)
    return [mode for mode in MODES if mode in there]


def quickest(turns: Sequence[Sequence[Row]]) -> list[Row]:
    """Return each generation with the least seconds of all turns, whose results are the same bits."""
    return [
        {**rows[0], **{name: min(row[name] for row in rows) for name in rows[0] if name in PHASES}}
        for rows in zip(*turns, strict=True)
    ]


def compared(
    settings: Settings,
    mode: Mode,
    count: int,
    rows: Sequence[Row],
    rates: Sequence[Rates],
    network: Network,
    species: int,
) -> dict[str, Any]:
    """Return means over generations. rates: of each, on one core; species: that there are about"""
    env = environment_of(settings)
    found: list[Generation] = []
    for row, each in zip(rows, rates, strict=True):
        genomes = Genomes(settings.neat.population, row["nodes_mean"], row["conns_mean"])
        nodes = Nodes(count, 1, 1, usable_cores())
        case = case_of(settings, env, genomes, species)
        case = case._replace(breeding=case.breeding._replace(every=NEVER))
        found.append(predict(mode, case, each, nodes, network))

    def mean(values: Iterable[float]) -> float:
        return sum(values) / len(rows)

    return {
        "env": env.name,
        "population": settings.neat.population,
        "nodes": count,
        "distribute": mode,
        "cores": usable_cores(),
        "episodes": settings.evaluation.episodes,
        "alone_s": mean(one_core(settings, each) for each in rates),
        "rates": rates[-1]._asdict(),
        "latency_s": network.latency_s,
        "measured": {
            "messages": mean(row["cluster_messages"] for row in rows),
            "bytes": mean(sum(row[name] for name in CARRIED) for row in rows),
            "evaluate_s": mean(row["evaluate_s"] for row in rows),
            "generation_s": mean(_seconds(row) for row in rows),
        },
        "predicted": {
            "messages": mean(one.bytes.messages for one in found),
            "bytes": mean(one.bytes.total for one in found),
            "evaluate_s": mean(one.evaluate_s for one in found),
            "generation_s": mean(one.seconds for one in found),
        },
    }


def one_core(settings: Settings, rates: Rates) -> float:
    """Return the seconds of a generation without a cluster."""
    each = settings.evaluation.episodes * rates.episode_s + rates.breed_s + rates.speciate_s + rates.select_s
    return settings.neat.population * each + rates.validate_s


def _seconds(row: Row) -> float:
    return float(row["evaluate_s"] + row["speciate_s"] + row["reproduce_s"])


def drawn(found: Sequence[dict[str, Any]], population: int) -> dict[str, Any]:
    """Return what is drawn of a population: seconds by number of nodes."""
    mine = [row for row in found if row["population"] == population]
    return {
        "env": mine[0]["env"],
        "population": population,
        "alone_s": mine[0]["alone_s"],
        "rows": [
            {"nodes": row["nodes"], "distribute": row["distribute"], "generation_s": row["predicted"]["generation_s"]}
            for row in mine
        ],
        "measured": [
            {"nodes": row["nodes"], "distribute": row["distribute"], "generation_s": row["measured"]["generation_s"]}
            for row in mine
        ],
    }


def on_nodes(settings: Settings, mode: Mode, count: int, repeats: int) -> tuple[list[list[Row]], Call]:
    """Return generations on nodes of one core, without the first two, and what calls took (see :func:`called`).

    The generations are computed several times; they are the same ones.
    """
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        for _ in range(count - 1):
            made.add_node(num_cpus=1)
        there = {"address": made.address, "timeout": 600.0, "distribute": mode}
        where = settings.cluster.model_copy(update=there)
        changed = settings.model_copy(update={"cluster": where})
        env = environment_of(changed)
        with (
            Threads(1) as threads,
            connected(changed.cluster, lambda _: None),
            closing(make_backend(changed, env, threads)) as backend,
        ):
            found = [_generations(Loop(changed, env, backend, threads)) for _ in range(repeats)]
            backend.close()
            return found, called()
    finally:
        made.shutdown()


def _generations(evolution: Loop) -> list[Row]:
    lap = evolution.first()
    rows: list[Row] = []
    while lap.state.generation + 1 < evolution.settings.neat.generations:
        lap = evolution.next(lap.state)
        rows.append(lap.row)
    return rows[1:]


class Call(NamedTuple):
    """What a call of an actor takes.

    message_s, answer_s, byte_s: seconds of a core, at the driver, at the actor, and of a byte that is packed
    passed_s: from the call to its answer, the median
    """

    message_s: float
    answer_s: float
    byte_s: float
    passed_s: float


def called() -> Call:
    """Return what a call takes that does nothing."""
    ray = ray_module()
    actor = ray.remote(num_cpus=1)(Pinged).remote()
    ray.get([actor.ping.remote(None) for _ in range(20)])
    here, there = time.process_time(), ray.get(actor.spent.remote())
    passed = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        ray.get(actor.ping.remote(None))
        passed.append(time.perf_counter() - begin)
    message_s = (time.process_time() - here) / CALLS
    answer_s = (ray.get(actor.spent.remote()) - there) / CALLS
    here = time.process_time()
    ray.get(actor.ping.remote(np.zeros(BYTES, np.uint8)))
    byte_s = max(0.0, time.process_time() - here - message_s) / BYTES
    ray.kill(actor)
    return Call(message_s, answer_s, byte_s, median(passed))


def lines(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return rows as a table in Markdown."""
    text = [
        "| environment | genomes | nodes | distributed | messages | predicted | bytes | predicted | error | s | "
        "predicted | error |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in found:
        here, model = row["measured"], row["predicted"]
        taken, wanted = here["bytes"], model["bytes"]
        text.append(
            f"| {row['env']} | {row['population']} | {row['nodes']} | {row['distribute']} | {here['messages']:.0f} | "
            f"{model['messages']:.0f} | {taken:.0f} | {wanted:.0f} | {100 * (wanted / taken - 1):+.1f} % | "
            f"{here['generation_s']:.3f} | {model['generation_s']:.3f} | "
            f"{100 * (model['generation_s'] / here['generation_s'] - 1):+.0f} % |"
        )
    return text


if __name__ == "__main__":
    main()
