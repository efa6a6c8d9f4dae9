"""Tables of prices: what an action costs, what an instance leaks, how large it is, and where each number is from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..config import toml
from ..config.chip import CHIP_TABLES, ChipSettings, ClockSettings
from ..config.presets import find_file, preset_folder, read_toml
from ..config.problems import as_user_error, problem_lines
from ..errors import UserError, nearest
from ..ranges import Range
from . import scaling
from .blocks import BLOCKS
from .leakage import check_kelvin
from .provenance import number_of, provenance, shown
from .states import Sleep, read_states

DEFAULT_TABLE = "genesys-15nm"

ENERGY, LEAKAGE, AREA = "energy", "leakage", "area"
UNITS = {ENERGY: "pJ", LEAKAGE: "mW", AREA: "um2"}
NAMED = {ENERGY: "action", LEAKAGE: "part", AREA: "part"}  # the key beside `component`
SCALES = {
    ENERGY: (scaling.BOTH, scaling.VOLTAGE, scaling.NOTHING),
    LEAKAGE: (scaling.BOTH, scaling.VOLTAGE, scaling.NOTHING),
    AREA: (scaling.TECHNOLOGY, scaling.NOTHING),
}
_PARTS = {block.name: block.parts for block in BLOCKS if block.parts}
KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    ENERGY: {block.name: block.actions for block in BLOCKS},
    LEAKAGE: _PARTS,
    AREA: _PARTS,
}
"""What a table has to price: for each kind of price the components, and the actions or parts of each."""
LAWS = tuple(law for block in BLOCKS for law in block.laws)
COMPONENTS = tuple(block.name for block in BLOCKS)


class Price(NamedTuple):
    """One entry. value: in UNITS[kind], at technology_nm and voltage_v; scales: one of SCALES[kind]"""

    kind: str
    component: str
    action: str
    value: Range
    technology_nm: float
    voltage_v: float
    scales: str
    source: str
    tag: str

    def at(self, clock: ClockSettings, corner: Corner | None = None) -> Range:
        """Return the price of the same thing made in a chip's technology, at its voltage and temperature."""
        return self.value.scaled(self.factor(clock, corner))

    def factor(self, clock: ClockSettings, corner: Corner | None = None) -> float:
        here, there = (self.technology_nm, self.voltage_v), (clock.technology_nm, clock.voltage_v)
        if self.kind == AREA:
            return scaling.area_factor(self.technology_nm, clock.technology_nm, self.scales)
        if self.kind == ENERGY:
            return scaling.energy_factor(*here, *there, self.scales)
        kelvin = None if corner is None else (corner.kelvin, clock.temperature_k or corner.kelvin)
        return scaling.leakage_factor(*here, *there, self.scales, kelvin)


class Corner(NamedTuple):
    """What low, nominal and high of leakage stand for. kelvin: of nominal"""

    kelvin: float
    names: tuple[str, str, str]


class Constant(NamedTuple):
    """A number with its provenance."""

    value: float
    tag: str
    source: str


class Published(NamedTuple):
    """What is published of one chip. settings: that chip; stated: its settings as the table has them, by key

    parts_mm2: areas of the components of which there is one
    """

    power_mw: Constant
    area_mm2: Constant
    parts_mm2: dict[str, Constant]
    settings: ChipSettings
    stated: dict[str, Any]

    def describes(self, chip: ChipSettings) -> bool:
        """Say whether a chip has all settings that are stated of the published one."""
        return all(getattr(getattr(chip, k.split(".")[0]), k.split(".")[1]) == v for k, v in self.stated.items())


class EnergyTable(NamedTuple):
    """Prices by (kind, component, action or part), laws by name, power states, the published chip that calibrates them.

    sleeps: by state of ASLEEP; timer_mw: of what stays awake to wake the others
    corner: None: leakage is linear in voltage and knows no temperature
    """

    name: str
    description: str
    prices: dict[tuple[str, str, str], Price]
    laws: dict[str, Constant]
    sleeps: dict[str, Sleep]
    timer_mw: Range
    corner: Corner | None
    published: Published

    @property
    def law_values(self) -> dict[str, float]:
        return {name: law.value for name, law in self.laws.items()}


def table_folder() -> Path:
    return preset_folder() / "energy"


def table_names() -> list[str]:
    return sorted(path.stem for path in table_folder().glob("*.toml"))


def load_table(name: str | Path | None = None) -> EnergyTable:
    """Return a shipped table, by its name in any case, or a TOML file, by its path.

    Raises one :class:`UserError` that lists everything that is wrong with it.
    """
    name = DEFAULT_TABLE if name is None else name
    _, path = find_file(name, {found: table_folder() / f"{found}.toml" for found in table_names()}, "energy table")
    return parse_table(read_toml(path, "energy table"), path.name)


def parse_table(document: Mapping[str, Any], file: str) -> EnergyTable:
    """Return the table of a document; raises :class:`UserError`. file: its name, for messages"""
    problems: list[str] = []
    sections = ("table", *KNOWN, "laws", "states", "corner", "published")
    for key in document:
        if key not in sections:
            problems.append(f"[{key}]: there is no such section{nearest(key, sections)}")
    prices: dict[tuple[str, str, str], Price] = {}
    for kind in KNOWN:
        entries = document.get(kind, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            problems.append(f"[[{kind}]]: must be a list of entries, each of which begins with [[{kind}]]")
            continue
        for number, entry in enumerate(entries, 1):
            price = _price(kind, entry, f"{kind} entry {number}", problems)
            if price is None:
                continue
            if (kind, price.component, price.action) in prices:
                problems.append(f"{_where(kind, price.component, price.action)}: is given twice")
            prices[kind, price.component, price.action] = price
        for component, actions in KNOWN[kind].items():
            problems += [
                f"{_where(kind, component, action)}: is missing"
                for action in actions
                if not any(e.get("component") == component and e.get(NAMED[kind]) == action for e in entries)
            ]
    laws = _constants(document.get("laws"), "laws", LAWS, problems)
    sleeps, timer = read_states(document.get("states"), problems)
    corner = _corner(document.get("corner"), problems)
    published = _published(document.get("published"), problems)
    if problems or published is None:
        text = "\n  ".join([f"the energy table {file} cannot be used:", *problems])
        raise UserError(text if len(problems) > 1 else f"the energy table {file} cannot be used: {problems[0]}")
    about = document.get("table")
    description = str(about.get("description", "")) if isinstance(about, dict) else ""
    return EnergyTable(Path(file).stem, description, prices, laws, sleeps, timer, corner, published)


def _where(kind: str, component: object, action: object) -> str:
    return f"{kind} of {component}.{action}"


def _price(kind: str, entry: dict[str, Any], place: str, problems: list[str]) -> Price | None:
    """Return an entry's price, or None and what is wrong with it."""
    named = NAMED[kind]
    fields = ("component", named, "low", "nominal", "high", "technology_nm", "voltage_v", "scales", "source", "tag")
    component, action = entry.get("component"), entry.get(named)
    found: list[str] = [f"there is no field {key!r}{nearest(key, fields)}" for key in entry if key not in fields]
    known = KNOWN[kind]
    if component not in known:
        found.append(f"component {toml.value_text(component or '')} must be one of {', '.join(known)}")
    elif action not in known[component]:
        found.append(
            f"{named} {toml.value_text(action or '')} must be one of {', '.join(known[component])}"
            f"{nearest(str(action), known[component])}"
        )
    else:
        place = _where(kind, component, action)
    numbers = {key: number_of(entry.get(key)) for key in fields[2:7]}
    for key, number in numbers.items():
        if number is None or number < 0:
            found.append(f"{key} = {shown(entry.get(key))} must be a finite number that is not negative")
    low, nominal, high, node, volts = numbers.values()
    if low is not None and nominal is not None and high is not None and not low <= nominal <= high:
        found.append(f"low = {low:g}, nominal = {nominal:g}, high = {high:g} must ascend")
    if node is not None and volts is not None:
        try:
            scaling.check_point(node, volts, "")
        except UserError as error:
            found.append(str(error))
    if entry.get("scales") not in SCALES[kind]:
        found.append(f"scales = {shown(entry.get('scales'))} must be one of {', '.join(map(repr, SCALES[kind]))}")
    found += provenance(entry)
    problems += [f"{place}: {line}" for line in found]
    if found or low is None or nominal is None or high is None or node is None or volts is None:
        return None
    value = Range(low, nominal, high)
    return Price(kind, str(component), str(action), value, node, volts, entry["scales"], entry["source"], entry["tag"])


def _constants(
    section: object, name: str, wanted: tuple[str, ...], problems: list[str], beside: tuple[str, ...] = ()
) -> dict[str, Constant]:
    """Return a section's constants. wanted: all of them; beside: other keys that it may have"""
    if not isinstance(section, dict):
        problems.append(f"[{name}]: is missing")
        return {}
    problems += [
        f"{name}.{key}: there is no such constant{nearest(key, wanted)}"
        for key in section
        if key not in wanted and key not in beside
    ]
    constants = {}
    for key in wanted:
        stated = section.get(key)
        if not isinstance(stated, dict):
            problems.append(f"{name}.{key}: must be given, as {{ value, tag, source }}")
            continue
        number = number_of(stated.get("value"))
        found = provenance(stated)
        if number is None or number <= 0:
            found.append(f"value = {shown(stated.get('value'))} must be a finite number above 0")
        problems += [f"{name}.{key}: {line}" for line in found]
        if number is not None and not found:
            constants[key] = Constant(number, stated["tag"], stated["source"])
    return constants


def _corner(section: object, problems: list[str]) -> Corner | None:
    """Return what the bounds of leakage stand for; None where a table does not say it."""
    if section is None:
        return None
    names = ("low", "nominal", "high")
    wanted = ("temperature_k",)
    found = _constants(section, "corner", wanted, problems, beside=names)
    texts = section if isinstance(section, dict) else {}
    for name in names:
        if not isinstance(texts.get(name), str) or not texts[name].strip():
            problems.append(f"corner.{name}: must be given, as the name of a corner")
    if not found or any(not isinstance(texts.get(name), str) for name in names):
        return None
    kelvin = found["temperature_k"].value
    try:
        check_kelvin(kelvin)
    except UserError as error:
        problems.append(f"corner.{error}")
        return None
    return Corner(kelvin, (texts["low"], texts["nominal"], texts["high"]))


def _published(section: object, problems: list[str]) -> Published | None:
    wanted = ("power_mw", "area_mm2")
    constants = _constants(section, "published", wanted, problems, beside=("chip", "parts_mm2"))
    parts = _published_parts(section.get("parts_mm2", {}) if isinstance(section, dict) else {}, problems)
    tables = section.get("chip") if isinstance(section, dict) else None
    if not isinstance(tables, dict) or not all(isinstance(keys, dict) for keys in tables.values()):
        problems.append("[published.chip]: must say which chip the published figures are of, table by table")
        return None
    if unknown := [table for table in tables if table not in CHIP_TABLES]:
        problems += [
            f"published.chip.{table}: a chip has no such table{nearest(table, CHIP_TABLES)}" for table in unknown
        ]
        return None
    try:
        settings = ChipSettings.model_validate(tables)
        scaling.check_point(settings.clock.technology_nm, settings.clock.voltage_v, "published.chip.clock.")
    except ValidationError as error:
        problems += [f"published.chip: {line}" for line in problem_lines(as_user_error(error, {}))]
        return None
    except UserError as error:
        problems.append(str(error))
        return None
    if len(constants) < len(wanted):
        return None
    stated = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
    return Published(constants["power_mw"], constants["area_mm2"], parts, settings, stated)


def _published_parts(section: object, problems: list[str]) -> dict[str, Constant]:
    """Return what is published of components' areas, which may be nothing."""
    name = "published.parts_mm2"
    if not isinstance(section, dict):
        problems.append(f"{name} = {shown(section)} must be a table of areas, by component: {', '.join(_PARTS)}")
        return {}
    unknown = tuple(key for key in section if key not in _PARTS)
    problems += [
        f"{name}.{key}: there is no such component{nearest(key, _PARTS)}; there are {', '.join(_PARTS)}"
        for key in unknown
    ]
    wanted = tuple(key for key in section if key in _PARTS)
    return _constants(section, name, wanted, problems, beside=unknown)
