"""Where genomes are bred: by the driver, which gives them to actors to be evaluated, or by the actors themselves."""

from __future__ import annotations

from ...config.schema import Settings
from ...envs.problem.env import ProblemEnv
from ...envs.spec import Environment
from ...errors import UserError


def breeds_there(settings: Settings, env: Environment, *, spreads: bool) -> bool:
    """Say whether actors breed what they evaluate; raises :class:`UserError` where they cannot and are to.

    spreads: whether the backend's reproduction may be carried out by several
    """
    wanted = settings.cluster.distribute
    if wanted == "generation" and (why := _needs_all(settings, env, spreads)):
        raise UserError(f"cluster.distribute is 'generation', but {why}: give 'evaluation', or 'auto'")
    return wanted == "generation"


def _needs_all(settings: Settings, env: Environment, spreads: bool) -> str:
    """Return why all genomes have to be in one place; empty: they need not."""
    if not spreads:
        return f"the backend {settings.run.backend} breeds all genomes in one place"
    if not isinstance(env, ProblemEnv):
        return ""
    if env.players is not None:
        return "networks that play matches meet genomes of other actors"
    return "the function evaluates all genomes together" if env.at_once else ""
