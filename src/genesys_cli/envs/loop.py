"""What stands for an environment where a program of somebody else's evaluates networks: names, and no world.

Such networks are asked for and their fitness is told (``genesys_cli.Evolution``). Whatever only needs to know what goes
into a network and comes out of it, such as a drawing or an export, works as with any other environment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import UserError, cut
from ..genome.document import MOST_INPUTS
from .spec import Environment, Real

ID = "ask-tell"


@dataclass(frozen=True)
class LoopEnv(Environment):
    """An environment that is a program's own affair: its actions are the outputs as they are."""


def loop_env(inputs: int | Sequence[str], outputs: int | Sequence[str]) -> LoopEnv:
    """Return what stands for a world of such inputs and outputs, which are names, or how many there are."""
    seen, done = names_of("inputs", inputs), names_of("outputs", outputs)
    return LoopEnv(
        id=ID,
        name=ID,
        observation_names=seen,
        action_names=done,
        action=Real((0.0,) * len(done), (1.0,) * len(done)),
        max_steps=1_000_000_000,  # nobody counts them
        solved_at=None,
    )


def loop_env_of(kwargs: Mapping[str, Any] | None) -> LoopEnv:
    """Return the same of settings; raises UserError where they say nothing of it."""
    if kwargs is None or kwargs.keys() != {"inputs", "outputs"}:
        refuse(ID)
    return loop_env(**kwargs)


def names_of(what: str, given: object) -> tuple[str, ...]:
    """Return one name for each input or output; raises UserError where `given` is neither names nor how many.

    what: ``inputs`` or ``outputs``
    """
    if isinstance(given, int) and not isinstance(given, bool):
        if 1 <= given <= MOST_INPUTS:
            return tuple(f"{what[:-1]} {k}" for k in range(given))
    elif isinstance(given, list | tuple) and 1 <= len(given) <= MOST_INPUTS and all(map(_is_name, given)):
        if len(set(given)) == len(given):
            return tuple(given)
        double = next(name for name in given if given.count(name) > 1)
        raise UserError(f"{what}: the name {cut(double)!r} is there twice; give each a name of its own")
    raise UserError(
        f"{what} = {cut(repr(given))}: must be a list of names, or how many there are, from 1 to {MOST_INPUTS:,}"
    )


def _is_name(given: object) -> bool:
    return isinstance(given, str) and bool(given.strip())


def refuse(env_id: str) -> NoReturn:
    """Say that there is no world here."""
    raise UserError(
        f"there is nothing to play or replay in {env_id!r}: a program evaluates these networks itself (ask and tell: "
        "from genesys_cli import Evolution), and its world is not known here"
    )
