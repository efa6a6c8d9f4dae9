"""A native environment of the user's through every command, in a folder that the package knows nothing of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli import UserError, load_champion
from genesys_cli.cli.main import main
from genesys_cli.config import trust
from genesys_cli.envs.registry import find
from genesys_cli.playback.compared import _changes
from own_envs import END, PUCK, write  # noqa: F401

# So few episodes that one kernel plays them all, in training, validation and replay.
FEW = "-p 24 -g 2 -n 3 --validate 3 -j 1 --no-stop-when-solved --quiet --json"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with the puck, and a run of it."""
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "puck.py").write_text(PUCK, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(sys, "path", list(sys.path))
        patch.setattr(sys, "dont_write_bytecode", True)
        result = CliRunner().invoke(main, f"evolve -e puck:ENV -o run --seed 3 {FEW}".split())
    sys.modules.pop("puck", None)
    assert result.exit_code == 0, result.stderr
    return place


@pytest.fixture
def here(run, monkeypatch):
    monkeypatch.chdir(run)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield run
    sys.modules.pop("puck", None)


def said(invoke, words, code=0):
    """Return what a command writes to standard output; where it is to fail with a code, to standard error."""
    result = invoke(words)
    assert result.exit_code == (code or 0), result.stderr
    return result.stdout if code == 0 else result.stderr


def test_the_run_keeps_its_name_and_what_it_was_compiled_from(run):
    assert 'id = "puck:ENV"' in (run / "run" / "config.toml").read_text()
    kept = json.loads((run / "run" / "environment.json").read_text())
    assert kept["environment"]["file"].endswith("puck.py")
    assert len(kept["environment"]["sha256"]) == 64
    assert kept["repeatable"] is True


def test_resume(here, invoke):
    summary = json.loads(said(invoke, "evolve --resume run -g 3 -j 2 --quiet --json"))
    assert summary["generations"] == 3
    whole = json.loads(said(invoke, f"evolve -e puck:ENV -o whole --seed 3 {FEW.replace('-g 2', '-g 3')}"))
    assert whole["generations"] == 3
    assert Path("whole/champion.json").read_bytes() == Path("run/champion.json").read_bytes()


def test_replay(here, invoke):
    hidden = json.loads(said(invoke, "replay run --json"))
    assert hidden["mean_return"] == hidden["stored_fitness"]
    assert hidden["repeats"] is True
    one = json.loads(said(invoke, "replay run -n 1 --json"))
    shown = json.loads(said(invoke, "replay run -n 1 --render terminal --json"))
    assert shown["returns"] == one["returns"], "plain Python gives what the kernel gives"


def test_its_scene_is_filmed(here, invoke):
    one = json.loads(said(invoke, "replay run -n 1 --json"))
    film = json.loads(said(invoke, "replay run -n 1 --record puck.gif --max-seconds 0.2 --fps 10 --json"))
    assert film["returns"] == one["returns"]
    assert Path("puck.gif").read_bytes().startswith(b"GIF8")


def test_what_has_no_scene_cannot_be_filmed(here, invoke):
    text = Path("puck.py").read_text()
    try:
        Path("puck.py").write_text(text.replace("    scene=scene,\n", ""))
        said_ = said(invoke, "replay run -n 1 --record other.gif", 2)
    finally:
        Path("puck.py").write_text(text)
    assert "puck:ENV cannot be filmed: it has no `scene`" in " ".join(said_.split())
    assert not Path("other.gif").exists()


@pytest.mark.parametrize("name", ["puck.json", "puck.h", "puck_torch.py"])
def test_export(here, invoke, name):
    said(invoke, f"export run -o {name} --force")
    assert "puck:ENV" in Path(name).read_text()


def test_inspect_report_and_envs(here, invoke):
    assert "velocity" in said(invoke, "inspect champion --run run")
    said(invoke, "inspect run --ablation --episodes 3")
    said(invoke, "report run --no-film")
    assert "puck:ENV" in Path("run/report.html").read_text()
    about = json.loads(said(invoke, "envs puck:ENV --check --json"))
    assert about["physics"] == {"mass": 2.0, "power": 1.0}
    assert about["check"]["repeatable"] is True


def test_drift_and_the_chip(here, invoke):
    drift = "-s drift.mass.at=1 -s drift.mass.to=4"
    summary = json.loads(said(invoke, f"evolve -e puck:ENV -b genesys -o chip {drift} {FEW}"))
    assert summary["drift"][0]["changes"] == [{"name": "mass", "from": 2.0, "to": 4.0}]
    again = json.loads(said(invoke, "replay chip --json"))
    assert again["mean_return"] == again["stored_fitness"]
    text = said(invoke, f"evolve -e puck:ENV --dry-run {drift.replace('mass', 'weight')}", 2)
    assert "nothing of this name" in text
    assert "mass, power" in text


def test_from_python(here):
    champion = load_champion("run")
    assert champion.act(np.zeros(2, np.float32)).shape == (1,)
    env = champion.make_env(render_mode="rgb_array", max_episode_steps=7)
    total, steps, over = 0.0, 0, False
    observation, _ = env.reset(seed=3)
    assert env.render().shape[2] == 3
    while not over:
        observation, reward, terminated, over, _ = env.step(champion.act(observation))
        total, steps = total + reward, steps + 1
        assert not terminated
    assert (steps, total < 0) == (7, True)
    with pytest.raises(UserError, match="puck:ENV is a native environment, which takes no argument mass"):
        champion.make_env(mass=3)
    with pytest.raises(UserError, match="'ansi': puck:ENV has the modes 'human', 'rgb_array'"):
        champion.make_env(render_mode="ansi")


CALM = """

@inline
def calm(state, lane, action, physics):
    step(state, lane, action, physics)
    speed = abs(state[VELOCITY + lane])
    return 1.0 if speed < 0.5 else 0.0, speed > 5.0


STARTS = np.array([[x, 0.0] for x in (-2.0, -1.0, 0.5, 1.0, 2.0)])
TRIALS = (Trial(STARTS[:1], 20, 0.0, 1, calm), Trial(STARTS, 30, 15.0, 3, calm))
"""


def test_a_validation_of_its_own(here, invoke):
    text = PUCK.replace("import Box,", "import Box, Trial,").replace("def reset(", f"{CALM.lstrip()}\n\ndef reset(", 1)
    Path("calm.py").write_text(
        text.replace("    scene=scene,\n", '    scene=scene,\n    validations={"calm": TRIALS},\n')
    )
    few = FEW.replace("--validate 3 ", "")
    judged = "-s evaluation.validation=calm"
    summary = json.loads(said(invoke, f"evolve -e calm:ENV -o calm-run {judged} {few}"))
    assert (summary["validation"], summary["validation_episodes"], summary["solved_at"]) == ("calm", 5, 3.0)
    again = json.loads(said(invoke, "replay calm-run --json"))
    assert again["validation"]["score"] == again["stored_fitness"] == summary["validated_fitness"]
    assert again["repeats"] is True
    assert f"calm: {summary['validated_fitness']:g} of 5 starts" in said(invoke, "inspect champion --run calm-run")
    said(invoke, "report calm-run --no-film")
    assert "Starts passed in calm" in Path("calm-run/report.html").read_text()
    text = said(invoke, f"evolve -e calm:ENV -o none -s evaluation.validation=clam {few}", 2)
    assert "has no such validation, it has calm; did you mean 'calm'" in " ".join(text.split())
    sys.modules.pop("calm")
    changed = Path("calm.py").read_text().replace("speed = abs(", "speed = np.linalg.norm(")
    Path("calm.py").write_text(changed)
    text = " ".join(said(invoke, f"evolve -e calm:ENV -o none {judged} {few}", 2).split())
    assert "step cannot be compiled" in text
    assert not Path("none").exists()
    sys.modules.pop("calm", None)


def test_bench(here, invoke):
    episodes = "-s evaluation.episodes=3 -s evaluation.validate_episodes=3"
    found = json.loads(said(invoke, f"bench --env puck:ENV -b software -p 12 -g 3 -j 1 {episodes} --json --quiet"))
    assert {row["env"] for row in found["rows"]} == {"Puck"}


def test_the_next_process_compiles_nothing(run):
    """Another folder, too: what counts is what the module holds."""
    code = """
from genesys_cli.compiled.jit import compilations
from genesys_cli.playback.replay import replay
before = compilations()
replay("run", None, None, None, "none")
print(compilations() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=run, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_a_module_that_only_a_file_names_is_not_run(here, invoke, stranger):
    for words in ("replay run", "evolve --resume run -g 4 --quiet", "export run -o out.h"):
        assert "--trust-module puck" in said(invoke, words, 2)
    assert "puck" not in sys.modules
    assert trust.refusals()
    said(invoke, "replay run -n 1 --trust-module puck")


def test_an_edit_since_is_said(run, invoke, write, tmp_path):  # noqa: F811
    shutil.copytree(run / "run", tmp_path / "run")
    write("puck", ("0.1 * (thrust", "0.2 * (thrust"))
    text = said(invoke, "evolve --resume run -g 2 --trust-module puck --json", None)
    assert f"{tmp_path / 'puck.py'}, or what it imports, has changed since run was started" in " ".join(text.split())
    champion = tmp_path / "run" / "champion.json"
    assert f"{tmp_path / 'puck.py'} has changed since" in _changes(champion, find("puck:ENV"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return rng.uniform(-1.0, 1.0, 2)", "return rng.uniform(-1.0, 1.0, 3)", "state has 2 rows"),
        (END, "    return np.sqrt(-1.0 - position * position), False\n", "returns the reward nan"),
        (
            END,
            f"    v = np.zeros(2)\n    v[0] = 1.0\n{END}",
            "step cannot be compiled: a kernel cannot compute zeros(2)",
        ),
        (END, f"    assert position < 9.0\n{END}", "has an assert"),
    ],
)
def test_what_is_wrong_is_said_before_there_is_a_run(write, invoke, old, new, message):  # noqa: F811
    write("my_puck", (old, new))
    assert message in said(invoke, f"evolve -e my_puck:ENV -g 1 {FEW}", 2)
    assert not Path("runs").exists()
