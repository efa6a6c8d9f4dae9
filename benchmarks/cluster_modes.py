"""What is to be distributed, over environments, sizes of populations and nodes: the table of ``docs/cluster.md``.

    python -m benchmarks.cluster_modes

Rates are timed on a core of this machine, once for each environment; all else is predicted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks.cluster_pace import settings_of
from genesys_cli.backends.cluster.model import EVALUATION, GENERATION, Genomes
from genesys_cli.backends.cluster.pace import Nodes, choose, predict
from genesys_cli.bench.cluster import GENERATIONS, small_of, timed
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.distribution import case_of
from genesys_cli.report.results import number, quantity

LEAST = 10  # genomes of a node
HEADER = (
    "environment", "genomes", "nodes", "bytes, evaluation", "generation", "ratio", "at the driver", "time, evaluation",
    "generation", "auto",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("envs", nargs="*", default=["XOR", "CartPole", "Pendulum", "LunarLander"])
    parser.add_argument("-p", "--population", default="1000,100000,10000000,100000000", help="several, with commas")
    parser.add_argument("-n", "--nodes", default="16,1000,10000", help="several, with commas")
    parser.add_argument("--cores", type=int, default=16, help="of each node, and of the driver's machine")
    parser.add_argument("--checkpoint-every", type=int, default=16, help="generations; all genomes are gathered then")
    words = parser.parse_args()
    sizes, counts = ([int(each) for each in text.split(",")] for text in (words.population, words.nodes))
    print("| " + " | ".join(HEADER) + " |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    for env in words.envs:
        for line in lines(env, sizes, counts, words.cores, words.checkpoint_every):
            print(line, flush=True)


def lines(env: str, sizes: Sequence[int], counts: Sequence[int], cores: int, every: int) -> Iterator[str]:
    """Yield a row for each population and number of nodes. Bytes are all that cross the network in a generation."""
    usual = settings_of(env, max(sizes), GENERATIONS, ())
    found = timed(small_of(usual, environment_of(usual)), lambda _: None)
    for size in sizes:
        settings = settings_of(env, size, GENERATIONS, [f"run.checkpoint_every={every}"])
        genomes = Genomes(size, found.nodes, found.conns)
        case = case_of(settings, environment_of(settings), genomes, found.species)
        for count in (count for count in counts if LEAST * count <= size):
            nodes = Nodes(count, cores, cores)
            one, other = (predict(mode, case, found.rates, nodes) for mode in (EVALUATION, GENERATION))
            best = choose("auto", case, found.rates, nodes)
            yield (
                f"| {env} | {number(size)} | {count} | {quantity(one.bytes.total, 'B')} | "
                f"{quantity(other.bytes.total, 'B')} | {other.bytes.total / one.bytes.total:.2f} | "
                f"{(other.bytes.sent + other.bytes.received) / one.bytes.total:.2f} | "
                f"{quantity(one.seconds, 's')} | {quantity(other.seconds, 's')} | {best} |"
            )


if __name__ == "__main__":
    main()
