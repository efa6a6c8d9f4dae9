"""The rows of TensorNEAT on the processor: an optional program in an environment of its own.

JAX is large and TensorNEAT is not on PyPI, so neither is ever a dependency of ours. To take these rows::

    git clone https://github.com/EMI-Group/tensorneat
    python -m venv jax-env
    jax-env/bin/pip install "jax[cpu]" "gymnax==0.0.9" six networkx matplotlib sympy
    jax-env/bin/pip install --no-deps ./tensorneat
    jax-env/bin/python -m benchmarks.peers.tensorneat_cpu        # from the root of this repository: its rows as JSON
    python -m benchmarks --tensorneat jax-env/bin/python         # or turn by turn with ours, in one table

gymnax 1.0 returns one value more from each step than TensorNEAT expects, hence 0.0.9. Instead of installing
TensorNEAT, ``--checkout FOLDER`` (or the variable TENSORNEAT) may name the clone.

Everything runs on one core: the process binds itself to it before JAX starts. TensorNEAT keeps each genome in a fixed
number of slots and computes all of them, so the fewer spare slots the faster it is; here they are cut to fit, in its
favour. Compiling is not in the times.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.regression import regression, table_of
from benchmarks.timing import Sample, Turn, stopwatch

#: Slots for nodes (inputs included) and connections: little more than the genomes of these rows fill.
CARTPOLE_SLOTS = (16, 24)
REGRESSION_SLOTS = (8, 12)
SPARE_SLOTS = (8, 16)


def on_one_core() -> None:
    """Bind this process to one core and tell JAX to use the processor and one thread. Before JAX is imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def algorithm(population: int, inputs: int, outputs: int, slots: tuple[int, int], transform: Any = None) -> Any:
    """Return TensorNEAT's NEAT with the figures of our default preset, as far as it has them.

    transform: what becomes of outputs; None: nothing
    """
    from tensorneat.algorithm.neat import NEAT
    from tensorneat.common import ACT, AGG
    from tensorneat.genome import BiasNode, DefaultConn, DefaultDistance, DefaultGenome, DefaultMutation

    def figures(attribute: str, mutate_rate: float) -> dict[str, float]:
        values = {"mutate_rate": mutate_rate, "mutate_power": 0.5, "replace_rate": 0.02}
        values.update({"lower_bound": -30.0, "upper_bound": 30.0})
        return {f"{attribute}_{name}": value for name, value in values.items()}

    genome = DefaultGenome(
        num_inputs=inputs,
        num_outputs=outputs,
        max_nodes=slots[0],
        max_conns=slots[1],
        node_gene=BiasNode(activation_options=ACT.tanh, aggregation_options=AGG.sum, **figures("bias", 0.7)),
        conn_gene=DefaultConn(**figures("weight", 0.8)),
        mutation=DefaultMutation(conn_add=0.2, conn_delete=0.1, node_add=0.1, node_delete=0.05),
        distance=DefaultDistance(compatibility_disjoint=1.0, compatibility_weight=0.5),
        output_transform=transform,
    )
    return NEAT(
        genome,
        population,
        max_stagnation=20,
        species_elitism=2,
        genome_elitism=2,
        survival_threshold=0.1,
        min_species_size=2,
        compatibility_threshold=3.0,
    )


def cartpole(population: int, episodes: int, seed: int) -> tuple[Any, Any]:
    """Return TensorNEAT's pipeline for gymnax's CartPole and its state at generation 0."""
    import jax.numpy as jnp
    from tensorneat.pipeline import Pipeline
    from tensorneat.problem.rl import GymNaxEnv

    problem = GymNaxEnv("CartPole-v1", repeat_times=episodes, max_step=500)
    neat = algorithm(population, 4, 2, CARTPOLE_SLOTS, jnp.argmax)
    pipeline = Pipeline(neat, problem, seed=seed, generation_limit=1, fitness_target=1e9)
    return pipeline, pipeline.setup()


def generations(population: int, episodes: int, count: int, seed: int) -> Turn:
    """Whole generations of CartPole from a new population. Amount: env steps, each of which earns 1."""
    import jax

    pipeline, start = cartpole(population, episodes, seed)
    step = jax.jit(pipeline.step).lower(start).compile()
    keys = iter(range(seed, 1_000_000_000))

    def turn() -> Sample:
        state = start.update(randkey=jax.random.PRNGKey(next(keys)))
        env_steps = 0.0
        with stopwatch() as watch:
            for _ in range(count):
                state, _, fitness = step(state)
                env_steps += float(fitness.sum()) * episodes
            jax.block_until_ready(state.pop_conns)
        return watch.sample(env_steps)

    return turn


def reproduction(inputs: int, outputs: int, children: int, seed: int) -> Turn:
    """Cross and mutate fully connected genomes. Amount: children."""
    import jax
    import jax.numpy as jnp

    nodes_spare, conns_spare = SPARE_SLOTS
    slots = (inputs + outputs + nodes_spare, inputs * outputs + conns_spare)
    neat = algorithm(children, inputs, outputs, slots)
    state = neat.setup(_state(seed))

    def breed(state: Any, key: Any) -> Any:
        parent_key, cross_key, mutate_key = jax.random.split(key, 3)
        first, second = jax.random.randint(parent_key, (2, children), 0, children)
        nodes, conns = state.pop_nodes, state.pop_conns
        nodes, conns = jax.vmap(neat.genome.execute_crossover, in_axes=(None, 0, 0, 0, 0, 0))(
            state, jax.random.split(cross_key, children), nodes[first], conns[first], nodes[second], conns[second]
        )
        new_nodes = jnp.arange(children) + float(inputs + outputs)
        markers = jnp.zeros((children, 3))
        return jax.vmap(neat.genome.execute_mutation, in_axes=(None, 0, 0, 0, 0, 0))(
            state, jax.random.split(mutate_key, children), nodes, conns, new_nodes, markers
        )

    return _repeated(breed, state, seed, children)


def speciation_and_reproduction(population: int, generations_before: int, seed: int) -> Turn:
    """Breed CartPole genomes and sort the children into species, at random fitness. Amount: generations."""
    import jax

    neat = algorithm(population, 4, 2, CARTPOLE_SLOTS)
    state = neat.setup(_state(seed))

    def breed(state: Any, key: Any) -> Any:
        fitness_key, randkey = jax.random.split(key)
        fitness = jax.random.uniform(fitness_key, (population,))
        return neat.tell(state.update(randkey=randkey), fitness)

    compiled = jax.jit(breed)
    for number in range(generations_before):
        state = compiled(state, jax.random.PRNGKey(seed + number))
    return _repeated(breed, state, seed + generations_before, 1)


def table(population: int, rows: int, inputs: int, seed: int) -> Turn:
    """Let each genome of a new population predict a table; squared error. Amount: predictions."""
    import jax

    values, targets = table_of(rows, inputs, seed)
    problem = _fitting(values, targets)
    neat = algorithm(population, inputs, 1, (inputs + 1, inputs))  # as a first population has them
    state = problem.setup(neat.setup(_state(seed)))

    def judged(state: Any, key: Any) -> Any:
        genomes = jax.vmap(neat.transform, in_axes=(None, 0))(state, neat.ask(state))
        return jax.vmap(problem.evaluate, in_axes=(None, None, None, 0))(state, key, neat.forward, genomes)

    return _repeated(judged, state, seed, population * rows)


def ask_tell(population: int, rows: int, count: int, seed: int) -> Turn:
    """Whole generations of a regression on so many rows of two inputs, by its pipeline. Amount: generations."""
    import jax
    from tensorneat.pipeline import Pipeline

    neat = algorithm(population, 2, 1, REGRESSION_SLOTS)
    pipeline = Pipeline(neat, _fitting(*regression(rows)), seed=seed, generation_limit=1, fitness_target=1e9)
    start = pipeline.setup()
    step = jax.jit(pipeline.step).lower(start).compile()
    keys = iter(range(seed, 1_000_000_000))

    def turn() -> Sample:
        state = start.update(randkey=jax.random.PRNGKey(next(keys)))
        with stopwatch() as watch:
            for _ in range(count):
                state, *_ = step(state)
            jax.block_until_ready(state.pop_conns)
        return watch.sample(count)

    return turn


def _fitting(values: Any, answers: Any) -> Any:
    """Return a problem of TensorNEAT's that is a table of the user's; mean squared error."""
    import jax.numpy as jnp
    from tensorneat.problem.func_fit import FuncFit

    class Table(FuncFit):  # type: ignore[misc]
        inputs = jnp.asarray(values, jnp.float32)
        targets = jnp.asarray(answers, jnp.float32)[:, None]
        input_shape, output_shape = inputs.shape, targets.shape

    return Table()


def _state(seed: int) -> Any:
    import jax
    from tensorneat.common import State

    return State(randkey=jax.random.PRNGKey(seed))


def _repeated(work: Callable[[Any, Any], Any], state: Any, seed: int, amount: float) -> Turn:
    """Return a turn that does `work` on the same state with a new key."""
    import jax

    compiled = jax.jit(work).lower(state, jax.random.PRNGKey(seed)).compile()
    keys = iter(range(seed, 1_000_000_000))

    def turn() -> Sample:
        key = jax.random.PRNGKey(next(keys))
        with stopwatch() as watch:
            jax.block_until_ready(jax.tree_util.tree_leaves(compiled(state, key)))
        return watch.sample(amount)

    return turn


ROWS: dict[str, Callable[..., Turn]] = {
    "generations": generations,
    "reproduction": reproduction,
    "speciation_and_reproduction": speciation_and_reproduction,
    "table": table,
    "ask_tell": ask_tell,
}

#: What a plain run takes: the row and its arguments.
PLAIN: list[dict[str, Any]] = [
    {"row": "generations", "population": 1000, "episodes": 1, "count": 3, "seed": 0},
    {"row": "generations", "population": 10_000, "episodes": 1, "count": 3, "seed": 0},
    {"row": "reproduction", "inputs": 128, "outputs": 18, "children": 50, "seed": 0},
    {"row": "speciation_and_reproduction", "population": 10_000, "generations_before": 8, "seed": 0},
    {"row": "table", "population": 1000, "rows": 500, "inputs": 10, "seed": 0},
    {"row": "ask_tell", "population": 1000, "rows": 100, "count": 3, "seed": 0},
]


@cache
def prepared(request: str) -> Turn:
    """Return the turn of a request, a JSON object with the row's name and arguments; compiled once."""
    arguments = json.loads(request)
    return ROWS[arguments.pop("row")](**arguments)


def take(request: dict[str, Any]) -> dict[str, float]:
    """Take one turn. What TensorNEAT prints goes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        sample = prepared(json.dumps(request, sort_keys=True))()
    return {"amount": sample.amount, "seconds": sample.seconds, "cpu_seconds": sample.cpu_seconds}


def solve(population: int, episodes: int, seed: int) -> dict[str, Any]:
    """Evolve CartPole until the best genome reaches 475 on its training episodes, compiling included."""
    import jax

    pipeline, state = cartpole(population, episodes, seed)
    step = jax.jit(pipeline.step)
    for generation in range(100):
        state, _, fitness = step(state)
        if float(fitness.max()) >= 475.0:
            return {"solved": True, "generation": generation}
    return {"solved": False, "generation": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, default=os.environ.get("TENSORNEAT"), help="a clone of TensorNEAT")
    parser.add_argument("--serve", action="store_true", help="take a turn for each JSON request on stdin")
    parser.add_argument("--solve", action="store_true", help="solve CartPole with population 150, and no rows")
    parser.add_argument("--pairs", type=int, default=3, help="turns of each row")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    on_one_core()
    if asked.checkout:
        sys.path.insert(0, str(Path(asked.checkout) / "src"))
    if asked.solve:
        started = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            result = solve(150, 5, asked.seed)
        print(json.dumps({**result, "seconds": time.perf_counter() - started}))
        return
    if asked.serve:
        for line in sys.stdin:
            print(json.dumps(take(json.loads(line))), flush=True)
        return
    for request in PLAIN:
        take(request)
        samples = [take(request) for _ in range(asked.pairs)]
        each = sorted(sample["seconds"] / sample["amount"] for sample in samples)[len(samples) // 2]
        print(json.dumps({**request, "seconds_each": each, "per_second": 1.0 / each, "turns": samples}), flush=True)


if __name__ == "__main__":
    main()
