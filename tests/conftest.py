"""What all tests need: trusted modules in a folder of their own, nothing compiled ahead, no example timed."""

import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else fails no test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_config = tempfile.TemporaryDirectory(prefix="genesys-config-")
os.environ["XDG_CONFIG_HOME"] = _config.name

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's job in the background: tests do send Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


# By how much CPU time they take. What is not here takes less.
SLOWEST = (
    "backends/test_conformance.py",
    "backends/workers/test_faults.py",
    "backends/test_conditions.py",
    "studies/test_nodes.py",
    "rtl/test_eve.py",
    "rtl/test_adam.py",
    "backends/cluster/test_cluster.py",
    "backends/cluster/test_generation.py",
    "rtl/test_folder.py",
    "rtl/gates/test_chip.py",
    "backends/rtl/test_evaluator.py",
    "backends/cluster/test_local.py",
    "rtl/test_verilator.py",
    "tuning/test_on_cluster.py",
    "studies/test_nodes_need.py",
    "docs/test_documents.py",
    "runs/test_repeatable.py",
    "evolution/test_laws.py",
    "runs/test_signals.py",
    "backends/workers/test_evaluation.py",
    "test_examples.py",
    "cli/test_own_envs.py",
    "runs/test_corners.py",
    "backends/stepped/test_stepper.py",
    "docs/test_recipes.py",
    "tuning/test_tune.py",
    "studies/test_crew.py",
    "playback/test_replay.py",
    "test_library.py",
    "backends/test_software.py",
    "export/test_as_c.py",
    "report/film/test_film.py",
    "backends/workers/test_ownership.py",
    "evolution/test_trials.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest: processes take one file after the other, and so end together."""
    place = {name: k for k, name in enumerate(SLOWEST)}
    tests = Path(__file__).parent
    items.sort(key=lambda item: place.get(item.path.relative_to(tests).as_posix(), len(place)))


@pytest.fixture(scope="session", autouse=True)
def _one_core():
    """Who does not say how many threads or workers gets one, since several processes of tests share the cores.

    Nor does anybody compile ahead: runs are so short here that those processes would be ended before they are of use.
    """
    from genesys_cli.compiled import threads
    from genesys_cli.runs import ahead

    with pytest.MonkeyPatch.context() as patch:
        for module in (ahead, threads):
            patch.setattr(module, "usable_cores", lambda: 1)
        yield


@pytest.fixture
def stranger(tmp_path_factory, monkeypatch):
    """Be somebody who has named no module yet."""
    from genesys_cli.config import trust

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setattr(trust, "_named", set())
    monkeypatch.setattr(trust, "_in_files", {})
