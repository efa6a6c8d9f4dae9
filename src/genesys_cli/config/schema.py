"""The settings of a run, and what is known about each: type, default, range, meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from ..errors import nearest
from .backends import DEFAULT, backend_names, is_backend, kind_of
from .base import OneOf, Table
from .chip import CHIP_TABLES, ChipSettings
from .cluster import ClusterSettings
from .data import DataSettings
from .drift import DriftSettings
from .evaluation import EvaluationSettings
from .islands import IslandsSettings
from .neat import NeatSettings
from .objectives import ObjectivesSettings
from .problem import ProblemSettings
from .refine import RefineSettings
from .rtl import RtlSettings
from .start import StartSettings
from .stored import BadValueError, loaded, stored
from .world import WorldSettings
from .wrappers import stored_wrappers

__all__ = [
    "ALL_TABLES",
    "AUTO",
    "CHIP_TABLES",
    "CLUSTER",
    "DATA",
    "DRIFT",
    "ISLANDS",
    "OBJECTIVES",
    "OPTIONAL",
    "PROBLEM",
    "REFINE",
    "START",
    "TABLES",
    "ChipSettings",
    "ClusterSettings",
    "DataSettings",
    "DriftSettings",
    "EnvironmentSettings",
    "EvaluationSettings",
    "IslandsSettings",
    "NeatSettings",
    "ObjectivesSettings",
    "ProblemSettings",
    "RefineSettings",
    "RtlSettings",
    "RunSettings",
    "Settings",
    "StartSettings",
    "WorldSettings",
]

AUTO: Literal["auto"] = "auto"  # what a setting is until the run has found out
CLUSTER = "cluster"  # the table that is there only where a cluster evaluates
DATA = "data"  # the table that is there only where a table of data is learnt
PROBLEM = "problem"  # the table that is there only where a function of the user's evaluates
START = "start"  # the table that is there only where a run begins with given genomes
ISLANDS = "islands"  # the table that is there only where several populations exchange genomes
OBJECTIVES = "objectives"  # the table that is there only where fitness is not all that counts
REFINE = "refine"  # the table that is there only where champions are refined
RTL = "rtl"  # the table that is there only where the chip's RTL is simulated
OPTIONAL = (DATA, PROBLEM, START, CLUSTER, ISLANDS, OBJECTIVES, REFINE, RTL)
DRIFT = "drift"  # the table that has a table inside for each thing that changes


def _bad(error: BadValueError) -> PydanticCustomError:
    return PydanticCustomError("bad_value", "{why}", {"why": str(error), "inside": error.inside})


def _argument(value: Any) -> Any:
    """Return an environment's argument as settings hold it, whether it is so or as Python has it."""
    try:
        return stored(loaded(value))
    except BadValueError as error:
        raise _bad(error) from None


def _wrappers(value: Any) -> Any:
    try:
        return stored_wrappers(value, marked=True)
    except BadValueError as error:
        raise _bad(error) from None


def _rebuild(value: Any) -> Any:
    """Refuse what is neither; none is what auto was called in older files."""
    if value is None or value == "none":
        return AUTO
    if isinstance(value, bool) or value == AUTO:
        return value
    raise PydanticCustomError("conflict", "{allowed}", {"allowed": "must be true, false or auto"})


def _backend(name: str) -> str:
    if is_backend(name):
        return name
    known = backend_names()
    raise PydanticCustomError(
        "conflict", "{allowed}", {"allowed": f"must be one of {', '.join(known)}{nearest(name, known)}"}
    )


class EnvironmentSettings(Table):
    """The environment."""

    id: str = Field(
        "CartPole-v1", min_length=1, description="Name of the environment: a short name, a Gymnasium id, or module:Id."
    )
    max_steps: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="Maximum length of an episode, in steps; none: the environment's own limit.",
    )
    action_repeat: int = Field(1, ge=1, le=10_000, description="Environment steps for which each action is repeated.")
    rebuild: Annotated[bool | Literal["auto"], BeforeValidator(_rebuild)] = Field(
        AUTO,
        description="Whether every episode gets a newly made environment; auto: where earlier ones would show.",
    )
    engine: Literal["gymnasium", "envpool"] = Field(
        "gymnasium",
        description="What steps the environment in training; envpool: in C++, with other episodes for the same seeds. "
        "Champions are judged in Gymnasium's.",
    )
    kwargs: dict[str, Annotated[Any, PlainValidator(_argument)]] = Field(
        {}, description="Arguments passed to gymnasium.make; with any, Gymnasium's own code runs in worker processes."
    )
    wrappers: Annotated[list[Any] | None, BeforeValidator(_wrappers)] = Field(
        None,
        description="Wrappers put around it, the innermost first: module:Class, or {entry = module:Class, kwargs = "
        "{...}}; with any, Gymnasium's own code runs in worker processes.",
    )


class RunSettings(Table):
    """How a run is carried out; of these, only the seed and the backend decide what a generation computes."""

    seed: int = Field(
        0, ge=0, le=2**63 - 1, description="Seed of all random numbers: the same seed gives bit-identical results."
    )
    threads: int = Field(0, ge=0, le=4096, description="Threads; 0: one per core.")
    stop_when_solved: bool = Field(True, description="Whether a run ends as soon as the environment is solved.")
    checkpoint_every: int = Field(1, ge=1, le=1_000_000_000, description="Generations from one checkpoint to the next.")
    keep: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="Number of newest checkpoints to keep, in addition to the champion's; none: all.",
    )
    instances: int = Field(4, ge=1, le=16, description="Environments per worker process, where Gymnasium steps them.")
    step_timeout: float = Field(
        60.0,
        gt=0,
        le=1e6,
        description="Seconds after which a reset or step, or a call of problem.function, counts as hung; its worker is "
        "then replaced.",
    )
    backend: Annotated[str, AfterValidator(_backend), OneOf(backend_names)] = Field(
        DEFAULT, description="Backend that evaluates the population and produces its offspring."
    )


class Settings(Table):
    """Everything that decides what a run computes.

    Of the tables, those of the chip are there with its backends only, and that of its RTL where that is simulated; that
    of the data only where it is learnt, that of the problem only where a function evaluates, that of the start only
    where genomes are given, that of islands only where there are several, that of objectives and that of refinement
    only where there are any, and that of the cluster only where one evaluates.
    """

    environment: EnvironmentSettings = EnvironmentSettings()
    data: DataSettings = DataSettings()
    problem: ProblemSettings = ProblemSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    neat: NeatSettings = NeatSettings()
    objectives: ObjectivesSettings = ObjectivesSettings()
    refine: RefineSettings = RefineSettings()
    start: StartSettings = StartSettings()
    islands: IslandsSettings = IslandsSettings()
    run: RunSettings = RunSettings()
    cluster: ClusterSettings = ClusterSettings()
    rtl: RtlSettings = RtlSettings()
    world: WorldSettings = WorldSettings()
    drift: dict[str, DriftSettings] = Field(default_factory=dict)
    chip: ChipSettings | None = None

    @property
    def target_chip(self) -> ChipSettings:
        """The chip of the settings, the default one where they have none; for one robot it runs a genome at a time."""
        chip = self.chip or ChipSettings()
        if self.world.robots == "population" or chip.adam.packing == "single":
            return chip
        return chip.model_copy(update={"adam": chip.adam.model_copy(update={"packing": "single"})})

    @property
    def ends_when_solved(self) -> bool:
        """Whether a run ends as soon as its environment is solved: a front of networks is not finished by then."""
        return self.run.stop_when_solved and not self.objectives.acts

    def tables(self) -> dict[str, dict[str, Any]]:
        """Return the settings as plain values, table by table; the chip's tables stand beside the others."""
        tables: dict[str, Any] = self.model_dump()
        chip = tables.pop("chip")
        if not tables[DRIFT]:
            del tables[DRIFT]
        if self.data.file is None:
            del tables[DATA]
        if self.problem.facts() is None:
            del tables[PROBLEM]
        if not self.start.sources:
            del tables[START]
        if not self.islands.several:
            del tables[ISLANDS]
        if not self.objectives.acts:
            del tables[OBJECTIVES]
        if not self.refine.acts:
            del tables[REFINE]
        if self.cluster.address is None:
            del tables[CLUSTER]
        if not kind_of(self.run.backend).simulates_rtl:
            del tables[RTL]
        return tables | (chip or {})

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> Settings:
        """Return the settings that have such tables; raises pydantic's ValidationError."""
        chip = {name: table for name, table in tables.items() if name in CHIP_TABLES}
        return cls.model_validate(
            {**{name: table for name, table in tables.items() if name not in chip}, "chip": chip or None}
        )


TABLES: dict[str, type[Table]] = {
    "environment": EnvironmentSettings,
    "data": DataSettings,
    "problem": ProblemSettings,
    "evaluation": EvaluationSettings,
    "neat": NeatSettings,
    "objectives": ObjectivesSettings,
    "refine": RefineSettings,
    "start": StartSettings,
    "islands": IslandsSettings,
    "run": RunSettings,
    "cluster": ClusterSettings,
    "rtl": RtlSettings,
    "world": WorldSettings,
}
ALL_TABLES = {**TABLES, **CHIP_TABLES}
