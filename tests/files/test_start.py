"""``start.npz`` comes back as it was; one that is damaged, foreign or unsound is refused with a reason."""

import random

import numpy as np
import pytest
from benchmarks.mutated_files.files import alter_archive

from files.damage import at, cuts, reason
from genesys_cli.config.load import load_settings
from genesys_cli.errors import DamagedFileError
from genesys_cli.files import archive
from genesys_cli.files.sources import find_source
from genesys_cli.files.start import KIND, VERSION, digest_of, load_start, packed, sources_in
from small_runs import copied, start, tiny


@pytest.fixture(scope="module")
def begun(whole):
    """A run of two genomes that were given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(whole.parent)
        sources = [str(whole / "champion.json"), str(whole / "checkpoints" / "gen-00001.npz")]
        settings = tiny("CartPole", "neat.generations=1", f"start.sources={sources}", "run.seed=3")
        return start(settings, whole.parent / "begun")


@pytest.fixture
def path(begun, tmp_path):
    return copied(begun, tmp_path / "run") / "start.npz"


def test_it_comes_back(path):
    found = load_start(path)
    assert packed(found) == path.read_bytes()
    assert found.start.genomes.size == len(found.given) == 2
    settings = load_settings(str(path.parent / "config.toml"))
    assert settings.start.sha256 == digest_of(found.start)
    assert sources_in(path) == [one.source for one in found.given]
    source = find_source(str(path), 1)
    assert source.genomes.equals(found.start.genomes)
    assert [one.source for one in source.given] == sources_in(path)
    assert find_source(str(path.parent / "checkpoints" / "gen-00000.npz"), 1).genomes.size == 1


def test_a_digest_is_of_everything_that_decides(path):
    found = load_start(path).start
    seen = {digest_of(found)}
    for name, array in found.genomes.arrays().items():
        other = array.copy()
        other[-1] = 1 - other[-1]
        seen.add(digest_of(found._replace(genomes=found.genomes._replace(**{name: other}))))
    for name, array in found.scaling._asdict().items():
        seen.add(digest_of(found._replace(scaling=found.scaling._replace(**{name: array + 1}))))
    assert len(seen) == 1 + 12 + 2


def test_cut_off_anywhere(path):
    data = path.read_bytes()
    for length in cuts(len(data)):
        path.write_bytes(data[:length])
        assert "truncated or altered" in reason(load_start, path)
        assert sources_in(path) == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("format", "genesys checkpoint", "is a 'genesys checkpoint' file"),
        ("version", VERSION + 1, f"reads up to version {VERSION}"),
        ("inputs", ["a"], "holds invalid genomes"),
        ("inputs", [], "inputs"),
        ("given", [], "does not say of each genome where it is from"),
        ("settings", "x", "settings"),
    ],
)
def test_a_header_that_cannot_be(path, place, value, message):
    header, arrays = archive.read(path, KIND, VERSION)
    at(place)(header, value)
    archive.write(path, header, arrays)
    assert message in reason(load_start, path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("population.conn_weight", lambda a: a * np.float32("nan"), "holds a number that is not finite"),
        ("population.conn_out", lambda a: a * 0, "holds invalid genomes"),
        ("population.conn_innovation", lambda a: a + 1, "or their numbers differ"),
        ("population.node_offsets", lambda a: a[:1], "holds no genomes"),
        ("inputs.scale", lambda a: a[:2], "has 2 numbers"),
        ("inputs.offset", lambda a: a.astype(np.float64), "of type float64"),
        ("inputs.offset", lambda a: None, "lacks a part"),
    ],
)
def test_arrays_that_cannot_be(path, name, change, message):
    header, arrays = archive.read(path, KIND, VERSION)
    arrays[name] = change(arrays[name])
    archive.write(path, header, {key: array for key, array in arrays.items() if array is not None})
    assert message in reason(load_start, path)


def test_altered_files_are_read_or_refused(path):
    data, rng = path.read_bytes(), random.Random(11)
    read, refusals = 0, []
    for _ in range(250):
        path.write_bytes(data)
        path.write_bytes(alter_archive(data, path, rng, KIND, VERSION))
        try:
            load_start(path)
            find_source(str(path), 1)
            read += 1
        except DamagedFileError as error:
            refusals.append(str(error))
    assert 3 < read < 200
    assert max(map(len, refusals)) < 4000
