"""Makes settings of a neat-python configuration, and accounts for each of its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...errors import UserError, cut, nearest, one_line
from ..fields import allowed, clipped, field_of
from ..neighbours import neighbour
from ..problems import joined
from ..toml import value_text
from .habits import HABITS
from .ini import Ini
from .keys import KEYS, RELEASE, Key
from .rules import ABSENT, DIFFERS, SAME, UNKNOWN, Outcome, Values, outcome_of

_SHAPE = ("num_inputs", "num_outputs")
_LIMITED = ("weight", "bias", "response")  # attributes with a largest and a smallest value


class EnvFacts(NamedTuple):
    """What is known of the environment that a preset is for. solved_at: None where it has no threshold of its own"""

    id: str
    inputs: int
    outputs: int
    solved_at: float | None


class Line(NamedTuple):
    """What became of a key.

    value: its text in the file; None: it is not there
    outcome: one of ``rules.OUTCOMES``; settings: those that it decides, by key; remark: what to say of it
    """

    section: str
    key: str
    value: str | None
    outcome: str
    settings: dict[str, Any]
    remark: str

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say: the key is not there, and that changes nothing."""
        return self.value is None and self.outcome == SAME and not self.settings


class Imported(NamedTuple):
    """A configuration as settings.

    lines: one for each key that neat-python knows or the file has; habits: settings for what it does without a key
    env: the environment it is for, None: none was given
    """

    source: str
    lines: tuple[Line, ...]
    habits: dict[str, Any]
    env: EnvFacts | None

    def settings(self) -> dict[str, Any]:
        """Return all settings by key, such as ``neat.population``."""
        found: dict[str, Any] = {} if self.env is None else {"environment.id": self.env.id}
        for line in self.lines:
            found |= line.settings
        return found | self.habits


def imported(ini: Ini, env: EnvFacts | None = None) -> Imported:
    """Return what a configuration is here; raises one :class:`UserError` with all values that it cannot have.

    env: the environment that it is for, whose inputs and outputs then have to be those of the configuration
    """
    values, problems = _values(ini)
    if not problems and env is not None:
        _check_shape(ini, values, env)
    lines, wrong = _lines(ini, values, env) if not problems else ([], [])
    if problems or wrong:
        raise joined(problems + wrong)
    decided = {name for line in lines for name in line.settings}
    habits = {habit.ours: habit.value for habit in HABITS if habit.ours not in decided}
    return Imported(one_line(ini.path.name), tuple(lines), habits, env)


def _values(ini: Ini) -> tuple[dict[str, Any], list[str]]:
    """Return the values of all keys, and a line for each text that is none.

    A number that neat-python demands and that is missing is our default, which will apply.
    """
    values: dict[str, Any] = {}
    problems = []
    for key in KEYS:
        text = ini.sections[key.section].get(key.name, key.default)
        values[key.name] = None
        if text is None:
            field = field_of(key.ours[0]) if key.ours else None
            if field is not None and isinstance(field.default, int | float):
                values[key.name] = field.default
            continue
        try:
            values[key.name] = key.kind.read(text.strip())
        except ValueError:
            problems.append(_problem(ini, key, key.kind.need))
    for name in _LIMITED:
        low, high = values[f"{name}_min_value"], values[f"{name}_max_value"]
        if low is not None and high is not None and low > high:
            key = next(key for key in KEYS if key.name == f"{name}_min_value")
            problems.append(_problem(ini, key, f"at most {name}_max_value, which is {high:g}"))
    return values, problems


def _problem(ini: Ini, key: Key, need: str) -> str:
    text = ini.sections[key.section].get(key.name, "")
    comment = "; a comment needs a line of its own" if " #" in text or " ;" in text else ""
    return f"[{key.section}] {key.name} = {_short(text) or 'nothing'} ({ini.path}): must be {need}{comment}"


def _short(text: str) -> str:
    return cut(one_line(text))


def _lines(ini: Ini, values: Values, env: EnvFacts | None) -> tuple[list[Line], list[str]]:
    """Return a line for each key, in neat-python's order, unknown ones at the end of their section; and problems."""
    lines: list[Line] = []
    problems = []
    for section, texts in ini.sections.items():
        keys = [key for key in KEYS if key.section == section]
        for key in keys:
            try:
                lines.append(_line(key, texts.get(key.name), values, env))
            except ValueError as error:
                problems.append(_problem(ini, key, str(error)))
        known = {key.name for key in keys}
        lines += [_unknown(section, name, text) for name, text in texts.items() if name not in known]
    return lines, problems


def _line(key: Key, text: str | None, values: Values, env: EnvFacts | None) -> Line:
    if text is None and key.default is None:
        return _demanded(key, values)
    found = _within(outcome_of(key, values[key.name], values))
    if key.name in _SHAPE and env is not None:  # with which it has been compared
        found = Outcome(SAME, {}, f"as many as {env.id} has")
    if text is None and key.since:  # earlier releases do without it: a habit
        return Line(key.section, key.name, None, SAME, {}, "")
    remark = found.remark
    if key.name == "fitness_threshold" and found.settings and env is not None and env.solved_at is not None:
        remark += f"; {env.id} counts as solved at {env.solved_at:g}"
    if text is None and found.settings:
        older = key.older if key.older not in remark else ""
        absent = f"not in the file: {key.default} is neat-python's default"
        remark = "; ".join(filter(None, (absent, older, remark)))
    kind = SAME if text is None and not found.settings else found.kind
    return Line(key.section, key.name, None if text is None else one_line(text), kind, found.settings, one_line(remark))


def _demanded(key: Key, values: Values) -> Line:
    """Return the line of a key that is missing and for which neat-python has no default."""
    settings: dict[str, Any] = {}
    ours = f"here {_default(key.ours[0])} applies" if key.ours else "nothing is lost here"
    if key.name.endswith("_replace_rate"):
        found = outcome_of(key, values[key.name], values)
        if found.kind == DIFFERS:  # the default does not go with the rate of mutation that is given
            settings, ours = found.settings, f"here it is {found.remark}"
    return Line(key.section, key.name, None, ABSENT, settings, f"neat-python demands it; {ours}")


def _within(found: Outcome) -> Outcome:
    """Return an outcome whose numbers are in the ranges of their settings."""
    settings, remark = dict(found.settings), found.remark
    for name, value in found.settings.items():
        field = field_of(name)
        if field is None or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        settings[name] = clipped(field, value)
        if settings[name] != value:
            beyond = f"{value_text(value)} is out of range: {name} is {allowed(field)}"
            remark = f"{beyond}; {remark}" if remark else beyond
    return found if settings == found.settings else Outcome(DIFFERS, settings, remark)


def _default(name: str) -> str:
    """Return a setting with its default value."""
    field = field_of(name)
    value = field.default if field is not None else None
    return f"{name} = {'none' if value is None else value_text(value)}"


def _unknown(section: str, name: str, text: str) -> Line:
    """Return the line of a key that neat-python does not have in this section."""
    elsewhere = next((key.section for key in KEYS if key.name == name), None)
    if elsewhere is not None:
        hint = f"; it belongs in [{elsewhere}]"
    else:
        hint = nearest(name, [key.name for key in KEYS], 0.7) or neighbour(name)
    does = "ignores" if section == "DefaultGenome" else "refuses"
    remark = f"neat-python {RELEASE} {does} it in [{section}]{hint}"
    return Line(section, one_line(name), one_line(text), UNKNOWN, {}, remark)


def _check_shape(ini: Ini, values: Mapping[str, Any], env: EnvFacts) -> None:
    """Raise UserError where the configuration's networks do not fit the environment."""
    wrong = list(_misfits(values, env))
    if wrong:
        raise UserError(
            f"{ini.path} does not fit {env.id}: {', '.join(wrong)}; correct it, or leave --env out and give the "
            "environment to `genesys evolve --env`: networks here have the inputs and outputs of the environment"
        )


def _misfits(values: Mapping[str, Any], env: EnvFacts) -> Iterator[str]:
    for name, has in zip(_SHAPE, (env.inputs, env.outputs), strict=True):
        given = values[name]
        if given is not None and given != has:
            yield f"{name} is {given}, where its networks have {has}"
