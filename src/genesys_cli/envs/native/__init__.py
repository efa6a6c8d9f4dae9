"""The environments with kernels of their own, a file each, and the names that such a file is written with.

``docs/environments.md`` explains them. A module of anybody's may import them from here and be played as
``genesys evolve --env my_module:ENV``.
"""

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import exp, log, sincos, sincos_small
from ..scene import Line, Scene, circle, line, rectangle
from ..spec import Box, Discrete, NativeEnv, NoPhysics, Trial

__all__ = [
    "Box",
    "Discrete",
    "Line",
    "NativeEnv",
    "NoPhysics",
    "Scene",
    "Trial",
    "circle",
    "exp",
    "inline",
    "line",
    "log",
    "rectangle",
    "rows",
    "sincos",
    "sincos_small",
]
