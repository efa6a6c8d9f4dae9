"""What checkpoints know of innovations and of stagnation; older ones know less, damaged ones are refused."""

import numpy as np
import pytest

from files.damage import reason, repacked
from genesys_cli.files import archive
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints, load
from genesys_cli.neat.innovation import NOTHING
from reference.numbers import same
from run_fixtures import _elsewhere  # noqa: F401
from small_runs import copied, last, newest, resume, start, tiny

# Connections and nodes come and go, and species stagnate.
RESTLESS = (
    "neat.conn_add_prob=0.9",
    "neat.conn_delete_prob=0.7",
    "neat.node_add_prob=0.7",
    "neat.node_delete_prob=0.6",
    "neat.max_stagnation=1",
    "neat.species_elitism=1",
    "neat.compatibility_threshold=1.0",
    "neat.feed_forward=false",
    "evaluation.episodes=1",
    "evaluation.validate_episodes=1",
)
NEW = ("species.breeding", "links.keys", "links.values", "splits.keys", "splits.values")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("innovations")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", *RESTLESS, "neat.generations=9"), place / "run")


@pytest.fixture
def run(whole, tmp_path):
    return copied(whole, tmp_path / "run")


def arrays_of(path):
    return archive.read(path, KIND, VERSION)[1]


def older(path):
    """Make a checkpoint what was written before innovations were numbered for a whole run."""
    repacked(path, change_arrays=lambda arrays: [arrays.pop(name) for name in NEW])


def states(folder):
    return [load(path)[0] for path in reversed(checkpoints(folder / "checkpoints"))]


def test_tables_and_breeding_come_back_as_they_were(run):
    stagnant = 0
    for path in checkpoints(run / "checkpoints"):
        arrays, (state, _) = arrays_of(path), load(path)
        for name, table in (("links", state.counters.links), ("splits", state.counters.splits)):
            assert (table.keys.dtype, table.values.dtype) == (np.int64, np.int32)
            assert table.keys.tolist() == arrays[f"{name}.keys"].tolist()
            assert table.values.tolist() == arrays[f"{name}.values"].tolist()
        assert state.species.breeding.dtype == np.bool_
        assert state.species.breeding.tolist() == (arrays["species.breeding"] == 1).tolist()
        stagnant += (~state.species.breeding).sum()
        p = state.population
        ends = p.conn_in.astype(np.int64) << 32 | p.conn_out
        assert (state.counters.links.find(ends) == p.conn_innovation).all()
    assert stagnant > 5
    assert len(arrays_of(newest(run))["splits.keys"]) > 20


@pytest.mark.parametrize("until", [0, 3, 6])
def test_a_resumed_run_numbers_and_removes_as_one_that_was_never_stopped(whole, tmp_path, until):
    run = copied(whole, tmp_path / "again", until=until)
    resume(run)
    assert last(run) == last(whole)


@pytest.mark.parametrize("lost", [NEW[0], NEW[3]])
def test_what_is_stored_decides_how_the_run_goes_on(whole, tmp_path, lost):
    """The comparison above must be one of what matters."""
    run = copied(whole, tmp_path / "again", until=6)

    def change(arrays):
        if lost == "species.breeding":
            arrays[lost][:] = 1
        else:
            arrays["splits.keys"], arrays["splits.values"] = arrays["splits.keys"][:0], arrays["splits.values"][:0]

    repacked(newest(run), change_arrays=change)
    resume(run)
    assert last(run) != last(whole)


def test_an_older_checkpoint_has_the_same_species_and_no_tables(run):
    for path in checkpoints(run / "checkpoints"):
        wanted = load(path)[0]
        older(path)
        found = load(path)[0]
        assert found.counters.links is None
        assert found.counters.splits is NOTHING
        assert found.counters[:2] == wanted.counters[:2]
        assert found.species.breeding.tolist() == wanted.species.breeding.tolist()


def test_a_run_goes_on_from_an_older_checkpoint(whole, tmp_path):
    """From there on a connection has one number; the numbers that genomes have stay."""
    run = copied(whole, tmp_path / "again", until=4)
    older(newest(run))
    resume(run)
    found = states(run)[5:]
    assert [state.generation for state in found] == [5, 6, 7, 8]
    before = load(newest(copied(whole, tmp_path / "before", until=4)))[0]
    for state in found:
        p = state.population
        ends = p.conn_in.astype(np.int64) << 32 | p.conn_out
        assert (state.counters.links.find(ends) == p.conn_innovation).all()
        assert len(np.unique(state.counters.links.values)) == len(state.counters.links.values)
    p = before.population
    ends = p.conn_in.astype(np.int64) << 32 | p.conn_out
    assert (found[-1].counters.links.find(ends) == p.conn_innovation).all()
    assert not same(found[-1].counters, load(newest(whole))[0].counters)


@pytest.mark.parametrize("name", NEW[1:])
def test_tables_are_there_together(run, name):
    repacked(newest(run), change_arrays=lambda arrays: arrays.pop(name))
    assert f"lacks a part of a checkpoint ('{name}')" in reason(load, newest(run))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("species.breeding", lambda a: a * 0, "species.breeding says that no species has offspring"),
        ("species.breeding", lambda a: a[:-1], "species.breeding has"),
        ("species.breeding", lambda a: a.astype(np.int64), "species.breeding is of type int64 instead of uint8"),
        ("links.keys", lambda a: a[::-1].copy(), "links.keys do not ascend from 0 or more"),
        ("links.keys", lambda a: np.append(a[:1], a[:-1]), "links.keys do not ascend from 0 or more"),
        ("links.keys", lambda a: np.append(-1, a[1:]), "links.keys do not ascend from 0 or more"),
        ("links.keys", lambda a: a.astype(np.int32), "links.keys is of type int32 instead of int64"),
        ("links.keys", lambda a: a + 1, "links has other ends for connection 0 than the population"),
        ("links.values", lambda a: a[:-1], "links.values has"),
        ("links.values", lambda a: a - 1, "links.values are not from 0 to below"),
        ("links.values", lambda a: a + 1, "links.values are not from 0 to below"),
        ("links.values", lambda a: np.append(a[1:], a[1]), "links.values has a number twice"),
        ("links.values", lambda a: np.append(a[1:], a[0]), "links has other ends for connection"),
        ("splits.keys", lambda a: a[::-1].copy(), "splits.keys do not ascend from 0 or more"),
        ("splits.values", lambda a: a[1:], "splits.values has"),
        ("splits.values", lambda a: a - 1, "splits.values are not from 6 to below"),
        ("splits.values", lambda a: a * 0 + 5, "splits.values are not from 6 to below"),
        ("splits.values", lambda a: a + 1, "splits.values are not from 6 to below"),
        ("splits.values", lambda a: a * 0 + 6, "splits.values has a number twice"),
    ],
)
def test_an_array_that_cannot_be(run, name, change, message):
    repacked(newest(run), change_arrays=lambda arrays: arrays.update({name: change(arrays[name])}))
    assert message in reason(load, newest(run))


def test_empty_tables_are_sound(run):
    """So are those that know other connections than the genomes have: these are numbered anew."""

    def change(arrays):
        for name in NEW[1:]:
            arrays[name] = arrays[name][:0]

    repacked(newest(run), change_arrays=change)
    state = load(newest(run))[0]
    assert len(state.counters.links.keys) == len(state.counters.splits.keys) == 0
    resume(run, generations=11)
    assert load(newest(run))[0].generation == 10
