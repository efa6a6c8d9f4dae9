"""``genesys export``: formats, files, and what it says of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from genesys_cli.config.schema import EnvironmentSettings, Settings
from genesys_cli.envs.gym.known import KNOWN
from genesys_cli.errors import UserError
from genesys_cli.export import actions
from genesys_cli.export.actions import interface_of
from genesys_cli.export.files import export, format_of
from genesys_cli.files.champion import load_champion as read_champion
from genesys_cli.files.champion import save_champion
from small_runs import start, tiny


@pytest.fixture(scope="module")
def pole(tmp_path_factory):
    """A run of CartPole on each backend; the folder in which they lie."""
    place = tmp_path_factory.mktemp("pole")
    few = ("neat.generations=1", "neat.population=8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        start(tiny("CartPole", *few), place / "software")
        start(tiny("CartPole", *few, "run.backend=genesys"), place / "genesys")
        start(tiny("CartPole", *few, "environment.action_repeat=2"), place / "repeat")
    return place


@pytest.fixture
def invoke():
    from click.testing import CliRunner

    from genesys_cli.cli.main import main

    return lambda *words: CliRunner().invoke(main, ["export", *map(str, words)])


@pytest.mark.parametrize("name", ["pole.json", "pole.onnx", "pole.h", "POLE.H", "pole.py"])
def test_the_ending_says_the_format(invoke, pole, name):
    result = invoke(pole / "software", "--output", name, "--json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    data = Path(name).read_bytes()
    assert facts["output"] == name
    assert facts["bytes"] == len(data)
    assert (facts["env"], facts["inputs"], facts["outputs"], facts["action"]) == ("CartPole-v1", 4, 2, "discrete")
    stored = read_champion(pole / "software" / "champion.json")
    assert export(stored, facts["format"]).data == data
    assert facts["fitness"] == stored.champion.validated_fitness


def test_a_format_can_be_named(invoke, pole):
    assert invoke(pole / "software", "-o", "network.txt", "--format", "json").exit_code == 0
    assert json.loads(Path("network.txt").read_bytes())["topology"]["num_inputs"] == 4


def test_fixed_point_follows_from_the_backend(invoke, pole):
    said = {}
    for backend in ("software", "genesys"):
        for wanted in ([], ["--arithmetic", "float"], ["--arithmetic", "fixed"]):
            result = invoke(pole / backend, "-o", "it.h", "--force", *wanted)
            said[(backend, *wanted[1:])] = Path("it.h").read_text()
            assert result.exit_code == 0
            line = next(line for line in result.stdout.splitlines() if line.startswith("arithmetic"))
            fixed = "fixed" in wanted or (backend == "genesys" and not wanted)
            assert ("fixed point" in line.partition(";")[0]) == fixed
            assert ("actions may differ" in line) == (fixed != (backend == "genesys"))
    assert said[("software",)] == said["software", "float"]
    assert said[("genesys",)] == said["genesys", "fixed"]
    assert "float *value" in said["genesys", "float"]
    assert "int16_t cartpole_weight" in said["genesys", "fixed"]


def test_what_is_said_of_a_header(invoke, pole):
    result = invoke(pole / "repeat", "-o", "my pole.h", "--name", "arm")
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert lines["action"].strip() == "each lasts 2 steps of the environment"
    assert lines["check it"].strip() == "cc -std=c99 -DARM_SELF_TEST -x c 'my pole.h' -o self-test && ./self-test"
    memory = lines["memory"].strip()
    assert memory in Path("my pole.h").read_text()


def test_tables_in_flash(invoke, pole):
    assert invoke(pole / "software", "-o", "plain.h", "--flash", "none").exit_code == 0
    result = invoke(pole / "software", "-o", "flash.h", "--flash", "progmem")
    assert "bytes of state; on an AVR, tables lie in flash" in result.stdout
    assert "pgm_read_float" in Path("flash.h").read_text()
    assert "pgm_" not in Path("plain.h").read_text()


def test_a_file_is_kept_unless_forced(invoke, pole):
    Path("it.json").write_text("mine")
    result = invoke(pole / "software", "-o", "it.json")
    assert result.exit_code == 2
    assert "it.json exists already and is kept as it is; choose another name, or add --force" in result.stderr
    assert Path("it.json").read_text() == "mine"
    assert invoke(pole / "software", "-o", "it.json", "--force").exit_code == 0
    assert json.loads(Path("it.json").read_text())["network_type"] == "feedforward"


def test_the_champion_itself_is_never_overwritten(invoke, pole):
    champion = pole / "software" / "champion.json"
    before = champion.read_bytes()
    result = invoke(pole / "software", "-o", champion, "--force")
    assert result.exit_code == 2
    assert "which would be lost; choose another name" in result.stderr
    assert champion.read_bytes() == before


def test_a_failing_export_leaves_the_file_that_was_there(invoke, pole):
    Path("it.h").write_text("mine")
    assert invoke(pole / "software", "-o", "it.h", "--force", "--name", "2").exit_code == 2
    assert Path("it.h").read_text() == "mine"
    assert os.listdir() == ["it.h"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "it.txt"], "its ending does not say in which format; name it .json or .onnx or .h or .py, or add"),
        (
            ["-o", "it.h", "--format", "jsn"],
            "--format 'jsn' is not known; did you mean 'json'?; there are: json, onnx, c, torch",
        ),
        (["-o", "it.h", "--arithmetic", "int8"], "--arithmetic 'int8' is not known; there are: float, fixed"),
        (["-o", "it.json", "--arithmetic", "fixed"], "--arithmetic fixed: only C computes so; leave it out for json"),
        (["-o", "it.onnx", "--name", "a"], "--name a: only a C header's names have a prefix; leave it out for onnx"),
        (["-o", "it.py", "--flash", "progmem"], "--flash progmem: only a C header has tables that lie somewhere"),
        (["-o", "it.h", "--flash", "prog"], "--flash 'prog' is not known; there are: none, progmem"),
        (["-o", "it.h", "--name", "a" * 41], "must be a name of C, of at most 40 letters"),
        (["-o", "it.h", "--name", "a-b"], "--name a-b: must be a name of C"),
        (["-o", "nowhere/it.h"], "--output nowhere/it.h: there is no folder nowhere; make it first"),
        (["-o", "."], "--output .: its ending does not say"),
    ],
)
def test_what_cannot_be(invoke, pole, words, message):
    result = invoke(pole / "software", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert os.listdir() == []


def test_an_unknown_champion(invoke):
    result = invoke("LunarLandr", "-o", "it.h")
    assert result.exit_code == 2
    assert "did you mean 'LunarLander'?" in result.stderr


def test_a_known_environment_that_is_not_installed(monkeypatch):
    """What is known of LunarLander here is enough; nothing of it is lost."""
    from genesys_cli.config.presets import shipped_champions

    stored = read_champion(shipped_champions()["LunarLander"])
    pytest.importorskip("Box2D")
    whole = {kind: export(stored, kind).data for kind in ("json", "c")}

    def not_installed(settings):
        raise UserError("LunarLander-v3 needs 'Box2D', which is not installed")

    monkeypatch.setattr(actions, "environment_or_loop", not_installed)
    assert {kind: export(stored, kind).data for kind in ("json", "c")} == whole


def test_an_environment_of_ones_own_that_is_gone(pole, monkeypatch):
    stored = read_champion(pole / "software" / "champion.json")
    environment = stored.settings.environment.model_copy(update={"id": "my_poles:MyPole-v0"})
    save_champion(Path("mine.json"), stored.champion, stored.settings.model_copy(update={"environment": environment}))
    with pytest.raises(UserError, match=r"there is no module 'my_poles'.* To be exported, a network needs its environ"):
        export(read_champion(Path("mine.json")), "json")


def test_an_environment_with_other_observations(pole):
    stored = read_champion(pole / "software" / "champion.json")
    environment = stored.settings.environment.model_copy(update={"id": "Acrobot-v1"})
    settings = stored.settings.model_copy(update={"environment": environment})
    with pytest.raises(
        Exception, match="Acrobot-v1 has 6 observations and takes 3 outputs, but the network has 4 and 2"
    ):
        export(stored._replace(settings=settings), "c")


def test_formats():
    assert format_of(Path("a/b.JSON"), None) == "json"
    assert format_of(Path("b.json"), "c") == "c"


@pytest.mark.parametrize("known", KNOWN.values(), ids=lambda known: known.name)
def test_what_is_known_of_environments_is_what_they_say(known, monkeypatch):
    """So that it can take their place where they are not installed."""
    if not known.installed:
        pytest.skip(f"{known.module} is not installed")
    settings = Settings(environment=EnvironmentSettings(id=known.id))
    sizes = len(known.observation_names), known.action.n_outputs
    installed = interface_of(settings, *sizes)

    def not_installed(settings):
        raise UserError(f"{known.id} needs {known.module!r}, which is not installed")

    monkeypatch.setattr(actions, "environment_or_loop", not_installed)
    without = interface_of(settings, *sizes)
    assert without.actions == installed.actions
    for field in ("observation_names", "action_names", "action"):
        assert getattr(without.environment, field) == getattr(installed.environment, field)
    with pytest.raises(UserError, match=r"is not installed\. To be exported, a network needs its environment"):
        interface_of(settings, sizes[0], sizes[1] + 1)
