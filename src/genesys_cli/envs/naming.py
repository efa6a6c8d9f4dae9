"""What an environment calls the inputs and outputs of a network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .spec import Environment, MultiDiscrete

# What is called so where nobody has given names: obs[3], obs=2, ram[7], action 1, action[0] = 2, a number alone.
_NUMBER_ONLY = re.compile(r"(obs|ram|action|input|output)?[ \[=]*(\d+(,\d+)*\]?)?( = \d+)?")


def output_names(env: Environment) -> Sequence[str]:
    """Return one name for each output of a network that acts in an environment."""
    if isinstance(env.action, MultiDiscrete):
        named = zip(env.action_names, env.action.sizes, strict=True)
        return [f"{name} = {k}" for name, size in named for k in range(size)]
    return env.action_names


def tell_apart(names: Sequence[str]) -> bool:
    """Say whether names say what they mean: all differ, and not all are numbers of places alone."""
    return len(set(names)) == len(names) and not all(map(_NUMBER_ONLY.fullmatch, names))
