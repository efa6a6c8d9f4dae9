"""What was imported from neat-python evolves."""

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.config.neat_python.document import document
from genesys_cli.config.neat_python.importing import EnvFacts, imported
from genesys_cli.config.neat_python.ini import read_ini
from neat_configs import complete
from small_runs import Watcher, start

RECURRENT = {
    "feed_forward": "False",
    "initial_connection": "partial_direct 0.5",
    "num_hidden": "1",
    "single_structural_mutation": "True",
    "activation_default": "random",
    "activation_mutate_rate": "0.5",
    "elitism": "3",
}
CASES = [
    (EnvFacts("CartPole-v1", 4, 2, 475.0), {"initial_connection": "full_direct"}),
    (EnvFacts("CartPole-v1", 4, 2, 475.0), RECURRENT),
    (EnvFacts("XOR-v0", 2, 1, None), {"initial_connection": "unconnected", "species_fitness_func": "max"}),
]


@pytest.mark.parametrize(("env", "changes"), CASES, ids=["feed-forward", "recurrent", "XOR"])
def test_two_generations(tmp_path, env, changes):
    path = tmp_path / "config"
    path.write_text(
        complete(
            **{"num_inputs": str(env.inputs), "num_outputs": str(env.outputs), "fitness_threshold": "1e9"}, **changes
        ),
        encoding="utf-8",
    )
    preset = tmp_path / "mine.toml"
    preset.write_text(document(imported(read_ini(path), env)), encoding="utf-8")
    small = ["evaluation.validate_episodes=2", "environment.max_steps=20", "run.threads=1"]
    settings = load_settings(preset, overrides=small, flags={"neat.population": 8, "neat.generations": 2})
    watcher = Watcher()
    start(settings, tmp_path / "run", watcher)
    assert [row["generation"] for row in watcher.rows] == [0, 1]
    assert all(row["species"] >= 1 for row in watcher.rows)
    assert watcher.summary["env"] == env.id
    assert watcher.summary["solved_at"] == 1e9
