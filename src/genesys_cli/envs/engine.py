"""Whether what `environment.engine` names can train for an environment."""

from __future__ import annotations

from ..config.schema import Settings
from ..errors import UserError
from .spec import Environment, GymEnv, NativeEnv


def check_engine(settings: Settings, env: Environment) -> None:
    """Raise UserError where the engine of training has no such environment, or is not installed."""
    engine = settings.environment.engine
    if engine == "gymnasium":
        return
    if not isinstance(env, GymEnv):
        instead = "has a kernel of its own, which is faster" if isinstance(env, NativeEnv) else "is none"
        raise UserError(
            f'environment.engine = "{engine}" steps environments of Gymnasium, but {env.id} {instead}; leave it out'
        )
    from .gym.bank import check_bank  # only now: a native environment does without importing Gymnasium

    check_bank(env)
