"""Hints where the champion has stood still, or was becoming better to the end."""

from __future__ import annotations

import math
import shlex

import numpy as np

from ...config.schema import Settings
from ...envs.data.env import DataEnv
from ...envs.spec import Environment
from ...evolution.goal import Goal, turned
from .course import Course
from .evidence import Evidence, Hint, few, usual
from .selection import FLAT, all_at_limit

_APART = 10.0  # times as much as the input that varies least
_FEWEST = 30  # genomes
_FEW_SPECIES = 3
_HIDDEN = 4  # nodes to start with
_NEAR = 0.02  # share of the way, of which less is left where a champion may have no more to gain
_FAR = 0.1
_MORE = 20  # generations


def scales(run: Evidence) -> Hint | None:
    """The champion stands still, or all genomes are equally fit, and inputs differ in how much they vary."""
    settings, evaluation, course = run.settings, run.settings.evaluation, run.course
    scaled = evaluation.normalise_observations or evaluation.observation_scale or evaluation.observation_offset
    if scaled or settings.start.sources or not settings.neat.feed_forward or few(settings):
        return None
    given = evaluation.fitness is not None or evaluation.training_reward_min is not None
    nothing_to_select = course.flat >= FLAT
    if nothing_to_select and (given or not all_at_limit(run)):  # then it is the reward that tells nothing apart
        return None
    if not nothing_to_select and not (course.stands_still and _more_to_gain(run)):
        return None
    if settings.problem.function is not None:  # which gives networks their inputs itself
        return None
    if nothing_to_select and evaluation.fitness is not None:  # which may give everybody the same, whatever they see
        return None
    found = run.spread()
    if found is None or np.count_nonzero(found.deviations) < 2:  # an input that never varies does no harm
        return None
    deviations, names = found.deviations, run.env.observation_names
    low, high = int(np.argmin(np.where(deviations > 0, deviations, np.inf))), int(np.argmax(deviations))
    apart = float(deviations[high] / deviations[low])
    if apart < _APART:
        return None
    key = "data.standardise" if isinstance(run.env, DataEnv) else "evaluation.normalise_observations"
    still = (
        f"all genomes have had the same fitness for {course.flat} generations" if nothing_to_select else _still(course)
    )
    most, least, times = (_rounded(number) for number in (deviations[high], deviations[low], apart))
    return Hint(
        "input-scales",
        key,
        f"{still}; of the inputs {names[high]} varies {times} times as much as {names[low]} (standard deviations of "
        f"{most} and {least} {found.where}): {key} = true brings all to one scale",
        {"ratio": apart, "largest": names[high], "smallest": names[low]},
    )


def few_genomes(run: Evidence) -> Hint | None:
    """The champion stands still, and there are few genomes that could be better; or so few that it soon will."""
    course, population, key = run.course, run.settings.neat.population, "neat.population"
    still = course.stands_still and _more_to_gain(run)
    if not few(run.settings) or not (still or (course.rising and few(run.settings, _FEWEST))):
        return None
    how = _still(course) if still else _rose(course)
    return Hint(
        "few-genomes",
        key,
        f"{how}; {population} genomes try little in a generation: set {key} to {usual(run.settings)}, as is usual",
        {"generations": course.generations, "population": population},
    )


def standstill(settings: Settings, env: Environment, goal: Goal, course: Course) -> Hint | None:
    """The champion stands still, far from what is needed, where hidden nodes have to come up among networks without."""
    neat = settings.neat
    if neat.num_hidden or not neat.node_add_prob or not neat.feed_forward:
        return None
    if (
        settings.objectives.acts
        or settings.drift
        or settings.start.sources
        or settings.problem.relative
        or isinstance(env, DataEnv)
    ):
        return None
    if few(settings):
        return None
    if not course.stands_still or course.hidden >= _HIDDEN or course.species >= _FEW_SPECIES * course.generations:
        return None
    if not _left(settings, goal, course) >= _FAR:
        return None
    species = course.species / course.generations
    niches = "neat.target_species = 10, neat.compatibility_distance = 'paper', neat.ties = 'newer'"
    return Hint(
        "few-species",
        "neat.num_hidden",
        f"{_still(course)}; with {species:.1f} species and {course.hidden:.1f} hidden nodes on average, new nodes "
        f"hardly hold their own: begin with some (neat.num_hidden = {_HIDDEN}), or give new structures species of "
        f"their own ({niches})",
        {"generations": course.generations, "species_mean": species, "hidden_mean": course.hidden},
    )


def _more_to_gain(run: Evidence) -> bool:
    """Say whether the champion may not be at the end of what can be reached."""
    if run.goal.threshold is None:
        return run.champion.validated_std > 0  # it always gets the same: that may be all there is
    return _left(run.settings, run.goal, run.course) > _NEAR


def _left(settings: Settings, goal: Goal, course: Course) -> float:
    """Return how much is left to what is needed, as a share of the way that lies behind; NaN: nobody can say."""
    if goal.threshold is None or goal.stop_on != "champion" or not course.scores or course.begin is None:
        return math.nan
    needed, now, begin = (turned(score, goal.minimise) for score in (goal.threshold, course.scores[-1], course.begin))
    # A validation of its own counts starts, which has nothing to do with the fitness of the first generation.
    way = needed if settings.evaluation.validation is not None else now - begin
    return (needed - now) / way if way > 0 else math.inf


def rising(run: Evidence) -> Hint | None:
    """The champion was becoming better when the run ended."""
    course, generations = run.course, run.course.generations
    if not course.rising or few(run.settings, _FEWEST):  # so few are better by luck, and not for long
        return None
    more = max(2 * generations, generations + _MORE)
    return Hint(
        "more-generations",
        "neat.generations",
        f"{_rose(course)}: continue with genesys evolve --resume {shlex.quote(run.resumable)} --generations {more}",
        {"generations": generations, "before": course.score_at(course.late), "last": course.scores[-1]},
    )


def _rose(course: Course) -> str:
    """Say from where to where the champion has got in the last quarter."""
    before, last = course.score_at(course.late), course.scores[-1]
    return (
        f"the champion was still getting better ({before:.4g} in generation {course.late}, {last:.4g} in generation "
        f"{course.generations - 1})"
    )


def _still(course: Course) -> str:
    """Say how long the champion has stood still."""
    return (
        f"the champion has {course.scores[-1]:.4g} and has gained next to nothing in the later half of "
        f"{course.generations} generations"
    )


def _rounded(value: float) -> str:
    return f"{value:.0f}" if 10 <= value < 1e6 else f"{value:.2g}"
