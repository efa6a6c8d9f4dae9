"""The page of a run holds the run's own numbers, is well-formed, and needs nothing from outside."""

import base64
import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.files.checkpoint import checkpoints
from genesys_cli.files.folder import read_metrics
from genesys_cli.report.html.markup import EMPTY
from genesys_cli.report.results import SCHEMA, number, quantity
from small_runs import Watcher, start, tiny

DRIFT = ("drift.force.at=2", "drift.force.to=-10")
POINTING = ("href", "src", "action", "data", "xlink:href", "srcset")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Page(HTMLParser):
    """Reads a page; notes what is not closed, what points outside, and the words and pictures of each section."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.links, self.ids = [], [], [], []
        self.sections, self.pictures, self.texts, self.names = {}, [], [], []
        self._section = "head"
        self.feed(text)
        self.close()
        self.wrong += [f"{name} stays open" for name in self.open]
        self.text = " ".join(self.texts)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.names.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [value for key, value in attrs if key in POINTING]
        if tag in ("img", "svg") and not (found.get("alt") or found.get("aria-label") or found.get("aria-hidden")):
            self.wrong += [f"{tag} without words"] if found.get("class") != "data" else []
        if tag == "section":
            self._section = found["id"]
        if tag == "svg" and found.get("role") == "img":
            self.pictures.append((self._section, found["aria-label"]))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)
            self.sections.setdefault(self._section, []).append(data)

    def said(self, section):
        return " ".join(self.sections[section])


def report(*words):
    result = CliRunner().invoke(main, ["report", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return Page(Path(result.stdout.strip()).read_text())


def refused(*words):
    result = CliRunner().invoke(main, ["report", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 2
    return result.stderr


def sound(page):
    assert page.wrong == []
    assert [link for link in page.links if not link.startswith("data:image/")] == []
    assert len(set(page.ids)) == len(page.ids)
    assert page.names[0] == "html"
    assert "script" not in page.names
    assert "NaN" not in page.text
    assert "None" not in page.texts
    return page


def test_a_run_that_has_ended():
    run = start(tiny("CartPole"), "run")
    summary, rows = json.loads((run / "summary.json").read_text()), read_metrics(run / "metrics.csv")
    page = sound(report(run, "--no-film"))
    head = page.said("head")
    assert "CartPole-v1" in head
    assert f"{number(summary['validated_fitness'])} ± {number(summary['validated_std'])} over 9 held-out" in head
    assert number(summary["env_steps"]) in head
    for estimate in summary["estimates"]:
        assert estimate["platform"] in page.said("energy")
    assert "emulated" not in page.said("energy")
    world = page.said("energy-in-the-world")
    assert "a robot for each genome, 50 steps a second" in world
    for estimate in summary["estimates"]:
        if estimate["world"] is not None:
            assert f"{estimate['platform']} {quantity(estimate['world']['seconds'], 's')}" in world
    assert "CPU_a" in world
    assert "neat.population 24 150" in page.said("settings")
    assert "genesys evolve --preset run/config.toml" in page.said("reproduce-it")
    assert "genesys replay run/champion.json" in page.said("reproduce-it")
    assert f"generation 3 · best {number(rows[3]['best_fitness'])}" in page.said("fitness")
    drawn = {section for section, _ in page.pictures}
    assert {
        "fitness",
        "champion",
        "species",
        "size-of-the-networks",
        "energy",
        "energy-in-the-world",
        "where-the-time-went",
    } <= drawn
    assert not {"faults", "the-chip"} & set(page.ids)


def test_a_run_without_a_pace_has_no_world():
    run = start(tiny("CartPole", "world.pace_hz=0", "neat.generations=2"), "run")
    page = sound(report(run, "--no-film"))
    assert "energy" in page.ids
    assert "energy-in-the-world" not in page.ids


def test_everything_is_in_the_file_and_nothing_is_loaded():
    text = (start(tiny("CartPole"), "run"), report("run", "--no-film"), Path("run/report.html").read_text())[2]
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src &#x27;none&#x27;" in text
    assert not re.search(r"@import|url\(|<link|<script|javascript:", text)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_a_run_that_was_interrupted():
    run = start(tiny("CartPole"), "run", Watcher([3]))
    page = sound(report(run, "--no-film"))
    assert "unfinished" in page.said("head")
    assert "has not" in page.said("energy")
    assert "genesys evolve --resume run" in page.said("reproduce-it")


def test_a_world_that_changes():
    run = start(tiny("CartPole", *DRIFT), "run")
    page = sound(report(run, "--no-film"))
    (event,) = json.loads((run / "summary.json").read_text())["drift"]
    assert "force 10 → -10" in page.said("fitness")
    assert number(event["frozen"]) in page.said("fitness")
    assert "frozen before the shift" in page.said("fitness")
    assert "drift.force" in page.said("settings")


def test_the_chip():
    run = start(tiny("CartPole", "run.backend=genesys", "neat.generations=3"), "run")
    rows = read_metrics(run / "metrics.csv")
    page = sound(report(run, "--no-film"))
    assert "emulated" in page.said("energy")
    assert f"adam_cycles {number(sum(row['adam_cycles'] for row in rows[1:]) / 2)}" in page.said("the-chip")
    assert ("the-chip", "Energy of the chip over the generations") in page.pictures


def test_faults_are_listed():
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    fault = {"generation": 0, "kind": "hang", "message": "no <life> for 60 s"}
    (run / "faults.jsonl").write_text(json.dumps(fault) + "\n")
    assert "hang 1 no <life> for 60 s" in sound(report(run, "--no-film")).said("faults")


def test_hints_come_first_and_are_escaped():
    run = start(tiny("CartPole", "evaluation.training_max_steps=12"), "run")
    page = sound(report(run, "--no-film"))
    assert page.said("hints").startswith("Hints evaluation.training_max_steps the best 8 genomes play all 12 steps")
    assert page.ids[0] == "hints"
    summary = json.loads((run / "summary.json").read_text())
    summary["hints"][0]["text"] = "see <b>here</b>"
    (run / "summary.json").write_text(json.dumps(summary))
    assert "see <b>here</b>" in sound(report(run, "--no-film", "--force")).said("hints")
    summary["hints"] = [{"key": 3, "text": "what"}]
    (run / "summary.json").write_text(json.dumps(summary))
    assert "summary.json: hints[0].key = 3" in refused(run, "--no-film", "--force")
    del summary["hints"]  # of an older version
    (run / "summary.json").write_text(json.dumps(summary))
    assert "hints" not in sound(report(run, "--no-film", "--force")).ids


def test_a_run_that_has_hardly_begun():
    run = start(tiny("CartPole"), "run", Watcher([0]))
    for path in [*checkpoints(run / "checkpoints"), run / "metrics.csv", run / "champion.json"]:
        path.unlink()
    page = sound(report(run))
    assert "No generation has been finished yet" in page.said("fitness")
    assert "neat.population" in page.said("settings")


def test_a_run_without_a_champion():
    run = start(tiny("CartPole"), "run")
    (run / "champion.json").unlink()
    assert "run/champion.json is missing; `genesys evolve --resume run`" in sound(report(run)).said("champion")
    (run / "champion.json").write_text("{")
    assert "There is no champion to show" in sound(report(run, "--force")).said("champion")


def test_a_run_of_one_generation_and_of_an_older_version():
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    sound(report(run, "--no-film"))
    lines = [line.split(",") for line in (run / "metrics.csv").read_text().splitlines()]
    kept = [k for k, name in enumerate(lines[0]) if name not in ("host_energy_j", "validate_s", "energy_j")]
    (run / "metrics.csv").write_text("".join(",".join(line[k] for k in kept) + "\n" for line in lines))
    summary = json.loads((run / "summary.json").read_text())
    del summary["estimates"]
    (run / "summary.json").write_text(json.dumps(summary))
    (run / "environment.json").unlink()
    (run / "species.csv").unlink(missing_ok=True)
    page = sound(report(run, "--no-film", "--force"))
    assert "made none" in page.said("energy")
    assert "only their number is drawn" in page.said("species")
    assert "not record validation separately" in page.said("where-the-time-went")


def test_what_a_run_says_is_escaped():
    run = start(tiny("CartPole", "neat.generations=1"), "<b>run")
    assert "<b>run" in sound(report(run, "--no-film")).said("head")


def test_several_runs_are_grouped_by_what_differs():
    runs = [start(tiny("CartPole", f"run.seed={seed}"), f"s{seed}") for seed in (1, 2)]
    runs += [start(tiny("CartPole", "run.seed=1", "neat.population=30"), "wide")]
    page = sound(report(*runs))
    assert "software, population 24 (2 runs)" in page.said("champions")
    assert "software, population 30 (1 run)" in page.said("champions")
    for run in runs:
        champion = json.loads((run / "champion.json").read_text())["statistics"]["validated_fitness"]
        assert number(champion) in page.said("runs")
    assert Path("report.html").is_file()
    assert not Path("s1/report.html").exists()


def test_the_chips_settings_are_no_difference_to_software():
    few = "neat.generations=2"
    runs = [start(tiny("CartPole", few), "one"), start(tiny("CartPole", few, "run.backend=genesys"), "two")]
    runs += [start(tiny("CartPole", few, "run.backend=genesys", "eve.pes=8"), "three")]
    groups = re.findall(r"genesys.*? \(1 run\)|software.*? \(1 run\)", sound(report(*runs)).said("champions"))
    assert groups == ["software (1 run)", "genesys, pes 256 (1 run)", "genesys, pes 8 (1 run)"]


def test_groups_with_long_names_are_numbered():
    drift = ("drift.force.at=1", "drift.force.to=-10", "drift.length.at=1", "drift.length.to=1", "neat.generations=2")
    runs = [start(tiny("CartPole", *drift), "one"), start(tiny("CartPole", "neat.generations=2"), "two")]
    page = sound(report(*runs))
    assert "group 1, software (1 run)" in page.said("champions")
    assert 'settings that differ group 1, software software, force { schedule = "step", at = [1]' in page.said("groups")


def test_runs_of_different_environments_get_a_part_each():
    runs = [start(tiny(env, "neat.generations=2"), env) for env in ("CartPole", "Acrobot")]
    text = (sound(report(*runs, "-o", "both.html")), Path("both.html").read_text())[1]
    assert text.count('class="env"') == 2
    assert text.index(">CartPole-v1</h2>") < text.index("CartPole</code>") < text.index(">Acrobot-v1</h2>")


def test_a_file_that_is_there_is_kept():
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    Path("mine.html").write_text("mine")
    assert "--force" in refused(run, "-o", "mine.html")
    assert Path("mine.html").read_text() == "mine"
    assert "is a folder" in refused(run, "-o", ".")
    assert "there is no folder nowhere" in refused(run, "-o", "nowhere/x.html")
    assert "is not a run" in refused("nowhere")
    sound(report(run, "-o", "mine.html", "--force", "--no-film"))
    assert Path("mine.html").read_text() != "mine"


def test_the_newest_run_and_json():
    start(tiny("CartPole", "neat.generations=1"), "runs/mine")
    result = CliRunner().invoke(main, ["report", "--json", "--no-film"])
    assert json.loads(result.stdout) == {
        "schema": SCHEMA,
        "report": "runs/mine/report.html",
        "bytes": Path("runs/mine/report.html").stat().st_size,
        "runs": ["runs/mine"],
    }


def test_a_film_is_in_the_page(tmp_path):
    pytest.importorskip("PIL")
    pytest.importorskip("pygame")
    from PIL import Image

    run = start(tiny("CartPole", "neat.generations=1"), "run")
    page = sound(report(run))
    (link,) = page.links
    kind, _, data = link.partition(",")
    assert kind == "data:image/gif;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as film:
        assert film.n_frames > 5
        assert film.size[0] >= 300
    assert (run / "report.html").stat().st_size < 2e6
    assert "no film" not in page.said("champion")


def test_without_what_films_need_the_page_says_what_to_install(monkeypatch):
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    monkeypatch.setitem(sys.modules, "PIL", None)
    page = sound(report(run))
    assert "There is no film of it" in page.said("champion")
    assert "pip install 'genesys-cli[film]'" in page.said("champion")
    assert page.links == []


def test_an_environment_that_fails_when_it_is_filmed_costs_only_the_film(tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    (tmp_path / "shy.py").write_text(
        "import gymnasium\nimport numpy as np\n"
        "class Shy(gymnasium.Env):\n"
        "    metadata = {'render_modes': ['rgb_array'], 'render_fps': 30}\n"
        "    observation_space = gymnasium.spaces.Box(-1, 1, (2,))\n"
        "    action_space = gymnasium.spaces.Discrete(2)\n"
        "    def __init__(self, render_mode=None):\n        self.render_mode = render_mode\n"
        "    def reset(self, *, seed=None, options=None):\n        return np.zeros(2, np.float32), {}\n"
        "    def step(self, action):\n        return np.zeros(2, np.float32), 1.0, True, False, {}\n"
        "    def render(self):\n        raise ValueError('do not look')\n"
        "gymnasium.register('Shy-v0', Shy)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    run = start(tiny("shy:Shy-v0", "neat.generations=1", "neat.population=6"), "run")
    assert "render raised ValueError: do not look." in sound(report(run)).said("champion")
