"""What the documents in a run folder may say, field by field: types, ranges, and counts that agree.

Fields that are not known here are ignored: a newer genesys may add some without a new version of the format.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, AllowInfNan, Field, model_validator
from pydantic_core import PydanticCustomError

from ..backends.evaluation import FAULTS
from ..genome.document import MOST_INPUTS, Document, Float32, GenomeDocument

Generation = Annotated[int, Field(ge=0, le=1_000_000_000)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[int, Field(ge=0, lt=2**31)]  # of nodes, innovations and species
Spread = Annotated[float, Field(), AllowInfNan(True)]  # of returns whose squares are beyond a float


def no_surrogates(text: str) -> str:
    """Refuse text that no file and no terminal can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("text", "must be text that UTF-8 can hold") from None
    return text


if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[FAULTS]
Text = Annotated[str, AfterValidator(no_surrogates)]


class StatisticsDocument(Document):
    """Of a champion. validated_fitness: None: nobody knows; validated_in: None in version 1: the generation"""

    generation: Generation
    genome_index: Number
    training_fitness: float
    validated_fitness: float | None
    validated_std: Spread | None
    validated_in: Generation | None = None

    def fields_of(self, version: int) -> dict[str, Any]:
        """Return the fields as :class:`..state.Champion` has them."""
        found = {name: nan if value is None else value for name, value in self.model_dump().items()}
        return {**found, "validated_in": self.generation if version == 1 else self.validated_in}

    @model_validator(mode="after")
    def _in_order(self) -> StatisticsDocument:
        if self.validated_in is not None and self.validated_in < self.generation:
            raise PydanticCustomError("order", "must have a validated_in that is not before its generation")
        if (self.validated_fitness is None) != (self.validated_std is None):
            raise PydanticCustomError("known", "must have validated_fitness and validated_std, or neither")
        return self


class LaterStatistics(StatisticsDocument):
    """From version 2 on."""

    validated_in: Generation


class InputsDocument(Document):
    offset: list[Float32]
    scale: list[Float32]


class FirstChampion(Document):
    """``champion.json`` of version 1."""

    written_by: Text = ""
    environment: Text = ""
    statistics: StatisticsDocument
    genome: GenomeDocument
    settings: Text


class ChampionDocument(FirstChampion):
    """``champion.json``. returns: the first files of version 2 have none"""

    statistics: LaterStatistics
    inputs: InputsDocument
    returns: list[float] = Field([])
    opponents: list[GenomeDocument] = Field([])

    @model_validator(mode="after")
    def _fit(self) -> ChampionDocument:
        wanted, found = self.genome.inputs, (len(self.inputs.offset), len(self.inputs.scale))
        if found != (wanted, wanted):
            text = f"must have an offset and a scale for each of {wanted} inputs, not {found[0]} and {found[1]}"
            raise PydanticCustomError("inputs", "{text}", {"text": text})
        return self


class CountersDocument(Document):
    next_node: Number
    next_innovation: Number


class SpeciesDocument(Document):
    threshold: float = Field(gt=0)
    next_id: Count


class NormaliserDocument(Document):
    samples: Count


class RefinementDocument(Document):
    """champion_generation, champion_index: of the genome around which it set out"""

    step: float = Field(gt=0)
    steps: Count
    episodes: float = Field(ge=1)
    champion_generation: Generation
    champion_index: Number
    generation: Generation


class ChangeDocument(Document):
    name: Text
    old: float = Field(alias="from")
    new: float = Field(alias="to")


class EventDocument(Document):
    """An environment shift as ``summary.json`` has it; see :class:`..evolution.drift.ShiftRecord`."""

    generation: Generation
    settled: Annotated[int, Field(ge=0, le=2_000_000_000)]
    changes: list[ChangeDocument] = Field(min_length=1)
    before: float | None
    frozen: float | None
    recovered_level: float | None
    after: float | None
    recovered_generation: Generation | None
    recovery_generations: Generation | None
    recovery_env_steps: Count | None
    recovery_energy_j: float | None

    @model_validator(mode="after")
    def _whole(self) -> EventDocument:
        if (self.recovered_generation is None) != (self.recovery_generations is None):
            raise PydanticCustomError("event", "must have recovered_generation and recovery_generations, or neither")
        if self.settled < self.generation:
            raise PydanticCustomError("event", "must not be settled before its generation")
        return self


class CountedEvent(EventDocument):
    """An environment shift as a checkpoint has it, which goes on counting."""

    steps_before: Count | None
    energy_since: float | None


class FirstHeader(Document):
    """Header of a checkpoint of version 1."""

    settings: Text
    generation: Generation
    n_inputs: int = Field(ge=1, le=MOST_INPUTS)
    n_outputs: int = Field(ge=1, le=MOST_INPUTS)
    counters: CountersDocument
    species: SpeciesDocument
    env_steps: Count
    validation_steps: Count
    champion: StatisticsDocument | None
    frozen: None = None
    events: list[CountedEvent] = Field([])
    normaliser: NormaliserDocument | None = None


class HeaderDocument(FirstHeader):
    champion: LaterStatistics | None
    frozen: LaterStatistics | None  # type: ignore[assignment]
    events: list[CountedEvent]
    normaliser: NormaliserDocument | None
    refinement: RefinementDocument | None = None  # which runs without any lack


Bound = Annotated[float, Field(ge=0, le=1e100)]
Known = Bound | None


class EnergyDocument(Document):
    """Joules of a generation, and how often they are those of GENESYS, with bounds."""

    energy_j: Known
    energy_j_low: Known
    energy_j_high: Known
    energy_vs_genesys: Known
    energy_vs_genesys_low: Known
    energy_vs_genesys_high: Known


class WorldDocument(EnergyDocument):
    """The same platform in a world with steps of its own."""

    pace_hz: Bound
    robots: Literal["population", "one"]
    waiting_s: Known
    waiting_s_low: Known
    waiting_s_high: Known
    seconds: Known
    late_s: Bound
    note: Text


class EstimateDocument(EnergyDocument):
    """A platform in ``estimates`` of ``summary.json``."""

    platform: Text
    origin: Text
    time_origin: Text
    inference_s: Known
    evolution_s: Known
    energy_calibrated_j: Known = None
    generations: Generation
    note: Text
    world: WorldDocument | None = None


class MatchesDocument(Document):
    """Earlier champions and the last one: the share of points of each against each; None: not known."""

    generations: list[Generation] = Field(min_length=1)
    points: list[list[Annotated[float, Field(ge=0, le=1)] | None]]

    @model_validator(mode="after")
    def _square(self) -> MatchesDocument:
        if {len(self.points), *map(len, self.points)} != {len(self.generations)}:
            raise PydanticCustomError("square", "must have points of each generation against each")
        return self


class PointDocument(Document):
    """A network of ``front`` in ``summary.json``. conns: those that are enabled; objectives: beside fitness, by name"""

    file: Text
    fitness: float
    std: Spread
    nodes: Number
    conns: Number
    generation: Generation
    objectives: dict[Text, float]


class HintDocument(Document):
    """What is read of ``hints`` in ``summary.json``."""

    key: Text
    text: Text


class SummaryDocument(Document):
    """What is read of ``summary.json``; versions before estimates, drift and hints have less."""

    generations: Generation
    solved: bool | None = None
    solved_at: float | None = None
    champion_nodes: Number | None = None
    champion_conns: Number | None = None
    drift: list[EventDocument] = Field([])
    estimates: list[EstimateDocument] = Field([])
    matches: MatchesDocument | None = None
    front: list[PointDocument] | None = None
    hints: list[HintDocument] = Field([])


class StudyDocument(Document):
    """Which runs a ``study.toml`` says that there are. seeds: as ``--seeds`` takes them; logs: of each run"""

    seeds: Text
    logs: list[Text] = Field([])


class LossDocument(Document):
    """A line of a study's ``faults.jsonl``: who carried out the run of a seed was lost."""

    seed: int = Field(ge=0)
    kind: Literal["lost"]
    message: Text = Field(min_length=1)


class FaultDocument(Document):
    """A line of ``faults.jsonl``."""

    generation: Generation
    kind: Kind
    message: Text = Field(min_length=1)


class MigrationDocument(Document):
    """A line of ``migrations.jsonl``."""

    island: Number
    generation: Generation
    genome: Number
    from_island: Number
    from_generation: Generation
    from_genome: Number
