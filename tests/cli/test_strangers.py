"""Files from others are data: no module that only they name is run, nothing in them steers a terminal or a page."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli import UserError, load_champion
from genesys_cli.cli.main import main
from genesys_cli.config import trust
from genesys_cli.config.load import load_settings
from genesys_cli.files import archive
from genesys_cli.files.champion import _digest
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints
from small_runs import copied, start, tiny

EVIL = "open('ran', 'w').close()\nimport gymnasium\ndef score(episode): return 1.0\n"
HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]\r\n<script>alert(1)</script>\u202e$\\foo$\x9b1m"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "neat.generations=2", "environment.max_steps=30"), place / "run")


@pytest.fixture
def run(whole, tmp_path, monkeypatch, stranger):
    """A run from elsewhere, beside a module of a name that no other test uses."""
    run = copied(whole, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("evil_module.py").write_text(EVIL)
    yield run
    sys.modules.pop("evil_module", None)


def saying(run, old, new):
    """Change a line of the settings in every file of a run, and sign them again."""
    for path in checkpoints(run / "checkpoints"):
        header, arrays = archive.read(path, KIND, VERSION)
        assert old in header["settings"]
        archive.write(path, header | {"settings": header["settings"].replace(old, new)}, arrays)
    path = run / "champion.json"
    document = json.loads(path.read_text())
    document["settings"] = document["settings"].replace(old, new)
    del document["sha256"]
    path.write_text(json.dumps({**document, "sha256": _digest(document)}))
    path = run / "config.toml"
    path.write_text(path.read_text().replace(old, new))
    return run


def evil(run, how):
    if how == "environment":
        return saying(run, 'id = "CartPole-v1"', 'id = "evil_module:Foo-v0"')
    return saying(run, "[evaluation]\n", '[evaluation]\nfitness = "evil_module:score"\n')


def invoke(*words):
    return CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)


COMMANDS = (
    ("replay", "run"),
    ("replay", "run/champion.json"),
    ("replay", "last", "--run", "run"),
    ("replay", "gen:0", "--run", "run"),
    ("replay", "run", "--render", "terminal"),
    ("export", "run", "-o", "out.h"),
    ("inspect", "run", "--ablation"),
    ("evolve", "--resume", "run", "-g", "3", "--quiet"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("how", ["environment", "fitness"])
def test_a_module_that_only_a_file_names_is_not_run(run, words, how):
    evil(run, how)
    result = invoke(*words)
    assert not Path("ran").exists()
    if words[0] == "export" and how == "fitness":
        assert result.exit_code == 0, "an export plays no episode"
        return
    assert result.exit_code == 2
    assert "--trust-module evil_module" in result.stderr
    assert "the module 'evil_module' is not imported, since run/" in result.stderr


@pytest.mark.parametrize("how", ["environment", "fitness"])
def test_what_can_be_shown_without_it_is_shown(run, how):
    evil(run, how)
    for words in (("inspect", "run"), ("inspect", "last", "--run", "run"), ("report", "run")):
        result = invoke(*words)
        assert result.exit_code == 0, result.stderr
        assert "--trust-module evil_module" in result.stderr
    assert "is not imported" in (run / "report.html").read_text()
    if how == "environment":  # a champion that acts has no need of a fitness
        with pytest.raises(UserError, match="trust='evil_module'"):
            load_champion("run")
    assert not Path("ran").exists()


def test_it_is_run_for_whom_it_is_named(run):
    evil(run, "fitness")
    assert invoke("replay", "run", "-n", "1", "--trust-module", "evil_module").exit_code == 0
    assert Path("ran").exists()
    assert not list(Path(os.environ["XDG_CONFIG_HOME"]).rglob("evil_module*")), "for this command alone"


def test_the_name_of_a_module():
    assert "must be the name of a module" in invoke("replay", "LunarLander", "--trust-module", "../x").stderr


def test_an_installed_module_is_not_looked_for_here(run):
    """A file may name ale_py, but not have the one in the current directory run."""
    Path("ale_py.py").write_text(EVIL)
    saying(run, 'id = "CartPole-v1"', 'id = "ale_py:ALE/Pong-v5"')
    invoke("replay", "run")
    assert not Path("ran").exists()


def test_runs_of_their_own_need_no_option(run, tmp_path, monkeypatch):
    fitness = load_settings(None, "CartPole", ["evaluation.fitness=evil_module:score"])
    evil(run, "fitness")
    trust.named_by_user(fitness)
    monkeypatch.setattr(trust, "_named", set())  # another process
    assert invoke("replay", "run", "-n", "1").exit_code == 0
    # The same name elsewhere is another module.
    sys.modules.pop("evil_module")
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place != str(tmp_path)])
    Path("evil_module.py").write_text(EVIL)
    result = invoke("replay", run, "-n", "1")
    assert result.exit_code == 2
    assert "--trust-module evil_module" in result.stderr
    assert not Path("ran").exists()


def test_nothing_is_remembered_where_nothing_can_be_written(run, monkeypatch):
    Path("file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("file").resolve()))
    trust.named_by_user(load_settings(None, "CartPole", ["evaluation.fitness=evil_module:score"]))
    evil(run, "fitness")
    assert invoke("replay", "run", "-n", "1").exit_code == 0, "in this process it is known"


def test_nothing_of_a_file_steers_a_terminal_or_a_page(run):
    text = json.dumps(HOSTILE)
    saying(run, 'id = "CartPole-v1"', f"id = {text}")
    fault = {"generation": 0, "phase": "training", "genome": 0, "seed": 1, "step": 1}
    faults = [{**fault, "kind": kind, "message": HOSTILE, "final": True} for kind in ("crash", "exception")]
    (run / "faults.jsonl").write_text("".join(json.dumps(one) + "\n" for one in faults))
    around = json.loads((run / "environment.json").read_text())
    around |= {"command": [HOSTILE], "platform": HOSTILE, "packages": {HOSTILE: HOSTILE}}
    (run / "environment.json").write_text(json.dumps(around))
    summary = json.loads((run / "summary.json").read_text())
    for one in summary["estimates"]:
        one |= {"note": HOSTILE, "platform": one["platform"] + HOSTILE, "origin": HOSTILE}
    (run / "summary.json").write_text(json.dumps(summary))
    odd = Path("run\x1b[31m")
    run.rename(odd)
    for words in (
        ("inspect", odd),
        ("inspect", odd, "--json"),
        ("inspect", odd / "champion.json"),
        ("inspect", odd, "--plot", "plot.svg", "--draw", "net.svg"),
        ("replay", odd),
        ("export", odd, "-o", "out.json"),
        ("report", odd, "-o", "page.html"),
        ("evolve", "--resume", odd, "-g", "3"),
        ("evolve", "--preset", odd / "config.toml", "--dry-run"),
    ):
        result = invoke(*words)
        assert result.exit_code in (0, 2)
        for stream in (result.stdout, result.stderr):
            assert not set(stream) & set("\x1b\x07\r\x9b\u202e"), words
    assert "[red]" in invoke("inspect", odd).stdout, "what looks like markup is text"
    for file in ("page.html", "net.svg", "plot.svg"):
        page = Path(file).read_text()
        assert not set(page) & set("\x1b\x07\r\x9b\u202e"), file
        assert "<script" not in page, file
