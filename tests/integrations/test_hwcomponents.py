"""The components of ``integrations/hwcomponents_genesys`` against the energy table that they read."""

import sys
from pathlib import Path

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.energy.table import AREA, ENERGY, KNOWN, LEAKAGE, load_table

if sys.version_info < (3, 12):
    pytest.skip("hwcomponents needs Python 3.12", allow_module_level=True)
pytest.importorskip("hwcomponents", reason="hwcomponents is not installed: pip install hwcomponents")

FOLDER = Path(__file__).resolve().parents[2] / "integrations" / "hwcomponents_genesys"
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))

import hwcomponents_genesys as components  # noqa: E402
from hwcomponents import get_model, get_models  # noqa: E402

UNITS = {ENERGY: 1e-12, LEAKAGE: 1e-3, AREA: 1e-12}
ACTIONS = {
    ("eve", "cycle"): lambda **at: components.PE(**at).cycle(),
    ("eve", "wait"): lambda **at: components.PE(**at).wait(),
    ("eve", "register_bit"): lambda **at: components.PE(**at).register_bit(),
    ("prng", "word"): lambda **at: components.Prng(**at).word(),
    ("sram", "read"): lambda **at: components.SramBank(**at).read(),
    ("sram", "write"): lambda **at: components.SramBank(**at).write(),
    ("noc", "bit_mm"): lambda **at: components.Noc(**at).transfer(bits=1),
    ("noc", "hop"): lambda **at: components.Noc(**at).hop(),
    **{("adam", f"mac_{w}"): lambda w=w, **at: components.Mac(width=w, **at).compute() for w in (8, 16, 32)},
    **{("adam", f"beside_{w}"): lambda w=w, **at: components.Mac(width=w, **at).idle() for w in (8, 16, 32)},
    ("adam", "register_bit"): lambda **at: components.Mac(**at).register_bit(),
    ("adam", "node_update"): lambda **at: components.NodeUpdate(**at).compute(),
    ("activation", "lookup"): lambda **at: components.ActivationTable(**at).read(),
    ("activation", "interpolation"): lambda **at: components.PiecewiseActivation(**at).interpolate(),
    ("cpu", "cycle"): lambda **at: components.Cpu(**at).cycle(),
    ("cpu", "fetch"): lambda **at: components.Cpu(**at).fetch(),
    ("dram", "word"): lambda **at: components.Dram(**at).word(),
    ("pads", "bit"): lambda **at: components.Pads(**at).transfer(),
}
PARTS = {
    ("eve", "pe"): components.PE,
    ("eve", "split"): components.GeneSplit,
    ("eve", "merge"): components.GeneMerge,
    ("prng", "generator"): components.Prng,
    ("sram", "bank"): components.SramBank,
    **{("adam", f"mac_{w}"): lambda w=w, **at: components.Mac(width=w, **at) for w in (8, 16, 32)},
    ("activation", "kib"): lambda **at: components.ActivationTable(kib=1, **at),
}
POINTS = ((15, 0.8), (15, 1.0), (22, 0.9), (7, 0.7))


def entry(kind, component, action, at, bound):
    clock = ChipSettings.model_validate({"clock": {"technology_nm": at[0], "voltage_v": at[1]}}).clock
    table = load_table()
    return getattr(table.prices[kind, component, action].at(clock, table.corner), bound) * UNITS[kind]


def where(at, bound):
    return {"tech_node": at[0] * 1e-9, "voltage": at[1], "bound": bound}


def test_every_action_of_the_table_has_a_component():
    assert set(ACTIONS) == {(component, action) for component, actions in KNOWN[ENERGY].items() for action in actions}


@pytest.mark.parametrize("bound", ["low", "nominal", "high"])
@pytest.mark.parametrize("at", POINTS)
def test_energies_are_the_tables(at, bound):
    for (component, action), cost in ACTIONS.items():
        found = cost(**where(at, bound))
        assert found.energy == pytest.approx(entry(ENERGY, component, action, at, bound), rel=1e-12), action
        assert (found.latency, found.throughput) == (5e-9, 1 / 5e-9)


@pytest.mark.parametrize("bound", ["low", "nominal", "high"])
@pytest.mark.parametrize("at", POINTS)
def test_leakage_and_area_are_the_tables(at, bound):
    for (component, part), make in PARTS.items():
        one = make(**where(at, bound))
        assert one.leak_power == pytest.approx(entry(LEAKAGE, component, part, at, bound), rel=1e-12)
        assert one.area == pytest.approx(entry(AREA, component, part, at, bound), rel=1e-12)
    cpu = components.Cpu(**where(at, bound))
    both = [entry(LEAKAGE, "cpu", part, at, bound) for part in ("core", "memory")]
    assert cpu.leak_power == pytest.approx(sum(both), rel=1e-12)
    unit = components.PiecewiseActivation(segments=64, **where(at, bound))
    multiplier, segment = (entry(LEAKAGE, "activation", part, at, bound) for part in ("multiplier", "segment"))
    assert unit.leak_power == pytest.approx(multiplier + 64 * segment, rel=1e-12)


def test_depth_of_banks_and_bits():
    exponent = load_table().laws["sram_depth_exponent"].value
    shallow, deep = components.SramBank(), components.SramBank(words_per_bank=8192)
    assert deep.read().energy == pytest.approx(shallow.read().energy * 2**exponent)
    assert deep.area == pytest.approx(2 * shallow.area)
    assert shallow.read(bits_per_action=32).energy == pytest.approx(shallow.read().energy / 2)
    noc = components.Noc()
    assert noc.transfer(bits=64, mm=0.5).energy == pytest.approx(32 * noc.transfer(bits=1, mm=1).energy)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="must be one of 8, 16, 32"):
        components.Mac(width=12)
    with pytest.raises(ValueError, match="must be one of low, nominal, high"):
        components.PE(bound="mean")


def test_hwcomponents_finds_them():
    names = {model.component_name for model in get_models()}
    assert names >= {getattr(components, name).component_name for name in components.__all__}
    bank = get_model("genesys_sram_bank", {"words_per_bank": 8192, "voltage": 0.9})
    assert bank.area == components.SramBank(words_per_bank=8192).area
