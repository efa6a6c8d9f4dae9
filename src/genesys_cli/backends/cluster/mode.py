"""Where genomes are bred: by the driver, which gives them to actors to be evaluated, or by the actors themselves."""

from __future__ import annotations

from ...config.schema import Settings
from ...envs.problem.env import ProblemEnv
from ...envs.spec import Environment
from ...errors import UserError


def breeds_there(settings: Settings, env: Environment, *, spreads: bool) -> bool | None:
    """Say whether actors breed what they evaluate; None: it is yet to be decided which takes less time.

    spreads: whether the backend's reproduction may be carried out by several

    Raises :class:`UserError` where they cannot and are to.
    """
    wanted, why = settings.cluster.distribute, _needs_all(settings, env, spreads)
    if wanted == "generation" and why:
        raise UserError(f"cluster.distribute is 'generation', but {why}: give 'evaluation', or 'auto'")
    return None if wanted == "auto" and not why else wanted == "generation"


def _needs_all(settings: Settings, env: Environment, spreads: bool) -> str:
    """Return why all genomes have to be in one place; empty: they need not."""
    if not spreads:
        return f"the backend {settings.run.backend} breeds all genomes in one place"
    if settings.objectives.acts:
        return "objectives beside fitness are found where all genomes are"
    if settings.refine.acts:
        return "a refinement joins each generation where all of it is"
    if not isinstance(env, ProblemEnv):
        return ""
    if env.players is not None:
        return "networks that play matches meet genomes of other actors"
    return "the function evaluates all genomes together" if env.at_once else ""
