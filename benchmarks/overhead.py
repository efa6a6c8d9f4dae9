"""What the library adds to the time that Gymnasium's environments take themselves.

    python -m benchmarks.overhead [--env LunarLander-v3 ...] [--pairs 5] [--workers 2]

One generation, evaluated, validated, speciated and bred, is carried out again and again. In turns with it, the same
number of processes step the same environments in a bare loop, with two kinds of actions, all known beforehand:
*replayed*, the very actions that the genomes of this generation took in the same episodes, dealt out so that no process
waits for another, and *random* ones, as many steps in all. A step costs more in some states than in others, so that
only the replayed actions compare like with like. Bare environments have no wrapper, as ours have none; BipedalWalker's
steps are Gymnasium's own in the bare loop, and in ours those of ``envs.gym.walker``.

The share is what is left of a generation's wall time without the bare loop's: ``1 - bare / ours``, from each pair of
neighbouring turns; the median counts, the spread shows how far it can be trusted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from benchmarks.table import machine, markdown, number
from benchmarks.timing import Spread
from genesys_cli.backends.base import Backend, make_backend
from genesys_cli.backends.numerics import numerics_of
from genesys_cli.backends.stepped.stepper import Stepper
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import Settings
from genesys_cli.envs.conditions import Conditions, conditions_of
from genesys_cli.envs.gym.spaces import flat_action
from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.registry import environment_of
from genesys_cli.envs.spec import GymEnv
from genesys_cli.evolution.loop import Loop
from genesys_cli.evolution.state import RunState
from genesys_cli.genome.population import Population

#: What is played: sizes such that a generation takes some seconds on two cores.
SIZES = {
    "LunarLander-v3": ("neat.population=150", "evaluation.episodes=10", "evaluation.validate_episodes=40"),
    "BipedalWalker-v3": ("neat.population=100", "evaluation.episodes=1", "evaluation.validate_episodes=8"),
    "ALE/Asterix-v5": ("neat.population=60", "evaluation.episodes=1", "evaluation.validate_episodes=4"),
}
COLUMNS = (
    *("environment", "env steps", "a generation", "replayed alone", "random alone"),
    *("own share", "of pairs", "against random", "of pairs", "a step"),
)
GENERATIONS = 3  # before the one that is measured


class Play(NamedTuple):
    """An episode to be replayed: Gymnasium's actions, one after the other."""

    seed: int
    actions: list[Any]


class Eavesdropper:
    """A backend that remembers what it was asked to evaluate."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.asked: list[tuple[Population, Sequence[int], Conditions]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def evaluate(self, population: Population, seeds: Sequence[int], conditions: Conditions, **kwargs: Any) -> Any:
        self.asked.append((population, seeds, conditions))
        return self._backend.evaluate(population, seeds, conditions, **kwargs)


def recorded(
    env: GymEnv, settings: Settings, asked: Sequence[tuple[Population, Sequence[int], Conditions]]
) -> list[Play]:
    """Play the episodes of evaluations here, and return what was done in them."""
    plays = []
    with closing(GymWorld(env)) as world:
        convert = flat_action(world.env.action_space, env.id).unflatten
        for population, seeds, conditions in asked:
            nodes, conns = (
                int(np.diff(offsets).max()) for offsets in (population.node_offsets, population.conn_offsets)
            )
            numerics = numerics_of(settings)
            stepper = Stepper(
                *(env.action, env.n_inputs, nodes, conns, conditions, numerics.arithmetic, numerics.formats),
                feed_forward=settings.neat.feed_forward,
            )
            active = np.zeros(16, np.uint8)
            active[0] = 1
            seen = np.zeros((16, env.n_inputs), np.float32)
            rows = np.zeros((16, env.action.n_rows), np.float32 if hasattr(env.action, "low") else np.int32)
            for genome in range(population.size):
                for seed in seeds:
                    world.reset(seed, seen[0])
                    stepper.begin(population, genome, 0, seed)
                    actions: list[Any] = []
                    total, best, best_at, over = 0.0, -np.inf, 0, False
                    while not over:
                        stepper.decide(active, seen, rows)
                        for _ in range(conditions.action_repeat):
                            actions.append(convert(rows[0].copy()))
                            reward, terminated, truncated, _ = world.step(rows[0], seen[0])
                            total += max(reward, conditions.reward_min)
                            best, best_at = (total, len(actions)) if total > best else (best, best_at)
                            waited = len(actions) - best_at >= (conditions.patience or np.inf)
                            over = terminated or truncated or waited or len(actions) == conditions.max_steps
                            if over:
                                break
                    plays.append(Play(seed, actions))
    return plays


def random_plays(env: GymEnv, steps: int) -> list[Play]:
    """Return one endless episode of random actions."""
    with closing(GymWorld(env)) as world:
        space = world.env.action_space
        space.seed(1)
        return [Play(1, [space.sample() for _ in range(steps)])]


def dealt(plays: list[Play], processes: int) -> list[list[Play]]:
    """Deal episodes out, the longest first, each to the process that has the fewest steps."""
    hands: list[list[Play]] = [[] for _ in range(processes)]
    steps = [0] * processes
    for play in sorted(plays, key=lambda play: -len(play.actions)):
        least = steps.index(min(steps))
        hands[least].append(play)
        steps[least] += len(play.actions)
    return hands


def bare(pipe: Connection, env: GymEnv, plays: list[Play]) -> None:
    """Step an environment through `plays` whenever told to; an episode that ends early begins again."""
    with closing(GymWorld(env)) as world:
        ignored = np.zeros(env.n_inputs, np.float32)
        pipe.send("ready")
        while pipe.recv():
            for seed, actions in plays:
                world.reset(seed, ignored)  # newly made where episodes would not be independent otherwise, as ours
                step = world.env.step
                for action in actions:
                    _, _, terminated, truncated, _ = step(action)
                    if terminated or truncated:
                        seed += 1
                        if action is not actions[-1]:
                            world.env.reset(seed=seed)
            pipe.send("done")


class BareLoop:
    """Processes that step environments, and nothing else."""

    def __init__(self, env: GymEnv, hands: list[list[Play]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        for plays in hands:
            ours, theirs = context.Pipe()
            context.Process(target=bare, args=(theirs, env, plays), daemon=True).start()
            self._pipes.append(ours)
        for pipe in self._pipes:
            pipe.recv()

    def turn(self) -> float:
        """Return the seconds until the last process is through."""
        begin = time.perf_counter()
        for pipe in self._pipes:
            pipe.send(True)
        for pipe in self._pipes:
            pipe.recv()
        return time.perf_counter() - begin

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(False)


def measured(name: str, pairs: int, workers: int, overrides: Sequence[str]) -> tuple[str, ...]:
    """Return the row of one environment."""
    sizes = SIZES.get(name, ())
    settings = load_settings(env=name, overrides=[*sizes, "run.seed=1", *overrides])
    env = environment_of(settings)
    assert isinstance(env, GymEnv)
    with Threads(workers) as threads, closing(make_backend(settings, env, threads)) as backend:
        eavesdropper = Eavesdropper(backend)
        evolution = Loop(settings, env, eavesdropper, threads)  # type: ignore[arg-type]
        state: RunState = evolution.first()[0]
        for _ in range(GENERATIONS):
            state = evolution.next(state)[0]
        eavesdropper.asked.clear()
        evolution.next(state)
        plays = recorded(env, settings, eavesdropper.asked)
        steps = sum(len(play.actions) for play in plays)
        replaying = BareLoop(env, dealt(plays, workers))
        randomly = BareLoop(env, [random_plays(env, steps // workers)] * workers)
        ours: list[float] = []
        bares: dict[str, list[float]] = {"replayed": [], "random": []}
        with closing(replaying), closing(randomly):
            for pair in range(pairs):
                turns = [("replayed", replaying.turn), ("", None), ("random", randomly.turn)]
                for kind, turn in turns if pair % 2 == 0 else turns[::-1]:
                    if turn is not None:
                        bares[kind].append(turn())
                        continue
                    begin = time.perf_counter()
                    after, row = evolution.next(state)[:2]
                    ours.append(time.perf_counter() - begin)
                    assert after.env_steps + after.validation_steps - state.env_steps - state.validation_steps == steps
                print(
                    f"{name}: ours {ours[-1]:.2f} s (evaluation {row['evaluate_s']:.2f}), replayed "
                    f"{bares['replayed'][-1]:.2f} s, random {bares['random'][-1]:.2f} s",
                    file=sys.stderr,
                )
    shares = {kind: Spread.of([1 - b / a for a, b in zip(ours, found, strict=True)]) for kind, found in bares.items()}
    middle = {kind: Spread.of(found).median for kind, found in {"ours": ours, **bares}.items()}
    cells = [name, number(steps)]
    cells += [f"{number(middle[kind])} s" for kind in ("ours", "replayed", "random")]
    for kind in ("replayed", "random"):
        cells += [f"{shares[kind].median:.1%}", f"{shares[kind].smallest:.1%} to {shares[kind].largest:.1%}"]
    return (*cells, f"{number((middle['ours'] - middle['replayed']) * workers / steps * 1e6)} µs")


def start_up(name: str, workers: int) -> float:
    """Return the seconds until newly started workers have played one step."""
    few = ("neat.population=10", "evaluation.episodes=1", "evaluation.validate_episodes=1", "evaluation.validate_top=1")
    settings = load_settings(env=name, overrides=few)
    env = environment_of(settings)
    with Threads(workers) as threads:
        begin = time.perf_counter()
        with closing(make_backend(settings, env, threads)) as backend:
            evolution = Loop(settings, env, backend, threads)
            evolution._training = evolution._validation = conditions_of(settings, env)._replace(max_steps=1)
            evolution.first()
            return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--env", action="append", help="environment, repeatable; the three of the table by default")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], dest="overrides", help="setting, as for genesys evolve")
    options = parser.parse_args()
    names = options.env or list(SIZES)
    rows = [measured(name, options.pairs, options.workers, options.overrides) for name in names]
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(markdown(COLUMNS, rows))
    starts = [(name, Spread.of([start_up(name, options.workers) for _ in range(3)])) for name in names]
    cells = [(name, f"{number(s.median)} s", f"{number(s.smallest)}–{number(s.largest)}") for name, s in starts]
    print(markdown(("workers start up for", "seconds", "of tries"), cells))


if __name__ == "__main__":
    main()
