"""What is known of some of Gymnasium's environments without making them: names, and the extra that each needs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from ..spec import Action, Box, Discrete


class Known(NamedTuple):
    """One environment. What Gymnasium says of it too, a test compares where it is installed.

    module: what has to be installed; extra: the extra of this package that installs it
    observation_names, action_names: as of :class:`~genesys_cli.envs.spec.Environment`
    """

    id: str
    name: str
    module: str
    extra: str
    observation_names: tuple[str, ...]
    action_names: tuple[str, ...]
    action: Action
    max_steps: int
    solved_at: float | None

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def pip_line(self) -> str:
        return f"pip install 'genesys-cli[{self.extra}]'"


def _continuous(*names: str) -> tuple[tuple[str, ...], Box]:
    return names, Box((-1.0,) * len(names), (1.0,) * len(names))


_MOTORS = _continuous("hip 1", "knee 1", "hip 2", "knee 2")
_CHEETAH = ("back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot")
_RAM = tuple(f"ram[{k}]" for k in range(128))


def _game(name: str, meanings: str) -> Known:
    actions = tuple(meanings.split())
    # 108 000 frames, four of which are one step
    return Known(f"ALE/{name}-v5", name, "ale_py", "atari", _RAM, actions, Discrete(len(actions)), 27_000, None)


KNOWN: dict[str, Known] = {
    env.id: env
    for env in (
        Known(
            id="LunarLander-v3",
            name="LunarLander",
            module="Box2D",
            extra="box2d",
            observation_names=(
                *("x", "y", "x velocity", "y velocity", "angle", "angular velocity"),
                *("left leg contact", "right leg contact"),
            ),
            action_names=("nothing", "left engine", "main engine", "right engine"),
            action=Discrete(4),
            max_steps=1000,
            solved_at=200.0,
        ),
        Known(
            id="BipedalWalker-v3",
            name="BipedalWalker",
            module="Box2D",
            extra="box2d",
            observation_names=(
                *("hull angle", "hull angular velocity", "x velocity", "y velocity"),
                *("hip 1 angle", "hip 1 speed", "knee 1 angle", "knee 1 speed", "leg 1 contact"),
                *("hip 2 angle", "hip 2 speed", "knee 2 angle", "knee 2 speed", "leg 2 contact"),
                *(f"lidar[{k}]" for k in range(10)),
            ),
            action_names=_MOTORS[0],
            action=_MOTORS[1],
            max_steps=1600,
            solved_at=300.0,
        ),
        _game("AirRaid", "NOOP FIRE RIGHT LEFT RIGHTFIRE LEFTFIRE"),
        _game(
            "Alien",
            "NOOP FIRE UP RIGHT LEFT DOWN UPRIGHT UPLEFT DOWNRIGHT DOWNLEFT UPFIRE RIGHTFIRE LEFTFIRE DOWNFIRE "
            "UPRIGHTFIRE UPLEFTFIRE DOWNRIGHTFIRE DOWNLEFTFIRE",
        ),
        _game("Amidar", "NOOP FIRE UP RIGHT LEFT DOWN UPFIRE RIGHTFIRE LEFTFIRE DOWNFIRE"),
        _game("Asterix", "NOOP UP RIGHT LEFT DOWN UPRIGHT UPLEFT DOWNRIGHT DOWNLEFT"),
        Known(
            id="HalfCheetah-v5",
            name="HalfCheetah",
            module="mujoco",
            extra="mujoco",
            observation_names=(
                *("z", "angle", *(f"{joint} angle" for joint in _CHEETAH)),
                *("x velocity", "z velocity", "angular velocity", *(f"{joint} velocity" for joint in _CHEETAH)),
            ),
            action_names=_CHEETAH,
            action=_continuous(*_CHEETAH)[1],
            max_steps=1000,
            solved_at=4800.0,
        ),
        Known(
            id="Hopper-v5",
            name="Hopper",
            module="mujoco",
            extra="mujoco",
            observation_names=(
                *("z", "torso angle", "thigh angle", "leg angle", "foot angle"),
                *("x velocity", "z velocity", "torso velocity", "thigh velocity", "leg velocity", "foot velocity"),
            ),
            action_names=("thigh", "leg", "foot"),
            action=_continuous("thigh", "leg", "foot")[1],
            max_steps=1000,
            solved_at=3800.0,
        ),
        Known(
            id="InvertedDoublePendulum-v5",
            name="InvertedDoublePendulum",
            module="mujoco",
            extra="mujoco",
            observation_names=(
                *("cart position", "sin angle 1", "sin angle 2", "cos angle 1", "cos angle 2"),
                *("cart velocity", "angular velocity 1", "angular velocity 2", "constraint force"),
            ),
            action_names=("force",),
            action=_continuous("force")[1],
            max_steps=1000,
            solved_at=9100.0,
        ),
    )
}
"""By id, in the order of listings."""


def known_as(name: str) -> Known | None:
    """Return the environment that a short name or an id, in upper or lower case, means."""
    wanted = name.lower()
    return next((env for env in KNOWN.values() if wanted in (env.name.lower(), env.id.lower())), None)
