"""Files that are cut off, altered, foreign or from the future are refused with a reason; a run goes on without them."""

import hashlib
import io
import json
import pickle
import random
import shutil
import zipfile

import numpy as np
import pytest

from genesys_cli.errors import DamagedFileError, UserError
from genesys_cli.runs.files import archive
from genesys_cli.runs.files.champion import load_champion
from genesys_cli.runs.files.checkpoint import KIND, VERSION, checkpoints, load
from genesys_cli.runs.files.target import find_target
from small_runs import Watcher, bits, copied, newest, resume, rows, start, tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "neat.generations=4"), place / "run")


@pytest.fixture
def run(whole, tmp_path):
    return copied(whole, tmp_path / "run")


def reason(load, path):
    """Return why a file is refused; it is one line that names the file."""
    with pytest.raises(DamagedFileError) as refused:
        load(path)
    message = str(refused.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def cuts(size):
    return [0, 1, 63, 64, 65, 100, *(size * k // 9 for k in range(1, 9)), size - 100, size - 1]


def test_a_checkpoint_cut_off_anywhere(run):
    path = newest(run)
    data = path.read_bytes()
    for length in cuts(len(data)):
        path.write_bytes(data[:length])
        assert "cut off or altered" in reason(load, path)
    path.write_bytes(data + b"\0")
    assert "cut off or altered" in reason(load, path)


def test_a_checkpoint_with_any_byte_flipped(run):
    path = newest(run)
    data = path.read_bytes()
    chosen = random.Random(0)
    places = [*range(200), *range(len(data) - 300, len(data)), *chosen.sample(range(len(data)), 500)]
    for place in places:
        altered = bytearray(data)
        altered[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(altered)
        assert "cut off or altered" in reason(load, path)


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
    assert "is no genesys checkpoint" in reason(load, path)


def test_a_pickle_under_the_right_checksum(run):
    header, _ = archive.read(newest(run), KIND, VERSION)
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    buffer = io.BytesIO(npz(header=text, fitness=np.array([Bomb()], dtype=object)))
    with zipfile.ZipFile(buffer, "a") as forged:
        forged.comment = bytes(archive.CHECKSUM)
    data = buffer.getvalue()[: -archive.CHECKSUM]
    newest(run).write_bytes(data + hashlib.sha256(data).hexdigest().encode())
    assert "allow_pickle=False" in reason(load, newest(run))


def repacked(path, change_header=None, change_arrays=None):
    """Write a checkpoint again after a change, with the right checksum."""
    header, arrays = archive.read(path, KIND, VERSION)
    if change_header:
        change_header(header)
    if change_arrays:
        change_arrays(arrays)
    archive.write(path, header, arrays)


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


def test_nothing_and_a_folder(run):
    path = newest(run)
    path.unlink()
    assert "does not exist" in reason(load, path)
    path.mkdir()
    assert "is a folder" in reason(load, path)


def spoil(path, how):
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        path.write_bytes(data[:5000] + bytes([data[5000] ^ 4]) + data[5001:])
    elif how == "future":
        repacked(path, lambda header: header.update(version=99))
    elif how == "folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["cut", "flipped", "future"])
def test_resume_falls_back_to_the_newest_sound_checkpoint(whole, run, how):
    *_, third, fourth = sorted(checkpoints(run / "checkpoints"))
    spoil(third, how)
    spoil(fourth, "cut")
    watcher = Watcher()
    resume(run, watcher)
    complaints = [message for message in watcher.messages if "an older checkpoint is used instead" in message]
    assert [str(fourth) in complaints[0], str(third) in complaints[1]] == [True, True]
    assert f"continuing {run} after generation 1" in watcher.messages
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


def test_leftovers_that_cannot_be_read_do_not_push_out_what_can():
    run = start(tiny(), "run")
    for path in sorted(checkpoints(run / "checkpoints"))[5:]:
        spoil(path, "cut")
    resume(run, Watcher([5]), keep=1)
    state, _ = load(run / "checkpoints" / "gen-00005.npz")
    assert state.champion.generation != 5  # it is not there for being the champion's


def test_a_folder_in_the_place_of_a_checkpoint(run):
    spoil(newest(run), "folder")
    watcher = Watcher()
    with pytest.raises(UserError, match=r"cannot write .*gen-00003.npz"):
        resume(run, watcher)
    assert "is a folder" in watcher.messages[0]
    load(run / "checkpoints" / "gen-00002.npz")


def test_no_sound_checkpoint_is_left(run):
    before = (run / "metrics.csv").read_bytes()
    for path in checkpoints(run / "checkpoints"):
        spoil(path, "flipped")
    with pytest.raises(UserError, match="there is nothing to continue from") as refused:
        resume(run)
    assert all(str(path) in str(refused.value) for path in checkpoints(run / "checkpoints"))
    assert (run / "metrics.csv").read_bytes() == before


def test_the_checkpoint_of_another_run(run):
    other = start(tiny("Pendulum"), "other")
    shutil.copy(newest(other), run / "checkpoints" / "gen-00009.npz")
    with pytest.raises(
        UserError, match=r"computed with environment.id = 'Pendulum-v1', .*config.toml says .*'CartPole"
    ):
        resume(run)
    assert find_target("gen:9", run).settings.environment.id == "Pendulum-v1"


def test_settings_changed_behind_its_back(run):
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace("elitism = 2", "elitism = 1", 1))
    with pytest.raises(UserError, match=r"neat.elitism = 2, but .*config.toml says neat.elitism = 1"):
        resume(run)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a = [", "not valid TOML"), ("[neat]\nelitims = 1", "neat.elitism"), ("\xff", "cannot be read")],
)
def test_a_damaged_config(run, text, message):
    (run / "config.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=message):
        resume(run)


def test_a_champion_cut_off_anywhere(run):
    path = run / "champion.json"
    data = path.read_bytes()
    for length in cuts(len(data)):
        path.write_bytes(data[:length])
        if length == len(data) - 1:
            load_champion(path)  # only the end of its last line is gone
        else:
            assert "damaged or not a champion" in reason(load_champion, path)


def test_a_champion_with_any_byte_flipped(run):
    path = run / "champion.json"
    data = path.read_bytes()
    sound = load_champion(path)
    chosen = random.Random(0)
    for place in range(0, len(data), 3):
        altered = bytearray(data)
        altered[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(altered)
        try:
            found = load_champion(path)
        except DamagedFileError:
            continue
        # Blanks between two words of JSON mean nothing.
        assert found.settings == sound.settings
        assert found.champion.genome.equals(sound.champion.genome)
        assert found.champion.statistics() == sound.champion.statistics()
        assert found.champion.offset.tobytes() == sound.champion.offset.tobytes()
        assert found.champion.scale.tobytes() == sound.champion.scale.tobytes()


def rewritten(path, **changes):
    """Write a champion again with some fields changed and no longer fitting its checksum."""
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, **changes}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 3}, "has format version 3, written by genesys"),
        ({"version": None}, "has format version None"),
        ({"format": "genesys map"}, "is a 'genesys map' file"),
        ({"environment": "Pendulum-v1"}, "do not match their checksum"),
        ({"sha256": None}, "do not match their checksum"),
    ],
)
def test_a_changed_champion(run, changes, message):
    path = run / "champion.json"
    rewritten(path, **changes)
    assert message in reason(load_champion, path)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", '"champion"', "{", "\0\0\0"])
def test_a_champion_that_is_something_else(run, text):
    path = run / "champion.json"
    path.write_text(text)
    assert "champion" in reason(load_champion, path)


def test_a_champion_from_nowhere(run):
    assert "does not exist" in reason(load_champion, run / "nowhere.json")
    assert "damaged or not a champion" in reason(load_champion, run)


@pytest.mark.parametrize(
    "ending", ["3,4.0,2", "3,4.0", "\0\0\0\0\n", "x,y\n", "\n\n", "999,1\n", '"', "\xff\xfe"], ids=repr
)
def test_a_metrics_file_with_a_bad_end(whole, run, ending):
    """A row that was being written, or blocks of zeros that a power cut left."""
    for path in sorted(checkpoints(run / "checkpoints"))[2:]:
        path.unlink()
    lines = (run / "metrics.csv").read_bytes().splitlines(keepends=True)
    (run / "metrics.csv").write_bytes(b"".join(lines[:3]) + ending.encode("latin-1"))
    resume(run)
    assert rows(run) == rows(whole)


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "\0" * 100, "generation\n0\n"])
def test_a_metrics_file_that_is_none(whole, run, text):
    (run / "checkpoints" / "gen-00003.npz").unlink()
    (run / "metrics.csv").write_text(text)
    resume(run)
    assert rows(run) == rows(whole)[3:]
