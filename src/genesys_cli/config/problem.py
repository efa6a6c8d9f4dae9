"""Settings of a function of the user's own, which evaluates networks in the place of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from .base import CheckedTable

AUTO: Literal["auto"] = "auto"
ONE, ALL, MATCH = "one", "all", "match"
SCORE, RATING = "score", "rating"
PAIR, MOST_PLAYERS = 2, 64  # players of a match: as a rule, which is also the least, and at most
ZOO = "pettingzoo:"  # what ids of environments begin with that several networks play
FUNCTION = "problem.function"

FOUND = ("inputs", "outputs", "call", "seeded", "players")
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
    call: Literal["auto", "one", "all", "match"] = Field(
        AUTO,
        description="What it is called with: one network, all of a generation, or those of a match; auto: all where "
        "its first parameter is called networks, a match where it is called players, or problem.players is given.",
    )
    seeded: bool | Literal["auto"] = Field(
        AUTO, description="Whether it is told a seed as well; auto: where it has a parameter seed."
    )

    players: int | None = Field(
        None,
        ge=PAIR,
        le=MOST_PLAYERS,
        description="Networks in a match; none: PLAYERS of its module, or 2, where it is a match.",
    )
    matches: int = Field(
        8,
        ge=1,
        le=1_000_000,
        description="Rounds of matches that each genome plays in a generation, with opponents drawn from it; two "
        "players meet everybody once where that takes no more.",
    )
    hall_of_fame: int = Field(
        4,
        ge=0,
        le=1000,
        description="Earlier champions that each genome plays as well; as many others judge who becomes champion.",
    )
    fitness: Literal["points", "score", "rating"] = Field(
        "points",
        description="What matches are worth: the share of opponents beaten, a draw being half; the mean score; or the "
        "share of points against an average player, by a Bradley-Terry rating.",
    )
    swap: bool = Field(
        True, description="Whether each match is played in every order of places, so that each network has each once."
    )

    @property
    def settled(self) -> bool:
        """Say whether all is known that follows from the module."""
        return None not in (self.inputs, self.outputs) and AUTO not in (self.call, self.seeded)

    @property
    def relative(self) -> bool:
        """Say whether what a network gets may depend on which others are there."""
        return self.call in (ALL, MATCH)

    def facts(self) -> dict[str, Any] | None:
        """Return what evaluated networks, for people; None: no function did."""
        told = ("function", "call", "seeded", *(("players", "fitness") if self.call == MATCH else ()))
        plays = self.function is not None or self.call == MATCH
        return {key: getattr(self, key) for key in told} if plays else None

    def interface(self) -> dict[str, int | list[str] | None]:
        """Return inputs and outputs."""
        return {"inputs": self.inputs, "outputs": self.outputs}

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if sound.get("call") in (ONE, ALL) and sound.get("players") is not None:
            yield "players", f"has no meaning with problem.call = {sound['call']}; leave out one of them"
        if sound.get("function", "") is None:
            for key in ("inputs", "outputs"):
                if sound.get(key) is not None:
                    yield key, "has no meaning without a function; name one: --problem my_module:function"
