"""Suites: environments that are compared together, and what makes their generations short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..envs.gym.known import known_as
from ..errors import UserError, nearest


class Suite(NamedTuple):
    """Environments that are compared together.

    envs: settings of each beside its preset's, by name; overrides: settings that all of them get before
    note: what of this makes generations short, for the output
    """

    envs: dict[str, tuple[str, ...]]
    overrides: tuple[str, ...]
    generations: int
    note: str


_GAME = ("evaluation.training_max_steps=300",)


SUITES = {
    "paper": Suite(
        envs={
            "CartPole": (),
            "MountainCar": (),
            "Acrobot": (),
            "LunarLander": ("evaluation.training_max_steps=500",),
            "BipedalWalker": ("evaluation.training_max_steps=400",),
            "AirRaid": _GAME,
            "Alien": _GAME,
            "Amidar": _GAME,
            "Asterix": _GAME,
        },
        overrides=("neat.population=150", "neat.initial_connection=full", "evaluation.episodes=1"),
        generations=4,
        note="Short generations: population 150, fully connected at the start; 1 training episode, of at most 500 "
        "steps (LunarLander), 400 (BipedalWalker) or 300 (Atari's games); 4 generations unless -g says otherwise.",
    )
}
"""The environments of the published suite, in Gymnasium's present versions; Atari's games from their memory."""


def find_suite(name: str) -> Suite:
    if name.lower() not in SUITES:
        raise UserError(f"--suite {name}: there is no such suite{nearest(name, SUITES)}; there is: {', '.join(SUITES)}")
    return SUITES[name.lower()]


def not_installed(env: str) -> str | None:
    """Return how to install what an environment needs; None where it is there, or where nothing is known of it."""
    known = known_as(env)
    if known is None or known.installed:
        return None
    return f"{known.name} needs an extra that is not installed: {known.pip_line}"


def unique(names: Sequence[str]) -> list[str]:
    """Return names in their order, each once whatever its case."""
    return list({name.lower(): name for name in reversed(names)}.values())[::-1]
