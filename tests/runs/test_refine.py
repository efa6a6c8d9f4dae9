"""Refinement in a run: the same bits whoever computes it, better champions, and a command of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import invariants
from genesys_cli import load_champion, refine
from genesys_cli.backends.cluster.mode import breeds_there
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.files.checkpoint import checkpoint_path
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ancestry import trace
from genesys_cli.runs import evolve as runs
from genesys_cli.runs.refine import REFINING, settings_for
from island_runs import all_bits, on_islands
from small_runs import Watcher, bits, resume, rows, start, states, tiny

REFINED = ("refine.every=2", "refine.steps=3", "refine.samples=6")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return start(tiny("Pendulum", *REFINED), tmp_path_factory.mktemp("refined") / "whole")


def test_it_joins_every_second_generation(whole):
    assert invariants.found(whole) == []
    steps = [int(row["refine_env_steps"]) for row in rows(whole)]
    assert [k for k, taken in enumerate(steps) if taken] == [2, 4, 6]
    episodes = [taken / (6 * 200) for taken in steps]  # of all three steps, for each of six samples
    assert all(played.is_integer() and played >= 3 * 3 for played in episodes if played)
    assert [row["refine_episodes"] for row in rows(whole)[:2]] == ["", ""]
    assert [float(row["refine_episodes"]) for row in rows(whole)[2:]] == [
        state.refinement.episodes for state in states(whole)[2:]
    ]
    found = states(whole)
    assert found[0].refinement is found[1].refinement is None
    for k in (2, 4, 6):
        refinement = found[k].refinement
        assert refinement.generation == k
        assert len(refinement.places) == 2
        mean = found[k].population.select(refinement.places[:1])
        assert mean.equals(refinement.distribution.genome)
        champion = found[k - 1].champion
        assert refinement.champion == champion.found
        for place in refinement.places:
            joined = found[k].population.select(np.array([place]))
            same = {"conn_weight": champion.genome.conn_weight, "node_bias": champion.genome.node_bias}
            assert joined._replace(**same).equals(champion.genome)
            assert not np.array_equal(joined.conn_weight, champion.genome.conn_weight)
    assert found[3].refinement.generation == 2
    total = sum(steps) + 7 * 24 * 3 * 200
    assert int(rows(whole)[-1]["total_env_steps"]) == total


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_stopped_and_resumed(whole, tmp_path, threads, stop):
    run = start(tiny("Pendulum", *REFINED, f"run.threads={threads}"), tmp_path / "run", Watcher(stops=[stop]))
    assert len(rows(run)) == stop + 1
    resume(run)
    assert bits(run) == bits(whole)


def test_islands_refine_each_their_own(tmp_path):
    settings = on_islands("CartPole", *REFINED, "neat.generations=7", "islands.migrate_every=2", "islands.migrants=2")
    run = start(settings, tmp_path / "whole")
    for island in (run / "islands").iterdir():
        assert invariants.found(island) == []
        assert states(island)[6].refinement.generation == 6
    each = [[int(row["refine_env_steps"]) for row in rows(island)] for island in (run / "islands").iterdir()]
    assert [int(row["refine_env_steps"]) for row in rows(run)] == np.sum(each, axis=0).tolist()
    assert "refine_step" not in rows(run)[-1]
    part = start(settings, tmp_path / "part", Watcher(stops=[3]))
    resume(part)
    assert all_bits(part) == all_bits(run)


def test_observations_that_are_normalised(tmp_path):
    """Weights of a champion take up that inputs are scaled otherwise by now."""
    few = ("neat.generations=4", "neat.population=12", "evaluation.validate_episodes=3", "refine.every=1")
    run = start(tiny("LunarLander", *few, "refine.steps=1", "refine.samples=4"), tmp_path / "run")
    assert invariants.found(run) == []
    before, after = states(run)[0], states(run)[1]
    assert before.normaliser.samples > 0
    assert after.refinement is not None


def test_weights_at_their_bounds_stay_there(tmp_path):
    narrow = ("neat.weight_min=-0.2", "neat.weight_max=0.2", "neat.bias_min=-0.1", "neat.bias_max=0.1", "refine.step=9")
    narrow = (*narrow, "neat.node_add_prob=0")  # a split sets a weight to 1, whatever the bounds
    run = start(tiny("CartPole", *REFINED, *narrow), tmp_path / "run")
    assert invariants.found(run) == []
    assert np.abs(states(run)[6].population.conn_weight).max() <= np.float32(0.2)


def test_elites_and_guests_keep_their_places(tmp_path):
    """Where half of a generation are elites, and half come from another island, no refinement is carried out."""
    full = ("neat.elitism=23", "neat.compatibility_threshold=1000", "islands.count=2", "islands.migrants=12")
    alone = (*REFINED, *full, "islands.migrate_every=2", "neat.generations=5")
    run = start(on_islands("CartPole", *alone), tmp_path / "run")
    for island in (run / "islands").iterdir():
        assert invariants.found(island) == []
        assert [row["immigrants"] for row in rows(island)] == ["", "0", "12", "0", "12"]
        assert all(state.refinement is None for state in states(island))


def test_a_landscape_that_is_level_moves_nothing(tmp_path, monkeypatch):
    Path("level.py").write_text("INPUTS, OUTPUTS = 2, 1\ndef evaluate(network):\n    return 1.0\n")
    monkeypatch.syspath_prepend(".")
    few = ["neat.population=10", "neat.generations=3", "refine.every=1"]
    run = start(load_settings(None, None, few, {"problem.function": "level:evaluate"}), tmp_path / "run")
    first, second = (state.refinement.distribution for state in states(run)[1:])
    assert first.steps == second.steps == 0
    assert first.step == second.step == 1.0


def test_ancestors_of_what_was_refined(whole):
    refined = [(state.generation, int(place)) for state in states(whole)[2::2] for place in state.refinement.places]
    stored = find_target(str(checkpoint_path(whole / "checkpoints", 6)), None)
    seen = set()
    for generation, place in refined:
        state = states(whole)[generation]
        champion = stored.champion._replace(
            genome=state.population.select(np.array([place])), genome_index=place, generation=generation
        )
        line = trace(stored._replace(champion=champion))
        birth, parent, *_ = line.births
        assert line.end is None
        assert birth.kind == "refinement"
        assert birth.given == f"genome {parent.genome} of generation {parent.generation}"
        assert (parent.generation, parent.genome) == state.refinement.champion
        assert birth.changes is not None
        assert birth.changes.weights.mutated + birth.changes.biases.mutated > 0
        assert line.births[-1].generation == 0
        assert line.summary()["refinement"] >= 1
        seen.add(parent.generation)
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("refine.every=1", "run.backend=genesys"), "refine.every = 1: the chip .* 'genesys' .* has no unit"),
        (("refine.every=1", "refine.samples=2"), "refine.samples"),
        (("refine.step=2",), "has no meaning without refinement"),
        (("refine.from_fitness=2",), "has no meaning without refinement"),
        (("refine.every=1", "refine.episodes=3", "refine.most_episodes=9"), "has no meaning with refine.episodes"),
        (("refine.every=1", "refine.step=0"), "refine.step"),
        (
            ("refine.every=1", "neat.weight_mutate_power=0", "neat.bias_mutate_power=0"),
            "above 0, the unit of its steps",
        ),
        (("refine.every=1", "neat.population=3"), "take at least 4"),
    ],
)
def test_what_cannot_be(tmp_path, overrides, said):
    with pytest.raises(UserError, match=said):
        runs.evolve(tiny("CartPole", *overrides), tmp_path / "run", ["genesys"], Watcher())
    assert not (tmp_path / "run").exists()


def test_actors_do_not_breed_what_a_refinement_joins():
    settings = tiny("CartPole", "refine.every=1", 'cluster.address="local"', 'cluster.distribute="generation"')
    with pytest.raises(UserError, match="'generation', but a refinement joins each generation"):
        breeds_there(settings, environment_of(settings), spreads=True)


def run_command(*words):
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_a_champion_of_a_race_is_refined_without_one(tmp_path):
    raced = start(tiny("CartPole", "evaluation.race=1", "neat.generations=1"), tmp_path / "raced")
    settings = settings_for(find_target(str(raced), None), {"evaluation.episodes": 1})
    assert settings.evaluation.race is None


def test_the_command_refines_a_champion(whole, tmp_path):
    words = ["refine", str(whole), "-g", "8", "-j", "1", "--json", "--quiet", "-s", "refine.step=0.3", "-n", "8"]
    found = run_command(*words, "-o", str(tmp_path / "run"))
    assert found.exit_code == 0, found.output
    summary = json.loads(found.stdout)
    before = find_target(str(whole), None)
    after = find_target(str(tmp_path / "run"), None)
    assert summary["validated_fitness"] == after.champion.validated_fitness > before.champion.validated_fitness
    same = {"conn_weight": before.champion.genome.conn_weight, "node_bias": before.champion.genome.node_bias}
    ids = ("conn_innovation", "node_id", "conn_in", "conn_out")  # which begin anew
    renumbered = {name: getattr(before.champion.genome, name) for name in ids}
    assert after.champion.genome._replace(**same, **renumbered).equals(before.champion.genome)
    assert invariants.found(tmp_path / "run") == []
    assert run_command("replay", str(tmp_path / "run"), "-n", "2", "--json").exit_code == 0
    part = run_command(*words[:3], "4", *words[4:], "-o", str(tmp_path / "part"))
    assert part.exit_code == 0
    again = run_command("evolve", "--resume", str(tmp_path / "part"), "-g", "8", "--quiet")
    assert again.exit_code == 0
    assert bits(tmp_path / "part") == bits(tmp_path / "run")


def test_the_command_takes_a_shipped_champion(tmp_path):
    few = [
        "-g",
        "2",
        "-s",
        "refine.steps=1",
        "-s",
        "evaluation.validate_episodes=5",
        "-s",
        "evaluation.training_max_steps=50",
    ]
    found = run_command("refine", "LunarLander", *few, "-o", str(tmp_path / "run"), "--json", "--quiet")
    assert found.exit_code == 0, found.output


def test_the_command_does_not_wait_for_a_better_champion(tmp_path):
    run = start(tiny("Pendulum", "neat.generations=2", "refine.every=1", "refine.from_fitness=-10"), tmp_path / "run")
    assert not any(int(row["refine_env_steps"]) for row in rows(run))
    found = run_command("refine", str(run), "-g", "2", "-s", "refine.steps=1", "-o", str(tmp_path / "refined"))
    assert found.exit_code == 0, found.output
    assert int(rows(tmp_path / "refined")[-1]["refine_env_steps"]) > 0


def test_a_champion_of_the_chip_is_refused(tmp_path):
    run = start(tiny("CartPole", "run.backend=genesys", "neat.generations=2"), tmp_path / "chip")
    found = run_command("refine", str(run))
    assert found.exit_code == 2
    assert "was evolved on the emulated chip" in found.stderr
    assert "Traceback" not in found.output


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("environment.kwargs.gravity=-5.0", "environment.kwargs.gravity cannot be another one"),
        ("start.take=3", "start.take cannot be another one"),
        ("neat.population=3", "take at least 4"),
        ("refine.every=0", "has no meaning without refinement"),
        ("refine.stepp=1", "refine.stepp"),
        ("refine.from_fitness=hello", "refine.from_fitness"),
    ],
)
def test_what_a_refinement_cannot_have(whole, tmp_path, override, said):
    found = run_command("refine", str(whole), "-s", override, "-o", str(tmp_path / "run"))
    assert found.exit_code == 2
    assert said in found.stderr
    assert not (tmp_path / "run").exists()


def test_from_python(whole, tmp_path):
    champion = load_champion(whole)
    heard = []
    few = {"generations": 3, "episodes": 4, "settings": {"refine.steps": 2}, "threads": 1}
    found = refine(champion, **few, run_dir=tmp_path / "run", on_generation=heard.append)
    assert found.champion.fitness >= champion.fitness
    assert found.generations == len(heard) == len(found.rows) == 3
    again = refine(whole, **few, run_dir=tmp_path / "again")
    assert bits(again.run_dir) == bits(found.run_dir)
    with pytest.raises(UserError, match="names no network"):
        refine("nobody", run_dir=tmp_path / "none")


def test_settings_of_a_run_that_refines(whole):
    stored = find_target(str(whole), None)
    settings = settings_for(stored, {"refine.steps": 5, "neat.generations": 3})
    assert (settings.refine.every, settings.refine.steps, settings.refine.samples) == (1, 5, 6)
    assert settings.neat.population == REFINING["neat.population"]
    assert settings.neat.conn_add_prob == settings.neat.node_add_prob == 0
    assert settings.environment == stored.settings.environment


def test_a_function_that_fails_is_told_of(tmp_path, monkeypatch):
    """A sample whose evaluation fails is the worst of its step, and the run goes on."""
    Path("fails.py").write_text(
        "INPUTS, OUTPUTS = 2, 1\n"
        "def evaluate(network, seed):\n"
        "    found = network.activate([1.0, 2.0])[0]\n"
        "    if found > 0.5:\n"
        "        raise ValueError('too large')\n"
        "    return found\n"
    )
    monkeypatch.syspath_prepend(".")
    few = ["neat.population=10", "neat.generations=4", "refine.every=1", "evaluation.episodes=2", "run.threads=1"]
    watcher = Watcher()
    run = start(load_settings(None, None, few, {"problem.function": "fails:evaluate"}), tmp_path / "run", watcher)
    assert watcher.summary is not None
    phases = {json.loads(line)["phase"] for line in (run / "faults.jsonl").read_text().splitlines()}
    assert "refinement" in phases
    for state in states(run)[1:]:
        assert np.isfinite(state.refinement.distribution.mean).all()


@pytest.mark.parametrize("minimise", [False, True])
def test_none_before_the_champion_is_good_enough(tmp_path, minimise):
    """The threshold is in the user's own numbers, with which champions fall where less is better."""
    given = [*REFINED[1:], "refine.every=1"]
    goal = ["evaluation.minimise=true"] if minimise else []
    plain = start(tiny("Pendulum", *goal), tmp_path / "plain")
    fitness = [float(row["champion_fitness"]) for row in rows(plain)]
    assert fitness[0] != fitness[-1]
    reached = next(k for k, value in enumerate(fitness) if value != fitness[0])
    given.append(f"refine.from_fitness={fitness[reached]}")
    run = start(tiny("Pendulum", *goal, *given), tmp_path / "run")
    steps = [int(row["refine_env_steps"]) for row in rows(run)]
    assert not any(steps[: reached + 1])
    assert all(steps[reached + 1 :])
