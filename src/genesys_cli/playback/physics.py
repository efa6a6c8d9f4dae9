"""Gives Gymnasium's own environments the physics that a native one has in a changed world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..envs.spec import NativeEnv
from ..errors import UserError


def _attribute(name: str) -> Callable[[Any, float], None]:
    return lambda world, value: setattr(world, name, value)


def _of_cartpole(name: str) -> Callable[[Any, float], None]:
    def put(world: Any, value: float) -> None:
        setattr(world, name, value)
        world.total_mass = world.masspole + world.masscart
        world.polemass_length = world.masspole * world.length

    return put


#: How to set each constant, by short name of the environment; what is absent is written into Gymnasium's code.
SETTERS: dict[str, dict[str, Callable[[Any, float], None]]] = {
    "CartPole": {
        "gravity": _of_cartpole("gravity"),
        "mass_cart": _of_cartpole("masscart"),
        "mass_pole": _of_cartpole("masspole"),
        "length": _of_cartpole("length"),
        "force": _of_cartpole("force_mag"),
    },
    "MountainCar": {"gravity": _attribute("gravity"), "force": _attribute("force")},
    "MountainCarContinuous": {"power": _attribute("power")},
    "Acrobot": {
        "mass_1": _attribute("LINK_MASS_1"),
        "mass_2": _attribute("LINK_MASS_2"),
        "length_1": _attribute("LINK_LENGTH_1"),
        "centre_1": _attribute("LINK_COM_POS_1"),
        "centre_2": _attribute("LINK_COM_POS_2"),
        "moment": _attribute("LINK_MOI"),
        "torque": lambda world, value: setattr(world, "AVAIL_TORQUE", [-value, 0.0, value]),
    },
    "Pendulum": {
        "gravity": _attribute("g"),
        "mass": _attribute("m"),
        "length": _attribute("l"),
        "max_torque": _attribute("max_torque"),
    },
}


def set_physics(world: Any, env: NativeEnv, physics: NDArray[np.float64]) -> None:
    """Set what differs from the environment's own constants; raises UserError where Gymnasium has no way to.

    world: Gymnasium's environment, unwrapped; physics: (K,) as in ``Conditions``
    """
    for (name, usual), value in zip(env.physics.items(), physics.tolist(), strict=True):
        if value == usual:
            continue
        put = SETTERS.get(env.name, {}).get(name)
        if put is None:
            raise UserError(
                f"{env.id} with {name} = {value:g}, as in the environment in which this network was validated, "
                f"cannot be shown: in Gymnasium it is fixed at {usual:g}; replay it without --render"
            )
        put(world, value)
