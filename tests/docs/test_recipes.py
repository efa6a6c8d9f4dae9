"""Each recipe of CONTRIBUTING.md is followed, word for word, in a copy of the package, and the new part works."""

import re

import pytest

from docs.documents import ROOT
from docs.recipes import copy_of_the_package, follow, recipes, typed

RECIPES = recipes()
PARTS = {"environment", "activation", "count", "chip block", "platform", "energy table", "export format"}
PARTS |= {"report panel", "command", "backend", "setting"}


@pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.title.removeprefix("Add ") for recipe in RECIPES])
def test_a_recipe(recipe, tmp_path):
    copy, folder = tmp_path / "copy", tmp_path / "elsewhere"
    copy_of_the_package(copy)
    folder.mkdir()
    follow(recipe, copy)
    assert recipe.console
    commands = [command for command, _ in recipe.console]
    for answer, (command, shown) in zip(typed(commands, folder, copy), recipe.console, strict=True):
        answer = " ".join(answer.split())
        for line in shown:
            assert line in answer, f"{command} does not answer {line!r} but {answer}"


def test_there_is_one_for_each_part():
    assert {re.sub(r"Add an? ", "", recipe.title) for recipe in RECIPES} == PARTS


def test_the_table_counts_their_places():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(?:an? )?([a-z ]+)\]\(#[^)]*\) \| (\d+) \|", text, re.MULTILINE))
    assert rows == {re.sub(r"Add an? ", "", recipe.title): str(recipe.places) for recipe in RECIPES}
