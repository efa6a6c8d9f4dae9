"""Hints where the champion has stood still, or was becoming better to the end."""

from __future__ import annotations

import numpy as np

from ...config.schema import Settings
from ...envs.data.env import DataEnv
from ...envs.spec import Environment
from ...evolution.goal import Goal, turned
from .course import Course
from .evidence import Evidence, Hint

_APART = 10.0  # times as much as the input that varies least
_FEW_SPECIES = 3
_HIDDEN = 4  # nodes to start with
_FAR = 0.1  # share of the way


def scales(run: Evidence) -> Hint | None:
    """The champion stands still, and inputs differ in how much they vary."""
    settings, evaluation = run.settings, run.settings.evaluation
    scaled = evaluation.normalise_observations or evaluation.observation_scale or evaluation.observation_offset
    if not run.course.stands_still or scaled or settings.drift or not settings.neat.feed_forward:
        return None
    if settings.problem.function is not None:  # which gives networks their inputs itself
        return None
    found = run.spread()
    if found is None or np.count_nonzero(found) < 2:  # an input that never varies does no harm
        return None
    low, high = int(np.argmin(np.where(found > 0, found, np.inf))), int(np.argmax(found))
    apart, names = float(found[high] / found[low]), run.env.observation_names
    if apart < _APART:
        return None
    key = "data.standardise" if isinstance(run.env, DataEnv) else "evaluation.normalise_observations"
    return Hint(
        "input-scales",
        key,
        f"{_still(run.course)}; of its inputs {names[high]} varies {apart:.2g} times as much as {names[low]} (standard "
        f"deviations of {found[high]:.2g} and {found[low]:.2g}): {key} = true brings all to one scale",
        {"ratio": apart, "largest": names[high], "smallest": names[low]},
    )


def standstill(settings: Settings, env: Environment, goal: Goal, course: Course) -> Hint | None:
    """The champion stands still, far from what is needed, where hidden nodes have to come up among networks without."""
    neat = settings.neat
    if neat.num_hidden or not neat.node_add_prob or not neat.feed_forward:
        return None
    if settings.drift or settings.start.sources or settings.problem.relative or isinstance(env, DataEnv):
        return None
    if not course.stands_still or course.hidden >= _HIDDEN or course.species >= _FEW_SPECIES * course.generations:
        return None
    if not _far(settings, goal, course):
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


def _far(settings: Settings, goal: Goal, course: Course) -> bool:
    """Say whether much is left of the way from the first generation to what is needed."""
    if goal.threshold is None or goal.stop_on != "champion" or not course.scores or course.begin is None:
        return False
    needed, now, begin = (turned(score, goal.minimise) for score in (goal.threshold, course.scores[-1], course.begin))
    # A validation of its own counts starts, which has nothing to do with the fitness of the first generation.
    way = needed if settings.evaluation.validation is not None else now - begin
    return needed - now >= _FAR * way


def rising(run: Evidence) -> Hint | None:
    """The champion was becoming better when the run ended."""
    course = run.course
    if not course.rising or run.settings.drift:
        return None
    generations, middle, last = course.generations, course.score_at(course.middle), course.scores[-1]
    assert middle is not None
    return Hint(
        "more-generations",
        "neat.generations",
        f"the champion was still getting better ({middle:.4g} in generation {course.middle}, {last:.4g} in generation "
        f"{generations - 1}): continue with genesys evolve --resume {run.run_dir} --generations {2 * generations}",
        {"generations": generations, "middle": middle, "last": last},
    )


def _still(course: Course) -> str:
    """Say how long the champion has stood still."""
    return (
        f"the champion has {course.scores[-1]:.4g} and has gained next to nothing in the later half of "
        f"{course.generations} generations"
    )
