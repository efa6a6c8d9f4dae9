"""Files of earlier versions are read."""

import json
import re

import numpy as np
import pytest

from genesys_cli.errors import DamagedFileError
from genesys_cli.files import archive
from genesys_cli.files.champion import _digest, load_champion
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints, load
from genesys_cli.playback.replay import replay
from small_runs import last, newest, resume, start, tiny

SCALED = (
    "Pendulum",
    "neat.generations=4",
    "evaluation.observation_scale=[1, 1, 0.25]",
    "evaluation.observation_offset=[2]",
    "evaluation.validate_episodes=1",  # with more, single returns decide who plays on, and version 1 has none
)


def as_version_1(folder):
    """Make the files of a run what the first version would have written."""
    for path in checkpoints(folder / "checkpoints"):
        header, arrays = archive.read(path, KIND, VERSION)
        header["version"] = 1
        for name in ("frozen", "events", "normaliser"):
            del header[name]
        del header["champion"]["validated_in"], arrays["champion.offset"], arrays["champion.scale"]
        del arrays["champion.returns"]
        archive.write(path, header, arrays)
    path = folder / "champion.json"
    document = json.loads(path.read_text())
    document["version"] = 1
    del document["inputs"], document["returns"], document["statistics"]["validated_in"], document["sha256"]
    path.write_text(json.dumps({**document, "sha256": _digest(document)}))
    return folder


def test_a_run_of_version_1_is_continued():
    whole = start(tiny(*SCALED), "whole")
    run = as_version_1(start(tiny(*SCALED, "neat.generations=2"), "run"))
    resume(run, generations=4)
    assert last(run) == last(whole)


def test_a_run_from_before_returns_were_kept_is_continued():
    whole = start(tiny(*SCALED), "whole")
    run = start(tiny(*SCALED, "neat.generations=2"), "run")
    for path in checkpoints(run / "checkpoints"):
        header, arrays = archive.read(path, KIND, VERSION)
        del arrays["champion.returns"]
        archive.write(path, header, arrays)
    document = json.loads((run / "champion.json").read_text())
    del document["returns"], document["sha256"]
    (run / "champion.json").write_text(json.dumps({**document, "sha256": _digest(document)}))
    assert load_champion(run / "champion.json").champion.returns.tolist() == []
    resume(run, generations=4)
    assert last(run) == last(whole)


def test_a_champion_of_version_1_sees_what_its_settings_say():
    run = start(tiny(*SCALED), "run")
    wanted = load_champion(run / "champion.json").champion
    as_version_1(run)
    for found in (load_champion(run / "champion.json").champion, load(newest(run))[0].champion):
        assert found.offset.tolist() == [2.0, 2.0, 2.0]
        assert found.scale.tolist() == [1.0, 1.0, 0.25]
        assert found.statistics() == wanted.statistics()
        assert found.genome.equals(wanted.genome)
        assert found.offset.dtype == found.scale.dtype == np.float32
    result = replay("champion", run, None, None, "none")
    assert result["mean_return"] == result["stored_fitness"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"offset": [0.0]}, "lacks a part of a champion ('inputs.scale')"),
        ({"offset": [0.0], "scale": [1.0]}, "an offset and a scale for each of 3 inputs, not 1 and 1"),
        ({"offset": 3, "scale": [1.0]}, "inputs.offset = 3: must be a valid list"),
        ({"offset": [0.0, "1", 2.0], "scale": [1.0]}, "inputs.offset[1] = '1': must be a valid number"),
        ({"offset": [0.0, 0.0, 1e300], "scale": [1.0]}, "inputs.offset[2] = 1e+300: must be less than 3.40"),
    ],
)
def test_a_champion_whose_inputs_do_not_fit(inputs, message):
    run = start(tiny("Pendulum", "neat.generations=1"), "run")
    document = json.loads((run / "champion.json").read_text())
    document["inputs"] = inputs
    del document["sha256"]
    (run / "champion.json").write_text(json.dumps({**document, "sha256": _digest(document)}))
    with pytest.raises(DamagedFileError, match=re.escape(message)):
        load_champion(run / "champion.json")
