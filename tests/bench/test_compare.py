import csv
import json

import pytest

from genesys_cli.bench import compare as module
from genesys_cli.bench.compare import write_csv
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import Settings
from genesys_cli.energy.table import table_folder
from genesys_cli.errors import UserError
from reference.energy import joules
from small_bench import Listener, small
from small_runs import start


@pytest.fixture
def played(monkeypatch):
    """Notes each evolution that is really carried out."""
    noted = []
    play = module.play

    def noting(settings, *args):
        noted.append(settings)
        return play(settings, *args)

    monkeypatch.setattr(module, "play", noting)
    return noted


def test_the_document_is_json_and_says_all():
    document = json.loads(json.dumps(small(platforms=["GENESYS", "host", "CPU_a"])))
    assert document["schema"] == 1
    rows = {(row["backend"], row["platform"], row["phase"]): row for row in document["rows"]}
    assert rows["genesys", "GENESYS", "inference"]["origin"] == "emulated"
    assert rows["software", "GENESYS", "inference"]["origin"] == "modelled"
    assert rows["software", "host", "evolution"]["origin"] == "measured"
    assert len(rows) == 2 * 5
    assert {entry["platform"] for entry in document["missing"]} == {"host"}  # of the emulation
    assert document["versions"].keys() >= {"genesys", "python", "numba"}
    assert document["host"]["cores"] >= 1


def test_the_printed_joules_come_from_the_counts_and_the_table_alone(tmp_path):
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(small(backends=["genesys"], platforms=["GENESYS"], seeds=2)))
    document = json.loads(path.read_text())
    rows = document["rows"]
    counts = rows[0]["counts"]
    assert counts == document["chip"][0]["counts"]
    again = joules(table_folder() / "genesys-15nm.toml", counts)
    for bound, name in (("low", "energy_j_low"), ("nominal", "energy_j"), ("high", "energy_j_high")):
        printed = sum(row[name] for row in rows)
        assert printed == pytest.approx(again[bound] / rows[0]["generations"], rel=1e-9)
        assert document["totals"][0][name] == pytest.approx(printed, rel=1e-12)
    parts = document["chip"][0]["energy"]["bottom_up"]
    for split in ("by_component", "by_phase", "by_kind"):
        assert sum(part[1] for part in parts[split].values()) == pytest.approx(parts["joules"][1], rel=1e-12)


def test_the_counts_are_those_of_a_run(tmp_path):
    document = small(backends=["genesys"], platforms=["GENESYS"])
    found = document["settings"][0]["settings"]
    settings = Settings.from_tables(found)
    folder = start(settings, tmp_path / "run")
    with open(folder / "metrics.csv", newline="") as file:
        bred = [row for row in csv.DictReader(file) if int(row["generation"]) > 0]
    counts = document["chip"][0]["counts"]
    assert {name: value for name, value in counts.items() if name in bred[0]} == {
        name: sum(float(row[name]) for row in bred) for name in counts if name in bred[0]
    }
    assert counts.keys() >= {"evolve_cycles", "generation_cycles", "useful_macs", "sram_reads"}


def test_a_sweep_of_the_chip_reuses_one_evolution_and_obeys_its_laws(played):
    document = small(sweeps=["eve.pes=2,8,32", "noc.kind=unicast,multicast"], platforms=["GENESYS", "CPU_a"])
    assert [settings.run.backend for settings in played] == ["software", "genesys"]
    by_point = {}
    for chip in document["chip"]:
        by_point[chip["backend"], chip["point"]["eve.pes"], chip["point"]["noc.kind"]] = chip
    assert len(by_point) == 12
    for backend in ("software", "genesys"):
        for kind in ("unicast", "multicast"):
            for what in ("EvE", "all"):
                cycles = [by_point[backend, pes, kind]["cycles"][what] for pes in (2, 8, 32)]
                assert cycles == sorted(cycles, reverse=True), what
        for pes in (2, 8, 32):
            one, shared = (by_point[backend, pes, kind] for kind in ("unicast", "multicast"))
            assert shared["counts"]["sram_reads"] <= one["counts"]["sram_reads"]
            dynamic = [chip["energy"]["bottom_up"]["by_kind"]["energy"][1] for chip in (one, shared)]
            assert dynamic[1] <= dynamic[0]
    cpu = {(row["backend"], row["phase"]): set() for row in document["rows"] if row["platform"] == "CPU_a"}
    for row in document["rows"]:
        if row["platform"] == "CPU_a":
            cpu[row["backend"], row["phase"]].add(row["energy_j"])
    assert all(len(values) == 1 for values in cpu.values())  # what is on another platform knows of no chip


def test_a_point_of_a_sweep_is_what_its_chip_gives_alone():
    swept = small(backends=["genesys"], sweeps=["eve.pes=4,64"], platforms=["GENESYS"])
    alone = small(backends=["genesys"], overrides=("evaluation.episodes=2", "eve.pes=4"), platforms=["GENESYS"])
    assert swept["chip"][0]["counts"] == alone["chip"][0]["counts"]
    assert swept["chip"][1]["counts"] != alone["chip"][0]["counts"]


def test_the_same_sweep_again_computes_nothing(played):
    fields = {"backends": ["genesys"], "sweeps": ["eve.pes=2,4"], "platforms": ["GENESYS"]}
    first = small(**fields)
    listener = Listener()
    again = small(**fields, listener=listener)
    assert len(played) == 1
    assert again["rows"] == first["rows"]
    assert "2 of 2 results are taken from" in listener.messages[0]
    assert listener.steps == []
    small(**fields, fresh=True)
    assert len(played) == 2


def test_a_sweep_that_was_broken_off_goes_on(played, tmp_path):
    class Impatient(Listener):
        def step(self, done, total, text):
            super().step(done, total, text)
            if "generation 1" in text and "genesys" in text:
                raise KeyboardInterrupt

    fields = {"sweeps": ["eve.pes=2,4"], "platforms": ["GENESYS"]}
    with pytest.raises(KeyboardInterrupt):
        small(**fields, listener=Impatient())
    small(**fields)
    assert [settings.run.backend for settings in played] == ["software", "genesys", "genesys"]


def test_a_plain_comparison_is_measured_each_time(played, tmp_path):
    for _ in range(2):
        small(backends=["software"], platforms=["host"])
    assert len(played) == 2
    assert not (tmp_path / "runs").exists()


def test_what_a_chip_cannot_hold_is_missing_with_its_reason():
    document = small(sweeps=["buffer.words_per_bank=1,4096"], platforms=["GENESYS", "CPU_a"], backends=["software"],
                     overrides=("evaluation.episodes=2", "buffer.banks=4"))  # fmt: skip
    (entry,) = document["missing"]
    assert (entry["platform"], entry["point"]) == ("GENESYS", {"buffer.words_per_bank": 1})
    assert "buffer" in entry["reason"]
    rows = [row for row in document["rows"] if row["point"] == {"buffer.words_per_bank": 1}]
    assert {row["platform"] for row in rows} == {"CPU_a"}
    assert all(row["energy_vs_genesys"] is None for row in rows)


def test_where_nothing_at_all_can_be_said_it_is_an_error():
    with pytest.raises(UserError, match="buffer"):
        small(backends=["genesys"], overrides=("buffer.banks=1", "buffer.words_per_bank=1"))


@pytest.mark.parametrize("override", ["clock.technology_nm=200", "clock.voltage_v=3"])
def test_where_prices_do_not_hold_it_is_an_error(override, played):
    with pytest.raises(UserError, match="clock"):
        small(overrides=(override,))
    assert not played


def test_a_table_with_faults_is_refused_before_anything_runs(played, tmp_path):
    text = (table_folder() / "genesys-15nm.toml").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("source =", "# source =", 1))
    with pytest.raises(UserError, match="source"):
        small(table=str(path))
    assert not played


def test_the_rows_as_csv(tmp_path):
    document = small(sweeps=["eve.pes=2,4"], platforms=["GENESYS"], backends=["genesys"])
    write_csv(document["rows"], tmp_path / "rows.csv")
    with open(tmp_path / "rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["eve.pes"] for row in rows] == ["2", "2", "4", "4"]
    assert [float(row["energy_j"]) for row in rows] == [row["energy_j"] for row in document["rows"]]
    with pytest.raises(UserError, match="--csv"):
        write_csv(document["rows"], tmp_path / "none" / "rows.csv")


def test_numbers_do_not_depend_on_threads():
    one, two = (small(threads=n, backends=["genesys"], platforms=["GENESYS"], sweeps=["eve.pes=2,4"], fresh=True)
                for n in (1, 2))  # fmt: skip
    assert one["rows"] == two["rows"]


def test_the_settings_can_be_run_again():
    document = small(backends=["software"], platforms=["host"])
    tables = document["settings"][0]["settings"]
    assert Settings.from_tables(tables).neat.population == 24
    assert load_settings(None, "CartPole").environment.id == tables["environment"]["id"]
