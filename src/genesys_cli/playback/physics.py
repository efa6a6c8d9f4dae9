"""Gives Gymnasium's own environments the physics that a native one has in a changed world."""

from __future__ import annotations

from typing import Any

from ..envs.spec import NativeEnv
from ..errors import UserError


def set_physics(world: Any, env: NativeEnv, physics: Any) -> None:
    """Set constants that differ from the environment's own; raises UserError where Gymnasium has no way to.

    world: Gymnasium's environment, unwrapped; physics: as in ``Conditions``
    """
    usual = env.physics
    for name in env.fixed_in_gymnasium:
        if getattr(physics, name) != getattr(usual, name):
            raise UserError(
                f"{env.id} with {name} = {getattr(physics, name):g}, as in the environment in which this network was "
                f"validated, cannot be shown: in Gymnasium it is fixed at {getattr(usual, name):g}; replay it without "
                "--render"
            )
    if physics != usual and env.set_gymnasium is not None:
        env.set_gymnasium(world, physics)
