"""What is known of a function without calling it, and what settings mean with one."""

from __future__ import annotations

import sys

import pytest

from genesys_cli.config.load import load_settings, settings_from_toml, to_toml
from genesys_cli.config.problem import ProblemSettings
from genesys_cli.envs.problem.env import problem_env
from genesys_cli.envs.registry import environment_of, resolved
from genesys_cli.envs.spec import Real
from genesys_cli.errors import UserError

HEAD = "INPUTS = 3\nOUTPUTS = ['left', 'right']\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a module of the user's own, under a name of its own, and return that name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    written = []

    def write(text, head=HEAD):
        name = f"task_{tmp_path.name}_{len(written)}".replace("-", "_")
        (tmp_path / f"{name}.py").write_text(head + text)
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def settled(module, function="f", **given):
    return problem_env(ProblemSettings(function=f"{module}:{function}", **given)).problem


@pytest.mark.parametrize(
    ("definition", "call", "seeded"),
    [
        ("def f(network): ...", "one", False),
        ("def f(net, seed): ...", "one", True),
        ("def f(network, *, seed=3): ...", "one", True),
        ("def f(network, tries=5, seed=None): ...", "one", True),
        ("def f(network, tries=5): ...", "one", False),
        ("def f(networks): ...", "all", False),
        ("def f(networks, seed): ...", "all", True),
        ("def f(network, seed, /): ...", "one", True),
        ("def f(*anything): ...", "one", False),
        ("f = max", "one", False),
        ("import functools\ndef g(tries, network, seed): ...\nf = functools.partial(g, 3)", "one", True),
        ("class F:\n    def __call__(self, networks, seed): ...\nf = F()", "all", True),
    ],
)
def test_what_a_function_takes(write, definition, call, seeded):
    problem = settled(write(definition))
    assert (problem.call, problem.seeded, problem.settled) == (call, seeded, True)


@pytest.mark.parametrize(
    ("head", "given", "players"), [("", {}, 2), ("PLAYERS = 3\n", {}, 3), ("PLAYERS = 3\n", {"players": 4}, 4)]
)
def test_how_many_play_a_match(write, head, given, players):
    module = write("def f(players): ...\ndef g(network): ...", HEAD + head)
    problem = settled(module, **given)
    assert (problem.call, problem.players) == ("match", players)
    assert settled(module, "g").players is None


@pytest.mark.parametrize("players", ["1", "65", "True", "2.0", "'two'", "None"])
def test_players_that_are_no_number_of_them(write, players):
    with pytest.raises(UserError, match="PLAYERS = .*: must be a whole number from 2 to 64, how many networks play"):
        settled(write(f"PLAYERS = {players}\ndef f(players): ..."))


def test_settings_say_otherwise(write):
    module = write("def f(nets, s): ...\ndef g(networks, seed=0): ...")
    assert (settled(module, call="all", seeded=True).call, settled(module, "g", seeded=False).seeded) == ("all", False)
    with pytest.raises(
        UserError, match=r"it is called with one network, and cannot be: missing a required argument: 's'"
    ):
        settled(module)
    assert settled(module, "g", call="one").call == "one"


@pytest.mark.parametrize(
    "definition", ["def f(network, seed, /): ...", "def f(network, *, seed): ...", "def f(n, s): ..."]
)
def test_the_seed_arrives(write, definition):
    module = write(definition.replace("...", "return seed" if "seed" in definition else "return s"))
    env = problem_env(ProblemSettings(function=f"{module}:f", seeded=True))
    assert env.function()(None, 7) == 7


@pytest.mark.parametrize(
    ("head", "given", "inputs", "outputs"),
    [
        (HEAD, {}, ("input 0", "input 1", "input 2"), ("left", "right")),
        (HEAD, {"inputs": ["x"], "outputs": 1}, ("x",), ("output 0",)),
        ("INPUTS = 'x'\nOUTPUTS = ('a', 'b')\n", {}, ("x",), ("a", "b")),
        ("import numpy as np\nINPUTS = np.int64(1)\nOUTPUTS = np.array(['a', 'b'])\n", {}, ("input 0",), ("a", "b")),
        ("", {"inputs": 1, "outputs": "force"}, ("input 0",), ("force",)),
    ],
)
def test_inputs_and_outputs(write, head, given, inputs, outputs):
    env = problem_env(ProblemSettings(function=f"{write('def f(network): ...', head)}:f", **given))
    assert (env.observation_names, env.action_names) == (inputs, outputs)
    assert env.action == Real((0.0,) * len(outputs), (1.0,) * len(outputs))


@pytest.mark.parametrize(
    ("text", "function", "message"),
    [
        ("def evaluate(network): ...", "evaluat", "has no function 'evaluat'; did you mean 'evaluate'?"),
        ("f = 3", "f", "that is no function but int"),
        ("def f(network): yield 1", "f", "that is a generator, which has a yield,"),
        ("async def f(network): ...", "f", "that is an async function"),
        (
            "def f(): ...",
            "f",
            "it is called with one network, and cannot be: too many positional arguments",
        ),
        ("def f(networks, how): ...", "f", "it is called with a list of networks, and cannot be: missing a required"),
        ("raise OSError('no disk')", "f", "cannot be imported: OSError: no disk"),
        ("import nowhere_at_all", "f", "needs 'nowhere_at_all', which is not installed"),
        (
            "OUTPUTS = 0\ndef f(network): ...",
            "f",
            "outputs = 0: must be a list of names, or how many there are, from 1",
        ),
        ("INPUTS = [1, 2]\ndef f(network): ...", "f", "inputs = [1, 2]: must be a list of names"),
        ("INPUTS = ['a', 'a']\ndef f(network): ...", "f", "inputs: the name 'a' is there twice"),
        (
            "del INPUTS\ndef f(network): ...",
            "f",
            "problem.inputs: how many inputs have the networks? Say so with --inputs N",
        ),
    ],
)
def test_what_is_no_function_that_evaluates(write, text, function, message):
    with pytest.raises(UserError) as caught:
        settled(write(text), function)
    assert message in str(caught.value)


def test_names_that_are_none():
    for name, message in (
        ("my.py:f", "before the colon stands a module, not a file: give my:f"),
        ("__main__:f", "worker processes do not run the program itself"),
        ("nowhere_at_all:f", "there is no module 'nowhere_at_all'"),
    ):
        with pytest.raises(UserError, match=message):
            problem_env(ProblemSettings(function=name))


def load(module, *overrides):
    settings = load_settings(overrides=[f"problem.function={module}:f", *overrides])
    return resolved(settings, environment_of(settings))


def test_settings_are_kept_with_all_that_follows_from_the_module(write):
    """Of the file of a run nothing is imported to know what goes into a network and comes out."""
    module = write("def f(network): ...")
    settings = load(module)
    assert settings.environment.id == f"{module}:f"
    assert (settings.evaluation.episodes, settings.evaluation.validate_episodes) == (1, 1)
    assert settings.world.pace_hz == 0
    kept = settings_from_toml(to_toml(settings))
    assert kept == settings
    sys.modules.pop(module)
    env = environment_of(kept)
    assert module not in sys.modules
    assert (env.id, env.name, env.n_inputs, env.n_outputs) == (f"{module}:f", f"{module}-f", 3, 2)
    assert "problem" not in load_settings(env="CartPole").tables()


def test_a_function_with_a_seed_is_called_as_often_as_settings_say(write):
    module = write("def f(network, seed): ...")
    assert (load(module).evaluation.episodes, load(module).evaluation.validate_episodes) == (1, 10)
    settings = load(module, "evaluation.episodes=4", "evaluation.validate_episodes=50")
    assert (settings.evaluation.episodes, settings.evaluation.validate_episodes) == (4, 50)


def test_another_function_than_that_of_a_preset(write, tmp_path):
    """What a run has found out of one function says nothing of another."""
    one, other = write("def f(network): ..."), write("def f(networks, seed): ...", "INPUTS = 2\nOUTPUTS = 1\n")
    path = tmp_path / "config.toml"
    path.write_text(to_toml(load(one)))
    again = load_settings(path)
    assert again.problem == load(one).problem
    changed = load_settings(path, overrides=[f"problem.function={other}:f"])
    env = environment_of(changed)
    assert (env.n_inputs, env.problem.call, env.seeded) == (2, "all", True)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["environment.max_steps=5"], "environment.max_steps has no meaning with a function; leave it out"),
        (["evaluation.fitness=a:b"], "evaluation.fitness has no meaning with a function; leave it out, since what the"),
        (["drift.observation_noise.at=1", "drift.observation_noise.to=0.1"], "drift has no meaning with a function"),
        (["evaluation.episodes=7"], "evaluation.episodes = 7 has no meaning, since"),
        (["problem.inputs=true"], "problem.inputs = true (--set): must be a list of names, or how many there are"),
        (["problem.call=both", "problem.inputs=[1]"], "2 settings cannot be used"),
        (["data.file=x.csv", "data.target=y"], "networks live in one world; give one of them"),
    ],
)
def test_settings_that_mean_nothing(write, overrides, message):
    with pytest.raises(UserError) as caught:
        load(write("def f(network): ..."), *overrides)
    assert message in str(caught.value)


def test_nothing_but_a_function_has_inputs():
    with pytest.raises(UserError, match=r"problem.inputs = 3 .*: has no meaning without a function"):
        load_settings(env="CartPole", overrides=["problem.inputs=3"])
    with pytest.raises(UserError, match=r"must be the name module:function of a function in a file of yours"):
        load_settings(overrides=["problem.function=landing"])
    with pytest.raises(UserError, match=r"an environment \(CartPole\) and a function \(a:b\): networks live in one"):
        load_settings(env="CartPole", overrides=["problem.function=a:b"])
