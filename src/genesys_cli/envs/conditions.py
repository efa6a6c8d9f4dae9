"""What holds while a population plays: limits, how observations reach the networks, and what has changed since."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.presets import preset_with
from ..config.schema import EvaluationSettings, Settings
from ..errors import UserError
from .spec import Discrete, Environment, NativeEnv, Numbers


class Conditions(NamedTuple):
    """The same for all genomes of an evaluation, and part of its result. A is the number of actions or action rows.

    max_steps: environment steps after which an episode is cut off
    patience: environment steps without a new best return after which it is cut off as well; 0: any number
    action_repeat: environment steps that each chosen action lasts
    reward_min: a reward below this counts as this; -inf: none does
    offset, scale: (I,) float32; the network sees ``(observation - offset) * scale``
    noise: standard deviation of the normal noise on each input, in units of the scaled input
    dropout: probability that an input reads 0, for each sensor and decision
    clip: inputs are then clipped to ``[-clip, clip]``; inf: not at all
    delay: decisions by which actions come late; until the first arrives, the neutral action is taken: index 0, switches
        off, the middle of a range
    permutation: (A,) int32; of :class:`Discrete`, choosing k does action ``permutation[k]``; of the others, row k of
        the action is row ``permutation[k]`` of what the network chose (of :class:`MultiDiscrete` modulo the row's size;
        of numbers before the number is stretched over the row's range)
    physics: NamedTuple of a native environment's constants; empty otherwise
    moments: whether the observations are to be summed up, see ``Evaluation``
    pooled: whether EnvPool's version of the environment plays, in which a seed begins another episode
    action_cost, change_cost: what is taken off the reward of each step, see ``backends.acting.priced``
    """

    max_steps: int
    patience: int
    action_repeat: int
    reward_min: float
    offset: NDArray[np.float32]
    scale: NDArray[np.float32]
    noise: float
    dropout: float
    clip: float
    delay: int
    permutation: NDArray[np.int32]
    physics: Any
    moments: bool
    pooled: bool = False
    action_cost: float = 0.0
    change_cost: float = 0.0


def conditions_of(settings: Settings, env: Environment, *, training: bool = False) -> Conditions:
    """Return what the settings say, of a world that has not changed.

    training: with the shorter episodes of training, in its engine, and with moments where observations are normalised
    """
    evaluation = settings.evaluation
    offset, scale = observation_scaling(settings, env)
    max_steps = settings.environment.max_steps or env.max_steps
    if training and evaluation.training_max_steps is not None:
        max_steps = min(max_steps, evaluation.training_max_steps)
    floor = evaluation.training_reward_min
    return Conditions(
        max_steps=max_steps,
        patience=evaluation.patience if training else 0,
        action_repeat=settings.environment.action_repeat,
        reward_min=float("-inf") if floor is None or not training else floor,
        offset=offset,
        scale=scale,
        noise=0.0,
        dropout=0.0,
        clip=clip_of(evaluation),
        delay=0,
        permutation=np.arange(n_permuted(env), dtype=np.int32),
        physics=env.physics if isinstance(env, NativeEnv) else (),
        moments=training and evaluation.normalise_observations,
        pooled=training and settings.environment.engine == "envpool",
        action_cost=evaluation.action_cost if training else 0.0,
        change_cost=evaluation.change_cost if training else 0.0,
    )


def check_costs(settings: Settings, env: Environment) -> None:
    """Raise a UserError where an action has no size that could cost anything."""
    cost = settings.evaluation.action_cost
    if cost and not isinstance(env.action, Numbers):
        raise UserError(
            f"evaluation.action_cost = {cost:g}: the actions of {env.id} are choices, of which none is larger than "
            "another; leave it out. evaluation.change_cost is for choices, too"
        )


def clip_of(evaluation: EvaluationSettings) -> float:
    """Return the number to which inputs are clipped; inf: they are not."""
    if evaluation.observation_clip is not None:
        return evaluation.observation_clip
    # What had hardly ever changed until now may lie any number of deviations from its mean.
    return 10.0 if evaluation.normalise_observations else float("inf")


def n_permuted(env: Environment) -> int:
    """Return how many things an action permutation moves: the actions of one choice, else the rows of an action."""
    return env.action.n if isinstance(env.action, Discrete) else env.action.n_rows


def observation_scaling(settings: Settings, env: Environment) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return offset and scale of each observation, (I,) float32; raises UserError when their number does not fit."""
    scaling = []
    for key, fill in (("observation_offset", 0.0), ("observation_scale", 1.0)):
        given = getattr(settings.evaluation, key) or [fill]
        if len(given) not in (1, env.n_inputs):
            names = ", ".join(env.observation_names) if env.n_inputs <= 32 else f"{env.observation_names[0]}, ..."
            preset = preset_with(f"evaluation.{key}", given)
            whose = f", those of the preset {preset.name}, made for {preset.made_for}" if preset else ""
            raise UserError(
                f"evaluation.{key} has {len(given)} numbers{whose}, but {env.id} has {env.n_inputs} "
                f"observations ({names}); give one number for each, one for all, or none: --set evaluation.{key}=[]"
            )
        scaling.append(np.array(given * (env.n_inputs if len(given) == 1 else 1), np.float32))
    return scaling[0], scaling[1]
