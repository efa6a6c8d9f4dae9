import io
import sys

import pytest

from genesys_cli.errors import UserError
from genesys_cli.report.inspection import print_run
from genesys_cli.report.plot import LABELLED, draw, frozen_lines
from genesys_cli.report.results import changes_text

pytest.importorskip("matplotlib")
FACTS = {
    "run_dir": "runs/x",
    "env": "CartPole-v1",
    "backend": "software",
    "seed": 3,
    "population": 150,
    "generations": 8,
    "ended": True,
    "solved": True,
    "solved_at": 475.0,
    "champion_fitness": 480.0,
    "champion_generation": 6,
    "env_steps": 12_345,
    "validation_steps": 678,
    "wall_time_s": 1.5,
    "faults": {},
    "drift": [],
    "species": [],
}


def event(generation, **changed):
    document = {
        "generation": generation,
        "settled": generation,
        "changes": [{"name": "pole_length", "from": 0.5, "to": 1.5}],
        "before": 500.0,
        "frozen": 9.0,
        "recovered_level": 475.0,
        "after": 480.0,
        "recovered_generation": generation + 2,
        "recovery_generations": 3,
        "recovery_env_steps": 12_345,
    }
    return {**document, **changed}


def rows(count=8, **columns):
    series = {
        "generation": range(count),
        "best_fitness": [float(k) for k in range(count)],
        "champion_fitness": [1.0] * count,
    }
    return [{name: values[k] for name, values in {**series, **columns}.items()} for k in range(count)]


def drawn(tmp_path, facts=FACTS, rows=None, name="plot.svg"):
    draw(facts, rows or globals()["rows"](), tmp_path / name)
    return (tmp_path / name).read_bytes()


def words(svg):
    """Return the texts of a drawing; matplotlib writes each as a comment beside its outlines."""
    return [
        line.strip().removeprefix("<!-- ").removesuffix(" -->") for line in svg.decode().splitlines() if "<!--" in line
    ]


def test_a_run_without_drift(tmp_path):
    said = words(drawn(tmp_path))
    assert {"best in training", "champion, held-out episodes", "generation", "mean return"} <= set(said)
    assert "CartPole-v1 · population 150 · software · seed 3" in said
    assert not [text for text in said if "frozen" in text or "recovered" in text or "changing" in text]


def test_changes_are_named(tmp_path):
    events = [event(1), event(5, recovered_generation=None, recovery_generations=None, recovery_env_steps=None)]
    frozen = [None, 9.0, 9.0, 9.0, 9.0, 30.0, 30.0, 30.0]
    said = words(drawn(tmp_path, FACTS | {"drift": events}, rows(frozen_fitness=frozen)))
    assert said.count("pole length 0.5 → 1.5") == 2
    assert {"recovered in 3", "not recovered", "until recovered", "frozen before the shift"} <= set(said)


def test_a_ramp_is_shaded_while_it_is_under_way(tmp_path):
    events = [event(2, settled=4, recovered_generation=5), event(7)]
    said = words(drawn(tmp_path, FACTS | {"drift": events}, rows(frozen_fitness=[9.0] * 8)))
    assert said.count("changing") == 1
    assert said.count("until recovered") == 1


def test_words_that_would_overlap_are_left_out(tmp_path):
    events = [event(2), event(4), event(60)]
    said = words(drawn(tmp_path, FACTS | {"drift": events}, rows(90, frozen_fitness=[9.0] * 90)))
    assert said.count("pole length 0.5 → 1.5") == 2


def test_many_changes_get_no_words(tmp_path):
    events = [event(k + 1) for k in range(LABELLED + 1)]
    said = words(drawn(tmp_path, FACTS | {"drift": events}, rows(20, frozen_fitness=[9.0] * 20)))
    assert not [text for text in said if "pole" in text]


@pytest.mark.parametrize("height", [475.0, -1e9, None])
def test_the_threshold_is_drawn_where_it_can_be_seen(tmp_path, height):
    said = words(drawn(tmp_path, FACTS | {"solved_at": height}, rows(best_fitness=[470.0 + k for k in range(8)])))
    assert ("solved at 475" in said) == (height == 475.0)


@pytest.mark.parametrize("count", [1, 2])
def test_short_runs_and_empty_cells(tmp_path, count):
    assert drawn(tmp_path, rows=rows(count, champion_fitness=[None] * count))


def test_equal_runs_are_drawn_equally(tmp_path):
    assert drawn(tmp_path, name="one.svg") == drawn(tmp_path, name="two.svg")


def test_a_png_has_a_light_ground(tmp_path):
    from matplotlib.image import imread

    image = imread(io.BytesIO(drawn(tmp_path, name="plot.PNG")))
    assert image.shape[1] == 1600
    assert (image[0] == 1).all()
    assert len({tuple(pixel) for pixel in image.reshape(-1, image.shape[2])}) > 50


def test_the_line_of_a_frozen_champion():
    fitness = [float("nan"), 9.0, 9.0, 7.0]
    xs, ys = frozen_lines([event(1), event(3, before=80.0)], [0, 1, 2, 3], fitness)
    assert [(x, y) for x, y in zip(xs, ys, strict=True) if x == x] == [
        (0, 500.0),
        (1, 9.0),
        (2, 9.0),
        (2, 80.0),
        (3, 7.0),
    ]


def test_what_cannot_be_drawn(tmp_path):
    there = tmp_path / "there.svg"
    there.write_text("mine")
    with pytest.raises(UserError, match=r"there\.svg exists already and is kept as it is; .* --force"):
        draw(FACTS, rows(), there)
    assert there.read_text() == "mine"
    draw(FACTS, rows(), there, overwrite=True)
    assert there.read_text() != "mine"
    with pytest.raises(UserError, match=r"plot\.pdf: must end in \.svg or \.png"):
        draw(FACTS, rows(), tmp_path / "plot.pdf")
    with pytest.raises(UserError, match="has no generation yet"):
        draw(FACTS, [], tmp_path / "plot.svg")
    with pytest.raises(UserError, match="there is no folder"):
        draw(FACTS, rows(), tmp_path / "nowhere" / "plot.svg")


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"pip install 'genesys-cli\[plot\]'"):
        draw(FACTS, rows(), tmp_path / "plot.svg")


def test_nothing_is_left_of_the_drawing_in_matplotlib(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    drawn(tmp_path)
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_the_table_of_changes(capsys, tmp_path):
    events = [event(2), event(4, settled=6, recovery_generations=0), event(8, recovery_generations=None, frozen=None)]
    faults = {"hang": {"count": 2, "first": "60 s"}}
    print_run(FACTS | {"drift": events, "faults": faults, "ended": False}, [tmp_path / "plot.svg"])
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert "generations          8, unfinished" in out
    assert "fault: hang" in out
    assert "twice, the first: 60 s" in out
    assert "plot.svg" in out
    assert [line.split()[0] for line in lines[-3:]] == ["2", "4", "8"]
    assert "pole length 0.5 → 1.5" in lines[-3]
    assert "3 generations" in lines[-3]
    assert "4 to 6" in lines[-2]
    assert "at once" in lines[-2]
    assert "not" in lines[-1]
    assert "none" in lines[-1]


def test_changes_in_words():
    two = event(1, changes=[{"name": "a", "from": 1.0, "to": -2.0}, {"name": "b", "from": 0.0, "to": 1e-3}])
    assert changes_text(two) == "a 1 → -2, b 0 → 0.001"


def test_passed_starts_have_an_axis_of_their_own(tmp_path):
    rows = [{"generation": k, "best_fitness": 0.1 * k, "champion_fitness": 40.0 * k} for k in range(8)]
    facts = FACTS | {"solved_at": 200.0, "validation": "generalisation"}
    draw(facts, rows, tmp_path / "run.svg")
    text = (tmp_path / "run.svg").read_text()
    for words in ("champion, starts passed in generalisation", "solved at 200", "starts", "mean return"):
        assert f"<!-- {words} -->" in text
    draw(facts | {"stop_on": "best"}, rows, tmp_path / "best.svg")
    assert "solved at 200" not in (tmp_path / "best.svg").read_text()  # far from what training reaches
