"""The form of a platform's profile: a machine, its power, and the software models that run on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from ..config.base import Table
from ..measure.costs import Costs
from ..ranges import Range


def _as_range(value: Any) -> Range:
    """Return a number, or a list of low, nominal and high, as a range."""
    parts = value if isinstance(value, list | tuple) else [value] * 3
    numbers = [part for part in parts if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(parts) != 3 or len(numbers) != 3 or not all(map(math.isfinite, numbers)):
        raise PydanticCustomError("range", "must be a number, or a list of three: low, nominal, high")
    if not numbers[0] <= numbers[1] <= numbers[2]:
        raise PydanticCustomError("range", "must rise from low over nominal to high")
    if numbers[0] < 0:
        raise PydanticCustomError("range", "must not be negative")
    return Range(*map(float, numbers))


def _positive(value: Any) -> Range:
    found = _as_range(value)
    if found.low == 0:
        raise PydanticCustomError("range", "must be above 0")
    return found


def _share(value: Any) -> Range:
    found = _positive(value)
    if found.high > 1:
        raise PydanticCustomError("range", "must be above 0 and at most 1")
    return found


def _conflict(text: str) -> PydanticCustomError:
    return PydanticCustomError("conflict", "{text}", {"text": text})


class Constant(Table):
    """A number of a profile, and where it is from."""

    value: Annotated[Range, PlainValidator(_as_range)] = Field(description="A number, or low, nominal and high.")
    tag: Literal["P", "p", "R", "C", "D", "own"] = Field(description="What kind of source it has.")
    source: str = Field(min_length=1, pattern=r"\S", description="Where it is from, or how it was estimated.")


class Positive(Constant):
    value: Annotated[Range, PlainValidator(_positive)]


class Share(Constant):
    value: Annotated[Range, PlainValidator(_share)]


class MachineTable(Table):
    """Which machine it is."""

    name: str = Field(min_length=1, description="Its name, as its maker gives it.")
    kind: Literal["cpu", "gpu"] = Field(description="What of it computes.")


class CoresTable(Table):
    """Cores of a processor, and what comes of using several."""

    count: Positive = Field(description="Physical cores.")
    parallel_efficiency: Share = Field(description="Speed of all cores over cores times the speed of one.")


class PowerTable(Table):
    """Power of the machine, in watts. With u of its cores busy it draws idle + u (active - idle)."""

    idle_w: Constant = Field(description="With nothing to do.")
    active_w: Positive = Field(description="With all cores busy on such software; of a GPU, while it serves it.")
    tdp_w: Positive = Field(description="What its cooling is made for.")
    sleep_w: Constant | None = Field(None, description="Asleep, with its memory kept; none: it does not sleep.")
    wake_s: Positive | None = Field(None, description="Seconds from asleep to work.")

    @model_validator(mode="after")
    def _check_together(self) -> PowerTable:
        idle, active, tdp = self.idle_w.value, self.active_w.value, self.tdp_w.value
        if any(less > more for less, more in zip(idle, active, strict=True)):
            raise _conflict("active_w must not be below idle_w, neither low, nominal nor high")
        if active.nominal > tdp.high:
            raise _conflict("active_w must not be above tdp_w")
        if (self.sleep_w is None) != (self.wake_s is None):
            raise _conflict("sleep_w and wake_s go together: give both, or neither")
        if self.sleep_w is not None and any(less > more for less, more in zip(self.sleep_w.value, idle, strict=True)):
            raise _conflict("sleep_w must not be above idle_w, neither low, nominal nor high")
        return self


class InterpretedTable(Table):
    """An interpreter on this machine, relative to the core and the interpreter of the reference costs."""

    slowdown: Positive = Field(description="Time of one core for the same instructions, over the reference core's.")
    interpreter: Positive = Field(description="Time of its interpreter for the same program, over the reference's.")
    library: Positive = Field(description="Time of the library's evolution, over that of the plain reference program.")


class CompiledTable(Table):
    """Compiled software: the slower of arithmetic and memory, and what each decision costs besides."""

    peak_flops: Positive = Field(description="Single-precision operations per second, of the whole machine.")
    achieved_flops: Share = Field(description="Share of that which such software reaches.")
    bandwidth_bytes_s: Positive = Field(description="Bytes per second from memory.")
    achieved_bandwidth: Share = Field(description="Share of that which such software reaches.")
    step_s: Constant = Field(description="Seconds of one core for a decision, beside its network.")
    generation_s: Constant = Field(description="Seconds for a generation's evolution, beside its genes.")
    node_flops: Constant = Field(description="Operations of a node's activation.")
    gene_flops: Constant = Field(description="Operations to make a child's gene.")
    distance_flops: Constant = Field(description="Operations for a gene that a compatibility distance reads.")
    weight_bytes: Constant = Field(description="Bytes of a weight, an input or an output.")
    gene_bytes: Constant = Field(description="Bytes of a gene that is read or written.")


class LaunchTable(Table):
    """What a GPU needs beside arithmetic."""

    launch_s: Constant = Field(description="Seconds from the end of one kernel to the start of the next.")
    launches_per_step: Constant = Field(description="Kernels for one decision, of one genome or of all.")
    launches_per_generation: Constant = Field(description="Kernels and copies for one generation's evolution.")
    copy_s: Constant = Field(description="Seconds for a copy, however small.")
    copies_per_step: Constant = Field(description="Copies for one decision: observations in, actions out.")
    link_bytes_s: Positive = Field(description="Bytes per second between the host's memory and the GPU's.")
    gene_latency_s: Constant = Field(description="Seconds for a gene in one thread, which waits for memory.")
    threads: Positive = Field(description="Threads in flight; each makes one child.")


class FusedTable(Table):
    """Whole episodes in one kernel: one thread plays an episode, network and environment included, or a warp does.

    Cycles are those of one thread that waits for its own results; a GPU hides them only behind other threads.
    """

    clock_hz: Positive = Field(description="Clock of the multiprocessors.")
    launches: Positive = Field(description="Kernels for all episodes of a generation.")
    copies: Constant = Field(description="Copies for them: genomes in, fitness out.")
    step_cycles: Constant = Field(description="Cycles of a thread for a decision, beside its network and environment.")
    connection_cycles: Constant = Field(description="Cycles of a thread for a connection.")
    node_cycles: Constant = Field(description="Cycles of a thread for a node, beside its connections.")
    warp_cycles: Constant = Field(
        description="Cycles for a decision in which a warp's threads exchange sums and results."
    )
    occupancy: Share = Field(description="Share of the threads in flight for which such a kernel has registers.")
    achieved_flops: Share = Field(description="Share of the peak that threads of different networks reach.")
    cache_bytes_s: Positive = Field(description="Bytes per second from the caches beside the multiprocessors.")


Parallelism = Literal["serial", "population"]


class PlatformTable(Table):
    """One way to use the machine."""

    description: str = Field("", description="What it is, in a sentence.")
    software: Literal["interpreted", "compiled", "fused"] = Field(description="Which software it runs.")
    inference: Parallelism = Field(description="One genome's step at a time, or many genomes' at once.")
    evolution: Parallelism = Field(description="One child at a time, or many at once.")
    layers: Literal["sparse", "dense"] = Field(
        "sparse", description="Whether only connections that are there are computed, or layers as full matrices."
    )


class ProfileTable(Table):
    """A profile's file: a machine and what runs on it."""

    machine: MachineTable
    power: PowerTable
    cores: CoresTable | None = None
    interpreted: InterpretedTable | None = None
    compiled: CompiledTable | None = None
    launch: LaunchTable | None = None
    fused: FusedTable | None = None
    platforms: dict[str, PlatformTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_together(self) -> ProfileTable:
        if missing := list(self._missing()):
            raise _conflict("; ".join(missing))
        return self

    def _missing(self) -> Iterator[str]:
        needed = "cores" if self.machine.kind == "cpu" else "launch"
        if getattr(self, needed) is None:
            yield f"a {self.machine.kind} must have the table [{needed}]"
        for name, platform in self.platforms.items():
            if getattr(self, platform.software) is None:
                yield f"{name} runs {platform.software} software, so there must be the table [{platform.software}]"
            if platform.software == "interpreted" and self.machine.kind == "gpu":
                yield f"{name} cannot run interpreted software on a gpu"
            if platform.software == "fused":
                yield from self._missing_for_fused(name, platform)

    def _missing_for_fused(self, name: str, platform: PlatformTable) -> Iterator[str]:
        if self.machine.kind == "cpu":
            yield f"{name} cannot run fused software on a cpu: compiled software is that already"
        if self.compiled is None:
            yield f"{name} runs fused software, so there must be the table [compiled], for its evolution"
        if platform.inference == "serial":
            yield f"{name} runs fused software, so its inference must be population"


NOT_FUSED = ("launch.launches_per_step", "launch.copies_per_step", "launch.link_bytes_s")
"""What is of no account where no step leaves the GPU."""


class Profile(NamedTuple):
    """A platform, ready to be estimated.

    name: as it is chosen on the command line
    costs: of interpreted software, on the machine that the slowdown is relative to; unused by compiled software
    costs_source: where these are from
    """

    name: str
    use: PlatformTable
    tables: ProfileTable
    costs: Costs
    costs_source: str

    def constants(self) -> dict[str, Constant]:
        """Return what the estimate rests on, by key, such as ``power.idle_w``, with its source."""
        fused = self.use.software == "fused"
        tables = ["power", "cores", "compiled" if fused else self.use.software, "launch", *(["fused"] if fused else [])]
        found: dict[str, Constant] = {}
        for table in tables:
            settings = getattr(self.tables, table)
            for key in type(settings).model_fields if settings is not None else ():
                constant = getattr(settings, key)
                if constant is not None and not (fused and f"{table}.{key}" in NOT_FUSED):
                    found[f"{table}.{key}"] = constant
        return found
