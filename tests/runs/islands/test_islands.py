"""Islands: the same bits however they are carried out, and whatever they are resumed from."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest

import invariants
from genesys_cli.evolution.islands import seed_of
from genesys_cli.files.checkpoint import checkpoint_path, load
from island_runs import all_bits, islands, migrations, on_islands
from small_runs import Watcher, copied, generations, resume, start, tiny

LONG = ("neat.generations=7", "islands.migrate_every=3", "islands.migrants=2")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return start(on_islands("CartPole", *LONG), tmp_path_factory.mktemp("islands") / "whole")


def test_each_island_is_a_run(whole):
    assert [island.name for island in islands(whole)] == ["0", "1", "2", "3"]
    for island in islands(whole):
        assert invariants.found(island) == []
        assert generations(island) == list(range(7))
    first = {island.name: load(checkpoint_path(island / "checkpoints", 0))[0].population for island in islands(whole)}
    assert not any(first["0"].equals(first[name]) for name in "123")
    seeds = [seed_of(0, island) for island in range(1000)] + [seed_of(1, island) for island in range(1000)]
    assert len(set(seeds)) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_who_migrates(whole):
    """By fitness, the best of the island before, in the places of children of the least fit, as the record says."""
    found = migrations(whole)
    assert [(one["island"], one["generation"]) for one in found] == [
        (k, g) for g in (3, 6) for k in range(4) for _ in "ab"
    ]
    for one in found:
        assert one["from_island"] == (one["island"] - 1) % 4
        assert one["from_generation"] == one["generation"] - 1
        there = state(whole, one["from_island"], one["from_generation"])
        best = np.sort(there.fitness)[::-1][:2]
        assert there.fitness[one["from_genome"]] in best
        here = state(whole, one["island"], one["generation"])
        migrant = there.population.select(np.array([one["from_genome"]]))
        copy = here.population.select(np.array([one["genome"]]))
        assert sorted(copy.conn_weight.tolist()) == sorted(migrant.conn_weight.tolist())
        assert sorted(copy.node_bias.tolist()) == sorted(migrant.node_bias.tolist())


def state(run, island, generation):
    return load(checkpoint_path(run / "islands" / str(island) / "checkpoints", generation))[0]


def test_the_table_of_all_islands(whole):
    def table(folder):
        with open(folder / "metrics.csv", newline="") as file:
            return list(csv.DictReader(file))

    rows, each = table(whole), [table(island) for island in islands(whole)]
    assert len(rows) == 7
    for row, *own in zip(rows, *each, strict=True):
        assert float(row["best_fitness"]) == max(float(one["best_fitness"]) for one in own)
        assert float(row["champion_fitness"]) == max(float(one["champion_fitness"]) for one in own)
        assert own[int(row["island"])]["champion_fitness"] == row["champion_fitness"]
        assert int(row["total_env_steps"]) == sum(int(one["total_env_steps"]) for one in own)
        assert int(row["species"]) == sum(int(one["species"]) for one in own)
        fitness = np.concatenate([state(whole, k, int(row["generation"])).fitness for k in range(4)])
        assert float(row["mean_fitness"]) == pytest.approx(fitness.mean())
        assert float(row["std_fitness"]) == pytest.approx(fitness.std())
    assert [int(row["immigrants"] or 0) for row in rows] == [0, 0, 0, 8, 0, 0, 8]


@pytest.mark.parametrize("threads", [2, 5])
def test_threads(whole, threads):
    assert all_bits(start(on_islands("CartPole", *LONG, f"run.threads={threads}"), "other")) == all_bits(whole)


@pytest.mark.parametrize("last", range(7))
def test_a_run_that_was_interrupted(whole, last):
    run = start(on_islands("CartPole", *LONG), "run", Watcher(stops=[last]))
    assert all(generations(island) == list(range(last + 1)) for island in islands(run))
    watcher = Watcher()
    resume(run, watcher)
    assert all_bits(run) == all_bits(whole)
    assert len(watcher.rows) == 6 - last
    with open(run / "metrics.csv", newline="") as file:
        assert [int(row["generation"]) for row in csv.DictReader(file)] == list(range(7))


@pytest.mark.parametrize(("behind", "until"), [(0, 2), (1, 3), (3, 0), (2, -1)])
def test_a_run_that_was_killed(whole, tmp_path, behind, until):
    """One island may have had no time to write what others had written."""
    run = copied(whole, f"killed-{behind}-{until}")
    for path in (run / "islands" / str(behind) / "checkpoints").iterdir():
        if int(path.stem[4:]) > until:
            path.unlink()
    (run / "summary.json").unlink()
    if until < 0:
        shutil.rmtree(run / "islands" / "1" / "checkpoints")
        (run / "islands" / "1" / "checkpoints").mkdir()
        for island in (0, 3):
            for path in (run / "islands" / str(island) / "checkpoints").iterdir():
                path.unlink()
    resume(run)
    assert all_bits(run) == all_bits(whole)


def test_few_checkpoints_are_kept(whole):
    run = start(on_islands("CartPole", *LONG, "run.keep=1"), "run", Watcher(stops=[4]))
    for island in islands(run):
        assert set(generations(island)) <= {4, *range(4)}
        assert 4 in generations(island)
        assert len(generations(island)) <= 2
    resume(run)
    assert [state(run, k, 6).population.equals(state(whole, k, 6).population) for k in range(4)] == [True] * 4
    assert (run / "migrations.jsonl").read_bytes() == (whole / "migrations.jsonl").read_bytes()
    seldom = start(on_islands("CartPole", *LONG, "run.checkpoint_every=4"), "seldom", Watcher(stops=[5]))
    assert [generations(island) for island in islands(seldom)] == [[3, 5]] * 4
    resume(seldom)
    assert [generations(island) for island in islands(seldom)] == [[3, 5, 6]] * 4
    assert state(seldom, 2, 6).population.equals(state(whole, 2, 6).population)


def test_a_damaged_checkpoint(whole, tmp_path):
    run = copied(whole, "damaged")
    checkpoint_path(run / "islands" / "2" / "checkpoints", 6).write_bytes(b"nothing")
    watcher = Watcher()
    resume(run, watcher)
    assert "an older checkpoint is used instead" in watcher.messages[0]
    assert all_bits(run) == all_bits(whole)


def test_more_generations(whole):
    run = start(on_islands("CartPole", *LONG, "neat.generations=4"), "run")
    resume(run, generations=7)
    assert all_bits(run) == all_bits(whole)
    watcher = Watcher()
    resume(run, watcher)
    assert "is complete" in watcher.messages[-1]
    assert all_bits(run) == all_bits(whole)


VARIANTS = {
    "complete": ("islands.topology=complete", "islands.migrants=3"),
    "random": ("islands.choose=random",),
    "two": ("islands.count=2", "islands.migrate_every=1"),
    "chip": ("run.backend=genesys",),
    "recurrent": ("neat.feed_forward=false",),
    "normalised": ("evaluation.normalise_observations=true", "evaluation.observation_scale=[]"),
    "extinct": ("neat.reset_on_extinction=true", "neat.species_elitism=0", "neat.max_stagnation=1"),
    "drift": ("drift.length.schedule=step", "drift.length.at=[2]", "drift.length.to=[1.0]"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants(variant):
    settings = on_islands("CartPole", "neat.generations=6", *VARIANTS[variant])
    run = start(settings, "run")
    assert len(migrations(run)) > 3
    for island in islands(run):
        assert invariants.found(island) == []
    again = start(settings, "again", Watcher(stops=[2]))
    resume(again)
    assert all_bits(again) == all_bits(run)


def test_whoever_is_solved_first_ends_the_run():
    goal = ("neat.generations=30", "run.stop_when_solved=true", "evaluation.solved_at=400", "neat.population=12")
    run = start(on_islands("CartPole", *goal), "run")
    ends = {generations(island)[-1] for island in islands(run)}
    assert len(ends) == 1
    (end,) = ends
    assert 0 < end < 29
    watcher = Watcher()
    summary = resume(run, watcher)
    assert summary["solved"]
    assert "is complete" in watcher.messages[-1]
    assert any(one["solved"] for one in summary["islands"])


@pytest.mark.parametrize("topology", ["ring", "complete"])
def test_nobody_waits(topology):
    """An asynchronous run on one machine, carried out again, and resumed."""
    free = (*LONG, "neat.generations=9", "islands.mode=asynchronous", f"islands.topology={topology}")
    run = start(on_islands("CartPole", *free), "run")
    found = migrations(run)
    assert found
    assert {(one["island"], one["generation"]) for one in found}
    again = start(
        on_islands("CartPole", *free, 'islands.repeat="run/migrations.jsonl"'), "again", Watcher(stops=[1, 5])
    )
    resume(again, Watcher(stops=[5]))
    (run / "migrations.jsonl").rename("elsewhere")  # the run has a copy
    resume(again)
    (run / "migrations.jsonl").write_bytes((again / "migrations.jsonl").read_bytes())
    assert sorted(map(repr, migrations(again))) == sorted(map(repr, found))
    assert all_bits(again) == all_bits(run)


def test_an_asynchronous_run_goes_on_from_where_each_island_was():
    free = (*LONG, "neat.generations=9", "islands.mode=asynchronous", "islands.migrate_every=2")
    run = start(on_islands("CartPole", *free), "run")
    for path in (run / "islands" / "1" / "checkpoints").iterdir():
        if int(path.stem[4:]) > 4:
            path.unlink()
    resume(run)
    for island in islands(run):
        assert invariants.found(island) == []
        assert generations(island) == list(range(9))
    again = start(on_islands("CartPole", *free, 'islands.repeat="run/migrations.jsonl"'), "again")
    found, expected = all_bits(again), all_bits(run)
    del found["migrations.jsonl"], expected["migrations.jsonl"]
    assert found == expected


def test_without_migration_islands_are_runs_of_their_seeds():
    run = start(on_islands("CartPole", "islands.migrate_every=100"), "run")
    assert migrations(run) == []
    for number, island in enumerate(islands(run)):
        alone = start(tiny("CartPole", "neat.generations=5", f"run.seed={seed_of(0, number)}"), f"alone-{number}")
        for generation in range(5):
            one, other = (load(checkpoint_path(place / "checkpoints", generation))[0] for place in (island, alone))
            assert one.population.equals(other.population)
            assert one.fitness.tobytes() == other.fitness.tobytes()
