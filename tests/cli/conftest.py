from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import genesys_cli.playback
import genesys_cli.runs
from genesys_cli.cli import study
from genesys_cli.envs.registry import find

ROW = {
    "generation": 0,
    "best_fitness": 20.0,
    "mean_fitness": 10.0,
    "std_fitness": 1.0,
    "champion_fitness": 480.0,
    "species": 3,
    "nodes_mean": 2.0,
    "conns_mean": 8.0,
    "best_nodes": 2,
    "best_conns": 8,
    "env_steps": 1000,
    "evaluate_s": 0.001,
    "speciate_s": 0.0,
    "reproduce_s": 0.0,
    "checkpoint_s": 0.0,
    "generation_s": 0.001,
    "wall_time_s": 0.001,
}


@pytest.fixture
def invoke():
    from genesys_cli.cli.main import main

    def run(*args):
        """Call the command with these words; a text with blanks is several."""
        return CliRunner().invoke(main, [word for arg in args for word in str(arg).split()])

    return run


@pytest.fixture
def runs(monkeypatch):
    """Stands in for the library: notes how it is called, and solves everything unless told not to."""
    noted = SimpleNamespace(calls=[], solved=True, error=None)

    def finished(observer, run_dir):
        if noted.error:
            raise noted.error
        observer.generation(ROW)
        summary = {
            "env": "CartPole-v1",
            "solved": noted.solved,
            "solved_at": 475.0,
            "best_fitness": 20.0,
            "validated_fitness": 480.0,
            "validated_std": 1.5,
            "validation_episodes": 100,
            "champion_nodes": 2,
            "champion_conns": 8,
            "generations": 1,
            "env_steps": 1000,
            "env_steps_per_s": 1e6,
            "wall_time_s": 0.001,
            "run_dir": run_dir or "runs/CartPole/001-software",
            "champion": "runs/CartPole/001-software/champion.json",
        }
        observer.finish(summary)
        return summary

    def evolve(settings, run_dir, command, observer, logs, *, require_repeatable):
        noted.calls.append(("evolve", settings, run_dir, command))
        noted.logs, noted.require_repeatable = logs, require_repeatable
        observer.message("compiling")
        observer.start(settings, run_dir or Path("runs/x"), 475.0)
        return finished(observer, run_dir)

    def resume(run, flags, command, observer, logs, *, require_repeatable):
        noted.calls.append(("resume", run, flags, command))
        noted.logs, noted.require_repeatable = logs, require_repeatable
        return finished(observer, run)

    def dry_run(settings, tell):
        noted.calls.append(("dry_run", settings))
        return settings, {"memory_bytes": 1000}

    def opened(target, run, backend):
        return None, None, find("CartPole")

    def replay(target, run, episodes, seed, render, show=None, backend=None):
        noted.calls.append(("replay", target, run, episodes, seed, render, show, backend))
        return {"env": "CartPole-v1", "mean_return": 480.5, "returns": [481.0, 480.0]}

    modules = {
        genesys_cli.runs: {"evolve": SimpleNamespace(evolve=evolve, resume=resume, dry_run=dry_run)},
        genesys_cli.playback: {"replay": SimpleNamespace(replay=replay, opened=opened)},
    }
    for package, parts in modules.items():
        for name, functions in parts.items():
            monkeypatch.setattr(package, name, functions, raising=False)
    monkeypatch.setattr(study, "of_study", lambda target, run: (target, run))
    return noted
