"""Where a way to connect the first genomes is said to mean the same, ours are as neat-python's."""

import random

import neat
import numpy as np
import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.config.neat_python.kinds import CONNECTIONS
from genesys_cli.config.neat_python.rules import SAME
from genesys_cli.neat.initial import first_population
from neat_configs import complete
from reference.genome import genomes_of
from reference.neat_python_bridge import neat_key

VALUES = [f"{name} 0.5" if name.startswith("partial") else name for name in CONNECTIONS]


def theirs(path, count):
    """Return the connections of neat-python's first genomes, a set of (source, target) each."""
    config = neat.Config(
        neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation, path
    )
    before = random.getstate()
    random.seed(5)
    try:
        genome_config = config.genome_config
        genome_config.innovation_tracker = neat.innovation.InnovationTracker()
        found = []
        for k in range(count):
            genome_config.node_indexer = None  # hidden nodes of all genomes have the same numbers
            genome = neat.DefaultGenome(k)
            genome.configure_new(genome_config)
            found.append(frozenset(genome.connections))
        return found
    finally:
        random.setstate(before)


def ours(settings, count):
    population, _ = first_population(settings.neat.model_copy(update={"population": count}), 4, 2, seed=1)
    return [
        frozenset((neat_key(conn.source, 4), neat_key(conn.target, 4)) for conn in genome.conns.values())
        for genome in genomes_of(population)
    ]


@pytest.mark.parametrize("feed_forward", ["True", "False"])
@pytest.mark.parametrize("hidden", [0, 2])
@pytest.mark.parametrize("value", VALUES)
def test_first_connections(tmp_path, bring, capsys, value, hidden, feed_forward):
    text = complete(initial_connection=value, num_hidden=str(hidden), feed_forward=feed_forward)
    found = bring(text)
    (line,) = (line for line in found.lines if line.key == "initial_connection")
    settings = load_settings("CartPole", overrides=list(found.settings().items()))
    path = tmp_path / "theirs"
    path.write_text(text, encoding="utf-8")
    count = 200
    there, here = theirs(path, count), ours(settings, count)
    capsys.readouterr()  # neat-python warns of names that have two meanings
    if line.outcome == SAME:
        assert {len(genome) for genome in here} == {len(genome) for genome in there}
        assert frozenset.union(*here) == frozenset.union(*there)
        if not value.startswith("partial"):
            assert set(here) == set(there)
        shares = [
            np.mean([link in genome for genome in genomes]) for genomes in (here, there) for link in sorted(there[0])
        ]
        assert all(
            abs(a - b) < 0.2 for a, b in zip(shares[: len(shares) // 2], shares[len(shares) // 2 :], strict=True)
        )
    else:
        assert set(here) != set(there)
    assert (line.outcome == SAME) == (
        not (value.startswith("fs_") and hidden)
        and not (value.startswith(("full", "partial")) and feed_forward == "False")
    )
