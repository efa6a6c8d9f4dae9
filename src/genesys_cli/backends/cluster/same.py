"""What must be the same on every node, so that the bits are: versions, and the code that is evaluated."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import NamedTuple

import numba
import numpy as np

from ... import __version__
from ...compiled.jit import source_digest
from ...envs.problem.env import ProblemEnv
from ...envs.spec import Environment, GymEnv, NativeEnv

_DIGITS = 12  # of a digest, for a reader


class Versions(NamedTuple):
    """Of what every run needs."""

    python: str
    numpy: str
    numba: str
    genesys: str


def versions() -> Versions:
    """Return those of this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(python, np.__version__, numba.__version__, __version__)


def code_of(env: Environment) -> dict[str, str]:
    """Return what the episodes of an environment are computed with, by name: versions of packages, digests of files."""
    found = {"the files of genesys_cli": source_digest()[:_DIGITS]}
    if isinstance(env, GymEnv):
        from ...envs.gym.origin import origin_of  # only now: others do without Gymnasium

        origin = origin_of(env)
    elif isinstance(env, ProblemEnv):
        origin = env.origin()
    elif isinstance(env, NativeEnv) and env.source:
        origin = {"sha256": env.source}
    else:
        origin = {}
    found |= origin.get("packages", {})
    if "sha256" in origin:
        found[f"the file of {env.id}"] = origin["sha256"][:_DIGITS]
    return found


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return what a node has otherwise than this process, both of :func:`code_of`; empty: all is the same.

    What only one of them has found is not compared: which packages are loaded depends on what a process did before.
    """
    names = [name for name in here if there.get(name, here[name]) != here[name]]
    return ", ".join(f"{name} {there[name]} (here {here[name]})" for name in names)
