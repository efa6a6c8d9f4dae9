"""Ancestry of a run that begins with given genomes ends at the one that was given."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.files.checkpoint import load
from genesys_cli.files.start import load_start
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ancestry import trace
from small_runs import copied, start, tiny

SHORT = ("environment.max_steps=60", "neat.node_add_prob=0.6", "neat.conn_add_prob=0.6")
KINDS = {
    "software": (),
    "genesys": ("run.backend=genesys",),
    "extinct": (
        "neat.reset_on_extinction=true",
        "neat.species_elitism=0",
        "neat.max_stagnation=1",
        "neat.compatibility_threshold=1000",
        "environment.max_steps=9",
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("beginning")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        start(tiny("CartPole", *SHORT, "neat.generations=3"), place / "source")
        more = ("start.newcomers=0.25", *KINDS[request.param], f'start.sources=["{place / "source"}"]')
        return start(tiny("CartPole", *SHORT, *more), place / "run")


def traced(run, generation, index):
    """Return how a genome of a generation came about."""
    stored = find_target(f"gen:{generation}", run)
    state, _ = load(stored.origin)
    genome = state.population.select(np.array([index]))
    return trace(stored._replace(champion=stored.champion._replace(genome=genome, genome_index=index)))


def test_every_genome_of_the_first_generation(run):
    source = str(run.parent / "source" / "champion.json")
    assert load_start(run / "start.npz").given[0].source == source
    for index in range(24):
        found = traced(run, 0, index)
        (birth,) = found.births
        assert found.end is None
        if index == 0:
            assert (birth.kind, birth.given, birth.changes) == ("given", source, None)
        elif index < 18:
            assert (birth.kind, birth.given) == ("mutation", source)
            assert birth.changes is not None
        else:
            assert (birth.kind, birth.given) == ("first", None)


def test_lines_end_there(run):
    extinct = False
    for index in range(24):
        found = traced(run, 6, index)
        assert found.end is None
        assert found.births[-1].kind in ("given", "mutation", "first")
        assert found.births[-1].fitter is None
        extinct = extinct or found.births[-1].generation > 0
    assert extinct == ("9" in (run / "config.toml").read_text().partition("max_steps = ")[2][:1])


def test_what_is_told(run):
    source = str(run.parent / "source" / "champion.json")
    words = ["inspect", "gen:0", "--run", str(run), "--ancestry"]
    told = " ".join(CliRunner().invoke(main, words, env={"COLUMNS": "300"}).stdout.split())
    assert f"given by {source}" in told or f"mutation of what was given by {source}" in told or "first" in told
    found = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)
    assert "given" in found["ancestry"]["births"][0]
    told = CliRunner().invoke(main, ["inspect", str(run)], env={"COLUMNS": "300"}).stdout
    assert f"begins with {source}" in " ".join(told.split())


def test_without_what_was_given_the_line_ends_with_a_reason(run, tmp_path):
    copy = copied(run, tmp_path / "copy")
    (copy / "start.npz").unlink()
    found = traced(copy, 0, 1)
    assert found.births[0].kind == "unknown"
    assert "start.npz does not exist" in found.end
    told = CliRunner().invoke(main, ["inspect", str(copy)])
    assert told.exit_code == 0
    assert "begins with" not in told.stdout
