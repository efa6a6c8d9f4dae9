"""neat-python 2.0 on the tasks of Stanley & Miikkulainen (2002), judged as ``benchmarks.paper_tasks`` judges ours.

``python -m benchmarks.peers.paper_tasks XOR --seeds 20`` prints a row for each of several settings. neat-python breeds
and sorts genomes; its networks are played in our kernels, since only evaluations are counted and its own networks would
take hours. They compute the same: a sigmoid output answers 0 to 1 where ours is a tanh that is stretched over the
action, and sigmoid(5 z) = (tanh(2.5 z) + 1) / 2; a recurrent node without inputs has no bias, as in neat-python.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from typing import Any

import neat
import numpy as np

from benchmarks.paper_tasks import HEAD, Found, line
from benchmarks.peers.neat_config import neat_config
from genesys_cli.backends.base import Backend, make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.envs.trials import needed_in
from genesys_cli.evolution.trials import Trials
from genesys_cli.genome.population import DTYPES, Population
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS

#: neat-python's own example for XOR, ``examples/xor/config-feedforward``.
_EXAMPLE: dict[str, Any] = {
    "activation_default": "sigmoid",
    "activation_options": "sigmoid",
    "bias_replace_rate": 0.1,
    "weight_replace_rate": 0.1,
    "conn_add_prob": 0.5,
    "conn_delete_prob": 0.5,
    "node_add_prob": 0.2,
    "node_delete_prob": 0.2,
    "reset_on_extinction": False,
}
_TANH = {"activation_default": "tanh", "activation_options": "tanh"}

#: What our presets found for the double poles, as far as neat-python has it.
_POLES: dict[str, Any] = {"survival_threshold": 0.05, "max_stagnation": 8, "species_elitism": 0}
_MEMORY: dict[str, Any] = {"pop_size": 1000, "feed_forward": False}
_STILL: dict[str, Any] = {"bias_init_stdev": 0.0, "bias_mutate_rate": 0.0, "bias_replace_rate": 0.0}
_BRANCHED: dict[str, Any] = {"conn_add_prob": 0.3, "node_add_prob": 0.03}
_RESTLESS: dict[str, Any] = {"max_stagnation": 5, "species_elitism": 0}

#: neat-python's figures for each task; the best of what was tried comes last.
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "XOR": {
        "its example for XOR": _EXAMPLE,
        "figures of our default preset": {},
        "the same, threshold 2": {"compatibility_threshold": 2.0},
        "its example for XOR, tanh": {**_EXAMPLE, **_TANH},
    },
    "DoublePole": {
        "its example for XOR, tanh": {**_EXAMPLE, **_TANH},
        "figures of our default preset": {},
        "figures of our preset": _POLES,
    },
    "DoublePoleNoVelocity": {
        "figures of our default preset": _MEMORY,
        "the same, no biases": {**_MEMORY, **_STILL},
        "figures of our preset": {**_MEMORY, **_STILL, **_BRANCHED, **_RESTLESS},
    },
}


def networks_of(genomes: Sequence[neat.DefaultGenome], n_inputs: int, n_outputs: int, feed_forward: bool) -> Population:
    """Return networks that compute what neat-python's do; innovation numbers are the places of genes."""
    fields: dict[str, list[Any]] = {name: [] for name in DTYPES}
    fields["node_offsets"].append(0)
    fields["conn_offsets"].append(0)
    for genome in genomes:
        fed = {end for (_, end), gene in genome.connections.items() if gene.enabled}
        for key in sorted(genome.nodes):
            node = genome.nodes[key]
            name = "tanh" if node.activation == "sigmoid" and key < n_outputs else node.activation
            fields["node_id"].append(key + n_inputs)
            fields["node_bias"].append(node.bias if feed_forward or key in fed else 0.0)
            fields["node_response"].append(node.response)
            fields["node_activation"].append(ACTIVATIONS.index(name))
            fields["node_aggregation"].append(AGGREGATIONS.index(node.aggregation))
        for place, ((start, end), gene) in enumerate(genome.connections.items()):
            fields["conn_innovation"].append(place)
            fields["conn_in"].append(start + n_inputs if start >= 0 else -start - 1)
            fields["conn_out"].append(end + n_inputs)
            fields["conn_weight"].append(gene.weight)
            fields["conn_enabled"].append(gene.enabled)
        fields["node_offsets"].append(len(fields["node_id"]))
        fields["conn_offsets"].append(len(fields["conn_in"]))
    arrays = {name: np.array(values, DTYPES[name]) for name, values in fields.items()}
    return Population(n_inputs, n_outputs, **arrays)


class Judge:
    """Gives a generation its fitness, and judges its best genome as the task's preset does."""

    def __init__(self, env: str, feed_forward: bool, threads: Threads) -> None:
        settings = load_settings(None, env, [f"neat.feed_forward={feed_forward}".lower(), "run.threads=1"])
        self.task = environment_of(settings)
        self.feed_forward = feed_forward
        self.backend: Backend = make_backend(settings, self.task, threads)
        self.backend.start()
        self._world = conditions_of(settings, self.task)
        name = settings.evaluation.validation
        self._trials = None if name is None else Trials(settings, self.task, name, threads)
        needed = needed_in(self.task, settings.evaluation)
        assert needed is not None  # each of the three tasks has one
        self._needed = needed
        self.solved: neat.DefaultGenome | None = None
        self.score = 0.0
        self.species: list[int] = []
        self.reached: int | None = None
        self.generation = 0

    def __call__(self, genomes: Sequence[tuple[int, neat.DefaultGenome]], config: neat.Config) -> None:
        task = self.task
        population = networks_of([genome for _, genome in genomes], task.n_inputs, task.n_outputs, self.feed_forward)
        fitness = self.backend.evaluate(population, [0], self._world, keep_returns=True).returns[:, 0]
        for (_, genome), value in zip(genomes, fitness.tolist(), strict=True):
            genome.fitness = value
        best = int(np.argmax(fitness))
        if self._trials is None:
            score = float(fitness[best])
        else:
            score = float(self._trials.judge(population.select(np.array([best])), self._world).scores[0])
        if score > 0 and self.reached is None:
            self.reached = self.generation
        if score >= self._needed:
            self.solved, self.score = genomes[best][1], score


def run(seed: int, env: str, changes: dict[str, Any], generations: int) -> Found:
    """Evolve once, on one thread."""
    begin = time.perf_counter()
    with Threads(1) as threads:
        judge = Judge(env, changes.get("feed_forward", True), threads)
        with closing(judge.backend):
            given = {"num_inputs": judge.task.n_inputs, "num_outputs": judge.task.n_outputs, **changes}
            config = neat_config(**given)
            evolution = neat.Population(config, seed=seed)
            try:
                while judge.solved is None and judge.generation < generations:
                    judge.species.append(len(evolution.species.species))
                    evolution.run(judge, 1)
                    judge.generation += 1
            except (neat.CompleteExtinctionException, RuntimeError) as error:
                print(f"seed {seed}: {type(error).__name__} in generation {judge.generation}: {error}", flush=True)
                judge.generation = generations
    hidden = enabled = 0
    if judge.solved is not None:
        hidden = len(judge.solved.nodes) - judge.task.n_outputs
        enabled = sum(gene.enabled for gene in judge.solved.connections.values())
    evaluations = judge.generation * config.pop_size
    species = float(np.mean(judge.species))
    seconds = time.perf_counter() - begin
    found = judge.solved is not None
    return Found(seed, found, evaluations, judge.score, hidden, enabled, species, judge.reached, seconds)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.peers.paper_tasks", description=__doc__)
    arguments.add_argument("env", choices=SETTINGS)
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--generations", type=int, default=300)
    arguments.add_argument("--only", help="settings whose name contains this")
    arguments.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    asked = arguments.parse_args()
    print(HEAD)
    for name, changes in SETTINGS[asked.env].items():
        if asked.only and asked.only not in name:
            continue
        task = partial(run, env=asked.env, changes=changes, generations=asked.generations)
        with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
            found = list(pool.map(task, range(asked.seeds)))
        print(line(name, found), flush=True)


if __name__ == "__main__":
    main()
