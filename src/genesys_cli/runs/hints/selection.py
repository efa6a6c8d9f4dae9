"""Hints where selection has nothing to choose between, or variation no room."""

from __future__ import annotations

import numpy as np

from ...counts import EPISODES_TRUNCATED, LONGEST_DECISIONS
from ...envs.data.env import DataEnv
from ...evolution.goal import turned
from .evidence import FEWEST, Evidence, Hint

_FLAT = 5  # generations without any difference in fitness
_AT_LIMIT = 0.4  # share of weights
_WIDE = 30.0  # limit of weights by default

TRAINING_LIMIT = "training-limit"


def limit(run: Evidence) -> Hint | None:
    """The best genomes reach the step limit in every episode, so that no difference between them can be seen."""
    evaluation, best = run.settings.evaluation, run.best
    fitness = run.state.fitness[best]
    if isinstance(run.env, DataEnv) or len(best) < min(FEWEST, len(run.state.fitness)) or fitness[0] != fitness[-1]:
        return None
    longest = run.settings.environment.max_steps or run.env.max_steps
    steps = min(longest, evaluation.training_max_steps or longest)
    whole = -(-steps // run.settings.environment.action_repeat) * evaluation.episodes
    cut_off, most = (run.row.get(count.name) or 0 for count in (EPISODES_TRUNCATED, LONGEST_DECISIONS))
    if cut_off < len(best) * evaluation.episodes or most < whole:
        return None
    decisions = run.decisions()
    if decisions is None or not len(decisions) or (decisions[best] < whole).any():
        return None
    value = turned(float(fitness[0]), run.goal.minimise)
    who = f"all {len(run.state.fitness)} genomes" if run.course.flat else f"the best {len(best)} genomes"
    text = (
        f"{who} play every training episode to its limit of {steps} steps and are equally fit ({value:.4g}), which "
        "leaves nothing to select"
    )
    numbers = {"genomes": len(best), "steps": steps, "steps_held_out": longest, "fitness": value}
    if steps < longest:
        key = "evaluation.training_max_steps"
        return Hint(
            TRAINING_LIMIT, key, f"{text}: raise {key}, or leave it out; episodes may last {longest} steps", numbers
        )
    enough = "" if run.goal.threshold is not None else "; or say with evaluation.solved_at that this is enough"
    return Hint("step-limit", "environment.max_steps", f"{text}: raise environment.max_steps{enough}", numbers)


def flat(run: Evidence) -> Hint | None:
    """All genomes have had the same fitness for some time."""
    course, evaluation = run.course, run.settings.evaluation
    if course.flat < _FLAT or isinstance(run.env, DataEnv):
        return None
    value = run.row["best_fitness"]
    if (least := evaluation.training_reward_min) is not None:
        key = "evaluation.training_reward_min"
        way = f"in training, rewards below {key} = {least:g} count as that, so lower it, or leave it out"
    elif evaluation.fitness is not None:
        key = "evaluation.fitness"
        way = f"{key}, {evaluation.fitness}, has to tell better episodes from worse ones"
    else:
        key = "evaluation.fitness"
        way = f"let the environment reward progress, or tell episodes apart with a function of your own, {key}"
    return Hint(
        "equal-fitness",
        key,
        f"all genomes have had the same fitness, {value:.4g}, for {course.flat} generations, which leaves nothing to "
        f"select: {way}",
        {"generations": course.flat, "fitness": value},
    )


def weights(run: Evidence) -> Hint | None:
    """Many weights of the best genomes lie where they may not go on."""
    low, high = run.settings.neat.weight_min, run.settings.neat.weight_max
    chosen = run.state.population.select(run.best)
    found = chosen.conn_weight[chosen.conn_enabled == 1]
    if low == high or not len(found):
        return None
    lowest, highest = found <= np.float32(low), found >= np.float32(high)
    share = float(np.mean(lowest | highest))
    if share < _AT_LIMIT:
        return None
    wide = max(_WIDE, 4 * abs(low), 4 * abs(high))
    return Hint(
        "weight-limit",
        "neat.weight_max" if highest.sum() >= lowest.sum() else "neat.weight_min",
        f"{share:.0%} of the weights of the best {chosen.size} genomes lie at neat.weight_min = {low:g} or "
        f"neat.weight_max = {high:g}: let them grow further, such as to {-wide:g} and {wide:g}",
        {"share": share, "genomes": chosen.size, "weight_min": low, "weight_max": high},
    )
