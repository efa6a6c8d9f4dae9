"""A user's environment compiled on its own, before anything else is: what cannot be compiled is said in a sentence.

What numba says of it runs over a hundred lines, most of them about itself. And a branch on what only one lane knows
costs no more than speed: LLVM says of each loop whether it has made it SIMD, so that the loop over lanes is asked.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
import numpy as np

from ...compiled.lanes import LANES
from ...envs.own.source import functions_of
from ...envs.own.syntax import ALLOWED, causes, forbidden
from ...envs.spec import NativeEnv
from ...errors import UserError
from .episode import Dynamics, dynamics_of

_log = logging.getLogger("genesys_cli")
_told: set[str] = set()
_SIMD = "llvm.loop.isvectorized"  # of loops that are
# Beginnings of lines that say nothing.
_NO_REASON = ("Failed in", "No implementation", ">>>", "There are", "- Of which", "Overload", "With arg", "Rejected")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # where colorama is installed
_NAMED = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+):|(?:at|of) (?P<path>\S+\.py) \((?P<at>\d+)\)')


def check_kernels(env: NativeEnv) -> None:
    """Compile the functions of a user's environment; raise UserError where that is impossible, warn where it is slow.

    What was found is kept beside the compiled kernels, so that the next process need not compile to know it.
    """
    if not env.source or numba.config.DISABLE_JIT:
        return
    note = Path(numba.config.CACHE_DIR) / f"tried-{env.source[:32]}.json"
    try:
        warnings = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        warnings = _compiled(env)
        try:
            note.write_text(json.dumps(warnings), encoding="utf-8")
        except OSError:
            pass
    for warning in warnings:
        if warning not in _told:
            _told.add(warning)
            _log.warning("warning: %s", warning)


def _compiled(env: NativeEnv) -> list[str]:
    """Compile both functions; return a warning for each whose loop over lanes is not SIMD."""
    if found := forbidden(env):
        raise UserError(f"environment {env.id!r}: {'; '.join(found)}")
    dynamics = dynamics_of(env)
    state = np.zeros(env.state_size * LANES)
    out = np.zeros(env.n_inputs * LANES, np.float32)
    action = np.zeros(env.action.n_rows * LANES, dynamics.row_type)
    physics = tuple(map(float, env.physics))
    calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "observe": (_looking(dynamics), (state, out)),
        "step": (_advancing(dynamics), (state, action, np.zeros(LANES), np.zeros(LANES))),
    }
    warnings = []
    for called, (loop, arrays) in calls.items():
        try:
            loop(*arrays, physics, 0)
        except Exception as error:  # numba raises whatever it comes to
            raise UserError(
                f"environment {env.id!r}: {_why_not(env, called, _COLOUR.sub('', str(error)))}; {ALLOWED}"
            ) from error
        (code,) = loop.inspect_llvm().values()  # type: ignore[attr-defined]
        if _SIMD not in code:
            found = causes(env, called)
            because = f": {'; '.join(found[:3])}" if found else ""
            warnings.append(
                f"environment {env.id!r}: {called} is not SIMD, so that episodes are computed one after the other and "
                f"a run takes several times as long as it could{because}"
            )
    return warnings


def _looking(dynamics: Dynamics) -> Callable[..., Any]:
    observe, constants = dynamics.observe, dynamics.constants

    @numba.njit(error_model="numpy")
    def look(state, out, values, lanes):
        physics = constants(*values)
        for lane in range(lanes):
            observe(state, np.uint64(lane), out, physics)

    return look


def _advancing(dynamics: Dynamics) -> Callable[..., Any]:
    step, constants = dynamics.step, dynamics.constants

    @numba.njit(error_model="numpy")
    def advance(state, action, rewards, alive, values, lanes):
        physics = constants(*values)
        for lane in range(lanes):
            u = np.uint64(lane)
            reward, terminated = step(state, u, action, physics)
            rewards[u] += reward
            alive[u] = 0.0 if terminated else alive[u]

    return advance


def _why_not(env: NativeEnv, called: str, text: str) -> str:
    """Return in a sentence what numba says at length; called: the function that could not be compiled."""
    own = {Path(one.__code__.co_filename).resolve(): one for one in functions_of(env)}
    function: FunctionType = getattr(env, called)
    place = f"{function.__code__.co_filename}, line {function.__code__.co_firstlineno}"
    before = text
    for match in _NAMED.finditer(text):
        path = Path(match["file"] or match["path"])
        if path.resolve() in own:
            place = f"{own[path.resolve()].__code__.co_filename}, line {match['line'] or match['at']}"
            before = text[: match.start()]
            break
    names = {one.__name__ for one in functions_of(env)}
    return f"{called} cannot be compiled: {_reason(before, names)} ({place})"


def _reason(text: str, own: set[str]) -> str:
    """Return what is wrong, from what numba has written before the first place in the user's files."""
    if found := re.search(r"global name '(\w+)': [Cc]annot determine Numba type of <class '([\w.]+)'>", text):
        name, kind = found.groups()
        if kind == "function":
            return f"{name} is a function that is not marked @inline"
        return f"{name} is a {kind}, and a kernel can read numbers, tuples and arrays only"
    if found := re.search(r"The use of a (?:reflected )?(\w+).*? type, assigned to variable '(\w+)'", text):
        return f"{found[2]} is a {found[1]}, and a kernel can read numbers, tuples and arrays only"
    found = re.search(r"Unknown attribute '(\w+)' of type (\w+)", text)
    if found and 'File "' not in text:  # else it is one that numba's own code does not find
        return f"a kernel knows no '{found[1]}' of {found[2]}"
    if found := re.search(r"Cannot unify (.+?) and (.+?) for '(\$?\w+)", text):
        what = "an expression" if found[3].startswith("$") else found[3]
        return f"{what} is {found[1]} in one case and {found[2]} in another"
    for function, given in re.findall(
        r"No implementation of function Function\((.+?)\) found for signature:\s*>>> (.+)", text
    ):
        name = re.sub(r"^<(?:built-in )?(?:function|ufunc|class|intrinsic) '?([\w.]+)'?.*>$", r"\1", function)
        if name not in own:
            shown = re.sub(r"Literal.(?:int|str).[(](.*?)[)]", r"\1", given)
            return f"a kernel cannot compute {shown}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [
        line for line in lines if not line.startswith(("Failed in nopython", "No implementation", ">>>", "There are"))
    ]
    return told[0] if told else "numba does not say why"
