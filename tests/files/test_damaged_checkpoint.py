"""Checkpoints that are cut off, altered, foreign or from the future are refused with a reason."""

import hashlib
import io
import json
import os
import pickle
import random
import zipfile

import numpy as np
import pytest

from files.damage import at, cuts, reason, repacked
from genesys_cli.files import archive
from genesys_cli.files.champion import load_champion
from genesys_cli.files.checkpoint import KIND, VERSION, load
from small_runs import newest


def test_a_checkpoint_cut_off_anywhere(run):
    path = newest(run)
    data = path.read_bytes()
    for length in cuts(len(data)):
        path.write_bytes(data[:length])
        assert "truncated or altered" in reason(load, path)
    path.write_bytes(data + b"\0")
    assert "truncated or altered" in reason(load, path)


def test_a_checkpoint_with_any_byte_flipped(run):
    path = newest(run)
    data = path.read_bytes()
    chosen = random.Random(0)
    places = [*range(200), *range(len(data) - 300, len(data)), *chosen.sample(range(len(data)), 500)]
    for place in places:
        altered = bytearray(data)
        altered[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(altered)
        assert "truncated or altered" in reason(load, path)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"neither this nor that",
        b"\0" * 5000,
        npz(a=np.arange(3)),
        npz(header=np.array([Bomb()], dtype=object)),
        pickle.dumps(Bomb()),
    ],
    ids=["empty", "text", "zeros", "foreign", "objects", "pickle"],
)
def test_a_foreign_file(run, data):
    path = newest(run)
    path.write_bytes(data)
    assert "is not a genesys checkpoint" in reason(load, path)


def test_a_pickle_under_the_right_checksum(run):
    header, _ = archive.read(newest(run), KIND, VERSION)
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    buffer = io.BytesIO(npz(header=text, fitness=np.array([Bomb()], dtype=object)))
    with zipfile.ZipFile(buffer, "a") as forged:
        forged.comment = bytes(archive.CHECKSUM)
    data = buffer.getvalue()[: -archive.CHECKSUM]
    newest(run).write_bytes(data + hashlib.sha256(data).hexdigest().encode())
    assert "allow_pickle=False" in reason(load, newest(run))


def test_a_checkpoint_from_the_future(run):
    repacked(newest(run), lambda header: header.update(version=VERSION + 1, written_by="9.9", unheard_of={}))
    message = reason(load, newest(run))
    assert f"has format version {VERSION + 1}, written by genesys 9.9" in message
    assert "update it" in message


@pytest.mark.parametrize("version", ["1", None, 1.5])
def test_a_version_that_is_none(run, version):
    repacked(newest(run), lambda header: header.update(version=version))
    assert "not a genesys checkpoint" in reason(load, newest(run))


def test_another_kind_of_archive(run):
    repacked(newest(run), lambda header: header.update(format="genesys map"))
    assert "is a 'genesys map' file" in reason(load, newest(run))


@pytest.mark.parametrize("name", ["fitness", "population.conn_in", "species.ids", "champion.node_id"])
def test_a_checkpoint_that_lacks_an_array(run, name):
    repacked(newest(run), change_arrays=lambda arrays: arrays.pop(name))
    assert f"lacks a part of a checkpoint ('{name}')" in reason(load, newest(run))


@pytest.mark.parametrize("name", ["generation", "species", "counters", "champion", "settings"])
def test_a_checkpoint_that_lacks_a_field(run, name):
    repacked(newest(run), lambda header: header.pop(name))
    assert f"lacks a part of a checkpoint ('{name}')" in reason(load, newest(run))


def test_a_population_that_cannot_be(run):
    repacked(newest(run), change_arrays=lambda arrays: arrays["population.conn_in"].__setitem__(0, 1_000_000))
    assert "a connection ends at a node that the genome does not have" in reason(load, newest(run))


def test_a_cycle_where_there_must_be_none(run):
    def loop(arrays):
        arrays["population.conn_in"][0] = arrays["population.conn_out"][0]

    repacked(newest(run), change_arrays=loop)
    assert "cycle" in reason(load, newest(run))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("generation", -1, "generation = -1: must be greater than or equal to 0"),
        ("generation", True, "generation = true: must be a valid integer"),
        ("generation", 10**300, "generation = a number of very many digits"),
        ("generation", 10**400, "a number has 401 digits"),
        ("n_inputs", 5, "population holds invalid genomes"),
        ("n_inputs", 10**9, "n_inputs = 1000000000: must be less than or equal to 1000000"),
        ("counters.next_node", 0, "counters.next_node = 0: must be above the numbers that are taken"),
        ("counters", [], "counters = a list of 0: must be"),
        ("species.threshold", float("nan"), "species.threshold = nan: must be a finite number"),
        ("species.next_id", 0, "species.ids do not ascend from 0 to below species.next_id = 0"),
        ("env_steps", 2**63, "env_steps = 9223372036854775808: must be less than"),
        ("champion.training_fitness", "1", "champion.training_fitness = '1': must be a valid number"),
        ("champion.generation", 99, "champion = an object of 6: must have a validated_in"),
        ("champion.genome_index", 24, "genome_index = 24: must be below neat.population"),
        ("events", [{"generation": 0}], "lacks a part of a checkpoint ('events[0].settled')"),
        ("normaliser", {"samples": 3}, "normaliser: must be there with evaluation.normalise_observations"),
        ("settings", 3, "settings = 3: must be a valid string"),
        ("settings", "[neat]\nelitism = -1", "neat.elitism = -1 (in "),
        ("settings", "[neat]\npopulation = " + "[" * 5000, "nested too deep"),
        ("settings", "[neat]\npopulation = 0x" + "f" * 6000, "neat.population = a number of very many digits"),
        ("settings", "\ud800", "settings = "),
    ],
)
def test_a_header_that_cannot_be(run, place, value, message):
    repacked(newest(run), lambda header: at(place)(header, value))
    assert message in reason(load, newest(run))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("fitness", lambda a: a[:-1], "fitness has 23 numbers instead of 24"),
        ("fitness", lambda a: a * np.nan, "fitness holds a number that is not finite"),
        ("fitness", lambda a: a.astype(np.float32), "fitness is of type float32 instead of float64"),
        ("fitness", lambda a: a.astype("S8"), "is no row of numbers"),
        ("fitness", lambda a: a.astype("U8"), "is no row of numbers"),
        ("fitness", lambda a: a.astype(">f8"), "is no row of numbers"),
        ("fitness", lambda a: a[None], "is no row of numbers"),
        ("fitness", lambda a: np.asfortranarray(np.ones((4, 6))), "is no row of numbers"),
        ("species.member_of", lambda a: a + 1, "does not give each of"),
        ("species.member_of", lambda a: a - 1, "does not give each of"),
        ("species.member_of", lambda a: a * 0 + 2**30, "does not give each of"),
        ("species.ids", lambda a: a[::-1] * -1, "species.ids do not ascend"),
        ("species.best", lambda a: np.append(a, 0.0), "species.best has"),
        ("species.improved", lambda a: a - 100, "are not generations in this order"),
        ("representatives.node_offsets", lambda a: a[:-1], "representatives has"),
        ("representatives.conn_in", lambda a: a * 0 - 7, "representatives holds invalid genomes"),
        ("champion.conn_out", lambda a: a * 0 + 2**30, "champion holds invalid genomes"),
        ("champion.node_activation", lambda a: a * 0 + 200, "champion holds invalid genomes"),
        ("champion.offset", lambda a: a[:1], "champion.offset has 1 numbers instead of 4"),
        ("champion.returns", lambda a: a[:2], "has 2 returns of held-out episodes, of which there are 9"),
        ("population.node_offsets", lambda a: a[:0], "population has -1 genomes instead of 24"),
        ("population.conn_offsets", lambda a: a + 2**62, "population holds invalid genomes"),
    ],
)
def test_an_array_that_cannot_be(run, name, change, message):
    repacked(newest(run), change_arrays=lambda arrays: arrays.update({name: change(arrays[name])}))
    assert message in reason(load, newest(run))


def zipped(path, member, content, compression=zipfile.ZIP_STORED):
    """Write a checkpoint again with another content of one member, signed."""
    with zipfile.ZipFile(path) as archived:
        members = {name: archived.read(name) for name in archived.namelist()}
    members[member] = content(members.get(member, b""))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as forged:
        for name, data in members.items():
            forged.writestr(name, data)
        forged.comment = bytes(archive.CHECKSUM)
    data = buffer.getvalue()[: -archive.CHECKSUM]
    path.write_bytes(data + hashlib.sha256(data).hexdigest().encode())


@pytest.mark.parametrize("shape", [(9 * 10**12,), (-3,), (10**20,), (3, 8), (), (25,), (23,)])
def test_a_shape_that_is_not_there_is_not_allocated(run, shape):
    def claim(data):
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": shape})
        return head.getvalue() + data[-24 * 8 :]

    zipped(newest(run), "fitness.npy", claim)
    assert "the member 'fitness.npy'" in reason(load, newest(run))


def test_what_is_compressed_is_not_unpacked(run):
    zipped(newest(run), "fitness.npy", lambda data: data[:80] + bytes(2**24), zipfile.ZIP_DEFLATED)
    assert newest(run).stat().st_size < 2**20
    assert "is compressed" in reason(load, newest(run))


def test_members_of_a_later_version_are_not_read(run):
    zipped(newest(run), "later.npy", lambda data: b"no array")
    assert load(newest(run))[0].generation == 3


def test_a_file_that_never_ends(run):
    path = newest(run)
    path.unlink()
    os.mkfifo(path)
    assert "is not a regular file" in reason(load, path)
    (run / "champion.json").unlink()
    os.mkfifo(run / "champion.json")
    assert "is not a regular file" in reason(load_champion, run / "champion.json")


def test_a_hole_on_a_disk(run):
    with open(run / "champion.json", "r+b") as file:
        file.truncate(2**40)
    assert "a champion has 134,217,728 at most" in reason(load_champion, run / "champion.json")
    with open(newest(run), "r+b") as file:
        file.truncate(2**42)
    assert "at most" in reason(load, newest(run))


def test_nothing_and_a_folder(run):
    path = newest(run)
    path.unlink()
    assert "does not exist" in reason(load, path)
    path.mkdir()
    assert "is a folder" in reason(load, path)
