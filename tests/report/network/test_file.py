"""``genesys inspect --draw``."""

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.errors import UserError
from genesys_cli.files.target import find_target
from genesys_cli.report.network.file import draw
from genesys_cli.report.network.svg import network_svg
from small_runs import start, tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("drawings")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "environment.max_steps=60"), place / "run")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def inspect(*words):
    return CliRunner().invoke(main, ["inspect", *map(str, words)])


def test_svg_and_png_are_drawn(run):
    stored = find_target("champion", run)
    assert inspect(run, "--draw", "a.svg").exit_code == 0
    text = Path("a.svg").read_text()
    assert text == network_svg(stored, ground=True)
    said = {node.text for node in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}text")}
    assert {"cart position", "pole angular velocity", "push left", "push right"} <= said
    image = pytest.importorskip("PIL.Image")
    result = inspect("champion", "--run", run, "--draw", "a.png", "--json")
    assert json.loads(result.stdout)["draw"] == "a.png"
    root = ET.fromstring(text)
    with image.open("a.png") as png:
        wide, high = png.size
        assert abs(wide - 2 * float(root.get("width"))) <= 2
        assert abs(high - 2 * float(root.get("height"))) <= 2


def test_what_is_disabled_is_drawn_with_all(run):
    stored = find_target("champion", run)
    stored.champion.genome.conn_enabled[0] = 0
    weight = f"weight {stored.champion.genome.conn_weight[0]:.4g}"
    assert f"{weight}, disabled" not in network_svg(stored)
    assert f"{weight}, disabled" in network_svg(stored, everything=True)


def test_names_that_a_page_could_trip_over_are_escaped():
    Path("odd.py").write_text(
        "import gymnasium\nimport numpy as np\n"
        "class Odd(gymnasium.Env):\n"
        "    observation_space = gymnasium.spaces.Dict({'<b>&\"': gymnasium.spaces.Box(-1, 1, (1,))})\n"
        "    action_space = gymnasium.spaces.Discrete(2)\n"
        "    def reset(self, *, seed=None, options=None):\n"
        "        return {'<b>&\"': np.zeros(1, np.float32)}, {}\n"
        "    def step(self, action):\n        return {'<b>&\"': np.zeros(1, np.float32)}, 1.0, True, False, {}\n"
        "gymnasium.register('Odd-v0', Odd)\n"
    )
    sys.path.insert(0, ".")
    try:
        folder = start(tiny("odd:Odd-v0", "neat.generations=1", "neat.population=6"), "run")
        root = ET.fromstring(network_svg(find_target("champion", folder)))
    finally:
        sys.path.remove(".")
    assert any("<b>&" in (node.text or "") for node in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.gif", r"--draw a.gif: must end in .svg or .png"),
        ("there.svg", "exists already"),
        ("no/a.svg", "no folder no"),
    ],
)
def test_files_that_cannot_be_drawn(run, name, message):
    Path("there.svg").write_text("mine")
    result = inspect(run, "--draw", name)
    assert result.exit_code == 2
    assert message in result.stderr
    assert Path("there.svg").read_text() == "mine"
    assert inspect(run, "--draw", "there.svg", "--force").exit_code == 0


def test_without_pillow(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    stored = find_target("champion", run)
    with pytest.raises(UserError, match=r"--draw needs Pillow .*pip install 'genesys-cli\[plot\]'"):
        draw(stored, Path("a.png"))
    draw(stored, Path("a.svg"))  # which needs nothing
    assert [path.name for path in Path().iterdir()] == ["a.svg"]


def test_an_environment_that_is_not_here_leaves_numbers(run, monkeypatch):
    from genesys_cli.inspection import naming

    def gone(*_):
        raise UserError("not installed")

    monkeypatch.setattr(naming, "environment_or_loop", gone)
    text = network_svg(find_target("champion", run))
    assert ">input 3<" in text
    assert ">output 1<" in text
