"""A function of the user's own as an environment: a call of it is an episode, and what it returns the return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...config.problem import ALL, MATCH, ProblemSettings
from ...config.problems import joined
from ...config.schema import EnvironmentSettings, EvaluationSettings, Settings
from ..loop import names_of
from ..spec import Environment, Real
from .function import load, settle, source_of

_NO_LIMIT = 1_000_000_000  # steps, which nobody counts
_PASSED = {"episodes": (1, 5), "validate_episodes": (1, 10, 100)}  # what presets say to functions without a seed, too


@dataclass(frozen=True)
class ProblemEnv(Environment):
    """A function. An episode is a call of it with a seed; without one, all calls with a network are alike.

    problem: settings with all that follows from the module, which is imported only when it is needed
    """

    problem: ProblemSettings = field(default_factory=ProblemSettings)

    @property
    def in_workers(self) -> bool:
        return True

    @property
    def seeded(self) -> bool:
        """Whether the function is told a seed."""
        return self.problem.seeded is True

    @property
    def at_once(self) -> bool:
        """Whether one call evaluates all networks."""
        return self.problem.call == ALL

    @property
    def players(self) -> int | None:
        """How many networks play a match; None: they play none."""
        return self.problem.players if self.problem.call == MATCH else None

    def origin(self) -> dict[str, Any]:
        """Return where the function comes from: ``packages``, ``file``, and ``sha256`` with all that it imports."""
        file, digest = source_of(self.problem)
        return {"packages": {}, "file": file, "sha256": digest}

    def function(self) -> Callable[[Any, int], Any]:
        """Return the function, see :func:`.function.load`; raises :class:`UserError` where it is gone."""
        return load(self.problem)


def problem_env(given: ProblemSettings) -> ProblemEnv:
    """Return the environment of a function; raises :class:`UserError` where it is none that evaluates networks.

    given: as a user gives them; of a run, with what it has found out, from which all follows without the module
    """
    problem = given if given.settled else settle(given)
    assert problem.function is not None
    module, _, function = problem.function.partition(":")
    inputs, outputs = (names_of(key, given) for key, given in problem.interface().items())
    return ProblemEnv(
        id=problem.function,
        name=f"{module.rpartition('.')[2]}-{function}",
        observation_names=inputs,
        action_names=outputs,
        action=Real((0.0,) * len(outputs), (1.0,) * len(outputs)),
        max_steps=_NO_LIMIT,
        solved_at=None,
        problem=problem,
    )


def resolved_problem(settings: Settings, env: ProblemEnv) -> Settings:
    """Return the settings as they are kept with a run; raises :class:`UserError` for those that mean nothing here."""
    if problems := list(_meaningless(settings, env)):
        raise joined(problems)
    evaluation = settings.evaluation
    if not env.seeded:
        evaluation = evaluation.model_copy(update={"episodes": 1, "validate_episodes": 1})
    environment = settings.environment.model_copy(update={"id": env.id})
    return settings.model_copy(update={"environment": environment, "problem": env.problem, "evaluation": evaluation})


def _meaningless(settings: Settings, env: ProblemEnv) -> Iterator[str]:
    """Yield a sentence for each setting that says something of episodes which are none of calls."""
    of_calls = {"episodes", "validate_episodes", "minimise", "stop_on", "solved_at", "validate_top", "race"}
    why = {
        "fitness": "what the function returns is the fitness",
        "validation": "the function is called with held-out seeds",
    }
    for table, usual, known in (
        ("environment", EnvironmentSettings(), {"id"}),
        ("evaluation", EvaluationSettings(), of_calls),
    ):
        given = getattr(settings, table)
        for key in type(given).model_fields:
            if key not in known and getattr(given, key) != getattr(usual, key):
                reason = why.get(key, "what a network sees and does is the function's own affair")
                yield f"{table}.{key} has no meaning with a function; leave it out, since {reason}"
    if env.players is not None:
        if settings.evaluation.minimise:
            yield "evaluation.minimise has no meaning with matches: the larger number wins; return negative ones"
        if env.players > settings.neat.population:
            yield f"neat.population = {settings.neat.population} is less than a match has players, {env.players}"
    if settings.drift:
        yield "drift has no meaning with a function, which changes as it likes; leave it out"
    if not env.seeded:
        for key, passed in _PASSED.items():
            if (count := getattr(settings.evaluation, key)) not in passed:
                yield (
                    f"evaluation.{key} = {count} has no meaning, since {env.id} takes no seed, so that all its calls "
                    "with a network are alike; leave it out, or give the function a parameter seed"
                )
