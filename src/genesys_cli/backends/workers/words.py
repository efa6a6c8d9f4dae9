"""What messages say of what workers play: an environment, or a function of the user's own."""

from __future__ import annotations

from typing import NamedTuple

from ...envs.spec import GymEnv
from ..evaluation import Fault
from .messages import World


class Words(NamedTuple):
    """name: of what is played; made: what becomes of it in a worker; hung: what a hang is, before its seconds

    unit: one of what is played; played: what becomes of it; seeded: whether it is told a seed
    """

    name: str
    made: str
    hung: str
    unit: str
    played: str
    seeded: bool = True

    @property
    def none(self) -> str:
        """Where all of an evaluation failed."""
        return f"no {self.unit} of this evaluation could be {self.played}"

    def hopeless(self, count: int) -> str:
        """Where so many failed, and none ended well before."""
        return f"none of the first {count} {self.unit}s could be {self.played}"

    def where(self, fault: Fault) -> str:
        """Return whose episode or call it was."""
        who = "all networks" if fault.genome is None else f"genome {fault.genome}"
        seed = f", seed {fault.seed}" if self.seeded else ""
        step = f", in step {fault.step}" if self.unit == "episode" else ""
        return f"that of {who}{seed}{step}"

    def complaint(self, what: str, first: Fault) -> str:
        """Return the message of an evaluation that ends. first: what failed first"""
        return f"{self.name}: {what}; the first to fail was {self.where(first)}: {first.message} ({first.kind})"


def words_of(env: World) -> Words:
    """Return the words for an environment or a function."""
    if isinstance(env, GymEnv):
        return Words(env.make_id, "made", "no sign of life for", "episode", "played")
    return Words(env.id, "loaded", "the call had not returned after", "call", "completed", env.seeded)
