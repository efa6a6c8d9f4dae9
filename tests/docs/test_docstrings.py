"""Docstrings of what docs/api.md shows say all about arguments, results and errors, in a form that tools read."""

from __future__ import annotations

import re
from functools import cache

import pytest

import genesys_cli
from docs.documents import ROOT

griffe = pytest.importorskip("griffe", reason="the extra docs is not installed")
SHOWN = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)


@cache
def package():
    """Return the package as it is read from its sources, without importing it."""
    return griffe.load("genesys_cli", search_paths=[ROOT / "src"])


def found(name):
    """Return what a name stands for, such as ``genesys_cli.evolve``."""
    member = package()[name.removeprefix("genesys_cli.")]
    return member.final_target if member.is_alias else member


def documented(name):
    """Return the paths of the functions of a name: itself, or the public methods of a class."""
    member = found(name)
    if not member.is_class:
        return [name]
    return [f"{name}.{method}" for method in member.functions if not method.startswith("_")]


def sections(member):
    """Return the parts of a docstring by kind; every complaint of the parser is an error."""
    return {section.kind.value: section.value for section in griffe.parse_google(member.docstring)}


def lacks(member):
    """Return what the docstring of a function does not say of its arguments and result, or says of others."""
    if member.docstring is None:
        return ["a docstring"]
    parts = sections(member)
    told = {argument.name.lstrip("*"): argument.description for argument in parts.get("parameters", [])}
    taken = {argument.name for argument in member.parameters} - {"self", "cls"}
    wrong = [f"argument {name}" for name in sorted(taken ^ set(told))]
    wrong += [f"words about {name}" for name, words in told.items() if not words.strip()]
    if str(member.returns) != "None" and taken and "returns" not in parts:
        wrong.append("Returns")
    return wrong


def test_the_page_shows_all_that_is_public():
    wanted = {name for name in genesys_cli.__all__ if name not in ("__version__", "neat")}
    wanted |= {f"neat.{name}" for name in genesys_cli.neat.__all__ if name != "NeatSettings"}
    assert wanted <= {name.removeprefix("genesys_cli.") for name in SHOWN}


def test_functions_say_everything_about_their_arguments_and_results(caplog):
    names = [path for name in SHOWN for path in documented(name)]
    assert len(names) > 4
    assert {name: lacks(found(name)) for name in names if lacks(found(name))} == {}
    assert [record.getMessage() for record in caplog.records] == []


def test_classes_say_everything_about_their_attributes():
    for member in (found(name) for name in SHOWN if found(name).is_class):
        lines = [each for kind in (member, *member.mro()) for each in sections(kind).get("attributes", [])]
        has = {name for name in member.attributes if not name.startswith("_")}
        assert has <= {attribute.name for attribute in lines}, member.path


def test_an_argument_that_nobody_explains_is_found():
    words = "Return half.\n\n    Args:\n        x: A number.\n        z: None.\n    "
    code = f'def halve(x: int, y: int) -> int:\n    """{words}"""'
    with griffe.temporary_visited_module(code) as module:
        assert lacks(module["halve"]) == ["argument y", "argument z", "Returns"]
