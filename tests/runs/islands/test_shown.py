"""Runs on islands in commands and in Python: where one network is wanted, the best champion is meant."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from genesys_cli import evolve
from genesys_cli.cli.main import main
from island_runs import islands, migrations

SMALL = "-g 5 -p 20 -n 1 --validate 3 --no-stop-when-solved -j 1 --quiet --json -o runs/CartPole/001-software"


def command(*words):
    result = CliRunner().invoke(main, [*words])
    return result.exit_code, result.stdout if "--json" in words else result.output


def test_commands_show_the_best_island():
    code, text = command("evolve", "-e", "CartPole", "--islands", "3", "--migrate-every", "1", *SMALL.split())
    assert code == 0
    summary = json.loads(text)
    run, best = Path(summary["run_dir"]), summary["island"]
    assert [one["run_dir"] for one in summary["islands"]] == [str(path) for path in islands(run)]
    assert summary["validated_fitness"] == max(one["validated_fitness"] for one in summary["islands"])
    assert summary["migrations"] == len(migrations(run)) == 12
    assert summary["env_steps"] == sum(one["env_steps"] for one in summary["islands"])
    there = run / "islands" / str(best)
    assert (run / "champion.json").read_bytes() == (there / "champion.json").read_bytes()
    code, text = command("inspect", str(run), "--json")
    assert code == 0
    assert json.loads(text)["run_dir"] == str(there)
    code, text = command("replay", str(run), "-n", "2")
    assert code == 0
    assert f"this is island {best}, whose champion is the best by validated fitness" in text
    for words in (["replay", str(run / "champion.json")], ["replay", "last", "--run", str(run)]):
        assert command(*words, "-n", "1")[0] == 0
    for words in (["report", str(run), "--no-film"], ["export", str(run), "-o", "champion.c.json"]):
        assert command(*words)[0] == 0
    assert (run / "report.html").is_file()
    code, text = command("evolve", "-e", "CartPole", "-g", "1", "-p", "20", "--start-from", str(run), "--quiet")
    assert code == 0


def test_the_line_of_a_migrant():
    command("evolve", "-e", "CartPole", "--islands", "3", "--migrate-every", "1", *SMALL.split())
    run = Path("runs/CartPole/001-software")
    found = []
    for island in islands(run):
        for generation in range(5):
            checkpoint = island / "checkpoints" / f"gen-{generation:05d}.npz"
            code, text = command("inspect", str(checkpoint), "--ancestry", "--json")
            assert code == 0
            line = json.loads(text)["ancestry"]
            last = line["births"][-1]
            assert "unknown" not in [birth["kind"] for birth in line["births"]]
            assert last["kind"] in ("first", "migrant")
            if last["kind"] == "migrant":
                (one,) = [one for one in migrations(run) if is_of(one, island, last)]
                there = one["from_island"], one["from_genome"], one["from_generation"]
                assert last["given"] == "island {}, genome {} of generation {}".format(*there)
                assert f"islands/{there[0]}/checkpoints" in Path(line["end"]).as_posix()
                found.append(last)
    assert found


def is_of(one, island, birth):
    here = one["island"], one["generation"], one["genome"]
    return here == (int(island.name), birth["generation"], birth["genome"])


def test_a_study_of_runs_on_islands():
    words = "-g 4 -p 20 -n 1 --validate 3 -j 1 --islands 2 --migrate-every 1 --seeds 3,4 --quiet --json -o study"
    code, text = command("evolve", "-e", "CartPole", *words.split())
    assert code == 0
    summary = json.loads(text)
    assert summary["finished"] == 2
    alone = "-g 4 -p 20 -n 1 --validate 3 -j 1 --islands 2 --migrate-every 1 --seed 4 --quiet -o alone"
    assert command("evolve", "-e", "CartPole", *alone.split())[0] == 0
    for island in islands("alone"):
        other = Path("study/seed-0004/islands") / island.name / "champion.json"
        assert other.read_bytes() == (island / "champion.json").read_bytes()
    assert command("replay", "study", "-n", "1")[0] == 0


def test_in_python():
    found = evolve("CartPole", generations=3, population=20, settings={"islands.count": 2, "islands.migrate_every": 1})
    assert found.champion is not None
    assert len(found.rows) == found.generations
    assert found.summary["islands"][1]["seed"] != found.summary["islands"][0]["seed"]
