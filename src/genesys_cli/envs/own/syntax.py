"""What stands in the functions of a user's environment that a kernel must not do, or cannot do in SIMD."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType

from ..spec import NativeEnv
from .source import functions_of

ALLOWED = (
    "kernels compute with numbers: arithmetic, comparisons, `a if c else b`, min, max, &, |, the functions of "
    "genesys_cli.envs.native, and functions of yours that are marked @inline; see docs/environments.md"
)

_FORBIDDEN = {
    ast.Raise: "raises an exception, for which no kernel stops; end the episode with `terminated` instead",
    ast.Assert: "has an assert, for which no kernel stops; leave it out",
    ast.Try: "has a try, which kernels have not; compare instead, as in `a / b if b != 0.0 else 0.0`",
    ast.With: "has a with, which kernels have not",
    ast.Yield: "has a yield; return the results instead",
}
_SLOW = {
    ast.While: "a `while` loop",
    ast.For: "a `for` loop",
    ast.If: "an `if` statement; write `x = a if c else b`",
    ast.BoolOp: "`and` or `or`, which are branches; write `&` or `|` between comparisons in brackets",
    ast.Not: "`not`, which is a branch; compare with the opposite",
}


def forbidden(env: NativeEnv) -> list[str]:
    """Return a sentence for each thing that no kernel can do, with function, file and line."""
    found = []
    for function in functions_of(env):
        for node in _nodes(function):
            why = _FORBIDDEN.get(type(node))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                why = "prints, which millions of steps a second would drown in; leave it out"
            if why is not None:
                found.append(f"{where(function, node)} {why}")
    return found


def causes(env: NativeEnv, called: str) -> list[str]:
    """Return what may keep a loop over lanes from being SIMD, with function, file and line, the likeliest first.

    called: ``observe`` or ``step``
    """
    function = getattr(env, called)
    found = []
    other = env.observe if called == "step" else env.step
    nodes = [(one, node) for one in functions_of(env) if one is not other for node in _nodes(one)]
    nodes.sort(key=lambda pair: pair[0] is not function)
    for kind, what in _SLOW.items():
        found += [f"{where(one, node)} has {what}" for one, node in nodes if _kind(node) is kind]
    for one, node in nodes:
        if isinstance(node, ast.Call) and (name := _library(node)):
            found.append(f"{where(one, node)} calls {name}, once for each lane")
    return found


def where(function: FunctionType, node: ast.AST | None = None) -> str:
    """Return the name of a function with the place of something in it."""
    code = function.__code__
    line = code.co_firstlineno + (getattr(node, "lineno", 1) - 1 if node is not None else 0)
    return f"{function.__name__} ({code.co_filename}, line {line})"


def _kind(node: ast.AST) -> type[ast.AST]:
    return type(node.op) if isinstance(node, ast.UnaryOp) else type(node)


def _nodes(function: FunctionType) -> Iterator[ast.AST]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # there is no source, or it was edited since
        return
    yield from (node for node in ast.walk(tree) if hasattr(node, "lineno"))


def _library(call: ast.Call) -> str | None:
    """Return what a call names in `math` or `numpy`, apart from the types that numbers are cast to."""
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    module, name = function.value.id, function.attr
    cast = name.startswith(("float", "int", "uint", "bool"))
    return f"{module}.{name}" if module in ("math", "np", "numpy") and not cast else None
