"""What ``genesys bench --ert`` writes, read back by a YAML parser and by hand, against the energy model."""

import csv
import io
import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.bench import accelergy, scalesim, tables, yaml_text
from genesys_cli.bench.compare import compare
from genesys_cli.bench.plan import Request
from genesys_cli.config.chip import ChipSettings
from genesys_cli.energy.prices import Line
from genesys_cli.energy.table import load_table
from genesys_cli.errors import UserError
from genesys_cli.ranges import Range
from genesys_cli.report.output import make_folder
from small_bench import SMALL, Listener

SIDES = {"_low": 0, "": 1, "_high": 2}
CLOSE = 1e-14  # relative: products of the files and of the model are rounded in another order


def written(folder, **fields):
    """Return the document of a short comparison that also wrote its tables."""
    request = Request(**(SMALL | {"backends": ["genesys"]} | fields))
    return compare(request, ["GENESYS"], None, ["genesys", "bench"], Listener(), ert=folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "tables"
    return folder, written(folder)


def parsed(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def energies(folder, ending=""):
    """Return joules by component and action, from the files alone."""
    table = {entry["name"]: entry["actions"] for entry in parsed(folder / f"ERT{ending}.yaml")["ERT"]["tables"]}
    found = {}
    for entry in parsed(folder / "action_counts.yaml")["action_counts"]["local"]:
        prices = {action["name"]: action["energy"] for action in table[entry["name"]]}
        for action in entry["action_counts"]:
            found[entry["name"], action["name"]] = prices[action["name"]] * action["counts"] * 1e-12
    return found


@pytest.mark.parametrize("ending", SIDES)
def test_energy_times_counts_is_the_models(done, ending):
    folder, document = done
    model = document["chip"][0]["energy"]["bottom_up"]
    found = energies(folder, ending)
    side = SIDES[ending]
    assert math.fsum(found.values()) == pytest.approx(model["joules"][side], rel=CLOSE, abs=0)
    for kind, leaks in (("leakage", True), ("energy", False)):
        mine = [joules for (_, action), joules in found.items() if action.startswith("leak") == leaks]
        assert math.fsum(mine) == pytest.approx(model["by_kind"][kind][side], rel=CLOSE, abs=0)
    for component, joules in model["by_component"].items():
        mine = [value for (name, _), value in found.items() if name.split(".")[1] == component]
        assert math.fsum(mine) == pytest.approx(joules[side], rel=CLOSE, abs=0)


def test_the_files_have_accelergys_form(done):
    folder, document = done
    chip = document["chip"][0]
    ert = parsed(folder / "ERT.yaml")["ERT"]
    assert ert.keys() == {"version", "tables"}
    tables = {entry["name"]: {action["name"]: action for action in entry["actions"]} for entry in ert["tables"]}
    assert tables["genesys.sram"]["read"].keys() == {"name", "arguments", "energy"}
    assert tables["genesys.sram"]["read"]["arguments"] == {}
    read = load_table().prices["energy", "sram", "read"].value.nominal
    assert tables["genesys.sram"]["read"]["energy"] == pytest.approx(read * (1.0 / 0.8) ** 2)
    assert list(tables[f"genesys.eve.pe[0..{chip['settings']['eve']['pes'] - 1}]"]) == ["leak"]
    counts = parsed(folder / "action_counts.yaml")["action_counts"]["local"]
    assert {entry["name"] for entry in counts} == tables.keys()
    assert all(isinstance(action["counts"], int | float) for entry in counts for action in entry["action_counts"])
    assert (folder / "ERT.yaml").read_text().startswith("# CartPole on genesys: sums over 2 generations, seed 0.\n")


def test_a_leak_is_counted_per_cycle_and_instance(done):
    folder, document = done
    chip = document["chip"][0]
    cycles = chip["counts"]["generation_cycles"]
    found = {
        entry["name"]: entry["action_counts"]
        for entry in parsed(folder / "action_counts.yaml")["action_counts"]["local"]
    }
    [leak] = found["genesys.sram.bank[0..47]"]
    assert leak["name"] == "leak"
    assert leak["counts"] == pytest.approx(48 * cycles, rel=CLOSE)


@pytest.mark.parametrize("ending", SIDES)
def test_areas_are_those_of_the_chip(done, ending):
    folder, document = done
    total = 0.0
    for entry in parsed(folder / f"ART{ending}.yaml")["ART"]["tables"]:
        first, _, last = entry["name"].partition("[")[2].rstrip("]").partition("..")
        total += entry["area"] * (int(last) - int(first) + 1 if last else 1)
    assert total * 1e-6 == pytest.approx(document["chip"][0]["area_mm2"][SIDES[ending]], rel=1e-12)


def test_what_is_not_whole_is_one_component():
    assert accelergy.part_of("sram", "bank", 48.0) == ("genesys.sram.bank[0..47]", 1.0)
    assert accelergy.part_of("cpu", "core", 1) == ("genesys.cpu.core", 1)
    assert accelergy.part_of("sram", "bank", 2.5) == ("genesys.sram.bank", 2.5)
    chip = ChipSettings.model_validate({"buffer": {"banks": 5, "words_per_bank": 2048}})
    line = Line(
        "leakage", "sram", "bank", "inference", 2.5 * 3.0, "", Range(1, 2, 4), Range(7.5, 15, 30).scaled(1e-3), 1.0
    )
    [leak] = accelergy.actions_of([line], chip)
    assert leak.counts == pytest.approx(3.0 * chip.clock.frequency_hz)
    assert leak.energy.scaled(1e-12 * leak.counts) == pytest.approx(line.joules)


def test_one_action_has_one_energy():
    one = Line("energy", "eve", "cycle", "evolution", 2.0, "", Range(1, 2, 3), Range(2, 4, 6), 1.0)
    again = one._replace(phase="inference", times=3.0)
    assert accelergy.actions_of([one, again], ChipSettings())[0].counts == 5.0
    with pytest.raises(ValueError, match=r"genesys.eve has two energies of cycle"):
        accelergy.actions_of([one, again._replace(price=Range(2, 2, 3))], ChipSettings())


def test_states_of_what_leaks_are_actions_of_it():
    asleep = Line(
        "leakage", "eve", "pe in retention", "inference", 256.0, "", Range(1, 1, 1), Range(0.2, 0.2, 0.2), 1.0
    )
    [leak] = accelergy.actions_of([asleep], ChipSettings())
    assert (leak.component, leak.name) == ("genesys.eve.pe[0..255]", "leak_in_retention")


def rows(text):
    """Return a report as SCALE-Sim's own reader splits it, with the empty cell after the last comma left out."""
    header, *lines = [[cell.strip() for cell in line][:-1] for line in csv.reader(io.StringIO(text))]
    return [dict(zip(header, map(float, line), strict=True)) for line in lines]


def test_reports_have_scalesims_columns(done):
    folder, _ = done
    first = (folder / "COMPUTE_REPORT.csv").read_text().splitlines()[0]
    assert first == (
        "LayerID, Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, "
        "Compute Util %,"
    )
    assert (folder / "BANDWIDTH_REPORT.csv").read_text().splitlines()[0] == (
        "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg FILTER DRAM BW, "
        "Avg OFMAP DRAM BW,"
    )
    detail = (folder / "DETAILED_ACCESS_REPORT.csv").read_text().splitlines()[0]
    assert detail.startswith(
        "LayerID, SRAM IFMAP Start Cycle, SRAM IFMAP Stop Cycle, SRAM IFMAP Reads, SRAM Filter Start"
    )
    assert detail.endswith(" DRAM OFMAP Start Cycle, DRAM OFMAP Stop Cycle, DRAM OFMAP Writes,")


def test_layers_add_up_to_the_chips_counts(done):
    folder, document = done
    counts = document["chip"][0]["counts"]
    compute = rows((folder / "COMPUTE_REPORT.csv").read_text())
    detail = rows((folder / "DETAILED_ACCESS_REPORT.csv").read_text())
    assert [row["LayerID"] for row in compute] == list(range(len(compute)))
    assert sum(row["Total Cycles"] for row in compute) == counts["adam_cycles"]
    for column, count in (
        ("SRAM IFMAP Reads", "adam_input_reads"),
        ("SRAM Filter Reads", "adam_weight_reads"),
        ("SRAM OFMAP Writes", "adam_output_writes"),
    ):
        assert sum(row[column] for row in detail) == counts[count]
    macs = sum(row["Overall Util %"] * row["Total Cycles"] for row in compute) / 100 * 1024
    assert macs == pytest.approx(counts["useful_macs"] + counts["padded_macs"])
    for row, bandwidth, accesses in zip(
        compute, rows((folder / "BANDWIDTH_REPORT.csv").read_text()), detail, strict=True
    ):
        assert bandwidth["Avg FILTER SRAM BW"] * row["Total Cycles"] == pytest.approx(accesses["SRAM Filter Reads"])
        assert 0 < row["Compute Util %"] <= row["Mapping Efficiency %"] <= 100


LAYER = {
    "adam_cycles": 100,
    "adam_tiles": 2,
    "useful_macs": 60,
    "padded_macs": 4,
    "adam_weight_reads": 64,
    "adam_input_reads": 16,
    "adam_output_writes": 8,
    "adam_word_reads": 20,
    "adam_word_writes": 2,
    "mapped_units": 8,
    "adam_dram_reads": 0,
    "adam_stall_dram": 0,
}


def test_a_layer_waits_for_banks_that_cannot_keep_up():
    """One bank would serve 22 words in 22 cycles."""
    chip = ChipSettings.model_validate({"buffer": {"banks": 1}, "adam": {"rows": 4, "cols": 4}})
    assert scalesim.stall_cycles(LAYER, chip) == 0
    short = LAYER | {"adam_cycles": 20}
    assert scalesim.stall_cycles(short, chip) == 2
    [row] = rows(scalesim.files([short], chip)["COMPUTE_REPORT.csv"])
    assert (row["Total Cycles"], row["Stall Cycles"]) == (22, 2)
    assert row["Overall Util %"] == pytest.approx(100 * 64 / (22 * 16))
    assert row["Compute Util %"] == pytest.approx(100 * 64 / (20 * 16))
    assert row["Mapping Efficiency %"] == pytest.approx(100 * 8 / (2 * 16))
    [row] = rows(scalesim.files([short], chip)["BANDWIDTH_REPORT.csv"])
    assert row["Avg IFMAP SRAM BW"] == pytest.approx(16 / 22)
    assert row["Avg OFMAP DRAM BW"] == 0


def test_a_layer_waits_for_dram():
    """Of 64 weights four words of four come from DRAM."""
    spilt = LAYER | {"adam_dram_reads": 4, "adam_stall_dram": 30}
    texts = scalesim.files([spilt], ChipSettings())
    [row] = rows(texts["COMPUTE_REPORT.csv"])
    assert (row["Total Cycles"], row["Stall Cycles"]) == (130, 30)
    [row] = rows(texts["DETAILED_ACCESS_REPORT.csv"])
    assert (row["SRAM Filter Reads"], row["DRAM Filter Reads"], row["DRAM Filter Stop Cycle"]) == (64, 16, 129)
    assert row["DRAM IFMAP Stop Cycle"] == row["DRAM OFMAP Writes"] == 0
    assert rows(texts["BANDWIDTH_REPORT.csv"])[0]["Avg FILTER DRAM BW"] == pytest.approx(16 / 130)


def test_a_layer_without_cycles():
    nothing = dict.fromkeys(LAYER, 0)
    for text in scalesim.files([nothing], ChipSettings()).values():
        assert set(list(rows(text)[0].values())[1:]) == {0}
    assert len(scalesim.files([], ChipSettings())["COMPUTE_REPORT.csv"].splitlines()) == 1


def test_several_chips_have_a_folder_each_and_kept_results_have_layers_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep = {"sweeps": ["eve.pes=2,8"]}
    written(tmp_path / "one", **sweep)
    listener = Listener()
    compare(Request(**(SMALL | {"backends": ["genesys"]} | sweep)), [], None, [], listener, ert=tmp_path / "two")
    assert "2 of 2 results are taken from" in listener.messages[0]
    names = ["CartPole-genesys-eve.pes=2", "CartPole-genesys-eve.pes=8"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        files = {path.name: path.read_bytes() for path in (tmp_path / "one" / name).iterdir()}
        assert len(files) == 10
        assert files == {path.name: path.read_bytes() for path in (tmp_path / "two" / name).iterdir()}


class Named:
    def __init__(self, env, backend, **point):
        self.env, self.backend, self.point = env, backend, point


def test_names_of_folders_are_safe_and_differ():
    groups = [Named("ALE/Alien", "genesys", x="a/b"), Named("ale/alien", "genesys", x="a b"), Named("X", "y" * 300)]
    names = tables.folder_names(groups)
    assert names[:2] == ["ALE_Alien-genesys-x=a_b", "ale_alien-genesys-x=a_b-2"]
    assert len(names[2]) == 200


def test_a_folder_with_something_in_it_is_kept(tmp_path):
    make_folder("--ert", tmp_path / "a" / "b")
    make_folder("--ert", tmp_path / "a" / "b")
    (tmp_path / "file").write_text("mine")
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(UserError, match="exists already and is kept as it is; choose another folder"):
            make_folder("--ert", taken)
    with pytest.raises(UserError, match="cannot write .*choose another folder with --ert"):
        make_folder("--ert", tmp_path / "file" / "inside")


KEYS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=8)
SCALARS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), KEYS, st.booleans(), st.none())
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(KEYS, TREES, max_size=3))
def test_a_parser_reads_what_was_written(content):
    text = yaml_text.document(content, "a comment\nin two lines")
    found = yaml.safe_load(text) or {}
    assert found == content
    assert json.dumps(found, sort_keys=True) == json.dumps(content, sort_keys=True)  # 1 and 1.0 and True differ


@pytest.mark.parametrize("value", [1e-6, 1e22, 1.5e-7, 5e-324, 0.1 + 0.2, -1e-9, 0.0])
def test_numbers_keep_their_last_digit(value):
    assert yaml.safe_load(yaml_text.number(value)) == value


def test_a_table_has_no_infinite_numbers():
    with pytest.raises(ValueError, match="inf is no number"):
        yaml_text.document({"a": float("inf")})
