"""`--cluster local` with any number of actors has the bits of none; and what its start and end do to a machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from genesys_cli.backends.cluster import probe as probing
from genesys_cli.backends.cluster.connection import connected
from genesys_cli.backends.cluster.probe import probe
from genesys_cli.backends.cluster.signals import interrupts_wait_for, termination_ends_a_run
from genesys_cli.cli.main import main
from genesys_cli.config.cluster import ClusterSettings
from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError
from small_runs import bits, start, tiny

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
EXAMPLES = Path(__file__).parents[3] / "examples"
ON = ('cluster.address="local"', "cluster.timeout=120")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where everything is started: a user's function lies there, and a table."""
    place = tmp_path_factory.mktemp("user")
    for name in ("crane.py", "iris.csv"):
        shutil.copy(EXAMPLES / name, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.syspath_prepend(str(place))
        yield place


@pytest.fixture(scope="class")
def local(folder):
    """A cluster of this machine with three cores, which some tests share; the way to it is a run's own."""
    said = []
    with connected(ClusterSettings(address="local", actors=3), said.append):
        assert said == ["starting a Ray cluster on this machine, with 3 cores"]
        yield
    assert not ray.is_initialized()


def crane(*overrides):
    alone = ["neat.population=30", "neat.generations=5", "run.stop_when_solved=false", "run.threads=1"]
    return load_settings(None, None, [*alone, *overrides], {"problem.function": "crane:evaluate"})


FEW = ("evaluation.validate_episodes=6", "evaluation.episodes=2")
WORLDS = {
    "CartPole": lambda *more: tiny("CartPole", *FEW, "neat.population=1000", "neat.generations=10", *more),
    "LunarLander": lambda *more: tiny("LunarLander", *FEW, "neat.population=20", "neat.generations=3", *more),
    "function": crane,
    "chip": lambda *more: tiny("CartPole", *FEW, "run.backend=genesys", "neat.generations=3", *more),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the bits of a world without a cluster, computed once."""
    found = {}

    def of(world):
        if world not in found:
            found[world] = bits(start(WORLDS[world](), tmp_path_factory.mktemp(world) / "run"))
        return found[world]

    return of


@pytest.mark.usefixtures("local")
class TestActorsOfThisMachine:  # a class, so that the others have no connection
    @pytest.mark.parametrize("actors", [1, 2, 3])
    @pytest.mark.parametrize("world", WORLDS)
    def test_they_give_the_bits_of_none(self, alone, tmp_path, world, actors):
        there = start(WORLDS[world](*ON, f"cluster.actors={actors}"), tmp_path / "there")
        assert bits(there) == alone(world)


def test_a_dry_run_says_what_would_go_where():
    invoked = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "--cluster", "local", "--actors", "3", "--dry-run"])
    assert invoked.exit_code == 0, invoked.output
    assert "# cluster local: 3 actors of 1 core\n" in invoked.stdout
    assert f"# node {socket.gethostname()}: 3 cores, 3 actors\n" in invoked.stdout
    assert "# genomes, in each generation: about " in invoked.stdout
    assert "# the same on every node: python 3." in invoked.stdout


def test_a_dry_run_names_tables_and_modules(folder):
    words = ["evolve", "--cluster", "local", "--dry-run"]
    table = CliRunner().invoke(main, [*words, "--data", str(folder / "iris.csv"), "--target", "species"])
    assert "with the rows of " in table.stdout, table.output
    assert "iris.csv" in table.stdout
    function = CliRunner().invoke(main, [*words, "--problem", "crane:evaluate", "-s", f"cluster.files={folder}"])
    assert "# modules: crane, from " in function.stdout
    refused = CliRunner().invoke(main, [*words, "-e", "CartPole", "-s", "cluster.cores=4000"])
    assert refused.exit_code == 2
    assert "cluster.cores" in refused.output


def test_more_actors_than_there_is_memory_for():
    refused = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "--cluster", "local", "--actors", "100000"])
    assert refused.exit_code == 2
    assert "lower cluster.actors = 100000" in refused.output


@pytest.mark.parametrize("address", ["locl", "10.0.0.5", "ray://10.0.0.5:6379", ""])
def test_what_is_no_address(address):
    refused = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "--cluster", address])
    assert refused.exit_code == 2
    assert "must be local, auto, or HOST:PORT, such as 10.0.0.5:6379" in refused.output


@contextlib.contextmanager
def answering(reply):
    """A port that accepts, and then does what `reply` does with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                kept.append(connection)
                reply(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        for connection in kept:
            connection.close()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (lambda connection: None, "nothing has answered within 0.3 s"),
        (lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "what answers there is not Ray"),
        (lambda connection: connection.shutdown(socket.SHUT_RDWR), "cannot be reached"),
    ],
    ids=["silent", "web", "closing"],
)
def test_a_port_that_answers_but_is_no_ray(monkeypatch, reply, why):
    monkeypatch.setattr(probing, "_PROBE_S", 0.3)
    with answering(reply) as address, pytest.raises(UserError, match=why):
        probe(address, f"the Ray cluster at {address}")


@pytest.mark.parametrize("named", ["junk", "local", "ray://127.0.0.1:10001"])
def test_a_ray_address_that_is_none(monkeypatch, named):
    monkeypatch.setenv("RAY_ADDRESS", named)
    refused = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "--cluster", "auto"])
    assert refused.exit_code == 2
    assert f"the Ray cluster at {named} cannot be reached" in refused.output


def test_termination_is_heard_as_an_interruption():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), termination_ends_a_run():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("times", [1, 2])
def test_a_first_interruption_waits_and_a_second_does_not(times):
    said, reached = [], []

    def interrupted():
        with interrupts_wait_for("all is done", said.append):
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
            reached.append(times)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == [1][: 2 - times]
    assert said == ["interrupted: this ends as soon as all is done; Ctrl-C once more ends it at once"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_outlives_a_driver_that_is_killed(tmp_path):
    """A child in a session of its own stands for what Ray starts: nobody else would end it."""
    program = """
        import subprocess, sys, time
        from genesys_cli.backends.cluster.leftovers import children, ended_with_us
        before = children()
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
        with ended_with_us(before):
            print(child.pid, flush=True)
            time.sleep(300)
    """
    driver = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    child = psutil.Process(int(driver.stdout.readline()))
    assert child.is_running()
    while len(psutil.Process(driver.pid).children()) < 2:  # the watcher
        time.sleep(0.05)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    driver.stdout.close()
    gone, left = psutil.wait_procs([child], timeout=60)
    assert not left, gone
