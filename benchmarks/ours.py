"""Our side of each comparison: the library doing exactly what the peer's function of the same name does.

Each function prepares one row and returns a turn, as in ``benchmarks/timing.py``: a function without arguments that
does the work once and returns a :class:`~benchmarks.timing.Sample`. Preparation is not timed; a turn may be called any
number of times, and every call must do the same amount of work. `threads` is what the row's title claims: 1, where it
is compared with a single-threaded peer.
"""

from __future__ import annotations

from typing import TypedDict

from benchmarks.timing import Turn


class Solved(TypedDict):
    """How one seeded run to a solution went.

    solved: whether the champion's validated fitness reached the environment's threshold
    generation: the champion's generation when the run ended, counted from 0
    validated: mean return of the champion over the held-out episodes of its run
    retest: mean return of the champion over 1000 episodes that neither evolution nor validation saw
    env_steps: steps in training and validation together, without the retest
    wall_time_s: of the run, without starting Python, importing and the retest
    nodes, conns: of the champion: node genes (outputs and hidden) and enabled connections
    """

    solved: bool
    generation: int
    validated: float
    retest: float
    env_steps: int
    wall_time_s: float
    nodes: int
    conns: int


def generations(population: int, episodes: int, count: int, seed: int, threads: int) -> Turn:
    """Whole generations of CartPole from a new population: evaluation, speciation, reproduction. Amount: env steps.

    Each turn makes a new first population (not timed) from the next seed, then `count` times evaluates, speciates and
    reproduces (timed). No validation, checkpoint or view: the peers have none either. Amount: steps of all `count`
    evaluations. Settings of the default preset with `population`, `episodes` and CartPole-v1.
    """
    raise NotImplementedError


def evaluation(population: int, episodes: int, seed: int, threads: int) -> Turn:
    """Play `episodes` episodes of CartPole with each genome of one first population. Amount: env steps."""
    raise NotImplementedError


def reproduction(inputs: int, outputs: int, children: int, seed: int, threads: int) -> Turn:
    """Cross and mutate fully connected feed-forward genomes of ``inputs * outputs`` connections. Amount: children.

    The whole of reproduction: innovation numbers are given and the new population is put together. Parents differ in
    weights alone, are of one species and have random fitness; no child is an elite's copy. Each turn starts from the
    same parents.
    """
    raise NotImplementedError


def speciation_and_reproduction(population: int, generations_before: int, seed: int, threads: int) -> Turn:
    """Breed CartPole genomes and sort the children into species. Amount: generations, 1 in each turn.

    The parents evolved for `generations_before` generations with random fitness (not timed). Each turn gives these
    same parents new random fitness (not timed), then selects, reproduces and speciates the children (timed).
    """
    raise NotImplementedError


def activation(inputs: int, outputs: int, times: int, seed: int) -> Turn:
    """Activate one fully connected network so many times in a row, in one thread. Amount: activations."""
    raise NotImplementedError


def solve(env: str, seed: int, generations: int | None) -> Solved:
    """Evolve an environment with its preset until solved, in this process and without a run folder.

    env: short name or Gymnasium id
    generations: the most generations; None for the preset's
    """
    raise NotImplementedError
