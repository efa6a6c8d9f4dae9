import copy

import pytest

from genesys_cli.errors import UserError
from genesys_cli.report.bench_plot import colours, draw
from small_bench import small

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("bench"))
        return small()


def swept(**fields):
    return small(backends=["genesys"], platforms=["GENESYS"], **fields)


def texts(path):
    """Return the texts of a drawing; matplotlib writes each as a comment beside its outlines."""
    return [line.strip()[5:-4] for line in path.read_text().splitlines() if line.strip().startswith("<!-- ")]


def test_bars_of_one_environment(document, tmp_path):
    draw(document, tmp_path / "one.svg")
    found = texts(tmp_path / "one.svg")
    assert {"GENESYS", "host", "CPU_a", "GPU_d", "inference", "evolution"} <= set(found)


def test_bars_of_several_environments(document, tmp_path):
    many = copy.deepcopy(document)
    many["rows"] += [{**row, "env": "Alien"} for row in document["rows"]]
    draw(many, tmp_path / "many.svg")
    assert {"CartPole", "Alien", "GENESYS", "CPU_a"} <= set(texts(tmp_path / "many.svg"))


def test_each_platform_has_a_colour_of_its_own(document):
    found = colours(["GENESYS", "host", *document["platforms"]])
    assert len(set(found.values())) == len(found)


def test_a_sweep_of_elements(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(swept(sweeps=["eve.pes=2,8,32"]), tmp_path / "pes.svg")
    found = texts(tmp_path / "pes.svg")
    assert {"2", "8", "32", "eve.pes", "EvE alone", "evolution", "inference"} <= set(found)
    assert "unicast" not in found


def test_a_sweep_of_networks_shows_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(swept(sweeps=["noc.kind=unicast,multicast", "eve.pes=2,8"]), tmp_path / "noc.svg")
    found = texts(tmp_path / "noc.svg")
    assert {"unicast", "multicast", "reads of the banks by EvE, a generation"} <= set(found)


@pytest.mark.parametrize("sweep", ["noc.kind=unicast,multicast", "neat.elitism=1,2", "clock.voltage_v=0.8,1.0"])
def test_any_sweep_is_drawn(sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(swept(sweeps=[sweep]), tmp_path / "any.png")
    assert (tmp_path / "any.png").stat().st_size > 10_000


def test_with_nothing_to_draw(document, tmp_path):
    for empty in ({"rows": []}, {"sweep": {"eve.pes": [2]}, "chip": []}):
        with pytest.raises(UserError, match="nothing to draw"):
            draw(document | empty, tmp_path / "x.svg")


def test_one_environments_picture_has_the_chips_tornado(document, tmp_path):
    draw(document, tmp_path / "one.svg")
    found = texts(tmp_path / "one.svg")
    assert "GENESYS, in the world" in found
    chip = next(chip for chip in document["chip"] if chip["backend"] == "genesys")
    for where in ("alone", "world"):
        for row in chip["tornado"][where][:5]:
            assert any(text.startswith(row["unknown"]) for text in found)
    assert not any("mathdefault" in text for text in found)
    without = {**document, "chip": []}
    draw(without, tmp_path / "without.svg")
    assert "GENESYS, in the world" not in texts(tmp_path / "without.svg")
