"""``from genesys_cli import Evolution``: evolution in somebody else's loop, to the bits of ``genesys evolve``."""

from __future__ import annotations

import doctest
import json
import math
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from files.damage import reason, repacked
from genesys_cli import Evolution, UserError, load_champion, neat
from genesys_cli.backends.base import make_backend
from genesys_cli.cli.main import main
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.files.checkpoint import checkpoint_path, load
from small_runs import start, tiny

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
ROWS = np.random.default_rng(0).uniform(-1, 1, (20, 2)).astype(np.float32)
ANSWERS = ROWS[:, 0] * ROWS[:, 1]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def small(**changes):
    """Return a study in which structure grows and species come and go."""
    neat_settings = {"neat.node_add_prob": 0.4, "neat.compatibility_threshold": 1.5, "neat.max_stagnation": 2}
    given = {"inputs": ["x", "y"], "outputs": ["product"], "population": 30, "seed": 3, "settings": neat_settings}
    return Evolution(**given | changes | {"settings": given["settings"] | changes.get("settings", {})})


def errors(networks):
    """Return the mean squared error of each network."""
    return ((networks.activate(ROWS)[:, :, 0] - ANSWERS) ** 2).mean(axis=1)


def carry_on(study, generations):
    for _ in range(generations):
        networks = study.ask()
        study.tell((1 if study.minimise else -1) * errors(networks))
        networks.reset()
    return study


def state_of(study, name="state.npz"):
    """Return all that a study knows, as the file in which it keeps it."""
    study.save(name)
    return Path(name).read_bytes()


SETTINGS = {
    "plain": (),
    "recurrent": ("neat.feed_forward=false", "neat.num_hidden=2"),
    "less is better": ("evaluation.minimise=true", "evaluation.solved_at=1"),
    "extinctions": (
        *("neat.reset_on_extinction=true", "neat.species_elitism=0", "neat.max_stagnation=1"),
        *("neat.compatibility_threshold=100", "environment.max_steps=9"),
    ),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_generations_are_those_of_a_run(kind):
    """CartPole's own evaluation, told by hand, in place of the run's loop."""
    settings = tiny("CartPole", "environment.max_steps=60", *SETTINGS[kind])
    run = start(settings, "run")
    env = environment_of(settings)
    given = {f"neat.{key}": value for key, value in settings.neat.model_dump().items() if key != "generations"}
    study = Evolution(4, 2, minimise=settings.evaluation.minimise, settings=given)
    world = conditions_of(settings, env, training=True)
    reborn = 0
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        for generation in range(settings.neat.generations):
            networks = study.ask()
            seeds = episode_seeds(settings.run.seed, settings.evaluation.episodes, generation=generation)
            study.tell(backend.evaluate(networks.population, seeds, world).fitness)
            study.save("study.npz")
            theirs, ours = load(checkpoint_path(run / "checkpoints", generation))[0], load(Path("study.npz"))[0]
            for mine, other in ((ours, theirs), (ours.species, theirs.species), (ours.counters, theirs.counters)):
                for field, value in mine._asdict().items():
                    if field not in ("champion", "env_steps", "validation_steps", "species", "counters"):
                        assert equal(value, getattr(other, field)), f"generation {generation}: {field}"
            reborn += not ours.species.breeding.any()
    assert study.best == (min if study.minimise else max)(row_of(run, "best_fitness"))
    assert (kind == "extinctions") == (reborn > 0)


def equal(one, other):
    """Say whether two fields of a state are the same, bit for bit."""
    if isinstance(one, neat.Population):
        return one.equals(other)
    if isinstance(one, tuple) and not isinstance(one, np.ndarray):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return type(one) is type(other) and one == other


def row_of(run, column):
    lines = (run / "metrics.csv").read_text().splitlines()
    place = lines[0].split(",").index(column)
    return [float(line.split(",")[place]) for line in lines[1:]]


def test_the_example_of_the_docstring():
    for test in doctest.DocTestFinder(recurse=False).find(Evolution, "Evolution", globs={}):
        assert doctest.DocTestRunner().run(test).failed == 0


def test_what_a_study_says_of_itself():
    study = small(minimise=True, solved_at=0.01)
    assert (study.generation, study.best, study.champion, study.networks, study.statistics) == (0, None, None, None, {})
    assert not study.solved
    assert repr(study) == "<Evolution: generation 0, population 30>"
    told = []
    for generation in range(4):
        networks = study.ask()
        assert study.networks is networks
        assert study.generation == generation
        told.append(errors(networks))
        study.tell(told[-1])
        assert study.statistics["best_fitness"] == told[-1].min()
        assert study.statistics["mean_fitness"] == told[-1].astype(float).mean()
        assert study.statistics["generation"] == generation
    assert study.best == study.champion.fitness == np.min(told)
    assert study.champion.generation == int(np.argmin(np.min(told, axis=1)))
    assert repr(study) == f"<Evolution: generation 4, population 30, best {study.best:.6g}>"
    assert (study.inputs, study.outputs, study.population, study.seed) == (("x", "y"), ("product",), 30, 3)
    study.ask()
    study.tell([0.01] * 30)
    assert study.solved


def test_the_champion_is_the_best_that_was_told():
    """The first of equals, kept until another one is better, whatever has no fitness."""
    study = small()
    networks = study.ask()
    fitness = np.full(30, -2.0)
    fitness[[4, 9]] = -1.0
    fitness[2] = np.inf
    study.tell(fitness)
    first = study.champion
    assert (first.fitness, first.training_fitness, first.generation) == (-1.0, -1.0, 0)
    np.testing.assert_array_equal(first.act([0.5, -0.5]), networks[4].activate([0.5, -0.5]))
    study.ask()
    study.tell(np.full(30, -1.0))
    assert study.champion is first
    networks = study.ask()
    study.tell([*[-1.0] * 29, 7])
    assert (study.champion.fitness, study.champion.generation) == (7.0, 2)
    np.testing.assert_array_equal(study.champion.act([0.5, -0.5]), networks[29].activate([0.5, -0.5]))


def test_less_is_better_where_it_is_said():
    more, less = small(), small(minimise=True)
    for _ in range(5):
        networks = more.ask()
        assert networks.population.equals(less.ask().population)
        worth = errors(networks)
        more.tell(-worth)
        less.tell(worth)
    assert more.best == -less.best
    assert more.statistics == less.statistics | {key: -less.statistics[key] for key in ("best_fitness", "mean_fitness")}


def test_who_has_no_fitness_counts_as_the_worst():
    one, other = small(), small()
    fitness = np.arange(30.0)
    for study, missing in ((one, [np.nan, np.inf, -np.inf]), (other, [3.0] * 3)):
        networks = study.ask()
        study.tell([*missing, *fitness[3:]])
    assert one.statistics == other.statistics | {key: one.statistics[key] for key in ("mean_fitness", "std_fitness")}
    assert one.statistics["mean_fitness"] == fitness[3:].mean()
    networks = one.ask()
    assert networks.population.equals(other.ask().population)


def test_neither_threads_nor_what_was_done_with_the_networks_change_anything():
    one, other = small(threads=1), small(threads=3)
    for _ in range(4):
        networks, same = one.ask(), other.ask()
        same[3].activate([1.0, 2.0])
        same.step(np.zeros((30, 2)))
        fitness = -errors(networks)
        one.tell(fitness)
        other.tell(fitness.tolist())
        fitness[:] = 0
    assert state_of(one) == state_of(other)


def test_a_study_goes_on_to_the_same_bits():
    """Wherever it was stored, on any number of threads, and between ask and tell."""
    whole = carry_on(small(minimise=True), 8)
    study = carry_on(small(minimise=True), 3)
    study.save("a.npz")
    asked = study.ask()
    study.save("b.npz")
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    again = Evolution.load("b.npz", threads=2)
    assert again.statistics == study.statistics
    assert (again.best, again.generation, again.seed, again.minimise) == (study.best, 3, 3, True)
    assert (again.inputs, again.outputs) == (("x", "y"), ("product",))
    assert again.champion.genome == study.champion.genome
    assert again.ask().population.equals(asked.population)
    again.tell(errors(again.networks))
    assert state_of(carry_on(again, 4)) == state_of(whole)


WRONG = [
    ([1.0] * 29, r"fitness has the shape \(29,\): give \(30,\), one number of each network, in the order of ask"),
    (np.zeros((30, 1)), r"the shape \(30, 1\)"),
    (1.0, r"the shape \(\)"),
    ([], r"the shape \(0,\)"),
    (None, "type object: give an array of real numbers"),
    ([None] * 30, "type object"),
    ([1j] * 30, "type complex128"),
    (["1"] * 30, "type <U1"),
    ({"a": 1}, "type object"),
    ([[1], [2, 3]], "fitness is no array"),
    ([np.nan] * 30, "no network has a finite fitness"),
    ([np.inf] * 30, "no network has a finite fitness"),
]


@pytest.mark.parametrize(("fitness", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_fitness_changes_nothing(fitness, message):
    study, untouched = carry_on(small(), 2), carry_on(small(), 2)
    networks = study.ask()
    with pytest.raises(UserError, match=message) as caught:
        study.tell(fitness)
    assert "\n" not in str(caught.value)
    assert study.generation == 2
    assert study.networks is networks
    study.tell(-errors(networks))
    assert state_of(study) == state_of(carry_on(untouched, 1))


def test_calls_in_the_wrong_order_change_nothing():
    study, untouched = small(), small()
    with pytest.raises(UserError, match=r"call ask\(\) first, for generation 0"):
        study.tell([0.0] * 30)
    with pytest.raises(UserError, match="nothing to save before the first tell"):
        study.save("study.npz")
    networks = study.ask()
    with pytest.raises(
        UserError, match=r"fitness of generation 0 has not been told: call tell\(fitness\) .* .networks"
    ):
        study.ask()
    assert study.networks is networks
    study.tell(-errors(networks))
    with pytest.raises(UserError, match=r"call ask\(\) first, for generation 1"):
        study.tell(-errors(networks))
    assert state_of(study) == state_of(carry_on(untouched, 1))
    assert not Path("study.npz").exists()


@pytest.mark.parametrize("fitness", [[True] * 29 + [False], range(30), np.arange(-30, 0, dtype=np.int8), [1e308] * 30])
def test_numbers_of_any_kind(fitness):
    study = small()
    study.ask()
    study.tell(fitness)
    assert study.best == min(max(fitness), 1e300)


ARGUMENTS = [
    ({"inputs": "angle"}, "inputs = 'angle': must be a list of names, or how many there are, from 1 to 1,000,000"),
    ({"inputs": 0}, "inputs = 0: must be"),
    ({"inputs": True}, "inputs = True: must be"),
    ({"outputs": 1.0}, "outputs = 1.0: must be"),
    ({"outputs": []}, r"outputs = \[\]: must be"),
    ({"outputs": ["a", ""]}, r"outputs = \['a', ''\]: must be"),
    ({"outputs": {"a", "b"}}, "outputs = {.*}: must be"),
    ({"outputs": ["a", "b", "a"]}, "outputs: the name 'a' is there twice"),
    ({"population": 0}, "neat.population = 0: must be"),
    ({"seed": -1}, "run.seed = -1: must be"),
    ({"threads": -1}, "run.threads = -1: must be"),
    ({"minimise": "yes"}, "evaluation.minimise = 'yes'"),
    ({"solved_at": math.nan}, "evaluation.solved_at = nan"),
    ({"settings": {"neat.node_add_porb": 1}}, "did you mean 'neat.node_add_prob'"),
    ({"settings": {"neat.node_add_prob": 2}}, "node_add_prob = 2"),
    ({"settings": {"evaluation.episodes": 3, "neat.generations": 9}}, "evaluation.episodes, neat.generations would do"),
    ({"settings": ["neat.node_add_prob"]}, "must be a dict whose keys are texts"),
]


@pytest.mark.parametrize(("arguments", "message"), ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_what_cannot_be(arguments, message):
    with pytest.raises(UserError, match=message):
        Evolution(**{"inputs": 2, "outputs": 1} | arguments)


def test_names_of_any_kind():
    assert Evolution(np.int64(2), ("a",)).inputs == ("input 0", "input 1")
    study = Evolution(np.array(["x", "y"]), 2)
    assert (study.inputs, study.outputs) == (("x", "y"), ("output 0", "output 1"))


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
def test_a_champion_as_a_picture_and_in_c(feed_forward):
    """From its file by commands, and by itself; what C computes is what ``activate`` computes."""
    study = carry_on(small(settings={"neat.feed_forward": feed_forward, "neat.conn_add_prob": 0.5}), 6)
    champion = study.champion
    champion.save("champion.json")
    champion.draw("by_itself.svg")
    for name in ("by_itself.h", "by_itself.json", "by_itself.py"):
        champion.export(name)
    assert load_champion("champion.json").fitness == champion.fitness
    for words in (
        ["inspect", "champion.json", "--draw", "net.svg"],
        ["export", "champion.json", "--format", "c", "-o", "net.h", "--name", "net"],
    ):
        ran = CliRunner().invoke(main, words)
        assert ran.exit_code == 0, ran.output
    assert Path("net.svg").read_bytes() == Path("by_itself.svg").read_bytes()
    assert all(name in Path("net.svg").read_text() for name in ("product", ">x<", ">y<"))
    assert json.loads(Path("by_itself.json").read_text())["controller"]["action"]["kind"] == "real"
    text = Path("net.h").read_text()
    assert "observation  2 numbers: x, y\n * action       1 number: product\n" in text
    assert f"{champion.fitness:.6g} in training" in text
    champion.reset()
    outputs = np.array([champion.act(row) for row in ROWS])
    if COMPILER:
        rows = ", ".join(f"{float(x).hex()}f" for x in ROWS.ravel())
        Path("all.c").write_text(
            f'#include <stdio.h>\n#include "net.h"\nstatic const float rows[] = {{{rows}}};\nint main(void)\n{{\n'
            "    static net_state state;\n    float out[1];\n    int k;\n    net_reset(&state);\n"
            "    for (k = 0; k < 20; k++) {\n        net_act(&state, rows + 2 * k, out);\n"
            '        printf("%a\\n", (double)out[0]);\n    }\n    return 0;\n}\n'
        )
        subprocess.run([COMPILER, "-std=c99", "-Wall", "-Werror", "all.c", "-o", "all"], check=True)
        ran = subprocess.run(["./all"], capture_output=True, text=True, check=True)
        assert [float.fromhex(line) for line in ran.stdout.split()] == outputs[:, 0].tolist()


@pytest.mark.parametrize(
    "words",
    [
        ["replay", "champion.json"],
        ["replay", "champion.json", "--render", "terminal"],
        ["replay", "champion.json", "--record", "film.gif"],
        ["inspect", "champion.json", "--ablation"],
        ["evolve", "--env", "ask-tell"],
        ["evolve", "--env", "ask-tell", "--env-kwarg", "inputs=2", "--env-kwarg", "outputs=1"],
        ["envs", "ask-tell"],
        ["bench", "--env", "ask-tell"],
    ],
    ids=" ".join,
)
def test_there_is_no_world_to_play(words):
    carry_on(small(), 1).champion.save("champion.json")
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 2
    message = ran.output.strip().splitlines()
    assert len(message) == 1
    assert message[0].startswith("Error: there is nothing to play or replay in 'ask-tell'")
    assert not Path("runs").exists()
    with pytest.raises(UserError, match="there is nothing to play or replay"):
        load_champion("champion.json").make_env()


def test_files_that_cannot_be_gone_on_with():
    study = carry_on(small(), 2)
    study.save("study.npz")
    whole = Path("study.npz").read_bytes()
    Path("cut.npz").write_bytes(whole[:-100])
    assert "is truncated or altered" in reason(Evolution.load, Path("cut.npz"))
    assert "does not exist" in reason(Evolution.load, Path("none.npz"))

    def setting(old, new):
        Path("other.npz").write_bytes(whole)
        repacked(Path("other.npz"), lambda header: header.update(settings=header["settings"].replace(old, new)))

    setting("episodes = 5", "episodes = 6")
    assert "settings of an environment, a world or a chip" in reason(Evolution.load, Path("other.npz"))
    setting('"x"', '"y"')
    with pytest.raises(UserError, match="the name 'y' is there twice"):
        Evolution.load("other.npz")
    setting('"x",', "")
    with pytest.raises(
        UserError, match="has 1 observations and takes 1 outputs, but networks in other.npz have 2 and 1"
    ):
        Evolution.load("other.npz")
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    with pytest.raises(UserError, match=r"is of a run in CartPole-v1, .* genesys evolve --resume"):
        Evolution.load(checkpoint_path(run / "checkpoints", 0))
    with pytest.raises(UserError, match="run.threads = -2"):
        Evolution.load("study.npz", threads=-2)
    for path in (3, None):
        with pytest.raises(UserError, match="must be a text or a path"):
            Evolution.load(path)


def test_files_that_cannot_be_written(tmp_path):
    study = carry_on(small(), 1)
    for call in (study.save, study.champion.save, study.champion.export):
        with pytest.raises(UserError, match=r"cannot write nowhere/it.h: .* choose a file in a folder that there is"):
            call("nowhere/it.h")
        with pytest.raises(UserError, match="is a folder; give the name of a file|its ending does not say"):
            call(tmp_path)
    study.champion.save("champion.json")
    with pytest.raises(UserError, match="is the champion itself"):
        load_champion("champion.json").export("champion.json")
    with pytest.raises(UserError, match=r"must end in .svg or .png"):
        study.champion.draw("net.pdf")


def test_a_run_s_champion_has_a_score_on_held_out_episodes():
    """Only that of a study may have none."""
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    document = json.loads((run / "champion.json").read_text())
    document["statistics"] |= {"validated_fitness": None, "validated_std": None}
    sign(document, "other.json")
    assert "validated_fitness = None: must be a number" in reason(load_champion, Path("other.json"))
    document["statistics"] |= {"validated_std": 1.0}
    sign(document, "other.json")
    assert "must have validated_fitness and validated_std, or neither" in reason(load_champion, Path("other.json"))


def sign(document, name):
    from genesys_cli.files.champion import _digest

    contents = {key: value for key, value in document.items() if key != "sha256"}
    Path(name).write_text(json.dumps({**contents, "sha256": _digest(contents)}))
