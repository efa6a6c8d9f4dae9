"""Champions that are cut off, altered, foreign or from the future are refused with a reason."""

import json
import random

import pytest

from files.damage import at, cuts, reason
from genesys_cli.errors import DamagedFileError
from genesys_cli.files.champion import _digest, load_champion


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
        ({"version": None}, "has format version null"),
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
        ("genome.inputs", True, "genome.inputs = true: must be a valid integer"),
        ("genome.connections", [{}], "lacks a part of a champion ('genome.connections[0].innovation')"),
        ("statistics", {}, "lacks a part of a champion ('statistics.generation')"),
        ("statistics", None, "statistics = null: must be"),
        ("inputs", [], "inputs = a list of 0: must be"),
        ("returns", [1.0], "has 1 returns of held-out episodes"),
        ("returns", "x", "returns = 'x': must be a valid list"),
        ("settings", None, "settings = null: must be a valid string"),
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
        ("bias", True, "genome.nodes[1].bias = true: must be a valid number"),
        ("activation", "\x1b[2J", "genome.nodes[1].activation = '\\x1b[2J': must be 'tanh'"),
        ("aggregation", None, "genome.nodes[1].aggregation = null: must be 'sum'"),
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
