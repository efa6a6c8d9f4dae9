"""What needs more memory than there is, is refused before the run, with what to lower; nothing is started for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.costs import memory
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.runs import evolve as runs
from small_bench import small
from small_runs import Watcher, resume, start, tiny

GB = 10**9


@pytest.fixture
def free(monkeypatch):
    """Return a function that sets how much memory is free."""
    return lambda size: monkeypatch.setattr(memory, "available", lambda: size)


def settings_of(env, *overrides):
    settings = load_settings(None, env, overrides)
    return settings, environment_of(settings)


# Upper ends of ranges, alone or together, that 16 GB do not hold, and the setting that the message begins with.
TOO_MUCH = [
    ("CartPole", ["neat.population=100000000"]),
    ("CartPole", ["neat.population=100000000", "run.backend=genesys"]),
    ("Pendulum", ["neat.population=1000000", "neat.num_hidden=1000"]),
    ("Acrobot", ["neat.num_hidden=1000", "neat.population=500000", "neat.initial_direct=true"]),
    ("Taxi", ["run.threads=4096"]),
    ("Taxi", ["run.threads=4096", "run.instances=16"]),
    ("Taxi", ["neat.population=100000", "evaluation.episodes=10000"]),
]
# Those that take long at worst.
ENOUGH = [
    ("CartPole", ["run.threads=4096"]),
    ("CartPole", ["evaluation.episodes=10000"]),
    ("CartPole", ["evaluation.validate_episodes=100000", "evaluation.validate_top=64"]),
    ("CartPole", ["environment.max_steps=1000000000", "neat.generations=1000000000"]),
    ("Pendulum", ["neat.num_hidden=1000"]),
    ("CartPole", ["neat.population=1000000"]),
    ("CartPole", ["neat.population=1000000", "run.backend=genesys"]),
    ("Taxi", ["evaluation.episodes=10000", "run.threads=16", "run.instances=16"]),
]


@pytest.mark.parametrize(("env", "overrides"), TOO_MUCH)
def test_what_is_too_much(env, overrides, free, monkeypatch):
    def started(*_):
        raise AssertionError("something was started")

    free(16 * GB)
    monkeypatch.setattr(runs, "make_backend", started)
    settings, _ = settings_of(env, *overrides)
    for call in (lambda: runs.evolve(settings, Path("run"), [], Watcher()), lambda: runs.dry_run(settings, print)):
        with pytest.raises(UserError) as caught:
            call()
        key, _, value = overrides[0].partition("=")
        assert "of memory, and 16.0 GB are free; lower" in str(caught.value)
        assert f"{key} = {value}" in str(caught.value)
    assert not list(Path().iterdir())


@pytest.mark.parametrize(("env", "overrides"), ENOUGH)
def test_what_is_not(env, overrides, free):
    free(16 * GB)
    memory.check_memory(*settings_of(env, *overrides))


def test_at_the_command_line(free):
    free(GB)
    result = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "-p", "10000000", "-s", "run.threads=1"])
    assert result.exit_code == 2
    assert "lower neat.population = 10000000" in result.stderr
    assert not Path("runs").exists()


def test_a_run_that_is_resumed_where_there_is_less(free, tmp_path):
    run = start(tiny("CartPole", "neat.generations=2"), "run")
    free(memory.PROCESS)
    with pytest.raises(UserError, match="of memory"):
        resume(run, generations=3)
    free(None)  # the system does not say it
    assert resume(run, generations=3)["generations"] == 3


def test_a_comparison_is_refused_as_well(free):
    free(memory.PROCESS)
    with pytest.raises(UserError, match="of memory"):
        small(envs=("CartPole",), backends=("software",))


def test_only_the_estimates_are_left_out(monkeypatch):
    """Counting the chip's work takes twice as much as the run, which need not end for it."""
    monkeypatch.setattr(memory, "available", iter([None, 0]).__next__)
    watcher = Watcher()
    start(tiny("CartPole", "neat.generations=2"), "run", watcher)
    chip, other = watcher.summary["estimates"][:2]
    assert chip["energy_j"] is None
    assert "lower neat.population" in chip["note"]
    assert other["energy_j"] > 0


@pytest.mark.parametrize(
    "overrides", [["neat.population=50"], ["neat.population=30", "neat.num_hidden=7", "neat.initial_direct=true"]]
)
def test_the_first_generation_is_as_large_as_is_said(overrides):
    settings, env = settings_of("CartPole", *overrides)
    run = start(tiny("CartPole", *overrides, "neat.generations=1"), "run")
    with np.load(run / "checkpoints" / "gen-00000.npz") as arrays:
        size = sum(arrays[name].nbytes for name in arrays.files if name.startswith("population."))
    assert memory.generation_bytes(settings, env) == size - 16  # two offsets more than genomes


def group(root, place, files):
    folder = root / "sys/fs/cgroup" / place
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def test_what_is_free(tmp_path, monkeypatch):
    proc = tmp_path / "proc" / "self"
    proc.mkdir(parents=True)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=8_192_000))
    assert memory.available(tmp_path) == 8_192_000
    # Version 2, in a container: a limit above counts as well, and files in the cache make way.
    (proc / "cgroup").write_text("0::/a/b\n")
    group(tmp_path, "a/b", {"memory.max": "max", "memory.current": 5})
    assert memory.available(tmp_path) == 8_192_000
    group(
        tmp_path,
        "a",
        {"memory.max": 1000, "memory.current": 700, "memory.stat": "anon 1\ninactive_file 30\nactive_file 20"},
    )
    assert memory.available(tmp_path) == 350
    group(tmp_path, "", {"memory.max": 100, "memory.current": 200})
    assert memory.available(tmp_path) == 0
    # Version 1.
    (proc / "cgroup").write_text("3:cpu,cpuacct:/x\n4:memory:/x\n")
    group(tmp_path, "memory/x", {"memory.limit_in_bytes": 500, "memory.usage_in_bytes": 100})
    assert memory.available(tmp_path) == 400


def test_a_machine_that_does_not_say_it(tmp_path, monkeypatch):
    """Such as a container without /proc."""

    def unreadable():
        raise FileNotFoundError("/proc/meminfo")

    monkeypatch.setattr(memory.psutil, "virtual_memory", unreadable)
    assert memory.available(tmp_path) is None


def test_this_machine():
    assert memory.available() is None or memory.available() > 0
