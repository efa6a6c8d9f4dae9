"""Files that are cut off, altered, foreign or from the future are refused with a reason; a run goes on without them."""

import hashlib
import io
import json
import os
import pickle
import random
import shutil
import zipfile

import numpy as np
import pytest

from genesys_cli.errors import DamagedFileError, UserError
from genesys_cli.files import archive
from genesys_cli.files.champion import _digest, load_champion
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints, load
from genesys_cli.files.target import find_target
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


def at(path):
    """Return what sets the place of a header or of arrays, such as ``champion.generation``."""
    *way, last = path.split(".")

    def change(document, value):
        for key in way:
            document = document[key]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("generation", -1, "generation = -1: must be greater than or equal to 0"),
        ("generation", True, "generation = True: must be a valid integer"),
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


def signed(path, change):
    """Write a champion again after a change, with the right checksum."""
    document = json.loads(path.read_bytes())
    change(document)
    document.pop("sha256")
    path.write_text(json.dumps({**document, "sha256": _digest(document)}))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("genome.nodes", 3, "genome.nodes = 3: must be a valid list"),
        ("genome.inputs", 2**40, "genome.inputs = 1099511627776: must be less than or equal to 1000000"),
        ("genome.inputs", True, "genome.inputs = True: must be a valid integer"),
        ("genome.connections", [{}], "lacks a part of a champion ('genome.connections[0].innovation')"),
        ("statistics", {}, "lacks a part of a champion ('statistics.generation')"),
        ("statistics", None, "statistics = None: must be"),
        ("inputs", [], "inputs = a list of 0: must be"),
        ("returns", [1.0], "has 1 returns of held-out episodes"),
        ("returns", "x", "returns = 'x': must be a valid list"),
        ("settings", None, "settings = None: must be a valid string"),
        ("settings", "[environment]\nid = 3", "environment.id = 3 (in "),
        ("settings", "[environment]\nid = ''\n[x]", "x: there is no such setting"),
    ],
)
def test_a_champion_with_a_wrong_part(run, place, value, message):
    path = run / "champion.json"
    signed(path, lambda document: at(place)(document, value))
    assert message in reason(load_champion, path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("id", 2**31, "genome.nodes[1].id = 2147483648: must be less than 2147483647"),
        ("bias", 1e39, "genome.nodes[1].bias = 1e+39: must be less than 3.4"),
        ("bias", float("nan"), "genome.nodes[1].bias = nan: must be a finite number"),
        ("bias", True, "genome.nodes[1].bias = True: must be a valid number"),
        ("activation", "\x1b[2J", "genome.nodes[1].activation = '\\x1b[2J': must be 'tanh'"),
        ("aggregation", None, "genome.nodes[1].aggregation = None: must be 'sum'"),
    ],
)
def test_a_gene_that_cannot_be(run, key, value, message):
    path = run / "champion.json"
    signed(path, lambda document: document["genome"]["nodes"][1].update({key: value}))
    assert message in reason(load_champion, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"version": ' + "9" * 10**6 + "}", "a number has 1,000,000 digits"),
        ('{"version": 2, "version": 2}', "the key 'version' is there twice"),
        ('{"format": "\\ud800"}', "is a '\\ud800' file"),
    ],
)
def test_json_that_is_none_of_ours(run, text, message):
    (run / "champion.json").write_text(text)
    assert message in reason(load_champion, run / "champion.json")


def test_fields_of_a_later_version_are_ignored(run):
    path = run / "champion.json"
    sound = load_champion(path).champion

    def later(document):
        document["later"] = {"x": [1, None]}
        document["genome"]["nodes"][0]["later"] = 1e999

    signed(path, later)
    assert load_champion(path).champion.genome.equals(sound.genome)


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
