"""``genesys envs NAME --check``."""

import json

import pytest

CHECK = {"repeatable", "playable", "rebuild", "where", "first_difference", "note", "gymnasium"}


@pytest.mark.parametrize(
    ("name", "code", "answer"),
    [
        ("CartPole", 0, "repeats: yes\nCartPole-v1 is reproducible by construction"),
        ("unsteady_envs:Steady-v0", 0, "repeats: yes\n"),
        ("unsteady_envs:Counter-v0", 0, "repeats: yes; each episode in a newly made instance\nunsteady_envs:Counter"),
        ("unsteady_envs:NumpyRandom-v0", 2, "repeats: no\nunsteady_envs:NumpyRandom-v0: the episode with seed"),
        ("unsteady_envs:SecondRaises-v0", 2, "repeats: could not be determined\nunsteady_envs:SecondRaises-v0: "),
    ],
)
def test_a_check_says_whether_an_environment_repeats(invoke, name, code, answer):
    result = invoke("envs", name, "--check")
    assert (result.exit_code, answer in result.stdout) == (code, True), result.output


def test_a_check_as_json_and_with_arguments(invoke):
    result = invoke("envs", "unsteady_envs:FileCounter-v0", "--check", "--json", "--env-kwarg", "file=missing/episodes")
    assert result.exit_code == 2
    found = json.loads(result.stdout)["check"]
    assert found.keys() == CHECK
    assert (found["repeatable"], found["playable"]) == (None, False)
    assert "FileNotFoundError" in found["note"]
    assert found["gymnasium"] == []  # nothing is said twice


def test_a_check_is_of_one_environment(invoke):
    assert invoke("envs --check").exit_code == 2
    assert "check" not in json.loads(invoke("envs CartPole --json").stdout)
