"""Hints where selection has nothing to choose between, or variation no room."""

from __future__ import annotations

import numpy as np

from ...counts import EPISODES_TRUNCATED, LONGEST_DECISIONS
from ...envs.data.env import DataEnv
from ...evolution.goal import turned
from .evidence import FEWEST, Evidence, Hint

FLAT = 5  # generations without any difference in fitness, from which on something is said
_AT_LIMIT = 0.3  # share of weights
_WIDE = 30.0  # limit of weights by default


def training_limit(run: Evidence) -> Hint | None:
    """No difference is seen between the best genomes, since training episodes are cut off before there is one."""
    steps, longest = _limits(run)
    if steps == longest or not all_at_limit(run):
        return None
    key, value, best = "evaluation.training_max_steps", _best_fitness(run), len(run.best)
    return Hint(
        "training-limit",
        key,
        f"the best {best} genomes play all {steps} steps of every training episode and are equally fit ({value:.4g}), "
        f"which leaves nothing to select, while held-out episodes may last {longest}: raise {key}, or leave it out",
        {"genomes": best, "steps": steps, "steps_held_out": longest, "fitness": value},
    )


def step_limit(run: Evidence) -> Hint | None:
    """No difference is seen between the best genomes, since episodes are over before there is one."""
    steps, longest = _limits(run)
    if steps != longest or run.course.flat or not all_at_limit(run):
        return None
    key, value, best = "environment.max_steps", _best_fitness(run), len(run.best)
    enough = "" if run.goal.threshold is not None else ", or say with evaluation.solved_at that this is enough"
    return Hint(
        "step-limit",
        key,
        f"the best {best} genomes play all {steps} steps of every episode and are equally fit ({value:.4g}), which "
        f"leaves nothing to select: raise {key}{enough}",
        {"genomes": best, "steps": steps, "fitness": value},
    )


def flat(run: Evidence) -> Hint | None:
    """All genomes have had the same fitness for some time."""
    course, evaluation = run.course, run.settings.evaluation
    if course.flat < FLAT or isinstance(run.env, DataEnv):
        return None
    value, more, key = _best_fitness(run), 4 * run.settings.neat.population, "evaluation.fitness"
    if (least := evaluation.training_reward_min) is not None:
        key = "evaluation.training_reward_min"
        way = f"in training, rewards below {key} = {least:g} count as that, so lower it, or leave it out"
    elif evaluation.fitness is not None:
        way = f"{key}, {evaluation.fitness}, has to tell better episodes from worse ones"
    elif all_at_limit(run):
        key = "neat.population"
        way = f"a reward for progress would help most, else one of more genomes ({key} = {more}), or in longer "
        way += "episodes (environment.max_steps), may get somewhere by chance"
    else:
        way = f"let the environment reward progress, or tell episodes apart with a function of your own, {key}"
    return Hint(
        "equal-fitness",
        key,
        f"all genomes have had the same fitness, {value:.4g}, for {course.flat} generations, which leaves nothing to "
        f"select: {way}",
        {"generations": course.flat, "fitness": value},
    )


def weights(run: Evidence) -> Hint | None:
    """Many weights, those of the best genomes too, lie where they may not go on."""
    low, high = run.settings.neat.weight_min, run.settings.neat.weight_max
    chosen, everybody = run.state.population.select(run.best), run.state.population
    shares = []
    for genomes in (everybody, chosen):
        found = genomes.conn_weight[genomes.conn_enabled == 1]
        ends = np.array([np.sum(found <= np.float32(low)), np.sum(found >= np.float32(high))])
        shares.append(ends.sum() / max(1, len(found)))
    if low == high or min(shares) < _AT_LIMIT:
        return None
    wide, share = max(_WIDE, 4 * abs(low), 4 * abs(high)), float(shares[1])
    return Hint(
        "weight-limit",
        "neat.weight_max" if ends[1] >= ends[0] else "neat.weight_min",
        f"{share:.0%} of the weights of the best {chosen.size} genomes lie at neat.weight_min = {low:g} or "
        f"neat.weight_max = {high:g}: let them grow further, such as to {-wide:g} and {wide:g}",
        {"share": share, "genomes": chosen.size, "weight_min": low, "weight_max": high},
    )


def _limits(run: Evidence) -> tuple[int, int]:
    """Return the steps of a training episode and those of a held-out one, at most."""
    longest = run.settings.environment.max_steps or run.env.max_steps
    return min(longest, run.settings.evaluation.training_max_steps or longest), longest


def _best_fitness(run: Evidence) -> float:
    return turned(float(run.state.fitness[run.best[0]]), run.goal.minimise)


def all_at_limit(run: Evidence) -> bool:
    """Say whether the best genomes are equally fit, and were cut off by the limit in every training episode."""
    best, episodes = run.best, run.settings.evaluation.episodes
    fitness = run.state.fitness[best]
    if isinstance(run.env, DataEnv) or len(best) < min(FEWEST, len(run.state.fitness)) or fitness[0] != fitness[-1]:
        return False
    whole = -(-_limits(run)[0] // run.settings.environment.action_repeat) * episodes
    cut_off, most = (run.row.get(count.name) or 0 for count in (EPISODES_TRUNCATED, LONGEST_DECISIONS))
    if cut_off < len(best) * episodes or most < whole:  # an environment may end by itself in its last step
        return False
    decisions = run.decisions()
    return decisions is not None and len(decisions) == len(run.state.fitness) and bool((decisions[best] >= whole).all())
