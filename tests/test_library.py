"""``from genesys_cli import evolve, load_champion``: what programs get is what the command line has."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner

import genesys_cli
from genesys_cli import GenesysError, UserError, evolve, evolve_seeds, load_champion
from genesys_cli.cli.main import main
from genesys_cli.envs.gym import making
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.playback.replay import replay
from sameness import same
from small_runs import bits, resume, start, tiny
from small_studies import in_this_process

SMALL = {
    "neat.population": 16,
    "neat.generations": 2,
    "neat.node_add_prob": 0.4,
    "evaluation.episodes": 2,
    "evaluation.validate_episodes": 4,
    "run.threads": 1,
    "run.stop_when_solved": False,
}
RECURRENT = {"neat.feed_forward": False, "neat.num_hidden": 2}
CASES = [
    ("CartPole", {}),
    ("CartPole", RECURRENT | {"environment.action_repeat": 3, "evaluation.observation_clip": 1.5}),
    ("CartPole", {"run.backend": "genesys"}),
    ("MountainCar", {"environment.max_steps": 150}),
    (
        "MountainCarContinuous",
        RECURRENT | {"evaluation.observation_scale": [], "evaluation.normalise_observations": True},
    ),
    ("Acrobot", {"environment.max_steps": 120}),
    ("Pendulum", {}),
    ("FrozenLake", {"environment.max_steps": 30}),  # observes a number, not an array
    ("CartPole", {"environment.kwargs": {"sutton_barto_reward": True}}),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def returns_of(champion, seeds):
    """Return what a champion gets in Gymnasium, as any program would let it play."""
    env = champion.make_env()
    returns = []
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        champion.reset()
        total, over = 0.0, False
        while not over:
            action = champion.act(observation)
            assert env.action_space.contains(action)
            observation, reward, terminated, truncated, _ = env.step(action)
            total += reward
            over = terminated or truncated
        returns.append(total)
    env.close()
    return returns


@pytest.mark.parametrize(("env", "settings"), CASES, ids=str)
def test_a_champion_gets_what_replay_gets(env, settings):
    result = evolve(env, settings=SMALL | settings, seed=5)
    seeds = episode_seeds(5, 4, generation=None)
    # A show is Gymnasium's, and so the same to the last bit of its sine.
    shown = replay("champion", result.run_dir, 4, None, "none", lambda frame: None)
    assert returns_of(result.champion, seeds) == shown["returns"]
    assert returns_of(load_champion(result.run_dir / "champion.json"), seeds) == shown["returns"]
    if env in ("CartPole", "FrozenLake"):
        assert shown["mean_return"] == result.champion.fitness


@pytest.mark.parametrize(("name", "module"), [("LunarLander", "Box2D"), ("InvertedDoublePendulum", "mujoco")])
def test_a_shipped_champion_gets_what_replay_gets(name, module):
    pytest.importorskip(module)
    champion = load_champion(name)
    hidden = replay(name, None, 3, None, "none")
    assert (
        returns_of(champion, episode_seeds(champion.settings["run"]["seed"], 3, generation=None)) == hidden["returns"]
    )


def test_another_backend_computes_it():
    run = start(tiny("CartPole", "neat.generations=2"), "run")
    seeds = episode_seeds(0, 9, generation=None)
    for backend in ("software", "genesys"):
        expected = replay("champion", run, None, None, "none", backend=backend)["returns"]
        assert returns_of(load_champion(run=run, backend=backend), seeds) == expected
    with pytest.raises(UserError, match=r"there is no backend 'genesis'; did you mean 'genesys'\?"):
        load_champion(run=run, backend="genesis")


def test_a_run_is_that_of_the_command_line():
    theirs = start(tiny("CartPole", "run.seed=7", "neat.generations=3"), "theirs")
    told = []
    overrides = tiny("CartPole", "run.seed=7", "neat.generations=3").tables()
    settings = {f"{table}.{key}": value for table in ("neat", "evaluation") for key, value in overrides[table].items()}
    result = evolve(
        "CartPole",
        seed=7,
        settings=settings | {"run.stop_when_solved": False},
        threads=1,
        run_dir="mine",
        on_generation=told.append,
    )
    assert bits("mine") == bits(theirs)
    assert result.run_dir == Path("mine")
    assert result.generations == len(result.rows) == 3
    assert result.rows == told
    with open("mine/metrics.csv", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [float(row["best_fitness"]) for row in kept] == [row["best_fitness"] for row in result.rows]
    assert json.loads(Path("mine/summary.json").read_text())["solved"] == result.solved
    assert result.champion.fitness == result.summary["validated_fitness"]


def test_arguments_win_over_settings():
    result = evolve("CartPole", generations=1, population=11, episodes=3, backend="genesys", settings=SMALL)
    tables = result.champion.settings
    assert (tables["neat"]["population"], tables["evaluation"]["episodes"]) == (11, 3)
    assert (tables["run"]["backend"], result.champion.backend) == ("genesys", "genesys")
    assert len(result.rows) == 1


def test_settings_of_every_kind():
    """Numbers of numpy, lists, none, tables, arguments of the environment."""
    result = evolve(
        "CartPole",
        env_kwargs={"sutton_barto_reward": True},
        settings=SMALL
        | {
            "neat.population": np.int64(9),
            "evaluation.observation_scale": np.array([1.0, 0.5, 2.0, 1.0]),
            "evaluation.solved_at": None,
            "drift.observation_noise": {"at": 1, "to": 0.1},
        },
    )
    tables = result.champion.settings
    assert tables["neat"]["population"] == 9
    assert tables["evaluation"]["observation_scale"] == [1.0, 0.5, 2.0, 1.0]
    assert tables["environment"]["kwargs"] == {"sutton_barto_reward": True}
    assert tables["drift"]["observation_noise"]["to"] == [0.1]
    assert result.champion.env_kwargs == {"sutton_barto_reward": True}


ASKS = """
import gymnasium, numpy as np

class Asks(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, name="x", **others):
        with open("asked.txt", "a") as file:
            print(repr((name, sorted(others.items()))), file=file)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.uniform(-1, 1, 2).astype(np.float32), {}

    def step(self, action):
        return self.np_random.uniform(-1, 1, 2).astype(np.float32), 1.0, False, False, {}

class Seen(gymnasium.ObservationWrapper):
    def __init__(self, env, by):
        super().__init__(env)
        self.by = by
        with open("asked.txt", "a") as file:
            print(repr(by), file=file)

    def observation(self, observation):
        return observation * np.float32(self.by[0])

gymnasium.register("Asks-v0", Asks)
"""


@pytest.fixture
def asks(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "asks.py").write_text(ASKS)
    yield "asks:Asks-v0"
    sys.modules.pop("asks", None)
    gymnasium.registry.pop("Asks-v0", None)


def test_arguments_reach_everybody_as_they_are(asks):
    """This process, workers, a resumed run, and who loads the champion."""
    given = {
        "name": None,
        "config": {"a key": (1, None), "on": [True, 1, 1.0, float("inf"), "none", {}]},
        "maze": np.array([[1, 0], [1, 1]], np.uint8),
        "count": np.int64(3),
        "wet": np.bool_(False),
        "part": np.float32(0.1),
        "nothing": float("nan"),
    }
    wrappers = [{"entry": "asks:Seen", "kwargs": {"by": (2, None)}}]
    settings = SMALL | {"environment.wrappers": wrappers, "environment.max_steps": 4}
    result = evolve(asks, env_kwargs=given, settings=settings, run_dir="run", seed=np.int64(3), population=np.int32(7))
    resume("run", generations=3)
    champion = load_champion("run/champion.json")
    champion.make_env()
    plain = given | {"count": 3, "wet": False, "part": 0.10000000149011612}
    name = plain.pop("name")
    expected = {repr((name, sorted(plain.items()))), repr((2, None))}
    asked = Path("asked.txt").read_text()
    assert set(asked.replace("\n       ", "").splitlines()) == {text.replace("\n       ", "") for text in expected}
    for found in (result.champion.env_kwargs, champion.env_kwargs):
        assert same(found, {key: {**plain, "name": name}[key] for key in given})
    assert result.champion.settings["run"]["seed"] == 3
    assert result.champion.settings["neat"]["population"] == 7


def test_what_a_program_cannot_give():
    for arguments, message in (
        ({"env_kwargs": {"x": {"y": object()}}}, "environment.kwargs.x.y (env_kwargs): is a object; allowed are none"),
        (
            {"env_kwargs": {"x": {"python": "None"}}},
            "environment.kwargs.x (env_kwargs): is a table with the key 'python'",
        ),
        ({"env_kwargs": {"a b": 1}}, "env_kwargs: 'a b' is no name of an argument"),
        ({"env_kwargs": {1: 1}}, "env_kwargs = {1: 1}: must be a dict whose keys are texts"),
        ({"settings": {3: 1}}, "settings = {3: 1}: must be a dict whose keys are texts"),
        ({"settings": {"neat.population": object()}}, "neat.population = <object object"),
        ({"settings": {"neat.population": np.array([1, 2])}}, "neat.population = [1, 2] (settings): must be a whole"),
        (
            {"settings": {"neat.feed_forward": "False"}},
            "neat.feed_forward = 'False' (settings): must be a true or false",
        ),
        ({"settings": {"environment.wrappers": [gymnasium.Wrapper]}}, 'must be "module:Class"'),
        ({"seed": True}, "run.seed = true: must be a whole number"),
        ({"seed": 1.0}, "run.seed = 1.0: must be a whole number"),
        ({"env": 3}, "env = 3: must be a text"),
        ({"run_dir": 3}, "run_dir = 3: must be a text or a path"),
    ):
        with pytest.raises(UserError) as caught:
            evolve(**arguments)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not Path("runs").exists()


def test_an_environment_that_neither_draws_nor_ends(asks, monkeypatch):
    monkeypatch.setattr(making, "DEFAULT_MAX_STEPS", 50)
    champion = evolve(asks, settings=SMALL | {"evaluation.training_max_steps": 3}).champion
    for env, limit in ((champion.make_env(), 50), (champion.make_env(max_episode_steps=9), 9)):
        observation, _ = env.reset(seed=1)
        steps, over = 0, False
        while not over:
            observation, _, terminated, over, _ = env.step(champion.act(observation))
            steps += 1
        assert (steps, terminated) == (limit, False)
        assert env.spec.max_episode_steps == env.unwrapped.spec.max_episode_steps == limit
    with pytest.raises(UserError, match="Asks-v0 cannot be drawn"):
        champion.make_env(render_mode="human")


def test_a_champion_in_its_wrappers_gets_what_replay_gets():
    wrappers = ["gymnasium.wrappers:TimeAwareObservation", "gymnasium.wrappers:RecordEpisodeStatistics"]
    result = evolve(
        "CartPole", settings=SMALL | {"environment.wrappers": wrappers, "environment.max_steps": 60}, seed=5
    )
    seeds = episode_seeds(5, 4, generation=None)
    assert result.champion.genome["inputs"] == 5
    shown = replay("champion", result.run_dir, 4, None, "none", lambda frame: None)
    assert returns_of(result.champion, seeds) == shown["returns"]
    assert replay("champion", result.run_dir, None, None, "none")["mean_return"] == result.champion.fitness


def test_a_preset_of_another_version_is_told():
    assert any("made for CartPole-v1" in text for text in evolve("CartPole-v0", settings=SMALL).messages)
    assert not any("preset" in text for text in evolve("CartPole", settings=SMALL).messages)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "CartPoel"}, "did you mean 'CartPole'?"),
        ({"settings": {"neat.populatoin": 3}}, "did you mean 'neat.population'?"),
        ({"population": 0, "generations": 0}, "2 settings cannot be used"),
        ({"backend": "gensys"}, "did you mean 'genesys'?"),
        ({"settings": {"eve.pes": 4}}, "only the backend 'genesys' or 'rtl' has a chip"),
        ({"env_kwargs": {"gravty": 4}}, "takes no such argument"),
    ],
)
def test_what_cannot_be(arguments, message):
    with pytest.raises(UserError) as caught:
        evolve(**arguments)
    assert message in str(caught.value)
    assert not Path("runs").exists()


def test_a_callback_that_raises_ends_the_run_and_loses_nothing():
    def stop(row):
        if row["generation"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve("CartPole", settings=SMALL | {"neat.generations": 9}, run_dir="run", on_generation=stop)
    assert sorted(path.name for path in Path("run/checkpoints").iterdir()) == ["gen-00000.npz", "gen-00001.npz"]
    assert load_champion("last", run="run").generation == 1


def test_nothing_is_printed(capfd):
    evolve("CartPole", settings=SMALL)
    assert capfd.readouterr() == ("", "")


def test_an_environment_that_the_program_itself_defines():
    program = """
import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv
from genesys_cli import UserError, evolve
class Pole(CartPoleEnv): pass
gymnasium.register("Pole-v0", entry_point=Pole)
try: evolve("Pole-v0")
except UserError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Pole-v0 is defined in the program that runs, which worker processes do not load" in done.stdout


def test_what_a_champion_says_of_itself():
    champion = load_champion("LunarLander")
    assert champion.env_id == "LunarLander-v3"
    assert champion.fitness > 200
    assert repr(champion).startswith("<Champion of LunarLander-v3: 5 nodes, 38 connections, fitness 244.6")
    assert champion.genome["inputs"] == 8
    assert len(champion.genome["nodes"]) == 5
    assert champion.action_repeat == 1


def test_a_champion_is_written_as_by_the_commands():
    result = evolve("CartPole", settings=SMALL)
    stored = result.run_dir / "champion.json"
    result.champion.save("again.json")
    assert Path("again.json").read_bytes() == stored.read_bytes()
    for name, words in (("it.svg", ["inspect", "--draw"]), ("it.h", ["export", "--name", "it", "--output"])):
        ran = CliRunner().invoke(main, [words[0], str(stored), *words[1:], f"typed_{name}"])
        assert ran.exit_code == 0, ran.output
    result.champion.draw("it.svg")
    result.champion.export("it.h", name="it")
    result.champion.export("it.h", name="it")  # one that is there is replaced
    for name in ("it.svg", "it.h"):
        assert Path(name).read_bytes() == Path(f"typed_{name}").read_bytes()


def test_observations_that_cannot_be():
    champion = evolve("CartPole", settings=SMALL).champion
    for wrong, kind in (([0.0, 0.0], ValueError), ([0.0, np.nan, 0.0, 0.0], ValueError), ("up", ValueError)):
        with pytest.raises(kind):
            champion.act(wrong)
    env = gymnasium.make("CartPole-v1")
    observation, _ = env.reset(seed=1)
    assert champion.act(observation) == champion.act(observation.tolist()) == champion.act(observation.astype(float))


def test_importing_the_package_imports_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import genesys_cli; print(sorted(set(sys.modules) - before))\n"
        "print({'evolve', 'load_champion'} <= set(dir(genesys_cli)), genesys_cli.UserError.__name__)\n"
        "try: genesys_cli.evlove\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, rest, error = done.stdout.splitlines()
    assert set(eval(modules)) <= {"genesys_cli", "__future__"}
    assert rest == "True UserError"
    assert error == "module 'genesys_cli' has no attribute 'evlove'"
    assert issubclass(UserError, GenesysError)
    assert all(hasattr(genesys_cli, name) for name in genesys_cli.__all__)


def test_the_handbook_s_program(capsys):
    """It opens a window; here nobody looks."""
    pytest.importorskip("Box2D")
    handbook = (Path(__file__).resolve().parents[1] / "docs" / "library.md").read_text()
    program = handbook.partition("```python\n")[2].partition("```")[0]
    assert 'render_mode="human"' in program
    known: dict[str, object] = {}
    exec(program.replace('render_mode="human"', ""), known)
    assert capsys.readouterr().out.startswith("True 500.0 runs/CartPole/001-software")
    assert known["over"]


def test_seeds_side_by_side(monkeypatch):
    in_this_process(monkeypatch)
    heard = []
    settings = {**SMALL, "environment.max_steps": 50, "evaluation.solved_at": 1, "run.stop_when_solved": True}
    study = evolve_seeds("CartPole", seeds=(0, 2), settings=settings, run_dir="study", on_run=heard.append)
    assert (study.solved, study.run_dir) == (2, Path("study"))
    assert study.summary == json.loads(Path("study/study.json").read_text())
    assert heard == study.summary["runs"]
    best = load_champion("study")
    assert same(study.champion.genome, best.genome)
    assert study.champion.fitness == max(run["validated_fitness"] for run in heard)
    alone = evolve("CartPole", seed=2, settings=settings, run_dir="alone")
    assert bits("study/seed-0002") == bits(alone.run_dir)
    for given in (best, "study"):
        again = evolve_seeds("CartPole", seeds=(0, 2), settings=settings, start_from=given)
        assert [run["generations"] for run in again.summary["runs"]] == [1, 1]
        assert (again.run_dir / "seed-0002" / "start.npz").is_file()


def test_a_seed_that_fails_is_told_when_the_others_have_ended(monkeypatch):
    def before(job):
        if job.seed == 0:
            raise GenesysError("the disk is full")

    in_this_process(monkeypatch, before)
    with pytest.raises(
        GenesysError, match=r"1 of 2 runs failed, seed 0; the first: the disk is full; .*--resume study"
    ):
        evolve_seeds("CartPole", seeds="0-1", settings=SMALL, run_dir="study")
    assert Path("study/seed-0001/summary.json").is_file()


@pytest.mark.parametrize("seeds", [range(1), [1.5, 2], "5", 7, [3, 1], [True, 2], [-1, 2], [1, 1], None])
def test_seeds_that_are_none(seeds):
    with pytest.raises(UserError, match="seeds = "):
        evolve_seeds("CartPole", seeds=seeds)


def test_hints_are_part_of_the_summary():
    result = evolve("CartPole", settings=SMALL | {"evaluation.training_max_steps": 5})
    (hint,) = result.summary["hints"]
    assert hint["key"] == "evaluation.training_max_steps"
    assert json.loads((result.run_dir / "summary.json").read_text())["hints"] == [hint]
