"""An environment of PettingZoo as a function that networks play: a match is a game, and its scores are returns."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from ...config.problem import AUTO, MATCH, ZOO
from ...config.problems import joined
from ...config.schema import Settings
from ...config.wrappers import loaded_kwargs, stored_kwargs
from ...errors import UserError
from ..gym.foreign import foreign
from ..problem.env import ProblemEnv, resolved_problem
from ..problem.function import source_in
from .game import Game

_MAX_STEPS = 10_000  # of a game, for those that might never end
_games: dict[str, Game] = {}  # of this process, by what they are made of


@dataclass(frozen=True)
class ZooEnv(ProblemEnv):
    """An environment of several agents, each of which is a network.

    kwargs: arguments of its constructor, as Python has them; limit: turns after which a game ends
    """

    kwargs: dict[str, Any] = field(default_factory=dict)
    limit: int = _MAX_STEPS

    def function(self) -> Callable[[Any, int], Any]:
        return self.game().play

    def origin(self) -> dict[str, Any]:
        found: dict[str, Any] = {"packages": {"pettingzoo": version("pettingzoo")}}
        name = self.id.removeprefix(ZOO)
        if "/" not in name and name in sys.modules:  # a module of the user's
            file, digest = source_in(sys.modules[name])
            found |= {"file": file, "sha256": digest}
        return found

    def game(self) -> Game:
        """Return the environment, made once in a process."""
        key = repr((self.id, self.kwargs, self.limit))
        if key not in _games:
            with foreign(f"{self.id}: making it"):
                _games[key] = Game(self.id, self.kwargs, self.limit)
        return _games[key]


def zoo_env(settings: Settings) -> ZooEnv:
    """Return what the settings have networks play; raises :class:`UserError` where they cannot."""
    named, given = settings.environment, settings.problem
    bare = ZooEnv(
        id=named.id,
        name=re.sub(r"\W+", "-", named.id.removeprefix(ZOO)),
        observation_names=(),
        action_names=(),
        action=None,  # type: ignore[arg-type]  # known below
        max_steps=1_000_000_000,  # decisions, which nobody counts
        solved_at=None,
        kwargs=loaded_kwargs(named.kwargs),
        limit=named.max_steps or _MAX_STEPS,
    )
    game = bare.game()
    if len(game.agents) < 2:
        raise UserError(f"{named.id} has {len(game.agents)} agents, and matches take two or more")
    with foreign(f"{named.id}: spaces of its agents"):
        alike = game.alike()
    if not alike:
        raise UserError(
            f"{named.id}: its agents see or do different kinds of things, so that one network cannot play for each of "
            "them; pettingzoo.utils and SuperSuit have wrappers that make spaces alike"
        )
    problem = given.model_copy(update={"call": MATCH, "players": len(game.agents), "seeded": True})
    return replace(
        bare,
        observation_names=game.seen.names,
        action_names=game.done.names,
        action=game.done.action,
        problem=problem,
    )


def resolved_zoo(settings: Settings, env: ZooEnv) -> Settings:
    """Return the settings as they are kept with a run; raises :class:`UserError` for those that mean nothing here."""
    if problems := list(_contradictions(settings, env)):
        raise joined(problems)
    usual = settings.environment.model_copy(update={"kwargs": {}, "max_steps": None})
    kept = resolved_problem(settings.model_copy(update={"environment": usual}), env)
    given = {"kwargs": stored_kwargs(env.kwargs), "max_steps": settings.environment.max_steps}
    return kept.model_copy(update={"environment": kept.environment.model_copy(update=given)})


def _contradictions(settings: Settings, env: ZooEnv) -> Iterator[str]:
    problem = settings.problem
    if problem.call not in (AUTO, MATCH) or problem.seeded is False:
        yield f"problem.call and problem.seeded have no meaning with {env.id}, whose games are matches; leave them out"
    if problem.players not in (None, env.players):
        yield f"problem.players = {problem.players}: {env.id} has {env.players} agents; leave it out"
