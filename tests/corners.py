"""Every allowed value of every setting, from the schema itself, and what comes of a short run with some of them.

Used by ``tests/runs/test_corners.py`` and by ``python -m benchmarks.corners``.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from click.testing import CliRunner
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

import invariants
from genesys_cli.cli.main import main
from genesys_cli.config import world
from genesys_cli.config.base import OneOf
from genesys_cli.config.drift import PERIODIC
from genesys_cli.config.fields import accepts_none
from genesys_cli.config.layout import layout_names
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import CHIP_TABLES, OPTIONAL, TABLES, Settings
from genesys_cli.config.toml import value_text
from genesys_cli.envs.drift import OF_ANY
from genesys_cli.envs.registry import environment_of
from genesys_cli.envs.spec import NativeEnv
from genesys_cli.errors import UserError
from genesys_cli.runs import evolve as runs
from small_bench import small
from small_runs import Watcher

ENVS = ("CartPole", "Pendulum")

# Settings that are no numbers, names or lists of these; each has tests of its own.
ELSEWHERE = {"environment.id", "environment.kwargs", "environment.wrappers", "evaluation.fitness"}

# What would only take long, or more memory than a small machine has: the largest that runs here take.
# The upper ends themselves are tried without a run, see ``tests/runs/test_memory.py``.
AT_MOST: dict[str, int] = {
    "neat.population": 24,
    "neat.generations": 2,
    "neat.num_hidden": 5,
    "evaluation.episodes": 5,
    "evaluation.validate_episodes": 12,
    "environment.max_steps": 30,
    "run.threads": 2,
}
ALWAYS = {"neat.generations": 2}
SMALL: dict[str, Any] = {
    "neat.population": 24,
    "evaluation.episodes": 2,
    "evaluation.validate_episodes": 11,
    "environment.max_steps": 30,
    "run.threads": 1,
}

Values = Mapping[str, Any]


def fields(tables: Mapping[str, Any]) -> dict[str, FieldInfo]:
    """Return every setting of the tables that is tried here, by key.

    Those tables are left out that mean nothing unless a file, a function or a cluster is named; they have tests of
    their own.
    """
    return {
        f"{table}.{name}": field
        for table, model in tables.items()
        for name, field in model.model_fields.items()
        if f"{table}.{name}" not in ELSEWHERE and table not in OPTIONAL
    }


class Span(NamedTuple):
    """The range of a number, both ends allowed; whole: whether it is one."""

    low: float
    high: float
    whole: bool


def span(annotation: Any, metadata: Any) -> Span | None:
    """Return the range of a number; None: it is none. Raises where a number has none."""
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = [
            *metadata,
            *[bound for one in more for bound in (one.metadata if isinstance(one, FieldInfo) else [one])],
        ]
    kinds = [annotation] if get_origin(annotation) is list else list(get_args(annotation)) or [annotation]
    kinds = [kind for kind in kinds if kind is not NoneType]
    if kinds[0] not in (int, float):
        return None
    low, high = -math.inf, math.inf
    whole = kinds[0] is int
    for bound in metadata:
        if (found := getattr(bound, "ge", None)) is not None:
            low = found
        if (found := getattr(bound, "gt", None)) is not None:
            low = found + 1 if whole else math.nextafter(found, math.inf)
        if (found := getattr(bound, "le", None)) is not None:
            high = found
        if (found := getattr(bound, "lt", None)) is not None:
            high = found - 1 if whole else math.nextafter(found, -math.inf)
    if not whole:
        low, high = max(low, -1.7e308), min(high, 1.7e308)
    return Span(int(low) if whole else float(low), int(high) if whole else float(high), whole)


def names_of(annotation: Any) -> tuple[str, ...]:
    """Return what a setting, or an element of a list, is one of, if it is not None."""
    kinds = get_args(annotation) if type(None) in get_args(annotation) else (annotation,)
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def ends(key: str, field: FieldInfo) -> list[Any]:
    """Return the least and the largest value of a setting, or each of its choices."""
    annotation = field.annotation
    found: list[Any] = [None] if accepts_none(annotation) else []
    if key == "world.pace_hz":
        return [0.0, world.SLOWEST_HZ, world.FASTEST_HZ, world.MEASURED]
    if (range_ := span(annotation, field.metadata)) is not None:
        return [*found, range_.low, range_.high]
    if bool in (annotation, *get_args(annotation)):
        return [*found, False, True]
    if names := names_of(annotation):
        return [*found, *names]
    if get_origin(annotation) is list:
        (inner,) = get_args(annotation)
        if names := names_of(inner):
            return [*found, *[[name] for name in names], list(names)]
        if (range_ := span(inner, ())) is not None:
            return [*found, [], [range_.low], [range_.high]]
    if key == "evaluation.validation":
        return found  # its names are those of an environment
    if key == "genes.layout":
        return layout_names()
    if one_of := [one for one in field.metadata if isinstance(one, OneOf)]:
        return list(one_of[0].names())
    raise NotImplementedError(f"{key}: say in tests/corners.py which values a setting of type {annotation} has")


def values(key: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    """Return any value of a setting that a short run may have, its ends among the likely ones."""
    most = AT_MOST.get(key, math.inf)
    likely = st.sampled_from(
        [end for end in ends(key, field) if not isinstance(end, int | float) or end <= most] or [1]
    )
    annotation = field.annotation
    if key == "world.pace_hz":
        return st.one_of(likely, st.floats(world.SLOWEST_HZ, world.FASTEST_HZ))
    if (range_ := span(annotation, field.metadata)) is not None:
        return st.one_of(likely, numbers(range_._replace(high=min(range_.high, most))))
    if get_origin(annotation) is list:
        (inner,) = get_args(annotation)
        if names := names_of(inner):
            return st.one_of(likely, st.lists(st.sampled_from(names), min_size=1, max_size=6))
        if (range_ := span(inner, ())) is not None:
            return st.one_of(likely, st.lists(numbers(range_), max_size=4))
    if key == "genes.layout":
        return st.one_of(likely, layouts())
    return likely


def numbers(range_: Span) -> st.SearchStrategy[Any]:
    """Return numbers of a range, small ones as likely as large ones."""
    if range_.whole:
        near = st.integers(int(range_.low), int(min(range_.high, range_.low + 20)))
        return st.one_of(near, st.integers(int(range_.low), int(range_.high)))
    usual = (max(range_.low, -3.0), min(range_.high, 3.0))
    whole = st.floats(range_.low, range_.high)
    return st.one_of(st.floats(*usual), whole) if usual[0] < usual[1] else whole


@st.composite
def layouts(draw: Any) -> dict[str, Any]:
    """Return a layout of gene words that the schema takes, with widths of its own."""
    ids = draw(st.integers(3, 14))
    numbers_ = {name: draw(st.integers(2, 16)) for name in ("bias", "response", "weight", "operand")}
    points = {name: draw(st.integers(0, width - 1)) for name, width in numbers_.items()}
    activation, aggregation = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    genome = draw(st.sampled_from([0, 0, 1, 5]))

    def laid(*given: tuple[str, int, str]) -> list[dict[str, Any]]:
        found, at = [], 0
        for name, width, form in given:
            if width:
                found.append(
                    {"name": name, "offset": at, "width": width, "format": form, "fraction": points.get(name, 0)}
                )
            at += width
        return found

    shared = (("type", 1, "bool"), ("genome", genome, "unsigned"))
    layout: dict[str, Any] = {
        "max_nodes": draw(st.integers(6, 2**ids)),
        "operand": {"width": numbers_["operand"], "fraction": points["operand"]},
        "accumulator_bits": draw(st.integers(max(4, numbers_["operand"]), 32)),
        "node": laid(
            *shared,
            ("id", ids, "unsigned"),
            ("kind", 2, "unsigned"),
            ("bias", numbers_["bias"], "fixed"),
            ("response", min(numbers_["response"], 16), "fixed"),
            ("activation", activation, "unsigned"),
            ("aggregation", aggregation, "unsigned"),
        ),
        "connection": laid(
            *shared,
            ("source", ids, "unsigned"),
            ("destination", ids, "unsigned"),
            ("weight", numbers_["weight"], "fixed"),
            ("enable", 1, "bool"),
        ),
    }
    if genome:
        layout["max_genomes"] = draw(st.integers(2, 2**genome))
    return layout


@st.composite
def drifts(draw: Any, env: str) -> dict[str, Any]:
    """Return changes of the world, by key."""
    made = environment_of(load_settings(None, env))
    assert isinstance(made, NativeEnv)
    found: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from([*made.physics._fields, *OF_ANY]), max_size=3, unique=True)):
        low, high, whole, _ = OF_ANY.get(name, (-1e30, 1e30, False, ""))
        low = 1e-30 if name in made.positive else low
        if name == "action_permutation" and env == "Pendulum":
            continue
        kinds = ["step", "square"] if name == "action_permutation" else ["step", "ramp", "square", "sine"]
        kind = draw(st.sampled_from(kinds))
        target = st.one_of(st.sampled_from([low, high]), numbers(Span(low, high, whole)))
        many = 1 if kind in PERIODIC else draw(st.integers(1, 2))
        at = [0, 1][:many] if kind == "ramp" else sorted(draw(st.sets(st.integers(0, 2), min_size=many, max_size=many)))
        table: dict[str, Any] = {"schedule": kind, "at": at, "to": [draw(target) for _ in at]}
        if kind == "ramp":
            table["over"] = 1 if many > 1 else draw(st.sampled_from([1, 2, 1_000_000_000]))
        if kind in PERIODIC:
            table["period"] = draw(st.sampled_from([2, 4, 1_000_000_000]))
        found[f"drift.{name}"] = table
    return found


@st.composite
def combinations(draw: Any, env: str, backend: str) -> dict[str, Any]:
    """Return some settings, all of them or none, with values that are allowed each on its own."""
    tables = {**TABLES, **(CHIP_TABLES if backend == "genesys" else {})}
    known = {key: values(key, field) for key, field in fields(tables).items() if key != "run.backend"}
    share = draw(st.sampled_from([0.05, 0.3, 1.0]))
    chosen = {}
    for key, strategy in known.items():
        if share == 1.0 or draw(st.floats(0, 1)) < share:
            chosen[key] = draw(strategy)
    if draw(st.integers(0, 9)):
        agree(chosen, backend)
    return chosen | draw(drifts(env))


def agree(chosen: dict[str, Any], backend: str) -> None:
    """Change what contradicts other settings, so that most combinations run."""
    for name in ("weight", "bias", "response"):
        low, high = f"neat.{name}_min", f"neat.{name}_max"
        if low in chosen or high in chosen:
            chosen[low], chosen[high] = sorted((chosen.get(low, -30.0), chosen.get(high, 30.0)))
        mutate, replace = f"neat.{name}_mutate_rate", f"neat.{name}_replace_rate"
        if mutate in chosen or replace in chosen:
            chosen[replace] = min(chosen.get(replace, 0.0), 1 - chosen.setdefault(mutate, 0.0))
    if backend == "genesys" and "neat.aggregation_options" in chosen:
        chosen["neat.aggregation_options"] = ["sum"]
        chosen["neat.aggregation_default"] = "sum"
    for key in ("evaluation.observation_offset", "evaluation.observation_scale"):
        if key in chosen:
            chosen[key] = chosen[key][:1]
    for name, default in (("activation", "tanh"), ("aggregation", "sum")):
        options, one = f"neat.{name}_options", f"neat.{name}_default"
        if options in chosen or one in chosen:
            chosen.setdefault(one, default)
            chosen[options] = [*chosen.get(options, []), chosen[one]]
    if "neat.elitism" in chosen or "neat.population" in chosen:
        chosen["neat.elitism"] = min(chosen.get("neat.elitism", 2), chosen.get("neat.population", 24) - 1)
    if "adam.activations" in chosen:
        chosen["adam.activations"] = [*chosen["adam.activations"], *chosen.get("neat.activation_options", ["tanh"])]
    if chosen.get("evaluation.normalise_observations"):
        chosen["evaluation.observation_offset"] = chosen["evaluation.observation_scale"] = []


class Outcome(NamedTuple):
    """What came of some settings. refused: the message; wrong: what should not be, a line each"""

    refused: str | None
    wrong: list[str]


def settings_of(env: str, backend: str, given: Values) -> Settings:
    """Return the settings of a short run with some values; raises UserError as a user's own would."""
    given = {**SMALL, **given, **ALWAYS, "run.backend": backend}
    return load_settings(None, env, overrides_of(given))


def overrides_of(given: Values) -> list[str]:
    """Return values as ``--set`` takes them."""
    return [f"{key}={'none' if value is None else value_text(value)}" for key, value in given.items()]


def tried(env: str, backend: str, given: Values, folder: Path, *, look: bool = True) -> Outcome:
    """Evolve two generations into a new folder; look: also with what shows finished runs."""
    try:
        settings = settings_of(env, backend, given)
    except UserError as error:
        return Outcome(str(error), _sound_message(str(error)))
    watcher = Watcher()
    try:
        runs.evolve(settings, folder, ["genesys", "evolve"], watcher)
    except UserError as error:
        wrong = _sound_message(str(error))
        if folder.exists():
            wrong.append(f"refused after the run had begun: {error}")
        return Outcome(str(error), wrong)
    wrong = invariants.found(folder)
    wrong += [f"message: {text}" for text in watcher.messages if text.startswith("no estimates")]
    if look:
        wrong += shown(folder, champion=watcher.summary["champion"] is not None)
    return Outcome(None, wrong)


def _sound_message(text: str) -> list[str]:
    named = any(f"{table}." in text for table in (*TABLES, *CHIP_TABLES, "drift"))
    return [] if named else [f"the message names no setting: {text}"]


def shown(run: Path, *, champion: bool) -> list[str]:
    """Return what goes wrong when a finished run is looked at."""
    words = [["inspect", str(run)], ["report", str(run), "--no-film", "--quiet", "--force"]]
    if champion:
        words += [["inspect", str(run), "--ancestry", "--json"], ["inspect", "champion", "--run", str(run)]]
        words += [["replay", "champion", "--run", str(run), "--episodes", "2", "--json"]]
    wrong = []
    for line in words:
        result = CliRunner().invoke(main, line)
        if result.exit_code:
            said = "".join(traceback.format_exception(result.exception)[-3:]) + result.output[-500:]
            wrong.append(f"genesys {' '.join(line)}: exit {result.exit_code}: {said}")
    return wrong


def benched(env: str, backend: str, given: Values) -> Outcome:
    """Compare the platforms with some settings, as ``genesys bench`` does."""
    run = {key: value for key, value in {**SMALL, **given}.items() if key not in ("run.backend", "neat.generations")}
    try:
        document = small(envs=(env,), backends=(backend,), population=None, overrides=overrides_of(run), generations=3)
    except UserError as error:
        return Outcome(str(error), _sound_message(str(error)))
    return Outcome(None, list(invariants.bench_problems(document)))
