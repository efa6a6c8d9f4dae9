import copy
import math

import pytest

from genesys_cli.config import toml
from genesys_cli.config.chip import ChipSettings, ClockSettings
from genesys_cli.config.chips import TAGS
from genesys_cli.energy.table import (
    AREA,
    COMPONENTS,
    DEFAULT_TABLE,
    ENERGY,
    KNOWN,
    LEAKAGE,
    load_table,
    parse_table,
    table_folder,
    table_names,
)
from genesys_cli.errors import UserError

TEXT = (table_folder() / "genesys-15nm.toml").read_text(encoding="utf-8")
DOCUMENT = toml.parse(TEXT)


def refusal(document):
    with pytest.raises(UserError) as caught:
        parse_table(document, "mine.toml")
    return str(caught.value)


def entry(document, kind, component, action):
    return next(e for e in document[kind] if action in (e.get("action"), e.get("part")) and e["component"] == component)


@pytest.fixture
def document():
    return copy.deepcopy(DOCUMENT)


def test_every_entry_of_every_shipped_table_has_a_source():
    assert DEFAULT_TABLE in table_names()
    for name in table_names():
        table = load_table(name)
        assert table.name == name
        assert table.description
        for price in table.prices.values():
            assert price.tag in TAGS
            assert len(price.source) > 20, price
        stated = table.published
        for constant in (*table.laws.values(), stated.power_mw, stated.area_mm2, *stated.parts_mm2.values()):
            assert constant.tag in TAGS
            assert len(constant.source) > 20


def test_everything_known_is_priced(table):
    wanted = {(kind, c, a) for kind, components in KNOWN.items() for c, actions in components.items() for a in actions}
    assert wanted == set(table.prices)
    assert {c for kind in KNOWN for c in KNOWN[kind]} <= set(COMPONENTS)


def test_a_price_that_is_our_own_is_no_claim_to_precision(table):
    for price in table.prices.values():
        if price.tag == "own":
            assert price.value.high >= 1.15 * price.value.low, price


def test_prices_at_their_own_point_are_those_of_the_file(table):
    for kind, named in ((ENERGY, "action"), (LEAKAGE, "part"), (AREA, "part")):
        for stated in DOCUMENT[kind]:
            price = table.prices[kind, stated["component"], stated[named]]
            assert price.at(ClockSettings(voltage_v=0.8), table.corner) == (
                stated["low"],
                stated["nominal"],
                stated["high"],
            )
    assert table.prices[ENERGY, "dram", "word"].at(ClockSettings(technology_nm=45, voltage_v=1.1)).nominal == 512
    assert table.prices[AREA, "eve", "pe"].at(ClockSettings(voltage_v=1.1)).nominal == 3477


def test_the_published_chip_is_the_shipped_one(table):
    assert table.published.settings == ChipSettings()
    assert table.published.describes(ChipSettings())
    for key, value in (("eve", {"pes": 128}), ("clock", {"voltage_v": 0.8}), ("genes", {"layout": "rtl8"})):
        assert not table.published.describes(ChipSettings.model_validate({key: value}))


FAULTS = [
    ({"source": None}, "has no source"),
    ({"source": "  "}, "has no source"),
    ({"tag": "guess"}, "must be one of P, p, R"),
    ({"low": -0.1}, "low = -0.1 must be a finite number that is not negative"),
    ({"high": math.inf}, "high = inf must be a finite number"),
    ({"nominal": "3.6"}, "nominal = '3.6' must be a finite number"),
    ({"nominal": True}, "nominal = True must be a finite number"),
    ({"nominal": None}, "nominal = (not given) must be a finite number"),
    ({"low": 4.0}, "must ascend"),
    ({"high": 3.0}, "must ascend"),
    ({"technology_nm": 3}, "technology_nm = 3: energy is modelled from 7 to 130 nm"),
    ({"voltage_v": 3.3}, "voltage_v = 3.3: energy is modelled from 0.5 to 1.3 V"),
    ({"scales": "frequency"}, "scales = 'frequency' must be one of 'technology and voltage'"),
    ({"energy": 1}, "there is no field 'energy'"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_each_kind_of_fault_is_refused_by_name(document, change, said):
    stated = entry(document, "energy", "eve", "cycle")
    stated.update(change)
    for key in [key for key, value in stated.items() if value is None]:
        del stated[key]
    message = refusal(document)
    assert message.startswith("the energy table mine.toml cannot be used: energy of eve.cycle: ")
    assert said in message


def test_unknown_missing_and_repeated_entries_are_refused(document):
    stated = entry(document, "energy", "eve", "cycle")
    stated["action"] = "cycel"
    message = refusal(document)
    assert "did you mean 'cycle'" in message
    assert "energy of eve.cycle: is missing" in message
    stated.update(component="eva", action="cycle")
    assert "must be one of eve, prng" in refusal(document)
    stated.update(component="eve")
    document["energy"].append(dict(stated))
    assert refusal(document).endswith("energy of eve.cycle: is given twice")


def test_areas_of_components_may_be_published_or_not(document):
    stated = document["published"]["parts_mm2"]
    assert {name: one.value for name, one in parse_table(document, "a.toml").published.parts_mm2.items()} == {
        "eve": 0.89,
        "adam": 0.25,
    }
    del document["published"]["parts_mm2"]
    assert parse_table(document, "a.toml").published.parts_mm2 == {}
    document["published"]["parts_mm2"] = {"eve": 3, "evil": stated["eve"], "adam": {**stated["adam"], "value": 0}}
    message = refusal(document)
    assert "published.parts_mm2.eve: must be given, as { value, tag, source }" in message
    assert "published.parts_mm2.evil: there is no such component; there are eve, prng" in message
    assert "published.parts_mm2.adam: value = 0 must be a finite number above 0" in message
    document["published"]["parts_mm2"] = 3
    assert "published.parts_mm2 = 3 must be a table of areas, by component: eve" in refusal(document)


def test_a_law_and_the_published_chip_need_their_sources_too(document):
    del document["laws"]["sram_depth_exponent"]["source"]
    document["published"]["power_mw"]["value"] = 0
    document["published"]["chip"]["eve"] = {"pes": 0}
    message = refusal(document)
    assert "laws.sram_depth_exponent: has no source" in message
    assert "published.power_mw: value = 0 must be a finite number above 0" in message
    assert "eve.pes" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"laws": None}, "[laws]: is missing"),
        ({"published": None}, "[published]: is missing"),
        ({"energy": {"eve": 1}}, "[[energy]]: must be a list of entries"),
        ({"prices": []}, "[prices]: there is no such section"),
    ],
)
def test_a_wrong_form_is_refused(document, change, said):
    document.update(change)
    assert said in refusal({key: value for key, value in document.items() if value is not None})


def test_all_faults_are_told_at_once(document):
    entry(document, "energy", "eve", "cycle")["low"] = -1
    del entry(document, "leakage", "sram", "bank")["source"]
    message = refusal(document)
    assert "energy of eve.cycle" in message
    assert "leakage of sram.bank: has no source" in message


def test_tables_are_found_by_name_and_by_path(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text(TEXT.replace("nominal = 3.6\n", "nominal = 4.0\n"), encoding="utf-8")
    assert load_table(path).prices[ENERGY, "eve", "cycle"].value.nominal == 4.0
    assert load_table("GENESYS-15nm") == load_table()
    with pytest.raises(UserError, match="did you mean 'genesys-15nm'"):
        load_table("genesys-15")
    with pytest.raises(UserError, match="there is no energy table file"):
        load_table(tmp_path / "none.toml")
    path.write_text("[[energy]", encoding="utf-8")
    with pytest.raises(UserError, match="not valid TOML"):
        load_table(path)
