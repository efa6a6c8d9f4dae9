"""What cannot be done on islands is said before there is a folder, and by its setting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError
from genesys_cli.runs import evolve as runs
from island_runs import islands, migrations, on_islands
from small_runs import Watcher, resume, start

FREE = ("islands.mode=asynchronous",)


def refused(settings):
    with pytest.raises(UserError) as error:
        runs.evolve(settings(), Path("run"), ["genesys"], Watcher())
    assert not Path("run").exists()
    return str(error.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["islands.migrants=13"], "islands.migrants = 13: at most half of neat.population = 24"),
        (["islands.migrants=5", "islands.topology=complete"], "5 from each of 3 islands: at most half"),
        (["islands.count=1"], "islands.migrate_every = 2 (--set): has no meaning with one population alone"),
        (["islands.count=1001"], "islands.count = 1001 (--set): must be a whole number from 0 to 1000"),
        (["islands.migrate_every=0"], "islands.migrate_every = 0 (--set): must be"),
        (["islands.topology=star"], "islands.topology"),
        (['islands.repeat="x"'], "make islands.mode asynchronous"),
        (["islands.number=4"], "must be below islands.count = 4"),
        (["islands.number=2"], "the settings of one island"),
        ([*FREE, 'islands.repeat="x"'], "there is no such file"),
    ],
)
def test_settings(given, said):
    assert said in refused(lambda: on_islands("CartPole", *given))


def test_matches(monkeypatch, tmp_path):
    (tmp_path / "my_game.py").write_text("INPUTS = OUTPUTS = 1\ndef match(players):\n    return [1.0, 0.0]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    given = {"problem.function": "my_game:match", "problem.players": 2, "islands.count": 2}
    assert "plays matches" in refused(lambda: load_settings(None, None, ["neat.population=8"], given))


def record(**changes):
    line = {"island": 1, "generation": 2, "genome": 3, "from_island": 0, "from_generation": 1, "from_genome": 4}
    return json.dumps(line | changes) + "\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "it has no migrations"),
        ("nothing", "it has no migrations"),
        (record(generation=-1), "it has no migrations"),
        (record(island=9), "which these settings do not have"),
        (record(from_island=2), "which these settings do not have"),
        (record(from_generation=2), "which these settings do not have"),
        (record(generation=1), "which these settings do not have"),
        (record(from_generation=7), "generation 2 of island 1 would wait for genomes that never come"),
        (
            "".join(record(island=k, from_island=(k - 1) % 4, from_generation=3) for k in range(4)),
            "generation 2 of island 0 would wait for genomes that never come",
        ),
    ],
)
def test_records(lines, said):
    Path("record.jsonl").write_text(lines)
    assert said in refused(lambda: on_islands("CartPole", *FREE, 'islands.repeat="record.jsonl"'))


def test_a_record_of_another_run_is_a_warning():
    free = (*FREE, "neat.generations=8")
    first = start(on_islands("CartPole", *free), "first")
    assert migrations(first)
    watcher = Watcher()
    again = ("run.seed=5", 'islands.repeat="first/migrations.jsonl"')
    start(on_islands("CartPole", *free, *again), "second", watcher)
    assert sum("it is the record of a run with another seed" in text for text in watcher.messages) == 1


def test_an_island_is_not_resumed_alone():
    run = start(on_islands("CartPole", "neat.generations=2"), "run")
    with pytest.raises(UserError, match="--resume run$"):
        resume(islands(run)[1])
    with pytest.raises(UserError, match=r"islands.count is 4 in run and cannot become 3"):
        runs.resume(run, {"islands.count": 3}, ["genesys"], Watcher())


def test_islands_that_were_changed_or_lost():
    run = start(on_islands("CartPole", "neat.generations=2"), "run")
    config = run / "islands" / "2" / "config.toml"
    text = config.read_text()
    config.write_text(text.replace("node_add_prob = 0.4", "node_add_prob = 0.3"))
    with pytest.raises(UserError, match=r"says neat.node_add_prob = 0.3, but .* says neat.node_add_prob = 0.4"):
        resume(run, generations=3)
    config.unlink()
    with pytest.raises(UserError, match="has no run of island 2"):
        resume(run, generations=3)
    config.write_text(text)
    assert resume(run, generations=3)["generations"] == 3
