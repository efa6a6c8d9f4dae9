"""Every allowed value runs, or is refused before the run with the reason: ends, choices, combinations."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import corners
import invariants
from genesys_cli.config.schema import CHIP_TABLES, TABLES
from small_runs import start, tiny

FIELDS = corners.fields({**TABLES, **CHIP_TABLES})
ENDS = [
    (key, end)
    for key, field in FIELDS.items()
    for end in corners.ends(key, field)
    if key != "run.backend" and (not isinstance(end, int | float) or end <= corners.AT_MOST.get(key, end))
]

AT_ONCE = 3  # settings; ``python -m benchmarks.corners --ends`` takes one after the other

# Each backend in one environment, of one action and of numbers; ``python -m benchmarks.corners`` takes all pairs.
PLACES = {"software": "CartPole", "genesys": "Pendulum"}
FEW = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def checked(outcome):
    assert not outcome.wrong, "\n".join(outcome.wrong)
    return outcome


def groups():
    """Return backends with a few ends that are far from one another in the list, and so of different tables."""
    found = {backend: [] for backend in PLACES}
    for k, (key, end) in enumerate(ENDS):
        found["genesys" if key.partition(".")[0] in CHIP_TABLES or k % 2 else "software"].append((key, end))
    for backend, some in found.items():
        apart = -(-len(some) // AT_ONCE)
        for k in range(apart):
            yield backend, dict(some[k::apart])


@pytest.mark.parametrize("place", range(8))
def test_both_ends_and_every_choice(place):
    """A few at a time, or one where they cannot be together; those that contradict others bring these along."""
    for k, (backend, several) in list(enumerate(groups()))[place::8]:
        if tried(backend, several, f"run-{k}").refused:
            for key, end in several.items():
                tried(backend, {key: end}, f"run-{k}-{key}")


def tried(backend, some, folder):
    chosen = dict(some)
    corners.agree(chosen, backend)
    print(backend, chosen)
    return checked(corners.tried(PLACES[backend], backend, chosen, Path(folder), look=False))


@pytest.mark.parametrize("backend", PLACES)
def test_combinations(backend):
    @settings(max_examples=30, **FEW)
    @given(corners.combinations(PLACES[backend], backend))
    def tried(some):
        with tempfile.TemporaryDirectory() as folder:
            checked(corners.tried(PLACES[backend], backend, some, Path(folder) / "run", look=False))

    tried()


@pytest.mark.parametrize("backend", PLACES)
def test_what_shows_them(backend):
    """Inspection, page, replay and comparison of a few."""

    @settings(max_examples=3, **FEW)
    @given(corners.combinations(PLACES[backend], backend), st.booleans())
    def tried(some, look):
        with tempfile.TemporaryDirectory() as folder:
            checked(corners.tried(PLACES[backend], backend, some, Path(folder) / "run"))
            checked(corners.benched(PLACES[backend], backend, some))

    tried()


def test_the_invariants_find_what_is_wrong():
    """A check that cannot fail is none: numbers of a sound run, each changed."""
    for env, backend in (("CartPole", "software"), ("CartPole", "genesys")):
        chosen = tiny(env, f"run.backend={backend}", "neat.generations=2")
        folder = start(chosen, backend)
        assert invariants.found(folder) == []
        text = (folder / "metrics.csv").read_text()
        header, first, second = text.splitlines()
        names, cells = header.split(","), second.split(",")
        found = {}
        for k, name in enumerate(names):
            if name in invariants.COUNTS and cells[k] != "":
                changed = [*cells[:k], str(-1 - int(cells[k])), *cells[k + 1 :]]
                (folder / "metrics.csv").write_text("\n".join([header, first, ",".join(changed)]) + "\n")
                found[name] = invariants.found(folder)
        (folder / "metrics.csv").write_text(text)
        assert found
        assert all(found.values()), [name for name, wrong in found.items() if not wrong]
