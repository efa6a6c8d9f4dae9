"""Which modules settings name, and what a user's word is remembered by."""

import pytest

from genesys_cli.config import trust
from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError


@pytest.mark.parametrize(
    ("overrides", "modules"),
    [
        ((), ()),
        (("environment.id=mine.envs:Foo-v0",), ("mine.envs",)),
        (("environment.id=ale_py:ALE/Pong-v5",), ()),
        (("evaluation.fitness=mine:score", "environment.id=mine:Foo-v0"), ("mine",)),
        (("environment.id=GymV26Environment-v0", 'environment.kwargs={env_id = "old:Foo-v0"}'), ("old",)),
        (('environment.kwargs={text = "a:b"}',), ()),
    ],
)
def test_modules_of_settings(overrides, modules):
    assert trust.modules_of(load_settings(None, "CartPole", overrides)) == modules


def test_references_in_lists_and_tables():
    value = ["a.b:Class", {"wrapper": "c:Class", "n": 3, "more": [{"x": "d:E"}]}, "no module", "x: y"]
    assert list(trust.references(value)) == ["a.b", "c", "d"]


def test_a_package_is_trusted_with_what_is_in_it(stranger, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pack.py").write_text("raise AssertionError('it was imported')")
    settings = load_settings(None, "CartPole", ["evaluation.fitness=pack.inner:score"])
    trust.only_in_file(settings, tmp_path / "champion.json")
    with pytest.raises(
        UserError, match=r"'pack.inner' is not imported, since .*champion.json names it and you have not"
    ):
        trust.check("pack.inner", "evaluation.fitness")
    assert len(trust.refusals()) == 1
    trust.trust(["pack"])
    trust.check("pack.inner", "evaluation.fitness")
    assert trust.refusals() == []


def test_a_module_that_is_not_there_is_no_matter_of_trust(stranger, tmp_path, monkeypatch):
    """Importing it says so, which leads further."""
    monkeypatch.chdir(tmp_path)
    trust.only_in_file(load_settings(None, "CartPole", ["evaluation.fitness=nowhere:score"]), tmp_path)
    trust.check("nowhere", "evaluation.fitness")


@pytest.mark.parametrize("name", ["os", "subprocess", "genesys_cli.errors", "numpy"])
def test_what_python_and_this_program_have_loaded_is_no_users_word(stranger, tmp_path, name):
    import subprocess  # noqa: F401

    trust.only_in_file(load_settings(None, "CartPole", [f"evaluation.fitness={name}:call"]), tmp_path)
    with pytest.raises(UserError, match="--trust-module"):
        trust.check(name, "evaluation.fitness")
