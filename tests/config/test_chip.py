import copy
from pathlib import Path

import pytest
from pydantic import ValidationError

from genesys_cli.config.chip import CHIP_TABLES, ChipSettings
from genesys_cli.config.chips import TAGS, chip_names, is_chip, load_chip, read_chip
from genesys_cli.config.fields import describe
from genesys_cli.config.layout import FieldSettings, LayoutSettings, NumberSettings, shipped_layout
from genesys_cli.config.load import load_settings, settings_from_toml, to_toml
from genesys_cli.config.memories import access_of, load_memory
from genesys_cli.config.schema import OPTIONAL, TABLES, Settings
from genesys_cli.errors import UserError

KEYS = describe(CHIP_TABLES)
CHIP_RUN = {"run.backend": "genesys"}


def chip_file(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(call, *args, **kwargs):
    with pytest.raises(UserError) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_every_setting_is_described():
    assert len(KEYS) == sum(len(model.model_fields) for model in CHIP_TABLES.values())
    for key in KEYS:
        assert key.description.endswith("."), key
        assert key.description[0].isupper(), key
        if "number" in key.type:
            assert key.allowed, f"{key.key} has no range"
    assert list(ChipSettings.model_fields) == list(CHIP_TABLES)
    assert not CHIP_TABLES.keys() & TABLES.keys()


@pytest.mark.parametrize("model", [*CHIP_TABLES.values(), FieldSettings, NumberSettings, LayoutSettings])
def test_both_ends_of_every_range_hold(model):
    for name, field in model.model_fields.items():
        assert field.description.endswith(".")
        for bound in field.metadata:
            for kind, beyond in (("ge", -1), ("gt", 0), ("le", 1), ("lt", 0)):
                if (limit := getattr(bound, kind, None)) is not None:
                    with pytest.raises(ValidationError) as caught:
                        model.model_validate({name: limit + beyond})
                    assert any(error["loc"] == (name,) for error in caught.value.errors())


def test_the_published_chip():
    chip = load_chip()
    assert chip.name == "genesys-15nm"
    assert chip.settings == ChipSettings()
    assert chip.settings.eve.pes == 256
    assert (chip.settings.adam.rows, chip.settings.adam.cols) == (32, 32)
    assert chip.settings.buffer.words * 8 == 1.5 * 2**20
    assert chip.settings.clock.frequency_hz == 200e6
    assert chip.settings.cpu_frequency_hz == 200e6
    assert load_chip(None, ["cpu.frequency_hz=1e6"]).settings.cpu_frequency_hz == 1e6


def test_a_large_and_a_small_chip_are_shipped():
    assert {"genesys-15nm", "genesys-edge"} <= set(chip_names())
    small, large = load_chip("Genesys-Edge").settings, load_chip().settings
    assert small.eve.pes < large.eve.pes
    assert small.buffer.words < large.buffer.words


@pytest.mark.parametrize("name", chip_names())
def test_every_constant_of_a_shipped_chip_says_where_it_is_from(name):
    chip = load_chip(name)
    assert list(chip.provenance) == [key.key for key in KEYS]
    assert chip.description.endswith(".")
    for key, origin in chip.provenance.items():
        assert origin.tag in TAGS, key
        assert origin.tag != "set", key
        assert origin.source, key


def test_the_documentation_has_every_parameter_of_the_published_chip():
    chip = load_chip()
    text = (Path(__file__).parents[2] / "docs" / "accelerator.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    found = {cells[0].strip("`"): cells for cells in rows if len(cells) == 5}
    assert list(found) == [key.key for key in KEYS]
    tables = chip.settings.model_dump()
    for key in KEYS:
        _, value, allowed, tag, meaning = found[key.key]
        table, name = key.key.split(".")
        actual = tables[table][name]
        if isinstance(actual, list):
            assert (value, allowed) == (f"all {len(actual)}", "names of functions")
        else:
            stated = {"none": None, "true": True, "false": False}.get(value, value)
            assert (float(stated) if type(actual) in (int, float) else stated) == actual
            assert allowed == (key.allowed or key.type)
        assert tag == chip.provenance[key.key].tag
        assert meaning + "." == key.description


@pytest.mark.parametrize(
    ("memory", "access"),
    [
        ("sram", (1, 1)), ("edram", (1, 1)), ("sot-mram", (1, 1)),
        ("stt-mram", (1, 3)), ("fefet", (1, 5)), ("reram", (1, 21)),
    ],
)  # fmt: skip
def test_accesses_take_what_the_memory_does(memory, access):
    def cycles(*overrides):
        return access_of(load_chip(None, [f"buffer.memory={memory}", *overrides]).settings)

    assert cycles() == access
    assert cycles("buffer.read_cycles=7") == (7, access[1])
    assert cycles("buffer.write_cycles=7") == (access[0], 7)
    slow, quick = cycles("clock.frequency_hz=1e6"), cycles("clock.frequency_hz=10e9")
    assert slow == (1, 1)
    assert min(quick) > 3


def test_a_latency_of_whole_cycles_takes_no_more():
    pulse = load_memory("sram").figures["read_ns"].value.nominal
    for cycles in (1, 2, 5):
        chip = ChipSettings.model_validate({"clock": {"frequency_hz": cycles / pulse * 1e9}})
        assert access_of(chip) == (cycles, cycles)


def test_overrides_are_applied_and_remembered():
    chip = load_chip("genesys-edge", ["eve.pes=3", "noc.kind=unicast", "cpu.frequency_hz=none"])
    assert (chip.settings.eve.pes, chip.settings.noc.kind) == (3, "unicast")
    assert chip.settings.cpu.frequency_hz is None
    assert chip.provenance["eve.pes"].tag == "set"
    assert chip.provenance["eve.crossover_bias"].tag == "own"


def test_a_file_may_state_plain_values_and_only_what_differs(tmp_path):
    text = '[chip]\ndescription = "x"\n[eve]\npes = 7\n[clock]\nvoltage_v = {value = 0.6, tag = "D", source = "y"}\n'
    path = chip_file(tmp_path, text)
    assert is_chip(path)
    chip = load_chip(path)
    assert chip.settings == ChipSettings.model_validate({"eve": {"pes": 7}, "clock": {"voltage_v": 0.6}})
    assert chip.provenance["eve.pes"] == ("", "given in mine.toml")
    assert chip.provenance["clock.voltage_v"] == ("D", "y")
    assert chip.provenance["adam.rows"] == ("", "not stated: as genesys-15nm")
    assert (chip.name, chip.description) == ("mine", "x")


def test_all_problems_of_a_file_come_at_once(tmp_path):
    path = chip_file(
        tmp_path,
        "[eve]\npes = {value = 0, tag = 'Q'}\n[adam]\nrows = {value = 1, tagg = 'P', source = 's', tag = 'P'}\n"
        "rosw = 3\n[neat]\nelitism = 1\n[noc]\nkind = 'multcast'\n",
    )
    text = refusal(load_chip, path, ["buffer.banks=x", "neat.population=3", "eve"])
    for part in (
        'eve.pes (in mine.toml): the tag "Q" must be one of P, p, R, C, D, own\n',
        "adam.rows (in mine.toml): has tagg beside value, tag and source",
        "neat: there is no such setting",
        "--set eve: must have the form KEY=VALUE",
        "eve.pes = 0 (in mine.toml): must be a whole number from 1 to 4096, since a chip without processing elements",
        "adam.rosw (in mine.toml): there is no such setting; did you mean 'adam.rows'?",
        "noc.kind = 'multcast' (in mine.toml): must be one of multicast, unicast, parent-multicast; did you mean 'mult",
        "buffer.banks = 'x' (--set): must be a whole number from 1 to 4096",
    ):
        assert part in text
    assert "--set neat.population: is no setting of a chip; those are in the tables clock, eve, noc" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "genesys-15",
            "there is no chip 'genesys-15'; did you mean 'genesys-15nm'? Give a TOML file or one of: genesys",
        ),
        ("zzz", "there is no chip 'zzz'. Give a TOML file"),
        ("nowhere/mine.toml", "there is no chip file 'nowhere/mine.toml'"),
    ],
)
def test_a_missing_chip(name, message):
    assert message in refusal(load_chip, name)


def test_a_broken_file(tmp_path):
    assert "the chip file" in refusal(read_chip, chip_file(tmp_path, "[eve"))
    assert "eve: must be a table of settings, not 3" in refusal(load_chip, chip_file(tmp_path, "eve = 3"))


def changed_layout(place, **changes):
    """Return wide16 with changes at a place: ``node.bias``, ``operand`` or nothing for the layout itself."""
    layout = copy.deepcopy(shipped_layout("wide16").model_dump())
    kind, _, name = place.partition(".")
    found = layout[kind] if kind else layout
    if name:
        found = next(field for field in found if field["name"] == name)
    found.update(changes)
    return layout


GENOME = {"name": "genome", "offset": 32, "width": 4, "format": "unsigned", "fraction": 0}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (changed_layout("node.bias", name="id"), "two fields of a node have the same name"),
        (changed_layout("node.bias", name="id"), "a node has no field 'bias'"),
        (changed_layout("node.bias", name="bais"), "a node cannot have a field 'bais'; did you mean 'bias'?"),
        (changed_layout("node.bias", offset=50), "node fields 'id' and 'bias' overlap"),
        (changed_layout("node.bias", format="unsigned"), "node field 'bias' must have the format fixed"),
        (changed_layout("node.bias", fraction=16), "node field 'bias' has more bits after the point"),
        (changed_layout("node.type", width=2), "node field 'type' reaches beyond bit 63"),
        (changed_layout("node.kind", width=1), "the field 'kind' must have 2 bits"),
        (changed_layout("node.id", width=15), "ids must have at most 14 bits"),
        (changed_layout("node.id", width=9), "max_nodes must be at most 512"),
        (changed_layout("connection.type", offset=62), "the node's 'type' and the connection's 'type' must lie in the"),
        (changed_layout("connection.source", offset=48), "the node's 'id' and the connection's 'source' must lie in"),
        (changed_layout("connection.destination", width=9), "ids of sources and destinations must have the same width"),
        (changed_layout("connection.enable", width=2), "connection field 'enable' is a flag, so its width must be 1"),
        (changed_layout("connection.weight", **GENOME), "'genome' must be in both words or in neither"),
        (changed_layout("node.response", **GENOME), "max_genomes must be at most 16"),
        (changed_layout("", max_genomes=9), "max_genomes needs a field 'genome'"),
        (changed_layout("", accumulator_bits=8), "accumulator_bits must not be below the width of an operand"),
        (changed_layout("operand", fraction=16), "operand has more bits after the point"),
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(layout, message):
    with pytest.raises(ValidationError) as caught:
        ChipSettings.model_validate({"genes": {"layout": layout}})
    (error,) = caught.value.errors()
    assert error["type"] == "conflict"
    assert message in error["ctx"]["allowed"]


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("wide61", "must be one of rtl8, wide16, or a table that describes a layout; did you mean 'wide16'?"),
        ("3", "genes.layout = 3 (--set): must be a text or table"),
        ("{node = [{name = 'id', offset = 64}]}", "genes.layout.node[0].offset = 64 (--set): must be a whole"),
        ("{node = [{name = 'id', offset = 64}]}", "genes.layout.node[0].width (--set): must be given"),
        ("{nodes = 1, node = [], connection = []}", "genes.layout.nodes (--set): there is no such setting"),
    ],
)
def test_layouts_that_cannot_be_used(layout, message):
    assert message in refusal(load_chip, None, [f"genes.layout={layout}"])


def test_a_layout_of_ones_own(tmp_path):
    table = changed_layout("node.bias", fraction=3)
    settings = ChipSettings.model_validate({"genes": {"layout": table}})
    assert settings.genes.resolved().model_dump() == table
    assert ChipSettings().genes.resolved() == shipped_layout("wide16")


def test_software_has_no_chip():
    settings = load_settings(None, "CartPole")
    assert settings.chip is None
    assert "[eve]" not in to_toml(settings)
    assert settings.tables().keys() == TABLES.keys() - set(OPTIONAL)


def test_a_chip_without_its_backend_is_refused():
    for given in ({"chip": "genesys-edge"}, {"overrides": ["eve.pes=4"]}):
        text = refusal(load_settings, None, "CartPole", **given)
        assert "only the backend 'genesys' or 'rtl' has a chip, but run.backend is 'software'" in text
        assert "add --backend genesys" in text


def test_a_chips_run_can_be_repeated_in_software(tmp_path):
    path = chip_file(tmp_path, "[eve]\npes = 4\n[neat]\nelitism = 3\n")
    settings = load_settings(path)
    assert settings.chip is None
    assert settings.neat.elitism == 3


def test_a_misspelt_key_of_the_chip_finds_it():
    assert "did you mean 'eve.pes'?" in refusal(load_settings, None, None, ["eve.pse=3"])
    assert "did you mean 'noc.kind'?" in refusal(load_settings, None, None, ["kind=unicast"])


def test_tables_and_back():
    settings = Settings(chip=load_chip("genesys-edge").settings)
    tables = settings.tables()
    assert tables.keys() == (TABLES.keys() | CHIP_TABLES.keys()) - set(OPTIONAL)
    assert Settings.from_tables(tables) == settings
    assert Settings.from_tables(Settings().tables()) == Settings()


def test_the_chip_of_a_run():
    assert load_settings(None, "CartPole", [], CHIP_RUN).chip == ChipSettings()
    edge = load_chip("genesys-edge").settings
    assert load_settings(None, "CartPole", [], CHIP_RUN, "genesys-edge").chip == edge
    set_too = load_settings(None, "CartPole", ["eve.pes=4", "neat.elitism=3"], CHIP_RUN, "genesys-edge")
    assert set_too.chip == load_chip("genesys-edge", ["eve.pes=4"]).settings
    assert set_too.neat.elitism == 3


def test_a_preset_may_have_a_chip_and_a_flag_replaces_it(tmp_path):
    path = chip_file(tmp_path, "[eve]\npes = 4\n[run]\nbackend = 'genesys'\n")
    assert load_settings(path).chip.eve.pes == 4
    assert load_settings(path, None, ["eve.pes=5"]).chip.eve.pes == 5
    assert load_settings(path, chip="genesys-edge").chip == load_chip("genesys-edge").settings
    assert load_settings(path, flags={"run.backend": "software"}).chip is None


def test_settings_with_a_chip_read_back_the_same():
    table = changed_layout("node.bias", fraction=3)
    settings = load_settings(None, "CartPole", ["eve.pes=4", "genes.layout=rtl8"], CHIP_RUN)
    own = settings.model_copy(update={"chip": ChipSettings.model_validate({"genes": {"layout": table}})})
    for one in (settings, own):
        assert settings_from_toml(to_toml(one)) == one


def test_problems_of_run_and_chip_come_together(tmp_path):
    chip = chip_file(tmp_path, "[eve]\npes = {value = 0, tag = 'Q'}\n")
    text = refusal(load_settings, None, "CartPole", ["neat.elitism=-1"], CHIP_RUN, chip)
    assert "3 settings cannot be used" in text
    for part in ("the tag", "eve.pes = 0 (in mine.toml)", "neat.elitism = -1 (--set)"):
        assert part in text
