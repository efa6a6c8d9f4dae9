import json
from pathlib import Path

import pytest

from genesys_cli.energy.platforms import shipped_costs
from genesys_cli.energy.table import table_names
from genesys_cli.measure import calibration

SMALL = "bench -p 24 -g 3 -s evaluation.episodes=2 -j 1"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calibration, "calibration_folder", lambda: tmp_path)


def test_tables_for_a_person_and_progress_beside_them(invoke):
    result = invoke(SMALL)
    assert result.exit_code == 0, result.stderr
    for text in ("CartPole, evolved by software", "CartPole, evolved by genesys", "EvE and ADAM", "published: 2 to 5"):
        assert text in result.stdout
    assert "generation 0" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_json_is_all_there_is_on_stdout(invoke):
    result = invoke(SMALL, "-b genesys --platform genesys --platform cpu_a --json --quiet")
    document = json.loads(result.stdout)
    assert {row["platform"] for row in document["rows"]} == {"GENESYS", "CPU_a"}
    assert document["command"][:2] == ["genesys", "bench"]
    assert result.stderr == ""


def test_csv_and_plot_are_written_and_named(invoke):
    pytest.importorskip("matplotlib")
    result = invoke(SMALL, "-b genesys --sweep eve.pes=2,8 --csv rows.csv --plot pes.svg")
    assert result.exit_code == 0, result.stderr
    assert "rows.csv" in result.stdout
    assert Path("rows.csv").read_text().startswith("env,backend")
    assert "<svg" in Path("pes.svg").read_text()


def test_tables_for_other_tools_go_to_a_new_folder(invoke):
    result = invoke(SMALL, "-b genesys --platform genesys --ert tables")
    assert result.exit_code == 0, result.stderr
    assert "tables" in result.stdout
    assert {"ERT.yaml", "ART.yaml", "action_counts.yaml", "COMPUTE_REPORT.csv"} <= {
        p.name for p in Path("tables").iterdir()
    }
    again = invoke(SMALL, "-b genesys --ert tables")
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == "Error: --ert tables exists already and is kept as it is; choose another folder\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--platform CPU_x", "did you mean 'CPU_"),
        ("--chip genesys-15mn", "did you mean 'genesys-15nm'?"),
        ("--energy genesys-15mn", "did you mean 'genesys-15nm'?"),
        ("--sweep eve.pse=2", "did you mean 'eve.pes'?"),
        ("--sweep eve.pes=0", "must be a whole number from 1 to 4096"),
        ("--suite papr", "did you mean 'paper'?"),
        ("-e CartPol", "did you mean 'CartPole"),
        ("--plot picture.gif", "must end in .svg or .png"),
        ("--relative-speed 1", "belongs to --calibrate"),
        ("--peak --sweep eve.pes=2", "cannot be combined with --sweep"),
        ("--peak --ert tables", "cannot be combined with --ert"),
        ("--calibrate --peak", "cannot be combined with --peak"),
        ("--nodes 1,0", "whole numbers from 1 to 100000"),
        ("--nodes many", "whole numbers from 1 to 100000"),
        ("--nodes 2 --cores 0", "a whole number from 1 to 4096"),
        ("--nodes 2 --network fast", "two numbers above 0"),
        ("--nodes 2 --network 1e9,nan", "two numbers above 0"),
        ("--nodes 2 --platform host", "cannot be combined with --platform"),
        ("--cores 2", "belong to --nodes"),
        ("--calibrate --relative-speed 0", "must be a number above 0"),
        ("--calibrate --relative-speed 2,1,3", "three that ascend"),
    ],
)
def test_bad_input_is_one_message(invoke, words, message):
    result = invoke("bench", words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_energy_table_with_a_negative_price(invoke):
    from genesys_cli.energy.table import table_folder

    text = (table_folder() / "genesys-15nm.toml").read_text()
    Path("mine.toml").write_text(text.replace("low = ", "low = -", 1))
    result = invoke("bench --energy mine.toml")
    assert result.exit_code == 2
    assert "must be a finite number that is not negative" in result.stderr


def test_the_published_chip_at_full_activity(invoke):
    result = invoke("bench --chip genesys-15nm --peak")
    assert result.exit_code == 0
    lines = {line[:21].strip(): line.split() for line in result.stdout.splitlines()}
    assert lines["power, calibrated, mW"][-1] == "947.5"
    assert lines["power, calibrated, mW"][-3] == "947.5"
    assert lines["area, mm²"][-1] == "2.45"
    assert "calibration factor" in result.stdout
    assert "not in it" not in result.stdout
    document = json.loads(invoke("bench --peak --json").stdout)
    assert document["published_watts"] == pytest.approx(document["calibrated_watts"][1])


@pytest.mark.parametrize("table", table_names())
def test_areas_stand_beside_the_published_ones_with_each_table(invoke, table):
    result = invoke(f"bench --peak --energy {table}")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    parts = json.loads(invoke(f"bench --peak --energy {table} --json").stdout)["parts"]
    for name, published in (("eve", "0.89"), ("adam", "0.25"), ("prng", "–")):
        shown = [f"{value:.3f}" for value in parts[name]["mm2"]] if any(parts[name]["mm2"]) else None
        assert [name, *(shown or []), published] in rows or shown is None
    assert parts["eve"]["published_mm2"] == 0.89
    assert parts["noc"]["mm2"] == [0, 0, 0]


def test_help_names_the_energy_tables(invoke):
    text = "".join(invoke("bench --help").stdout.split())  # lines are broken after hyphens
    assert all(name in text for name in table_names())


def test_another_chip_at_full_activity_has_nothing_published(invoke):
    result = invoke("bench --peak -s eve.pes=64")
    assert "taken over from the published chip" in result.stdout
    assert json.loads(invoke("bench --peak --json -s eve.pes=64").stdout)["published_watts"] is None
    assert invoke("bench --peak -s neat.population=3").exit_code == 2


def test_calibration_is_kept_and_shown(invoke, monkeypatch, tmp_path):
    monkeypatch.setattr(calibration, "measure_interpreted", lambda **_: shipped_costs()[0])
    result = invoke("bench --calibrate --relative-speed 0.9,1,1.2")
    assert result.exit_code == 0, result.stderr
    assert str(tmp_path) in result.stdout
    assert "Host_Python" in result.stdout
    kept = calibration.load_calibration(tmp_path)
    assert kept is not None
    assert tuple(kept.relative_speed) == (0.9, 1.0, 1.2)
    document = json.loads(invoke("bench --calibrate --json").stdout)
    assert Path(document["kept_in"]).is_file()
    assert document["relative_speed"] is None


def test_a_damaged_calibration_is_told(invoke):
    calibration.calibration_path().write_text("{")
    result = invoke("bench")
    assert result.exit_code == 2
    assert "calibrate again" in result.stderr


def test_numbers_of_nodes_are_compared(invoke):
    small = "bench -e CartPole -g 3 -p 500 --nodes 1,64 --cores 2 --quiet -s evaluation.validate_episodes=3"
    (found,) = json.loads(invoke(f"{small} --json --network 1e8,1e-3").stdout)["predictions"]
    assert (found["env"], found["population"], found["cores"]) == ("CartPole", 500, 2)
    assert found["network"] == {"latency_s": 1e-3, "bandwidth": 1e8}
    assert [(row["nodes"], row["distribute"]) for row in found["rows"]] == [
        (nodes, mode) for nodes in (1, 64) for mode in ("evaluation", "generation")
    ]
    assert all(row["generation_s"] > 0 and row["sent_bytes"] > 500 for row in found["rows"])
    for nodes in (1, 64):
        mine = [row for row in found["rows"] if row["nodes"] == nodes]
        (best,) = (row for row in mine if row["chosen"])
        assert best["generation_s"] == min(row["generation_s"] for row in mine)
    text = invoke(f"{small} --plot nodes.svg").stdout
    assert "CartPole, 500 genomes of" in text
    assert "evaluation*" in text or "generation*" in text
    assert "<svg" in Path("nodes.svg").read_text()
