"""What the model says of bytes, against what is really cut, packed, drawn and sent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli import neat
from genesys_cli.backends.cluster import litters, model
from genesys_cli.backends.cluster.pace import Network, Nodes, Rates, choose, predict
from genesys_cli.backends.cluster.shards import broods_of, near_parents, shards_of
from genesys_cli.backends.cluster.tiles import Tiles
from genesys_cli.backends.cluster.traffic import size_of
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of, resolved
from genesys_cli.evolution.distribution import bytes_of, case_of
from genesys_cli.runs import evolve as runs
from small_runs import Watcher

RATES = Rates(2e-5, 2e-2, 5e-6, 2e-6)


def case(size, *overrides, env="CartPole", nodes=3.0, conns=8.0, species=5):
    settings = load_settings(None, env, [f"neat.population={size}", *overrides], {})
    world = environment_of(settings)
    return case_of(resolved(settings, world), world, model.Genomes(size, nodes, conns), species)


def test_a_genome_is_as_large_as_it_is_packed():
    settings = neat.settings(population=50, num_hidden=3, initial_connection="partial")
    population, _ = neat.first_population(settings, 4, 2, seed=1)
    one = population.select(np.array([7]))
    nodes, conns = len(population.node_id) / 50, len(population.conn_in) / 50
    packed = (size_of(population) - size_of(one)) / 49
    assert model.Genomes(50, nodes, conns).each == pytest.approx(packed, rel=0.05)


@pytest.mark.parametrize("parted", [True, False])
@pytest.mark.parametrize(
    ("genomes", "episodes", "actors", "rate"),
    [
        (2000, 5, 2, 1e5),
        (2000, 5, 4, 3e3),
        (5000, 10, 7, 20.0),
        (300, 5, 2, 30.0),
        (1000, 1, 50, 1.0),
        (500, 20, 9, 90.0),
    ],
)
def test_as_many_tiles_as_are_cut(genomes, episodes, actors, rate, parted):
    tiles, count, carried = Tiles(genomes, episodes, across=parted), 0, 0
    while (tile := tiles.take(1 / actors, rate)) is not None:
        count, carried = count + 1, carried + tile.hi - tile.lo
    assert model.cut(genomes, episodes, actors, rate, parted=parted) == (count, carried)
    found = model.about(genomes, episodes, actors, rate, parted=parted)
    assert found.tiles == pytest.approx(count, rel=0.1, abs=1.5)
    assert found.carried == pytest.approx(carried, rel=0.03, abs=1.5)


def fetched(plan, owner, actors):
    """Return how many genomes actors get from others, each once, as they would in a run. owner: (P,) of the parents"""
    parents = shards_of(owner, actors)
    children = shards_of(near_parents(owner[plan.fitter], [1.0] * actors), actors)
    broods = broods_of(plan, parents, children)
    return sum(len(brood.wanted[k]) for j, brood in enumerate(broods) for k in range(actors) if k != j)


@pytest.mark.parametrize("settings", [{}, {"crossover_prob": 0.3, "survival_threshold": 0.4}, {"elitism": 30}])
@pytest.mark.parametrize("actors", [2, 4, 16])
def test_as_many_parents_are_fetched_as_plans_ask_for(actors, settings):
    settings = neat.settings(population=8000, compatibility_threshold=100.0, **settings)
    population, _ = neat.first_population(settings, 4, 2, seed=1)
    drawn = np.random.default_rng(seed=actors)
    fitness = drawn.normal(size=8000)
    species, _ = neat.speciate(population, fitness, None, settings, seed=1, generation=0)
    plan = neat.select(population, fitness, species, settings, seed=1, generation=0)
    counts = [fetched(plan, drawn.permutation(np.arange(8000, dtype=np.int32) % actors), actors) for _ in range(2)]
    found = litters.litters_of(settings, 8000, species.n_species)
    assert litters.foreign_parents(found, settings.crossover_prob, actors) == pytest.approx(np.mean(counts), rel=0.05)


def test_species_that_are_equally_large_share_their_parents_out():
    settings = neat.settings(population=8000, survival_threshold=0.2)
    alone, many = (litters.litters_of(settings, 8000, species) for species in (1, 20))
    # the same children of as many survivors, so that the same genomes are wanted elsewhere
    assert litters.foreign_parents(many, 0.75, 8) == pytest.approx(litters.foreign_parents(alone, 0.75, 8))


@pytest.mark.parametrize("mode", [model.EVALUATION, model.GENERATION])
def test_more_of_everything_takes_more(mode):
    def seconds(size=100_000, network=None, rates=RATES, actors=8):
        return predict(mode, case(size), rates, Nodes(actors), network).seconds

    usual = seconds()
    assert seconds(size=200_000) > usual
    assert seconds(network=Network(latency_s=1.0)) > usual
    assert seconds(network=Network(bandwidth=1e6)) > usual
    assert seconds(rates=RATES._replace(episode_s=1e-3)) > usual
    assert seconds(actors=4) > usual  # so few do not get in one another's way
    shared = predict(mode, case(100_000), RATES, Nodes(8, shared=2), Network()).seconds
    assert shared > usual


@pytest.mark.parametrize("mode", [model.EVALUATION, model.GENERATION])
def test_a_hundred_million_genomes_on_ten_thousand_nodes(mode):
    found = predict(mode, case(100_000_000, species=50), RATES, Nodes(10_000, 16, 16))
    assert all(math.isfinite(number) and number >= 0 for number in (*found.bytes, found.seconds))
    assert found.bytes.received >= 100_000_000 * model.PLAYED_BYTES
    if mode == model.EVALUATION:
        assert found.bytes.sent >= 100_000_000 * model.Genomes(1, 3.0, 8.0).each
        assert found.bytes.between == 0


def test_one_node_needs_nobody_else():
    found = predict(model.GENERATION, case(1000), RATES, Nodes(1)).bytes
    assert found.between == found.fetches == 0


def test_what_is_faster_is_chosen():
    large = case(1_000_000)
    modes = (model.EVALUATION, model.GENERATION)
    seen = set()
    for nodes, network in ((1, Network()), (16, Network()), (10_000, Network()), (16, Network(latency_s=5.0))):
        where = RATES, Nodes(nodes), network
        best = choose("auto", large, *where)
        seen.add(best)
        other = modes[1 - modes.index(best)]
        assert predict(best, large, *where).seconds <= predict(other, large, *where).seconds
        assert choose("auto", large, *where, among=(model.EVALUATION,)) == model.EVALUATION
        assert choose(other, large, *where) == other
    assert seen == set(modes)


def _carried(row):
    return row["cluster_sent_bytes"] + row["cluster_received_bytes"] + row["cluster_exchanged_bytes"]


def sent_by(env, *overrides):
    """Return rows of a run on two actors, and its settings."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")
    assert not ray.is_initialized()
    text = ["neat.generations=4", "run.stop_when_solved=false", "cluster.address=local", "cluster.actors=2"]
    return load_settings(None, env, [*text, "cluster.timeout=120", *overrides], {})


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("mode", [model.EVALUATION, model.GENERATION])
@pytest.mark.parametrize("env", ["CartPole", "Pendulum"])
def test_bytes_of_a_run_are_those_of_the_model(tmp_path, env, mode):
    settings = sent_by(env, "neat.population=4000", "environment.max_steps=100", f"cluster.distribute={mode}")
    watcher = Watcher()
    runs.begin(settings, tmp_path / "run", ["genesys"], watcher)
    assert len(watcher.rows) == 4
    # In the first one nobody knows how fast actors are, and before the second they get their genomes.
    for row in watcher.rows[2:] if mode == model.GENERATION else watcher.rows[1:]:
        found = bytes_of(resolved(settings, environment_of(settings)), row)
        assert found is not None
        assert found.total == pytest.approx(_carried(row), rel=0.05)
        assert (row["cluster_exchanged_bytes"] > 0) == (found.between > 0) == (mode == model.GENERATION)
    result = CliRunner().invoke(main, ["report", str(tmp_path / "run"), "--quiet", "--no-film"])
    assert result.exit_code == 0, result.output
    assert "both, as predicted" in (tmp_path / "run" / "report.html").read_text()
