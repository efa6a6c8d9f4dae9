"""What is compared with whom: each row is the same work on both sides."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks import ours
from benchmarks.peers.tables import numpy_batch
from benchmarks.peers.tensorneat_client import TensorNeat
from benchmarks.processes import GENESYS, new_run, whole_process
from benchmarks.timing import Turn

NEAT_PYTHON = "neat-python"
GYMNASIUM = "gymnasium"
TENSORNEAT = "TensorNEAT"
NUMPY = "NumPy"


@dataclass(frozen=True)
class Row:
    """A comparison with one peer.

    key: to choose it on the command line
    title: what is done
    unit: of the amount, in the plural
    shown: "rate" for units in a second, "cost" for seconds for one unit
    ours, theirs: prepare the turns; called only when the row is run, since preparing takes time and memory
    at_least: how many times faster we mean to be; None: shown for information
    pairs: turns of each side, unless asked otherwise
    compiles: the peer's first turn compiles and must not count
    """

    key: str
    title: str
    peer: str
    unit: str
    shown: Literal["rate", "cost"]
    ours: Callable[[], Turn]
    theirs: Callable[[], Turn]
    at_least: float | None
    pairs: int = 5
    compiles: bool = False


def rows(*, quick: bool, seed: int, work: Path, tensorneat: TensorNeat | None) -> list[Row]:
    """Return all rows in the order in which they run.

    quick: a tenth of the population, to see that everything works; the ratios then say little
    work: an empty folder for run folders
    tensorneat: adds its rows
    """
    many, few = (1_000, 100) if quick else (10_000, 1_000)
    chosen = [
        *_against_neat_python(many, few, seed),
        *_against_gymnasium(few, seed),
        _solving(work, seed),
    ]
    if tensorneat is not None:
        chosen += _against_tensorneat(tensorneat, work, many, few, seed)
    return chosen


def _against_neat_python(many: int, few: int, seed: int) -> list[Row]:
    # Imported here, so that the other rows run without neat-python.
    from benchmarks.peers import neat_python as theirs

    def generation(population: int, pairs: int) -> Row:
        return Row(
            f"generations-{population}",
            f"CartPole, 1 episode per genome, three whole generations, population {population}",
            NEAT_PYTHON,
            "env steps",
            "rate",
            lambda: ours.generations(population, 1, 3, seed, threads=1),
            lambda: theirs.generations(population, 1, 3, seed),
            at_least=100,
            pairs=pairs,
        )

    def child(feed_forward: bool, at_least: float) -> Row:
        return Row(
            f"reproduction-{'feed-forward' if feed_forward else 'unchecked'}",
            "reproduction, fully connected 128→18, per child"
            + ("" if feed_forward else ", the peer without its search for cycles"),
            NEAT_PYTHON,
            "children",
            "cost",
            lambda: ours.reproduction(128, 18, 200, seed, threads=1),
            lambda: theirs.reproduction(128, 18, 10 if feed_forward else 50, feed_forward, seed),
            at_least=at_least,
        )

    return [
        generation(few, 5),
        generation(many, 3),
        Row(
            f"ask-tell-{few}",
            f"ask, 100 rows of two inputs, tell: three whole generations, population {few}",
            NEAT_PYTHON,
            "generations",
            "cost",
            lambda: ours.ask_tell(few, 100, 3, seed, threads=1),
            lambda: theirs.ask_tell(few, 100, 3, seed),
            at_least=50,
        ),
        Row(
            "evaluation-16",
            "CartPole, 16 episodes per genome, evaluation alone",
            NEAT_PYTHON,
            "env steps",
            "rate",
            lambda: ours.evaluation(few, 16, seed, threads=1),
            lambda: theirs.evaluation(50, 16, seed),
            at_least=500,
        ),
        child(feed_forward=True, at_least=1000),
        child(feed_forward=False, at_least=100),
        Row(
            "speciation-reproduction",
            f"speciation and reproduction, population {many}, CartPole genomes",
            NEAT_PYTHON,
            "generations",
            "cost",
            lambda: ours.speciation_and_reproduction(many, 8, seed, threads=1),
            lambda: theirs.speciation_and_reproduction(many, 8, seed),
            at_least=200,
            pairs=3,
        ),
        Row(
            "table",
            "a table of 500 rows with 10 inputs, squared error, evaluation alone",
            NEAT_PYTHON,
            "predictions",
            "rate",
            lambda: ours.table(few, 500, 10, seed, threads=1),
            lambda: theirs.table(20, 500, 10, seed),
            at_least=200,
        ),
        Row(
            "table-numpy",
            "the same; the peer computes all rows of a network at once",
            NUMPY,
            "predictions",
            "rate",
            lambda: ours.table(few, 500, 10, seed, threads=1),
            lambda: numpy_batch(few, 500, 10, seed),
            at_least=None,
        ),
        Row(
            "activation",
            "activation of a 128→18 network",
            NEAT_PYTHON,
            "activations",
            "cost",
            lambda: ours.activation(128, 18, 10_000, seed),
            lambda: theirs.activation(128, 18, 1_000, seed),
            at_least=100,
        ),
    ]


def _against_gymnasium(genomes: int, seed: int) -> list[Row]:
    from benchmarks.peers import gym_cartpole as theirs

    def sixteen(key: str, title: str, turn: Callable[[], Turn], at_least: float | None) -> Row:
        return Row(
            f"{GYMNASIUM}-{key}",
            f"CartPole, 16 episodes per genome, evaluation; the peer {title}",
            GYMNASIUM,
            "env steps",
            "rate",
            lambda: ours.evaluation(genomes, 16, seed, threads=1),
            turn,
            at_least,
        )

    return [
        sixteen("bare", "stepping with random actions, no network", lambda: theirs.bare(50_000, seed), 500),
        sixteen("episodes", "the same, from given seeds", lambda: theirs.episodes(100, 16, seed), None),
        sixteen("arrays", "16 poles in one array, no network", lambda: theirs.vectorised(16, 5_000, seed), None),
    ]


def _genesys_solves(work: Path) -> Callable[[int], list[str]]:
    def command(seed: int) -> list[str]:
        arguments = ["evolve", "--env", "CartPole", "--population", "150", "--threads", "1", "--seed", str(seed)]
        return [GENESYS, *arguments, "--run-dir", str(new_run(work)), "--quiet"]

    return command


def _solving(work: Path, seed: int) -> Row:
    def command(number: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.peers.solve_cartpole", "--seed", str(number)]

    return Row(
        "solve",
        "CartPole solved, population 150, 5 episodes, whole process, kernels cached",
        NEAT_PYTHON,
        "processes",
        "cost",
        lambda: whole_process(_genesys_solves(work), seed),
        lambda: whole_process(command, seed),
        at_least=None,
        pairs=9,
    )


def _against_tensorneat(peer: TensorNeat, work: Path, many: int, few: int, seed: int) -> list[Row]:
    def generation(population: int, count: int, pairs: int) -> Row:
        return Row(
            f"tensorneat-generations-{population}",
            f"CartPole, 1 episode per genome, {count} whole generations, population {population}",
            TENSORNEAT,
            "env steps",
            "rate",
            lambda: ours.generations(population, 1, count, seed, threads=1),
            lambda: peer.turn("generations", population=population, episodes=1, count=count, seed=seed),
            at_least=40,
            pairs=pairs,
            compiles=True,
        )

    return [
        # All its poles step until the last one falls, so it gains as episodes grow longer: ten generations, not three.
        generation(few, 10, 3),
        generation(many, 10, 1),
        Row(
            "tensorneat-reproduction",
            "reproduction, fully connected 128→18, per child",
            TENSORNEAT,
            "children",
            "cost",
            lambda: ours.reproduction(128, 18, 200, seed, threads=1),
            lambda: peer.turn("reproduction", inputs=128, outputs=18, children=50, seed=seed),
            at_least=30,
            compiles=True,
        ),
        Row(
            "tensorneat-speciation-reproduction",
            f"speciation and reproduction, population {many}, CartPole genomes",
            TENSORNEAT,
            "generations",
            "cost",
            lambda: ours.speciation_and_reproduction(many, 8, seed, threads=1),
            lambda: peer.turn("speciation_and_reproduction", population=many, generations_before=8, seed=seed),
            at_least=40,
            compiles=True,
        ),
        Row(
            "tensorneat-table",
            "a table of 500 rows with 10 inputs, squared error, evaluation alone",
            TENSORNEAT,
            "predictions",
            "rate",
            lambda: ours.table(few, 500, 10, seed, threads=1),
            lambda: peer.turn("table", population=few, rows=500, inputs=10, seed=seed),
            at_least=None,
            compiles=True,
        ),
        Row(
            f"tensorneat-ask-tell-{few}",
            f"100 rows of two inputs, a fitness of one's own: three whole generations, population {few}",
            TENSORNEAT,
            "generations",
            "cost",
            lambda: ours.ask_tell(few, 100, 3, seed, threads=1),
            lambda: peer.turn("ask_tell", population=few, rows=100, count=3, seed=seed),
            at_least=None,
            compiles=True,
        ),
        Row(
            "tensorneat-solve",
            "CartPole solved, population 150, 5 episodes, whole process; the peer compiles each time",
            TENSORNEAT,
            "processes",
            "cost",
            lambda: whole_process(_genesys_solves(work), seed),
            lambda: whole_process(
                lambda number: [
                    peer.python,
                    "-m",
                    "benchmarks.peers.tensorneat_cpu",
                    "--solve",
                    "--seed",
                    str(number),
                ],
                seed,
            ),
            at_least=None,
            pairs=1,
        ),
    ]
