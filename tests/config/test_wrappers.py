"""``environment.wrappers``: what it may be, and how it stands in files."""

from __future__ import annotations

import pytest

from genesys_cli.config.load import load_settings, settings_from_toml, to_toml
from genesys_cli.config.wrappers import Wrapper, loaded_wrappers, wrapper_modules
from genesys_cli.errors import UserError

STACK = '{entry = "g.w:Stack", kwargs = {size = 4, shape = (1, None)}}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.b:C", (Wrapper("a.b:C", {}),)),
        ('"a:B"', (Wrapper("a:B", {}),)),
        ('["a:B", "c:D.E"]', (Wrapper("a:B", {}), Wrapper("c:D.E", {}))),
        ('[{entry = "a:B"}]', (Wrapper("a:B", {}),)),
        ('{entry = "a:B", kwargs = {x = [none]}}', (Wrapper("a:B", {"x": [None]}),)),
        ("[{'entry': 'a:B', 'kwargs': {'x': (1, None)}}]", (Wrapper("a:B", {"x": (1, None)}),)),
        ("none", ()),
        ("[]", ()),
    ],
)
def test_forms(text, found):
    settings = load_settings(None, "Maze", [f"environment.wrappers={text}"])
    assert loaded_wrappers(settings.environment.wrappers) == found
    assert settings_from_toml(to_toml(settings)) == settings
    assert settings == load_settings(None, "Maze", [("environment.wrappers", list(found))])


def test_modules():
    settings = load_settings(
        None, "Maze", ['environment.wrappers=["a.b:C", "d:E", {entry = "a.b:F", kwargs = {x = 1}}]']
    )
    assert wrapper_modules(settings.environment.wrappers) == ["a.b", "d"]
    assert wrapper_modules(None) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Flat", 'environment.wrappers[0] (--set): must be "module:Class"'),
        ("3", "environment.wrappers[0] (--set): must be"),
        ('["a:B", true]', "environment.wrappers[1] (--set): must be"),
        ("[[]]", "must be"),
        ("{kwargs = {}}", "must be"),
        ('{entry = "a:B", size = 3}', "has no key 'size'; arguments of a wrapper are given as kwargs = {size = ...}"),
        ('{entry = "a:B", kwargs = 3}', "must be a table of arguments"),
        (
            '{entry = "a:B", kwargs = {x = {start = 2024-01-01}}}',
            "environment.wrappers[0].kwargs.x.start (--set): is a date",
        ),
        ("[a:B]", "neither TOML"),
    ],
)
def test_what_cannot_be(text, message):
    with pytest.raises(UserError) as caught:
        load_settings(None, "Maze", [f"environment.wrappers={text}"])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_holds_none():
    with pytest.raises(UserError, match=r'environment.wrappers\[0\] \(in x\): must be "module:Class"'):
        settings_from_toml('[environment]\nwrappers = ["os; evil"]', "in x")
