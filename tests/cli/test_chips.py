import json

import pytest

from genesys_cli.config.chips import TAGS, chip_names, load_chip, read_chip
from genesys_cli.config.fields import describe
from genesys_cli.config.load import load_settings, settings_from_toml
from genesys_cli.config.schema import CHIP_TABLES


def test_a_chip_and_its_settings_reach_the_run(invoke, runs):
    result = invoke("evolve -b genesys --chip genesys-edge -s eve.pes=4 -s noc.kind=unicast")
    assert result.exit_code == 0, result.stderr
    settings = runs.calls[0][1]
    assert settings.run.backend == "genesys"
    assert settings.chip == load_chip("genesys-edge", ["eve.pes=4", "noc.kind=unicast"]).settings


def test_a_dry_run_shows_the_chip(invoke, runs):
    shown = invoke("evolve -b genesys --chip genesys-edge --dry-run").stdout
    assert settings_from_toml(shown) == load_settings(None, "CartPole", [], {"run.backend": "genesys"}, "genesys-edge")
    shown = json.loads(invoke("evolve -b genesys --dry-run --json").stdout)
    assert shown["settings"]["eve"]["pes"] == 256
    assert "chip" not in shown["settings"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("--chip genesys-edge", "only the backend 'genesys' or 'rtl' has a chip, but run.backend is 'software'"),
        ("-s eve.pes=4", "--set eve.pes: only the backend 'genesys' or 'rtl' has a chip"),
        ("--chip genesis-15nm", "there is no chip 'genesis-15nm'; did you mean 'genesys-15nm'?"),
        ("--chip nowhere.toml", "there is no chip file 'nowhere.toml'"),
        ("-s eve.pse=4", "did you mean 'eve.pes'?"),
        ("--resume runs/x --chip genesys-edge", "cannot be combined with --chip"),
    ],
)
def test_a_chip_that_cannot_be_used(invoke, runs, args, message):
    result = invoke("evolve", args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not runs.calls


def test_chips_are_listed(invoke):
    listing = invoke("presets").stdout
    found = json.loads(invoke("presets", "--json").stdout)["chips"]
    assert [chip["name"] for chip in found] == chip_names()
    for chip in found:
        assert chip["name"] in listing
        assert chip["description"] in listing


def test_a_chip_is_explained_constant_by_constant(invoke):
    lines = invoke("presets show Genesys-Edge").stdout.splitlines()
    chip = load_chip("genesys-edge")
    for key in describe(CHIP_TABLES):
        (line,) = (line for line in lines if line.split()[:1] == [key.key])
        assert key.description in line
        assert f" {chip.provenance[key.key].tag} " in line
        assert chip.provenance[key.key].source in line
    assert any(line.startswith("eve.pes *") and " 16 " in line for line in lines)
    for tag, meaning in TAGS.items():
        assert any(line.split() == [tag, *meaning.split()] for line in lines)


def test_a_chip_is_explained_as_json(invoke):
    shown = json.loads(invoke("presets show genesys-15nm --json").stdout)
    assert shown["chip"] == "genesys-15nm"
    (pes,) = (entry for entry in shown["settings"] if entry["key"] == "eve.pes")
    assert {"value": 256, "tag": "P", "source": read_chip("genesys-15nm").provenance["eve.pes"].source}.items() <= (
        pes.items()
    )
    assert shown["tags"]["P"] == "published"


def test_files_of_both_kinds_are_told_apart(invoke, tmp_path):
    chip, run = tmp_path / "a.toml", tmp_path / "b.toml"
    chip.write_text("[eve]\npes = 5\n")
    run.write_text("[neat]\nelitism = 3\n[eve]\npes = 5\n")
    assert json.loads(invoke("presets show", chip, "--json").stdout)["chip"] == "a"
    assert json.loads(invoke("presets show", run, "--json").stdout)["preset"] == str(run)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("genesys-15", "there is no preset 'genesys-15'; did you mean 'genesys-15nm'?"),
        ("zzz", "there is no preset 'zzz'. Give a TOML file or one of: Acrobot"),
        ("nowhere.toml", "there is no preset file 'nowhere.toml'"),
    ],
)
def test_an_unknown_name_gets_the_nearest_of_both(invoke, name, hint):
    result = invoke("presets show", name)
    assert result.exit_code == 2
    assert hint in result.stderr
