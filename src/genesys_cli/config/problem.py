"""Settings of a function of the user's own, which evaluates networks in the place of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from .base import CheckedTable

AUTO: Literal["auto"] = "auto"
ONE, ALL = "one", "all"
FUNCTION = "problem.function"

FOUND = ("inputs", "outputs", "call", "seeded")
"""Settings that a run finds out from the module; with them, an export or a drawing needs no module."""


def _names(value: Any) -> Any:
    """Take one name for a list of one; refuse what is neither names nor their number."""
    if isinstance(value, str):
        return [value]
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise PydanticCustomError("conflict", "{allowed}", {"allowed": "must be a list of names, or how many there are"})


Names = Annotated[int | list[str] | None, BeforeValidator(_names)]


class ProblemSettings(CheckedTable):
    """A function that evaluates networks."""

    function: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="Function module:name that evaluates networks; none: an environment does.",
    )
    inputs: Names = Field(
        None, description="Names of the networks' inputs, or how many there are; none: INPUTS of its module."
    )
    outputs: Names = Field(
        None, description="Names of the outputs, or how many there are; none: OUTPUTS of its module."
    )
    call: Literal["auto", "one", "all"] = Field(
        AUTO,
        description="What it is called with: one network, or all of a generation; auto: all where its first parameter "
        "is called networks.",
    )
    seeded: bool | Literal["auto"] = Field(
        AUTO, description="Whether it is told a seed as well; auto: where it has a parameter seed."
    )

    @property
    def settled(self) -> bool:
        """Say whether all is known that follows from the module."""
        return None not in (self.inputs, self.outputs) and AUTO not in (self.call, self.seeded)

    def facts(self) -> dict[str, Any] | None:
        """Return what evaluated networks, for people; None: no function did."""
        return None if self.function is None else {key: getattr(self, key) for key in ("function", "call", "seeded")}

    def interface(self) -> dict[str, int | list[str] | None]:
        """Return inputs and outputs."""
        return {"inputs": self.inputs, "outputs": self.outputs}

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if sound.get("function", "") is None:
            for key in ("inputs", "outputs"):
                if sound.get(key) is not None:
                    yield key, "has no meaning without a function; name one: --problem my_module:function"
