"""Which settings are tuned, and between which values: ``KEY=LOW..HIGH``, ``KEY=LOW..HIGH:log`` or ``KEY=A,B,C``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..config.fields import field_of, type_name
from ..config.overrides import override_problem, override_value
from ..config.problems import joined, unknown_key
from ..config.schema import Settings
from ..config.values import split
from ..errors import UserError
from ..files.identity import changed, value_of

OPTION = "--space"
TABLES = ("neat", "evaluation")
MEASURE = ("validate_episodes", "validation", "validate_top", "fitness", "minimise", "solved_at", "stop_on")
"""Settings of evaluation that say what a champion is worth: with another one, another number would be tuned."""

DEFAULT = (
    "neat.survival_threshold=0.03..0.5:log",
    "neat.conn_add_prob=0.02..0.6:log",
    "neat.conn_delete_prob=0.005..0.3:log",
    "neat.node_add_prob=0.005..0.3:log",
    "neat.node_delete_prob=0.005..0.2:log",
    "neat.crossover_prob=0..1",
    "neat.weight_mutate_rate=0.2..0.85",
    "neat.weight_mutate_power=0.05..2:log",
    "neat.weight_replace_rate=0.005..0.15:log",
    "neat.elitism=1..5",
    "neat.target_species=0,5,10,20",
)
"""What is tuned where nothing is said: how much a child changes, who has children, and whether species are held."""

DIGITS = 4  # of a number that is tried, so that a preset can be read
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::(\w+))?")
_FORM = "such as neat.node_add_prob=0.01..0.3, neat.weight_mutate_power=0.05..2:log or neat.elitism=1,2,4"


class Dimension(NamedTuple):
    """A setting that is tuned.

    text: its values, as the user wrote them
    low, high: of a range, both included; whole: of whole numbers only; log: even on a logarithmic scale
    choices: texts of the values, where there is no range
    """

    key: str
    text: str
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    log: bool = False
    choices: tuple[str, ...] = ()

    def holds(self, value: Any) -> bool:
        """Say whether a value of the setting lies in it."""
        if self.choices:
            return any(override_value(self.key, choice) == value for choice in self.choices)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high

    def choice_of(self, value: Any) -> str:
        """Return the text of a value that is one of the choices."""
        return next(choice for choice in self.choices if override_value(self.key, choice) == value)

    def value(self, found: Any) -> Any:
        """Return the setting's value for a number or a text that was drawn."""
        if self.choices:
            return override_value(self.key, str(found))
        return int(found) if self.whole else min(max(float(f"{found:.{DIGITS}g}"), self.low), self.high)


def parse_space(texts: Sequence[str], base: Settings) -> dict[str, Dimension]:
    """Return what is tuned, by key; without texts the default. Raises one UserError with every problem.

    base: settings that are tuned; each end and each choice must be possible with them
    """
    if not texts:
        return _default(base)
    found: dict[str, Dimension] = {}
    problems: list[str] = []
    for text in texts:
        try:
            dimension = _parsed(text, base)
        except UserError as error:
            problems.append(str(error))
            continue
        if dimension.key in found:
            problems.append(f"{OPTION} {dimension.key}: is given twice; give all its values at once")
        found[dimension.key] = dimension
    if problems:
        raise joined(problems)
    return found


def settings_with(base: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings with what is tried in place of their own; raises UserError where that contradicts itself."""
    return changed(base, values)


def own(space: Mapping[str, Dimension], base: Settings) -> dict[str, Any]:
    """Return the base's own values of what is tuned, whether they lie in the space or not."""
    return {key: value_of(base, key) for key in space}


def inside(space: Mapping[str, Dimension], base: Settings) -> dict[str, Any]:
    """Return the base's own values of what is tuned, as far as they lie in the space: numbers, or texts of choices."""
    found = {}
    for key, dimension in space.items():
        value = value_of(base, key)
        if dimension.holds(value):
            found[key] = dimension.choice_of(value) if dimension.choices else value
    return found


def _default(base: Settings) -> dict[str, Dimension]:
    """Return the default space, without what these settings cannot have."""
    found = {}
    for text in DEFAULT:
        key, _, values = text.partition("=")
        if "," in values:
            possible = [value for value in split(values) if not _problem(base, key, override_value(key, value))]
            text = f"{key}={','.join(possible)}"
            if len(possible) < 2:
                continue
        try:
            found[key] = _parsed(text, base)
        except UserError:
            continue
    return found


def _parsed(text: str, base: Settings) -> Dimension:
    key, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not key or not values:
        raise UserError(f"{OPTION} {text}: must have the form KEY=LOW..HIGH or KEY=A,B,C, {_FORM}")
    _check_key(key)
    dimension = _range(key, values, text) if ".." in values else _choices(key, values, text)
    tried: Iterable[Any] = (
        [override_value(key, choice) for choice in dimension.choices]
        if dimension.choices
        else [dimension.value(end) for end in (dimension.low, dimension.high)]
    )
    for value in tried:
        if problem := _problem(base, key, value):
            raise UserError(f"{OPTION} {text}: {problem}")
    return dimension


def _check_key(key: str) -> None:
    """Raise UserError where a setting cannot be tuned."""
    if field_of(key) is None:
        raise UserError(unknown_key(key, OPTION))
    table, _, name = key.partition(".")
    if key == "neat.generations":
        raise UserError(f"{OPTION} {key}: all trials have the same length; give it with --generations")
    if table == "evaluation" and name in MEASURE:
        raise UserError(f"{OPTION} {key}: says what a champion is worth, so trials with other values do not compare")
    if table not in TABLES:
        raise UserError(f"{OPTION} {key}: cannot be tuned; what can is in the tables {' and '.join(TABLES)}")


def _range(key: str, values: str, text: str) -> Dimension:
    match = _RANGE.fullmatch(values.replace(" ", ""))
    if match is None or match[3] not in (None, "log"):
        raise UserError(f"{OPTION} {text}: must have the form KEY=LOW..HIGH or KEY=LOW..HIGH:log, {_FORM}")
    field = field_of(key)
    kind = type_name(field.annotation) if field is not None else ""
    whole = kind.startswith("whole number")
    if not whole and not kind.startswith("number"):
        raise UserError(f"{OPTION} {text}: {key} is a {kind}, which has no range; give values, {key}=A,B,C")
    low, high = float(match[1]), float(match[2])
    if whole and not (low.is_integer() and high.is_integer()):
        raise UserError(f"{OPTION} {text}: {key} is a whole number, so its range needs whole ends")
    if low >= high:
        raise UserError(f"{OPTION} {text}: {match[1]} must be below {match[2]}")
    if match[3] and low <= 0:
        raise UserError(f"{OPTION} {text}: a logarithmic range must begin above 0")
    return Dimension(key, values, low, high, whole, bool(match[3]))


def _choices(key: str, values: str, text: str) -> Dimension:
    choices = tuple(part.strip() for part in split(values))
    if len(choices) < 2 or not all(choices):
        raise UserError(f"{OPTION} {text}: needs two values at least, {_FORM}")
    if len(set(choices)) < len(choices):
        raise UserError(f"{OPTION} {text}: has a value twice")
    wrong = [line for choice in choices if (line := override_problem(f"{key}={choice}", option=OPTION))]
    if wrong:
        raise joined(wrong)
    return Dimension(key, values, choices=choices)


def _problem(base: Settings, key: str, value: Any) -> str:
    """Return why a setting cannot have a value; empty where it can."""
    try:
        changed(base, {key: value})
    except UserError as error:
        return str(error)
    return ""
