import pytest

from genesys_cli.config.presets import read_toml
from genesys_cli.energy import platforms
from genesys_cli.energy.platforms import load_profile, platform_folder, platform_names, read_profile, shipped_costs
from genesys_cli.energy.profile import NOT_FUSED
from genesys_cli.errors import UserError
from genesys_cli.measure.calibration import Calibration
from genesys_cli.measure.costs import Costs
from genesys_cli.ranges import Range

PAPER = {f"{kind}_{letter}" for kind in ("CPU", "GPU") for letter in "abcd"}

GOOD = """
[machine]
name = "a machine"
kind = "cpu"

[power]
idle_w = { value = 1, tag = "own", source = "made up" }
active_w = { value = [5, 6, 8], tag = "own", source = "made up" }
tdp_w = { value = 7.5, tag = "own", source = "made up" }

[cores]
count = { value = 4, tag = "own", source = "made up" }
parallel_efficiency = { value = [0.5, 0.8, 1], tag = "own", source = "made up" }

[interpreted]
slowdown = { value = 2, tag = "own", source = "made up" }
interpreter = { value = 1, tag = "own", source = "made up" }
library = { value = 1, tag = "own", source = "made up" }

[platforms.mine]
software = "interpreted"
inference = "serial"
evolution = "serial"
"""


def refused(tmp_path, old, new):
    assert old in GOOD
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        load_profile(path)
    return str(caught.value)


def test_the_papers_platforms_and_todays_are_shipped():
    today = {"Orin_Nano", "Desktop", "Desktop_Python", "H100", "H200"}
    fused = {f"{name}_Fused" for name in ("GTX_1080", "TX2", "Orin_Nano", "H100", "H200")}
    assert PAPER | today | fused <= set(platform_names())


@pytest.mark.parametrize("name", platform_names())
def test_names_are_found_in_any_case_and_every_constant_has_a_source(name):
    profile = load_profile(name.upper())
    assert profile == load_profile(name.lower())
    assert profile.name == name
    assert profile.use.description
    constants = profile.constants()
    assert {"power.idle_w", "power.active_w", "power.tdp_w"} < constants.keys()
    assert any(key.startswith(f"{profile.use.software}.") for key in constants)
    for row in platforms.described(constants):
        assert row["source"].strip()
        assert row["tag"]
        assert 0 <= row["low"] <= row["nominal"] <= row["high"]


@pytest.mark.parametrize("letter", "abcd")
def test_parallelism_is_that_of_the_paper(letter):
    cpu, gpu = load_profile(f"CPU_{letter}").use, load_profile(f"GPU_{letter}").use
    parallel = "population" if letter in "bd" else "serial"
    assert (cpu.software, cpu.inference, cpu.evolution) == ("interpreted", parallel, "serial")
    assert (gpu.software, gpu.inference, gpu.evolution) == ("compiled", parallel, "population")


@pytest.mark.parametrize("name", [name for name in platform_names() if name.endswith("_Fused")])
def test_one_kernel_rests_on_nothing_that_a_step_needs(name):
    profile = load_profile(name)
    assert (profile.use.software, profile.use.inference, profile.use.evolution) == ("fused", "population", "population")
    assert "fused.connection_cycles" in profile.constants()
    assert not profile.constants().keys() & set(NOT_FUSED)
    for other in profile.tables.platforms:
        if other != name:
            assert not any(key.startswith("fused.") for key in load_profile(other).constants())


def test_names_of_platforms_are_unique():
    names = [name for path in platform_folder().glob("*.toml") for name in read_toml(path, "platform")["platforms"]]
    assert len(names) == len({name.lower() for name in names})


def test_an_unknown_name_shows_the_nearest():
    with pytest.raises(
        UserError, match=r"no platform 'cpu-a'; did you mean 'CPU_a'\? Give a TOML file or one of: CPU_a"
    ):
        load_profile("cpu-a")
    with pytest.raises(UserError, match="no platform file 'none/x'"):
        load_profile("none/x")


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    profile = load_profile(path)
    assert profile.name == "mine"
    assert profile.tables.power.active_w.value == (5, 6, 8)
    assert load_profile(str(path)) == profile
    path.write_text(GOOD + GOOD[GOOD.index("[platforms.mine]") :].replace("mine", "too"))
    with pytest.raises(UserError, match="2 platforms, mine, too"):
        load_profile(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value = 1,", "value = -1,", "power.idle_w.value = -1 (in mine.toml): must not be negative"),
        ("value = 1,", "value = [1, 3, 2],", "must rise from low over nominal to high"),
        ("value = 1,", "value = [1, 2],", "must be a number, or a list of three"),
        ("value = 1,", "value = true,", "must be a number"),
        ("value = 1,", "value = inf,", "must be a number"),
        ("value = 1,", "value = 'x',", 'power.idle_w.value = "x"'),
        ("value = 4,", "value = 0,", "cores.count.value = 0 (in mine.toml): must be above 0"),
        ("[0.5, 0.8, 1]", "[0.5, 0.8, 1.2]", "must be above 0 and at most 1"),
        (', source = "made up" }', " }", "power.idle_w.source (in mine.toml): must be given, since a number without"),
        ('source = "made up"', 'source = " "', "power.idle_w.source (in mine.toml): must not be empty"),
        ('tag = "own"', 'tag = "guess"', 'power.idle_w.tag = "guess" (in mine.toml): must be one of'),
        ("idle_w", "idel_w", "power.idel_w (in mine.toml): there is no such key; did you mean 'idle_w'?"),
        ("[cores]", "[core]", "core (in mine.toml): there is no such key; did you mean 'cores'?"),
        ("value = 1,", "valeu = 1,", "power.idle_w.valeu (in mine.toml): there is no such key; did you mean 'value'?"),
        (
            "inference =",
            "inferrence =",
            "platforms.mine.inferrence (in mine.toml): there is no such key; did you mean 'inf",
        ),
        ('kind = "cpu"', 'kind = "tpu"', "machine.kind = \"tpu\" (in mine.toml): must be one of 'cpu' or 'gpu'"),
        ('kind = "cpu"', 'kind = "gpu"', "a gpu must have the table [launch]"),
        ('kind = "cpu"', 'kind = "gpu"', "mine cannot run interpreted software on a gpu"),
        ('"interpreted"', '"compiled"', "mine runs compiled software, so there must be the table [compiled]"),
        ('"interpreted"', '"fused"', "mine runs fused software, so there must be the table [fused]"),
        ('"interpreted"', '"fused"', "so there must be the table [compiled], for its evolution"),
        ('"interpreted"', '"fused"', "mine cannot run fused software on a cpu"),
        ('"interpreted"', '"fused"', "so its inference must be population"),
        ("value = 1,", "value = 5.5,", "must not be below idle_w"),
        ("value = 7.5", "value = 5", "must not be above tdp_w"),
        ('name = "a machine"', 'name = ""', "machine.name (in mine.toml): must not be empty"),
        ("[machine]", "[machine", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_refused_and_named(tmp_path, old, new, said):
    assert said in refused(tmp_path, old, new)


def test_all_problems_come_at_once(tmp_path):
    text = refused(tmp_path, "value = 1,", "value = -1, colour = 'red',")
    assert "2 settings cannot be used" in text


def test_platforms_that_are_no_table_or_none(tmp_path):
    tail = GOOD[GOOD.index("[platforms.mine]") :]
    assert "platforms (in mine.toml): must be given" in refused(tmp_path, tail, "")
    assert "platforms (in mine.toml): must not be empty" in refused(tmp_path, tail, "[platforms]\n")
    path = tmp_path / "mine.toml"
    path.write_text("platforms = 3\n" + GOOD[: GOOD.index("[platforms.mine]")])
    with pytest.raises(UserError, match="must be a table, not 3"):
        read_profile(path)


def test_costs_are_the_shipped_ones_unless_the_calibration_says_how_fast_its_machine_is():
    costs, source = shipped_costs()
    assert load_profile("CPU_a").costs == costs
    assert "AMD EPYC" in source
    own = Calibration("m", "c", "3.12.1", "2026-01-01", Costs(*([Range(1.0, 2.0, 3.0)] * 10)))
    assert load_profile("CPU_a", own).costs == costs
    scaled = load_profile("CPU_a", own._replace(relative_speed=Range(0.5, 1.0, 2.0)))
    assert scaled.costs.step_s == (0.5, 2.0, 6.0)
    assert scaled.costs_source == "measured on m (c), Python 3.12.1, 2026-01-01"
